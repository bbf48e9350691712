//! PagerDuty: somebody is paged for a ticket (Events API v2). Pure: what is to be done becomes an event, an answer becomes a verdict.
//!
//! Everything is said under a key of the ticket's own (`dedup_key`), so that what is said twice is one incident.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Fault, Seen, brief,
    paging::{self, Deed, Page, Step},
    secret::Secrets,
    teller::{self, Heard, News, Request, TEST, Teller, Telling, Told},
};
use crate::{cutting::cut, outbound::Reply};

/// The name of the secret that says for which service an event is.
pub const ROUTING_KEY: &str = "routing_key";

/// Longest summary, by their description.
const SUMMARY_MOST_CHARS: usize = 1024;
/// Most of what a requester wrote that goes into an event: of the 512 KiB that one may have, hardly anything.
const DESCRIPTION_MOST_CHARS: usize = 4000;
/// How long a routing key is.
const ROUTING_KEY_CHARS: usize = 32;
/// What a severity is called there.
const SEVERITIES: [&str; 4] = ["critical", "error", "warning", "info"];

/// The section, as it is written; the fields are described in `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "config.default.toml is the manual; a second text would drift"
)]
pub struct Settings {
    #[serde(default = "their_url")]
    pub base_url: String,
    #[serde(default = "critical")]
    pub severity: String,
    #[serde(default)]
    pub severities: BTreeMap<String, String>,
    #[serde(default = "yes")]
    pub page_when_late: bool,
    #[serde(default)]
    pub include_content: bool,
    #[serde(default)]
    pub include_requester: bool,
}

fn their_url() -> String {
    "https://events.pagerduty.com".to_owned()
}

fn critical() -> String {
    "critical".to_owned()
}

const fn yes() -> bool {
    true
}

impl Settings {
    /// Every fault, with the key it is at.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let address = teller::fault_of_address("pagerduty.base_url", &self.base_url);
        let mut faults: Vec<String> = address.into_iter().collect();
        let own = ("severity".to_owned(), &self.severity);
        let each = self.severities.iter();
        let each = each.map(|(priority, severity)| (format!("severities.{priority}"), severity));
        for (key, severity) in each.chain([own]) {
            if !SEVERITIES.contains(&severity.as_str()) {
                let known = SEVERITIES.join(", ");
                faults.push(format!(
                    "pagerduty.{key}: \"{severity}\" is none of {known}"
                ));
            }
        }
        faults
    }

    fn severity_of(&self, news: &News<'_>) -> &str {
        let priority = news.ticket.priority.as_ref();
        let own = priority.and_then(|priority| self.severities.get(priority));
        own.unwrap_or(&self.severity)
    }

    fn event(&self, news: &News<'_>, step: &Step) -> Value {
        let mut event = json!({
            "event_action": step.deed.as_str(),
            "dedup_key": step.page.key(news, '/'),
        });
        if step.deed == Deed::Trigger {
            event["client"] = json!("Cornerdesk");
            if let Some(url) = news.desk_url {
                event["client_url"] = json!(url);
                event["links"] = json!([{ "href": url, "text": "Open the ticket" }]);
            }
            event["payload"] = self.payload(news, step.page);
        }
        event
    }

    fn payload(&self, news: &News<'_>, page: Page) -> Value {
        let subject = brief::subject(news, self.include_content);
        let summary = match page {
            Page::Ticket => subject,
            Page::Late => format!("The first answer is late: {subject}"),
        };
        let mut details = Map::new();
        for (title, value) in brief::facts(news) {
            details.insert(title.to_lowercase(), json!(value));
        }
        let ticket = news.ticket;
        details.insert("reference".to_owned(), json!(ticket.reference.to_string()));
        details.insert(
            "received at".to_owned(),
            json!(ticket.received_at.to_string()),
        );
        if let Some(due_at) = news.due_at {
            details.insert("first answer due".to_owned(), json!(due_at.to_string()));
        }
        if self.include_content {
            let text = cut(&ticket.description, DESCRIPTION_MOST_CHARS);
            details.insert("description".to_owned(), json!(text));
        }
        if self.include_requester {
            details.insert("requester".to_owned(), json!(brief::requester(news)));
        }
        let mut payload = json!({
            "summary": cut(&summary, SUMMARY_MOST_CHARS),
            "source": news.site,
            "severity": self.severity_of(news),
            "component": news.site,
            "custom_details": details,
        });
        if let Some(category) = news.category {
            payload["class"] = json!(category);
        }
        payload
    }
}

/// Why this is no routing key.
#[must_use]
pub fn fault_of_routing_key(text: &str) -> Option<String> {
    let is_key =
        text.len() == ROUTING_KEY_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (!is_key).then(|| {
        format!(
            "a routing key has {ROUTING_KEY_CHARS} letters and digits: it is the \"Integration Key\" of an integration \"Events API V2\""
        )
    })
}

impl Teller for Settings {
    fn with_content(&self) -> bool {
        false
    }

    fn next(&self, news: &News<'_>, told: Option<&Told>) -> Option<Telling> {
        let severity = self.severity_of(news);
        let step = paging::next(news, told, severity, self.page_when_late)?;
        let event = self.event(news, &step);
        Some(step.saying(String::new(), event))
    }

    fn trial(&self, destination: &str, now: Timestamp) -> Telling {
        let body = json!({
            "event_action": "trigger",
            "dedup_key": format!("cornerdesk/test/{destination}"),
            "client": "Cornerdesk",
            "payload": {
                "summary": "This is a test of Cornerdesk. It is about no ticket; resolve it.",
                "source": "cornerdesk",
                "severity": "info",
                "timestamp": now.to_string(),
            },
        });
        Telling {
            what: TEST,
            method: String::new(),
            body,
            then: Told::default(),
            is_needed: true,
        }
    }

    fn request(&self, telling: &Telling, secrets: &Secrets) -> Result<Request, Fault> {
        let key = teller::needed(secrets, ROUTING_KEY)?;
        let url = teller::below(&self.base_url, "v2/enqueue")?;
        let mut body = telling.body.clone();
        body["routing_key"] = json!(key);
        Ok(Request::json(url, &body))
    }

    fn verdict(&self, _: &Telling, reply: &Reply, now: Timestamp) -> Result<Heard, Fault> {
        let seen = Seen::new(reply.status, reply.header("x-request-id"));
        if teller::is_taken(reply, &seen, now)? {
            return Ok(Heard { seen, remote: None });
        }
        let said = teller::json_of(reply).to_string();
        let fault = match reply.status {
            400 if said.contains(ROUTING_KEY) => Fault::disabled(
                "it does not know the routing key (400). Give it the \"Integration Key\" of its integration \"Events API V2\" by `cornerdesk destination secret`, then let it go on",
            ),
            400 | 413 | 422 => Fault::never(format!(
                "it takes no such event ({}): this is a fault of ours",
                reply.status
            )),
            status => Fault::disabled(format!(
                "it answers {status}: nobody takes events there. Look at pagerduty.base_url (accounts in Europe: https://events.eu.pagerduty.com) and at the routing key, then let it go on"
            )),
        };
        Err(fault.seen(seen))
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use crate::destination::{Verdict, teller::tests_of::news};

    fn settings(text: &str) -> Settings {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn every_fault_names_its_key() {
        assert!(settings("").faults().is_empty());
        let bad = settings("base_url = 'x'\nseverity = 'bad'\nseverities = { P1 = 'worse' }");
        let faults = bad.faults().join("\n");
        for key in [
            "pagerduty.base_url",
            "pagerduty.severity:",
            "pagerduty.severities.P1",
        ] {
            assert!(faults.contains(key), "{faults}");
        }
        assert!(fault_of_routing_key(&"a1".repeat(16)).is_none());
        assert!(fault_of_routing_key("hunter2").is_some());
    }

    #[test]
    fn an_event_names_nobody_unless_it_is_asked_to() {
        news(|news| {
            let plain = settings("").next(news, None).unwrap().body;
            assert_eq!(plain["event_action"], "trigger");
            let text = plain.to_string();
            for canary in [
                "canary-summary",
                "canary-description",
                "canary@",
                "Canary Name",
            ] {
                assert!(!text.contains(canary), "{text}");
            }
            let whole = settings("include_content = true\ninclude_requester = true");
            let whole = whole.next(news, None).unwrap().body;
            let summary = whole["payload"]["summary"].as_str().unwrap();
            assert!(summary.contains("canary-summary") && summary.chars().count() <= 1024);
            assert_eq!(
                whole["payload"]["custom_details"]["requester"],
                "Canary Name, canary@example.com"
            );
        });
    }

    #[test]
    fn an_answer_says_what_follows() {
        let verdict = |status: u16, body: &str| {
            let reply = Reply {
                status,
                headers: HeaderMap::new(),
                body: body.into(),
            };
            let telling = settings("").trial("a", Timestamp::UNIX_EPOCH);
            settings("").verdict(&telling, &reply, Timestamp::UNIX_EPOCH)
        };
        assert!(verdict(202, "{}").is_ok());
        let of = |status, body: &str| verdict(status, body).unwrap_err().verdict;
        let unknown = r#"{"status":"invalid event","errors":["'routing_key' is invalid"]}"#;
        assert_eq!(of(400, unknown), Verdict::Disabled);
        assert_eq!(
            of(400, r#"{"errors":["'payload' is missing"]}"#),
            Verdict::Never
        );
        assert_eq!((of(429, ""), of(503, "")), (Verdict::Later, Verdict::Later));
        assert_eq!(
            (of(403, ""), of(404, "")),
            (Verdict::Disabled, Verdict::Disabled)
        );
    }
}
