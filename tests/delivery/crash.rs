//! `kill -9` at the worst moment: the mail server has taken the mail, the service does not know it yet.

use cornerdesk_tests::{
    Database, Service,
    client::a_submission,
    on_both_databases,
    process::{self, Signal},
    service::Setup,
    smtp::SmtpSink,
};

on_both_databases! {
    async fn a_mail_sent_twice_because_of_a_crash_is_recognisable(database: Database) {
        let sink = SmtpSink::start().await;
        let mut service = Service::start_with(Setup::durable(database).mail_to(&sink)).await;
        let pid = service.pid();
        // The service stands still before the 250 is written, so it cannot act upon it before it is killed.
        sink.before_next_acceptance(move || process::send(Signal::Stop, pid));
        let reference = service.client().submit(&a_submission()).await.reference();
        sink.messages(1).await;
        service.kill();
        service.start_again().await;

        let sent = sink.messages(2).await;
        let ids: Vec<_> = sent.iter().map(|message| message.mail().header("Message-ID").to_owned()).collect();
        assert_eq!(ids[0], ids[1]);
        assert!(sent[1].mail().header("Subject").contains(&reference));
        assert_eq!(service.tickets().len(), 1);
    }
}
