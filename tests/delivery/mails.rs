//! What no mail to an unverified address may do, whatever was typed (S2, S3).

use std::{collections::HashMap, time::Duration};

use cornerdesk_tests::{
    Service,
    client::a_submission_with,
    eventually,
    mail::Mail,
    smtp::{Received, SmtpSink},
};
use serde_json::{Value, json};

/// Who gets the mail that others are compared with.
const PLAIN: &str = "plain@customer.example";

/// Shorter pieces of a text may stand in a mail by chance.
const FRAGMENT_CHARS: usize = 6;

/// The mail of one ticket.
#[derive(Debug)]
pub struct Expected {
    reference: String,
    recipient: String,
    typed: String,
}

impl Expected {
    /// The mail of `ticket`, into which `typed` was typed wherever it goes.
    pub fn of(ticket: &Value, typed: String) -> Self {
        let text = |member: &str| ticket[member].as_str().expect("a text").to_owned();
        Self {
            reference: text("reference"),
            recipient: text("email"),
            typed,
        }
    }
}

/// The mails of so many tickets, and the one of a submission in which nothing unusual was typed, which comes last.
///
/// Nothing may block the thread before they came, or the mail server would be one that does not answer.
pub async fn mails_of(tickets: usize, service: &Service, sink: &SmtpSink) -> Vec<Received> {
    let submission = a_submission_with(json!({ "email": PLAIN }));
    let (patience, count) = (Duration::from_secs(60), tickets + 1);
    let all_came = async |count| (sink.count() >= count).then_some(());
    eventually(patience, "the mails", async || all_came(tickets).await).await;
    service.client().submit(&submission).await.reference();
    eventually(patience, "the last mail", async || all_came(count).await).await;
    sink.received()
}

/// Compares each mail with the plain one: the same headers, one recipient, no piece of what was typed, nothing that a server could
/// take for the end of a line or a message.
pub fn check_mails(received: &[Received], expected: Vec<Expected>) {
    let (plain, received) = received.split_last().expect("there are mails");
    assert_eq!(plain.recipients, [PLAIN]);
    assert_eq!(received.len(), expected.len(), "one mail for each ticket");
    let by_reference = |expected: Expected| (expected.reference.clone(), expected);
    let mut expected: HashMap<_, _> = expected.into_iter().map(by_reference).collect();
    for message in received {
        let mail = message.mail();
        // Removed, so that no ticket has a second one.
        let expected = expected.remove(&reference_in(mail.header("subject")));
        let expected = expected.expect("a mail of a ticket that has none yet");
        assert_eq!(message.recipients, [expected.recipient.as_str()]);
        assert_ends_of_lines(&message.raw);
        check(&mail, &plain.mail(), &expected);
    }
}

fn check(mail: &Mail, plain: &Mail, expected: &Expected) {
    assert_eq!(mail.header_names(), plain.header_names());
    assert_eq!(mail.header("to"), expected.recipient);
    let (whole, usual) = (mail.everything(), plain.everything());
    let typed: Vec<char> = expected.typed.chars().collect();
    for fragment in typed.windows(FRAGMENT_CHARS) {
        let fragment: String = fragment.iter().collect();
        let is_there = whole.contains(&fragment) && !usual.contains(&fragment);
        assert!(!is_there, "{fragment:?} of {expected:?} in {whole}");
    }
}

fn reference_in(subject: &str) -> String {
    let begin = subject.find("CD-").expect("a subject names the reference");
    subject[begin..begin + "CD-7K3F-92XQ".len()].to_owned()
}

/// Every line ends with CR LF, and neither stands alone: some servers take a lone one for the end of a line.
fn assert_ends_of_lines(raw: &[u8]) {
    let text = String::from_utf8_lossy(raw).replace("\r\n", "");
    assert!(!text.contains(['\r', '\n']), "{text:?}");
    assert!(raw.is_ascii());
}
