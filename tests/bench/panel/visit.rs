//! One visit of one page with one widget, by a new browser, on a slow line with a slow processor.

use std::time::Duration;

use anyhow::{Context, Result};
use cornerdesk_tests::{
    eventually,
    webdriver::{Element, Session},
};
use serde_json::{Value, json};

use super::widgets::Widget;

const PROBE: &str = include_str!("probe.js");
/// How many times slower than this machine.
const SLOWER: u32 = 4;
/// "Slow 4G" as browsers and Lighthouse name it: milliseconds per request, octets per second down and up.
const LATENCY_MS: f64 = 562.5;
const DOWN: f64 = 1_600_000.0 / 8.0 * 0.9;
const UP: f64 = 750_000.0 / 8.0 * 0.9;
/// How long a page is left alone before somebody does something.
const REST: Duration = Duration::from_secs(4);
/// How long a pointer rests on the launcher.
const HOVER: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(30);

/// What a visit showed. Times in milliseconds, memory in KB; what was not reached is 0.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// From the navigation to the launcher that can be pressed.
    pub launcher: f64,
    /// From the press to a field that takes keys; where two presses are needed, the sum.
    pub form: f64,
    /// From the press on Send to the confirmation.
    pub sent: f64,
    /// The parts of long tasks above 50 ms, to the end of the visit.
    pub blocking: f64,
    /// All heaps while nobody has done anything.
    pub heap_idle: f64,
    /// All heaps with the form open.
    pub heap_form: f64,
}

/// Prepares the browser: slow, and with the probe in every frame.
pub async fn prepare(session: &Session, widget: Option<&Widget>) -> Result<()> {
    session
        .devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": PROBE.replace("__AWAITED__", &awaited(widget)) }),
        )
        .await?;
    session.devtools("Network.enable", json!({})).await?;
    let line = json!({ "offline": false, "latency": LATENCY_MS, "downloadThroughput": DOWN, "uploadThroughput": UP });
    session
        .devtools("Network.emulateNetworkConditions", line)
        .await?;
    session
        .devtools("Emulation.setCPUThrottlingRate", json!({ "rate": SLOWER }))
        .await?;
    Ok(())
}

/// What each frame waits for from its beginning: the page for the launcher, the widget's frame for its field.
fn awaited(widget: Option<&Widget>) -> String {
    let Some(widget) = widget else {
        return String::new();
    };
    let mut script = format!(
        "if (window === top) bench.await('launcher', {}, false)",
        json!(widget.launcher)
    );
    if widget.frame.is_some() {
        script += &format!(";\nelse bench.await('form', {}, true)", json!(widget.field));
    }
    script
}

/// Visits the page, and uses the widget as a person does.
pub async fn visit(session: &Session, page: &str, widget: Option<&Widget>) -> Result<Sample> {
    prepare(session, widget).await?;
    let mut sample = Sample::default();
    session.goto(page).await?;
    if widget.is_some() {
        let began = number(session, "performance.timeOrigin").await?;
        sample.launcher = seen(session, "launcher").await? - began;
    }
    tokio::time::sleep(REST).await;
    sample.heap_idle = heap_kb(session).await?;
    if let Some(widget) = widget {
        open(session, widget, &mut sample).await?;
        // The panel's module may still be on its way.
        tokio::time::sleep(REST).await;
        sample.heap_form = heap_kb(session).await?;
        enter(session, widget).await?;
        sample.heap_form +=
            number(session, "bench.memory?.buffer.byteLength ?? 0").await? / 1_000.0;
        send(session, widget, &mut sample).await?;
        session.enter_page().await?;
    }
    let tasks = session.run("return bench.longTasks", &[]).await?;
    let tasks = tasks.as_array().context("a list")?;
    sample.blocking = tasks
        .iter()
        .filter_map(Value::as_f64)
        .map(|task_ms| (task_ms - 50.0).max(0.0))
        .sum();
    Ok(sample)
}

async fn open(session: &Session, widget: &Widget, sample: &mut Sample) -> Result<()> {
    let launcher = find(session, widget.launcher).await?;
    if widget.is_hovered {
        launcher.hover().await?;
        tokio::time::sleep(HOVER).await;
    }
    if let Some(then) = widget.then {
        expect(session, "step", then, false, "").await?;
        launcher.click().await?;
        let pressed = number(session, "bench.pressed").await?;
        sample.form += seen(session, "step").await? - pressed;
        expect(session, "form", widget.field, true, "").await?;
        find(session, then).await?.click().await?;
    } else {
        if widget.frame.is_none() {
            expect(session, "form", widget.field, true, "").await?;
        }
        launcher.click().await?;
    }
    let pressed = number(session, "bench.pressed").await?;
    enter(session, widget).await?;
    sample.form += seen(session, "form").await? - pressed;
    session.enter_page().await?;
    Ok(())
}

async fn send(session: &Session, widget: &Widget, sample: &mut Sample) -> Result<()> {
    for (selector, text) in &widget.values {
        find(session, selector).await?.type_text(text).await?;
    }
    let (selector, text) = widget.confirmation;
    expect(session, "sent", selector, false, text).await?;
    find(session, widget.send).await?.click().await?;
    let pressed = number(session, "bench.pressed").await?;
    sample.sent = seen(session, "sent").await? - pressed;
    Ok(())
}

/// Looks into the widget's frame, if it has one.
async fn enter(session: &Session, widget: &Widget) -> Result<()> {
    if let Some(frame) = widget.frame {
        find(session, frame).await?.enter().await?;
    }
    Ok(())
}

async fn find(session: &Session, selector: &str) -> Result<Element> {
    match selector.split_once(" >>> ") {
        Some((host, inner)) => {
            session
                .find(host)
                .await?
                .shadow_root()
                .await?
                .find(inner)
                .await
        }
        None => session.find(selector).await,
    }
}

async fn expect(
    session: &Session,
    name: &str,
    selector: &str,
    is_field: bool,
    text: &str,
) -> Result<()> {
    let arguments = [json!(name), json!(selector), json!(is_field), json!(text)];
    session.run("bench.await(...arguments)", &arguments).await?;
    Ok(())
}

/// When it was seen, in epoch milliseconds.
async fn seen(session: &Session, name: &str) -> Result<f64> {
    let look = format!("return bench.seen[{}] ?? null", json!(name));
    let time = eventually(PATIENCE, name, async || {
        session.run(&look, &[]).await.ok()?.as_f64()
    });
    Ok(time.await)
}

async fn number(session: &Session, expression: &str) -> Result<f64> {
    let value = session.run(&format!("return {expression}"), &[]).await?;
    value.as_f64().context("a number")
}

/// JavaScript objects, wrappers of the document and array buffers, of the page and its frames.
async fn heap_kb(session: &Session) -> Result<f64> {
    session
        .devtools("HeapProfiler.collectGarbage", json!({}))
        .await?;
    let usage = session.devtools("Runtime.getHeapUsage", json!({})).await?;
    let octets: f64 = ["usedSize", "embedderHeapUsedSize", "backingStorageSize"]
        .iter()
        .filter_map(|part| usage[part].as_f64())
        .sum();
    Ok(octets / 1_000.0)
}
