//! Durable tickets: how many each second, how long each takes, and how many of the same rows the database takes from nobody else.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{a_submission_with, noise},
    service::Setup,
    smtp::SmtpSink,
};
use serde_json::{Value, json};

use crate::{
    Figures,
    connection::{Connection, Request},
    load::{Measured, Work, as_much_as_goes, at_rate},
    raw_commits::{Committer, File, Raw},
    report::row,
};

/// Clients at a time, of the service and of the bare database.
pub const CLIENTS: usize = 16;
/// Clients that wait for their turns when a rate is given.
const CLIENTS_AT_RATE: usize = 48;
const WARM_UP: Duration = Duration::from_secs(1);
const COUNTED: Duration = Duration::from_secs(4);

/// Submits one after the other over one connection.
pub struct Submitter {
    connection: Connection,
    request: Request,
}

impl Submitter {
    /// So many of them.
    pub fn many(count: usize, address: &str, request: &Request) -> Vec<Self> {
        let one = || Self {
            connection: Connection::to(address),
            request: request.clone(),
        };
        std::iter::repeat_with(one).take(count).collect()
    }
}

impl Work for Submitter {
    async fn once(&mut self) -> bool {
        let reply = self.connection.exchange(&self.request).await;
        reply.is_ok_and(|reply| reply.status == 201)
    }
}

/// A submission as people write them.
pub fn submission() -> Value {
    a_submission_with(
        json!({ "description": "Since this morning the total is counted twice. ".repeat(10) }),
    )
}

/// As JSON, or as a form when a file goes along.
pub fn request(service: &Service, file: Option<&[u8]>) -> Request {
    let (address, path) = (service.address(), service.client().path("tickets"));
    let Some(bytes) = file else {
        return Request::post(
            address,
            &path,
            "application/json",
            submission().to_string().as_bytes(),
        );
    };
    let mut body = String::new();
    for (name, value) in submission().as_object().expect("an object") {
        let text = value.as_str().expect("a text");
        body += &format!(
            "--bench\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
        );
    }
    body += "--bench\r\nContent-Disposition: form-data; name=\"attachments\"; filename=\"notes.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n";
    let body = [body.as_bytes(), bytes, b"\r\n--bench--\r\n"].concat();
    Request::post(address, &path, "multipart/form-data; boundary=bench", &body)
}

/// Every size on a database.
pub async fn measure(figures: &mut Figures, database: Database) {
    for (name, bytes, clients) in [
        ("text", None, CLIENTS),
        ("100 KB", Some(100_000), CLIENTS),
        ("5 MB", Some(5_000_000), 4),
    ] {
        let file = bytes.map(|bytes| noise(bytes, 1));
        let raw = raw_commits(
            database,
            clients,
            file.clone().map(|bytes| File::new(bytes, false)),
        )
        .await;
        let service = Service::start_with(Setup::durable(database).without_jobs()).await;
        let request = request(&service, file.as_deref());
        let most = as_much_as_goes(
            Submitter::many(clients, service.address(), &request),
            WARM_UP,
            COUNTED,
        )
        .await;
        let half = at_part(&service, &request, most.per_second, 0.5).await;
        let most_of = at_part(&service, &request, most.per_second, 0.8).await;
        drop(service);
        let raw_again = raw_commits(
            database,
            clients,
            file.clone().map(|bytes| File::new(bytes, false)),
        )
        .await;
        let raw = (raw.per_second + raw_again.per_second) / 2.0;
        let with_file = match file {
            Some(bytes) => Some(
                raw_commits(database, clients, Some(File::new(bytes, true)))
                    .await
                    .per_second,
            ),
            None => None,
        };
        figures.add(
            "intake",
            intake_row(database, name, &most, raw, with_file, &half, &most_of),
        );
    }
    with_jobs(figures, database).await;
}

/// The same texts while the acknowledgements go out.
async fn with_jobs(figures: &mut Figures, database: Database) {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(Setup::durable(database).mail_to(&sink)).await;
    let request = request(&service, None);
    let most = as_much_as_goes(
        Submitter::many(CLIENTS, service.address(), &request),
        WARM_UP,
        COUNTED,
    )
    .await;
    figures.add(
        "intake with jobs",
        row(&[
            ("database", json!(format!("{database:?}"))),
            ("tickets/s", json!(most.per_second.round())),
            ("p50 ms", json!(most.percentile_ms(50.0))),
            ("p99 ms", json!(most.percentile_ms(99.0))),
            ("mails meanwhile", json!(sink.count())),
            ("failed", json!(most.failed)),
        ]),
    );
}

async fn raw_commits(database: Database, clients: usize, file: Option<File>) -> Measured {
    let raw = Raw::open(database, &database.new_durable_url()).await;
    let one = || Committer {
        raw: raw.clone(),
        submission: submission(),
        file: file.clone(),
    };
    let committers = std::iter::repeat_with(one).take(clients).collect();
    let measured = as_much_as_goes(committers, WARM_UP, COUNTED).await;
    if let Some(file) = &file {
        file.remove();
    }
    measured
}

async fn at_part(service: &Service, request: &Request, most: f64, part: f64) -> Measured {
    let clients = Submitter::many(CLIENTS_AT_RATE, service.address(), request);
    at_rate(clients, (most * part).max(1.0), WARM_UP, COUNTED).await
}

fn intake_row(
    database: Database,
    name: &str,
    most: &Measured,
    raw: f64,
    with_file: Option<f64>,
    half: &Measured,
    most_of: &Measured,
) -> Value {
    row(&[
        ("database", json!(format!("{database:?}"))),
        ("submission", json!(name)),
        ("tickets/s", json!(most.per_second.round())),
        ("rows alone/s", json!(raw.round())),
        ("rows and file/s", json!(with_file.map(f64::round))),
        ("of rows %", json!((most.per_second / raw * 100.0).round())),
        (
            "of rows+file %",
            json!(with_file.map(|bare| (most.per_second / bare * 100.0).round())),
        ),
        ("p50 at half ms", json!(half.percentile_ms(50.0))),
        ("p99 at half ms", json!(half.percentile_ms(99.0))),
        ("p50 at 80 % ms", json!(most_of.percentile_ms(50.0))),
        ("p99 at 80 % ms", json!(most_of.percentile_ms(99.0))),
        ("failed", json!(most.failed + half.failed + most_of.failed)),
    ])
}
