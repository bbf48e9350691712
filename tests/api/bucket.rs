//! Attachments in a bucket of an object store: whichever replica is asked, and whatever the store does.

use std::{collections::BTreeSet, time::Duration};

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, File, RawConnection, a_submission_with, form, new_key, upload_id},
    eventually,
    object_store::{Bucket, Fault, Faulty},
    on_both_databases,
    service::Setup,
};
use serde_json::json;

async fn submit_with(client: &Client, upload: &str) -> String {
    let submission = a_submission_with(json!({ "upload_ids": [upload_id(upload)] }));
    client.submit(&submission).await.reference()
}

async fn digests(bucket: &Bucket) -> BTreeSet<String> {
    bucket.objects().await.into_values().collect()
}

on_both_databases! {
    async fn files_of_every_way_lie_in_the_bucket_and_nowhere_else(database: Database) {
        let bucket = Bucket::new().await;
        let service = Service::start_with(Setup::new(database).section(&bucket.storage())).await;
        let client = service.client();
        let in_a_form = File::binary("form.bin", 70_000, 1);
        client.submit_form(&a_submission_with(json!({})), std::slice::from_ref(&in_a_form)).await.reference();
        let empty = File::binary("empty.bin", 0, 2);
        submit_with(&client, &client.create_upload(&empty).await).await;
        // Over the size of a part, so that it becomes a multipart upload; in pieces that are none.
        let large = File::binary("large.bin", 9_000_000, 3);
        let upload = client.create_upload(&large).await;
        for (from, to) in [(0, 100_000), (100_000, 8_500_000), (8_500_000, 9_000_000)] {
            let answer = client.append(&upload, from, &large.bytes[from..to]).await;
            assert_eq!((answer.status.as_u16(), answer.header("upload-offset")), (204, Some(to.to_string().as_str())));
        }
        let reference = submit_with(&client, &upload).await;
        assert_eq!(service.ticket(&reference)["attachments"][0]["sha256"], large.sha256());

        let found = bucket.objects().await;
        let digests: BTreeSet<String> = found.values().cloned().collect();
        assert_eq!(digests, [in_a_form.sha256(), empty.sha256(), large.sha256()].into());
        assert_eq!(found.len(), 3, "a piece was left behind: {found:?}");
        assert_eq!(bucket.open_multipart_uploads().await, 0);
        assert!(!service.file_digests().contains(&in_a_form.sha256()), "a copy is on this machine");
    }
}

#[tokio::test]
async fn any_replica_takes_the_next_bytes_of_an_upload() {
    let bucket = Bucket::new().await;
    let setup = Setup::new(Database::Postgres).section(&bucket.storage());
    let replicas = [
        Service::start_with(setup.clone()).await,
        Service::start_with(setup).await,
    ];
    let clients = replicas.each_ref().map(Service::client);
    let file = File::binary("a.bin", 500_000, 4);
    let upload = clients[0].create_upload(&file).await;
    // More requests than a row holds pieces.
    for (round, chunk) in file.bytes.chunks(8_000).enumerate() {
        let client = &clients[round % 2];
        let answer = client.append(&upload, round * 8_000, chunk).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
    let reference = submit_with(&clients[1], &upload).await;
    let ticket = replicas[0].ticket(&reference);
    assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
    assert_eq!(digests(&bucket).await, [file.sha256()].into());

    let staff = replicas[1].sign_in_staff().await;
    let page = staff.get(&format!("/desk/tickets/{reference}")).await.text;
    let page = page.replace("&#x2f;", "/");
    let path = page
        .split('"')
        .find(|text| text.contains("/attachments/"))
        .expect("a link to the file");
    let download = replicas[1]
        .client()
        .request("GET", path)
        .header("Cookie", staff.cookie())
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        download.bytes().await.expect("the file"),
        file.bytes.as_slice()
    );
}

#[tokio::test]
async fn writers_at_two_replicas_do_not_mix() {
    let bucket = Bucket::new().await;
    let setup = Setup::new(Database::Postgres).section(&bucket.storage());
    let replicas = [
        Service::start_with(setup.clone()).await,
        Service::start_with(setup).await,
    ];
    let clients = replicas.each_ref().map(Service::client);
    let mut expected = BTreeSet::new();
    for round in 0..5 {
        let file = File::binary("contested.bin", 60_000, 10 + round);
        let other = File::binary("contested.bin", 60_000, 20 + round);
        let upload = clients[0].create_upload(&file).await;
        let (first, second) = tokio::join!(
            clients[0].append(&upload, 0, &file.bytes),
            clients[1].append(&upload, 0, &other.bytes),
        );
        let winner = match (first.status.as_u16(), second.status.as_u16()) {
            (204, 409) => file,
            (409, 204) => other,
            both => panic!("{both:?}"),
        };
        let reference = submit_with(&clients[0], &upload).await;
        let ticket = replicas[0].ticket(&reference);
        assert_eq!(ticket["attachments"][0]["sha256"], winner.sha256());
        expected.insert(winner.sha256());
    }
    assert_eq!(digests(&bucket).await, expected);
}

#[tokio::test]
async fn a_store_that_is_away_is_said_to_be_and_is_found_again() {
    let bucket = Bucket::new().await;
    let relay = Faulty::start(bucket.origin(), 5).await;
    let setup = Setup::new(Database::Sqlite).section(&bucket.storage_behind(&relay.origin()));
    let service = Service::start_with(setup).await;
    let client = service.client();
    let file = File::binary("a.bin", 10_000, 6);
    let upload = client.create_upload(&file).await;

    relay.fail(100, &[Fault::SlowDown]);
    let ready = client.get("/readyz").await;
    assert_eq!(ready.status(), 503);
    let words = ready.text().await.expect("words");
    assert!(words.contains("attachments"), "{words}");
    let answer = client.append(&upload, 0, &file.bytes).await;
    answer.problem(503, "too-busy");
    assert!(answer.header("retry-after").is_some());
    // Who sends no file is served.
    client
        .submit(&a_submission_with(json!({})))
        .await
        .reference();

    relay.heal();
    assert_eq!(client.get("/readyz").await.status(), 200);
    let answer = client.append(&upload, 0, &file.bytes).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    submit_with(&client, &upload).await;
}

#[tokio::test]
async fn bytes_on_their_way_to_the_store_have_a_limit_in_all() {
    let bucket = Bucket::new().await;
    let storage = format!("{}spool_bytes = 1000000\n", bucket.storage());
    let setup = Setup::new(Database::Sqlite)
        .section(&storage)
        .section("[limits]\nattachment_bytes = 1000000");
    let service = Service::start_with(setup).await;
    let client = service.client();
    let file = File::binary("a.bin", 800_000, 7);
    let (first, second) = (
        client.create_upload(&file).await,
        client.create_upload(&file).await,
    );
    let mut slow = RawConnection::open(service.address()).await;
    let head = format!(
        "PATCH {first} HTTP/1.1\r\nHost: {}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n\
         Content-Type: application/offset+octet-stream\r\nContent-Length: 800000\r\n\r\n",
        service.address()
    );
    slow.send(head).await;
    slow.send(&file.bytes[..700_000]).await;
    // First come, first served: it is the next one that has to find the spool full.
    eventually(
        Duration::from_secs(10),
        "the first bytes to wait in the spool",
        async || (service.largest_open_file("/spool/") >= 600_000).then_some(()),
    )
    .await;
    let refused = eventually(
        Duration::from_secs(10),
        "the spool to be full",
        async || {
            let form = form(&a_submission_with(json!({})), std::slice::from_ref(&file));
            let request = client
                .request("POST", &client.path("tickets"))
                .header("Idempotency-Key", new_key())
                .multipart(form);
            let answer = Answer::complete(request.send().await.ok()?).await?;
            (answer.status == 503).then_some(answer)
        },
    )
    .await;
    assert!(refused.header("retry-after").is_some(), "{}", refused.text);
    slow.send(&file.bytes[700_000..]).await;
    assert!(slow.until("\r\n\r\n").await.contains(" 204 "));
    let answer = client.append(&second, 0, &file.bytes).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
}
