//! The ways by which requests come in while the service runs: a mail server by LMTP, a real Postfix, a mailbox of a real Dovecot; and texts that broke other
//! people's programs.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use cornerdesk_tests::{
    Database, Service, corpora::naughty_strings, dovecot::Dovecot, eventually, lmtp::Lmtp,
    on_both_databases, postfix::Postfix, smtp::SmtpSink,
};

use super::{
    incoming_ways::lmtp_of,
    requests::{ADA, HELP, OTHER, mail, setup},
};

const SOON: Duration = Duration::from_secs(40);
const LMTP: &str = "incoming.lmtp = \"127.0.0.1:0\"\n";

on_both_databases! {
    async fn a_mail_server_hands_requests_over_and_what_it_was_told_survives(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = setup(database, &sink).mail_setting(LMTP).section(OTHER);
        let mut service = Service::start_with(setup).await;
        let mut lmtp = lmtp_of(&service).await;
        let text = mail("", "hello");
        let recipients = [HELP, "nobody@acme.example", "other@acme.example", "reply+x@acme.example"];
        let answers = lmtp.hand_over(ADA, &recipients, &text).await;
        let codes: Vec<&str> = answers.iter().map(|answer| &answer[..3]).collect();
        assert_eq!(codes, ["250", "550", "250", "550"], "{answers:?}");
        service.kill();
        service.start_again().await;
        assert_eq!(service.tickets().len(), 2);
        let mut again = lmtp_of(&service).await;
        let answers = again.hand_over(ADA, &[HELP, "other@acme.example"], &text).await;
        assert!(answers.iter().all(|answer| answer.starts_with("250")), "{answers:?}");
        // Nobody is told of what a program wrote: the mail server would write to it.
        let automatic = mail("Auto-Submitted: auto-replied\r\n", "I am away");
        let answers = again.hand_over("", &[HELP], &automatic).await;
        assert!(answers[0].starts_with("250") && answers[0].contains("dropped"), "{answers:?}");
        let two = mail("From: a@b.example, c@d.example\r\n", "hello");
        let answers = again.hand_over("a@b.example", &[HELP], &two).await;
        assert!(answers[0].starts_with("550 5.6.0"), "{answers:?}");
        assert_eq!(service.tickets().len(), 2);
    }

    async fn a_naughty_text_in_a_mail_comes_back_as_it_was_and_goes_into_no_mail(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = setup(database, &sink).mail_setting(LMTP).log_level("warn");
        let service = Service::start_with(setup).await;
        let mut lmtp = lmtp_of(&service).await;
        let texts = naughty_strings();
        for (number, text) in texts.iter().enumerate() {
            let packed = STANDARD.encode(text);
            let head = format!(
                "From: \"x\" <naughty.{number}@customer.example>\r\nSubject: =?utf-8?B?{packed}?=\r\nMessage-ID: <{number}@customer.example>\r\nContent-Transfer-Encoding: base64\r\n"
            );
            let answers = lmtp.hand_over(ADA, &[HELP], &mail(&head, &packed)).await;
            assert!(answers[0].starts_with("250"), "{text:?}: {answers:?}");
        }
        let mut tickets = service.tickets();
        tickets.retain(|ticket| ticket["email"].as_str().is_some_and(|email| email.starts_with("naughty.")));
        assert_eq!(tickets.len(), texts.len());
        let references: Vec<String> = tickets.iter().map(|ticket| ticket["reference"].as_str().expect("a reference").to_owned()).collect();
        for ticket in service.tickets_by(&references) {
            let email = ticket["email"].as_str().expect("an address");
            let number: usize = email.split(['.', '@']).nth(1).and_then(|number| number.parse().ok()).expect("a number");
            let text = &texts[number];
            let kept: String = text.chars().filter(|c| !c.is_control() || "\n\t".contains(*c)).collect();
            if !kept.trim().is_empty() {
                assert_eq!(ticket["description"], kept.trim(), "{text:?}");
            }
        }
        eventually(SOON, "the mails", async || (sink.count() >= texts.len()).then_some(())).await;
        for received in sink.received() {
            let number = received.recipients[0].split(['.', '@']).nth(1).and_then(|number| number.parse::<usize>().ok());
            let text = texts[number.expect("a number")].trim();
            let everything = received.mail().everything();
            assert!(text.chars().count() < 12 || !everything.contains(text), "{text:?}: {everything}");
        }
    }
}

#[tokio::test]
async fn a_real_postfix_hands_requests_over() {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(setup(Database::Postgres, &sink).mail_setting(LMTP)).await;
    let place = super::incoming_ways::place_of(&service);
    let postfix = Postfix::start_with_lmtp(&sink, HELP, &place);
    let mut client = Lmtp::connect(&postfix.place(), "EHLO customer.example").await;
    let answer = client
        .hand_over_by_smtp(ADA, HELP, &mail("", "by Postfix"))
        .await;
    assert!(answer.starts_with("250"), "{answer}");
    let mail = sink.message_to(ADA).await.mail();
    assert!(
        mail.header("subject").starts_with("[CD-"),
        "{}",
        mail.header("subject")
    );
    let tickets = service.tickets();
    assert_eq!(tickets.len(), 1);
    let reference = tickets[0]["reference"].as_str().expect("a reference");
    assert_eq!(service.ticket(reference)["description"], "by Postfix");
}

#[tokio::test]
async fn a_mailbox_of_a_real_dovecot_holds_requests_and_keeps_what_programs_wrote() {
    let sink = SmtpSink::start().await;
    let dovecot = Dovecot::start();
    let settings = format!(
        "incoming.imap_url = \"{}\"\nincoming.imap_poll_ms = 1000\n",
        dovecot.url()
    );
    let service =
        Service::start_with(setup(Database::Postgres, &sink).mail_setting(&settings)).await;
    dovecot.deliver("1.first", &mail("", "by IMAP"));
    dovecot.deliver("2.program", &mail("Precedence: bulk\r\n", "read our news"));
    for (name, marks) in [("1.first", "S"), ("2.program", "F")] {
        eventually(SOON, "the mark", async || {
            (dovecot.marks(name).as_deref() == Some(marks)).then_some(())
        })
        .await;
    }
    let tickets = service.tickets();
    assert_eq!(tickets.len(), 1, "{tickets:#?}");
}
