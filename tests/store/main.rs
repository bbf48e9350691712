//! Every function of the store, on both databases.

mod alarms;
mod allowances;
mod articles;
mod attachments;
mod audit;
mod bulk_acts;
mod classification;
mod clocks;
mod conversation;
mod deprecations;
mod destinations;
mod expand_only;
mod first_mails;
mod handling;
mod idempotency;
mod identities;
mod incoming_mail;
mod jobs;
mod lately;
mod lists;
mod loose_blobs;
mod mail_links;
mod mentions;
mod moving;
mod notifications;
mod page_sign_ins;
mod piles;
mod plans;
mod policies;
mod pressure;
mod privacy;
mod queue;
mod ratings;
mod recipients;
mod repinning;
mod reports;
mod saved_views;
mod schema;
mod search;
mod second_factor;
mod secrets;
mod site_storage;
mod sites;
mod sites_apart;
mod spent_proofs;
mod splits;
mod staff;
mod tickets;
mod timeline;
mod timers;
mod transactions;
mod undeliverable;
mod uploads;
mod working;

use std::collections::BTreeMap;

use cornerdesk_ingest::{
    accounts::AccountConfig,
    alerts::source::AlertsConfig,
    identity::keys::KeyConfig,
    mail::permission::Mode,
    privacy::retention::Retention,
    site::SiteConfig,
    store::{self, Store, Tx, sites::Source},
    ticket::{Fact, Requester, Status, Ticket, terms::Terms},
};
use cornerdesk_shared::{page_context::PageContext, reference::Reference};
use cornerdesk_tests::Database;
use jiff::Timestamp;
use uuid::Uuid;

/// The site that most rows belong to.
const SITE: &str = "acme";
/// Another site, whose rows must never be met.
const OTHER_SITE: &str = "second";

/// A new database with two sites.
async fn open(database: Database) -> Store {
    open_at(&database.new_url()).await
}

/// The same, in the new database with this address.
async fn open_at(url: &str) -> Store {
    let store = Store::open(url, 4)
        .await
        .expect("a new database can be opened");
    let mut tx = write(&store).await;
    for key in [SITE, OTHER_SITE] {
        store::sites::put(&mut tx, &site(key), Source::File, at(0))
            .await
            .expect("a site");
    }
    tx.commit().await.expect("a commit");
    store
}

async fn write(store: &Store) -> Tx {
    store.write().await.expect("a transaction")
}

async fn read(store: &Store) -> Tx {
    store.read().await.expect("a transaction")
}

/// An instant with every microsecond that a database keeps, so many seconds after a beginning.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_microsecond(1_795_000_000_123_457 + seconds * 1_000_000).expect("in range")
}

/// Ids that read like numbers.
fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn site(key: &str) -> SiteConfig {
    SiteConfig {
        key: key.to_owned(),
        name: format!("{key} & Söhne"),
        allowed_origins: vec!["self".to_owned(), "https://app.customer.example".to_owned()],
        accent: "#2f5bea".to_owned(),
        locale: "en".to_owned(),
        acknowledge: Mode::ConfirmFirst,
        quota_bytes: Some(1_000),
        time_zone: "Europe/Vienna".to_owned(),
        words: BTreeMap::from([(
            "de".to_owned(),
            BTreeMap::from([("panel.send".to_owned(), "Los – „jetzt“!".to_owned())]),
        )]),
        identity: vec![KeyConfig {
            kid: "a".to_owned(),
            secret_file: Some("/run/secrets/a".to_owned()),
            ..KeyConfig::default()
        }],
        identity_required: true,
        policy: Some("m3ter".to_owned()),
        overlay: Some("m3ter-no-holidays".to_owned()),
        channels: BTreeMap::from([("widget".to_owned(), "web".to_owned())]),
        accounts: vec![AccountConfig {
            key: "big".to_owned(),
            domains: vec!["big.example".to_owned()],
            plan: Some("Pro".to_owned()),
            overlay: Some("big-contract".to_owned()),
            entitled: vec!["ada@big.example".to_owned()],
            administrator: Some("Ada “Ö” <ada@big.example>".to_owned()),
            contacts: vec!["tam@acme.example".to_owned()],
            notices: vec!["cto@big.example".to_owned()],
            note: Some("Metering as in the order form".to_owned()),
        }],
        alerts: vec![AlertsConfig {
            name: "prometheus".to_owned(),
            token_file: Some("/run/secrets/b".to_owned()),
            priority_by_severity: BTreeMap::from([("critical".to_owned(), "S1".to_owned())]),
            ..AlertsConfig::default()
        }],
        mail_addresses: Vec::new(),
        retention: Retention {
            closed_days: Some(365),
            files_days: Some(30),
        },
    }
}

/// A ticket with something in every field; its number makes its id, its reference and its second.
fn ticket(number: u32) -> Ticket {
    Ticket {
        site: SITE.to_owned(),
        id: id(number.into()),
        reference: Reference::from_number(number.into()),
        summary: format!("Summary {number} “ä漢😀”"),
        description: "Line one\n\tline two".to_owned(),
        email: "ada@customer.example".to_owned(),
        locale: "de".to_owned(),
        category: Some("defect".to_owned()),
        plan: None,
        context: PageContext {
            page_title: Some("Invoices".to_owned()),
            ..PageContext::default()
        },
        status: Status::New,
        held: None,
        requester: Some(Requester {
            sub: format!("u-{number}"),
            name: Some("Ada Ö".to_owned()),
        }),
        account: Some("big".to_owned()),
        channel: Some("web".to_owned()),
        priority: Some("S2".to_owned()),
        impact: Some("Nobody\ncan pay “ä漢😀”".to_owned()),
        policy_version: Some(2),
        received_at: at(number.into()),
    }
}

/// Adds a ticket and the fact that begins its timeline, in a transaction of their own.
async fn receive(store: &Store, ticket: &Ticket, terms: Option<Terms>) {
    let received = Fact::Received {
        attachments: 0,
        terms: terms.map(Box::new),
    };
    let mut tx = write(store).await;
    store::tickets::insert(&mut tx, ticket)
        .await
        .expect("a ticket");
    store::timeline::start(&mut tx, SITE, ticket.id, ticket.received_at, &received)
        .await
        .expect("a fact");
    tx.commit().await.expect("a commit");
}

/// Adds [`ticket`] in a transaction of its own and returns it.
async fn add_ticket(store: &Store, number: u32) -> Ticket {
    let ticket = ticket(number);
    let mut tx = write(store).await;
    let is_new = store::tickets::insert(&mut tx, &ticket)
        .await
        .expect("an answer");
    assert!(is_new, "the reference is taken");
    tx.commit().await.expect("a commit");
    ticket
}
