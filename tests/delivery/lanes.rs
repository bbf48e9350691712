//! What waits for the mail server, and what does not.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission},
    eventually, on_both_databases,
    service::Setup,
    smtp::{Answer, SmtpSink},
};

on_both_databases! {
    async fn files_are_examined_while_the_mail_server_is_away(database: Database) {
        let sink = SmtpSink::start().await;
        sink.answer_with(Answer::NotNow);
        let setup = Setup::new(database).mail_to(&sink);
        let service = Service::start_with(setup).await;
        // More than enough for the mail server to count as away.
        for _ in 0..25 {
            service.client().submit(&a_submission()).await.reference();
        }
        sink.offers(25).await;
        let answer = service.client().submit_form(&a_submission(), &[File::text("a.txt", "hello")]).await;
        let reference = answer.reference();
        eventually(Duration::from_secs(20), "the file to be examined", async || {
            (service.ticket(&reference)["attachments"][0]["examination"] == "done").then_some(())
        })
        .await;
        assert_eq!(sink.count(), 0);
    }
}
