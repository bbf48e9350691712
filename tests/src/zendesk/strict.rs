//! What the description of Zendesk does not allow.

use serde_json::Value;

use crate::vendor::{Asked, Rules};

/// Longest comment, in octets.
const COMMENT_MOST_BYTES: usize = 65_535;
/// What a ticket can be made with, as far as we use it.
const MADE_WITH: [&str; 11] = [
    "subject",
    "comment",
    "external_id",
    "tags",
    "requester",
    "priority",
    "type",
    "group_id",
    "ticket_form_id",
    "brand_id",
    "custom_fields",
];
/// What can be changed of one, as far as we use it.
const CHANGED_WITH: [&str; 6] = [
    "comment",
    "status",
    "custom_status_id",
    "priority",
    "safe_update",
    "updated_stamp",
];

/// What of a call is not as it is described.
pub(super) fn broken(asked: &Asked<'_>) -> Vec<String> {
    let mut rules = Rules::default();
    rules.expect(
        asked.header("accept") == Some("application/json"),
        "Accept: application/json",
    );
    let kind = asked.header("content-type").unwrap_or_default();
    match (asked.method, asked.path.as_slice()) {
        ("POST", ["uploads"]) => {
            let name = asked.query("filename").unwrap_or_default();
            rules.expect(!name.is_empty(), "filename");
            rules.expect(kind.contains('/'), "a content type of the file");
        }
        ("POST", ["tickets"]) => {
            rules.expect(kind == "application/json", "Content-Type: application/json");
            let key = asked.header("idempotency-key").unwrap_or_default();
            rules.expect((1..=255).contains(&key.len()), "Idempotency-Key");
            made(&mut rules, &asked.json());
        }
        ("PUT", ["tickets", _]) => {
            rules.expect(kind == "application/json", "Content-Type: application/json");
            changed(&mut rules, &asked.json());
        }
        ("GET", _) => {
            rules.expect(asked.body.is_empty(), "GET has no body");
            let size = asked
                .query("page[size]")
                .or_else(|| asked.query("per_page"));
            let size = size.map(|size| size.parse::<u32>().unwrap_or(0));
            rules.expect(
                size.is_none_or(|size| (1..=100).contains(&size)),
                "a page has 1 to 100",
            );
        }
        _ => rules.expect(false, "there is no such call"),
    }
    rules.0
}

fn made(rules: &mut Rules, body: &Value) {
    rules.keys(body, &["ticket"], "the body");
    let ticket = &body["ticket"];
    rules.keys(ticket, &MADE_WITH, "ticket");
    let subject = ticket["subject"].as_str().unwrap_or_default();
    rules.expect(
        (1..=150).contains(&subject.chars().count()),
        "a subject of 1 to 150 characters",
    );
    rules.expect(!is_live(subject), "subject: a placeholder is filled in");
    rules.is(ticket, "external_id", Value::is_string);
    for id in ["group_id", "ticket_form_id", "brand_id"] {
        rules.is(ticket, id, Value::is_u64);
    }
    rules.is(ticket, "priority", is_priority);
    rules.is(ticket, "type", |kind| {
        ["problem", "incident", "question", "task"].contains(&kind.as_str().unwrap_or_default())
    });
    rules.is(ticket, "tags", |tags| {
        let tags = tags.as_array();
        tags.is_some_and(|tags| {
            let is_tag = |tag: &Value| tag.as_str().is_some_and(|tag| !tag.contains(' '));
            tags.iter().all(is_tag)
        })
    });
    rules.is(ticket, "custom_fields", |fields| {
        let fields = fields.as_array();
        fields.is_some_and(|fields| fields.iter().all(|field| field["id"].is_u64()))
    });
    if let Some(requester) = ticket.get("requester") {
        rules.keys(requester, &["name", "email"], "requester");
        let text = |key: &str| requester[key].as_str().unwrap_or_default().to_owned();
        rules.expect(!text("name").is_empty(), "requester.name");
        rules.expect(text("email").contains('@'), "requester.email");
    }
    rules.expect(ticket.get("comment").is_some(), "a comment is needed");
    comment(rules, &ticket["comment"]);
}

fn changed(rules: &mut Rules, body: &Value) {
    rules.keys(body, &["ticket"], "the body");
    let ticket = &body["ticket"];
    rules.keys(ticket, &CHANGED_WITH, "ticket");
    rules.is(ticket, "priority", is_priority);
    rules.is(ticket, "custom_status_id", Value::is_u64);
    rules.is(ticket, "status", |status| {
        ["new", "open", "pending", "hold", "solved", "closed"]
            .contains(&status.as_str().unwrap_or_default())
    });
    rules.expect(
        ticket.get("safe_update").is_none() || ticket["updated_stamp"].is_string(),
        "safe_update needs updated_stamp",
    );
    if let Some(written) = ticket.get("comment") {
        comment(rules, written);
    }
}

fn comment(rules: &mut Rules, comment: &Value) {
    rules.keys(comment, &["html_body", "public", "uploads"], "comment");
    let html = comment["html_body"].as_str().unwrap_or_default();
    rules.expect(
        (1..=COMMENT_MOST_BYTES).contains(&html.len()),
        "a comment of 1 to 65535 octets",
    );
    rules.expect(comment["public"].is_boolean(), "comment.public is said");
    rules.is(comment, "uploads", Value::is_array);
    rules.expect(!is_live(html), "comment: a placeholder is filled in");
    let only_ours = html
        .replace("<p>", "")
        .replace("</p>", "")
        .replace("<br>", "");
    rules.expect(
        !only_ours.contains('<'),
        "comment: a tag of somebody else's",
    );
}

/// Would something in it be filled in?
fn is_live(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

fn is_priority(priority: &Value) -> bool {
    ["urgent", "high", "normal", "low"].contains(&priority.as_str().unwrap_or_default())
}
