//! What the installation signs with stands in the database only as the key file seals it.

use std::{fs, path::PathBuf};

use cornerdesk_ingest::{
    secrets::{self, Name},
    staff::sealing::Sealing,
    store::{self, Store},
};
use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission},
    on_both_databases,
    service::Setup,
};

use super::privacy::canaries::rows_of;
use crate::status::{PUBLIC_URL, path_of};

fn key_file(service: &Service) -> PathBuf {
    service.data_folder().join("sealing.key")
}

fn setup(database: Database, url: &str) -> Setup {
    Setup::new(database).database_url(url).own_key()
}

/// What the page of a request answers.
async fn page(service: &Service, path: &str) -> u16 {
    let request = service.client().request("GET", path);
    Answer::of(request.send().await.expect("an answer"))
        .await
        .status
        .as_u16()
}

/// Puts the secrets into the database as older versions had them there; returns them.
async fn undo(service: &Service, url: &str) -> Vec<[u8; 32]> {
    let sealing = Sealing::open_file(&key_file(service)).expect("the key");
    let store = Store::open(url, 1).await.expect("the database");
    let mut clear = Vec::new();
    let mut tx = store.write().await.expect("a transaction");
    for name in Name::ALL {
        let secret = secrets::get(&mut tx, &sealing, name)
            .await
            .expect("a secret");
        let secret = secret.expect("it was made");
        store::secrets::put(&mut tx, name.as_str(), &secret)
            .await
            .expect("it is put");
        clear.push(secret);
    }
    tx.commit().await.expect("a commit");
    store.close().await;
    clear
}

/// Is one of them anywhere in the database?
async fn is_found(database: Database, url: &str, secrets: &[[u8; 32]]) -> bool {
    if database == Database::Postgres {
        let hex = |secret: &[u8; 32]| {
            secret
                .iter()
                .map(|octet| format!("{octet:02x}"))
                .collect::<String>()
        };
        let rows = rows_of(url).await;
        assert!(rows.len() > 5);
        return secrets
            .iter()
            .map(hex)
            .any(|secret| rows.iter().any(|(_, row)| row.contains(&secret)));
    }
    let path = url.trim_start_matches("sqlite://").to_owned();
    let mut files = vec![fs::read(&path).expect("the database")];
    files.extend(fs::read(format!("{path}-wal")));
    let in_file =
        |file: &Vec<u8>, secret: &[u8; 32]| file.windows(32).any(|octets| octets == secret);
    secrets
        .iter()
        .any(|secret| files.iter().any(|file| in_file(file, secret)))
}

on_both_databases! {
    async fn what_stood_there_as_it_is_is_sealed_at_the_next_start_and_links_go_on(database: Database) {
        let url = database.new_url();
        let setup = setup(database, &url).reached_at(PUBLIC_URL);
        let mut service = Service::start_with(setup).await;
        let receipt = service.client().submit(&a_submission()).await.json();
        let path = path_of(receipt["status_url"].as_str().expect("a link"));
        assert_eq!(page(&service, &path).await, 200);
        service.terminate().await;
        let clear = undo(&service, &url).await;
        assert!(is_found(database, &url, &clear).await, "they stand there as they are");
        service.start_again().await;
        assert_eq!(page(&service, &path).await, 200);
        assert!(service.log().contains("a secret was sealed"), "{}", service.log());
        service.terminate().await;
        // What the service does within five minutes.
        service.command(&["privacy", "scrub"]);
        assert!(!is_found(database, &url, &clear).await, "they stand there no more");
        let told = service.command(&["secrets", "check"]);
        assert_eq!(told.matches("\topens").count(), 3, "{told}");
        service.start_again().await;
        assert_eq!(page(&service, &path).await, 200);
    }

    async fn a_process_with_another_key_says_what_to_do_and_does_not_start(database: Database) {
        let url = database.new_url();
        let setup = setup(database, &url).reached_at(PUBLIC_URL);
        let mut first = Service::start_with(setup.clone()).await;
        let receipt = first.client().submit(&a_submission()).await.json();
        let path = path_of(receipt["status_url"].as_str().expect("a link"));
        let mark = |service: &Service| Sealing::open_file(&key_file(service)).expect("a key").mark().to_string();
        // As after a restore to another machine, or on a second replica.
        let mut second = Service::prepare(&setup);
        assert!(!second.run_to_its_end().await.success());
        let log = second.log();
        for told in ["storage.key_file", "copy it", "secrets renew", &mark(&first), &mark(&second)] {
            assert!(log.contains(told), "{told}: {log}");
        }
        assert!(!log.contains("listening"), "{log}");
        // A mail comes again, and the command line says so, too.
        let mail = "From: a@b.example\r\n\r\nhello\r\n";
        let told = second.try_command(&["mail", "receive", "--recipient", "help@acme.example"], mail);
        assert_eq!(told.status.code(), Some(75), "{told:?}");
        assert!(!second.try_command(&["secrets", "check"], "").status.success());
        assert!(!second.try_command(&["secrets", "renew"], "").status.success(), "it has to be meant");
        // With the key of the first, it serves, and what the first signed is good.
        fs::copy(key_file(&first), key_file(&second)).expect("the key can be copied");
        let second = Service::start_with(setup.data_folder(&second.data_folder())).await;
        assert_eq!(page(&second, &path).await, 200);
        drop(second);
        // The key is lost for good: new secrets, and links of before end.
        first.terminate().await;
        fs::remove_file(key_file(&first)).expect("the key can be lost");
        assert!(!first.run_to_its_end().await.success());
        first.command(&["secrets", "renew", "--yes"]);
        first.start_again().await;
        assert_eq!(page(&first, &path).await, 404);
        let receipt = first.client().submit(&a_submission()).await.json();
        assert_eq!(page(&first, &path_of(receipt["status_url"].as_str().expect("a link"))).await, 200);
    }
}
