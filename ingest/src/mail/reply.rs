//! What staff wrote to the requester, as a mail. Pure.
//!
//! The text is theirs; around it stand words of ours in the requester's language. Nothing that the requester typed is in it: nobody may have verified the
//! address (threat S2), so the subject is the one of the acknowledgement, which keeps all mails about a ticket together in mail programs too.

mod prose;

use lettre::{Address, Message as Mail};
use minijinja::context;
use uuid::Uuid;

use super::{
    Identity,
    acknowledgement::{Letter, RenderError},
    draft::{Draft, Thread},
    incoming::first::FirstMail,
};
use crate::{
    message::{Kind, Message, Via},
    pages::Pages,
    site::Site,
    ticket::Ticket,
    words::{self, Table, Words},
};

/// The name of its templates and words, and the beginning of its Message-ID.
const NAME: &str = "reply";
/// Most Message-IDs in `References`: the first, and the latest of the others (RFC 5537 §3.4.4 cuts in the same way).
const MOST_REFERENCES: usize = 20;

/// What is particular to one mail.
#[derive(Clone, Copy, Debug)]
pub struct Particulars<'a> {
    /// What was written.
    pub message: &'a Message,
    /// Everything that was said about the ticket, oldest first; what came after the message does not count.
    pub conversation: &'a [Message],
    /// Names of the files that came with it.
    pub files: &'a [String],
    /// Where the requester reads and answers; nothing where nobody knows under which address we are reached.
    pub status: Option<&'a str>,
    /// Where somebody says that they did not write to us.
    pub object: Option<&'a str>,
    /// An answer to the mail comes onto the ticket.
    pub is_heard: bool,
    /// The mail by which the request came, where it came by mail.
    pub first: Option<&'a FirstMail>,
}

/// Writes the mail.
///
/// # Errors
/// [`RenderError`].
pub fn render(
    ticket: &Ticket,
    site: &Site,
    particulars: &Particulars<'_>,
    words: &Words,
    pages: &Pages,
    identity: &Identity,
) -> Result<Mail, RenderError> {
    let to: Address = ticket.email.parse().map_err(|_| RenderError::Address)?;
    let message = particulars.message;
    let reference = ticket.reference.to_string();
    let locale = words::shipped_or_english(&ticket.locale);
    let dir = words.direction(locale);
    let author = message.author.as_deref().unwrap_or(&site.name);
    let values = [&reference, &site.name, author].map(|value| words::apart(value, dir));
    let [reference_apart, site_apart, author_apart] = values.each_ref().map(String::as_str);
    let values = [
        ("reference", reference_apart),
        ("site_name", site_apart),
        ("site", site_apart),
        ("author", author_apart),
    ];
    let filled = |section: &str| -> Table {
        let own = words.of_site(&site.words, section, locale);
        let fill = |(key, text): (&String, &String)| (key.clone(), words::fill(text, &values));
        own.iter().map(fill).collect()
    };
    let acknowledgement = filled(Letter::Acknowledgement { promised: None }.as_str());
    let words = filled(NAME);
    let paragraphs = prose::for_template(&message.body);
    let body = |template: &str| {
        pages.render(
            template,
            context! {
                words => &words,
                site_name => &site.name,
                reference => &reference,
                locale,
                dir,
                accent => site.accent.to_hex(),
                accent_text => site.accent.text_on_it(),
                text => &message.body,
                paragraphs => &paragraphs,
                files => particulars.files.to_vec(),
                status_url => particulars.status,
                link_url => particulars.object,
                is_heard => particulars.is_heard,
            },
        )
    };
    let (text, html) = (body("mail/reply.txt")?, body("mail/reply.html")?);
    let thread = thread(ticket, particulars, &identity.domain);
    let draft = Draft {
        identity,
        to: &to,
        reply_to: identity.reply_to.as_ref(),
        subject: format!("Re: {}", words::text(&acknowledgement, "subject")),
        date: message.at,
        id: &id(message.id),
        locale,
        text: &text,
        html: &html,
        thread: Some(&thread),
        is_of_a_person: true,
    };
    Ok(draft.into_message()?)
}

/// Left side of the Message-ID.
fn id(message: Uuid) -> String {
    format!("{NAME}.{}", message.simple())
}

/// The acknowledgement, whether it was sent or not: what is not there hurts no mail program, and what came after it keeps together by it. Then what was
/// said before by mail.
fn thread(ticket: &Ticket, particulars: &Particulars<'_>, domain: &str) -> Thread {
    let ours = |left: String| format!("{left}@{domain}");
    let root = Letter::Acknowledgement { promised: None }.as_str();
    let root = ours(format!("{root}.{}", ticket.id.simple()));
    let message = particulars.message;
    let earlier = particulars
        .conversation
        .iter()
        .filter(|one| (one.at, one.id) < (message.at, message.id))
        .filter_map(|one| match (one.kind, one.via) {
            (Kind::Reply, _) => Some(ours(id(one.id))),
            (Kind::Answer, Via::Mail) => one.mail_id.clone().filter(|id| is_plain(id)),
            (Kind::Answer, Via::Page | Via::Desk) | (Kind::Note, _) => None,
        });
    let first = particulars.first.and_then(Thread::of);
    let first = first.map(|thread| thread.references).unwrap_or_default();
    let mut references: Vec<String> = first.into_iter().chain([root]).chain(earlier).collect();
    if references.len() > MOST_REFERENCES {
        references.drain(1..=references.len() - MOST_REFERENCES);
    }
    Thread { references }
}

/// May a Message-ID that somebody else made stand in a header of ours? It was looked at when it came, too.
pub(super) fn is_plain(id: &str) -> bool {
    const MOST_OCTETS: usize = 250;
    let is_plain = |b: u8| b.is_ascii_graphic() && !b"<>()\",;:\\".contains(&b);
    (3..=MOST_OCTETS).contains(&id.len()) && id.contains('@') && id.bytes().all(is_plain)
}

#[cfg(test)]
mod tests;
