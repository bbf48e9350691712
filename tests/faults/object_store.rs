//! The object store fails (R11): whatever got a `201` is in the bucket, whole, and nothing else is in the end.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, File, a_submission_with, form, new_key, upload_id},
    eventually,
    object_store::{Bucket, Fault, Faulty},
    service::Setup,
};
use futures_util::future::join_all;
use serde_json::json;

use crate::long_form;

const SENDERS: usize = 4;
/// Of a hundred requests to the store, so many fail.
const PERCENT: u8 = 30;
const SENT: Duration = Duration::from_secs(180);
/// Over the size of a part, so that it becomes a multipart upload.
const LARGE_BYTES: usize = 8_500_000;

/// A file that is sent until there is a receipt, in one of three ways.
struct Parcel {
    number: usize,
    key: String,
    file: File,
}

impl Parcel {
    fn new(number: usize) -> Self {
        let size_bytes = if number % 4 == 3 {
            LARGE_BYTES + number
        } else {
            1_000 + number * 9_973 % 200_000
        };
        Self {
            number,
            key: new_key(),
            file: File::binary("parcel.bin", size_bytes, number as u64),
        }
    }

    async fn until_acknowledged(&self, client: &Client) {
        match self.number % 3 {
            0 => self.in_a_form(client).await,
            pieces => self.ahead(client, pieces).await,
        }
    }

    async fn in_a_form(&self, client: &Client) {
        let submission = a_submission_with(json!({}));
        eventually(SENT, "a receipt", async || {
            let request = client
                .request("POST", &client.path("tickets"))
                .header("Idempotency-Key", &self.key)
                .multipart(form(&submission, std::slice::from_ref(&self.file)));
            taken(
                &Answer::of(request.send().await.expect("an answer")).await,
                201,
            )
        })
        .await;
    }

    /// Each piece is sent until it is taken; no upload is begun anew.
    async fn ahead(&self, client: &Client, pieces: usize) {
        let upload = client.create_upload(&self.file).await;
        let bytes = &self.file.bytes;
        for piece in bytes.chunks(bytes.len().div_ceil(pieces)) {
            eventually(SENT, "a piece to be taken", async || {
                let stands = client.about_upload("HEAD", &upload).await;
                let offset = stands.header("upload-offset").expect("an offset");
                let offset = offset.parse().expect("a number");
                taken(&client.append(&upload, offset, piece).await, 204)
            })
            .await;
        }
        let submission = a_submission_with(json!({ "upload_ids": [upload_id(&upload)] }));
        client.submit(&submission).await.reference();
    }
}

/// What the store is to blame for says so, and when to come back.
fn taken(answer: &Answer, status: u16) -> Option<()> {
    if answer.status == status {
        return Some(());
    }
    answer.problem(503, "too-busy");
    assert!(answer.header("retry-after").is_some());
    None
}

// The command line is waited for, and the relay has to serve it meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_acknowledged_is_whole_in_a_store_that_fails() {
    let bucket = Bucket::new().await;
    let relay = Faulty::start(bucket.origin(), 11).await;
    let setup = Setup::new(Database::Sqlite).section(&bucket.storage_behind(&relay.origin()));
    let service = Service::start_with(setup).await;
    let client = service.client();
    let count = long_form::rounds(24, 240);
    let parcels: Vec<Parcel> = (0..count).map(Parcel::new).collect();
    relay.fail(PERCENT, &Fault::ALL);
    let next = AtomicUsize::new(0);
    let senders = (0..SENDERS).map(|_| async {
        while let Some(parcel) = parcels.get(next.fetch_add(1, Ordering::Relaxed)) {
            parcel.until_acknowledged(&client).await;
        }
    });
    join_all(senders).await;
    relay.heal();

    let faults = relay.done();
    for fault in Fault::ALL {
        assert!(faults.contains_key(&fault), "{fault:?} never happened");
    }
    service.command(&["sweep", "--abandoned-after", "0"]);
    let expected: BTreeSet<String> = parcels.iter().map(|parcel| parcel.file.sha256()).collect();
    let objects = bucket.objects().await;
    let found: BTreeSet<String> = objects.values().cloned().collect();
    assert_eq!(found, expected, "a file is lost, damaged, or nobody's");
    assert_eq!(objects.len(), count, "an object is nobody's");
    assert_eq!(bucket.open_multipart_uploads().await, 0);
    assert_eq!(service.tickets().len(), count);
    service.assert_storage_is_counted();
    let sum: usize = faults.values().sum();
    let remark = format!("{sum} faults; 0 lost, 0 damaged, 0 orphans, 0 open multipart uploads");
    long_form::report("R11 object store fails", 1, count, remark);
}

// The command line is waited for, and the relay has to serve it meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_left_in_the_store_is_swept() {
    let bucket = Bucket::new().await;
    let relay = Faulty::start(bucket.origin(), 12).await;
    let setup = Setup::new(Database::Sqlite).section(&bucket.storage_behind(&relay.origin()));
    let mut service = Service::start_with(setup).await;
    let file = File::binary("large.bin", LARGE_BYTES * 2, 1);
    let client = service.client();
    let upload = client.create_upload(&file).await;
    let small = client.append(&upload, 0, &file.bytes[..50_000]).await;
    assert_eq!(small.status, 204);
    relay.fail(100, &[Fault::Slow]);
    let rest = client
        .request("PATCH", &upload)
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Offset", 50_000)
        .header("Content-Type", "application/offset+octet-stream")
        .body(file.bytes[50_000..].to_vec());
    let sending = tokio::spawn(rest.send());
    eventually(SENT, "an open multipart upload", async || {
        (bucket.open_multipart_uploads().await == 1).then_some(())
    })
    .await;
    service.kill();
    relay.heal();
    assert!(sending.await.expect("a task that ends").is_err());

    service.command(&["sweep", "--abandoned-after", "0"]);
    assert_eq!(bucket.open_multipart_uploads().await, 0);
    assert_eq!(
        bucket.objects().await.len(),
        1,
        "what was acknowledged stays"
    );
    service.start_again().await;
    let answer = client.append(&upload, 50_000, &file.bytes[50_000..]).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    let submission = a_submission_with(json!({ "upload_ids": [upload_id(&upload)] }));
    let ticket = service.ticket(&client.submit(&submission).await.reference());
    assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
    assert_eq!(
        bucket.objects().await.len(),
        1,
        "the piece became a part of it"
    );
}
