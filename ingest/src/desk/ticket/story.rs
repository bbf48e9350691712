//! What happened with a ticket as its page shows it: what people wrote, and between that the other facts. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use minijinja::{Value, context};
use uuid::Uuid;

use super::named::Mentions;
use crate::{
    conversation::beginning_a_line,
    message::{Kind, Message, Via},
    show::Moment,
    ticket::{Entry, Fact, Ticket},
};

/// A detail that is longer is folded, in characters.
const LONG: usize = 240;
/// So much of it is seen.
const SEEN: usize = 120;

/// What the page calls the requester: what their product says they are called.
#[must_use]
pub fn name_of_requester(ticket: &Ticket) -> String {
    let requester = ticket.requester.as_ref();
    let name = requester.and_then(|requester| requester.name.clone());
    name.unwrap_or_else(|| "The requester".to_owned())
}

/// What became of the mail of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mail {
    /// Nobody knows yet.
    OnItsWay,
    /// The mail server took it.
    Sent,
    /// It was not sent, for this reason.
    NotSent(String),
}

impl Mail {
    /// For staff, below the reply.
    #[must_use]
    pub fn says(&self) -> String {
        match self {
            Self::OnItsWay => "On its way by mail".to_owned(),
            Self::Sent => "Sent by mail".to_owned(),
            Self::NotSent(reason) => format!("Not sent by mail: {reason}"),
        }
    }

    const fn as_str(&self) -> &'static str {
        match self {
            Self::OnItsWay => "under-way",
            Self::Sent => "sent",
            Self::NotSent(_) => "failed",
        }
    }
}

/// What a fact says of the mail of a reply.
#[must_use]
pub fn mail_of(fact: &Fact) -> Option<(Uuid, Mail)> {
    match fact {
        Fact::ReplySent { message } => Some((*message, Mail::Sent)),
        Fact::ReplyNotSent { message, reason } => Some((*message, Mail::NotSent(reason.clone()))),
        _ => None,
    }
}

/// For the template, oldest first. `quoted` is what was cut from the mails that messages came by, `named` whom notes name, for whom it is shown, `files` what
/// is shown of the files that came with a message.
#[must_use]
pub fn shown(
    ticket: &Ticket,
    timeline: &[Entry],
    messages: &[Message],
    quoted: Vec<(Uuid, String)>,
    named: &Mentions,
    files: &mut BTreeMap<Uuid, Vec<Value>>,
    now: Timestamp,
) -> Vec<Value> {
    let mut quoted: BTreeMap<Uuid, String> = quoted.into_iter().collect();
    let by_id: BTreeMap<Uuid, &Message> = messages
        .iter()
        .map(|message| (message.id, message))
        .collect();
    // What was said last counts: a letter that was given up may be sent after all.
    let mails: BTreeMap<Uuid, Mail> = timeline
        .iter()
        .filter_map(|entry| mail_of(&entry.fact))
        .collect();
    let mut items = Vec::with_capacity(timeline.len());
    for (place, entry) in timeline.iter().enumerate() {
        let message = match &entry.fact {
            Fact::Wrote { message, .. } => by_id.get(message),
            // It stands below the reply.
            fact if mail_of(fact).is_some_and(|(message, _)| by_id.contains_key(&message)) => {
                continue;
            }
            _ if says_what_the_message_says(timeline, place) => continue,
            _ => None,
        };
        items.push(match message {
            Some(message) => {
                let ends_clock = matches!(
                    timeline.get(place + 1).map(|next| &next.fact),
                    Some(Fact::Answered { .. })
                );
                let files = files.remove(&message.id).unwrap_or_default();
                let quoted = quoted.remove(&message.id);
                let mail = (message.kind == Kind::Reply)
                    .then(|| mails.get(&message.id).unwrap_or(&Mail::OnItsWay));
                let value = said(ticket, message, entry, ends_clock, quoted, files, now);
                context! { mail => mail.map(shown_mail), mentions => named.shown(message), ..value }
            }
            None => happened(entry, now),
        });
    }
    items
}

fn shown_mail(mail: &Mail) -> Value {
    context! { state => mail.as_str(), says => mail.says() }
}

/// A reply comes with a fact for the clock: whoever sees the reply needs no second line.
fn says_what_the_message_says(timeline: &[Entry], place: usize) -> bool {
    let before = place.checked_sub(1).and_then(|place| timeline.get(place));
    let (Some(before), Some(entry)) = (before, timeline.get(place)) else {
        return false;
    };
    let is_reply = matches!(
        before.fact,
        Fact::Wrote {
            what: Kind::Reply,
            ..
        }
    );
    let is_echo = matches!(entry.fact, Fact::Answered { .. } | Fact::Updated { .. });
    is_reply && is_echo && before.at == entry.at
}

fn said(
    ticket: &Ticket,
    message: &Message,
    entry: &Entry,
    ends_clock: bool,
    quoted: Option<String>,
    files: Vec<Value>,
    now: Timestamp,
) -> Value {
    let author = message
        .author
        .as_deref()
        .map(|author| beginning_a_line(author).to_owned())
        .unwrap_or_else(|| name_of_requester(ticket));
    let way = match (message.kind, message.via) {
        (Kind::Note, _) => "only colleagues see it",
        (Kind::Reply, _) => "to the requester",
        (Kind::Answer, Via::Mail) => "by mail",
        (Kind::Answer, Via::Page) => "on the page of the request",
        (Kind::Answer, Via::Desk) => "at the desk elsewhere that has this ticket, too",
    };
    context! {
        id => message.id.to_string(),
        seq => entry.seq,
        kind => message.kind.as_str(),
        author,
        way,
        body => &message.body,
        quoted,
        ends_clock,
        files,
        at => Moment::new(entry.at, now),
    }
}

fn happened(entry: &Entry, now: Timestamp) -> Value {
    let (title, detail) = entry.fact.describe();
    let begins = detail.as_ref().and_then(|detail| beginning(detail));
    context! {
        seq => entry.seq,
        fact => entry.fact.kind(),
        title,
        detail,
        begins,
        at => Moment::new(entry.at, now),
    }
}

/// How a long detail begins; nothing where it is short enough to be seen as a whole.
fn beginning(detail: &str) -> Option<String> {
    detail.chars().nth(LONG)?;
    let begins: String = detail.chars().take(SEEN).collect();
    Some(begins.trim_end().to_owned() + "…")
}

/// What others wrote to or for the requester after somebody opened the page: in words, and nothing where nobody did.
#[must_use]
pub fn news_since(ticket: &Ticket, timeline: &[Entry], seen: i32, me: &str) -> Option<String> {
    let mut requester = false;
    let mut colleague = None;
    for entry in timeline.iter().filter(|entry| entry.seq > seen) {
        match &entry.fact {
            Fact::Wrote {
                what: Kind::Answer, ..
            } => requester = true,
            Fact::Wrote {
                what: Kind::Reply,
                by: Some(by),
                ..
            } if by != me => colleague = Some(by),
            _ => {}
        }
    }
    let requester = requester.then(|| format!("{} wrote meanwhile.", name_of_requester(ticket)));
    let colleague = colleague.map(|by| format!("{by} answered meanwhile."));
    let news: Vec<String> = [requester, colleague].into_iter().flatten().collect();
    (!news.is_empty()).then(|| news.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seq: i32, fact: Fact) -> Entry {
        Entry {
            seq,
            at: Timestamp::UNIX_EPOCH,
            fact,
        }
    }

    fn wrote(what: Kind, by: Option<&str>) -> Fact {
        Fact::Wrote {
            message: Uuid::nil(),
            what,
            via: Via::Desk,
            by: by.map(str::to_owned),
        }
    }

    #[test]
    fn a_reply_is_not_told_twice() {
        let by = || "Sam".to_owned();
        let timeline = [
            entry(1, wrote(Kind::Reply, Some("Sam"))),
            entry(2, Fact::Answered { by: by() }),
            entry(3, Fact::Updated { by: by() }),
            entry(4, wrote(Kind::Note, Some("Sam"))),
            entry(5, Fact::Updated { by: by() }),
        ];
        let echoes: Vec<bool> = (0..5)
            .map(|place| says_what_the_message_says(&timeline, place))
            .collect();
        assert_eq!(echoes, [false, true, false, false, false]);
    }

    #[test]
    fn only_a_long_detail_is_folded() {
        assert_eq!(beginning(&"ä".repeat(LONG)), None);
        let begins = beginning(&"ä".repeat(LONG + 1)).unwrap();
        assert_eq!(begins.chars().count(), SEEN + 1);
    }
}
