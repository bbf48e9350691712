//! Somebody else's client, `tus-js-client`, against the real service while connections break.

use std::process::Command;

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission_with, upload_id},
    cutting::Cutting,
    installed,
    object_store::Bucket,
    scratch,
    service::Setup,
};
use serde_json::json;

const FILE_BYTES: usize = 2_000_000;
/// A connection ends before its client has sent so many.
const CUT_BEFORE_BYTES: usize = 400_000;

async fn upload_while_connections_break(setup: Setup, chunk_bytes: usize, seed: u64) {
    let service = Service::start_with(setup).await;
    let relay = Cutting::start(service.address(), CUT_BEFORE_BYTES, seed).await;
    let file = File::binary("ünïcode.bin", FILE_BYTES, seed);
    let path = scratch::folder("tus").join("file");
    std::fs::write(&path, &file.bytes).expect("a file can be written");
    let client = service.client();
    let mut node = Command::new("node");
    node.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tus/upload.mjs"))
        .arg(format!("{}{}", relay.origin(), client.path("uploads")))
        .arg(&path)
        .arg(chunk_bytes.to_string())
        .env(
            "NODE_MODULES",
            installed::folder("NPM_TOOLS_DIR").join("node_modules"),
        );
    let output = tokio::task::spawn_blocking(move || node.output()).await;
    let output = output.expect("a task that ends").expect("node can be run");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let location = String::from_utf8(output.stdout).expect("an address");
    assert!(relay.cuts() >= 5, "only {} cuts", relay.cuts());

    let submission = a_submission_with(json!({ "upload_ids": [upload_id(location.trim())] }));
    let ticket = service.ticket(&client.submit(&submission).await.reference());
    assert_eq!(ticket["attachments"][0]["name"], file.name);
    assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
}

#[tokio::test]
async fn a_file_arrives_whole_in_a_folder_over_connections_that_break() {
    upload_while_connections_break(Setup::new(Database::Sqlite), 0, 31).await;
}

#[tokio::test]
async fn a_file_arrives_whole_in_a_bucket_over_connections_that_break() {
    let bucket = Bucket::new().await;
    let setup = Setup::new(Database::Postgres).section(&bucket.storage());
    upload_while_connections_break(setup, 700_000, 32).await;
    assert_eq!(bucket.objects().await.len(), 1, "a piece was left behind");
}
