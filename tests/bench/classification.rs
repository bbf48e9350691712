//! How long it takes to suggest category and priority for a text, beside making the same text lower-case, which reads it once.

use std::{hint::black_box, time::Instant};

use cornerdesk_ingest::{
    classification::{Experience, Request, scheme::Scheme, suggest},
    policy::Library,
};
use serde_json::json;

use crate::report::{Figures, row};

const ROUNDS: usize = 9;
/// What a round reads, so that each takes as long.
const ROUND_BYTES: usize = 1_000_000;

/// Sentences as people write them: some say something of category and priority, most do not.
const SENTENCES: [&str; 6] = [
    "Since 9:40 nobody of us can log in, the console answers with an error. ",
    "We have cleared the cache and tried another browser, and nothing changed. ",
    "The export of the July report gives an empty file, although the page shows 214 rows. ",
    "Could you tell us how the plan is billed when somebody joins in the middle of the month? ",
    "Unsere Kunden warten, und die Rechnung zeigt die Summe doppelt. ",
    "Kind regards from Vienna, Mara. ",
];

/// The beginning of the sentences, over and over, so many bytes or a few less.
fn text(bytes: usize) -> String {
    let mut text = SENTENCES.concat().repeat(bytes / 300 + 1);
    text.truncate(text.floor_char_boundary(bytes));
    text
}

/// The median of a few rounds, in microseconds for each call.
fn median_us(calls: usize, call: impl Fn()) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            for _ in 0..calls {
                call();
            }
            begun.elapsed().as_secs_f64() * 1e6 / calls as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

/// Measures texts of three lengths under the policy with the most classes.
pub fn measure(figures: &mut Figures) {
    let library = Library::embedded();
    let policy = library.policy("m3ter", Some("m3ter-no-holidays"));
    let policy = policy.expect("a policy");
    let (scheme, experience) = (Scheme::of(&policy), Experience::default());
    for (name, bytes) in [("200 B", 200), ("2 KB", 2_000), ("50 KB", 50_000)] {
        let text = text(bytes);
        let request = Request {
            summary: "The console is down",
            description: &text,
        };
        let calls = (ROUND_BYTES / bytes).max(20);
        let suggested = median_us(calls, || {
            black_box(suggest(&scheme, black_box(request), &experience));
        });
        let read = median_us(calls, || {
            black_box(black_box(&text).to_lowercase());
        });
        let rounded = |number: f64| (number * 100.0).round() / 100.0;
        figures.add(
            "classification",
            row(&[
                ("text", json!(name)),
                ("suggested µs", json!(rounded(suggested))),
                ("lower-case µs", json!(rounded(read))),
                ("of lower-case", json!(rounded(suggested / read))),
                (
                    "ns a byte",
                    json!(rounded(suggested * 1_000.0 / text.len() as f64)),
                ),
            ]),
        );
    }
    let made = median_us(200, || {
        black_box(Scheme::of(black_box(&policy)));
    });
    figures.add(
        "classification",
        row(&[
            ("text", json!("the policy's classes")),
            ("suggested µs", json!((made * 100.0).round() / 100.0)),
        ]),
    );
}
