//! The pages about Jira and about webhooks.

use std::{
    net::TcpListener,
    process::{Command, Stdio},
    time::Duration,
};

use cornerdesk_tests::{
    Database, Service,
    client::a_submission,
    eventually, installed,
    jira::{Flavour, HOOK_SECRET, Jira, TOKEN},
    process::{self, Signal},
    scratch,
    service::Setup,
};

use super::page::Page;

const SOON: Duration = Duration::from_secs(30);
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A port at which nobody listens now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}

// The commands ask Jira while they are waited for.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_jira_leads_to_a_request_in_jira() {
    let jira = Jira::start(Flavour::Cloud).await;
    let block = Page::read("jira.md").first("toml");
    let section = block.replace("https://acme.atlassian.net", &jira.url());
    let setup = Setup::new(Database::Sqlite)
        .section(&section)
        .reached_at("https://help.acme.example");
    let setup = setup
        .variable("JIRA_TOKEN", TOKEN)
        .variable("JIRA_HOOK_SECRET", HOOK_SECRET);
    let service = Service::start_with(setup).await;
    service.command(&["config", "check"]);
    let checked = service.command(&["destination", "check", "jira"]);
    assert!(
        checked.contains("ok     The desk is Help desk (HELP, id 10).")
            && !checked.contains("fault"),
        "{checked}"
    );
    service.command(&["destination", "test", "jira"]);
    assert_eq!(jira.issues().len(), 0, "a test makes nothing");
    jira.post_to(&service.url("/v1/destinations/jira/events"));
    let reference = service.client().submit(&a_submission()).await.reference();
    let key = eventually(SOON, "a request in Jira", async || {
        jira.issues().first().map(|issue| issue.key.clone())
    })
    .await;
    let marker = &jira.only_issue().fields["customfield_10050"];
    assert_eq!(*marker, reference.as_str());
    jira.agent_moves(&key, "Resolved").await;
    eventually(SOON, "it to be solved here", async || {
        (service.ticket(&reference)["status"] == "solved").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_no_variable_holds_is_given_once_as_the_page_says() {
    let jira = Jira::start(Flavour::Cloud).await;
    let block = Page::read("jira.md").first("toml");
    let section = block.replace("https://acme.atlassian.net", &jira.url());
    let without = section.lines().filter(|line| !line.starts_with("secrets"));
    let section = without.collect::<Vec<_>>().join("\n");
    let service = Service::start_with(Setup::new(Database::Sqlite).section(&section)).await;
    let checked = service.try_command(&["destination", "check", "jira"], "");
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(
        !checked.status.success() && said.contains("cornerdesk destination secret"),
        "{said}"
    );
    let given = service.try_command(&["destination", "secret", "jira", "token"], TOKEN);
    assert!(given.status.success(), "{given:?}");
    service.command(&["destination", "check", "jira"]);
    service.client().submit(&a_submission()).await;
    eventually(SOON, "a request in Jira", async || {
        jira.issues().first().map(drop)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_webhooks_leads_to_a_line_of_its_program() {
    let page = Page::read("webhook.md");
    let port = free_port();
    let folder = scratch::folder("receiver");
    let program = page.first("python").replace("9000", &port.to_string());
    std::fs::write(folder.join("receiver.py"), program).expect("the program");
    let printed = folder.join("printed");
    let mut python = Command::new(installed::folder("WEBHOOKS_DIR").join("bin/python"));
    python
        .arg("-u")
        .arg(folder.join("receiver.py"))
        .env("ORDERS_SECRET", SECRET)
        .stdout(std::fs::File::create(&printed).expect("a file"))
        .stderr(Stdio::null());
    let mut receiver = process::spawn(python, Signal::Kill).expect("Python");

    let here = format!("http://127.0.0.1:{port}/");
    let section = page
        .first("toml")
        .replace("https://app.acme.example/hooks/tickets", &here);
    let setup = Setup::new(Database::Sqlite)
        .section(&section)
        .section("[outbound]\nprivate_networks = [\"127.0.0.0/8\"]")
        .variable("ORDERS_SECRET", SECRET);
    let service = Service::start_with(setup).await;
    service.command(&["config", "check"]);
    let tried = eventually(SOON, "the program to listen", async || {
        let tried = service.try_command(&["destination", "test", "orders"], "");
        tried.status.success().then_some(tried)
    })
    .await;
    assert!(tried.status.success(), "{tried:?}");
    let reference = service.client().submit(&a_submission()).await.reference();
    let line = format!("ticket.created {reference}\n");
    eventually(SOON, "the line", async || {
        let lines = std::fs::read_to_string(&printed).unwrap_or_default();
        lines.contains(&line).then_some(())
    })
    .await;
    receiver.kill().expect("it runs");
    receiver.wait().expect("it ends");
}
