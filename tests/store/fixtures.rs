//! A new database, and rows to put into it.

use cornerdesk_ingest::{
    site::SiteConfig,
    store::{self, Store, Tx, sites::Source, uploads::Upload},
    ticket::{Attachment, Status, Ticket},
};
use cornerdesk_shared::{page_context::PageContext, reference::Reference};
use cornerdesk_tests::{
    Database,
    postgres::{Durability, Postgres},
    scratch,
};
use jiff::Timestamp;
use uuid::Uuid;

pub const SITE: &str = "acme";
/// Another site, in which nothing of the first may be seen.
pub const OTHER_SITE: &str = "other";

/// An instant with microseconds, which both databases must keep.
pub fn instant(second: i64) -> Timestamp {
    Timestamp::from_microsecond((1_795_000_000 + second) * 1_000_000 + 123_456).unwrap()
}

/// An empty database with the schema and two sites.
pub async fn store(database: Database) -> Store {
    let url = match database {
        Database::Sqlite => Store::sqlite_url(&scratch::folder("store").join("cornerdesk.db")),
        Database::Postgres => Postgres::shared(Durability::None).create_database(),
    };
    let store = Store::open(&url, 4).await.unwrap();
    let mut tx = store.write().await.unwrap();
    for key in [SITE, OTHER_SITE] {
        store::sites::put(&mut tx, &site(key), Source::File, instant(0))
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    store
}

pub fn site(key: &str) -> SiteConfig {
    SiteConfig {
        key: key.into(),
        name: "Acme".into(),
        allowed_origins: vec!["https://app.acme.example".into(), "self".into()],
        accent: "#2f5bea".into(),
        locale: "en".into(),
    }
}

/// The ticket with this number. Everything about it follows from the number.
pub fn ticket(number: u32) -> Ticket {
    Ticket {
        site: SITE.into(),
        id: id(number),
        reference: Reference::from_number(u64::from(number)),
        summary: format!("Ticket {number}: \"quoted\" 'single' ; drop table tickets; --"),
        description: "Zeile 1\nřádek 2\n日本語 🙂".into(),
        email: "jane@example.org".into(),
        locale: "de".into(),
        category: Some("question".into()),
        plan: None,
        context: PageContext {
            page_url: Some("https://app.acme.example/a".into()),
            ..PageContext::default()
        },
        status: Status::New,
        received_at: instant(i64::from(number)),
    }
}

pub fn attachment(number: u32) -> Attachment {
    Attachment {
        id: id(1000 + number),
        name: format!("report {number}.pdf"),
        content_type: "application/pdf".into(),
        size_bytes: 25 * 1024 * 1024 * 1024,
        sha256: [7; 32],
        blob: format!("blob-{number}"),
    }
}

pub fn upload(number: u32) -> Upload {
    Upload {
        site: SITE.into(),
        id: id(number),
        name: "a.txt".into(),
        content_type: "text/plain".into(),
        length_bytes: 10,
        offset_bytes: 0,
        sha256: None,
        blob: format!("blob-{number}"),
        expires_at: instant(100),
    }
}

pub fn id(number: u32) -> Uuid {
    Uuid::from_u128(u128::from(number))
}

/// Writes the ticket with this number.
pub async fn insert_ticket(tx: &mut Tx, number: u32) -> Ticket {
    let ticket = ticket(number);
    assert!(store::tickets::insert(tx, &ticket).await.unwrap());
    ticket
}
