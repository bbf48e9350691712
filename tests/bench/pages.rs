//! The pages of the desk over HTTP, as browsers ask for them: lists with filters, search and tickets, with a million tickets on PostgreSQL and a
//! hundred thousand on SQLite; for somebody who sees all sites and somebody who sees two small ones; one request at a time and eight at once.

mod asked;
mod filling;
mod rows;
mod texts;

use std::time::{Duration, Instant};

use cornerdesk_ingest::clock::Clock;
use cornerdesk_tests::{
    Database, Service,
    service::{Setup, Staff},
};
use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::mpsc;

use self::{
    asked::{Page, Sample},
    filling::{Filling, Rows},
    rows::{Company, SITES},
};
use crate::{
    Figures,
    connection::{Connection, Request},
    report::row,
};

/// Requests for a page, one at a time and again many at once.
const LOOKS: usize = 200;
/// How many at once.
const AT_ONCE: usize = 8;
/// Requests that are not counted.
const WARM_UP: usize = 20;
/// Tickets that are made before they are written.
const BATCH: usize = 10_000;
/// What a page should not take longer than, in 95 of 100 cases.
const TARGET_MS: f64 = 50.0;
/// What somebody sees who does not see all.
const TWO_SITES: [&str; 2] = ["epsilon", "zeta"];

/// Fills a database and asks for every page.
pub async fn measure(figures: &mut Figures, database: Database) {
    let count = match database {
        Database::Sqlite => 100_000,
        Database::Postgres => 1_000_000,
    };
    let url = database.new_url();
    let mut service = Service::start_with(setup(database, &url)).await;
    service.terminate().await;
    let began = Instant::now();
    let sample = fill(&url, count).await;
    println!(
        "  {database:?}: {count} tickets in {} s",
        began.elapsed().as_secs()
    );
    service.start_again().await;
    let everything = service.sign_in_staff().await;
    let [first, second] = TWO_SITES;
    let arguments = ["--role", "agent", "--site", first, "--site", second];
    let some = service.sign_in_as("kim@acme.example", &arguments).await;
    for (who, staff, sites) in [
        ("all sites", everything, None),
        ("two sites", some, Some(TWO_SITES.as_slice())),
    ] {
        for page in asked::pages(&sample, sites) {
            let place = Place {
                service: &service,
                staff: &staff,
                page: &page,
            };
            let shown = place.shown().await;
            place.look(1, WARM_UP).await;
            let alone = place.look(1, LOOKS).await;
            let beside = place.look(AT_ONCE, LOOKS).await;
            let is_slow = percentile(&alone, 95.0) > TARGET_MS;
            figures.add(
                "pages",
                row(&[
                    ("database", json!(format!("{database:?}"))),
                    ("sees", json!(who)),
                    ("page", json!(page.name)),
                    ("tickets on it", json!(shown)),
                    ("p50 ms", json!(percentile(&alone, 50.0))),
                    ("p95 ms", json!(percentile(&alone, 95.0))),
                    ("p99 ms", json!(percentile(&alone, 99.0))),
                    ("p50 of eight ms", json!(percentile(&beside, 50.0))),
                    ("p95 of eight ms", json!(percentile(&beside, 95.0))),
                    ("p99 of eight ms", json!(percentile(&beside, 99.0))),
                    ("over 50", json!(if is_slow { "yes" } else { "" })),
                ]),
            );
        }
    }
}

/// Six sites under one policy.
fn setup(database: Database, url: &str) -> Setup {
    let policy = "policy = \"m3ter\"\n";
    let setup = Setup::new(database).database_url(url).without_jobs();
    let others = SITES.into_iter().skip(1);
    others.fold(setup.site_setting(policy), |setup, (key, _)| {
        setup.section(&format!(
            "[[sites]]\nkey = \"{key}\"\nname = \"{key}\"\nallowed_origins = [\"self\"]\n{policy}"
        ))
    })
}

/// Makes the rows in a thread of its own while the database takes those before.
async fn fill(url: &str, count: usize) -> Sample {
    let is_sqlite = url.starts_with("sqlite:");
    let (batches, mut made) = mpsc::channel(2);
    let now = Clock::System.now();
    let making = tokio::task::spawn_blocking(move || {
        let mut company = Company::new(count, now);
        let mut sample = Sample::of(count);
        let mut rows = Rows::new(is_sqlite);
        Company::put_what_is_known(&mut rows);
        let mut place: usize = 0;
        while let Some(ticket) = company.next(&mut rows) {
            sample.see(place, ticket);
            place += 1;
            if place.is_multiple_of(BATCH) {
                let full = std::mem::replace(&mut rows, Rows::new(is_sqlite));
                batches.blocking_send(full).expect("somebody takes them");
            }
        }
        for site in asked::LONG {
            sample.long.push(company.long(&mut rows, site, 200, 230));
        }
        batches.blocking_send(rows).expect("somebody takes them");
        sample
    });
    let mut filling = Filling::begin(url).await;
    while let Some(rows) = made.recv().await {
        filling.put(rows).await;
    }
    filling.end().await;
    making.await.expect("a sample")
}

/// A page, and who asks for it.
struct Place<'a> {
    service: &'a Service,
    staff: &'a Staff,
    page: &'a Page,
}

impl Place<'_> {
    /// Tickets on the first of the addresses. It has to be a page and no fault.
    async fn shown(&self) -> usize {
        let path = &self.page.paths[0];
        let answer = self.staff.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let mut links: Vec<&str> = answer
            .text
            .split("href=\"/desk/tickets/CD-")
            .skip(1)
            .map(|rest| &rest[..9])
            .collect();
        links.sort_unstable();
        links.dedup();
        links.len()
    }

    /// How long so many requests took, sorted, in milliseconds; `workers` at once.
    async fn look(&self, workers: usize, looks: usize) -> Vec<f64> {
        let address = self.service.address();
        let request = |path: &String| Request::page(address, path, self.staff.cookie());
        let requests: Vec<Request> = self.page.paths.iter().map(request).collect();
        let work = (0..workers).map(|worker| {
            let requests = requests.clone();
            let mut connection = Connection::to(address);
            tokio::spawn(async move {
                let mut took = Vec::new();
                for turn in 0..looks / workers {
                    let request = &requests[(turn * workers + worker) % requests.len()];
                    let began = Instant::now();
                    let reply = connection.exchange(request).await.expect("an answer");
                    took.push(began.elapsed());
                    assert_eq!(reply.status, 200, "{}", reply.head);
                }
                took
            })
        });
        let took = join_all(work).await.into_iter();
        let took = took.flat_map(|took: Result<Vec<Duration>, _>| took.expect("a worker ends"));
        let mut took: Vec<f64> = took.map(|took| took.as_secs_f64() * 1_000.0).collect();
        took.sort_by(f64::total_cmp);
        took
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index of a short list"
)]
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let last = sorted.len() as f64 - 1.0;
    sorted[(last * percent / 100.0).ceil() as usize]
}
