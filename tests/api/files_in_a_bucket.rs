//! What is done with files of others, when they lie in a bucket: the journeys of the folder, and a bucket that is away or fails meanwhile.

use std::{collections::BTreeSet, time::Duration};

use cornerdesk_tests::{
    Database, Service,
    client::{File, sha256},
    eventually,
    object_store::{Bucket, Fault, Faulty, Place},
    service::{Setup, Staff},
};

use crate::{malware, metadata};

/// Of a hundred requests to a store that fails, so many do.
const PERCENT: u8 = 20;
const WORKED_ON: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn no_way_in_keeps_what_a_picture_tells() {
    let bucket = Bucket::new().await;
    let setup = Setup::new(Database::Postgres).section(&bucket.storage());
    let service = Service::start_with(setup).await;
    let place = Place::Bucket(bucket);
    metadata::assert_no_way_in_keeps_what_a_picture_tells(&service, &place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_infected_is_handed_out_only_with_a_reason() {
    let bucket = Bucket::new().await;
    let setup = Setup::new(Database::Postgres).section(&bucket.storage());
    malware::assert_what_is_infected_is_handed_out_only_with_a_reason(setup).await;
}

fn ids(ticket: &serde_json::Value) -> Vec<String> {
    let files = ticket["attachments"].as_array().expect("a list");
    let id = |file: &serde_json::Value| file["id"].as_str().expect("an id").to_owned();
    files.iter().map(id).collect()
}

/// Every file is clean, nothing but the files and their previews is in the bucket, and staff get each.
async fn assert_all_is_worked_on(
    service: &Service,
    staff: &Staff,
    bucket: &Bucket,
    reference: &str,
    sent: &[File],
) {
    let ticket = service.ticket_with_examined_files(reference).await;
    let (mut kept, mut objects) = (BTreeSet::new(), sent.len());
    for (number, id) in ids(&ticket).iter().enumerate() {
        let file = &ticket["attachments"][number];
        assert_eq!(file["metadata"], "removed", "{file}");
        let path = format!("/desk/tickets/{reference}/attachments/{id}");
        staff.download(&path).await;
        kept.insert(file["sha256"].as_str().expect("a digest").to_owned());
        if file["has_preview"] == true {
            let preview = staff.download(&format!("{path}/preview")).await;
            kept.insert(sha256(&preview));
            objects += 1;
        }
    }
    service.command(&["sweep", "--abandoned-after", "0"]);
    let found = bucket.objects().await;
    let digests: BTreeSet<String> = found.values().cloned().collect();
    assert_eq!(digests, kept, "a file is lost, damaged, or nobody's");
    assert_eq!(found.len(), objects, "an object is nobody's");
    assert_eq!(bucket.open_multipart_uploads().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_examined_when_its_bucket_is_back() {
    let bucket = Bucket::new().await;
    let relay = Faulty::start(bucket.origin(), 21).await;
    let setup = Setup::new(Database::Postgres)
        .section(&bucket.storage_behind(&relay.origin()))
        .without_jobs();
    let service = Service::start_with(setup).await;
    let sent = metadata::telling_pictures();
    let reference = service.client().submit_with(&sent).await;
    relay.fail(100, &[Fault::SlowDown]);
    let worker = service.start_worker();
    eventually(WORKED_ON, "the examination to fail", async || {
        let log = worker.log();
        log.contains("job failed, again later job.kind=\"examine_attachment\"")
            .then_some(())
    })
    .await;
    let staff = service.sign_in_staff().await;
    let ticket = service.ticket(&reference);
    let path = format!("/desk/tickets/{reference}/attachments/{}", ids(&ticket)[0]);
    assert_eq!(staff.get(&path).await.status, 409, "it waits");
    relay.heal();
    assert_all_is_worked_on(&service, &staff, &bucket, &reference, &sent).await;
    assert!(service.jobs("dead").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_fails_damages_no_file_that_is_worked_on() {
    let bucket = Bucket::new().await;
    let relay = Faulty::start(bucket.origin(), 22).await;
    let setup = Setup::new(Database::Sqlite)
        .section(&bucket.storage_behind(&relay.origin()))
        .without_jobs();
    let service = Service::start_with(setup).await;
    let sent = metadata::telling_pictures();
    let reference = service.client().submit_with(&sent).await;
    relay.fail(PERCENT, &Fault::ALL);
    let _worker = service.start_worker();
    eventually(WORKED_ON, "every file to be examined", async || {
        let ticket = service.ticket(&reference);
        let files = ticket["attachments"].as_array().expect("a list").clone();
        files
            .iter()
            .all(|file| file["metadata"] == "removed")
            .then_some(())
    })
    .await;
    relay.heal();
    let staff = service.sign_in_staff().await;
    assert_all_is_worked_on(&service, &staff, &bucket, &reference, &sent).await;
    assert!(!relay.done().is_empty(), "something failed");
    assert!(service.jobs("dead").is_empty());
}
