//! The public form of django-helpdesk on the same PostgreSQL, and ours right after it.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use cornerdesk_tests::{
    Database, Service, eventually, installed,
    process::{self, Signal},
    scratch,
    service::Setup,
};
use serde_json::json;

use crate::{
    Figures,
    connection::{Connection, Request},
    intake::{CLIENTS, Submitter, submission},
    load::{Work, as_much_as_goes},
    report::row,
};

/// Its settings, beside this file.
const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/helpdesk");
const ADDRESS: &str = "127.0.0.1:18752";
/// Processes that answer, two for each of two cores.
const WORKERS: &str = "4";
const WARM_UP: Duration = Duration::from_secs(2);
const COUNTED: Duration = Duration::from_secs(8);

/// Tickets each second of both.
pub async fn measure(figures: &mut Figures) {
    let mut theirs = start().await;
    let text = |member: &str| {
        submission()[member]
            .as_str()
            .unwrap_or_default()
            .replace(' ', "+")
            .replace('@', "%40")
    };
    let body = format!(
        "queue=1&priority=3&title={}&body={}&submitter_email={}",
        text("summary"),
        text("description"),
        text("email")
    );
    let request = Request::post(
        ADDRESS,
        "/tickets/submit/",
        "application/x-www-form-urlencoded",
        body.as_bytes(),
    );
    let one = || Filler {
        connection: Connection::to(ADDRESS),
        request: request.clone(),
    };
    let fillers = std::iter::repeat_with(one).take(CLIENTS).collect();
    let django = as_much_as_goes(fillers, WARM_UP, COUNTED).await;
    process::send(Signal::Terminate, theirs.id());
    theirs.wait().expect("gunicorn ends");
    let service = Service::start_with(Setup::durable(Database::Postgres).without_jobs()).await;
    let path = service.client().path("tickets");
    let request = Request::post(
        service.address(),
        &path,
        "application/json",
        submission().to_string().as_bytes(),
    );
    let ours = as_much_as_goes(
        Submitter::many(CLIENTS, service.address(), &request),
        WARM_UP,
        COUNTED,
    )
    .await;
    figures.add(
        "helpdesk",
        row(&[
            ("django-helpdesk/s", json!(django.per_second)),
            ("its p50 ms", json!(django.percentile_ms(50.0))),
            ("Cornerdesk/s", json!(ours.per_second)),
            ("our p50 ms", json!(ours.percentile_ms(50.0))),
            ("times as many", json!(ours.per_second / django.per_second)),
            ("failed", json!(django.failed + ours.failed)),
        ]),
    );
}

/// Fills in its form.
struct Filler {
    connection: Connection,
    request: Request,
}

impl Work for Filler {
    async fn once(&mut self) -> bool {
        let reply = self.connection.exchange(&self.request).await;
        reply.is_ok_and(|reply| reply.status == 302 && reply.head.contains("ticket="))
    }
}

/// Makes its tables and its queue, and starts it.
async fn start() -> Child {
    let url = Database::Postgres.new_durable_url();
    let (name, sockets) = parts_of(&url);
    let media = scratch::folder("helpdesk");
    let programs: PathBuf = installed::folder("HELPDESK_DIR").join("bin");
    let command = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(programs.join(program));
        command
            .args(arguments)
            .current_dir(SETTINGS)
            .env("DJANGO_SETTINGS_MODULE", "helpdesk_settings")
            .env("PYTHONPATH", SETTINGS)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("HELPDESK_DATABASE", name)
            .env("HELPDESK_SOCKETS", sockets)
            .env("HELPDESK_FOLDER", &media)
            .stdin(Stdio::null());
        command
    };
    for arguments in [
        &["-m", "django", "migrate", "-v0"][..],
        &["helpdesk_queue.py"][..],
    ] {
        let output = command("python", arguments)
            .output()
            .expect("Python can be run");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let server = command(
        "gunicorn",
        &[
            "--workers",
            WORKERS,
            "--bind",
            ADDRESS,
            "--log-level",
            "warning",
            "django.core.wsgi:get_wsgi_application()",
        ],
    );
    let child = process::spawn(server, Signal::Terminate).expect("gunicorn can be started");
    eventually(
        Duration::from_secs(30),
        "django-helpdesk to answer",
        async || tokio::net::TcpStream::connect(ADDRESS).await.ok(),
    )
    .await;
    child
}

/// Name and folder of `postgres://postgres@localhost/NAME?host=FOLDER`.
fn parts_of(url: &str) -> (&str, &str) {
    let (before, sockets) = url.split_once("?host=").expect("a socket's folder");
    let (_, name) = before.rsplit_once('/').expect("a database's name");
    (name, sockets)
}
