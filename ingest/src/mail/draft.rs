//! What all our mails have: two parts, and headers that tell machines not to answer. Pure.

use jiff::Timestamp;
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};

use super::{Identity, incoming::first::FirstMail, reply};

/// A mail before it is put together.
pub(super) struct Draft<'a> {
    /// Who we are.
    pub identity: &'a Identity,
    /// The reader.
    pub to: &'a Address,
    /// Where answers go, unless to the sender.
    pub reply_to: Option<&'a Mailbox>,
    /// The subject.
    pub subject: String,
    /// Its date.
    pub date: Timestamp,
    /// Left side of the Message-ID: the same for every attempt, so that a mail that was sent twice is shown once.
    pub id: &'a str,
    /// The language.
    pub locale: &'a str,
    /// For readers that show no HTML.
    pub text: &'a str,
    /// For all others.
    pub html: &'a str,
    /// The mails that it follows, if any.
    pub thread: Option<&'a Thread>,
    /// A person wrote it; else we do so by ourselves.
    pub is_of_a_person: bool,
}

/// The mails that a mail follows, as Message-IDs without angle brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Thread {
    /// All of them, oldest first; never empty.
    pub references: Vec<String>,
}

impl Thread {
    /// The mail by which a request came, where it can be named. Its Message-ID is the sender's choice; nobody is shown it.
    pub(super) fn of(first: &FirstMail) -> Option<Self> {
        let id = first.mail_id.clone().filter(|id| reply::is_plain(id))?;
        Some(Self {
            references: vec![id],
        })
    }
}

impl Draft<'_> {
    /// Puts it together.
    pub(super) fn into_message(self) -> Result<Message, lettre::error::Error> {
        let mut message = Message::builder()
            .from(self.identity.from.clone())
            .to(Mailbox::new(None, self.to.clone()))
            .subject(self.subject)
            .date(self.date.into())
            .message_id(Some(format!("<{}@{}>", self.id, self.identity.domain)));
        if let Some(reply_to) = self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        if let Some(thread) = self.thread {
            let bracketed = |id: &String| format!("<{id}>");
            let all: Vec<String> = thread.references.iter().map(bracketed).collect();
            if let Some(last) = all.last() {
                message = message.in_reply_to(last.clone()).references(all.join(" "));
            }
        }
        // RFC 3834 §5: whoever answers mails by machine must not answer this one. The second header is Exchange's own way to say so. What a person wrote is
        // not of a machine (§5: no header at all); that somebody is away is still no answer, but that a mail came back is wanted.
        let (submitted, suppressed) = match self.is_of_a_person {
            false => (Some("auto-generated"), "All"),
            true => (None, "OOF, AutoReply"),
        };
        let headers = [
            submitted.map(|submitted| ("Auto-Submitted", submitted)),
            Some(("X-Auto-Response-Suppress", suppressed)),
            Some(("Content-Language", self.locale)),
        ];
        for (name, value) in headers.into_iter().flatten() {
            message = message.raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str(name),
                value.to_owned(),
            ));
        }
        message.multipart(
            MultiPart::alternative()
                .singlepart(part(ContentType::TEXT_PLAIN, self.text))
                .singlepart(part(ContentType::TEXT_HTML, self.html)),
        )
    }
}

/// Base64 and CRLF throughout: no line of a body can end the message early (RUSTSEC-2026-0561).
fn part(content_type: ContentType, text: &str) -> SinglePart {
    let text = text
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', "\r\n");
    SinglePart::builder()
        .header(content_type)
        .header(ContentTransferEncoding::Base64)
        .body(text)
}
