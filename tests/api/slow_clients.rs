//! Clients that are slow, by misfortune or on purpose.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, RawConnection, a_submission, a_submission_with, new_key, upload_id},
    on_both_databases,
    service::Setup,
};
use futures_util::future::join_all;
use serde_json::json;

/// Short enough for a test, long enough for an honest client on a machine with other work.
const SHORT: &str = "\
    first_byte_ms = 1000\nhead_ms = 1200\nkeep_alive_ms = 1100\n\
    body_idle_ms = 1000\nbody_grace_ms = 2000\nbody_least_bytes_per_second = 1000\nrequest_most_ms = 4000";
/// How late after its deadline a connection may end.
const LATE: Duration = Duration::from_secs(2);
/// Often enough to be no pause.
const DRIP: Duration = Duration::from_millis(50);

async fn service() -> Service {
    service_on(Database::Sqlite).await
}

async fn service_on(database: Database) -> Service {
    Service::start_with(Setup::new(database).server_setting(SHORT)).await
}

fn assert_on_time(connection: &RawConnection, deadline_ms: u64) {
    let (age, deadline) = (connection.age(), Duration::from_millis(deadline_ms));
    assert!(age >= deadline, "after {age:?}, before {deadline:?}");
    assert!(
        age < deadline + LATE,
        "after {age:?}, long after {deadline:?}"
    );
}

fn head_of_submission(service: &Service, length: usize) -> String {
    format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nIdempotency-Key: {}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n",
        service.client().path("tickets"),
        service.address(),
        new_key()
    )
}

fn head_of_append(service: &Service, upload: &str, length: usize) -> String {
    format!(
        "PATCH {upload} HTTP/1.1\r\nHost: {}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n\
         Content-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\n\r\n",
        service.address()
    )
}

fn assert_timed_out(said: &str) {
    assert!(said.starts_with("HTTP/1.1 408 "), "{said:?}");
    assert!(said.contains("problems/request-timeout"), "{said}");
    let head = said.to_ascii_lowercase();
    assert!(head.contains("\r\nconnection: close\r\n"), "{said}");
}

#[tokio::test]
async fn who_says_nothing_is_cut_off() {
    let service = service().await;
    let mut silent = RawConnection::open(service.address()).await;
    assert_eq!(silent.to_the_end().await, "");
    assert_on_time(&silent, 1000);
}

#[tokio::test]
async fn who_never_ends_a_head_is_cut_off() {
    let service = service().await;
    let mut slow = RawConnection::open(service.address()).await;
    slow.send("GET /healthz HTTP/1.1\r\nHost: a\r\n").await;
    assert_eq!(slow.drip(b"X-More: yes\r\n", DRIP).await, "");
    assert_on_time(&slow, 1200);
}

#[tokio::test]
async fn who_has_no_further_request_is_cut_off() {
    let service = service().await;
    let mut idle = RawConnection::open(service.address()).await;
    for _ in 0..2 {
        idle.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let answer = idle.until("\r\n\r\nok\n").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert_eq!(idle.to_the_end().await, "");
    assert_on_time(&idle, 1100);
}

#[tokio::test]
async fn a_body_that_drips_is_not_waited_for() {
    let service = service().await;
    let mut slow = RawConnection::open(service.address()).await;
    slow.send(head_of_submission(&service, 10_000)).await;
    assert_timed_out(&slow.drip(b" ", DRIP).await);
    assert_on_time(&slow, 2000);
    assert!(service.tickets().is_empty());
}

#[tokio::test]
async fn a_body_that_stops_is_not_waited_for() {
    let service = service().await;
    let body = a_submission().to_string();
    let mut slow = RawConnection::open(service.address()).await;
    slow.send(head_of_submission(&service, body.len())).await;
    slow.send(&body[..body.len() / 2]).await;
    assert_timed_out(&slow.to_the_end().await);
    assert_on_time(&slow, 1000);
    assert!(service.tickets().is_empty());
}

#[tokio::test]
async fn a_file_in_a_form_that_stops_leaves_nothing_behind() {
    let service = service().await;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n\
         --b\r\nContent-Disposition: form-data; name=\"attachments\"; filename=\"a.bin\"\r\n\r\n",
        service.client().path("tickets"),
        service.address()
    );
    let mut slow = RawConnection::open(service.address()).await;
    slow.send(head).await;
    slow.send(vec![7; 300_000]).await;
    assert_timed_out(&slow.to_the_end().await);
    assert!(service.tickets().is_empty());
    cornerdesk_tests::eventually(LATE, "the file to be deleted", async || {
        let left = std::fs::read_dir(service.data_folder().join("blobs/incoming"));
        let left = left.expect("the folder of files on their way").count();
        (left == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn even_a_steady_body_ends_some_time() {
    let service = service().await;
    let file = File::binary("endless.bin", 1_000_000, 1);
    let upload = service.client().create_upload(&file).await;
    let mut steady = RawConnection::open(service.address()).await;
    steady
        .send(head_of_append(&service, &upload, file.bytes.len()))
        .await;
    // A start that is worth a long drip.
    steady.send(&file.bytes[..100_000]).await;
    assert_timed_out(&steady.drip(&file.bytes[100_000..], DRIP).await);
    assert_on_time(&steady, 4000);
}

on_both_databases! {
    async fn what_arrived_of_an_upload_that_stopped_is_kept(database: Database) {
        let service = service_on(database).await;
        let client = service.client();
        let file = File::binary("slow.bin", 500_000, 1);
        let upload = client.create_upload(&file).await;
        let mut slow = RawConnection::open(service.address()).await;
        slow.send(head_of_append(&service, &upload, file.bytes.len())).await;
        slow.send(&file.bytes[..300_001]).await;
        assert_timed_out(&slow.to_the_end().await);

        let kept = client.about_upload("HEAD", &upload).await;
        assert_eq!(kept.header("upload-offset"), Some("300001"));
        let answer = client.append(&upload, 300_001, &file.bytes[300_001..]).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
        let submission = a_submission_with(json!({ "upload_ids": [upload_id(&upload)] }));
        let ticket = service.ticket(&client.submit(&submission).await.reference());
        assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
    }
}

#[tokio::test]
async fn an_honest_client_is_served_among_slow_ones() {
    let service = service().await;
    let body = head_of_submission(&service, 10_000);
    let beginnings = ["", "GET / HTTP/1.1\r\nHost:", body.as_str()];
    let crowd = (0..300).map(|number| {
        let (address, beginning) = (service.address(), beginnings[number % 3]);
        async move {
            let mut slow = RawConnection::open(address).await;
            slow.send(beginning).await;
            slow
        }
    });
    let mut crowd = join_all(crowd).await;
    let answer = service.client().submit(&a_submission()).await;
    answer.reference();
    assert!(crowd[0].age() < Duration::from_secs(1) + LATE);
    for slow in &mut crowd {
        let said = slow.to_the_end().await;
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 408"),
            "{said}"
        );
    }
    assert_eq!(service.tickets().len(), 1);
}

#[tokio::test]
async fn an_encoded_body_is_refused() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    for coding in ["gzip", "br", "identity, deflate"] {
        let request = client
            .submission(&new_key(), &a_submission())
            .header("Content-Encoding", coding);
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        answer.problem(415, "unsupported-media-type");
        assert_eq!(answer.header("accept-encoding"), Some("identity"));
    }
    let request = client
        .submission(&new_key(), &a_submission())
        .header("Content-Encoding", "identity");
    Answer::of(request.send().await.expect("an answer"))
        .await
        .reference();
}
