//! Answers that are used again and again: their rules, and what stands for a name in them. Pure.

use cornerdesk_shared::validation::{clean_line, clean_text};

use crate::message::BODY_MOST_CHARS;

/// Longest title, in characters.
pub const TITLE_MOST_CHARS: usize = 120;
/// Most of a site: all of them are in one list.
pub const MOST: u64 = 500;

/// What stands for something of the ticket, and what it stands for.
pub const PLACEHOLDERS: [(&str, &str); 5] = [
    ("reference", "the number of the ticket"),
    (
        "requester_name",
        "what the requester is called, as far as it is known",
    ),
    ("summary", "what the ticket is about"),
    ("staff_name", "your name"),
    ("status_url", "the address of the page of the request"),
];

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It has no title.
    #[error("give it a title, by which you will find it again")]
    NoTitle,
    /// The title is longer than [`TITLE_MOST_CHARS`].
    #[error("the title is too long: at most 120 characters")]
    LongTitle,
    /// It has no text.
    #[error("write a text")]
    NoText,
    /// The text is too long for a message.
    #[error("the text is too long: at most 50,000 characters")]
    LongText,
    /// There are [`MOST`].
    #[error("a site has at most 500 of them: delete one first")]
    TooMany,
}

/// Title and text as they are kept.
///
/// # Errors
/// [`Fault`].
pub fn checked(title: &str, body: &str) -> Result<(String, String), Fault> {
    let (title, body) = (clean_line(title), clean_text(body));
    if title.is_empty() {
        Err(Fault::NoTitle)
    } else if title.chars().count() > TITLE_MOST_CHARS {
        Err(Fault::LongTitle)
    } else if body.is_empty() {
        Err(Fault::NoText)
    } else if body.chars().count() > BODY_MOST_CHARS {
        Err(Fault::LongText)
    } else {
        Ok((title, body))
    }
}

/// The text with what its placeholders stand for. What is put in is not looked at again, and what is no placeholder stays.
#[must_use]
pub fn filled(body: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let named = after.split_once('}').and_then(|(name, after)| {
            Some((values.iter().find(|(known, _)| *known == name)?, after))
        });
        match named {
            Some(((_, value), after)) => {
                text.push_str(value);
                rest = after;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

/// A text with another one put behind it, a line apart.
#[must_use]
pub fn appended(text: &str, more: &str) -> String {
    if text.trim().is_empty() {
        more.to_owned()
    } else {
        format!("{}\n\n{more}", text.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_once_and_nothing_else_is() {
        let values = [("summary", "{staff_name} & {x}"), ("staff_name", "Sam")];
        for (body, text) in [
            ("{staff_name}: {summary}", "Sam: {staff_name} & {x}"),
            ("{ {staff_name} } {", "{ Sam } {"),
            ("{unknown} {}", "{unknown} {}"),
            ("{{staff_name}}", "{Sam}"),
            ("", ""),
        ] {
            assert_eq!(filled(body, &values), text, "{body}");
        }
    }

    #[test]
    fn an_answer_has_a_title_and_a_text() {
        assert_eq!(checked(" \n", "x"), Err(Fault::NoTitle));
        assert_eq!(checked("x", " "), Err(Fault::NoText));
        let long = "x".repeat(TITLE_MOST_CHARS + 1);
        assert_eq!(checked(&long, "x"), Err(Fault::LongTitle));
        let kept = ("Out of office".to_owned(), "a\nb".to_owned());
        assert_eq!(checked(" Out of\noffice", "a\r\nb"), Ok(kept));
    }

    #[test]
    fn a_text_that_is_there_stays_above() {
        assert_eq!(appended(" \n", "b"), "b");
        assert_eq!(appended("a\n", "b"), "a\n\nb");
    }
}
