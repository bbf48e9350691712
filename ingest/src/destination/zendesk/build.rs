//! What Zendesk is asked: bodies and texts. Pure.

use serde_json::{Map, Value, json};

use super::settings::{Settings, TAG};
use crate::{
    cutting::cut,
    destination::{
        FileToSend, NewRequest, Saying,
        wording::{file_mark, filled, heading, html, known},
    },
};

/// Most characters of one line there.
const SUBJECT_MOST_CHARS: usize = 150;
/// Most octets of a comment there are 65,535.
const COMMENT_MOST_BYTES: usize = 60_000;

/// The body that makes a ticket. With a person it is theirs, and Zendesk makes a user of who is none yet.
#[must_use]
pub fn ticket(settings: &Settings, new: &NewRequest<'_>, is_persons: bool) -> Value {
    let text = format!("{}\n\n----\n{}", new.description, known(new, !is_persons));
    let mut ticket = Map::new();
    let mut put = |key: &str, value: Value| drop(ticket.insert(key.to_owned(), value));
    put(
        "subject",
        json!(inert(&cut(new.summary, SUBJECT_MOST_CHARS))),
    );
    put("comment", comment(&text, true));
    put("external_id", json!(new.marker));
    put("tags", json!(tags(settings, new)));
    if is_persons {
        let name = new.name.filter(|name| !name.trim().is_empty());
        let name = inert(name.unwrap_or(new.email));
        put("requester", json!({ "name": name, "email": new.email }));
    }
    if let Some(priority) = new.priority.and_then(|ours| settings.priority_there(ours)) {
        put("priority", json!(priority));
    }
    if !settings.kind.is_empty() {
        put("type", json!(settings.kind));
    }
    for (key, id) in [
        ("group_id", settings.group_of(new.category)),
        ("ticket_form_id", settings.form),
        ("brand_id", settings.brand),
    ] {
        if let Some(id) = id {
            put(key, json!(id));
        }
    }
    let fields: Vec<Value> = (settings.fields.iter())
        .filter_map(|(id, template)| {
            let (id, value) = (id.parse::<u64>().ok()?, filled(template, new));
            (!value.is_empty()).then(|| json!({ "id": id, "value": inert(&value) }))
        })
        .collect();
    if !fields.is_empty() {
        put("custom_fields", json!(fields));
    }
    json!({ "ticket": ticket })
}

/// By what Zendesk knows for two hours that a ticket was made already. One that is refused for the person is made for the account with another body, and so with
/// another key.
#[must_use]
pub fn key(marker: &str, is_persons: bool) -> String {
    let whose = if is_persons { "person" } else { "account" };
    format!("cornerdesk-{marker}-{whose}")
}

/// The text of something that was said. Author and second make it one that no other comment is like, so that it is found again.
#[must_use]
pub fn said(said: &Saying<'_>) -> String {
    format!("{}\n\n{}", heading(said), said.text)
}

/// The body that says something on a ticket.
#[must_use]
pub fn saying(text: &str, is_public: bool) -> Value {
    json!({ "ticket": { "comment": comment(text, is_public) } })
}

/// The body that puts a file on a ticket that was uploaded before.
#[must_use]
pub fn attaching(file: &FileToSend<'_>, upload: &str) -> Value {
    let mut comment = comment(&file_mark(file.id), file.is_public);
    comment["uploads"] = json!([upload]);
    json!({ "ticket": { "comment": comment } })
}

/// A comment. As HTML it is shown as it was written; as text Zendesk may take it for Markdown.
fn comment(text: &str, is_public: bool) -> Value {
    json!({ "html_body": comment_html(text), "public": is_public })
}

/// A text of a comment as it is sent.
#[must_use]
pub fn comment_html(text: &str) -> String {
    html(&inert(text), COMMENT_MOST_BYTES)
}

/// Text in which nothing is taken for a placeholder: Zendesk fills in what stands in two braces, such as the address of an agent.
fn inert(text: &str) -> String {
    let mut inert = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        if before == '{' && matches!(c, '{' | '%') {
            // It takes no room, and the two are no pair any more.
            inert.push('\u{200b}');
        }
        inert.push(c);
        before = c;
    }
    inert
}

/// The tags: ours, by which rules of theirs know our tickets, and those that somebody wrote down.
fn tags(settings: &Settings, new: &NewRequest<'_>) -> Vec<String> {
    let own = settings.tags.iter().map(|tag| tag_of(&filled(tag, new)));
    let mut tags = vec![TAG.to_owned()];
    for tag in own {
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// A text as a tag: it has no spaces and few signs.
fn tag_of(text: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | ':');
    let tag = text.trim().to_lowercase();
    tag.chars().map(|c| if kept(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> Settings {
        let text = format!("base_url = \"https://acme.zendesk.com\"\n{more}");
        toml::from_str(&text).expect("settings")
    }

    fn new<'a>() -> NewRequest<'a> {
        NewRequest {
            marker: "CD-7K3F-92XQ",
            site: "acme",
            summary: "It fails",
            description: "Since today",
            email: "ada@customer.example",
            name: Some("Ada"),
            is_verified: true,
            category: Some("bug"),
            priority: Some("P1"),
            plan: None,
            facts: "Page: https://app.acme.example/x",
            desk_url: Some("https://help.acme.example/desk/tickets/CD-7K3F-92XQ"),
            files: &[],
        }
    }

    #[test]
    fn a_ticket_has_what_is_mapped_and_its_marker() {
        let settings = settings(
            "group = 1\ngroups = { bug = 2 }\nform = 3\nbrand = 4\ntype = \"incident\"\ntags = [\"via {site}\", \"{plan}\"]\nfields = { 36 = \"{category}\", 37 = \"{plan}\" }\npriorities = { P1 = \"urgent\" }",
        );
        let body = ticket(&settings, &new(), true);
        let ticket = &body["ticket"];
        for (key, value) in [
            ("subject", json!("It fails")),
            ("external_id", json!("CD-7K3F-92XQ")),
            ("priority", json!("urgent")),
            ("type", json!("incident")),
            ("group_id", json!(2)),
            ("ticket_form_id", json!(3)),
            ("brand_id", json!(4)),
            ("tags", json!(["cornerdesk", "via_acme"])),
            ("custom_fields", json!([{ "id": 36, "value": "bug" }])),
            (
                "requester",
                json!({ "name": "Ada", "email": "ada@customer.example" }),
            ),
        ] {
            assert_eq!(ticket[key], value, "{key}");
        }
        assert_eq!(ticket["comment"]["public"], true);
        let text = ticket["comment"]["html_body"].as_str().unwrap();
        assert!(
            text.starts_with("<p>Since today<br><br>----<br>Category: bug<br>"),
            "{text}"
        );
        assert!(!text.contains("ada@"), "{text}");
    }

    #[test]
    fn a_ticket_of_the_account_says_who_asks_and_is_nobody_elses() {
        let body = ticket(&settings(""), &new(), false);
        let ticket = &body["ticket"];
        assert_eq!(ticket.get("requester"), None);
        assert_eq!(ticket.get("priority"), None);
        let text = ticket["comment"]["html_body"].as_str().unwrap();
        assert!(
            text.contains("<br>From: Ada ada@customer.example<br>"),
            "{text}"
        );
    }

    #[test]
    fn nothing_that_a_stranger_writes_is_filled_in_or_drawn() {
        let mut new = new();
        new.summary = "{{ticket.requester.email}}";
        new.description = "{{current_user.email}} {% if %} {{{x}}} <b>{y}</b>\n# Big";
        new.name = Some("{{x}}");
        let settings = settings("fields = { 36 = \"{name}\" }");
        let body = ticket(&settings, &new, true).to_string();
        for live in ["{{current", "{{ticket", "{{x", "{%", "<b>"] {
            assert!(!body.contains(live), "{live}: {body}");
        }
        assert!(body.contains("{y}"), "one brace does nothing: {body}");
    }

    #[test]
    fn a_key_is_one_for_each_body() {
        assert_ne!(key("CD-1", true), key("CD-1", false));
        assert_eq!(tag_of(" Größe XL!"), "größe_xl_");
    }
}
