//! Tickets that go on to a Jira Service Management, which fails in every way, and what is done there that comes back (R8).
//!
//! The Jira is the fake of the tests, without the contract proxy: that one answers more slowly than a Jira does.

mod back;
mod storm;

use cornerdesk_tests::{Database, service::Setup};

use crate::Figures;

/// Both.
pub async fn measure(figures: &mut Figures, database: Database) {
    storm::measure(figures, database).await;
    back::measure(figures, database).await;
}

/// A service on a database that writes as in production, with leases as in production and this first wait of what failed.
fn setup(database: Database, url: &str, first_wait_ms: u32) -> Setup {
    let setup = Setup::durable(database).database_url(url);
    let setup = setup.reached_at("https://help.acme.example");
    let setup = setup
        .leases(15_000, 70_000)
        .waits_ms(first_wait_ms, 3_600_000);
    setup.section("[outbound]\nprivate_networks = [\"127.0.0.0/8\"]")
}
