//! What is kept of a person, as they get it: one document of all their tickets, with the files beside it. Pure.
//!
//! The names in the document are for ever; what is added later stands beside them.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    care::Scan,
    hexadecimal::hex,
    mail::incoming::first::FirstMail,
    message::Message,
    rating::Rating,
    ticket::{Attachment, Entry, Fact, Ticket},
};

/// The name of the document's form.
pub const FORMAT: &str = "cornerdesk-person-1";
/// The document, in the archive.
pub const DOCUMENT: &str = "person.json";
/// What the archive says of itself.
pub const README: &str = "README.txt";
/// Longest name of a file in the archive, in octets: what every file system takes.
const NAME_MOST_BYTES: usize = 120;

/// A ticket with everything that is handed over.
#[derive(Clone, Debug)]
pub struct Whole {
    /// The ticket.
    pub ticket: Ticket,
    /// What happened.
    pub timeline: Vec<Entry>,
    /// What was written.
    pub messages: Vec<Message>,
    /// Files that belong to the ticket itself; those that it shares with another one stand there.
    pub attachments: Vec<Attachment>,
    /// What the requester thought of the help.
    pub rating: Option<Rating>,
    /// By which staff find it.
    pub tags: Vec<String>,
    /// The mail by which it came, where it came by mail.
    pub first_mail: Option<FirstMail>,
    /// What was cut from the mails that messages came by: which message, and what.
    pub quoted: Vec<(Uuid, String)>,
}

/// A file that goes into the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Its path in the archive.
    pub path: String,
    /// The attachment.
    pub id: Uuid,
}

impl Whole {
    /// Without what staff wrote for each other.
    #[must_use]
    pub fn without_notes(mut self) -> Self {
        let is_public = |messages: &[Message], id: Option<Uuid>| {
            id.is_none_or(|id| {
                let found = messages.iter().find(|message| message.id == id);
                found.is_some_and(|message| message.kind.is_public())
            })
        };
        let messages = std::mem::take(&mut self.messages);
        self.attachments
            .retain(|file| is_public(&messages, file.message));
        self.messages = messages;
        self.messages.retain(|message| message.kind.is_public());
        self.tags.clear();
        self
    }

    /// The files that go into the archive. Where malware was found, nothing is handed over.
    #[must_use]
    pub fn files(&self) -> Vec<Packed> {
        let reference = self.ticket.reference;
        let files = (1..).zip(&self.attachments);
        let handed_over = files.filter(|(_, file)| !is_infected(file));
        handed_over
            .map(|(number, file): (usize, _)| Packed {
                path: format!("files/{reference}/{number:03}-{}", safe_name(&file.name)),
                id: file.id,
            })
            .collect()
    }

    /// The ticket as it stands in the document.
    #[must_use]
    pub fn document(&self) -> Value {
        let ticket = &self.ticket;
        let packed = self.files();
        let file = |file: &Attachment| {
            let path = packed.iter().find(|packed| packed.id == file.id);
            json!({
                "name": file.name,
                "content_type": file.content_type,
                "size_bytes": file.size_bytes,
                "sha256": hex(&file.sha256),
                "message": file.message,
                "path": path.map(|packed| &packed.path),
                "left_out": is_infected(file).then_some("malware was found in it"),
            })
        };
        json!({
            "reference": ticket.reference.to_string(),
            "site": ticket.site,
            "received_at": ticket.received_at.to_string(),
            "status": ticket.status,
            "email": ticket.email,
            "requester": ticket.requester.as_ref().map(|requester| json!({ "id": requester.sub, "name": requester.name })),
            "locale": ticket.locale,
            "summary": ticket.summary,
            "description": ticket.description,
            "impact": ticket.impact,
            "page": ticket.context,
            "category": ticket.category,
            "priority": ticket.priority,
            "plan": ticket.plan,
            "account": ticket.account,
            "tags": self.tags,
            "mail": self.first_mail.as_ref().map(|mail| json!({
                "message_id": mail.mail_id, "name": mail.sender_name, "reply_to": mail.reply_to, "files_left_out": mail.left_out,
            })),
            "messages": self.messages.iter().map(|said| message(said, &self.quoted)).collect::<Vec<_>>(),
            "files": self.attachments.iter().map(file).collect::<Vec<_>>(),
            "rating": self.rating.as_ref().map(|rating| json!({
                "is_good": rating.is_good, "comment": rating.comment, "at": rating.rated_at.to_string(),
            })),
            "events": self.timeline.iter().map(event).collect::<Vec<_>>(),
        })
    }
}

fn is_infected(file: &Attachment) -> bool {
    file.care.scan == Scan::Infected
}

/// Who of staff wrote is their own affair; what they wrote is not.
fn message(message: &Message, quoted: &[(Uuid, String)]) -> Value {
    let quoted = quoted.iter().find(|(id, _)| *id == message.id);
    json!({
        "id": message.id,
        "kind": message.kind,
        "via": message.via,
        "at": message.at.to_string(),
        "text": message.body,
        "quoted": quoted.map(|(_, text)| text),
    })
}

/// What happened and when; of access to the person's account also what for, and of a rating what it said.
fn event(entry: &Entry) -> Value {
    let mut event = json!({ "kind": entry.fact.kind(), "at": entry.at.to_string() });
    match &entry.fact {
        Fact::AccessRequested { purpose, .. } | Fact::AccessUsed { purpose, .. } => {
            event["purpose"] = json!(purpose);
        }
        Fact::AccessGranted { purpose, until, .. } => {
            event["purpose"] = json!(purpose);
            event["until"] = json!(until.to_string());
        }
        Fact::StatusChanged { to, .. } => event["to"] = json!(to),
        Fact::Judged { is_solved } => event["is_solved"] = json!(is_solved),
        Fact::Rated { is_good } => event["is_good"] = json!(is_good),
        _ => {}
    }
    event
}

/// A name that is no path and that every system can write; the number before it keeps two apart.
fn safe_name(name: &str) -> String {
    let is_kept = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    let safe: String = name
        .chars()
        .map(|c| if is_kept(c) { c } else { '_' })
        .collect();
    let safe = safe.trim_matches([' ', '.']);
    if safe.len() <= NAME_MOST_BYTES {
        return if safe.is_empty() { "file" } else { safe }.to_owned();
    }
    // What a program goes by stands at the end.
    let end = safe.rsplit_once('.').map(|(_, end)| end);
    let end = end.filter(|end| end.len() <= 10).unwrap_or_default();
    let mut short = String::new();
    for c in safe.chars() {
        if short.len() + c.len_utf8() + end.len() + 1 > NAME_MOST_BYTES {
            break;
        }
        short.push(c);
    }
    if end.is_empty() {
        short
    } else {
        format!("{short}.{end}")
    }
}

/// How the document begins; tickets follow with commas between them, and [`TAIL`].
#[must_use]
pub fn head(at: Timestamp) -> String {
    format!("{{\"format\":\"{FORMAT}\",\"exported_at\":\"{at}\",\"tickets\":[")
}

/// How the document ends.
pub const TAIL: &str = "\n]}\n";

/// What the archive says of itself.
#[must_use]
pub fn readme(at: Timestamp, has_notes: bool) -> String {
    let notes = if has_notes {
        "\"note\" is what staff wrote for each other about it."
    } else {
        "What staff wrote for each other is left out."
    };
    format!(
        "What is kept of a person who asked for help, as of {at}.\n\n\
         {DOCUMENT}\n  All tickets that came from the address: what was asked, from which page, what was written and when, what became of it.\n  \
         \"messages\": \"answer\" is what the person wrote, \"reply\" what staff wrote to them. {notes} \"quoted\" is what a mail held below: earlier mails, a signature.\n  \
         Times are in UTC.\n\n\
         files/\n  The files of each ticket, in a folder by its reference. \"path\" in {DOCUMENT} says which is which; \"sha256\" is the digest of its bytes.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_the_archive_is_no_path() {
        for (name, safe) in [
            ("steps.txt", "steps.txt"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("C:\\x\\y.exe", "C__x_y.exe"),
            ("..", "file"),
            ("", "file"),
            ("a\u{202e}b\n.txt", "a_b_.txt"),
            ("Überschrift 漢字.pdf", "Überschrift 漢字.pdf"),
        ] {
            assert_eq!(safe_name(name), safe, "{name}");
        }
        let long = safe_name(&format!("{}.pdf", "漢".repeat(200)));
        assert!(
            long.len() <= NAME_MOST_BYTES && long.ends_with(".pdf"),
            "{long}"
        );
    }

    #[test]
    fn the_document_is_json_however_many_tickets_there_are() {
        let at = Timestamp::UNIX_EPOCH;
        for tickets in ["", "\n{}", "\n{},\n{}"] {
            let text = format!("{}{tickets}{TAIL}", head(at));
            let value: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["format"], FORMAT);
        }
        assert!(readme(at, true).contains("wrote for each other about it"));
        assert!(readme(at, false).contains("left out"));
    }
}
