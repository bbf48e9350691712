//! An integration of JSM Operations that keeps its alerts, strict about what the documentation says of lengths and members.

use std::{
    collections::BTreeMap,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};

use crate::vendor_server::{
    self, Answered, Call, Reply, Vendor, expect, expect_members, expect_text,
};

/// The key of the integration.
pub const API_KEY: &str = "a1b2c3d4-0000-4000-8000-000000000001";
const BASE: &str = "/jsm/ops/integration/v2";

/// An alert, by its alias.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alert {
    /// `open`, `acked` or `closed`.
    pub status: &'static str,
    /// How many alerts of this alias there were.
    pub opened: usize,
    /// How often it was said again while it was open.
    pub count: usize,
    /// What was said of it.
    pub body: Value,
}

type Alerts = Arc<Mutex<BTreeMap<String, Alert>>>;

/// A JSM Operations for one test.
#[derive(Debug)]
pub struct JsmOperations {
    vendor: Vendor,
    alerts: Alerts,
}

impl Deref for JsmOperations {
    type Target = Vendor;

    fn deref(&self) -> &Vendor {
        &self.vendor
    }
}

impl JsmOperations {
    /// Opens the port.
    pub async fn start() -> Self {
        let alerts = Alerts::default();
        let kept = Arc::clone(&alerts);
        let vendor = Vendor::start(None, move |call| take(&kept, call)).await;
        Self { vendor, alerts }
    }

    /// Its section of the configuration, which knows this key.
    pub fn section(&self, key: &str, more: &str, settings: &str) -> String {
        let settings = format!("base_url = \"{}\"\n{settings}", self.base_url());
        vendor_server::section("jsm_operations", ("api_key", key), more, &settings)
    }

    /// Where its API is.
    pub fn base_url(&self) -> String {
        format!("{}{BASE}", self.url())
    }

    /// Its alerts by their aliases.
    pub fn alerts(&self) -> BTreeMap<String, Alert> {
        let kept = self.alerts.lock();
        kept.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn taken() -> Reply {
    let body = json!({ "result": "Request will be processed", "took": 0.1, "requestId": "43a29c5c-3dbf-4fa4-9c26-f4f71023e120" });
    Reply::json(202, &body)
}

fn take(alerts: &Alerts, call: &Call) -> Answered {
    if call.header("authorization") != format!("GenieKey {API_KEY}") {
        return Ok(Reply::json(
            403,
            &json!({ "message": "You are not authorized." }),
        ));
    }
    expect(
        call.header("content-type").starts_with("application/json"),
        || "the type of the body".to_owned(),
    )?;
    let path = call.path.strip_prefix(BASE).unwrap_or_default();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let mut alerts = alerts.lock().unwrap_or_else(PoisonError::into_inner);
    match (call.method.as_str(), parts.as_slice()) {
        ("POST", ["alerts"]) => {
            let body = call.json();
            create(&body)?;
            let alias = body["alias"].as_str().unwrap_or_default();
            let alert = alerts.entry(alias.to_owned()).or_default();
            if alert.opened == 0 || alert.status == "closed" {
                *alert = Alert {
                    status: "open",
                    opened: alert.opened + 1,
                    count: 1,
                    body,
                };
            } else {
                alert.count += 1;
            }
            Ok(taken())
        }
        ("POST", ["alerts", alias, deed @ ("acknowledge" | "close")]) => {
            expect(call.query == "identifierType=alias", || call.query.clone())?;
            expect_members(&call.json(), &["user", "source", "note"])?;
            if let Some(alert) = alerts.get_mut(*alias) {
                alert.status = if *deed == "close" { "closed" } else { "acked" };
            }
            Ok(taken())
        }
        _ => Err(format!("there is no {} {}", call.method, call.path)),
    }
}

/// What the documentation says of an alert.
fn create(body: &Value) -> Result<(), String> {
    let members = [
        "message",
        "alias",
        "description",
        "responders",
        "tags",
        "extraProperties",
        "entity",
        "source",
        "priority",
    ];
    expect_members(body, &members)?;
    expect_text(&body["message"], "message", 130)?;
    expect_text(&body["alias"], "alias", 512)?;
    for (name, most) in [("description", 15_000), ("entity", 512), ("source", 100)] {
        if !body[name].is_null() {
            expect_text(&body[name], name, most)?;
        }
    }
    let priorities = ["P1", "P2", "P3", "P4", "P5"];
    expect(
        body["priority"]
            .as_str()
            .is_some_and(|one| priorities.contains(&one)),
        || format!("priority: {}", body["priority"]),
    )?;
    let responders = body["responders"].as_array();
    for one in responders.into_iter().flatten() {
        expect_members(one, &["id", "type"])?;
    }
    let more = body["extraProperties"].as_object();
    let are_texts = more.is_none_or(|more| more.values().all(Value::is_string));
    expect(are_texts, || "extraProperties: texts alone".to_owned())
}
