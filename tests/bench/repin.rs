//! Ten thousand tickets come under another version of their site's policy.

use std::time::Instant;

use cornerdesk_ingest::{
    policies::{self, Policies},
    policy::Library,
    repin::{self, Wish},
    site::SiteConfig,
    store::{self, Store, sites::Source},
    ticket::{Fact, Status, Ticket, terms::Terms},
};
use cornerdesk_shared::{page_context::PageContext, reference::Reference};
use cornerdesk_tests::{Database, service::SITE};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::{Figures, report::row};

const TICKETS: u32 = 10_000;

/// On one database.
pub async fn measure(figures: &mut Figures, database: Database) {
    let store = Store::open(&database.new_url(), 4)
        .await
        .expect("a new database");
    let received: Timestamp = "2026-11-20T09:00:00Z".parse().expect("an instant");
    prepare(&store, received).await;
    let wish = Wish {
        site: SITE,
        from: vec![1],
        to: 2,
        by: "Sam",
        because: "measured",
    };
    let (policies, now) = (
        Policies::default(),
        received + SignedDuration::from_hours(1),
    );
    let began = Instant::now();
    let differences = repin::compare(&store, &policies, &wish, now)
        .await
        .expect("an answer");
    let compared = began.elapsed();
    let began = Instant::now();
    let done = repin::apply(&store, &policies, &wish, now)
        .await
        .expect("an answer");
    let applied = began.elapsed();
    assert_eq!((differences.len(), done), (10_000, u64::from(TICKETS)));
    figures.add(
        "repin",
        row(&[
            ("database", json!(format!("{database:?}"))),
            ("tickets", json!(done)),
            ("compared s", json!(compared.as_secs_f64())),
            ("re-pinned s", json!(applied.as_secs_f64())),
        ]),
    );
    store.close().await;
}

/// A site with two versions of m3ter, and tickets of Severity 2 under the first.
async fn prepare(store: &Store, received: Timestamp) {
    let mut tx = store.write().await.expect("a transaction");
    for overlay in [None, Some("m3ter-no-holidays")] {
        let site = SiteConfig {
            policy: Some("m3ter".to_owned()),
            overlay: overlay.map(str::to_owned),
            ..SiteConfig::new(SITE, "Acme")
        };
        store::sites::put(&mut tx, &site, Source::File, received)
            .await
            .expect("a site");
        policies::publish(&mut tx, &Library::embedded(), &[site], received)
            .await
            .expect("it is published");
    }
    let terms = Terms {
        policy_version: Some(1),
        plan: Some("silver".to_owned()),
        ..Terms::default()
    };
    for number in 1..=TICKETS {
        let ticket = ticket(number, received);
        store::tickets::insert(&mut tx, &ticket)
            .await
            .expect("a ticket");
        let first = Fact::Received {
            attachments: 0,
            terms: Some(Box::new(terms.clone())),
        };
        let second = Fact::Classified {
            category: None,
            priority: Some(Some("S2".to_owned())),
            by: "Sam".to_owned(),
        };
        store::timeline::start(&mut tx, SITE, ticket.id, received, &first)
            .await
            .expect("a fact");
        store::timeline::append(&mut tx, SITE, ticket.id, received, &second)
            .await
            .expect("a fact");
        store::jobs::set_timer(&mut tx, SITE, ticket.id, Some(received), received)
            .await
            .expect("a timer");
    }
    tx.commit().await.expect("a commit");
}

fn ticket(number: u32, received_at: Timestamp) -> Ticket {
    Ticket {
        site: SITE.to_owned(),
        id: Uuid::from_u128(number.into()),
        reference: Reference::from_number(number.into()),
        summary: "A summary".to_owned(),
        description: "A description".to_owned(),
        email: "a@b.example".to_owned(),
        locale: "en".to_owned(),
        category: None,
        plan: Some("silver".to_owned()),
        context: PageContext::default(),
        status: Status::Open,
        held: None,
        received_at,
        requester: None,
        account: None,
        channel: None,
        priority: Some("S2".to_owned()),
        impact: None,
        policy_version: Some(1),
    }
}
