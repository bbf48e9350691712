//! What a mail server reports about a mail that it had taken (RFC 3464). Pure.

use mail_parser::{Message, MimeHeaders};

/// What became of the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// It will not be delivered.
    Failed {
        /// The code (RFC 3463), such as `5.1.1`.
        status: Option<String>,
    },
    /// It is not delivered yet, and is tried further.
    Delayed {
        /// The code, such as `4.4.1`.
        status: Option<String>,
    },
    /// It was delivered or passed on.
    Delivered,
}

/// Reads the machine's part of a report; `None` when there is none. Of several recipients the worst counts: our mails have one, but it may
/// have been passed on to several.
#[must_use]
pub fn read(mail: &Message<'_>) -> Option<Report> {
    let part = mail.parts.iter().find(|part| {
        part.content_type().is_some_and(|of| {
            of.ctype().eq_ignore_ascii_case("message")
                && of.subtype().is_some_and(|subtype| {
                    ["delivery-status", "global-delivery-status"]
                        .iter()
                        .any(|known| subtype.eq_ignore_ascii_case(known))
                })
        })
    })?;
    let text = String::from_utf8_lossy(part.contents());
    // Fields come in groups, divided by empty lines: one about the message, then one for each recipient (§2.1).
    let text = text.replace("\r\n", "\n");
    let mut reports = text.split("\n\n").filter_map(about_recipient);
    let first = reports.next()?;
    Some(reports.fold(first, |worst, report| {
        if badness(&report) > badness(&worst) {
            report
        } else {
            worst
        }
    }))
}

const fn badness(report: &Report) -> u8 {
    match report {
        Report::Delivered => 0,
        Report::Delayed { .. } => 1,
        Report::Failed { .. } => 2,
    }
}

/// The group of one recipient: `Action` (§2.3.3) and `Status` (§2.3.4).
fn about_recipient(group: &str) -> Option<Report> {
    let field = |wanted: &str| {
        group.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let is_it = name.trim().eq_ignore_ascii_case(wanted);
            is_it.then(|| value.trim().to_ascii_lowercase())
        })
    };
    let status = field("status").and_then(|status| code(&status));
    match field("action")?.split_whitespace().next()? {
        "failed" => Some(Report::Failed { status }),
        "delayed" => Some(Report::Delayed { status }),
        "delivered" | "relayed" | "expanded" => Some(Report::Delivered),
        _ => None,
    }
}

/// `5.1.1` of `5.1.1 (bad destination)`; nothing else of what a stranger wrote is kept.
fn code(status: &str) -> Option<String> {
    let code = status.split([' ', '(']).next()?;
    let is_code = code.split('.').count() == 3
        && code.split('.').all(|part| {
            (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        });
    is_code.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::incoming;

    fn report(groups: &str) -> String {
        format!(
            "From: MAILER-DAEMON@relay.example\r\nTo: bounces@example.com\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nI am sorry. Action: delivered\r\n\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n{groups}\r\n\
             --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: We have your request\r\n\r\nHello\r\n--b--\r\n"
        )
    }

    fn read_groups(groups: &str) -> Option<Report> {
        read(&incoming::parse(report(groups).as_bytes()).unwrap())
    }

    #[test]
    fn the_report_says_what_became_of_the_mail() {
        let status = |code: &str| Some(code.to_owned());
        for (groups, expected) in [
            (
                "Final-Recipient: rfc822; a@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n",
                Some(Report::Failed {
                    status: status("5.1.1"),
                }),
            ),
            (
                "Final-Recipient: rfc822; a@x.example\r\naction:  Failed (bad)\r\nSTATUS: 5.2.2 (full)\r\n",
                Some(Report::Failed {
                    status: status("5.2.2"),
                }),
            ),
            (
                "Final-Recipient: rfc822; a@x.example\r\nAction: delayed\r\nStatus: 4.4.1\r\n",
                Some(Report::Delayed {
                    status: status("4.4.1"),
                }),
            ),
            (
                "Final-Recipient: rfc822; a@x.example\r\nAction: failed\r\nStatus: <script>\r\n",
                Some(Report::Failed { status: None }),
            ),
            (
                "Final-Recipient: rfc822; a@x.example\r\nAction: relayed\r\nStatus: 2.0.0\r\n",
                Some(Report::Delivered),
            ),
            (
                "Final-Recipient: rfc822; a@x.example\r\nAction: delivered\r\n\r\nFinal-Recipient: rfc822; b@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n",
                Some(Report::Failed {
                    status: status("5.1.1"),
                }),
            ),
            (
                "Final-Recipient: rfc822; a@x.example\r\nAction: unknown\r\n",
                None,
            ),
            ("", None),
        ] {
            assert_eq!(read_groups(groups), expected, "{groups}");
        }
    }

    #[test]
    fn a_mail_of_a_person_is_no_report() {
        let raw = "From: jane@example.org\r\nSubject: Action: failed\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n";
        assert_eq!(read(&incoming::parse(raw.as_bytes()).unwrap()), None);
    }
}
