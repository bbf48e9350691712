//! JSM Operations (and Opsgenie, which it follows): an alert for a ticket. Pure: what is to be done becomes a call, an answer becomes a verdict.
//!
//! Everything is said under a name of the ticket's own (`alias`), so that what is said twice is one alert.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reqwest::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Fault, Seen, brief,
    paging::{self, Deed, Page, Step},
    secret::Secrets,
    teller::{self, Heard, News, Request, TEST, Teller, Telling, Told},
};
use crate::{cutting::cut, outbound::Reply};

/// The name of the secret that they know us by.
pub const API_KEY: &str = "api_key";

/// Longest line that is read out to whoever is paged.
const MESSAGE_MOST_CHARS: usize = 130;
/// Longest text: of the 15,000 that they take, enough to see what it is about.
const DESCRIPTION_MOST_CHARS: usize = 4000;
/// Longest name of where it comes from.
const SOURCE_MOST_CHARS: usize = 100;
/// Their priorities.
const PRIORITIES: [&str; 5] = ["P1", "P2", "P3", "P4", "P5"];
/// Most of their tags and teams.
const LIST_MOST: usize = 20;

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
    #[serde(default = "first")]
    pub priority: String,
    #[serde(default)]
    pub priorities: BTreeMap<String, String>,
    #[serde(default)]
    pub teams: Vec<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default = "yes")]
    pub page_when_late: bool,
    #[serde(default)]
    pub include_content: bool,
    #[serde(default)]
    pub include_requester: bool,
}

fn their_url() -> String {
    "https://api.atlassian.com/jsm/ops/integration/v2".to_owned()
}

fn first() -> String {
    "P1".to_owned()
}

const fn yes() -> bool {
    true
}

impl Settings {
    /// Every fault, with the key it is at.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let address = teller::fault_of_address("jsm_operations.base_url", &self.base_url);
        let mut faults: Vec<String> = address.into_iter().collect();
        let own = ("priority".to_owned(), &self.priority);
        let each = self.priorities.iter();
        let each = each.map(|(ours, theirs)| (format!("priorities.{ours}"), theirs));
        for (key, theirs) in each.chain([own]) {
            if !PRIORITIES.contains(&theirs.as_str()) {
                let known = PRIORITIES.join(", ");
                faults.push(format!(
                    "jsm_operations.{key}: \"{theirs}\" is none of {known}"
                ));
            }
        }
        for (key, list) in [("teams", &self.teams), ("tags", &self.tags)] {
            if list.len() > LIST_MOST || list.iter().any(String::is_empty) {
                faults.push(format!(
                    "jsm_operations.{key}: {LIST_MOST} at most, none of them empty"
                ));
            }
        }
        faults
    }

    fn priority_of(&self, news: &News<'_>) -> &str {
        let ours = news.ticket.priority.as_ref();
        let theirs = ours.and_then(|ours| self.priorities.get(ours));
        theirs.unwrap_or(&self.priority)
    }

    fn alert(&self, news: &News<'_>, page: Page) -> Value {
        let subject = brief::subject(news, self.include_content);
        let message = match page {
            Page::Ticket => subject,
            Page::Late => format!("The first answer is late: {subject}"),
        };
        let ticket = news.ticket;
        let mut lines: Vec<String> = news.desk_url.map(ToOwned::to_owned).into_iter().collect();
        let mut more = Map::new();
        let mut put = |title: &str, value: &str| {
            more.insert(title.to_lowercase(), json!(value));
        };
        for (title, value) in brief::facts(news) {
            put(title, &value);
        }
        put("reference", &ticket.reference.to_string());
        put("received at", &ticket.received_at.to_string());
        if let Some(due_at) = news.due_at {
            put("first answer due", &due_at.to_string());
            lines.push(format!(
                "The first answer is due: {}",
                brief::due_words(due_at)
            ));
        }
        if self.include_requester {
            lines.push(format!("Requester: {}", brief::requester(news)));
        }
        if self.include_content {
            lines.push(cut(&ticket.description, DESCRIPTION_MOST_CHARS));
        }
        let mut alert = json!({
            "message": brief::one_line(&message, MESSAGE_MOST_CHARS),
            "alias": page.key(news, '-'),
            "description": lines.join("\n"),
            "entity": ticket.reference.to_string(),
            "source": brief::one_line(&format!("Cornerdesk, {}", news.site), SOURCE_MOST_CHARS),
            "priority": self.priority_of(news),
            "extraProperties": more,
        });
        self.address(&mut alert);
        alert
    }

    /// Whom it is for.
    fn address(&self, alert: &mut Value) {
        if !self.teams.is_empty() {
            let team = |id: &String| json!({ "id": id, "type": "team" });
            alert["responders"] = self.teams.iter().map(team).collect();
        }
        if !self.tags.is_empty() {
            alert["tags"] = json!(self.tags);
        }
    }

    fn call(&self, news: &News<'_>, step: &Step) -> (String, Value) {
        // Letters, digits and "-", all of it.
        let alias = step.page.key(news, '-');
        let about = |deed: &str| format!("alerts/{alias}/{deed}?identifierType=alias");
        let source = json!({ "source": "Cornerdesk" });
        match step.deed {
            Deed::Trigger => ("alerts".to_owned(), self.alert(news, step.page)),
            Deed::Acknowledge => (about("acknowledge"), source),
            Deed::Resolve => (about("close"), source),
        }
    }
}

/// Why this is no key.
#[must_use]
pub fn fault_of_api_key(text: &str) -> Option<String> {
    let is_key = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    (!is_key).then(|| "an API key has no spaces: paste it as the integration shows it".to_owned())
}

impl Teller for Settings {
    fn with_content(&self) -> bool {
        false
    }

    fn next(&self, news: &News<'_>, told: Option<&Told>) -> Option<Telling> {
        // An alert keeps the priority that it was made with: saying it again would only count it.
        let step = paging::next(news, told, "", self.page_when_late)?;
        let (method, body) = self.call(news, &step);
        Some(step.saying(method, body))
    }

    fn trial(&self, destination: &str, _: Timestamp) -> Telling {
        let mut body = json!({
            "message": "This is a test of Cornerdesk. It is about no ticket; close it.",
            "alias": format!("cornerdesk-test-{destination}"),
            "source": "Cornerdesk",
            "priority": "P5",
        });
        self.address(&mut body);
        Telling {
            what: TEST,
            method: "alerts".to_owned(),
            body,
            then: Told::default(),
            is_needed: true,
        }
    }

    fn request(&self, telling: &Telling, secrets: &Secrets) -> Result<Request, Fault> {
        let key = teller::needed(secrets, API_KEY)?;
        let url = teller::below(&self.base_url, &telling.method)?;
        let mut request = Request::json(url, &telling.body);
        let value = teller::secret_header(&format!("GenieKey {key}"), API_KEY)?;
        request.headers.insert(AUTHORIZATION, value);
        Ok(request)
    }

    fn verdict(&self, telling: &Telling, reply: &Reply, now: Timestamp) -> Result<Heard, Fault> {
        let said = teller::json_of(reply);
        let id = said["requestId"].as_str();
        let seen = Seen::new(reply.status, id.or_else(|| reply.header("x-request-id")));
        if teller::is_taken(reply, &seen, now)? {
            return Ok(Heard { seen, remote: None });
        }
        // Somebody deleted the alert: it is as over as it can be.
        if reply.status == 404 && telling.method.contains("identifierType") {
            return Ok(Heard { seen, remote: None });
        }
        let fault = match reply.status {
            401 | 403 => Fault::disabled(format!(
                "it does not take the API key ({}). Give it the key of its API integration by `cornerdesk destination secret`, and see that the integration is turned on and may create alerts; then let it go on",
                reply.status
            )),
            404 | 410 => Fault::disabled(format!(
                "it answers {}: nobody takes alerts there. Look at jsm_operations.base_url, then let it go on",
                reply.status
            )),
            status => Fault::never(format!(
                "it takes no such alert ({status}): look at jsm_operations.teams and jsm_operations.tags"
            )),
        };
        Err(fault.seen(seen))
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use crate::{
        config::Secret,
        destination::{Verdict, teller::tests_of::news},
    };

    fn settings(text: &str) -> Settings {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn every_fault_names_its_key() {
        assert!(settings("").faults().is_empty());
        let bad =
            settings("base_url = ''\npriority = 'high'\npriorities = { S1 = '1' }\nteams = ['']");
        let faults = bad.faults().join("\n");
        for key in ["base_url", "priority:", "priorities.S1", "teams"] {
            assert!(
                faults.contains(&format!("jsm_operations.{key}")),
                "{faults}"
            );
        }
    }

    #[test]
    fn an_alert_is_short_enough_and_names_nobody_unless_it_is_asked_to() {
        news(|news| {
            let plain = settings("teams = ['t-1']").next(news, None).unwrap();
            let text = plain.body.to_string();
            for canary in [
                "canary-summary",
                "canary-description",
                "canary@",
                "Canary Name",
            ] {
                assert!(!text.contains(canary), "{text}");
            }
            assert_eq!(plain.body["responders"][0]["type"], "team");
            let whole = settings("include_content = true\ninclude_requester = true");
            let whole = whole.next(news, None).unwrap().body;
            assert!(whole["message"].as_str().unwrap().chars().count() <= 130);
            let text = whole["description"].as_str().unwrap();
            assert!(text.contains("canary-description") && text.contains("canary@example.com"));
        });
    }

    #[test]
    fn the_key_goes_into_a_header_and_the_alias_into_the_address() {
        let secrets = Secrets::from([(API_KEY.to_owned(), Secret::new("k-1".into()))]);
        news(|news| {
            let settings = settings("");
            let first = settings.next(news, None).unwrap();
            let request = settings.request(&first, &secrets).unwrap();
            assert_eq!(request.headers["authorization"], "GenieKey k-1");
            assert!(!request.body.contains("k-1"));
            let over = News {
                is_wanted: false,
                ..*news
            };
            let close = settings.next(&over, Some(&first.then)).unwrap();
            let url = settings.request(&close, &secrets).unwrap().url;
            let alias = first.body["alias"].as_str().unwrap();
            assert!(
                url.as_str()
                    .ends_with(&format!("/v2/alerts/{alias}/close?identifierType=alias")),
                "{url}"
            );
            let gone = Reply {
                status: 404,
                headers: HeaderMap::new(),
                body: Vec::new(),
            };
            assert!(
                settings
                    .verdict(&close, &gone, Timestamp::UNIX_EPOCH)
                    .is_ok()
            );
            let fault = settings
                .verdict(&first, &gone, Timestamp::UNIX_EPOCH)
                .unwrap_err();
            assert_eq!(fault.verdict, Verdict::Disabled);
        });
    }
}
