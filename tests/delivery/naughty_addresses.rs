//! The addresses of the isemail corpus, and some that were made to carry more than an address (S3).

use std::collections::BTreeSet;

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, new_key},
    corpora::{Address, addresses},
    on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};

use crate::mails::{Expected, check_mails, mails_of};

/// Ways to begin a header, a command or a second recipient.
const SMUGGLERS: [&str; 16] = [
    "a@b.example\n.\n",
    "a@b.example\r.\rMAIL FROM:<c@d.example>",
    "a@b.example\r\nBcc: c@d.example",
    "a@b.example%0aBcc: c@d.example",
    "a%0a@b.example\u{2028}Bcc: c@d.example",
    "a@b.example\u{0}@d.example",
    "a@b.example,c@d.example",
    "a@b.example;c@d.example",
    "a@b.example c@d.example",
    "group:a@b.example,c@d.example;",
    "<a@b.example>",
    "Ada <a@b.example>",
    "a@b.example> RCPT TO:<c@d.example",
    "@d.example:a@b.example",
    "a@b.example?bcc=c@d.example",
    "\"a@b.example>\\r\\nRCPT TO:<c\"@d.example",
];

on_both_databases! {
    async fn an_address_is_refused_or_gets_one_mail_that_goes_to_it_alone(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(Setup::new(database).mail_to(&sink).log_level("warn")).await;
        let (mut references, mut taken) = (Vec::new(), Vec::new());
        for address in addresses().into_iter().chain(SMUGGLERS.map(smuggler)) {
            let answer = submit(&service, &address.json).await;
            match (answer.status.as_u16(), &address.text) {
                (201, Some(text)) => {
                    references.push(answer.reference());
                    taken.push((text.clone(), address.verdict));
                }
                (422, Some(_)) => {
                    let problem = answer.problem(422, "invalid-submission");
                    assert_eq!(problem["violations"][0]["field"], "email", "{address:?}");
                }
                // No text at all.
                (_, None) => drop(answer.problem(400, "malformed-request")),
                (status, _) => panic!("{status} {address:?}: {}", answer.text),
            }
        }
        assert_eq!(distinct(taken.iter().map(|(text, _)| text.trim())), distinct(ours().iter().map(String::as_str)));
        let mails = mails_of(taken.len(), &service, &sink).await;
        let mut expected = Vec::new();
        for ((text, verdict), ticket) in taken.iter().zip(service.tickets_by(&references)) {
            assert_eq!(ticket["email"], text.trim(), "{verdict}");
            expected.push(Expected::of(&ticket, "a".to_owned()));
        }
        check_mails(&mails, expected);
    }
}

/// The valid addresses of the corpus that are as ours must be: ASCII, with a dot in the domain.
fn ours() -> Vec<String> {
    let valid = addresses()
        .into_iter()
        .filter(|address| address.verdict == "valid");
    let is_ours = |text: &String| {
        text.is_ascii()
            && text
                .rsplit_once('@')
                .is_some_and(|(_, domain)| domain.contains('.'))
    };
    valid
        .filter_map(|address| address.text)
        .filter(is_ours)
        .collect()
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    texts.collect()
}

fn smuggler(text: &str) -> Address {
    Address {
        json: serde_json::to_string(text).expect("a text is JSON"),
        text: Some(text.to_owned()),
        verdict: "smuggler".to_owned(),
    }
}

/// As JSON with the escapes of the corpus, which may stand for no character.
async fn submit(service: &Service, email: &str) -> Answer {
    let client = service.client();
    let request = client
        .request("POST", &client.path("tickets"))
        .header("Idempotency-Key", new_key())
        .header("Content-Type", "application/json")
        .body(format!(
            r#"{{"summary":"a","description":"b","email":{email}}}"#
        ));
    Answer::of(request.send().await.expect("an answer")).await
}
