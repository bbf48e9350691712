//! A service of PagerDuty that keeps its incidents: Events API v2, held against the vendor's description.

use std::{
    collections::BTreeMap,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};

use crate::vendor_server::{
    self, Answered, Call, Reply, Vendor, expect, expect_members, expect_text,
};

/// The key of its integration.
pub const ROUTING_KEY: &str = "0123456789abcdef0123456789abcdef";

/// An incident, by its key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incident {
    /// `triggered`, `acknowledged` or `resolved`.
    pub status: &'static str,
    /// How often it was opened: a trigger after the end opens another.
    pub opened: usize,
    /// What the last trigger said.
    pub payload: Value,
    /// Where its link leads.
    pub url: Value,
}

type Incidents = Arc<Mutex<BTreeMap<String, Incident>>>;

/// A PagerDuty for one test.
#[derive(Debug)]
pub struct PagerDuty {
    vendor: Vendor,
    incidents: Incidents,
}

impl Deref for PagerDuty {
    type Target = Vendor;

    fn deref(&self) -> &Vendor {
        &self.vendor
    }
}

impl PagerDuty {
    /// Opens the port.
    pub async fn start() -> Self {
        let incidents = Incidents::default();
        let kept = Arc::clone(&incidents);
        let description = ("pagerduty-events-v2.openapi.json", "/v2");
        let vendor = Vendor::start(Some(description), move |call| take(&kept, call)).await;
        Self { vendor, incidents }
    }

    /// Its section of the configuration, which knows this key.
    pub fn section(&self, key: &str, more: &str, settings: &str) -> String {
        let settings = format!("base_url = \"{}\"\n{settings}", self.url());
        vendor_server::section("pagerduty", ("routing_key", key), more, &settings)
    }

    /// Its incidents by their keys.
    pub fn incidents(&self) -> BTreeMap<String, Incident> {
        let kept = self.incidents.lock();
        kept.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn invalid(error: &str) -> Reply {
    let body = json!({ "status": "invalid event", "message": "Event object is invalid", "errors": [error] });
    Reply::json(400, &body)
}

fn take(incidents: &Incidents, call: &Call) -> Answered {
    expect(call.method == "POST" && call.path == "/v2/enqueue", || {
        format!("there is no {} {}", call.method, call.path)
    })?;
    expect(
        call.header("content-type").starts_with("application/json"),
        || "the type of the body".to_owned(),
    )?;
    let event = call.json();
    if event["routing_key"] != ROUTING_KEY {
        return Ok(invalid("'routing_key' is invalid"));
    }
    let members = [
        "routing_key",
        "event_action",
        "dedup_key",
        "client",
        "client_url",
        "links",
        "images",
        "payload",
    ];
    expect_members(&event, &members)?;
    expect(call.text.len() <= 512 * 1024, || {
        "longer than 512 KiB".to_owned()
    })?;
    expect_text(&event["dedup_key"], "dedup_key", 255)?;
    let key = event["dedup_key"].as_str().unwrap_or_default().to_owned();
    let mut incidents = incidents.lock().unwrap_or_else(PoisonError::into_inner);
    match event["event_action"].as_str().unwrap_or_default() {
        "trigger" => {
            let payload = &event["payload"];
            expect_text(&payload["summary"], "payload.summary", 1024)?;
            expect_text(&payload["source"], "payload.source", 1024)?;
            let incident = incidents.entry(key.clone()).or_default();
            if incident.opened == 0 || incident.status == "resolved" {
                incident.status = "triggered";
                incident.opened += 1;
            }
            incident.payload = payload.clone();
            incident.url = event["client_url"].clone();
        }
        "acknowledge" => {
            if let Some(incident) = incidents.get_mut(&key)
                && incident.status == "triggered"
            {
                incident.status = "acknowledged";
            }
        }
        "resolve" => {
            if let Some(incident) = incidents.get_mut(&key) {
                incident.status = "resolved";
            }
        }
        other => return Err(format!("event_action: {other}")),
    }
    let body = json!({ "status": "success", "message": "Event processed", "dedup_key": key });
    Ok(Reply::json(202, &body))
}
