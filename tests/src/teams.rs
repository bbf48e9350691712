//! A workflow of Microsoft Teams that keeps the cards it is given, strict about what the documentation says of them.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

use crate::vendor_server::{
    self, Answered, Call, Reply, Vendor, expect, expect_members, expect_text,
};

/// The path of the workflow.
const PATH: &str = "/workflows/0123456789abcdef/triggers/manual/paths/invoke";
/// All of this is the credential.
const QUERY: &str =
    "api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=a-b_c0123456789";
/// Longest message that arrived anywhere.
const MESSAGE_MOST_BYTES: usize = 20 * 1024;

type Cards = Arc<Mutex<Vec<Value>>>;

/// A Teams for one test.
#[derive(Debug)]
pub struct Teams {
    vendor: Vendor,
    cards: Cards,
}

impl Deref for Teams {
    type Target = Vendor;

    fn deref(&self) -> &Vendor {
        &self.vendor
    }
}

impl Teams {
    /// Opens the port.
    pub async fn start() -> Self {
        let cards = Cards::default();
        let kept = Arc::clone(&cards);
        let vendor = Vendor::start(None, move |call| take(&kept, call)).await;
        Self { vendor, cards }
    }

    /// The address of the workflow.
    pub fn workflow(&self) -> String {
        format!("{}{PATH}?{QUERY}", self.url())
    }

    /// Its section of the configuration.
    pub fn section(&self, url: &str, settings: &str) -> String {
        vendor_server::section("teams", ("webhook_url", url), "", settings)
    }

    /// The cards, oldest first.
    pub fn cards(&self) -> Vec<Value> {
        let kept = self.cards.lock();
        kept.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn take(cards: &Cards, call: &Call) -> Answered {
    if call.path != PATH {
        return Ok(Reply::new(404, r#"{"error":{"code":"WorkflowNotFound"}}"#));
    }
    if call.query != QUERY {
        return Ok(Reply::new(
            401,
            r#"{"error":{"code":"AuthorizationFailed"}}"#,
        ));
    }
    expect(call.method == "POST", || call.method.clone())?;
    expect(
        call.header("content-type").starts_with("application/json"),
        || "the type of the body".to_owned(),
    )?;
    expect(call.text.len() <= MESSAGE_MOST_BYTES, || {
        format!("{} bytes", call.text.len())
    })?;
    let message = call.json();
    expect_members(&message, &["type", "attachments"])?;
    expect(message["type"] == "message", || "type".to_owned())?;
    let attachments = message["attachments"].as_array().ok_or("attachments")?;
    expect(attachments.len() == 1, || "one card".to_owned())?;
    let attachment = &attachments[0];
    expect_members(attachment, &["contentType", "contentUrl", "content"])?;
    expect(
        attachment["contentType"] == "application/vnd.microsoft.card.adaptive",
        || "contentType".to_owned(),
    )?;
    let card = &attachment["content"];
    expect_members(
        card,
        &["$schema", "type", "version", "msteams", "body", "actions"],
    )?;
    expect(
        card["type"] == "AdaptiveCard" && card["version"] == "1.4",
        || "an Adaptive Card 1.4".to_owned(),
    )?;
    for element in card["body"].as_array().ok_or("body")? {
        expect_element(element)?;
    }
    for action in card["actions"].as_array().into_iter().flatten() {
        expect_members(action, &["type", "title", "url"])?;
        expect(action["type"] == "Action.OpenUrl", || action.to_string())?;
    }
    cards
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(card.clone());
    Ok(Reply::new(202, ""))
}

/// An element of a card. Where Markdown is read, nothing of it is a link or stands out, and nobody is called.
fn expect_element(element: &Value) -> Result<(), String> {
    match element["type"].as_str().unwrap_or_default() {
        "TextBlock" => {
            expect_members(element, &["type", "text", "wrap", "size", "weight"])?;
            expect_harmless(&element["text"])
        }
        "RichTextBlock" => {
            expect_members(element, &["type", "inlines"])?;
            for run in element["inlines"].as_array().ok_or("inlines")? {
                expect_members(run, &["type", "text"])?;
                expect_text(&run["text"], "text", 5000)?;
            }
            Ok(())
        }
        "FactSet" => {
            for fact in element["facts"].as_array().ok_or("facts")? {
                expect_members(fact, &["title", "value"])?;
                expect_harmless(&fact["value"])?;
            }
            Ok(())
        }
        other => Err(format!("there is no element {other:?}")),
    }
}

fn expect_harmless(text: &Value) -> Result<(), String> {
    expect_text(text, "text", 5000)?;
    let text = text.as_str().unwrap_or_default();
    let acts = ["](", "**", "__", "<at>", "<a ", "<"];
    let found = acts.iter().find(|mark| text.contains(**mark));
    expect(found.is_none(), || format!("it acts: {text}"))
}
