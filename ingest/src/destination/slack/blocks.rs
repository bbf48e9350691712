//! Messages in Slack's Block Kit. Pure.
//!
//! What strangers wrote stands in blocks of plain text alone, where nothing is markup and nobody is called. Elsewhere the three signs of its markup are
//! escaped, so that `<!channel>` is eight characters.

use serde_json::{Value, json};

use crate::{
    cutting::cut,
    destination::{brief, event::Kind, teller::News},
};

/// Longest header.
const HEADER_MOST_CHARS: usize = 150;
/// Longest text of a section; escaping makes it up to five times as long.
const SECTION_MOST_CHARS: usize = 3000;
/// What is read out, and shown where blocks are not.
const TEXT_MOST_CHARS: usize = 600;
/// Longest field, of 2,000.
const FIELD_MOST_CHARS: usize = 300;
/// Most fields of a section.
const FIELDS_MOST: usize = 10;

/// A text in which nothing is markup.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Between two of these a text is bold, italic, crossed out or code; a word joiner ends that and is not seen.
            '*' | '_' | '~' | '`' => {
                escaped.push(sign);
                escaped.push('\u{2060}');
            }
            // Where names are looked for in texts, "@here" calls everybody.
            '@' | '#' => {
                escaped.push(sign);
                escaped.push('\u{2060}');
            }
            sign => escaped.push(sign),
        }
    }
    escaped
}

fn plain_text(text: &str, most_chars: usize) -> Value {
    json!({ "type": "plain_text", "text": cut(text, most_chars), "emoji": false })
}

fn field(title: &str, value: &str) -> Value {
    let value = escape(&brief::one_line(value, FIELD_MOST_CHARS));
    json!({ "type": "mrkdwn", "text": format!("*{title}*\n{value}"), "verbatim": true })
}

/// An instant as each reader's clock has it.
fn due(news: &News<'_>) -> Option<Value> {
    let at = news.due_at?;
    let otherwise = escape(&brief::due_words(at));
    let second = at.as_second();
    let text =
        format!("*First answer due*\n<!date^{second}^{{date_short_pretty}}, {{time}}|{otherwise}>");
    Some(json!({ "type": "mrkdwn", "text": text, "verbatim": true }))
}

fn button(news: &News<'_>) -> Option<Value> {
    let button = json!({
        "type": "button",
        "text": plain_text("Open the ticket", 75),
        "url": news.desk_url?,
        "action_id": "open",
    });
    Some(json!({ "type": "actions", "elements": [button] }))
}

fn section(text: &str) -> Option<Value> {
    let text = text.trim();
    (!text.is_empty())
        .then(|| json!({ "type": "section", "text": plain_text(text, SECTION_MOST_CHARS) }))
}

fn message(text: &str, blocks: &[Value]) -> Value {
    let text = escape(&brief::one_line(text, TEXT_MOST_CHARS));
    json!({ "text": text, "blocks": blocks, "parse": "none", "link_names": false })
}

/// How a ticket stands.
pub(super) fn head(news: &News<'_>, with_content: bool, with_requester: bool) -> Value {
    let subject = brief::subject(news, with_content);
    let title = brief::subject(news, false);
    let mut fields: Vec<Value> = brief::facts(news)
        .iter()
        .map(|(title, value)| field(title, value))
        .collect();
    fields.extend(due(news));
    if with_requester {
        let requester = brief::requester(news);
        if !requester.is_empty() {
            fields.push(field("Requester", &requester));
        }
    }
    fields.truncate(FIELDS_MOST);
    let mut blocks = vec![
        json!({ "type": "header", "text": plain_text(&title, HEADER_MOST_CHARS) }),
        json!({ "type": "section", "fields": fields }),
    ];
    if with_content {
        let ticket = news.ticket;
        blocks.extend(section(&ticket.summary));
        blocks.extend(section(&ticket.description));
    }
    blocks.extend(button(news));
    message(&subject, &blocks)
}

/// What happened, in the thread of a ticket.
pub(super) fn later(news: &News<'_>, seq: i32, kind: Kind, with_content: bool) -> Value {
    let (sentence, said) = brief::happened(news, seq, kind, with_content);
    let mut blocks: Vec<Value> = section(&sentence).into_iter().collect();
    blocks.extend(said.as_deref().and_then(section));
    message(&sentence, &blocks)
}

/// What happened, in a message of its own.
pub(super) fn card(news: &News<'_>, seq: i32, kind: Kind, with_content: bool) -> Value {
    let (sentence, said) = brief::happened(news, seq, kind, with_content);
    let title = brief::subject(news, false);
    let mut blocks =
        vec![json!({ "type": "header", "text": plain_text(&title, HEADER_MOST_CHARS) })];
    blocks.extend(section(&sentence));
    blocks.extend(said.as_deref().and_then(section));
    blocks.extend(button(news));
    message(&format!("{title}: {sentence}"), &blocks)
}

/// A sentence of ours.
pub(super) fn plain(words: &str) -> Value {
    message(words, &section(words).into_iter().collect::<Vec<_>>())
}
