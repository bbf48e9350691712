//! A channel of Slack hears of tickets: with an app in a thread for each of them, with an incoming webhook in messages.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::a_submission_with,
    eventually, on_both_databases,
    service::Setup,
    slack::{CHANNEL, Message, Slack},
    vendor_server::Fault,
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);
const POLICY: &str = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";
/// Marks that act in Slack's texts.
const HOSTILE: &str =
    "canary <!channel> <!here> @here <@U024BE7LH> <https://evil.example|Open> *bold* & <#C1>";

fn setup(database: Database, section: &str) -> Setup {
    let setup = Setup::new(database).site_setting(POLICY);
    let setup = setup.reached_at("https://help.acme.example");
    setup.waits_ms(10, 10).section(section)
}

fn hostile() -> Value {
    a_submission_with(json!({
        "category": "incident",
        "summary": HOSTILE,
        "description": format!("{HOSTILE} {}", "ü&<".repeat(5_000)),
        "email": "canary@example.com",
    }))
}

fn act(service: &Service, arguments: &[&str]) {
    service.command(&[&["ticket"], arguments, &["--by", "Sam"]].concat());
}

fn reply(service: &Service, reference: &str, text: &str) {
    let command = ["ticket", "reply", reference, "--by", "Sam"];
    let output = service.try_command(&command, text);
    assert!(output.status.success(), "{output:?}");
}

async fn said(slack: &Slack, what: &str, is_it: impl Fn(&Message) -> bool) -> Message {
    eventually(SOON, what, async || {
        slack.messages().into_iter().find(|message| is_it(message))
    })
    .await
}

on_both_databases! {
    async fn a_ticket_is_a_head_that_follows_it_and_a_thread(database: Database) {
        let slack = Slack::start().await;
        slack.fail(1, "/chat.postMessage", Fault::limit());
        slack.fail(1, "/chat.postMessage", Fault::failure());
        slack.fail(1, "/chat.update", Fault::LoseAnswer);
        let service = Service::start_with(setup(database, &slack.app(""))).await;
        let staff = service.sign_in_staff().await;
        let reference = service.client().submit(&hostile()).await.reference();
        let head = said(&slack, "the head", |message| message.thread.is_none()).await;
        let in_thread = |words: &'static str| {
            let ts = head.ts.clone();
            move |message: &Message| message.thread.as_ref() == Some(&ts) && message.body.to_string().contains(words)
        };
        act(&service, &["classify", &reference, "--priority", "S1"]);
        said(&slack, "how it was sorted", in_thread("Severity 1 - Urgent, Incident")).await;
        reply(&service, &reference, "canary-reply");
        said(&slack, "that it was answered", in_thread("Staff answered the requester")).await;
        act(&service, &["status", &reference, "--to", "closed", "--reason", "fixed"]);
        said(&slack, "that it is closed", in_thread("It is closed")).await;
        let messages = slack.messages();
        let heads: Vec<&Message> = messages.iter().filter(|message| message.thread.is_none()).collect();
        assert_eq!(heads.len(), 1, "{heads:?}");
        assert!(heads[0].changes > 0 && heads[0].body.to_string().contains("*Status*\\nClosed"), "{heads:?}");
        assert!(heads[0].body.to_string().contains(&format!("https://help.acme.example/desk/tickets/{reference}")));
        for call in slack.calls() {
            assert!(!call.text.contains("canary"), "{}", call.text);
        }
        let page = staff.get(&format!("/desk/tickets/{reference}")).await.text;
        let page = page.replace("&#x2f;", "/");
        let link = format!("https://acme.slack.com/archives/{CHANNEL}/p{}", head.ts.replace('.', ""));
        assert!(page.contains(&link), "{page}");
        assert_eq!(service.jobs("dead"), Vec::<Value>::new());
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_says_the_last_message_again_and_no_more() {
    let slack = Slack::start().await;
    slack.fail(1, "/chat.postMessage", Fault::LoseAnswer);
    let service = Service::start_with(setup(Database::Sqlite, &slack.app(""))).await;
    let reference = service.client().submit(&hostile()).await.reference();
    eventually(SOON, "the second one", async || {
        (slack.messages().len() == 2).then_some(())
    })
    .await;
    act(&service, &["classify", &reference, "--priority", "S1"]);
    let later = said(&slack, "the thread", |message| message.thread.is_some()).await;
    // The second is the one that is known; the first has the reference, too.
    assert_eq!(later.thread.as_ref(), Some(&slack.messages()[1].ts));
    assert_eq!(slack.messages().len(), 3);
}

#[tokio::test]
async fn with_content_it_has_the_texts_and_nothing_in_them_acts() {
    let slack = Slack::start().await;
    let settings = "include_content = true\ninclude_requester = true\n";
    let service = Service::start_with(setup(Database::Sqlite, &slack.app(settings))).await;
    let reference = service.client().submit(&hostile()).await.reference();
    // What acts breaks the documentation, as the workspace has it.
    let head = said(&slack, "the head", |message| message.thread.is_none()).await;
    let text = head.body.to_string();
    assert!(
        text.contains("canary@") && text.contains("<!channel>"),
        "{text}"
    );
    reply(&service, &reference, HOSTILE);
    said(&slack, "the reply", |message| {
        message.thread.is_some() && message.body["blocks"].to_string().contains("evil.example")
    })
    .await;
}

#[tokio::test]
async fn a_webhook_says_each_thing_in_a_message_of_its_own() {
    let slack = Slack::start().await;
    slack.fail(1, "a-secret-of-a-webhook", Fault::limit());
    let service = Service::start_with(setup(Database::Sqlite, &slack.webhook(""))).await;
    let reference = service.client().submit(&hostile()).await.reference();
    said(&slack, "the ticket", |message| {
        message.body.to_string().contains(&reference)
    })
    .await;
    // Nobody has to do anything about this.
    act(&service, &["classify", &reference, "--priority", "S1"]);
    act(
        &service,
        &["status", &reference, "--to", "solved", "--reason", "fixed"],
    );
    said(&slack, "that it is solved", |message| {
        message.body.to_string().contains("It is solved")
    })
    .await;
    assert_eq!(slack.messages().len(), 2);
    assert!(
        slack
            .calls()
            .iter()
            .all(|call| !call.text.contains("canary"))
    );
}

// The commands ask Slack while they are waited for.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_app_is_said_with_what_mends_it_and_nothing_is_lost() {
    let slack = Slack::start().await;
    slack.invite(false);
    let service = Service::start_with(setup(Database::Sqlite, &slack.app(""))).await;
    service.client().submit(&hostile()).await;
    let shown = eventually(SOON, "it to stop itself", async || {
        let shown = service.command(&["destination", "show", "slack"]);
        shown.contains("not_in_channel").then_some(shown)
    })
    .await;
    assert!(shown.contains("/invite"), "{shown}");
    let checked = service.command(&["destination", "check", "slack"]);
    assert!(checked.contains("ok     it knows us"), "{checked}");
    slack.invite(true);
    let tested = service.command(&["destination", "test", "slack"]);
    assert!(tested.contains("The test arrived"), "{tested}");
    service.command(&["destination", "resume", "slack"]);
    said(&slack, "the ticket", |message| {
        message.body.to_string().contains("Open the ticket")
    })
    .await;
    slack.revoke_token();
    let checked = service.try_command(&["destination", "check", "slack"], "");
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(
        !checked.status.success() && said.contains("token_revoked"),
        "{said}"
    );
}
