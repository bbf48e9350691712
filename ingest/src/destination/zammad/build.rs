//! What Zammad is asked: bodies and texts. Pure.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::settings::{Settings, TAG};
use crate::{
    cutting::cut,
    destination::{
        FileToSend, NewRequest, Saying,
        wording::{file_mark, filled, heading, known},
    },
    ticket::Status,
};

/// Most characters of a title there are 250; the reference comes after it.
const TITLE_MOST_CHARS: usize = 200;
/// Most characters of a text.
const TEXT_MOST_CHARS: usize = 100_000;

/// For whom a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For<'a> {
    /// Our account, by its number.
    Account(u64),
    /// A person, of whom Zammad makes a customer where it is none yet.
    Person(&'a str),
}

/// The body that makes a ticket.
///
/// The first article is a note of the customer: rules that every Zammad has from the start answer mails and forms by mail, and no notes.
#[must_use]
pub fn ticket(settings: &Settings, new: &NewRequest<'_>, whose: For<'_>) -> Value {
    let text = format!("{}\n\n----\n{}", new.description, known(new, true));
    let mut ticket = Map::new();
    let mut put = |key: &str, value: Value| drop(ticket.insert(key.to_owned(), value));
    for (field, template) in &settings.fields {
        let value = filled(template, new);
        if !value.is_empty() {
            put(field, json!(value));
        }
    }
    let title = cut(new.summary, TITLE_MOST_CHARS);
    if settings.marker_field.is_empty() {
        put("title", json!(titled(&title, new.marker)));
    } else {
        put("title", json!(title));
        put(&settings.marker_field, json!(new.marker));
    }
    put("group", json!(settings.group_of(new.category)));
    match whose {
        For::Account(id) => put("customer_id", json!(id)),
        For::Person(email) => put("customer_id", json!(format!("guess:{email}"))),
    }
    if let Some(priority) = new.priority.and_then(|ours| settings.priority_there(ours)) {
        put("priority", json!(priority));
    }
    put("tags", json!(tags(settings, new)));
    put("article", article(&text, "Customer", true));
    Value::Object(ticket)
}

/// A title that ends with the reference: whatever somebody wrote in it, what stands at the end is ours.
fn titled(title: &str, marker: &str) -> String {
    format!("{title} [{marker}]")
}

/// Is this the title or the field of the ticket with this reference?
#[must_use]
pub fn carries(settings: &Settings, ticket: &Value, marker: &str) -> bool {
    match settings.marker_field.as_str() {
        "" => ticket["title"]
            .as_str()
            .is_some_and(|title| title.ends_with(&format!("[{marker}]"))),
        field => ticket[field].as_str() == Some(marker),
    }
}

/// What finds the tickets that carry a reference. It is a condition and no search: Zammad answers it from its database and not from an index that is late.
#[must_use]
pub fn by_marker(settings: &Settings, marker: &str) -> Vec<(String, String)> {
    let (field, operator, value) = match settings.marker_field.as_str() {
        "" => ("title", "contains", format!("[{marker}]")),
        field => (field, "is", marker.to_owned()),
    };
    condition(field, operator, value)
}

/// What finds the tickets that changed since then.
#[must_use]
pub fn by_change(since: Timestamp) -> Vec<(String, String)> {
    let since = since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    condition("updated_at", "after (absolute)", since)
}

fn condition(field: &str, operator: &str, value: String) -> Vec<(String, String)> {
    vec![
        ("expand".to_owned(), "true".to_owned()),
        (
            format!("condition[ticket.{field}][operator]"),
            operator.to_owned(),
        ),
        (format!("condition[ticket.{field}][value]"), value),
    ]
}

/// The text of something that was said. Author and second make it one that no other article is like, so that it is found again.
#[must_use]
pub fn said(said: &Saying<'_>) -> String {
    cut(
        &format!("{}\n\n{}", heading(said), said.text),
        TEXT_MOST_CHARS,
    )
}

/// The body that says something on a ticket.
#[must_use]
pub fn saying(ticket: &str, said: &Saying<'_>) -> Value {
    let sender = if said.is_of_requester {
        "Customer"
    } else {
        "Agent"
    };
    let mut article = article(&self::said(said), sender, said.is_public);
    article["ticket_id"] = json!(ticket.parse::<u64>().unwrap_or_default());
    article
}

/// The body that puts a file on a ticket.
#[must_use]
pub fn attaching(ticket: &str, file: &FileToSend<'_>) -> Value {
    let mut article = article(&file_mark(file.id), "Agent", file.is_public);
    article["ticket_id"] = json!(ticket.parse::<u64>().unwrap_or_default());
    article["attachments"] = json!([{
        "filename": file.name,
        "data": STANDARD.encode(file.bytes),
        "mime-type": file.content_type,
    }]);
    article
}

/// An article. As plain text it is shown as it was written; as a note it goes to nobody by mail.
fn article(text: &str, sender: &str, is_public: bool) -> Value {
    json!({
        "body": cut(text, TEXT_MOST_CHARS),
        "content_type": "text/plain",
        "type": "note",
        "sender": sender,
        "internal": !is_public,
    })
}

/// The body that lets a ticket stand so. What waits needs a time at which agents are reminded.
#[must_use]
pub fn status(settings: &Settings, wanted: Status, now: Timestamp) -> Value {
    let mut body = json!({ "state": settings.status_there(wanted) });
    if wanted == Status::Waiting {
        let days = SignedDuration::from_hours(24 * i64::from(settings.remind_days));
        let at = now.saturating_add(days).unwrap_or(now);
        body["pending_time"] = json!(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    }
    body
}

/// The tags, as Zammad takes them: with commas between.
fn tags(settings: &Settings, new: &NewRequest<'_>) -> String {
    let own = settings.tags.iter();
    let own = own.map(|tag| filled(tag, new).replace(',', " ").trim().to_owned());
    let mut tags = vec![TAG.to_owned()];
    for tag in own {
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> Settings {
        let text =
            format!("base_url = \"https://support.acme.example\"\ngroup = \"Users\"\n{more}");
        toml::from_str(&text).expect("settings")
    }

    fn new<'a>() -> NewRequest<'a> {
        NewRequest {
            marker: "CD-7K3F-92XQ",
            site: "acme",
            summary: "It fails as in [CD-0000-0000]",
            description: "Since <b>today</b>",
            email: "ada@customer.example",
            name: Some("Ada"),
            is_verified: true,
            category: Some("bug"),
            priority: Some("P1"),
            plan: None,
            facts: "",
            desk_url: None,
            files: &[],
        }
    }

    #[test]
    fn a_ticket_has_what_is_mapped_and_ends_with_its_marker() {
        let settings = settings(
            "groups = { bug = \"2nd Level\" }\ntags = [\"a, {category}\", \"{plan}\"]\nfields = { area = \"{category}\", plan = \"{plan}\" }\npriorities = { P1 = \"3 high\" }",
        );
        let body = ticket(&settings, &new(), For::Account(3));
        for (key, value) in [
            (
                "title",
                json!("It fails as in [CD-0000-0000] [CD-7K3F-92XQ]"),
            ),
            ("group", json!("2nd Level")),
            ("customer_id", json!(3)),
            ("priority", json!("3 high")),
            ("tags", json!("cornerdesk,a  bug")),
            ("area", json!("bug")),
        ] {
            assert_eq!(body[key], value, "{key}");
        }
        assert_eq!(body.get("plan"), None);
        let article = &body["article"];
        assert_eq!(article["content_type"], "text/plain");
        assert_eq!(
            (&article["type"], &article["internal"]),
            (&json!("note"), &json!(false))
        );
        let text = article["body"].as_str().unwrap();
        assert!(
            text.starts_with("Since <b>today</b>\n\n----\nFrom: Ada ada@"),
            "{text}"
        );
        assert!(carries(&settings, &body, "CD-7K3F-92XQ"));
        assert!(
            !carries(&settings, &body, "CD-0000-0000"),
            "somebody wrote it"
        );
        let person = ticket(&settings, &new(), For::Person("ada@customer.example"));
        assert_eq!(person["customer_id"], "guess:ada@customer.example");
    }

    #[test]
    fn a_marker_may_have_a_field_of_its_own() {
        let settings = settings("marker_field = \"our_reference\"");
        let body = ticket(&settings, &new(), For::Account(3));
        assert_eq!(body["title"], "It fails as in [CD-0000-0000]");
        assert!(carries(&settings, &body, "CD-7K3F-92XQ"));
        let query = by_marker(&settings, "CD-1");
        assert_eq!(query[1].0, "condition[ticket.our_reference][operator]");
        assert_eq!((query[1].1.as_str(), query[2].1.as_str()), ("is", "CD-1"));
    }

    #[test]
    fn what_waits_has_a_time_and_who_asked_is_a_customer() {
        let now: Timestamp = "2026-11-23T08:40:12.5Z".parse().unwrap();
        let body = status(&settings("remind_days = 2"), Status::Waiting, now);
        assert_eq!(
            body,
            json!({ "state": "pending reminder", "pending_time": "2026-11-25T08:40:12Z" })
        );
        assert_eq!(
            status(&settings(""), Status::Closed, now),
            json!({ "state": "closed" })
        );
        let said = Saying {
            id: uuid::Uuid::nil(),
            author: "Ada",
            is_of_requester: true,
            text: "It fails still.",
            at: now,
            is_public: true,
        };
        let body = saying("12", &said);
        assert_eq!(
            (&body["ticket_id"], &body["sender"]),
            (&json!(12), &json!("Customer"))
        );
        assert_eq!(
            body["body"],
            "Ada, 2026-11-23 08:40:12 UTC:\n\nIt fails still."
        );
    }
}
