//! How long it takes from the answer to a submission, which comes right after the commit, to the mail at the mail server.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use cornerdesk_tests::{
    Database, Service,
    client::{a_submission_with, new_key},
    service::Setup,
    smtp::SmtpSink,
};
use serde_json::json;

use crate::{Figures, report::row};

const MAILS: usize = 200;
const EVERY: Duration = Duration::from_millis(25);

/// Submissions at a steady pace to a service whose mail server answers at once.
pub async fn measure(figures: &mut Figures, database: Database) {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(Setup::durable(database).mail_to(&sink)).await;
    let (client, mut answered, mut arrived) = (service.client(), HashMap::new(), HashMap::new());
    for number in 0..MAILS {
        let email = format!("a{number}@customer.example");
        let submission = a_submission_with(json!({ "email": email }));
        let response = client
            .submission(&new_key(), &submission)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 201);
        answered.insert(email, Instant::now());
        let next = Instant::now() + EVERY;
        while Instant::now() < next {
            note(&sink, &mut arrived);
            // How finely arrivals are told apart.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let patience = Instant::now() + Duration::from_secs(30);
    while arrived.len() < MAILS && Instant::now() < patience {
        note(&sink, &mut arrived);
        // As finely as above.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut delays: Vec<f64> = answered
        .iter()
        .filter_map(|(email, at)| {
            Some(
                arrived
                    .get(email)?
                    .saturating_duration_since(*at)
                    .as_secs_f64()
                    * 1000.0,
            )
        })
        .collect();
    delays.sort_by(f64::total_cmp);
    let at = |part: usize| {
        delays
            .get((delays.len() * part / 100).min(delays.len().saturating_sub(1)))
            .copied()
    };
    figures.add(
        "mail",
        row(&[
            ("database", json!(format!("{database:?}"))),
            ("mails", json!(delays.len())),
            ("p50 ms", json!(at(50))),
            ("p95 ms", json!(at(95))),
            ("most ms", json!(delays.last())),
        ]),
    );
}

/// When each mail was first seen.
fn note(sink: &SmtpSink, arrived: &mut HashMap<String, Instant>) {
    if sink.count() == arrived.len() {
        return;
    }
    for message in sink.received().into_iter().skip(arrived.len()) {
        arrived
            .entry(message.recipients.concat())
            .or_insert_with(Instant::now);
    }
}
