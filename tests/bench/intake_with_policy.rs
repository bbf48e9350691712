//! What terms cost at intake: the same submissions to a site with a policy, which promises an answer and sets a timer for each, and to one without.

use std::time::Duration;

use cornerdesk_tests::{Database, Service, service::Setup};
use serde_json::json;

use crate::{
    Figures,
    connection::Request,
    intake::{CLIENTS, Submitter, submission},
    load::{Measured, as_much_as_goes},
    report::row,
};

const WARM_UP: Duration = Duration::from_secs(1);
const COUNTED: Duration = Duration::from_secs(4);
/// Each in turn, so that whatever else the machine does is shared.
const TURNS: usize = 3;

/// Every submission has an answer promised under these terms: no part of the work is left out.
const TERMS: &str = "policy = \"memsource\"\n";

/// A service, and a request to it as somebody with the paid plan makes it.
async fn place(database: Database, terms: &str) -> (Service, Request) {
    let setup = Setup::durable(database).site_setting(terms);
    let service = Service::start_with(setup.without_jobs()).await;
    let mut submission = submission();
    submission["plan"] = json!("paid");
    let receipt = service.client().submit(&submission).await.json();
    let is_promised = receipt.get("answer_by").is_some();
    assert_eq!(is_promised, !terms.is_empty(), "{receipt}");
    let request = Request::post(
        service.address(),
        &service.client().path("tickets"),
        "application/json",
        submission.to_string().as_bytes(),
    );
    (service, request)
}

/// The median of the turns.
fn middle(turns: &[Measured], of: impl Fn(&Measured) -> f64) -> f64 {
    let mut all: Vec<f64> = turns.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Measures both on a database, one after the other, a few times.
pub async fn measure(figures: &mut Figures, database: Database) {
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        for (terms, turns) in [("", &mut without), (TERMS, &mut with)] {
            let (service, request) = place(database, terms).await;
            let clients = Submitter::many(CLIENTS, service.address(), &request);
            turns.push(as_much_as_goes(clients, WARM_UP, COUNTED).await);
        }
    }
    let rate = |turns: &[Measured]| middle(turns, |turn| turn.per_second);
    let ms = |turns: &[Measured], percent| middle(turns, |turn| turn.percentile_ms(percent));
    let failed: u64 = without.iter().chain(&with).map(|turn| turn.failed).sum();
    figures.add(
        "intake with policy",
        row(&[
            ("database", json!(format!("{database:?}"))),
            ("without/s", json!(rate(&without).round())),
            ("with/s", json!(rate(&with).round())),
            (
                "of without %",
                json!((rate(&with) / rate(&without) * 100.0).round()),
            ),
            ("p50 without ms", json!(ms(&without, 50.0))),
            ("p50 with ms", json!(ms(&with, 50.0))),
            ("p99 without ms", json!(ms(&without, 99.0))),
            ("p99 with ms", json!(ms(&with, 99.0))),
            ("failed", json!(failed)),
        ]),
    );
}
