//! What requester and staff say to each other about a ticket. Pure.

use cornerdesk_shared::validation::clean_text;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest text, in characters: a long letter. A log belongs into a file.
pub const BODY_MOST_CHARS: usize = 50_000;

/// Who speaks to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Staff to the requester.
    Reply,
    /// Among staff. Never leaves the desk.
    Note,
    /// The requester to staff.
    Answer,
}

impl Kind {
    /// The name in the database and in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Note => "note",
            Self::Answer => "answer",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Reply, Self::Note, Self::Answer]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }

    /// May the requester read it?
    #[must_use]
    pub const fn is_public(self) -> bool {
        match self {
            Self::Reply | Self::Answer => true,
            Self::Note => false,
        }
    }
}

/// The way it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// Written at the desk; by a requester, at a desk elsewhere that holds the ticket, too.
    Desk,
    /// Written on the page of the request.
    Page,
    /// By mail.
    Mail,
}

impl Via {
    /// The name in the database and in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Page => "page",
            Self::Mail => "mail",
        }
    }

    /// The way with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Desk, Self::Page, Self::Mail]
            .into_iter()
            .find(|via| via.as_str() == name)
    }
}

/// A message. Its text is cleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Chosen by the form or derived from the mail: the same one twice is one message.
    pub id: Uuid,
    /// The ticket that it is about.
    pub ticket: Uuid,
    /// Who speaks to whom.
    pub kind: Kind,
    /// The way it came.
    pub via: Via,
    /// Who of staff wrote it, as colleagues know them; nobody where the requester did.
    pub author: Option<String>,
    /// Plain text.
    pub body: String,
    /// Message-ID of the mail that it came by, without angle brackets.
    pub mail_id: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// There is none.
    #[error("write something first")]
    Empty,
    /// It is longer than [`BODY_MOST_CHARS`].
    #[error("the text is too long: at most 50,000 characters. What is longer fits into a file")]
    TooLong,
}

/// A text as it is kept.
///
/// # Errors
/// [`BodyFault`].
pub fn body_of(text: &str) -> Result<String, BodyFault> {
    let text = clean_text(text);
    if text.is_empty() {
        Err(BodyFault::Empty)
    } else if text.chars().count() > BODY_MOST_CHARS {
        Err(BodyFault::TooLong)
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_there_and_no_book() {
        assert_eq!(body_of(" \r\n\t"), Err(BodyFault::Empty));
        assert_eq!(body_of("a\r\nb\u{7} "), Ok("a\nb".to_owned()));
        let longest = "ä".repeat(BODY_MOST_CHARS);
        assert_eq!(body_of(&longest).as_deref(), Ok(&*longest));
        assert_eq!(body_of(&format!("{longest}.")), Err(BodyFault::TooLong));
    }

    #[test]
    fn a_note_is_never_public() {
        assert!(Kind::Reply.is_public() && Kind::Answer.is_public());
        assert!(!Kind::Note.is_public());
    }
}
