//! Mails that come in, taken apart. They were made by strangers.
//!
//! `mail-parser` is called here and nowhere else for such mails: a message in a message in a message, twenty thousand deep, is parsed and then overflows
//! the stack when it is dropped, which ends the process. So what may nest is counted first.

pub mod first;
pub mod flowed;
pub mod headers;
pub mod imap;
pub mod language;
pub mod letter;
pub mod lmtp;
mod markup;
pub mod quoted;
pub mod receive;

use mail_parser::{Message, MessageParser};

/// Longest mail that is read, bytes: what mail servers usually take.
pub const MOST_BYTES: usize = 25 * 1024 * 1024;
/// Most parts. Each level of nesting needs a line that begins a part, or a header that says what follows; a mail of a person has a dozen.
const MOST_PARTS: usize = 1_000;

/// Why a mail is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is longer than [`MOST_BYTES`].
    #[error("the mail is longer than 25 MiB")]
    TooLong,
    /// It has more parts than a mail has.
    #[error("the mail has more than a thousand parts")]
    TooManyParts,
    /// It has no header.
    #[error("this is no mail")]
    NoMail,
}

/// Takes a mail apart.
///
/// # Errors
/// [`Unreadable`].
pub fn parse(raw: &[u8]) -> Result<Message<'_>, Unreadable> {
    if raw.len() > MOST_BYTES {
        return Err(Unreadable::TooLong);
    }
    if parts_at_most(raw) > MOST_PARTS {
        return Err(Unreadable::TooManyParts);
    }
    MessageParser::default()
        .parse(raw)
        .ok_or(Unreadable::NoMail)
}

/// Never fewer than there are.
fn parts_at_most(raw: &[u8]) -> usize {
    const HEADER: &[u8] = b"content-type";
    let headers = raw
        .windows(HEADER.len())
        .filter(|window| window.eq_ignore_ascii_case(HEADER))
        .count();
    let boundaries = raw.windows(3).filter(|window| window == b"\n--").count();
    headers + boundaries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_that_would_end_the_process_is_not_parsed() {
        let deep = "Content-Type: message/rfc822\r\n\r\n".repeat(20_000);
        assert_eq!(
            parse(deep.as_bytes()).unwrap_err(),
            Unreadable::TooManyParts
        );
        let strange = "cOntent-tYpe : message\r\n (x) /rfc822\r\n\r\n".repeat(20_000);
        assert_eq!(
            parse(strange.as_bytes()).unwrap_err(),
            Unreadable::TooManyParts
        );
        let digest = format!(
            "Content-Type: multipart/digest; boundary=a\r\n\r\n{}",
            "--a\r\n\r\n".repeat(20_000)
        );
        assert_eq!(
            parse(digest.as_bytes()).unwrap_err(),
            Unreadable::TooManyParts
        );
    }

    #[test]
    fn the_deepest_mail_that_is_read_ends_nothing() {
        let deep = "Content-Type: message/rfc822\r\n\r\n".repeat(MOST_PARTS);
        drop(parse(deep.as_bytes()).unwrap());
        let open: String = (0..400)
            .map(|level| {
                format!("Content-Type: multipart/digest; boundary=b{level}\r\n\r\n--b{level}\r\n")
            })
            .collect();
        drop(parse(open.as_bytes()).unwrap());
    }

    #[test]
    fn a_mail_is_read_up_to_its_longest() {
        let mut long = b"Subject: x\r\n\r\n".to_vec();
        long.resize(MOST_BYTES, b'x');
        assert!(parse(&long).is_ok());
        long.push(b'x');
        assert_eq!(parse(&long).unwrap_err(), Unreadable::TooLong);
        assert_eq!(parse(b"").unwrap_err(), Unreadable::NoMail);
    }
}
