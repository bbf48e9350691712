//! What Jira answers, read into what we speak of. Pure; what is not public is dropped here.

use jiff::Timestamp;
use serde::Deserialize;

use super::{settings::Settings, wiki};
use crate::{destination::SlaClock, ticket::Status};

/// A page of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// What is on it.
    #[serde(default = "Vec::new")]
    pub values: Vec<T>,
    /// Is it the last?
    #[serde(default)]
    pub is_last_page: bool,
}

/// A date; their ISO 8601 has no colon in the offset, so the number is read.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Date {
    epoch_millis: i64,
}

impl Date {
    /// As an instant.
    #[must_use]
    pub fn at(self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.epoch_millis).ok()
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Span {
    millis: i64,
}

/// A person over there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// In the cloud.
    pub account_id: Option<String>,
    /// In the data center.
    pub name: Option<String>,
    /// As others know them.
    pub display_name: Option<String>,
    /// Hidden where they want it so.
    pub email_address: Option<String>,
    /// May they sign in?
    #[serde(default)]
    pub active: Option<bool>,
}

impl User {
    /// What Jira knows them by.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.account_id.as_deref().or(self.name.as_deref())
    }
}

/// A desk.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Desk {
    /// Its id.
    pub id: String,
    /// The key of its project.
    pub project_key: String,
    /// What it is called.
    #[serde(default)]
    pub project_name: String,
}

/// A type of request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestType {
    /// Its id.
    pub id: String,
    /// What it is called.
    #[serde(default)]
    pub name: String,
    /// May the account make one? Not every Jira says.
    pub can_create_request: Option<bool>,
}

/// The form of a type of request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Form {
    /// May the account make one for somebody else?
    #[serde(default)]
    pub can_raise_on_behalf_of: bool,
    /// Its fields.
    #[serde(default)]
    pub request_type_fields: Vec<Field>,
}

/// A field of a form.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// Such as `summary` or `customfield_10050`.
    pub field_id: String,
    /// What it is called.
    #[serde(default)]
    pub name: String,
    /// Must it be filled?
    #[serde(default)]
    pub required: bool,
    /// What it can be filled with, where that is a list.
    #[serde(default)]
    pub valid_values: Vec<Choice>,
    /// What kind of field it is.
    #[serde(default)]
    pub jira_schema: Schema,
}

/// A value of a field.
#[derive(Clone, Debug, Deserialize)]
pub struct Choice {
    /// Its id.
    #[serde(default)]
    pub value: String,
    /// What it is called.
    #[serde(default)]
    pub label: String,
}

/// What kind of field it is.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Schema {
    /// Such as `string`, `option`, `array`.
    #[serde(default, rename = "type")]
    pub kind: String,
}

impl Form {
    /// The field with this id.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&Field> {
        let mut fields = self.request_type_fields.iter();
        fields.find(|field| field.field_id == id)
    }
}

/// A request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Stays when the request is moved.
    pub issue_id: String,
    /// Such as `HELP-7`.
    pub issue_key: String,
    /// For whom it is.
    #[serde(default)]
    pub reporter: User,
    /// Where it stands.
    pub current_status: Option<CurrentStatus>,
    #[serde(default, rename = "_links")]
    links: Links,
}

/// Where a request stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CurrentStatus {
    /// As the portal calls it.
    pub status: String,
    /// In the cloud.
    pub status_category: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Links {
    agent: Option<String>,
    web: Option<String>,
}

impl Request {
    /// Where staff open it; always below `base`, whatever an answer says.
    #[must_use]
    pub fn url(&self, base: &url::Url) -> String {
        let given = self.links.agent.as_ref().or(self.links.web.as_ref());
        let is_there = |url: &&String| url.starts_with(base.as_str());
        given
            .filter(is_there)
            .map_or_else(|| format!("{base}browse/{}", self.issue_key), String::clone)
    }
}

/// A comment.
#[derive(Clone, Debug, Deserialize)]
pub struct Comment {
    /// Its id.
    pub id: String,
    /// In their markup.
    #[serde(default)]
    pub body: String,
    /// Absent: not public.
    #[serde(default)]
    pub public: bool,
    /// Who wrote it.
    #[serde(default)]
    pub author: User,
    /// When.
    pub created: Option<Date>,
}

/// Who wrote a comment, as far as we tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// Our account.
    Us,
    /// For whom the request is.
    Requester,
    /// Somebody else: staff.
    Staff,
}

/// Something public that was said in Jira.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its id there.
    pub id: String,
    /// Who.
    pub writer: Writer,
    /// As others know them.
    pub author: String,
    /// Plain text.
    pub text: String,
    /// Names of the files that its text shows.
    pub files: Vec<String>,
    /// When.
    pub at: Option<Timestamp>,
}

/// What is public of the comments of a request.
#[must_use]
pub fn public(comments: &[Comment], ours: &str, reporter: Option<&str>) -> Vec<Said> {
    let public = comments.iter().filter(|comment| comment.public);
    let said = public.map(|comment| {
        let author = comment.author.id();
        let writer = if author == Some(ours) {
            Writer::Us
        } else if author.is_some() && author == reporter {
            Writer::Requester
        } else {
            Writer::Staff
        };
        let name = comment.author.display_name.as_deref().unwrap_or_default();
        Said {
            id: comment.id.clone(),
            writer,
            author: cornerdesk_shared::validation::clean_line(name),
            text: wiki::plain(&comment.body),
            files: wiki::files(&comment.body),
            at: comment.created.and_then(Date::at),
        }
    });
    said.filter(|said| !said.text.is_empty()).collect()
}

/// A file of a request.
#[derive(Clone, Debug, Deserialize)]
pub struct File {
    /// Its name.
    #[serde(default)]
    pub filename: String,
    /// Its size in bytes.
    #[serde(default)]
    pub size: u64,
    #[serde(default, rename = "_links")]
    links: FileLinks,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileLinks {
    jira_rest: Option<String>,
    content: Option<String>,
}

impl File {
    /// Its id, which stands in its addresses only.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        let links = [&self.links.jira_rest, &self.links.content];
        let mut links = links.into_iter().flatten();
        links.find_map(|link| {
            let mut parts = link.split('/').skip_while(|part| *part != "attachment");
            parts.find(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        })
    }
}

/// A clock of theirs.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sla {
    name: String,
    #[serde(default)]
    completed_cycles: Vec<Completed>,
    ongoing_cycle: Option<Ongoing>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Completed {
    breached: bool,
    goal_duration: Option<Span>,
    remaining_time: Option<Span>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ongoing {
    breach_time: Option<Date>,
    #[serde(default)]
    breached: bool,
    #[serde(default)]
    paused: bool,
    within_calendar_hours: Option<bool>,
    goal_duration: Option<Span>,
    remaining_time: Option<Span>,
}

impl Sla {
    /// The cycle that runs, or else the last one.
    #[must_use]
    pub fn clock(&self) -> Option<SlaClock> {
        let millis = |span: Option<Span>| span.map(|span| span.millis);
        if let Some(cycle) = &self.ongoing_cycle {
            // While it is paused, the instant that it names is none.
            let due = cycle.breach_time.filter(|_| !cycle.paused);
            return Some(SlaClock {
                metric: self.name.clone(),
                goal_ms: millis(cycle.goal_duration),
                due_at: due.and_then(Date::at),
                remaining_ms: millis(cycle.remaining_time),
                is_breached: cycle.breached,
                // Outside its hours it does not run either.
                is_paused: cycle.paused || cycle.within_calendar_hours == Some(false),
            });
        }
        let cycle = self.completed_cycles.last()?;
        Some(SlaClock {
            metric: self.name.clone(),
            goal_ms: millis(cycle.goal_duration),
            due_at: None,
            remaining_ms: millis(cycle.remaining_time),
            is_breached: cycle.breached,
            is_paused: false,
        })
    }
}

/// What a status of theirs is here: by its name where somebody wrote that down, else by its category.
#[must_use]
pub fn status_here(settings: &Settings, name: &str, category: Option<&str>) -> Option<Status> {
    let named = settings
        .statuses
        .iter()
        .find(|(theirs, _)| theirs.eq_ignore_ascii_case(name));
    if let Some((_, ours)) = named {
        return Status::from_name(ours);
    }
    // What Jira itself calls it in a new project.
    if name.eq_ignore_ascii_case("waiting for customer") {
        return Some(Status::Waiting);
    }
    match category.unwrap_or_default().to_ascii_lowercase().as_str() {
        "new" => Some(Status::New),
        "indeterminate" => Some(Status::Open),
        "done" => Some(Status::Solved),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings() -> Settings {
        toml::from_str(
            "base_url = \"https://acme.atlassian.net\"\naccount = \"a\"\ndesk = \"HELP\"\nrequest_type = \"25\"\n[statuses]\n\"Cancelled\" = \"closed\"",
        )
        .expect("settings")
    }

    #[test]
    fn only_what_says_that_it_is_public_is_public() {
        let comments: Vec<Comment> = serde_json::from_value(json!([
            { "id": "1", "body": "hello *you*", "public": true, "author": { "accountId": "agent", "displayName": "Ann\nAgent" }, "created": { "epochMillis": 1_444_290_120_000_i64 } },
            { "id": "2", "body": "canary", "public": false, "author": { "accountId": "agent" } },
            { "id": "3", "body": "canary", "author": { "accountId": "agent" } },
            { "id": "4", "body": "ours", "public": true, "author": { "accountId": "bot" } },
            { "id": "5", "body": "thanks", "public": true, "author": { "accountId": "cust" } },
            { "id": "6", "body": "!", "public": true },
            { "id": "7", "body": "", "public": true, "author": { "accountId": "agent" } },
        ]))
        .unwrap();
        let said = public(&comments, "bot", Some("cust"));
        let seen: Vec<_> = said
            .iter()
            .map(|said| (said.id.as_str(), said.writer))
            .collect();
        use Writer::{Requester, Staff, Us};
        assert_eq!(
            seen,
            [("1", Staff), ("4", Us), ("5", Requester), ("6", Staff)]
        );
        assert_eq!(said[0].author, "Ann Agent");
        assert_eq!(said[0].text, "hello *you*");
        assert_eq!(said[0].at.unwrap().to_string(), "2015-10-08T07:42:00Z");
    }

    #[test]
    fn a_due_time_is_shown_only_where_it_is_one() {
        let clock = |cycle: serde_json::Value| {
            let sla = json!({ "id": "1", "name": "First response", "completedCycles": [], "ongoingCycle": cycle });
            let sla: Sla = serde_json::from_value(sla).unwrap();
            sla.clock().unwrap()
        };
        let date = json!({ "epochMillis": 1_444_290_120_000_i64 });
        let goal = json!({ "millis": 14_400_000 });
        let running = clock(
            json!({ "breachTime": date, "breached": false, "paused": false, "withinCalendarHours": true, "goalDuration": goal, "remainingTime": { "millis": -5 } }),
        );
        assert!(running.due_at.is_some() && running.remaining_ms == Some(-5));
        let paused = clock(json!({ "breachTime": date, "breached": false, "paused": true }));
        assert!(paused.due_at.is_none() && paused.is_paused);
        let unknown = clock(json!({ "breached": true, "withinCalendarHours": false }));
        assert!(unknown.due_at.is_none() && unknown.is_breached && unknown.is_paused);
        let over: Sla = serde_json::from_value(
            json!({ "name": "x", "completedCycles": [{ "breached": true }, { "breached": false, "goalDuration": goal }] }),
        )
        .unwrap();
        let over = over.clock().unwrap();
        assert!(!over.is_breached && over.goal_ms.is_some() && over.due_at.is_none());
    }

    #[test]
    fn a_status_is_known_by_its_name_or_else_by_its_category() {
        let settings = settings();
        for (name, category, expected) in [
            ("Cancelled", Some("DONE"), Some(Status::Closed)),
            ("cancelled", None, Some(Status::Closed)),
            (
                "Waiting for customer",
                Some("INDETERMINATE"),
                Some(Status::Waiting),
            ),
            ("Anything", Some("NEW"), Some(Status::New)),
            ("Anything", Some("indeterminate"), Some(Status::Open)),
            ("Anything", Some("DONE"), Some(Status::Solved)),
            ("Anything", Some("UNDEFINED"), None),
            ("Anything", None, None),
        ] {
            assert_eq!(
                status_here(&settings, name, category),
                expected,
                "{name} {category:?}"
            );
        }
    }

    #[test]
    fn the_id_of_a_file_stands_in_its_addresses() {
        let id = |links: serde_json::Value| {
            let file: File =
                serde_json::from_value(json!({ "filename": "a", "size": 1, "_links": links }))
                    .unwrap();
            file.id().map(str::to_owned)
        };
        let rest = json!({ "jiraRest": "https://acme.atlassian.net/rest/api/2/attachment/10000" });
        assert_eq!(id(rest).as_deref(), Some("10000"));
        let cloud =
            json!({ "content": "https://acme.atlassian.net/rest/api/3/attachment/content/10001" });
        assert_eq!(id(cloud).as_deref(), Some("10001"));
        assert_eq!(id(json!({})), None);
    }

    #[test]
    fn a_link_leads_into_their_jira_and_nowhere_else() {
        let base = settings().base().unwrap();
        let url = |links: serde_json::Value| {
            let request: Request = serde_json::from_value(
                json!({ "issueId": "1", "issueKey": "HELP-1", "_links": links }),
            )
            .unwrap();
            request.url(&base)
        };
        let agent = "https://acme.atlassian.net/browse/HELP-1";
        assert_eq!(url(json!({ "agent": agent, "web": "x" })), agent);
        assert_eq!(url(json!({ "web": "https://evil.example/" })), agent);
        assert_eq!(url(json!({})), agent);
    }
}
