//! Figures, never a verdict: `make bench`, or one part of it: `make bench ONLY=intake`.
//!
//! Everything runs on this machine at the same time: the service, its database, whatever it is compared with, and the clients.

mod classification;
mod connection;
mod django_helpdesk;
mod forwarding;
mod guesses;
mod intake;
mod intake_with_policy;
mod load;
mod long_lists;
mod mail_away;
mod mail_delay;
mod many_tickets;
mod memory;
mod pages;
mod panel;
mod policy;
mod raw_commits;
mod repin;
mod report;
mod timers;

use cornerdesk_ingest::site::SiteConfig;
use cornerdesk_tests::{Database, service::SITE};
use report::Figures;
use serde_json::json;

/// The parts by name, in the order in which they are measured.
const PARTS: [&str; 15] = [
    "intake",
    "intake_with_policy",
    "helpdesk",
    "memory",
    "mail",
    "away",
    "lists",
    "pages",
    "repin",
    "panel",
    "timers",
    "policy",
    "classification",
    "guesses",
    "forwarding",
];
const DATABASES: [Database; 2] = [Database::Sqlite, Database::Postgres];

/// Is it measured on this database? `ON=postgres` or `ON=sqlite` leaves the other one out.
fn is_wanted(database: Database) -> bool {
    let on = std::env::var("ON").unwrap_or_default();
    on.is_empty() || format!("{database:?}").eq_ignore_ascii_case(&on)
}

/// The site of databases that no service has made.
fn site() -> SiteConfig {
    let config = json!({ "key": SITE, "name": "Acme", "allowed_origins": ["self"] });
    serde_json::from_value(config).expect("a site")
}

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let unknown = wanted.iter().find(|part| !PARTS.contains(&part.as_str()));
    assert!(
        unknown.is_none(),
        "no part {unknown:?}; there are {PARTS:?}"
    );
    let mut figures = Figures::default();
    for part in PARTS
        .iter()
        .filter(|part| wanted.is_empty() || wanted.iter().any(|wanted| wanted == *part))
    {
        for database in DATABASES.into_iter().filter(|one| is_wanted(*one)) {
            match *part {
                "repin" => repin::measure(&mut figures, database).await,
                "intake" => intake::measure(&mut figures, database).await,
                "intake_with_policy" => intake_with_policy::measure(&mut figures, database).await,
                // These are no different on another database.
                "helpdesk" | "panel" | "policy" | "classification"
                    if database == Database::Sqlite => {}
                "policy" => policy::measure(&mut figures),
                "classification" => classification::measure(&mut figures),
                "panel" => panel::measure(&mut figures).await,
                "guesses" => guesses::measure(&mut figures, database).await,
                "helpdesk" => django_helpdesk::measure(&mut figures).await,
                "memory" => memory::measure(&mut figures, database).await,
                "mail" => mail_delay::measure(&mut figures, database).await,
                "timers" => timers::measure(&mut figures, database).await,
                "pages" => pages::measure(&mut figures, database).await,
                "forwarding" => forwarding::measure(&mut figures, database).await,
                "away" => mail_away::measure(&mut figures, database).await,
                _ => long_lists::measure(&mut figures, database).await,
            }
        }
    }
    figures.finish();
}
