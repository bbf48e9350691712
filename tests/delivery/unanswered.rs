//! A mail server that gets a whole mail and never says whether it took it: as it does when its answer is lost each time.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::a_submission,
    eventually, on_both_databases,
    service::Setup,
    smtp::{Answer, SmtpSink},
};

const SOON: Duration = Duration::from_secs(30);

on_both_databases! {
    async fn a_mail_whose_answer_is_always_lost_is_sent_four_times_and_not_for_days(database: Database) {
        let sink = SmtpSink::start().await;
        sink.answer_with(Answer::Cut);
        let service = Service::start_with(Setup::new(database).mail_to(&sink)).await;
        let reference = service.client().submit(&a_submission()).await.reference();
        let dead = eventually(SOON, "the mail to be given up", async || {
            service.jobs("dead").first().cloned()
        })
        .await;
        let told = "got the mail 4 times and never answered";
        assert!(dead["last_error"].as_str().is_some_and(|error| error.contains(told)), "{dead}");
        let copies = sink.offered();
        assert_eq!(copies.len(), 4);
        let id = |at: usize| copies[at].mail().header("Message-ID").to_owned();
        assert!((1..4).all(|at| id(at) == id(0)), "one mail for the mail program");
        let facts = service.ticket(&reference)["timeline"].to_string();
        assert_eq!(facts.matches("\"mail_unanswered\"").count(), 3, "{facts}");
        assert!(facts.contains("acknowledgement_failed") && facts.contains(told), "{facts}");

        // A person who knows better starts it again, and the count begins anew.
        let id = dead["id"].as_str().expect("an id");
        service.command(&["jobs", "retry", id]);
        sink.offers(5).await;
        sink.answer_with(Answer::Accept);
        sink.messages(1).await;
    }

    async fn a_lost_answer_now_and_then_costs_nothing(database: Database) {
        let sink = SmtpSink::start().await;
        sink.answer_with(Answer::Cut);
        let service = Service::start_with(Setup::new(database).mail_to(&sink)).await;
        let reference = service.client().submit(&a_submission()).await.reference();
        sink.offers(1).await;
        sink.answer_with(Answer::Accept);
        sink.messages(1).await;
        eventually(SOON, "the mail to count as sent", async || {
            let facts = service.ticket(&reference)["timeline"].to_string();
            facts.contains("\"acknowledged\"").then_some(())
        })
        .await;
    }
}
