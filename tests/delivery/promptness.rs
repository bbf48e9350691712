//! Nothing of ours waits between the answer to a submission and its mail.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service, client::a_submission, on_both_databases, service::Setup, smtp::SmtpSink,
};

const MAILS: usize = 21;
/// A receiver may put off the acknowledgement of a packet for 40 ms (Linux; RFC 1122 allows 500), and a sender that waits for it before it
/// sends a second small one (Nagle's algorithm) waits for all of that. What else happens takes a millisecond.
const AT_ONCE: Duration = Duration::from_millis(20);

on_both_databases! {
    async fn a_mail_is_handed_over_without_waiting_for_acknowledgements_of_packets(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(Setup::new(database).mail_to(&sink)).await;
        for number in 1..=MAILS {
            service.client().submit(&a_submission()).await.reference();
            sink.messages(number).await;
        }
        let mut transfers: Vec<_> = sink.received().iter().map(|mail| mail.transfer).collect();
        transfers.sort();
        let median = transfers[MAILS / 2];
        println!("from 354 to the dot: median {median:?}, most {:?}", transfers[MAILS - 1]);
        assert!(median < AT_ONCE, "{transfers:?}");
    }
}
