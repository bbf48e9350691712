//! Files are streamed to the disk, never gathered in memory.

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission, a_submission_with},
    on_both_databases,
};
use serde_json::json;

const LARGE_BYTES: usize = 25 * 1024 * 1024;
/// Well below one file, well above buffers and a debug build's needs.
const GROWTH_MOST_BYTES: u64 = 12 * 1024 * 1024;

on_both_databases! {
    async fn a_large_file_in_a_form_is_streamed(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        client.submit_form(&a_submission(), &[File::text("warm.txt", "up")]).await.reference();
        let before = service.peak_memory_bytes();
        let file = File::binary("large.bin", LARGE_BYTES, 1);
        let answer = client.submit_form(&a_submission(), std::slice::from_ref(&file)).await;
        let ticket = service.ticket(&answer.reference());
        assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
        let growth = service.peak_memory_bytes() - before;
        assert!(growth < GROWTH_MOST_BYTES, "grew by {growth} bytes");
    }

    async fn a_large_upload_is_streamed(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        client.upload(&File::text("warm.txt", "up")).await;
        let before = service.peak_memory_bytes();
        let file = File::binary("large.bin", LARGE_BYTES, 1);
        let upload = client.upload(&file).await;
        let answer = client.submit(&a_submission_with(json!({ "upload_ids": [upload] }))).await;
        let ticket = service.ticket(&answer.reference());
        assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
        let growth = service.peak_memory_bytes() - before;
        assert!(growth < GROWTH_MOST_BYTES, "grew by {growth} bytes");
    }
}

#[tokio::test]
async fn a_file_name_is_only_a_name() {
    let service = Service::start(Database::Sqlite).await;
    for name in [
        "../../etc/passwd",
        "C:\\temp\\x.txt",
        "a\u{202e}gpj.exe",
        "",
        ".",
    ] {
        let upload = service.client().upload(&File::text(name, "content")).await;
        let answer = service
            .client()
            .submit(&a_submission_with(json!({ "upload_ids": [upload] })))
            .await;
        let ticket = service.ticket(&answer.reference());
        let kept = ticket["attachments"][0]["name"].as_str().expect("a name");
        let harmless = !kept.is_empty()
            && !kept.contains(['/', '\\', '\u{202e}'])
            && !kept.trim_matches('.').is_empty();
        assert!(harmless, "{name:?} became {kept:?}");
    }
}
