//! What an operator keeps secret stands in the configuration, in files or in the environment; the database has none of it.

use cornerdesk_tests::{
    Database, Service,
    client::a_submission,
    on_both_databases, scratch,
    service::{STAFF_PASSWORD, Setup},
    smtp::SmtpSink,
};

use super::canaries::{marks, rows_of};

on_both_databases! {
    async fn no_secret_of_the_configuration_is_in_the_database(database: Database) {
        let url = (database == Database::Postgres).then(|| database.new_url());
        let sink = SmtpSink::start().await;
        let file = |name: &str| {
            let path = scratch::folder("secrets").join(name);
            std::fs::write(&path, format!("zyxq-{name}-0123456789abcdef0123456789abcdef")).expect("a file");
            path.display().to_string()
        };
        let mail = "reply_address = \"reply@acme.example\"\nincoming.webhook_password = \"zyxq0123456789abcdef0123456789abcdef\"\nincoming.mailgun_signing_key = \"zyxqmailgun\"\n";
        let site = format!(
            "identity = [{{ kid = \"a\", secret_file = {:?} }}]\nalerts = [{{ name = \"prometheus\", token_file = {:?} }}]\n",
            file("identity"), file("alerts")
        );
        let access = format!("[[access]]\nsite = \"acme\"\napi_key_file = {:?}", file("access"));
        let mut setup = Setup::new(database).mail_to(&sink).mail_setting(mail).site_setting(&site).section(&access);
        if let Some(url) = &url {
            setup = setup.database_url(url);
        }
        let service = Service::start_with(setup).await;
        service.add_staff();
        let reference = service.client().submit(&a_submission()).await.reference();
        service.acknowledged(&reference).await;
        let found = marks(&service, url.as_deref()).await;
        assert!(found.is_empty(), "{found:?}");
        // Passwords of staff are digests.
        if let Some(url) = &url {
            let rows = rows_of(url).await;
            assert!(rows.len() > 10 && rows.iter().all(|(_, row)| !row.contains(STAFF_PASSWORD)));
        } else {
            let file = std::fs::read(service.data_folder().join("cornerdesk.db")).expect("the database");
            assert!(!String::from_utf8_lossy(&file).contains(STAFF_PASSWORD));
        }
    }
}
