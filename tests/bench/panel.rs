//! The widget as a visitor of a host page meets it, beside others: on a slow line, with a slow processor, in the same run.
//!
//! Rounds are interleaved: each measures everything once, with a new browser each time.

mod visit;
mod widgets;

use std::{fs, path::PathBuf, sync::Mutex};

use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    host_page::HostPage,
    service::Setup,
};
use serde_json::json;
use visit::Sample;
use widgets::Widget;

use crate::{Figures, report::row};

const ROUNDS: usize = 7;

/// Medians of every widget, and what the empty page takes by itself.
pub async fn measure(figures: &mut Figures) {
    let host = HostPage::bind().await;
    // One site for the browser, whatever the port: what it measures and slows down is the page together with its frames.
    let origin = host.origin().replace("localhost", "127.0.0.1");
    let service = Service::start_with(Setup::new(Database::Sqlite).allow_only(&origin)).await;
    for (path, text) in scripts() {
        // Browsers run it although it is called HTML.
        host.show(&path, &text, "");
    }
    host.show("/answer", "{}", "");
    host.show("/api/1/envelope/", "{}", "");
    let page = |name: &str, tag: &str| {
        let html = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Invoices</title><link rel=\"icon\" href=\"data:,\">\
             <body><h1>Invoices</h1>{}{tag}</body></html>",
            "<p>What a page says before anybody needs help.</p>".repeat(6)
        );
        host.show(&format!("/{}", name.replace([' ', ','], "-")), &html, "")
            .replace("localhost", "127.0.0.1")
    };
    let widgets: Vec<Widget> = widgets::ours(&service)
        .into_iter()
        .chain([widgets::least()])
        .chain(widgets::peers())
        .collect();
    let empty_page = page("empty", "");
    let pages: Vec<String> = widgets
        .iter()
        .map(|widget| page(widget.name, &widget.tag))
        .collect();
    let mut empty = Vec::new();
    let mut samples = vec![Vec::new(); widgets.len()];
    for round in 0..ROUNDS {
        empty.push(sample(&empty_page, None).await);
        // Another order each time, so that nobody always comes after the same.
        for at in 0..widgets.len() {
            let at = (at + round) % widgets.len();
            samples[at].push(sample(&pages[at], Some(&widgets[at])).await);
        }
    }
    let base = median(&empty, |sample| sample.heap_idle);
    let zero = |ms: f64| json!(ms.round() as i64);
    for (widget, samples) in widgets.iter().zip(&samples) {
        figures.add(
            "panel",
            row(&[
                ("widget", json!(widget.name)),
                (
                    "launcher ms",
                    zero(median(samples, |sample| sample.launcher)),
                ),
                ("form ms", zero(median(samples, |sample| sample.form))),
                ("sent ms", zero(median(samples, |sample| sample.sent))),
                (
                    "blocking ms",
                    zero(median(samples, |sample| sample.blocking)),
                ),
                (
                    "heaps idle KB",
                    zero(median(samples, |sample| sample.heap_idle) - base),
                ),
                (
                    "heaps form KB",
                    zero(median(samples, |sample| sample.heap_form) - base),
                ),
            ]),
        );
    }
}

/// What the pages load from their own origin: the control, and the peers as they were bundled.
fn scripts() -> Vec<(String, String)> {
    let folder = PathBuf::from(
        std::env::var_os("CORNERDESK_PEERS")
            .expect("CORNERDESK_PEERS names the bundled peers; tools/bench.sh sets it"),
    );
    let peer = |name: &str| {
        let text =
            fs::read_to_string(folder.join(name)).expect("the peers were bundled by tools/setup");
        (format!("/{name}"), text)
    };
    vec![
        (
            "/least.js".to_owned(),
            include_str!("panel/least.js").to_owned(),
        ),
        peer("sentry.js"),
        peer("feedback.js"),
    ]
}

async fn sample(page: &str, widget: Option<&Widget>) -> Sample {
    let result = Mutex::new(Sample::default());
    let name = widget.map_or("empty", |widget| widget.name);
    journey(
        &format!("bench-{name}"),
        Visitor::DESKTOP,
        async |session| {
            *result.lock().expect("one at a time") = visit::visit(session, page, widget).await?;
            Ok(())
        },
    )
    .await;
    result.into_inner().expect("one at a time")
}

fn median(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
