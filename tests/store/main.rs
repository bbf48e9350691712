//! Every function of the store, on both databases.

mod allowances;
mod attachments;
mod expand_only;
mod idempotency;
mod jobs;
mod loose_blobs;
mod mail_links;
mod moving;
mod plans;
mod pressure;
mod recipients;
mod schema;
mod secrets;
mod site_storage;
mod sites;
mod sites_apart;
mod spent_proofs;
mod staff;
mod tickets;
mod timeline;
mod transactions;
mod undeliverable;
mod uploads;

use cornerdesk_ingest::{
    mail::permission::Mode,
    site::SiteConfig,
    store::{self, Store, Tx, sites::Source},
    ticket::{Status, Ticket},
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
        received_at: at(number.into()),
    }
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
