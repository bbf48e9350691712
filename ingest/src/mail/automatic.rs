//! Who wrote a mail that came in: a person, or a program that must not be answered? Pure.

use mail_parser::{Message, MimeHeaders};

use super::machine;

/// Who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// A person, as far as one can tell.
    Person,
    /// A mail server, about another mail (RFC 3464, RFC 8098).
    MailServer,
    /// A mailing list.
    List,
    /// Some other program.
    Program,
}

/// Tells by the signs of RFC 3834 §2 and §5 and RFC 2919. `sender` is the envelope's, where it is known; `""` is the null return path.
///
/// `X-Auto-Response-Suppress` is no sign: Exchange sets it on ordinary mails of people.
#[must_use]
pub fn writer(mail: &Message<'_>, sender: Option<&str>) -> Writer {
    let content_type = mail.content_type();
    let is_report = content_type.is_some_and(|of| {
        of.ctype().eq_ignore_ascii_case("multipart")
            && of
                .subtype()
                .is_some_and(|subtype| subtype.eq_ignore_ascii_case("report"))
    });
    if is_report {
        return Writer::MailServer;
    }
    let mut kind = Writer::Person;
    for (name, value) in mail.headers_raw() {
        match sign(name.trim(), value.trim()) {
            Some(Writer::List) => return Writer::List,
            Some(found) => kind = found,
            None => {}
        }
    }
    let from = mail
        .from()
        .and_then(|from| from.first())
        .and_then(|from| from.address());
    if sender.is_some_and(|sender| sender.trim_matches(['<', '>', ' ']).is_empty())
        || from.is_some_and(machine::is_role)
    {
        kind = Writer::Program;
    }
    kind
}

/// What one header says.
fn sign(name: &str, value: &str) -> Option<Writer> {
    let value = value.to_ascii_lowercase();
    match name.to_ascii_lowercase().as_str() {
        // "no" may be followed by comments and parameters.
        "auto-submitted" => {
            (value.split([';', ' ', '(']).next() != Some("no")).then_some(Writer::Program)
        }
        "return-path" => (value.replace([' ', '<', '>'], "").is_empty()).then_some(Writer::Program),
        "list-id" | "list-unsubscribe" | "list-post" | "list-help" => Some(Writer::List),
        "precedence" => match value.as_str() {
            "list" => Some(Writer::List),
            "bulk" | "junk" | "auto_reply" => Some(Writer::Program),
            _ => None,
        },
        "x-autoreply" | "x-autorespond" | "x-auto-reply" => Some(Writer::Program),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::incoming;

    fn told(header: &str, sender: Option<&str>) -> Writer {
        let from = if header.starts_with("From:") {
            ""
        } else {
            "From: jane@example.org\r\n"
        };
        let raw = format!("{from}{header}\r\nSubject: x\r\n\r\nHello\r\n");
        writer(&incoming::parse(raw.as_bytes()).unwrap(), sender)
    }

    #[test]
    fn the_truth_table() {
        use Writer::{List, MailServer, Person, Program};
        for (header, writer) in [
            ("X-Mailer: Some", Person),
            ("Auto-Submitted: no", Person),
            ("auto-submitted: No (a person)", Person),
            ("Auto-Submitted: auto-replied", Program),
            ("Auto-Submitted: auto-generated; x=y", Program),
            ("Auto-Submitted: auto-notified", Program),
            ("Return-Path: <>", Program),
            ("Return-Path: <jane@example.org>", Person),
            (
                "Content-Type: multipart/report; report-type=delivery-status; boundary=a",
                MailServer,
            ),
            ("Content-Type: Multipart/Report; boundary=a", MailServer),
            ("Content-Type: multipart/mixed; boundary=a", Person),
            ("List-Id: <list.example.org>", List),
            ("List-Unsubscribe: <https://example.org>", List),
            ("Precedence: list", List),
            ("Precedence: bulk", Program),
            ("Precedence: first-class", Person),
            ("X-Autoreply: yes", Program),
            ("From: MAILER-DAEMON@example.org", Program),
            ("From: no-reply@example.org", Program),
            ("X-Auto-Response-Suppress: All", Person),
            (
                "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply",
                Person,
            ),
        ] {
            assert_eq!(told(header, None), writer, "{header}");
        }
    }

    #[test]
    fn the_null_return_path_is_a_sign_wherever_it_stands() {
        assert_eq!(told("X: y", Some("")), Writer::Program);
        assert_eq!(told("X: y", Some("<>")), Writer::Program);
        assert_eq!(told("X: y", Some("jane@example.org")), Writer::Person);
    }
}
