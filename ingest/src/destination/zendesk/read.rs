//! What Zendesk answers, read into what we speak of. Pure; what is not public is dropped here.

use jiff::Timestamp;
use serde::Deserialize;

use crate::destination::{
    Comment, SlaClock,
    wording::{is_same, plain, text_of_html},
};

/// So many names of files are told of one text.
const FILES_MOST: usize = 20;

/// A ticket.
#[derive(Clone, Debug, Deserialize)]
pub struct Ticket {
    /// Its number.
    pub id: u64,
    /// What we called it.
    pub external_id: Option<String>,
    /// `new`, `open`, `pending`, `hold`, `solved`, `closed`: its kind, where an account has names of its own.
    #[serde(default)]
    pub status: String,
    /// Which of the account's own names.
    pub custom_status_id: Option<u64>,
    /// `urgent`, `high`, `normal`, `low`; nothing where nobody set one.
    pub priority: Option<String>,
    /// Whose it is.
    pub requester_id: Option<i64>,
    /// Changes with each change.
    #[serde(default)]
    pub updated_at: String,
    /// Its clocks, where they were asked for.
    #[serde(default)]
    pub slas: Slas,
}

/// The clocks of a ticket.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Slas {
    #[serde(default)]
    policy_metrics: Vec<Metric>,
}

#[derive(Clone, Debug, Deserialize)]
struct Metric {
    #[serde(default)]
    metric: String,
    #[serde(default)]
    stage: String,
    breach_at: Option<Timestamp>,
}

/// An answer with one ticket.
#[derive(Debug, Deserialize)]
pub struct OneTicket {
    /// The ticket.
    pub ticket: Ticket,
    /// What the call changed.
    #[serde(default)]
    pub audit: Audit,
}

/// What one call changed.
#[derive(Debug, Default, Deserialize)]
pub struct Audit {
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Debug, Deserialize)]
struct Event {
    id: u64,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

impl Audit {
    /// The comment that was made.
    #[must_use]
    pub fn comment(&self) -> Option<u64> {
        self.comment_event().map(|event| event.id)
    }

    /// The file that was put there.
    #[must_use]
    pub fn file(&self) -> Option<u64> {
        let files = &self.comment_event()?.attachments;
        files.first().map(|file| file.id)
    }

    fn comment_event(&self) -> Option<&Event> {
        self.events.iter().find(|event| event.kind == "Comment")
    }
}

/// Tickets.
#[derive(Debug, Default, Deserialize)]
pub struct Tickets {
    /// The tickets.
    #[serde(default)]
    pub tickets: Vec<Ticket>,
    /// Where the next page of an export begins.
    pub after_cursor: Option<String>,
    /// Is the export at its end?
    #[serde(default)]
    pub end_of_stream: bool,
    /// Is there a page more of a list?
    pub next_page: Option<String>,
}

/// Which of the tickets that carry a marker is ours: the first that was made.
#[must_use]
pub fn first(tickets: Vec<Ticket>, marker: &str) -> Option<Ticket> {
    let ours = (tickets.into_iter()).filter(|ticket| {
        ticket.external_id.as_deref() == Some(marker) && ticket.status != "deleted"
    });
    ours.min_by_key(|ticket| ticket.id)
}

/// A page of comments, with who wrote them.
#[derive(Debug, Deserialize)]
pub struct Comments {
    /// The comments, oldest first.
    #[serde(default)]
    pub comments: Vec<Said>,
    /// Who wrote them.
    #[serde(default)]
    pub users: Vec<User>,
    /// Is there more?
    #[serde(default)]
    pub meta: Meta,
}

/// Is there more?
#[derive(Debug, Default, Deserialize)]
pub struct Meta {
    /// There is.
    #[serde(default)]
    pub has_more: bool,
    /// And it begins here.
    pub after_cursor: Option<String>,
}

/// A comment.
#[derive(Clone, Debug, Deserialize)]
pub struct Said {
    /// Its id.
    pub id: u64,
    /// Who wrote it.
    pub author_id: Option<i64>,
    /// Absent: not public.
    #[serde(default)]
    pub public: bool,
    /// With markup, as it was written.
    #[serde(default)]
    pub html_body: String,
    /// Without.
    #[serde(default)]
    pub plain_body: String,
    /// With what they call Markdown.
    #[serde(default)]
    pub body: String,
    /// What is attached.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// When.
    pub created_at: Option<Timestamp>,
}

/// A file.
#[derive(Clone, Debug, Deserialize)]
pub struct Attachment {
    /// Its id.
    pub id: u64,
    /// Its name.
    #[serde(default)]
    pub file_name: String,
    /// How long it is.
    #[serde(default)]
    pub size: u64,
}

/// A person over there.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct User {
    /// Nothing: nobody signed in.
    pub id: Option<i64>,
    /// What colleagues call them.
    #[serde(default)]
    pub name: String,
    /// What customers are to call them, where that is another name.
    pub alias: Option<String>,
    /// `end-user`, `agent` or `admin`.
    #[serde(default)]
    pub role: String,
}

impl User {
    /// As requesters know them.
    #[must_use]
    pub fn public_name(&self) -> String {
        let alias = self.alias.as_deref().map(str::trim);
        let name = alias.filter(|alias| !alias.is_empty());
        cornerdesk_shared::validation::clean_line(name.unwrap_or(&self.name))
    }
}

impl Said {
    /// As a person reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let text = [&self.plain_body, &self.body];
        let text = text.into_iter().find(|text| !text.trim().is_empty());
        text.map_or_else(|| text_of_html(&self.html_body), |text| plain(text))
    }

    /// Does it say the same as a text in HTML?
    #[must_use]
    pub fn says(&self, html: &str) -> bool {
        is_same(&self.text(), &text_of_html(html))
    }
}

/// What is public of the comments of a ticket, by who wrote it.
#[derive(Debug, Default)]
pub struct Public {
    /// By agents, robots, us, and the requester.
    pub by_staff: Vec<Comment>,
    /// By other customers, such as a colleague in copy. It answers nobody here, and staff should know of it.
    pub by_customers: Vec<Comment>,
}

/// What is public of the comments of a ticket. The first of all is what the ticket was made with, whoever's it is. What this person says is the requester's own.
#[must_use]
pub fn public(
    comments: &[Said],
    users: &[User],
    (ours, person): (i64, Option<i64>),
    now: Timestamp,
) -> Public {
    let mut public = Public::default();
    for (number, said) in comments.iter().enumerate() {
        let text = said.text();
        if !said.public || text.is_empty() {
            continue;
        }
        let writer = users.iter().find(|user| user.id == said.author_id);
        let name = writer.map(User::public_name).unwrap_or_default();
        let is_ours = number == 0 || said.author_id == Some(ours);
        let comment = Comment {
            id: said.id.to_string(),
            author: if name.is_empty() {
                "Zendesk".to_owned()
            } else {
                name
            },
            text,
            at: said.created_at.unwrap_or(now),
            is_ours,
            is_of_requester: !is_ours && said.author_id.is_some() && said.author_id == person,
            files: file_names(&said.attachments),
        };
        let is_customers = writer.is_some_and(|writer| writer.role == "end-user");
        if !is_ours && is_customers && !comment.is_of_requester {
            public.by_customers.push(comment);
        } else {
            public.by_staff.push(comment);
        }
    }
    public
}

fn file_names(files: &[Attachment]) -> Vec<String> {
    let names = files.iter().map(|file| file.file_name.as_str());
    names
        .map(cornerdesk_shared::validation::clean_line)
        .filter(|name| !name.is_empty())
        .take(FILES_MOST)
        .collect()
}

impl Slas {
    /// What is known of the clocks of a ticket.
    #[must_use]
    pub fn clocks(&self, now: Timestamp) -> Vec<SlaClock> {
        let clock = |metric: &Metric| {
            let is_active = metric.stage == "active";
            let due_at = metric.breach_at.filter(|_| is_active);
            SlaClock {
                metric: metric.metric.replace('_', " "),
                goal_ms: None,
                due_at,
                remaining_ms: due_at.map(|at| {
                    i64::try_from(at.duration_since(now).as_millis()).unwrap_or(i64::MAX)
                }),
                is_breached: due_at.is_some_and(|at| at < now),
                is_paused: metric.stage == "paused",
            }
        };
        let named = self.policy_metrics.iter();
        named
            .filter(|metric| !metric.metric.is_empty())
            .map(clock)
            .collect()
    }
}

/// A name of an account's own for a status.
#[derive(Clone, Debug, Deserialize)]
pub struct CustomStatus {
    /// Its id.
    pub id: u64,
    /// Which kind it is of.
    pub status_category: String,
    /// What agents call it.
    #[serde(default)]
    pub agent_label: String,
    /// Is it used?
    #[serde(default)]
    pub active: bool,
}

/// The names of an account's own.
#[derive(Debug, Deserialize)]
pub struct CustomStatuses {
    /// The names.
    #[serde(default)]
    pub custom_statuses: Vec<CustomStatus>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: serde_json::Value) -> Comments {
        serde_json::from_value(value).expect("comments")
    }

    #[test]
    fn only_what_says_that_it_is_public_is_read_and_the_first_is_ours() {
        let page = read(json!({
            "comments": [
                { "id": 1, "author_id": 9, "public": true, "plain_body": "It fails" },
                { "id": 2, "author_id": 7, "public": false, "plain_body": "a note" },
                { "id": 3, "author_id": 7, "plain_body": "says nothing of it" },
                { "id": 4, "author_id": 7, "public": true, "plain_body": "Try&nbsp;again.\r\n\r\n\r\nKim", "created_at": "2026-11-23T08:00:00Z" },
                { "id": 5, "author_id": 1, "public": true, "body": "from us" },
                { "id": 6, "author_id": -1, "public": true, "html_body": "<p>by <b>a robot</b></p>" },
                { "id": 7, "author_id": 7, "public": true, "plain_body": " " },
                { "id": 8, "author_id": 9, "public": true, "plain_body": "by mail" },
                { "id": 9, "author_id": 10, "public": true, "plain_body": "my own", "attachments": [{ "id": 1, "file_name": "a.png", "size": 3 }] },
            ],
            "users": [
                { "id": 7, "name": "Kim Agent", "alias": "Kim\n", "role": "agent" },
                { "id": 9, "name": "Ada", "alias": "", "role": "end-user" },
                { "id": 10, "name": "Bo", "alias": "", "role": "end-user" },
            ],
        }));
        let said = public(
            &page.comments,
            &page.users,
            (1, Some(10)),
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(said.by_customers.len(), 1);
        assert_eq!(said.by_customers[0].text, "by mail");
        let short: Vec<_> = said
            .by_staff
            .iter()
            .map(|one| {
                (
                    one.id.as_str(),
                    one.author.as_str(),
                    one.text.as_str(),
                    one.is_ours,
                )
            })
            .collect();
        assert_eq!(
            short,
            [
                ("1", "Ada", "It fails", true),
                ("4", "Kim", "Try again.\n\nKim", false),
                ("5", "Zendesk", "from us", true),
                ("6", "Zendesk", "by a robot", false),
                ("9", "Bo", "my own", false),
            ]
        );
        let own = said.by_staff.last().unwrap();
        assert!(own.is_of_requester && own.files == ["a.png"]);
        assert!(
            said.by_staff
                .iter()
                .filter(|one| one.is_of_requester)
                .count()
                == 1
        );
    }

    #[test]
    fn what_was_said_is_known_again_as_they_show_it() {
        let said: Said = serde_json::from_value(json!({
            "id": 1, "html_body": "<div class=\"zd-comment\"><p>Kim:<br>\n<br>a &lt; b</p></div>", "plain_body": "Kim:\n\na &lt; b&nbsp;",
        }))
        .unwrap();
        assert!(said.says("<p>Kim:<br><br>a &lt; b</p>"));
        assert!(!said.says("<p>Kim:<br><br>a &gt; c</p>"));
    }

    #[test]
    fn a_clock_runs_out_only_while_it_runs() {
        let slas: Slas = serde_json::from_value(json!({ "policy_metrics": [
            { "metric": "first_reply_time", "stage": "active", "breach_at": "2026-11-23T08:00:00Z", "hours": 1 },
            { "metric": "requester_wait_time", "stage": "paused", "breach_at": null },
            { "metric": "agent_work_time", "stage": "achieved", "breach_at": "2026-11-23T08:00:00Z" },
        ] }))
        .unwrap();
        let now: Timestamp = "2026-11-23T07:00:00Z".parse().unwrap();
        let clocks = slas.clocks(now);
        assert_eq!(clocks[0].metric, "first reply time");
        assert_eq!(clocks[0].remaining_ms, Some(3_600_000));
        assert!(!clocks[0].is_breached && clocks[1].is_paused);
        assert_eq!(clocks[2].due_at, None);
        let late: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        assert!(slas.clocks(late)[0].is_breached);
    }

    #[test]
    fn of_two_tickets_with_one_marker_the_first_is_ours() {
        let ticket = |id: u64, marker: &str, status: &str| -> Ticket {
            serde_json::from_value(json!({ "id": id, "external_id": marker, "status": status }))
                .unwrap()
        };
        let all = vec![
            ticket(9, "CD-1", "open"),
            ticket(3, "CD-1", "deleted"),
            ticket(7, "CD-1", "new"),
            ticket(1, "CD-11", "new"),
        ];
        assert_eq!(first(all, "CD-1").map(|ticket| ticket.id), Some(7));
    }

    #[test]
    fn what_a_call_made_stands_in_its_audit() {
        let answer: OneTicket = serde_json::from_value(json!({
            "ticket": { "id": 1 },
            "audit": { "id": 5, "events": [
                { "id": 6, "type": "Change", "field_name": "status" },
                { "id": 7, "type": "Comment", "public": true, "attachments": [{ "id": 8, "file_name": "a.png", "size": 3 }] },
            ] },
        }))
        .unwrap();
        assert_eq!(
            (answer.audit.comment(), answer.audit.file()),
            (Some(7), Some(8))
        );
    }
}
