//! `SIGTERM`: what was begun is finished.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{a_submission, new_key},
    eventually, on_both_databases,
    process::{self, Signal},
    service::Setup,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

on_both_databases! {
    async fn a_request_that_was_begun_is_answered(database: Database) {
        let mut service = Service::start_with(Setup::durable(database)).await;
        let body = a_submission().to_string();
        let (first, second) = body.split_at(body.len() / 2);
        let mut stream = begin(&service, body.len(), first).await;

        process::send(Signal::Terminate, service.pid());
        until_not_ready(&service).await;
        stream.write_all(second.as_bytes()).await.expect("the service still reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("the service still answers");
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");

        let status = service.ended().await;
        assert!(status.success(), "{status}\n{}", service.log());
        service.start_again().await;
        assert_eq!(service.tickets().len(), 1);
    }
}

/// Sends the head and the first part of the body of a submission.
pub async fn begin(service: &Service, length: usize, first: &str) -> TcpStream {
    let path = service.client().path("tickets");
    let (address, key) = (service.address(), new_key());
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nIdempotency-Key: {key}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address)
        .await
        .expect("the service listens");
    stream
        .write_all(head.as_bytes())
        .await
        .expect("the service reads");
    // The service says this when it begins to read the body: from here on the request is in flight.
    let mut invitation = [0; 25];
    stream
        .read_exact(&mut invitation)
        .await
        .expect("the service answers");
    assert_eq!(invitation, *b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
        .write_all(first.as_bytes())
        .await
        .expect("the service reads");
    stream
}

/// Waits until the service takes no new work: it says so, or it does not listen any more.
async fn until_not_ready(service: &Service) {
    let client = service.client();
    eventually(
        Duration::from_secs(5),
        "the service to stop taking work",
        async || match client.request("GET", "/readyz").send().await {
            Ok(response) => (response.status() == 503).then_some(()),
            Err(_) => Some(()),
        },
    )
    .await;
}

#[tokio::test]
async fn an_idle_service_ends_at_once() {
    let mut service = Service::start(Database::Sqlite).await;
    let started = std::time::Instant::now();
    assert!(service.terminate().await.success());
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let mut service = Service::start(Database::Sqlite).await;
    let client = service.client();
    client
        .get("/healthz")
        .await
        .bytes()
        .await
        .expect("an answer");
    let _open = TcpStream::connect(service.address())
        .await
        .expect("the service listens");
    let started = std::time::Instant::now();
    assert!(service.terminate().await.success());
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}
