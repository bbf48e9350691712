//! How much memory the service takes: with nothing to do, and with a thousand slow uploads at a time (R13).

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use cornerdesk_tests::{Database, Service, service::Setup};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{
    Figures,
    connection::{Connection, Request},
    intake::{Submitter, submission},
    load::{Work, at_rate},
    report::row,
};

const UPLOADS: usize = 1_000;
const UPLOAD_BYTES: usize = 25_000_000;
/// Bytes that each upload sends in a second.
const PACE_BYTES: usize = 65_536;
/// How long all of them are held.
const HELD: Duration = Duration::from_secs(60);
/// Connections beyond the limit of the service.
const EXCESS: usize = 100;

/// Both figures, on a database.
pub async fn measure(figures: &mut Figures, database: Database) {
    let service = Service::start_with(Setup::durable(database)).await;
    // What it needs once it has worked counts, and not only what it was started with.
    let request = Request::post(
        service.address(),
        &service.client().path("tickets"),
        "application/json",
        submission().to_string().as_bytes(),
    );
    for mut submitter in Submitter::many(20, service.address(), &request) {
        assert!(submitter.once().await, "a submission");
    }
    // What is freed is given back after a moment, and nothing says when.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = resident_mib(&service, "VmRSS:");
    drop(service);

    // One more connection than the uploads for those who look, and the excess on top is refused.
    let limit = format!("connections = {}", UPLOADS + 60);
    let service = Service::start_with(Setup::durable(database).server_setting(&limit)).await;
    let alive = Arc::new(AtomicUsize::new(0));
    let mut uploads = JoinSet::new();
    for _ in 0..UPLOADS {
        uploads.spawn(upload_slowly(
            service.address().to_owned(),
            service.client().path("tickets"),
            Arc::clone(&alive),
        ));
    }
    let began = Instant::now();
    while alive.load(Ordering::Relaxed) < UPLOADS && began.elapsed() < Duration::from_secs(20) {
        // How often it is looked whether all of them are there.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let submissions = at_rate(
        Submitter::many(20, service.address(), &request),
        10.0,
        Duration::ZERO,
        HELD,
    );
    let looks = at_rate(
        Look::many(20, service.address()),
        10.0,
        Duration::ZERO,
        HELD,
    );
    let (submissions, looks) = tokio::join!(submissions, looks);
    let still = alive.load(Ordering::Relaxed);
    let refused = refusals(service.address()).await;
    figures.add(
        "memory",
        row(&[
            ("database", json!(format!("{database:?}"))),
            ("idle MiB", json!(idle)),
            ("uploads held", json!(still)),
            ("most MiB", json!(resident_mib(&service, "VmHWM:"))),
            ("submission p95 ms", json!(submissions.percentile_ms(95.0))),
            ("healthz p95 ms", json!(looks.percentile_ms(95.0))),
            ("failed", json!(submissions.failed + looks.failed)),
            (
                "excess refused",
                json!(format!("{} of {EXCESS}", refused.0)),
            ),
            ("refused after ms", json!(refused.1.as_secs_f64() * 1000.0)),
        ]),
    );
}

/// Sends a file of a form, so much each second, as long as anybody listens.
async fn upload_slowly(address: String, path: String, alive: Arc<AtomicUsize>) {
    let Ok(mut stream) = TcpStream::connect(&address).await else {
        return;
    };
    let begin = "--slow\r\nContent-Disposition: form-data; name=\"attachments\"; filename=\"slow.bin\"\r\n\r\n";
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: multipart/form-data; boundary=slow\r\nContent-Length: {}\r\n\r\n{begin}",
        begin.len() + UPLOAD_BYTES
    );
    if stream.write_all(head.as_bytes()).await.is_err() {
        return;
    }
    alive.fetch_add(1, Ordering::Relaxed);
    let (bytes, mut ticks) = (
        vec![b'a'; PACE_BYTES / 4],
        tokio::time::interval(Duration::from_millis(250)),
    );
    for _ in 0..UPLOAD_BYTES / bytes.len() {
        ticks.tick().await;
        if stream.write_all(&bytes).await.is_err() {
            break;
        }
    }
    alive.fetch_sub(1, Ordering::Relaxed);
}

/// Looks whether the process answers.
struct Look {
    connection: Connection,
    request: Request,
}

impl Look {
    fn many(count: usize, address: &str) -> Vec<Self> {
        let one = || Self {
            connection: Connection::to(address),
            request: Request::get(address, "/healthz"),
        };
        std::iter::repeat_with(one).take(count).collect()
    }
}

impl Work for Look {
    async fn once(&mut self) -> bool {
        self.connection
            .exchange(&self.request)
            .await
            .is_ok_and(|reply| reply.status == 200)
    }
}

/// Opens more connections than there may be: how many are told to come back, and how long the slowest of these answers took.
async fn refusals(address: &str) -> (usize, Duration) {
    let mut asking = JoinSet::new();
    for _ in 0..EXCESS {
        asking.spawn(ask(address.to_owned()));
    }
    let answers = asking.join_all().await;
    let refused: Vec<Duration> = answers.into_iter().flatten().collect();
    (refused.len(), refused.into_iter().max().unwrap_or_default())
}

/// A connection that is kept for as long as the others need to come; the time until `503` with `Retry-After`.
async fn ask(address: String) -> Option<Duration> {
    let began = Instant::now();
    let mut stream = TcpStream::connect(&address).await.ok()?;
    stream
        .write_all(b"GET /v1/sites/acme/settings HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .ok()?;
    let mut answer = vec![0; 4_096];
    let length = stream.read(&mut answer).await.ok()?;
    let took = began.elapsed();
    let text = String::from_utf8_lossy(&answer[..length]).to_lowercase();
    // The others need to come; nothing says when they have.
    tokio::time::sleep(Duration::from_secs(2)).await;
    (text.starts_with("http/1.1 503") && text.contains("retry-after")).then_some(took)
}

fn resident_mib(service: &Service, line: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", service.pid()))
        .expect("a running process has a status");
    let value = status
        .lines()
        .find_map(|text| text.strip_prefix(line))
        .expect("a line of the status");
    let kibibytes: f64 = value
        .trim()
        .trim_end_matches(" kB")
        .trim()
        .parse()
        .expect("a number");
    kibibytes / 1024.0
}
