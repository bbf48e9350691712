//! The bytes that go out, seen by a mail server that takes a bare LF for the end of a line (threat S3).

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission_with},
    on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
use serde_json::json;

/// Texts that would be commands, headers or the end of a message, if they were let through.
const SMUGGLED: [&str; 9] = [
    "x\r\n.\r\nMAIL FROM:<a@evil.example>\r\nRCPT TO:<victim@evil.example>\r\nDATA\r\nSubject: y\r\n\r\nz\r\n.\r\n",
    "x\n.\nRCPT TO:<victim@evil.example>\n",
    "x\r.\rRCPT TO:<victim@evil.example>\r",
    "x\n.\r\nRSET\r\n",
    "x\r\nBcc: victim@evil.example",
    "x\nBcc: victim@evil.example",
    "x%0d%0aBcc:%20victim@evil.example",
    "x\u{2028}Bcc: victim@evil.example\u{2029}\u{85}",
    "\u{feff}.\u{0}\u{1b}[2J",
];

fn is_line_ending_clean(bytes: &[u8]) -> bool {
    let text = bytes.iter().zip(bytes.iter().skip(1));
    let starts_well = bytes.first() != Some(&b'\n') && bytes.last() != Some(&b'\r');
    starts_well
        && text
            .clone()
            .all(|(one, next)| (*one == b'\r') == (*next == b'\n'))
}

on_both_databases! {
    async fn nothing_that_was_typed_becomes_a_command_a_header_or_a_recipient(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = Setup::new(database).mail_to(&sink).mail_setting("bounce_address = \"bounces@acme.example\"\nverp = true\n");
        let service = Service::start_with(setup).await;
        for (number, text) in SMUGGLED.iter().enumerate() {
            let upload = service.client().upload(&File::text(text, text)).await;
            let submission = a_submission_with(json!({
                "summary": text, "description": text, "email": format!("ada-{number}@customer.example"),
                "upload_ids": [upload], "context": { "page_title": text },
            }));
            service.client().submit(&submission).await.reference();
            let hostile = a_submission_with(json!({ "email": format!("ada@customer.example{text}") }));
            let answer = service.client().submit(&hostile).await;
            assert_eq!(answer.status, 422, "{text:?}: {}", answer.text);
        }
        let messages = sink.messages(SMUGGLED.len()).await;
        assert_eq!(messages.len(), SMUGGLED.len());
        let mut headers = None;
        for message in &messages {
            let [recipient] = message.recipients.as_slice() else {
                panic!("one mail went to {:?}", message.recipients);
            };
            let raw = String::from_utf8(message.raw.clone()).expect("our mails are ASCII");
            assert!(raw.is_ascii() && is_line_ending_clean(raw.as_bytes()), "{raw:?}");
            assert!(raw.lines().all(|line| line.len() <= 998), "RFC 5322 §2.1.1: {raw}");
            assert!(!raw.contains("evil"), "{raw}");
            let (head, _) = raw.split_once("\r\n\r\n").expect("a head");
            let names: Vec<_> = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']))
                .filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect();
            assert_eq!(headers.get_or_insert_with(|| names.clone()), &names, "the same headers in every mail");
            assert_eq!(message.mail().header("To"), recipient);
        }
        let commands = sink.commands();
        let count = |verb: &str| commands.iter().filter(|command| command.starts_with(verb)).count();
        for verb in ["MAIL", "RCPT", "DATA"] {
            assert_eq!(count(verb), SMUGGLED.len(), "{verb} in {commands:?}");
        }
        for command in &commands {
            assert!(["EHLO ", "MAIL ", "RCPT ", "DATA\r\n", "QUIT\r\n"].iter().any(|verb| command.starts_with(verb)), "{command:?}");
            assert!(is_line_ending_clean(command.as_bytes()) && command.is_ascii(), "{command:?}");
        }
    }
}
