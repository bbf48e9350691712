//! The ways by which answers come in while the service runs: a mail server by LMTP, a real Postfix, a mailbox of a real Dovecot.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service, dovecot::Dovecot, eventually, lmtp::Lmtp, on_both_databases,
    postfix::Postfix, service::Setup, smtp::SmtpSink,
};

use super::incoming::{ADDRESS, mail, messages, ticket};

const SOON: Duration = Duration::from_secs(40);
const LMTP: &str = "incoming.lmtp = \"127.0.0.1:0\"\n";

fn setup(database: Database, sink: &SmtpSink, settings: &str) -> Setup {
    let setup = Setup::new(database).mail_to(sink);
    setup.mail_setting(ADDRESS).mail_setting(settings)
}

/// Where a service takes mails by LMTP.
pub fn place_of(service: &Service) -> String {
    let log = service.log();
    let said = log
        .rsplit_once("mail comes in by LMTP on ")
        .expect("it says where")
        .1;
    said.split_whitespace().next().expect("a place").to_owned()
}

pub async fn lmtp_of(service: &Service) -> Lmtp {
    Lmtp::connect(&place_of(service), "LHLO relay.example").await
}

on_both_databases! {
    async fn a_mail_server_is_answered_for_each_recipient_when_the_message_is_there(database: Database) {
        let sink = SmtpSink::start().await;
        let mut service = Service::start_with(setup(database, &sink, LMTP)).await;
        let (first, address) = ticket(&service, &sink).await;
        let (second, other) = ticket(&service, &sink).await;
        let mut lmtp = lmtp_of(&service).await;
        let text = mail(&address, "", "to both");
        let forged = address.replace('-', "-a");
        let answers = lmtp.hand_over("ada@customer.example", &[&address, &forged, "reply@acme.example", &other], &text).await;
        let codes: Vec<&str> = answers.iter().map(|answer| &answer[..3]).collect();
        assert_eq!(codes, ["250", "550", "550", "250"], "{answers:?}");
        // What was answered with 250 survives.
        service.kill();
        service.start_again().await;
        for reference in [&first, &second] {
            let all = messages(&service, reference);
            assert_eq!((all.len(), &all[0]["text"]), (1, &"to both".into()), "{all:#?}");
        }
        // The mail server did not hear the answer: it is the same message.
        let mut again = lmtp_of(&service).await;
        let answers = again.hand_over("ada@customer.example", &[&address, &other], &text).await;
        assert!(answers.iter().all(|answer| answer.starts_with("250")), "{answers:?}");
        assert_eq!(messages(&service, &first).len(), 1);
        assert!(again.say("QUIT").await.starts_with("221"));
    }

    async fn a_mail_server_that_says_nonsense_is_told_so(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink, LMTP)).await;
        let (reference, address) = ticket(&service, &sink).await;
        let mut lmtp = Lmtp::connect(&place_of(&service), "NOOP").await;
        for (command, code) in [
            ("EHLO relay.example", "500"),
            ("MAIL FROM:<a@b.example>", "503"),
            ("LHLO relay.example", "250"),
            (&format!("RCPT TO:<{address}>"), "503"),
            ("DATA", "503"),
            ("MAIL FROM:<a@b.example> SIZE=99999999", "552"),
            ("MAIL FROM:a", "501"),
            ("MAIL FROM:<>", "250"),
            ("MAIL FROM:<a@b.example>", "503"),
            ("RCPT TO:<x@y.example>", "550"),
            ("DATA", "503"),
            ("VRFY x", "252"),
            ("RSET", "250"),
            ("what", "500"),
        ] {
            let answer = lmtp.say(command).await;
            assert!(answer.starts_with(code), "{command}: {answer}");
        }
        // No second mail slips in behind a lone LF.
        lmtp.say("MAIL FROM:<ada@customer.example>").await;
        lmtp.say(&format!("RCPT TO:<{address}>")).await;
        lmtp.say("DATA").await;
        let smuggled = mail(&address, "", &format!("one\r\n\n.\nMAIL FROM:<x@y.example>\r\nRCPT TO:<{address}>\r\nDATA\r\n.\r\r\ntwo"));
        lmtp.send(smuggled.as_bytes()).await;
        lmtp.send(b"\r\n.\r\n").await;
        assert!(lmtp.answer().await.starts_with("250"));
        let all = messages(&service, &reference);
        assert!(all.len() == 1 && all[0]["text"].as_str().is_some_and(|text| text.contains("two")), "{all:#?}");
        // Too long is said at the end.
        lmtp.say("MAIL FROM:<ada@customer.example>").await;
        lmtp.say(&format!("RCPT TO:<{address}>")).await;
        lmtp.say("DATA").await;
        let line = format!("{}\r\n", "x".repeat(998));
        lmtp.send(b"Subject: x\r\n\r\n").await;
        for _ in 0..27 {
            lmtp.send(line.repeat(1_000).as_bytes()).await;
        }
        lmtp.send(b".\r\n").await;
        let answer = lmtp.answer().await;
        assert!(answer.starts_with("554"), "{answer}");
        assert_eq!(messages(&service, &reference).len(), 1);
    }
}

#[tokio::test]
async fn two_processes_that_get_the_same_mail_at_once_write_it_once() {
    let sink = SmtpSink::start().await;
    let first = setup(Database::Postgres, &sink, LMTP);
    let data = cornerdesk_tests::scratch::folder("shared-data");
    let first = first.data_folder(&data);
    let second = Service::start_with(first.clone().without_jobs()).await;
    let first = Service::start_with(first).await;
    let (reference, address) = ticket(&first, &sink).await;
    let (mut one, mut other) = (lmtp_of(&first).await, lmtp_of(&second).await);
    for number in 0..10 {
        let text = mail(&address, "", &format!("number {number}"));
        let recipients = [address.as_str()];
        let (a, b) = tokio::join!(
            one.hand_over("ada@customer.example", &recipients, &text),
            other.hand_over("ada@customer.example", &recipients, &text),
        );
        assert!(
            a[0].starts_with("250") && b[0].starts_with("250"),
            "{a:?} {b:?}"
        );
    }
    assert_eq!(messages(&first, &reference).len(), 10);
}

#[tokio::test]
async fn a_real_postfix_hands_answers_over_and_keeps_what_cannot_be_taken_now() {
    let sink = SmtpSink::start().await;
    let mut service = Service::start_with(setup(
        Database::Postgres,
        &sink,
        "incoming.lmtp = \"127.0.0.1:0\"\n",
    ))
    .await;
    let (reference, address) = ticket(&service, &sink).await;
    let place = place_of(&service);
    let postfix = Postfix::start_with_lmtp(&sink, "reply@acme.example", &place);
    let mut client = Lmtp::connect(&postfix.place(), "EHLO customer.example").await;
    let text = mail(&address, "", "by Postfix");
    let answer = client
        .hand_over_by_smtp("ada@customer.example", &address, &text)
        .await;
    assert!(answer.starts_with("250"), "{answer}");
    eventually(SOON, "the answer on the ticket", async || {
        (messages(&service, &reference).len() == 1).then_some(())
    })
    .await;
    assert_eq!(messages(&service, &reference)[0]["text"], "by Postfix");
    // Forged: Postfix tells the sender, and nothing is written.
    let forged = address.replace('-', "-a");
    client
        .hand_over_by_smtp(
            "ada@customer.example",
            &forged,
            &mail(&forged, "", "forged"),
        )
        .await;
    let told = sink.message_to("ada@customer.example").await;
    assert!(!told.raw.is_empty());
    eventually(SOON, "Postfix to say that nobody is there", async || {
        postfix.log().contains("550 5.1.1").then_some(())
    })
    .await;
    // Away: Postfix keeps it.
    service.kill();
    let late = mail(&address, "", "while you were away");
    client
        .hand_over_by_smtp("ada@customer.example", &address, &late)
        .await;
    eventually(SOON, "Postfix to put it off", async || {
        postfix.log().contains("status=deferred").then_some(())
    })
    .await;
    assert_eq!(messages(&service, &reference).len(), 1);
}

#[tokio::test]
async fn a_mailbox_of_a_real_dovecot_is_looked_into() {
    for done_folder in ["", "Done"] {
        let sink = SmtpSink::start().await;
        let dovecot = Dovecot::start();
        let settings = format!(
            "incoming.imap_url = \"{}\"\nincoming.imap_poll_ms = 1000\nincoming.imap_done_folder = \"{done_folder}\"\n",
            dovecot.url()
        );
        let mut service = Service::start_with(setup(Database::Postgres, &sink, &settings)).await;
        let (reference, address) = ticket(&service, &sink).await;
        let (first, second) = (mail(&address, "", "by IMAP"), mail(&address, "", "another"));
        dovecot.deliver("1.first", &first);
        let count = async |count: usize| {
            eventually(SOON, "the answers on the ticket", async || {
                (messages(&service, &reference).len() == count).then_some(())
            })
            .await;
        };
        count(1).await;
        dovecot.deliver("2.second", &second);
        // The same once more, as a mailbox has it after somebody marked it as unread.
        dovecot.deliver("3.again", &first);
        // What is nobody's answer stays unread, with a flag.
        dovecot.deliver("4.other", &mail("reply@acme.example", "", "to no ticket"));
        count(2).await;
        eventually(SOON, "the flag", async || {
            (dovecot.marks("4.other").as_deref() == Some("F")).then_some(())
        })
        .await;
        if done_folder.is_empty() {
            for name in ["1.first", "2.second", "3.again"] {
                eventually(SOON, "the mark", async || {
                    (dovecot.marks(name).as_deref() == Some("S")).then_some(())
                })
                .await;
            }
        } else {
            eventually(SOON, "the mails to be put away", async || {
                (dovecot.done() == 3).then_some(())
            })
            .await;
        }
        // What comes while nobody looks is found later.
        service.kill();
        dovecot.deliver("5.late", &mail(&address, "", "late"));
        service.start_again().await;
        eventually(SOON, "the late answer", async || {
            (messages(&service, &reference).len() == 3).then_some(())
        })
        .await;
    }
}
