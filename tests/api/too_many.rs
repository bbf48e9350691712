//! More connections than the configuration allows, and many that are allowed.

use std::time::{Duration, Instant};

use cornerdesk_tests::{
    Database, Service,
    client::{Client, File, RawConnection, a_submission},
    eventually,
    service::Setup,
};
use futures_util::{StreamExt, future::join_all, stream};

const SOON: Duration = Duration::from_secs(5);
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const WIDGET: &str = "GET /widget.js HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

async fn with_limits(limits: &str) -> Service {
    Service::start_with(Setup::new(Database::Sqlite).server_setting(limits)).await
}

async fn ask(service: &Service, from: &str, request: &str) -> String {
    let mut connection = RawConnection::open_from(from, service.address()).await;
    connection.send(request).await;
    connection.to_the_end().await
}

/// Connections that are surely counted: each has had an answer.
async fn hold(service: &Service, count: usize) -> Vec<RawConnection> {
    let mut held = Vec::new();
    for _ in 0..count {
        let connection = eventually(SOON, "room for a connection", async || {
            let mut connection = RawConnection::open(service.address()).await;
            let request = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n";
            connection.send(request).await;
            let answer = connection.until("\r\n\r\n").await;
            answer.starts_with("HTTP/1.1 200").then_some(connection)
        })
        .await;
        held.push(connection);
    }
    held
}

fn assert_refused(said: &str) {
    assert!(said.starts_with("HTTP/1.1 503 "), "{said:?}");
    assert!(said.contains("problems/too-busy"), "{said}");
    assert!(
        said.to_ascii_lowercase().contains("\r\nretry-after: "),
        "{said}"
    );
}

#[tokio::test]
async fn one_address_cannot_take_every_connection() {
    let service = with_limits("proxies = []\nconnections_per_address = 3").await;
    let mut held = hold(&service, 3).await;
    assert_refused(&ask(&service, "127.0.0.1", WIDGET).await);
    let alive = ask(&service, "127.0.0.1", HEALTH).await;
    assert!(
        alive.starts_with("HTTP/1.1 200"),
        "alive all the same: {alive}"
    );
    let other = ask(&service, "127.0.0.2", WIDGET).await;
    assert!(other.starts_with("HTTP/1.1 200"), "{other}");

    held.pop();
    eventually(SOON, "the room of who left", async || {
        let answer = ask(&service, "127.0.0.1", WIDGET).await;
        answer.starts_with("HTTP/1.1 200").then_some(())
    })
    .await;
}

#[tokio::test]
async fn there_are_no_more_connections_than_allowed_whoever_comes() {
    let service = with_limits("connections = 3\nconnections_per_address = 3").await;
    let _held = hold(&service, 3).await;
    assert_refused(&ask(&service, "127.0.0.2", WIDGET).await);
}

#[tokio::test]
async fn who_does_not_take_the_answer_is_cut_off() {
    let limits = "proxies = []\nconnections_per_address = 1\nbody_idle_ms = 1000";
    let service = with_limits(limits).await;
    let mut deaf = hold(&service, 1).await;
    // Answers of a hundred times what the buffers between us hold, and none is read.
    let asks = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1000);
    deaf[0].send(asks).await;
    eventually(SOON * 2, "the connection to be closed", async || {
        let answer = ask(&service, "127.0.0.1", WIDGET).await;
        answer.starts_with("HTTP/1.1 200").then_some(())
    })
    .await;
}

const UPLOADS: usize = 200;
const UPLOAD_BYTES: usize = 5_000_000;
const CHUNK_BYTES: usize = 16 * 1024;
/// 64 KiB/s each.
const PAUSE: Duration = Duration::from_millis(250);
/// More than any buffer of ours, so that what is held for each upload is held.
const CHUNKS: usize = 30;
const MEMORY_MOST_BYTES: u64 = 128 * 1024 * 1024;

#[tokio::test]
async fn many_slow_uploads_cost_little_memory_and_delay_nobody() {
    let service = Service::start(Database::Sqlite).await;
    let before = service.peak_memory_bytes();
    let file = File::binary("slow.bin", UPLOAD_BYTES, 1);
    // One caller with so many connections: to make a caller takes a while, during which those who are connected by then would say nothing.
    let client = service.client();
    let uploads = join_all((0..UPLOADS).map(|_| slow_upload(&client, &file)));
    let mut times = Vec::new();
    let honest = async {
        let mut ticks = tokio::time::interval(PAUSE);
        loop {
            ticks.tick().await;
            let began = Instant::now();
            client.submit(&a_submission()).await.reference();
            times.push(began.elapsed());
        }
    };
    tokio::select! {
        _ = uploads => {}
        () = honest => {}
    }
    let peak = service.peak_memory_bytes();
    times.sort();
    // How long is told and not judged: that is for benchmarks.
    assert!(!times.is_empty());
    let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
    eprintln!(
        "{UPLOADS} slow uploads: {} MiB before, {} MiB at most; a submission took {median:?}, at most {slowest:?}",
        before >> 20,
        peak >> 20
    );
    assert!(peak < MEMORY_MOST_BYTES, "{peak} bytes");
}

/// Sends a part of a file steadily and breaks off.
async fn slow_upload(client: &Client, file: &File) {
    let upload = client.create_upload(file).await;
    let ticks = tokio::time::interval(PAUSE);
    let chunks = stream::unfold((ticks, 0), |(mut ticks, number)| async move {
        ticks.tick().await;
        let chunk = if number < CHUNKS {
            Ok(vec![7; CHUNK_BYTES])
        } else {
            Err(std::io::Error::other("enough"))
        };
        Some((chunk, (ticks, number + 1)))
    });
    let request = client
        .request("PATCH", &upload)
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Offset", 0)
        .header("Content-Type", "application/offset+octet-stream")
        .body(reqwest::Body::wrap_stream(chunks.boxed()));
    let ended = request.send().await;
    assert!(ended.is_err(), "cut off before: {ended:?}");
}
