//! Configurations with which the service does not start, and says why.

use cornerdesk_tests::{Database, Service, service::Setup};

/// What the service said when it refused to start.
async fn refusal(setup: Setup) -> String {
    let mut service = Service::prepare(&setup);
    let status = service.run_to_its_end().await;
    let log = service.log();
    assert!(!status.success(), "it started and ended well:\n{log}");
    assert!(!log.contains("panicked"), "{log}");
    log
}

#[tokio::test]
async fn sqlite_that_may_lose_acknowledged_tickets_is_refused() {
    for mode in ["normal", "off"] {
        let setting = format!("synchronous = \"{mode}\"");
        let log = refusal(Setup::new(Database::Sqlite).database_setting(&setting)).await;
        assert!(log.contains("synchronous"), "{log}");
    }
}

#[tokio::test]
async fn a_database_url_does_not_sneak_the_setting_in() {
    let folder = cornerdesk_tests::scratch::folder("database");
    let url = format!(
        "sqlite://{}?synchronous=off",
        folder.join("cornerdesk.db").display()
    );
    let log = refusal(Setup::new(Database::Sqlite).database_url(&url)).await;
    assert!(!log.is_empty());
}

#[tokio::test]
async fn a_key_that_nobody_knows_is_refused() {
    let log = refusal(Setup::new(Database::Sqlite).section("[servr]\nlisten = \"x\"")).await;
    assert!(log.contains("servr"), "{log}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_refused() {
    let setup = Setup::new(Database::Sqlite)
        .database_url("postgres://nobody:hidden-secret@127.0.0.1:1/none");
    let log = refusal(setup).await;
    assert!(
        !log.contains("hidden-secret"),
        "the password is not told: {log}"
    );
}
