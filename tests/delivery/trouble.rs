//! Mail servers that are away, busy, or say no.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use cornerdesk_tests::{
    Database, Service,
    client::{self, a_submission, a_submission_with},
    eventually, on_both_databases,
    service::Setup,
    smtp::{Answer, Received, SmtpSink},
};
use serde_json::json;

const SOON: Duration = Duration::from_secs(15);

/// Waits until no job waits or is dead any more.
async fn until_settled(service: &Service) {
    eventually(SOON, "all jobs to be done", async || {
        (service.jobs("ready").is_empty() && service.jobs("dead").is_empty()).then_some(())
    })
    .await;
}

fn message_id(message: &Received) -> String {
    message.mail().header("Message-ID").to_owned()
}

on_both_databases! {
    async fn a_mail_server_that_was_down_gets_the_mail_once(database: Database) {
        let mut sink = SmtpSink::start().await;
        let service = Service::start_with(Setup::new(database).mail_to(&sink)).await;
        sink.go_down().await;
        service.client().submit(&a_submission()).await.reference();
        eventually(SOON, "a failed attempt", async || {
            let waiting = service.jobs("ready");
            (waiting.first()?["attempts"].as_u64() >= Some(1)).then_some(())
        })
        .await;
        sink.come_up().await;
        sink.messages(1).await;
        until_settled(&service).await;
        assert_eq!(sink.received().len(), 1);
    }

    async fn a_mail_server_that_is_busy_is_asked_again(database: Database) {
        let sink = SmtpSink::start().await;
        sink.answer_with(Answer::NotNow);
        let service = Service::start_with(Setup::new(database).mail_to(&sink)).await;
        service.client().submit(&a_submission()).await.reference();
        let offered = sink.offers(2).await;
        sink.answer_with(Answer::Accept);
        let taken = sink.messages(1).await;
        until_settled(&service).await;
        assert_eq!(sink.received().len(), 1);
        assert_eq!(message_id(&offered[0]), message_id(&taken[0]));
    }

    async fn a_mail_that_is_refused_for_good_can_be_sent_again_by_hand(database: Database) {
        let sink = SmtpSink::start().await;
        sink.answer_with(Answer::Never);
        let service = Service::start_with(Setup::new(database).mail_to(&sink)).await;
        let reference = service.client().submit(&a_submission()).await.reference();
        let offered = sink.offers(1).await;
        let dead = eventually(SOON, "a dead letter", async || {
            service.jobs("dead").into_iter().next()
        })
        .await;
        assert!(service.ticket(&reference)["timeline"].to_string().contains("acknowledgement_failed"));
        assert_eq!(sink.offered().len(), 1, "a permanent refusal is not tried again");

        sink.answer_with(Answer::Accept);
        service.command(&["jobs", "retry", dead["id"].as_str().expect("a job has an id")]);
        let taken = sink.messages(1).await;
        assert_eq!(message_id(&offered[0]), message_id(&taken[0]));
        until_settled(&service).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_no_answer() {
    let sink = SmtpSink::start().await;
    sink.answer_with(Answer::Cut);
    let service = Service::start_with(Setup::new(Database::Sqlite).mail_to(&sink)).await;
    service.client().submit(&a_submission()).await.reference();
    sink.offers(1).await;
    sink.answer_with(Answer::Accept);
    sink.messages(1).await;
    until_settled(&service).await;
    assert_eq!(sink.received().len(), 1);
}

#[tokio::test]
async fn one_full_mailbox_holds_nobody_up() {
    let sink = SmtpSink::start().await;
    sink.be_busy_for("ada@customer.example");
    let service = Service::start_with(Setup::new(Database::Sqlite).mail_to(&sink)).await;
    service.client().submit(&a_submission()).await.reference();
    sink.offers(1).await;
    for number in 0..10 {
        let email = format!("requester-{number}@customer.example");
        let submission = a_submission_with(json!({ "email": email }));
        service.client().submit(&submission).await.reference();
    }
    sink.messages(10).await;
    // The server has a mail before we know it.
    eventually(SOON, "all others to be done", async || {
        (service.jobs("ready").len() == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn two_services_on_one_database_send_each_mail_once() {
    let sink = SmtpSink::start().await;
    let url = Database::Postgres.new_url();
    let setup = || {
        Setup::new(Database::Sqlite)
            .database_url(&url)
            .mail_to(&sink)
    };
    let services = [
        Service::start_with(setup()).await,
        Service::start_with(setup()).await,
    ];
    let clients = services.each_ref().map(Service::client);
    let submission = a_submission();
    let submissions = (0..30).map(|number: usize| clients[number % 2].submit(&submission));
    let answers = futures_util::future::join_all(submissions).await;
    let references: HashSet<_> = answers.iter().map(client::Answer::reference).collect();
    assert_eq!(references.len(), 30);
    sink.messages(30).await;
    until_settled(&services[0]).await;
    assert_eq!(sink.received().len(), 30);
    assert_eq!(services[1].tickets().len(), 30);
}

#[tokio::test]
async fn a_mail_server_that_is_down_does_not_hold_up_intake() {
    let mut sink = SmtpSink::start().await;
    sink.go_down().await;
    let service = Service::start_with(Setup::new(Database::Sqlite).mail_to(&sink)).await;
    for _ in 0..5 {
        service.client().submit(&a_submission()).await.reference();
    }
    let ready = service.client().get("/readyz").await;
    assert_eq!(ready.status(), 200);
    assert_eq!(service.tickets().len(), 5);
}

/// A conversation that is given up in the middle must not be left to the next mail; and it is given up before the mail is sent, or each
/// attempt would be one more copy that nobody counts.
#[tokio::test]
async fn a_mail_server_that_is_slow_mixes_no_mails_up() {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(Setup::new(Database::Sqlite).mail_to(&sink)).await;
    // Each reply is in time, all together are not.
    sink.reply_after(Duration::from_millis(550));
    let to = |email: &str| a_submission_with(json!({ "email": email }));
    service
        .client()
        .submit(&to("first@customer.example"))
        .await
        .reference();
    eventually(
        Duration::from_secs(20),
        "the mail to be put off",
        async || {
            let log = service.log();
            assert!(!log.contains("took too long"), "{log}");
            log.contains("did not answer in time").then_some(())
        },
    )
    .await;
    assert_eq!(sink.offered().len(), 0);
    sink.reply_after(Duration::ZERO);
    for number in 0..8 {
        let email = format!("next-{number}@customer.example");
        service.client().submit(&to(&email)).await.reference();
    }
    sink.message_to("first@customer.example").await;
    sink.message_to("next-7@customer.example").await;
    for message in sink.received() {
        let [recipient] = message.recipients.as_slice() else {
            panic!("one mail went to {:?}", message.recipients);
        };
        assert!(
            message.mail().header("To").contains(recipient.as_str()),
            "{recipient}"
        );
    }
}

/// A lease is renewed while its job runs: it can be shorter than a conversation with a slow mail server.
#[tokio::test]
async fn a_mail_that_takes_longer_than_a_lease_is_sent_once() {
    let sink = SmtpSink::start().await;
    let setup = Setup::new(Database::Sqlite)
        .leases(1_000, 20_000)
        .mail_timeout_ms(5_000);
    let service = Service::start_with(setup.mail_to(&sink)).await;
    sink.reply_after(Duration::from_millis(600));
    let begun = Instant::now();
    service.client().submit(&a_submission()).await.reference();
    eventually(Duration::from_secs(20), "the job's end", async || {
        (service.jobs("done").len() == 1).then_some(())
    })
    .await;
    assert!(
        begun.elapsed() > Duration::from_secs(2),
        "the server was not slow"
    );
    assert_eq!(sink.offered().len(), 1);
    assert_eq!(service.jobs("done")[0]["attempts"], 1);
}
