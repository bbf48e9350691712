//! What a monitoring system says: Alertmanager's webhook (version 4), or one alarm in a form of our own. Pure.

use std::collections::BTreeMap;

use cornerdesk_shared::{
    limits::Limits,
    validation::{clean_line, clean_text},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::hexadecimal::hex;

/// Longest key of an alarm, in characters.
const KEY_MOST_CHARS: usize = 200;
/// Longest severity, in characters.
const SEVERITY_MOST_CHARS: usize = 40;
/// As many alarms of one message are looked at; more count as left out.
pub const NOTICES_MOST: usize = 1000;

/// The body of a request, as far as it matters.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Body {
    /// The webhook of Prometheus Alertmanager.
    Alertmanager(Alertmanager),
    /// One alarm of anything else.
    Own(Own),
}

/// What Alertmanager sends (`webhook_configs`), as far as it matters.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Alertmanager {
    /// `4`.
    #[serde(default)]
    #[schema(example = "4")]
    version: Option<String>,
    /// How many alarms it left out (`max_alerts`).
    #[serde(default, rename = "truncatedAlerts")]
    left_out: u64,
    /// The alarms of a group.
    alerts: Vec<Alert>,
}

/// An alarm as Alertmanager sends it.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Alert {
    /// Whether it is firing.
    status: Status,
    /// What tells it from others. `alertname` and `severity` are known here.
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// What people read. `summary` and `description` are known here.
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    /// Since when (RFC 3339).
    #[serde(default, rename = "startsAt")]
    starts_at: Option<String>,
    /// Where it comes from.
    #[serde(default, rename = "generatorURL")]
    generator_url: Option<String>,
    /// A digest of its labels.
    #[serde(default)]
    fingerprint: Option<String>,
}

/// One alarm of anything else than Alertmanager.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Own {
    /// What tells it from others: the same alarm has the same key each time.
    #[schema(min_length = 1, max_length = 200)]
    key: String,
    /// What is wrong, in a line. May be left out when it is over.
    #[serde(default)]
    #[schema(max_length = 200)]
    summary: String,
    /// What else there is to say.
    #[serde(default)]
    description: String,
    /// How grave it is, in the words of the monitoring system.
    #[serde(default)]
    #[schema(max_length = 40)]
    severity: Option<String>,
    /// Whether it is firing; it is when this is left out.
    #[serde(default)]
    status: Status,
}

/// Whether an alarm is firing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Something is wrong.
    #[default]
    Firing,
    /// It is over.
    Resolved,
}

/// An alarm as we take it: cleaned, and no longer than a ticket may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What tells it from others of its monitoring system.
    pub key: String,
    /// Whether it is firing.
    pub is_firing: bool,
    /// One line.
    pub summary: String,
    /// Plain text.
    pub description: String,
    /// How grave it is, in the words of the monitoring system.
    pub severity: Option<String>,
}

/// What a request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The alarms, each key once: as it was said last.
    pub notices: Vec<Notice>,
    /// How many more there were.
    pub left_out: u64,
}

/// Reads a body.
///
/// # Errors
/// What is wrong with it: sentences for whoever sends it.
pub fn read(body: &[u8], limits: &Limits) -> Result<Message, String> {
    let value: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| format!("The body is no JSON: {error}."))?;
    // Not by trying one after the other: what is wrong is to be said of the form that was meant.
    if value.get("alerts").is_some() {
        let webhook = serde_json::from_value(value)
            .map_err(|error| format!("This is no webhook of Alertmanager: {error}."))?;
        of_alertmanager(webhook, limits)
    } else {
        let own = serde_json::from_value(value).map_err(|error| {
            format!("This is neither a webhook of Alertmanager, which has alerts, nor an alarm with a key: {error}.")
        })?;
        of_own(&own, limits)
    }
}

fn of_own(own: &Own, limits: &Limits) -> Result<Message, String> {
    let mut faults = Vec::new();
    let key = clean_line(&own.key);
    if key.is_empty() || key.chars().count() > KEY_MOST_CHARS {
        faults.push(format!("key: 1 to {KEY_MOST_CHARS} characters."));
    }
    let is_firing = own.status == Status::Firing;
    let summary = line(&own.summary, limits);
    if summary.is_empty() && is_firing {
        faults.push("summary: say in a line what is wrong.".to_owned());
    }
    if !faults.is_empty() {
        return Err(faults.join(" "));
    }
    let notice = Notice {
        key,
        is_firing,
        summary,
        description: text(&own.description, limits),
        severity: own.severity.as_deref().and_then(severity),
    };
    Ok(Message {
        notices: vec![notice],
        left_out: 0,
    })
}

fn of_alertmanager(webhook: Alertmanager, limits: &Limits) -> Result<Message, String> {
    if let Some(version) = webhook.version.filter(|version| version != "4") {
        return Err(format!(
            "version: {version:?}; webhooks of Alertmanager are understood in version \"4\"."
        ));
    }
    let mut at = BTreeMap::new();
    let mut notices: Vec<Notice> = Vec::new();
    for alert in &webhook.alerts {
        let notice = of_alert(alert, limits);
        match at.get(&notice.key) {
            Some(place) => notices[*place] = notice,
            None => {
                at.insert(notice.key.clone(), notices.len());
                notices.push(notice);
            }
        }
    }
    // What is over frees nobody's hands: the ones that fire come first.
    notices.sort_by_key(|notice| !notice.is_firing);
    let beyond = notices.len().saturating_sub(NOTICES_MOST);
    notices.truncate(NOTICES_MOST);
    Ok(Message {
        notices,
        left_out: webhook.left_out.saturating_add(beyond as u64),
    })
}

fn of_alert(alert: &Alert, limits: &Limits) -> Notice {
    let label = |name: &str| alert.labels.get(name).map(String::as_str);
    let said = |name: &str| alert.annotations.get(name).map(String::as_str);
    let summary = [said("summary"), said("title"), label("alertname")];
    let mut summaries = summary.into_iter().flatten().map(|text| line(text, limits));
    let summary = summaries.find(|text| !text.is_empty());
    Notice {
        key: key_of(alert),
        is_firing: alert.status == Status::Firing,
        summary: summary.unwrap_or_else(|| "Alarm without a name".to_owned()),
        description: text(&description_of(alert), limits),
        severity: label("severity").and_then(severity),
    }
}

/// Its fingerprint; else a digest of its labels, which tell it from others.
fn key_of(alert: &Alert) -> String {
    let given = clean_line(alert.fingerprint.as_deref().unwrap_or_default());
    if !given.is_empty() && given.chars().count() <= KEY_MOST_CHARS {
        return given;
    }
    let mut digest = Sha256::new();
    for (name, value) in &alert.labels {
        for part in [name, value] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
    }
    hex(&digest.finalize())
}

/// What people are told, then what else there is: one thing a line.
fn description_of(alert: &Alert) -> String {
    let described = ["description", "message"];
    let told = described
        .iter()
        .find_map(|name| alert.annotations.get(*name));
    let mut lines: Vec<String> = told.into_iter().cloned().collect();
    if !lines.is_empty() {
        lines.push(String::new());
    }
    let further = alert.annotations.iter().filter(|(name, _)| {
        !["summary", "title"].contains(&name.as_str()) && !described.contains(&name.as_str())
    });
    for (name, value) in further.chain(&alert.labels) {
        lines.push(format!("{name}: {value}"));
    }
    if let Some(since) = &alert.starts_at {
        lines.push(format!("Since: {since}"));
    }
    if let Some(url) = alert.generator_url.as_ref().filter(|url| !url.is_empty()) {
        lines.push(format!("From: {url}"));
    }
    lines.join("\n")
}

fn line(text: &str, limits: &Limits) -> String {
    clean_line(text)
        .chars()
        .take(limits.summary_chars as usize)
        .collect()
}

fn text(text: &str, limits: &Limits) -> String {
    clean_text(text)
        .chars()
        .take(limits.description_chars as usize)
        .collect()
}

fn severity(text: &str) -> Option<String> {
    let severity: String = clean_line(text).chars().take(SEVERITY_MOST_CHARS).collect();
    (!severity.is_empty()).then_some(severity)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(body: &serde_json::Value) -> Result<Message, String> {
        read(body.to_string().as_bytes(), &Limits::default())
    }

    #[test]
    fn a_webhook_of_alertmanager_is_its_alarms() {
        let body = json!({ "version": "4", "groupKey": "{}", "truncatedAlerts": 3, "status": "firing", "receiver": "x", "alerts": [
            { "status": "resolved", "labels": { "alertname": "Gone" }, "fingerprint": "b" },
            { "status": "firing", "labels": { "alertname": "DiskFull", "severity": "critical", "instance": "db1" },
              "annotations": { "summary": "Disk of\u{0}\ndb1 is full", "description": "95 %", "runbook_url": "https://r.example" },
              "startsAt": "2026-03-03T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "https://p.example/graph", "fingerprint": "a" },
        ] });
        let message = message(&body).unwrap();
        assert_eq!(message.left_out, 3);
        let [full, gone] = &message.notices[..] else {
            panic!("{message:?}");
        };
        assert_eq!((full.key.as_str(), full.is_firing), ("a", true));
        assert_eq!(full.summary, "Disk of db1 is full");
        assert_eq!(full.severity.as_deref(), Some("critical"));
        assert_eq!(
            full.description,
            "95 %\n\nrunbook_url: https://r.example\nalertname: DiskFull\ninstance: db1\nseverity: critical\nSince: 2026-03-03T10:00:00Z\nFrom: https://p.example/graph"
        );
        assert_eq!((gone.summary.as_str(), gone.is_firing), ("Gone", false));
    }

    #[test]
    fn an_alarm_without_a_fingerprint_is_known_by_its_labels_and_one_key_stands_once() {
        let alert =
            |name: &str, status: &str| json!({ "status": status, "labels": { "alertname": name } });
        let body = json!({ "alerts": [alert("A", "firing"), alert("B", "firing"), alert("A", "resolved")] });
        let notices = message(&body).unwrap().notices;
        let said: Vec<_> = notices
            .iter()
            .map(|one| (one.summary.as_str(), one.is_firing))
            .collect();
        assert_eq!(said, [("B", true), ("A", false)]);
        assert_eq!(notices[0].key.len(), 64);
    }

    #[test]
    fn what_is_beyond_the_most_counts_as_left_out() {
        let alerts: Vec<_> = (0..NOTICES_MOST + 7)
            .map(|number| json!({ "status": "firing", "fingerprint": number.to_string() }))
            .collect();
        let message = message(&json!({ "alerts": alerts })).unwrap();
        assert_eq!((message.notices.len(), message.left_out), (NOTICES_MOST, 7));
    }

    #[test]
    fn an_alarm_of_our_own_form_needs_a_key_and_says_what_is_wrong() {
        let own = message(&json!({ "key": "disk", "summary": "Full" })).unwrap();
        assert!(own.notices[0].is_firing);
        let over = message(&json!({ "key": "disk", "status": "resolved" })).unwrap();
        assert!(!over.notices[0].is_firing);
        for (body, said) in [
            (
                json!({ "key": " ", "summary": "" }),
                "key: 1 to 200 characters. summary:",
            ),
            (json!({ "key": "k".repeat(201), "summary": "x" }), "key:"),
            (json!({ "summary": "x" }), "key"),
            (
                json!({ "key": "k", "summary": "x", "state": "firing" }),
                "state",
            ),
            (
                json!({ "key": "k", "summary": "x", "status": "maybe" }),
                "maybe",
            ),
            (json!({ "version": "3", "alerts": [] }), "version"),
            (json!({ "alerts": [{ "labels": {} }] }), "status"),
            (json!([]), "alerts"),
        ] {
            let fault = message(&body).unwrap_err();
            assert!(fault.contains(said), "{fault}");
        }
        assert!(read(b"nonsense", &Limits::default()).is_err());
    }
}
