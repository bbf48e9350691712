//! The command line, beside a running service and without one.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission},
    eventually, on_both_databases,
    service::Setup,
};

/// What a command that must fail said.
fn refusal(service: &Service, arguments: &[&str]) -> String {
    let output = service.try_command(arguments, "");
    assert!(!output.status.success(), "{arguments:?} succeeded");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.is_empty() && !said.contains("panicked"), "{said}");
    said
}

on_both_databases! {
    async fn a_site_that_is_added_is_served_without_a_restart(database: Database) {
        let service = Service::start(database).await;
        let client = service.client().at_site("second");
        client.submit(&a_submission()).await.problem(404, "unknown-site");
        let origin = "https://second.customer.example";
        service.command(&["site", "add", "second", "--name", "Second", "--origin", origin]);
        eventually(Duration::from_secs(10), "the site to be served", async || {
            let answer = Answer::of(client.get(&client.path("settings")).await).await;
            (answer.status == 200).then_some(())
        })
        .await;
        let reference = client.submit(&a_submission()).await.reference();
        assert_eq!(service.ticket(&reference)["site"], "second");
        assert!(service.command(&["site", "list"]).contains(origin));
    }

    async fn commands_work_before_the_first_start(database: Database) {
        let service = Service::prepare(&Setup::new(database));
        service.command(&["migrate"]);
        let said = service.command(&["staff", "add", "kim@acme.example"]);
        assert!(said.contains("password: "), "{said}");
        assert!(refusal(&service, &["staff", "add", "kim@acme.example"]).contains("kim@acme.example"));
        assert!(service.tickets().is_empty());
        assert!(service.jobs("dead").is_empty());
    }

    async fn a_ticket_is_shown_to_people_too(database: Database) {
        let service = Service::start(database).await;
        let reference = service.client().submit(&a_submission()).await.reference();
        assert!(service.command(&["ticket", "list"]).contains(&reference));
        let shown = service.command(&["ticket", "show", &reference.to_lowercase()]);
        assert!(shown.contains("Since this morning"), "{shown}");
        // One symbol is wrong: the check symbol notices.
        let wrong = if reference.ends_with('0') { "1" } else { "0" };
        refusal(&service, &["ticket", "show", &format!("{}{wrong}", &reference[..11])]);
    }

    async fn a_site_that_was_taken_out_of_the_file_is_gone_after_a_restart(database: Database) {
        let second = "[[sites]]\nkey = \"second\"\nname = \"Second\"\nallowed_origins = [\"self\"]";
        let setup = Setup::new(database);
        let mut service = Service::start_with(setup.clone().section(second)).await;
        let client = service.client().at_site("second");
        let reference = client.submit(&a_submission()).await.reference();
        service.terminate().await;
        service.configure(&setup);
        service.start_again().await;
        client.submit(&a_submission()).await.problem(404, "unknown-site");
        assert_eq!(service.ticket(&reference)["site"], "second", "its tickets are kept");
    }
}

#[tokio::test]
async fn all_faults_of_a_configuration_are_told_at_once() {
    let broken = "[outbox2]\nx = 1";
    let service = Service::prepare(&Setup::new(Database::Sqlite).section(broken));
    assert!(refusal(&service, &["config", "check"]).contains("outbox2"));
    let good = Service::prepare(&Setup::new(Database::Sqlite));
    assert!(good.command(&["config", "check"]).contains("good"));
}
