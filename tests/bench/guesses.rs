//! What the clock tells somebody who guesses (threats S6 and S23): "find my request" with a reference and an address that belong together and with others, and
//! signing in with the address of an account and with others, in turns.

use std::time::{Duration, Instant};

use cornerdesk_shared::reference::Reference;
use cornerdesk_tests::{
    Database, Service,
    client::{Client, a_submission_with},
    service::Setup,
    smtp::SmtpSink,
};
use reqwest::StatusCode;
use serde_json::json;

use crate::{Figures, report::row};

/// Of each kind.
const SAMPLES: usize = 200;
/// So often one network may ask in a minute, and guess at one account.
const OF_ONE_NETWORK: usize = 4;

/// Asks in turns, now one kind first and now the other.
pub async fn measure(figures: &mut Figures, database: Database) {
    let sink = SmtpSink::start().await;
    let setup = Setup::durable(database)
        .mail_to(&sink)
        .server_setting("proxies = [\"127.0.0.0/8\"]");
    let service = Service::start_with(setup).await;
    finding(figures, database, &service).await;
    signing_in(figures, database, &service).await;
}

/// One client with one connection, so that making it is not what is measured.
struct Asker {
    client: Client,
    origin: String,
}

impl Asker {
    fn of(service: &Service) -> Self {
        Self {
            client: service.client(),
            origin: service.origin(),
        }
    }
}

async fn finding(figures: &mut Figures, database: Database, service: &Service) {
    let asker = Asker::of(service);
    let submission = a_submission_with(json!({ "email": "ada@customer.example" }));
    let reference = service.client().submit(&submission).await.reference();
    service.acknowledged(&reference).await;
    let made_up = Reference::from_number(7_919).to_string();
    let right = format!("reference={reference}&email=ada%40customer.example");
    for (of, wrong) in [
        (
            "reference",
            format!("reference={made_up}&email=ada%40customer.example"),
        ),
        (
            "address",
            format!("reference={reference}&email=eve%40elsewhere.example"),
        ),
    ] {
        let mut took = [Vec::new(), Vec::new()];
        for number in 0..SAMPLES {
            for kind in in_turns(number) {
                let body = [&right, &wrong][kind].clone();
                took[kind].push(ask(&asker, "/find/acme", body, number, StatusCode::OK).await);
            }
        }
        add(figures, database, &format!("find: the {of}"), took);
    }
}

async fn signing_in(figures: &mut Figures, database: Database, service: &Service) {
    let asker = Asker::of(service);
    let accounts = SAMPLES / OF_ONE_NETWORK;
    for number in 0..accounts {
        service.add_colleague(&format!("s{number}@acme.example"), &[]);
    }
    let mut took = [Vec::new(), Vec::new()];
    for number in 0..SAMPLES {
        for kind in in_turns(number) {
            let account = number % accounts;
            let email = [
                format!("s{account}%40acme.example"),
                format!("n{account}%40acme.example"),
            ];
            let body = format!("email={}&password=wrong-horse-battery", email[kind]);
            // Each kind from networks of its own: both would use up the guesses of one.
            let network = 2 * number + kind;
            let wanted = StatusCode::UNAUTHORIZED;
            took[kind].push(
                ask(
                    &asker,
                    "/desk/login",
                    body,
                    network * OF_ONE_NETWORK,
                    wanted,
                )
                .await,
            );
        }
    }
    add(figures, database, "sign-in: the account", took);
}

/// Which kind first: what one leaves to do for the server is done while the other is asked, as often as the other way round.
const fn in_turns(number: usize) -> [usize; 2] {
    if number.is_multiple_of(2) {
        [0, 1]
    } else {
        [1, 0]
    }
}

async fn ask(
    asker: &Asker,
    path: &str,
    body: String,
    number: usize,
    wanted: StatusCode,
) -> Duration {
    let network = number / OF_ONE_NETWORK;
    let request = asker
        .client
        .request("POST", path)
        .header("Origin", &asker.origin)
        .header(
            "X-Forwarded-For",
            format!("198.18.{}.{}", network / 250, network % 250 + 1),
        )
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body);
    let began = Instant::now();
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), wanted);
    response.bytes().await.expect("a whole answer");
    began.elapsed()
}

fn add(figures: &mut Figures, database: Database, of: &str, took: [Vec<Duration>; 2]) {
    let [is_there, is_not] = took.map(median_ms);
    figures.add(
        "guesses",
        row(&[
            ("database", json!(format!("{database:?}"))),
            ("what is guessed", json!(of)),
            ("samples of each", json!(SAMPLES)),
            ("right, median ms", json!(rounded(is_there))),
            ("wrong, median ms", json!(rounded(is_not))),
            (
                "apart, ms (target 5)",
                json!(rounded((is_there - is_not).abs())),
            ),
        ]),
    );
}

fn median_ms(mut took: Vec<Duration>) -> f64 {
    took.sort_unstable();
    took[took.len() / 2].as_secs_f64() * 1000.0
}

/// To hundredths: the table itself shows tenths.
fn rounded(milliseconds: f64) -> String {
    format!("{milliseconds:.2}")
}
