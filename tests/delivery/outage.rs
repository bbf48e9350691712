//! A mail server that is away for three days, and a thousand acknowledgements that wait for it. The days are told to the real service by a false clock; no time
//! passes for its timeouts.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use cornerdesk_tests::{
    Database, Service,
    client::a_submission_with,
    eventually, on_both_databases,
    service::Setup,
    smtp::{Answer, SmtpSink},
};
use serde_json::json;

const QUEUED: usize = 1_000;
const HOUR: Duration = Duration::from_secs(3_600);
const LONG: Duration = Duration::from_secs(120);

fn to(email: &str) -> serde_json::Value {
    a_submission_with(json!({ "email": email }))
}

async fn submit_many(service: &Service, count: usize) {
    const AT_ONCE: usize = 8;
    let client = service.client();
    let numbers: Vec<usize> = (0..count).collect();
    for batch in numbers.chunks(AT_ONCE) {
        let submissions = batch.iter().map(|number| {
            let submission = to(&format!("requester-{number}@customer.example"));
            let client = &client;
            async move { client.submit(&submission).await.reference() }
        });
        futures_util::future::join_all(submissions).await;
    }
}

/// A day in so many steps; the service tries at least once in each.
async fn live_through_a_day(service: &Service, steps: u32) {
    for _ in 0..steps {
        let failed = failures(service);
        service.advance(24 * HOUR / steps);
        eventually(LONG, "an attempt in this step", async || {
            (failures(service) > failed).then_some(())
        })
        .await;
    }
}

fn failures(service: &Service) -> usize {
    service.log().matches("job failed, again later").count()
}

/// The configuration of somebody who changed nothing that matters here: five days, waits up to an hour.
fn setup(database: Database, sink: &SmtpSink) -> Setup {
    Setup::new(database).mail_to(sink).waits_as_in_production()
}

on_both_databases! {
    async fn a_thousand_mails_outlast_three_days_without_a_mail_server(database: Database) {
        let mut sink = SmtpSink::start().await;
        sink.go_down().await;
        let service = Service::start_in_false_time(setup(database, &sink)).await;
        submit_many(&service, QUEUED).await;
        // A day each: nobody is there; everything is put off; every answer comes too late.
        live_through_a_day(&service, 24).await;
        sink.answer_with(Answer::NotNow);
        sink.come_up().await;
        live_through_a_day(&service, 24).await;
        sink.reply_after(Duration::from_millis(1_100));
        live_through_a_day(&service, 6).await;
        assert_eq!(sink.count(), 0);
        assert!(service.jobs("dead").is_empty(), "none was given up before its time");
        let attempts = failures(&service);
        assert!(attempts < QUEUED / 5, "a server that is away is left alone: {attempts} attempts");

        sink.reply_after(Duration::ZERO);
        sink.answer_with(Answer::Accept);
        // The next try is due within a minute.
        service.advance(Duration::from_secs(61));
        sink.messages(1).await;
        let back = Instant::now();
        service.client().submit(&to("new@customer.example")).await.reference();
        sink.message_to("new@customer.example").await;
        let overtaken = QUEUED.saturating_sub(sink.count());
        eventually(LONG, "every mail", async || (sink.count() > QUEUED).then_some(())).await;
        let rate = QUEUED as f64 / back.elapsed().as_secs_f64();
        println!("{database:?}: {attempts} attempts in 72 h, drained at {rate:.0} mails/s, the new one overtook {overtaken}");
        assert!(rate >= 10.0, "{rate} mails/s");
        assert!(overtaken > QUEUED / 10, "a new mail does not wait for the backlog; it overtook {overtaken}");
        let recipients: HashSet<_> = sink.received().into_iter().flat_map(|message| message.recipients).collect();
        assert_eq!(recipients.len(), QUEUED + 1, "every requester got a mail");
        assert_eq!(sink.count(), QUEUED + 1, "and no more than one");
    }
}
