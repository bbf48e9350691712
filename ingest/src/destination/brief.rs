//! How a ticket is put into few words for chats and pagers. Pure.
//!
//! What is said by default names nobody and quotes nobody: the reference, and what staff and policy say of the ticket. See `docs/decisions/0061`.

use jiff::Timestamp;

use super::{event::Kind, teller::News};
use crate::{
    cutting::cut,
    handling, show,
    ticket::{Fact, Status},
};

/// A text on one line, cut to so many characters.
#[must_use]
pub fn one_line(text: &str, most_chars: usize) -> String {
    let words: Vec<&str> = text
        .split(|sign: char| sign.is_whitespace() || sign.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    cut(&words.join(" "), most_chars)
}

/// `CD-7K3F-92XQ · Urgent · Incident · Acme`, and what the requester calls it where that may be said.
#[must_use]
pub fn subject(news: &News<'_>, with_content: bool) -> String {
    let reference = news.ticket.reference.to_string();
    let parts = [
        Some(reference.as_str()),
        news.priority,
        news.category,
        Some(news.site),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    let subject = parts.join(" · ");
    if with_content && !news.ticket.summary.is_empty() {
        one_line(&format!("{subject}: {}", news.ticket.summary), 500)
    } else {
        one_line(&subject, 500)
    }
}

/// What stands in a card: a title and a value each. Keys and titles of the operator's policy, and nothing else.
#[must_use]
pub fn facts(news: &News<'_>) -> Vec<(&'static str, String)> {
    let status = handling::status_at(news.timeline);
    let mut facts = vec![("Status", status_words(status).to_owned())];
    let mut put = |title: &'static str, value: Option<&str>| {
        if let Some(value) = value {
            facts.push((title, one_line(value, 200)));
        }
    };
    put("Priority", news.priority);
    put("Category", news.category);
    put("Plan", news.ticket.plan.as_deref());
    put("Site", Some(news.site));
    facts
}

/// Until when the first answer is promised, for people everywhere.
#[must_use]
pub fn due_words(at: Timestamp) -> String {
    show::instant(at)
}

/// Where it stands, for people.
#[must_use]
pub const fn status_words(status: Status) -> &'static str {
    match status {
        Status::New => "New",
        Status::Open => "Open",
        Status::Waiting => "Waiting for the requester",
        Status::Solved => "Solved",
        Status::Closed => "Closed",
    }
}

/// Who asks, where that may be said: the name and the address.
#[must_use]
pub fn requester(news: &News<'_>) -> String {
    let ticket = news.ticket;
    let name = ticket
        .requester
        .as_ref()
        .and_then(|requester| requester.name.as_deref());
    let words = match (name, ticket.email.as_str()) {
        (Some(name), "") => name.to_owned(),
        (Some(name), email) => format!("{name}, {email}"),
        (None, email) => email.to_owned(),
    };
    one_line(&words, 200)
}

/// What is said of a ticket that is told for the first time: a rule may have begun to hold long after it came.
#[must_use]
pub fn first_words(news: &News<'_>) -> &'static str {
    match handling::status_at(news.timeline) {
        Status::New => "A new ticket.",
        Status::Open | Status::Waiting | Status::Solved | Status::Closed => {
            "This ticket is told here from now on."
        }
    }
}

/// What happened, in a sentence that names nobody, and what was written where that may be said.
#[must_use]
pub fn happened(
    news: &News<'_>,
    seq: i32,
    kind: Kind,
    with_content: bool,
) -> (String, Option<String>) {
    let entry = news.timeline.iter().find(|entry| entry.seq == seq);
    let fact = entry.map(|entry| &entry.fact);
    let sentence = match kind {
        Kind::Created => "A new ticket.".to_owned(),
        Kind::Replied => "Staff answered the requester.".to_owned(),
        Kind::AnsweredByRequester => "The requester wrote.".to_owned(),
        Kind::StatusChanged => {
            let position = news.timeline.iter().position(|entry| entry.seq == seq);
            let until = position.map_or(news.timeline, |position| &news.timeline[..=position]);
            format!("It is now: {}.", status_words(handling::status_at(until)))
        }
        Kind::Solved => "It is solved.".to_owned(),
        Kind::Closed => "It is closed.".to_owned(),
        Kind::Classified => match (news.priority, news.category) {
            (Some(priority), Some(category)) => {
                format!("It was sorted: {priority}, {category}.")
            }
            (Some(one), None) | (None, Some(one)) => format!("It was sorted: {one}."),
            (None, None) => "It was sorted anew.".to_owned(),
        },
        Kind::Assigned => match fact {
            Some(Fact::Assigned { staff: None, .. }) => "Nobody has it any more.".to_owned(),
            Some(Fact::Assigned {
                name: Some(name), ..
            }) if with_content => format!("{} has it now.", one_line(name, 100)),
            _ => "Somebody has taken it.".to_owned(),
        },
        Kind::PromiseNear => match news.due_at {
            Some(at) => format!("The first answer is due soon: {}.", due_words(at)),
            None => "The first answer is due soon.".to_owned(),
        },
        Kind::PromiseMissed => "The first answer is late.".to_owned(),
    };
    let said = match fact {
        Some(Fact::Wrote { message, .. }) if with_content => news
            .messages
            .iter()
            .find(|known| known.id == *message)
            .map(|message| message.body.clone()),
        _ => None,
    };
    (one_line(&sentence, 500), said)
}
