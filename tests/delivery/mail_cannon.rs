//! A thousand submissions from five hundred network addresses, all naming one mailbox (threat S1).

use std::{collections::HashSet, time::Duration};

use cornerdesk_ingest::{
    mail::recipient::Recipient,
    store::{self, Store},
};
use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission_with, new_key},
    eventually, on_both_databases,
    relay::Relay,
    service::{SITE, Setup},
    smtp::SmtpSink,
};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

const SUBMISSIONS: usize = 1000;
const SOURCES: usize = 500;
const AT_ONCE: usize = 16;

/// One of many spellings of the victim's address.
fn spelling(number: usize) -> String {
    let local = ["victim.one", "VictimOne", "v.i.c.t.i.m.o.n.e", "victimone"][number % 4];
    let domain = ["gmail.com", "GoogleMail.com"][number % 2];
    let tag = if number.is_multiple_of(3) {
        format!("+{number}")
    } else {
        String::new()
    };
    format!("{local}{tag}@{domain}")
}

/// An attack in waves on services that share a database.
struct Attack {
    url: String,
    services: Vec<Service>,
    sink: SmtpSink,
    sent: usize,
}

impl Attack {
    /// Submits so many more, spread over the services and over network addresses that their proxy names.
    async fn wave(&mut self, count: usize) {
        let numbers = self.sent..self.sent + count;
        self.sent += count;
        let clients: Vec<_> = self.services.iter().map(Service::client).collect();
        let submit = async |number: usize| {
            let source = number % SOURCES;
            let submission = a_submission_with(json!({ "email": spelling(number) }));
            let request = clients[number % clients.len()]
                .submission(&new_key(), &submission)
                .header(
                    "X-Forwarded-For",
                    format!("10.7.{}.{}", source / 250, source % 250),
                );
            Answer::of(request.send().await.expect("an answer"))
                .await
                .reference();
        };
        stream::iter(numbers)
            .map(submit)
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<()>>()
            .await;
    }

    /// Waits until every job has ended; how many different mails there were so far. One that a crash repeated is one.
    async fn mails(&self) -> usize {
        let what = "all jobs to end";
        eventually(Duration::from_secs(120), what, async || {
            self.services[0].jobs("ready").is_empty().then_some(())
        })
        .await;
        let received = self.sink.received();
        let ids: HashSet<_> = received
            .iter()
            .map(|message| message.mail().header("Message-ID").to_owned())
            .collect();
        ids.len()
    }

    /// Makes every mail so far older.
    async fn let_pass(&self, span: SignedDuration) {
        let store = Store::open(&self.url, 2).await.expect("the database");
        let victim = Recipient::of(&spelling(0)).key();
        let mut tx = store.write().await.expect("a transaction");
        let now = now();
        for job in self.services[0].jobs("done") {
            if job["last_error"].is_null() {
                let id = job["id"].as_str().and_then(|id| id.parse().ok());
                let at = now - span;
                store::recipients::put_mail(&mut tx, &victim, SITE, id.expect("an id"), false, at)
                    .await
                    .expect("a mail");
            }
        }
        tx.commit().await.expect("a commit");
        store.close().await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the service under test reads the same clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

on_both_databases! {
    async fn a_mailbox_gets_three_mails_an_hour_five_a_day_and_none_after_its_objection(database: Database) {
        let (sink, relay) = (SmtpSink::start().await, Relay::bind().await);
        let url = database.new_url();
        let setup = || {
            let setup = Setup::new(database).database_url(&url).mail_to(&sink);
            setup.few_mails("").limited("proof_of_work = \"never\"").reached_at(&relay.origin())
        };
        let mut services = vec![Service::start_with(setup()).await];
        if database == Database::Postgres {
            services.push(Service::start_with(setup()).await);
        }
        relay.pass_to(&services[0].origin());
        let mut attack = Attack { url: url.clone(), services, sink, sent: 0 };

        attack.wave(500).await;
        // In the middle of their jobs.
        for service in &mut attack.services {
            service.kill();
            service.start_again().await;
        }
        attack.wave(400).await;
        assert_eq!(attack.mails().await, 3, "in the first hour");

        attack.let_pass(SignedDuration::from_mins(61)).await;
        attack.wave(40).await;
        assert_eq!(attack.mails().await, 5, "in the first day");

        attack.let_pass(SignedDuration::from_hours(2)).await;
        attack.wave(30).await;
        assert_eq!(attack.mails().await, 5, "in the first day");

        let link = attack.sink.received()[0].mail().links().into_iter().next().expect("a link");
        let http = reqwest::Client::new();
        assert_eq!(http.post(&link).send().await.expect("an answer").status(), 200);
        attack.let_pass(SignedDuration::from_hours(25)).await;
        attack.wave(SUBMISSIONS - attack.sent).await;
        assert_eq!(attack.mails().await, 5, "after the objection");

        assert_eq!(attack.services[0].tickets().len(), SUBMISSIONS);
        assert!(attack.services[0].jobs("dead").is_empty());
    }
}
