//! Resumable uploads: tus 1.0 with creation, creation-with-upload and termination.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, File, a_submission_with, upload_id},
    eventually, on_both_databases,
    service::Setup,
};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

async fn offset(client: &Client, upload: &str) -> usize {
    let answer = client.about_upload("HEAD", upload).await;
    assert!(answer.status.is_success(), "{}", answer.status);
    let offset = answer
        .header("upload-offset")
        .expect("an upload has an offset");
    offset.parse().expect("a number")
}

async fn submit_with(client: &Client, upload_ids: &[&str]) -> Answer {
    client
        .submit(&a_submission_with(json!({ "upload_ids": upload_ids })))
        .await
}

fn violation(answer: &Answer) -> Value {
    let mut problem = answer.problem(422, "invalid-submission");
    assert_eq!(
        problem["violations"].as_array().map(Vec::len),
        Some(1),
        "{problem}"
    );
    assert_eq!(problem["violations"][0]["field"], "upload_ids");
    problem["violations"][0]["code"].take()
}

on_both_databases! {
    async fn an_upload_made_in_pieces_becomes_an_attachment(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let file = File::binary("ünïcode name.bin", 200_000, 1);
        let upload = client.create_upload(&file).await;
        assert_eq!(offset(&client, &upload).await, 0);
        for (start, end) in [(0, 70_000), (70_000, 199_999), (199_999, 200_000)] {
            let answer = client.append(&upload, start, &file.bytes[start..end]).await;
            assert_eq!(answer.status, 204, "{}", answer.text);
            assert_eq!(answer.header("upload-offset"), Some(end.to_string().as_str()));
            assert_eq!(offset(&client, &upload).await, end);
        }
        let answer = submit_with(&client, &[&upload_id(&upload)]).await;
        let ticket = service.ticket(&answer.reference());
        assert_eq!(ticket["attachments"][0]["name"], file.name);
        assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
    }

    async fn an_upload_can_come_with_its_creation(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let file = File::text("note.txt", "all at once");
        let request = client
            .announcement(&file.name, &file.media_type, file.bytes.len())
            .header("Content-Type", "application/offset+octet-stream")
            .body(file.bytes.clone());
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.header("upload-offset"), Some("11"));
        let location = answer.header("location").expect("a location").to_owned();
        let reference = submit_with(&client, &[&upload_id(&location)]).await.reference();
        assert_eq!(service.ticket(&reference)["attachments"][0]["sha256"], file.sha256());
    }

    async fn a_connection_that_broke_is_resumed(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let file = File::binary("large.bin", 3_000_000, 1);
        let upload = client.create_upload(&file).await;
        break_off(service.address(), &upload, &file.bytes, 2_000_000).await;
        let kept = eventually(Duration::from_secs(5), "some bytes to be kept", async || {
            let offset = offset(&client, &upload).await;
            (offset > 0).then_some(offset)
        })
        .await;
        assert!(kept <= 2_000_000, "{kept}");
        resume(&client, &upload, &file).await;
        let reference = submit_with(&client, &[&upload_id(&upload)]).await.reference();
        assert_eq!(service.ticket(&reference)["attachments"][0]["sha256"], file.sha256());
    }

    async fn an_upload_can_be_used_once(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let upload = client.upload(&File::text("note.txt", "once")).await;
        submit_with(&client, &[&upload]).await.reference();
        assert_eq!(violation(&submit_with(&client, &[&upload]).await), "unknown");
        let other = client.upload(&File::text("note.txt", "twice")).await;
        assert_eq!(violation(&submit_with(&client, &[&other, &other]).await), "unknown");
        assert_eq!(service.tickets().len(), 1);
    }

    async fn an_incomplete_upload_is_refused_until_it_is_complete(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let file = File::text("note.txt", "not yet");
        let upload = client.create_upload(&file).await;
        client.append(&upload, 0, &file.bytes[..3]).await;
        let id = upload_id(&upload);
        assert_eq!(violation(&submit_with(&client, &[&id]).await), "incomplete");
        client.append(&upload, 3, &file.bytes[3..]).await;
        submit_with(&client, &[&id]).await.reference();
    }

    async fn a_deleted_upload_is_gone(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let file = File::text("note.txt", "never mind");
        let upload = client.create_upload(&file).await;
        client.append(&upload, 0, &file.bytes).await;
        assert_eq!(client.about_upload("DELETE", &upload).await.status, 204);
        let status = client.about_upload("HEAD", &upload).await.status.as_u16();
        assert!(matches!(status, 404 | 410), "{status}");
        assert_eq!(violation(&submit_with(&client, &[&upload_id(&upload)]).await), "unknown");
    }

    async fn bytes_at_the_wrong_offset_are_refused(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let file = File::text("note.txt", "0123456789");
        let upload = client.create_upload(&file).await;
        client.append(&upload, 0, &file.bytes[..4]).await;
        for wrong in [0, 3, 5, 10] {
            let answer = client.append(&upload, wrong, b"zz").await;
            answer.problem(409, "upload-offset-mismatch");
        }
        assert_eq!(offset(&client, &upload).await, 4);
    }

    async fn writers_of_one_upload_do_not_mix(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        // Whoever comes while another is just finishing is the dangerous one, so there are many occasions.
        for round in 0..10 {
            let file = File::binary("contested.bin", 300_000, round);
            let upload = client.create_upload(&file).await;
            let writers = (0..6).map(|_| client.append(&upload, 0, &file.bytes));
            let answers = futures_util::future::join_all(writers).await;
            let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
            assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
            assert!(statuses.iter().all(|status| matches!(status, 204 | 409)), "{statuses:?}");
            let reference = submit_with(&client, &[&upload_id(&upload)]).await.reference();
            assert_eq!(service.ticket(&reference)["attachments"][0]["sha256"], file.sha256());
            assert!(service.file_digests().contains(&file.sha256()), "the bytes are another's");
        }
    }

    async fn a_deletion_while_a_submission_takes_the_file_harms_neither(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        for round in 0..15 {
            let file = File::binary("contested.bin", 10_000, round);
            let upload = client.create_upload(&file).await;
            client.append(&upload, 0, &file.bytes).await;
            let id = upload_id(&upload);
            let ids = [id.as_str()];
            let (submitted, deleted) = tokio::join!(submit_with(&client, &ids), client.about_upload("DELETE", &upload));
            assert!(matches!(deleted.status.as_u16(), 204 | 404), "{}", deleted.status);
            if submitted.status == 201 {
                assert!(service.file_digests().contains(&file.sha256()), "a ticket lost its file");
            } else {
                assert_eq!(violation(&submitted), "unknown");
            }
        }
    }
}

#[tokio::test]
async fn more_bytes_than_announced_are_refused() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let upload = client.create_upload(&File::text("note.txt", "four")).await;
    let answer = client.append(&upload, 0, b"fourfive").await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert!(offset(&client, &upload).await <= 4);
}

#[tokio::test]
async fn an_upload_belongs_to_its_site() {
    let second = "[[sites]]\nkey = \"second\"\nname = \"Second\"\nallowed_origins = [\"self\"]";
    let service = Service::start_with(Setup::new(Database::Sqlite).section(second)).await;
    let upload = service
        .client()
        .upload(&File::text("note.txt", "ours"))
        .await;
    let there = service.client().at_site("second");
    assert_eq!(violation(&submit_with(&there, &[&upload]).await), "unknown");
    let path = there.path(&format!("uploads/{upload}"));
    assert_eq!(there.about_upload("HEAD", &path).await.status, 404);
}

#[tokio::test]
async fn an_upload_without_a_length_or_of_another_version_is_refused() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let path = client.path("uploads");
    let no_length = client
        .request("POST", &path)
        .header("Tus-Resumable", "1.0.0");
    Answer::of(no_length.send().await.expect("an answer"))
        .await
        .problem(400, "malformed-request");
    let old = client
        .request("POST", &path)
        .header("Tus-Resumable", "0.2.2")
        .header("Upload-Length", "3");
    let answer = Answer::of(old.send().await.expect("an answer")).await;
    // tus 1.0, section "Tus-Resumable".
    assert_eq!(answer.status, 412, "{}", answer.text);
    assert_eq!(answer.header("tus-version"), Some("1.0.0"));
}

/// Promises all of `bytes`, sends `sent` of them, and hangs up.
async fn break_off(address: &str, upload: &str, bytes: &[u8], sent: usize) {
    let length = bytes.len();
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nHost: {address}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n\
         Content-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address)
        .await
        .expect("the service listens");
    stream
        .write_all(head.as_bytes())
        .await
        .expect("the service reads");
    stream
        .write_all(&bytes[..sent])
        .await
        .expect("the service reads");
    stream.shutdown().await.expect("we can hang up");
}

/// Goes on where the upload stands; the service may still be at work on the broken request.
async fn resume(client: &Client, upload: &str, file: &File) {
    eventually(
        Duration::from_secs(5),
        "the upload to be complete",
        async || {
            let offset = offset(client, upload).await;
            let answer = client.append(upload, offset, &file.bytes[offset..]).await;
            (answer.status == 204).then_some(())
        },
    )
    .await;
}

fn checksum_of(bytes: &[u8]) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use sha2::{Digest, Sha256};
    format!("sha256 {}", BASE64_STANDARD.encode(Sha256::digest(bytes)))
}

async fn append_checked(
    client: &Client,
    upload: &str,
    offset: usize,
    bytes: &[u8],
    checksum: &str,
) -> Answer {
    let request = client
        .request("PATCH", upload)
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Offset", offset.to_string())
        .header("Upload-Checksum", checksum)
        .header("Content-Type", "application/offset+octet-stream")
        .body(bytes.to_vec());
    Answer::of(request.send().await.expect("an answer")).await
}

/// What lies in the folder of uploads that are not complete.
fn incoming_bytes(service: &Service) -> u64 {
    let folder = service.data_folder().join("blobs/incoming");
    let entries = std::fs::read_dir(folder).expect("a folder");
    let sizes = entries.map(|entry| entry.expect("a file").metadata().expect("its size").len());
    sizes.sum()
}

on_both_databases! {
    async fn damaged_bytes_are_refused_and_can_be_sent_again(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let file = File::binary("a.bin", 90_000, 3);
        let upload = client.create_upload(&file).await;
        let right = checksum_of(&file.bytes[..50_000]);
        let mut damaged = file.bytes[..50_000].to_vec();
        damaged[12_345] ^= 1;

        append_checked(&client, &upload, 0, &damaged, &right).await.problem(460, "checksum-mismatch");
        assert_eq!(offset(&client, &upload).await, 0);
        assert_eq!(incoming_bytes(&service), 0, "bytes that count for nobody stay for nobody");
        assert_eq!(append_checked(&client, &upload, 0, &file.bytes[..50_000], &right).await.status, 204);
        append_checked(&client, &upload, 50_000, b"x", "md5 eA==").await.problem(400, "malformed-request");
        assert_eq!(client.append(&upload, 50_000, &file.bytes[50_000..]).await.status, 204);

        let answer = submit_with(&client, &[&upload_id(&upload)]).await;
        let ticket = service.ticket(&answer.reference());
        assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
    }

    async fn an_upload_tells_how_long_it_stays(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let upload = client.create_upload(&File::binary("a.bin", 10, 4)).await;
        let answer = client.about_upload("HEAD", &upload).await;
        let expires = answer.header("upload-expires").expect("an expiry");
        assert!(expires.ends_with(" GMT") && expires.len() == 29, "{expires}");
        assert_eq!(client.append(&upload, 0, &[0; 10]).await.header("upload-expires"), None);
    }
}
