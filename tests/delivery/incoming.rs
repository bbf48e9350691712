//! Answers that come by mail, from a pipe: whose they are, which ticket they are on, and what is kept of them.

use std::{collections::BTreeSet, process::Output, time::Duration};

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission_with, sha256},
    eventually,
    mail::delivery_report,
    on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
use serde_json::{Value, json};

const ADA: &str = "ada@customer.example";
pub const ADDRESS: &str = "reply_address = \"reply@acme.example\"\n";
const SOON: Duration = Duration::from_secs(30);

/// A ticket of Ada's, and the address that its mails ask to be answered to.
pub async fn ticket(service: &Service, sink: &SmtpSink) -> (String, String) {
    let before = sink.count();
    let submission = a_submission_with(json!({ "email": ADA }));
    let reference = service.client().submit(&submission).await.reference();
    let mail = sink.messages(before + 1).await.remove(before).mail();
    let reply_to = mail.header("reply-to").to_owned();
    let address = reply_to.split(['<', '>']).nth(1).unwrap_or(&reply_to);
    assert!(address.starts_with("reply+"), "{reply_to}");
    (reference, address.to_owned())
}

/// A mail of Ada's to `address`; each has its own Message-ID unless `head` says another.
pub fn mail(address: &str, head: &str, body: &str) -> String {
    let from = if head.contains("From:") {
        String::new()
    } else {
        format!("From: Ada <{ADA}>\r\n")
    };
    let id = sha256(format!("{address}{head}{body}").as_bytes());
    let id = if head.contains("Message-ID:") {
        String::new()
    } else {
        format!("Message-ID: <{id}@customer.example>\r\n")
    };
    format!("{from}To: {address}\r\n{id}Subject: Re: x\r\n{head}\r\n{body}\r\n")
}

fn try_receive(service: &Service, arguments: &[&str], mail: &str) -> Output {
    service.try_command(&[&["mail", "receive"], arguments].concat(), mail)
}

/// Runs `cornerdesk mail receive`, which must succeed, and returns its line.
fn received(service: &Service, address: &str, mail: &str) -> String {
    let output = try_receive(service, &["--recipient", address], mail);
    let line = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success(), "{line}");
    assert!(!line.contains('@') && line.lines().count() == 1, "{line}");
    line
}

pub fn messages(service: &Service, reference: &str) -> Vec<Value> {
    let ticket = service.ticket(reference);
    ticket["messages"].as_array().expect("a list").clone()
}

fn facts(service: &Service, reference: &str, kind: &str) -> Vec<Value> {
    let ticket = service.ticket(reference);
    let timeline = ticket["timeline"].as_array().expect("a timeline").iter();
    timeline
        .filter(|fact| fact["kind"] == kind)
        .cloned()
        .collect()
}

fn setup(database: Database, sink: &SmtpSink) -> Setup {
    Setup::new(database).mail_to(sink).mail_setting(ADDRESS)
}

on_both_databases! {
    async fn the_requesters_answer_is_on_the_ticket_once_and_opens_what_was_solved(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let (reference, address) = ticket(&service, &sink).await;
        service.acknowledged(&reference).await;
        service.command(&["ticket", "status", &reference, "--to", "solved", "--by", "Sam"]);
        let answer = mail(&address, "", "It came back.\r\n\r\nOn Mon, Nov 23, 2026 at 10:00 Acme Support <support@acme.example> wrote:\r\n\r\n> Done.\r\n");
        assert!(received(&service, &address, &answer).contains("an answer"));
        assert!(received(&service, &address, &answer).contains("came before"));
        // On another way, with what mail servers add; and by the headers alone.
        let elsewhere = format!("Delivered-To: {address}\r\nReceived: from a by b\r\n{answer}");
        let output = try_receive(&service, &[], &elsewhere);
        assert!(output.status.success(), "{output:?}");
        let all = messages(&service, &reference);
        assert_eq!(all.len(), 1, "{all:#?}");
        assert_eq!((&all[0]["kind"], &all[0]["via"], &all[0]["text"]), (&json!("answer"), &json!("mail"), &json!("It came back.")));
        assert_eq!(service.ticket(&reference)["status"], "open");
        // The next reply of staff follows it.
        let output = service.try_command(&["ticket", "reply", &reference, "--by", "Sam"], "We look again.");
        assert!(output.status.success(), "{output:?}");
        let reply = sink.messages(2).await.remove(1).mail();
        let id = all[0]["mail_id"].as_str().expect("a Message-ID");
        assert_eq!(reply.header("in-reply-to"), format!("<{id}>"));
    }

    async fn a_forged_address_is_refused_and_changes_nothing(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let (first, address) = ticket(&service, &sink).await;
        let (second, other) = ticket(&service, &sink).await;
        let (user, domain) = address.split_once('@').expect("an address");
        let (name, code) = user.split_once('-').expect("a code");
        let other_code = other.split(['-', '@']).nth(1).expect("a code");
        let mut forged = vec![
            "reply@acme.example".to_owned(),
            format!("{name}@{domain}"),
            format!("{name}-@{domain}"),
            format!("{name}-{other_code}@{domain}"),
            format!("{user}@other.example"),
            format!("reply+{}-{code}@{domain}", "00000000"),
            format!("{name}-{}@{domain}", &code[..15]),
            format!("{name}-{code}a@{domain}"),
        ];
        // Each symbol of the code counts.
        for at in 0..code.len() {
            let symbol = if &code[at..=at] == "a" { "b" } else { "a" };
            forged.push(format!("{name}-{}{symbol}{}@{domain}", &code[..at], &code[at + 1..]));
        }
        for address in &forged {
            for head in ["", "Subject: [CD-7K3F-92XQ]\r\n"] {
                let text = mail(address, head, "let me in");
                let told = try_receive(&service, &["--recipient", address], &text);
                assert_eq!(told.status.code(), Some(67), "{address}: {told:?}");
                let told = try_receive(&service, &[], &text);
                assert_eq!(told.status.code(), Some(67), "{address}: {told:?}");
            }
        }
        // What the envelope says counts, not what the headers say.
        let told = try_receive(&service, &["--recipient", &forged[0]], &mail(&address, "", "x"));
        assert_eq!(told.status.code(), Some(67), "{told:?}");
        assert!(messages(&service, &first).is_empty() && messages(&service, &second).is_empty());
    }

    async fn somebody_else_and_a_program_write_notes_and_no_mail_is_answered(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let (reference, address) = ticket(&service, &sink).await;
        service.acknowledged(&reference).await;
        let cases = [
            ("From: Eve <eve@other.example>\r\n", "somebody else", "eve@other.example"),
            ("From: ada@customer.example, eve@other.example\r\n", "somebody else", "<>"),
            ("From: ada@customer.example\r\nFrom: eve@other.example\r\n", "somebody else", "<>"),
            ("Auto-Submitted: auto-replied\r\n", "a program", ADA),
            ("List-Id: <x.example>\r\n", "a program", ADA),
        ];
        for (number, (head, by, named)) in cases.into_iter().enumerate() {
            let line = received(&service, &address, &mail(&address, head, "hello there"));
            assert!(line.contains("a note"), "{line}");
            let all = messages(&service, &reference);
            assert_eq!(all.len(), number + 1);
            let note = all.iter().find(|note| note["text"].as_str().is_some_and(|text| text.contains(named)) && note["by"] == by);
            let note = note.unwrap_or_else(|| panic!("{by} {named}: {all:#?}"));
            assert_eq!((&note["kind"], &note["via"]), (&json!("note"), &json!("mail")));
            assert!(note["text"].as_str().expect("a text").ends_with("hello there"));
        }
        // In any spelling it is the requester.
        assert!(received(&service, &address, &mail(&address, "From: ADA+x@Customer.Example\r\n", "it is me")).contains("an answer"));
        // From ourselves: a mail that goes in a circle.
        for from in ["support@acme.example", &address] {
            assert!(received(&service, &address, &mail(&address, &format!("From: {from}\r\n"), "x")).contains("dropped"));
        }
        let circle = "Received: from a by b\r\n".repeat(60);
        assert!(received(&service, &address, &mail(&address, &circle, "x")).contains("dropped"));
        let quiet = service.jobs("ready");
        assert!(quiet.iter().all(|job| job["kind"] != "send_reply"), "{quiet:?}");
        assert_eq!((sink.count(), messages(&service, &reference).len()), (1, 6));
    }

    async fn a_mail_that_came_back_to_the_reply_address_is_told_on_the_ticket(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let (reference, address) = ticket(&service, &sink).await;
        for _ in 0..2 {
            received(&service, &address, &delivery_report(&address, "failed", "5.1.1"));
        }
        let failed = facts(&service, &reference, "delivery_failed");
        assert_eq!((failed.len(), &failed[0]["status"]), (1, &json!("5.1.1")));
        assert!(messages(&service, &reference).is_empty());
    }

    async fn files_come_with_the_answer_under_the_rules_of_all_files(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = setup(database, &sink).section("[limits]\nattachment_bytes = 1000\n");
        let service = Service::start_with(setup).await;
        let (reference, address) = ticket(&service, &sink).await;
        let file = |name: &str, text: &str| {
            format!("--b\r\nContent-Type: text/csv; name={name}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let large = "x".repeat(2_000);
        let many: String = (0..10).map(|number| file(&format!("{number}.csv"), "a,b")).collect();
        let body = format!("--b\r\nContent-Type: text/plain\r\n\r\nsee the files\r\n{}{many}{}--b--", file("large.csv", &large), file("../../late.csv", "c"));
        let head = "Content-Type: multipart/mixed; boundary=b\r\n";
        received(&service, &address, &mail(&address, head, &body));
        received(&service, &address, &mail(&address, head, &body));
        let ticket = service.ticket_with_examined_files(&reference).await;
        let files = ticket["attachments"].as_array().expect("a list");
        assert_eq!(files.len(), 10, "{files:#?}");
        let all = messages(&service, &reference);
        let answer = all.iter().find(|message| message["kind"] == "answer").expect("the answer");
        assert_eq!(answer["text"], "see the files");
        assert!(files.iter().all(|file| file["message"] == answer["id"] && file["sha256"] == sha256(b"a,b")));
        let note = all.iter().find(|message| message["kind"] == "note").expect("what was not kept");
        let text = note["text"].as_str().expect("a text");
        assert!(text.contains("large.csv: too large") && text.contains("late.csv: more files"), "{text}");
        assert_eq!(all.len(), 2, "{all:#?}");
        service.assert_storage_is_counted();
    }

    async fn a_page_is_read_as_text_and_a_long_text_is_kept_whole_as_a_file(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let (reference, address) = ticket(&service, &sink).await;
        let page = "<p>Hello <b>you</b></p><script>alert('canary-script')</script><img src=x onerror=alert(1)><style>canary-style</style><blockquote type=cite>older</blockquote>";
        received(&service, &address, &mail(&address, "Content-Type: text/html; charset=utf-8\r\n", page));
        let long = "word ".repeat(12_000);
        received(&service, &address, &mail(&address, "", &long));
        let all = messages(&service, &reference);
        assert_eq!(all[0]["text"], "Hello you");
        assert!(!format!("{all:?}").contains("canary"), "{all:?}");
        let text = all[1]["text"].as_str().expect("a text");
        assert!(text.chars().count() <= 50_000 && text.ends_with('…'));
        let ticket = service.ticket_with_examined_files(&reference).await;
        assert_eq!(ticket["attachments"][0]["name"], "mail.txt");
        assert_eq!(ticket["attachments"][0]["sha256"], sha256(long.trim().as_bytes()));
    }

    async fn a_message_id_that_a_program_gives_all_its_mails_loses_none(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let (first, address) = ticket(&service, &sink).await;
        let (second, other) = ticket(&service, &sink).await;
        let same = "Message-ID: <always@customer.example>\r\n";
        for (address, text) in [(&address, "one"), (&address, "two"), (&other, "three"), (&address, "one")] {
            received(&service, address, &mail(address, same, text));
        }
        let texts = |reference: &str| messages(&service, reference).iter().map(|message| message["text"].as_str().expect("a text").to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(texts(&first), BTreeSet::from(["one".to_owned(), "two".to_owned()]));
        assert_eq!(texts(&second), BTreeSet::from(["three".to_owned()]));
    }

    async fn a_flood_on_one_ticket_comes_again_later(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let (reference, address) = ticket(&service, &sink).await;
        let mut codes = Vec::new();
        for number in 0..62 {
            let told = try_receive(&service, &["--recipient", &address], &mail(&address, "", &format!("number {number}")));
            codes.push(told.status.code());
        }
        assert!(codes[..60].iter().all(|code| *code == Some(0)), "{codes:?}");
        assert_eq!(codes[60..], [Some(75), Some(75)]);
        assert_eq!(messages(&service, &reference).len(), 60);
    }

    async fn nothing_of_a_mail_is_in_the_log(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink).log_level("trace").mail_setting("incoming.lmtp = \"127.0.0.1:0\"\n")).await;
        let (_, address) = ticket(&service, &sink).await;
        let mut lmtp = crate::incoming_ways::lmtp_of(&service).await;
        let text = mail(&address, "From: canary <canary@canary.example>\r\nX-Canary: canary\r\n", "canary-text");
        let answers = lmtp.hand_over("canary@canary.example", &[&address, "reply+canary@acme.example"], &text).await;
        assert!(answers[0].starts_with("250") && answers[1].starts_with("550"), "{answers:?}");
        let log = service.log();
        assert!(log.contains("a mail came in"), "{log}");
        let told: Vec<&str> = log.lines().filter(|line| line.contains("canary") || line.contains(&address)).collect();
        assert!(told.is_empty(), "{told:#?}");
    }
}

#[tokio::test]
async fn a_mail_that_cannot_be_written_down_now_comes_again() {
    let sink = SmtpSink::start().await;
    let setup = setup(Database::Sqlite, &sink).database_url("postgres://nobody@127.0.0.1:1/none");
    let service = Service::prepare(&setup);
    let told = try_receive(&service, &[], &mail("reply+x@acme.example", "", "x"));
    assert_eq!(told.status.code(), Some(75), "{told:?}");
}

#[tokio::test]
async fn staff_read_what_came_and_unfold_what_was_cut_and_nothing_of_it_is_an_element() {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(setup(Database::Sqlite, &sink)).await;
    let staff = service.sign_in_staff().await;
    let (reference, address) = ticket(&service, &sink).await;
    let page = "<p>&lt;img src=x onerror=alert(1)&gt;</p><blockquote>&lt;b&gt;older&lt;/b&gt;</blockquote>";
    let head =
        "From: \"<script>alert(2)</script>\" <eve@other.example>\r\nContent-Type: text/html\r\n";
    received(&service, &address, &mail(&address, head, page));
    let request = staff.request("GET", &format!("/desk/tickets/{reference}"));
    let shown = Answer::of(request.send().await.expect("an answer"))
        .await
        .text;
    for there in [
        "What the mail quotes",
        "&lt;img src=x",
        "&lt;b&gt;older",
        "who is not the requester",
    ] {
        assert!(shown.contains(there), "{there}: {shown}");
    }
    for never in ["<img src=x", "<script>alert", "<b>older"] {
        assert!(!shown.contains(never), "{never}: {shown}");
    }
}

#[tokio::test]
async fn a_note_of_somebody_else_makes_staff_look() {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(setup(Database::Sqlite, &sink)).await;
    let (reference, address) = ticket(&service, &sink).await;
    let stranger = mail(&address, "From: eve@other.example\r\n", "hello");
    received(&service, &address, &stranger);
    let wrote = eventually(SOON, "the fact", async || {
        facts(&service, &reference, "wrote").first().cloned()
    })
    .await;
    assert_eq!(
        (&wrote["what"], &wrote["by"]),
        (&json!("note"), &json!("somebody else"))
    );
    assert!(!wrote.to_string().contains('@'), "{wrote}");
}
