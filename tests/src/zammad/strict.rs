//! What the description of Zammad does not allow.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::{GROUPS, PRIORITIES, STATES};
use crate::vendor::{Asked, Rules};

/// Longest title.
const TITLE_MOST_CHARS: usize = 250;
/// What a ticket can be made with, as far as we use it; the last two are attributes of this Zammad's own.
const MADE_WITH: [&str; 8] = [
    "title",
    "group",
    "customer_id",
    "priority",
    "tags",
    "article",
    "our_reference",
    "plan",
];
/// What an article can be made with, as far as we use it.
const ARTICLE: [&str; 7] = [
    "ticket_id",
    "body",
    "content_type",
    "type",
    "sender",
    "internal",
    "attachments",
];

/// What of a call is not as it is described.
pub(super) fn broken(asked: &Asked<'_>) -> Vec<String> {
    let mut rules = Rules::default();
    let is_json = asked.header("content-type") == Some("application/json");
    match (asked.method, asked.path.as_slice()) {
        ("POST", ["tickets"]) => {
            rules.expect(is_json, "Content-Type: application/json");
            made(&mut rules, &asked.json());
        }
        ("PUT", ["tickets", _]) => {
            rules.expect(is_json, "Content-Type: application/json");
            changed(&mut rules, &asked.json());
        }
        ("POST", ["ticket_articles"]) => {
            rules.expect(is_json, "Content-Type: application/json");
            let body = asked.json();
            rules.expect(body["ticket_id"].is_u64(), "ticket_id is a number");
            article(&mut rules, &body);
        }
        ("GET", ["tickets", "search"]) => {
            let conditions = asked.query.iter();
            let conditions = conditions.filter(|(name, _)| name.starts_with("condition[ticket."));
            rules.expect(conditions.count() == 2, "a condition has two parts");
            rules.expect(asked.query("query").is_none(), "a query asks the index");
            let size = asked.query("per_page").unwrap_or("50").parse().unwrap_or(0);
            rules.expect((1..=200).contains(&size), "a page has 1 to 200");
        }
        ("GET", _) => rules.expect(asked.body.is_empty(), "GET has no body"),
        _ => rules.expect(false, "there is no such call"),
    }
    rules.0
}

fn made(rules: &mut Rules, ticket: &Value) {
    rules.keys(ticket, &MADE_WITH, "the body");
    let title = ticket["title"].as_str().unwrap_or_default();
    let length = title.chars().count();
    rules.expect(
        (1..=TITLE_MOST_CHARS).contains(&length),
        "a title of 1 to 250 characters",
    );
    rules.is(ticket, "group", |group| is_one_of(group, &GROUPS));
    rules.expect(ticket.get("group").is_some(), "a group is needed");
    rules.expect(
        ticket["customer_id"].is_u64()
            || (ticket["customer_id"].as_str()).is_some_and(|id| id.starts_with("guess:")),
        "customer_id is a number, or guess: and an address",
    );
    rules.is(ticket, "priority", |name| is_one_of(name, &PRIORITIES));
    rules.is(ticket, "tags", Value::is_string);
    article(rules, &ticket["article"]);
}

fn changed(rules: &mut Rules, change: &Value) {
    rules.keys(change, &["state", "pending_time", "priority"], "the body");
    rules.is(change, "state", |state| is_one_of(state, &STATES));
    rules.is(change, "priority", |name| is_one_of(name, &PRIORITIES));
    let waits = change["state"]
        .as_str()
        .is_some_and(|state| state.starts_with("pending"));
    rules.expect(
        !waits || change["pending_time"].is_string(),
        "what is pending needs a pending_time",
    );
}

fn article(rules: &mut Rules, article: &Value) {
    rules.keys(article, &ARTICLE, "article");
    let body = article["body"].as_str().unwrap_or_default();
    rules.expect(!body.is_empty(), "an article has a body");
    rules.expect(
        article["content_type"] == "text/plain",
        "only plain text is shown as it was written",
    );
    // Whatever else is sent goes out as a mail, or is answered with one.
    rules.expect(article["type"] == "note", "a note goes to nobody by mail");
    rules.is(article, "sender", |sender| {
        is_one_of(sender, &["Agent", "Customer"])
    });
    rules.expect(article["internal"].is_boolean(), "internal is said");
    for file in article["attachments"].as_array().into_iter().flatten() {
        rules.keys(file, &["filename", "data", "mime-type"], "an attachment");
        let data = file["data"].as_str().unwrap_or_default();
        rules.expect(BASE64_STANDARD.decode(data).is_ok(), "data is base64");
        rules.expect(file["filename"].is_string(), "filename");
        rules.expect(file["mime-type"].is_string(), "mime-type");
    }
}

fn is_one_of(name: &Value, known: &[&str]) -> bool {
    known.contains(&name.as_str().unwrap_or_default())
}
