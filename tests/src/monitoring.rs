//! A monitoring system: its token, and what it sends.

use serde_json::{Value, json};

use crate::{
    client::{Answer, Client},
    scratch,
};

/// The token of [`setting`].
pub const TOKEN: &str = "a-token-of-the-monitoring-0123456789";

/// Lines for the section of a site: a monitoring system named `prometheus` with these lines of its own.
pub fn setting(lines: &str) -> String {
    let file = scratch::folder("alerts").join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).expect("a file");
    format!(
        "[[sites.alerts]]\nname = \"prometheus\"\ntoken_file = {:?}\n{lines}",
        file.display().to_string()
    )
}

/// An alarm as Alertmanager sends it.
pub fn alert(fingerprint: &str, status: &str) -> Value {
    json!({
        "status": status, "fingerprint": fingerprint,
        "labels": { "alertname": "DiskFull", "instance": fingerprint, "severity": "critical" },
        "annotations": { "summary": format!("Disk of {fingerprint} is full"), "description": "It has 1 % left." },
        "startsAt": "2026-03-03T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "https://prometheus.example/graph",
    })
}

/// The webhook of Alertmanager with these alarms.
pub fn webhook(alerts: &[Value]) -> Value {
    json!({
        "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing", "receiver": "cornerdesk",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "https://alertmanager.example", "alerts": alerts,
    })
}

/// Sends a body with the token.
pub async fn send(client: &Client, body: &Value) -> Answer {
    let request = client.request("POST", &client.path("alerts"));
    let request = request.bearer_auth(TOKEN).json(body);
    Answer::of(request.send().await.expect("an answer")).await
}

/// Sends one alarm by Alertmanager's webhook; what became of it, and the reference of its ticket.
pub async fn tell(client: &Client, fingerprint: &str, status: &str) -> (String, String) {
    let answer = send(client, &webhook(&[alert(fingerprint, status)])).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let alarm = answer.json()["alarms"][0].clone();
    let text = |name: &str| alarm[name].as_str().unwrap_or_default().to_owned();
    (text("outcome"), text("reference"))
}
