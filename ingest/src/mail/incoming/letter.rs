//! What is in a mail that came in: who says to have written it, what, and with which files. Pure.

use mail_parser::{Message, MimeHeaders, PartType};
use sha2::{Digest, Sha256};

use super::{Unreadable, flowed, headers::Headers, markup};
use crate::mail::{
    automatic::{self, Writer},
    delivery_report::{self, Report},
    reply,
};

/// Longest text that is looked at, in bytes; a mail of a person is a page.
const TEXT_MOST_BYTES: usize = 1024 * 1024;
/// Pictures within the text that are smaller are ornaments of signatures, in bytes.
const ORNAMENT_MOST_BYTES: usize = 4 * 1024;

/// A mail.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The one address in `From`; nothing where there are several or none.
    pub from: Option<Sender>,
    /// Its Message-ID without angle brackets, where it has a usable one.
    pub message_id: Option<String>,
    /// Who wrote it, as far as one can tell.
    pub writer: Writer,
    /// What it reports, if it is a report of a mail server.
    pub report: Option<Report>,
    /// Its text, with all that is quoted.
    pub text: String,
    /// Its files.
    pub files: Vec<File>,
    /// How many mail servers it passed.
    pub hops: usize,
    /// What else its headers say.
    pub headers: Headers,
    /// Digest of what it says: another one for another text, the same for the same mail on another way.
    pub digest: [u8; 32],
}

/// Who says to have written it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The address.
    pub address: String,
    /// The name beside it.
    pub name: Option<String>,
}

/// A file of a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// As the sender called it.
    pub name: String,
    /// As the sender declared it.
    pub content_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Letter {
    /// Addresses that it was sent to as its headers say, the likeliest first.
    pub fn recipients(&self) -> impl Iterator<Item = &str> {
        let headers = &self.headers;
        let all = headers.delivered_to.iter().chain(&headers.written_to);
        all.map(String::as_str)
    }
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").finish_non_exhaustive()
    }
}

/// Reads a mail. `sender` is the envelope's, where it is known.
///
/// # Errors
/// [`Unreadable`].
pub fn read(raw: &[u8], sender: Option<&str>) -> Result<Letter, Unreadable> {
    let mail = super::parse(raw)?;
    let (text, files) = (text_of(&mail), files_of(&mail));
    let from = from_of(&mail);
    let mut digest = Sha256::new();
    digest.update(from.as_ref().map_or("", |from| from.address.as_str()));
    for part in std::iter::once(text.as_bytes()).chain(files.iter().map(|file| &*file.bytes)) {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    Ok(Letter {
        from,
        message_id: (mail.message_id())
            .filter(|id| reply::is_plain(id))
            .map(str::to_owned),
        writer: automatic::writer(&mail, sender),
        report: delivery_report::read(&mail),
        text,
        files,
        hops: (mail.headers_raw())
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("received"))
            .count(),
        headers: Headers::of(&mail),
        digest: digest.finalize().into(),
    })
}

fn from_of(mail: &Message<'_>) -> Option<Sender> {
    // A second header of the kind is a trick: each mail program shows another one.
    let headers = mail.headers_raw();
    let count = headers.filter(|(name, _)| name.trim().eq_ignore_ascii_case("from"));
    if count.count() != 1 {
        return None;
    }
    let mut addresses = mail.from()?.iter();
    let (first, second) = (addresses.next()?, addresses.next());
    let address = first.address().filter(|_| second.is_none())?;
    let name = first.name().map(cornerdesk_shared::validation::clean_line);
    Some(Sender {
        address: address.trim().to_owned(),
        name: name.filter(|name| !name.is_empty()),
    })
}

/// The parts that are text, else the ones that are pages.
fn text_of(mail: &Message<'_>) -> String {
    let of_part = |part: &mail_parser::MessagePart<'_>| match &part.body {
        PartType::Text(text) => {
            let parameter = |name: &str| {
                let of = part.content_type()?;
                of.attribute(name).map(str::to_ascii_lowercase)
            };
            if parameter("format").as_deref() == Some("flowed") {
                flowed::unbroken(text, parameter("delsp").as_deref() == Some("yes"))
            } else {
                text.to_string()
            }
        }
        PartType::Html(html) => markup::text(shortened(html)),
        _ => String::new(),
    };
    let whole = |parts: Vec<String>| {
        let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
        parts.collect::<Vec<_>>().join("\n")
    };
    let mut text = whole(mail.text_bodies().map(of_part).collect());
    if text.is_empty() {
        text = whole(mail.html_bodies().map(of_part).collect());
    }
    shortened(&text).to_owned()
}

fn shortened(text: &str) -> &str {
    let end = (0..=TEXT_MOST_BYTES.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

fn files_of(mail: &Message<'_>) -> Vec<File> {
    let is_ornament = |part: &mail_parser::MessagePart<'_>| {
        let is_picture = part
            .content_type()
            .is_some_and(|of| of.ctype().eq_ignore_ascii_case("image"));
        let is_within =
            part.content_id().is_some() && matches!(part.body, PartType::InlineBinary(_));
        is_picture && is_within && part.len() < ORNAMENT_MOST_BYTES
    };
    let file = |part: &mail_parser::MessagePart<'_>| {
        let is_mail = matches!(part.body, PartType::Message(_));
        let name = part.attachment_name().map(str::to_owned);
        let unnamed = if is_mail { "mail.eml" } else { "file" };
        let content_type = part.content_type().map(|of| {
            let subtype = of.subtype().unwrap_or("octet-stream");
            format!("{}/{subtype}", of.ctype())
        });
        File {
            name: name.unwrap_or_else(|| unnamed.to_owned()),
            content_type: content_type.unwrap_or_default(),
            bytes: part.contents().to_vec(),
        }
    };
    let parts = mail.attachments().filter(|part| !is_ornament(part));
    parts
        .map(file)
        .filter(|file| !file.bytes.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
