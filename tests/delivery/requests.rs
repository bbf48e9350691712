//! Requests that come by mail, from a pipe: what becomes a ticket, what does not, and who hears of it.

use std::{collections::BTreeSet, process::Output};

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, sha256},
    mail::{Mail, delivery_report},
    on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
use serde_json::json;

use super::incoming::{ADDRESS, messages};

pub const ADA: &str = "ada@customer.example";
pub const HELP: &str = "help@acme.example";
pub const SITE: &str = "mail_addresses = [\"help@acme.example\", \"Support+acme@acme.example\"]\n";
/// A second site, with the same mail server in front.
pub const OTHER: &str =
    "[[sites]]\nkey = \"other\"\nname = \"Other\"\nmail_addresses = [\"other@acme.example\"]\n";

pub fn setup(database: Database, sink: &SmtpSink) -> Setup {
    let setup = Setup::new(database).mail_to(sink).mail_setting(ADDRESS);
    setup.site_setting(SITE)
}

/// A mail of Ada's to the site; its Message-ID follows from the rest, unless `head` says one.
pub fn mail(head: &str, body: &str) -> String {
    let or = |name: &str, line: &str| match head.contains(name) {
        true => String::new(),
        false => format!("{line}\r\n"),
    };
    let id = &sha256(format!("{head}{body}").as_bytes())[..32];
    let lines = [
        or("From:", &format!("From: Ada Ö <{ADA}>")),
        or("To:", &format!("To: {HELP}")),
        or("Subject:", "Subject: The export fails"),
        or(
            "Message-ID:",
            &format!("Message-ID: <{id}@customer.example>"),
        ),
        or("Content-Type:", "Content-Type: text/plain; charset=utf-8"),
    ];
    format!("{}{head}\r\n{body}\r\n", lines.concat())
}

pub fn try_receive(service: &Service, recipient: &str, mail: &str) -> Output {
    let arguments: &[&str] = match recipient {
        "" => &[],
        recipient => &["--recipient", recipient],
    };
    service.try_command(&[&["mail", "receive"], arguments].concat(), mail)
}

fn line_of(output: &Output) -> String {
    let line = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert!(!line.contains('@'), "no address is told: {line}");
    line
}

/// Hands a mail to the site and returns the reference of its ticket.
pub fn asked(service: &Service, mail: &str) -> String {
    let output = try_receive(service, HELP, mail);
    let line = line_of(&output);
    assert!(
        output.status.success() && line.contains("a new request"),
        "{line}"
    );
    let reference = line.split([' ', ':']).find(|word| word.starts_with("CD-"));
    reference.expect("a reference").to_owned()
}

fn count(service: &Service) -> usize {
    service.tickets().len() + service.held_tickets().len()
}

on_both_databases! {
    async fn a_mail_to_a_site_is_one_ticket_and_its_acknowledgement_follows_it(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let text = mail("Message-ID: <first@customer.example>\r\n", "Hello, the export is not working and I have no idea why. Žluťoučký 漢字\r\n\r\nFrom: bob@customer.example\r\n> It fails.");
        let reference = asked(&service, &text);
        let ticket = service.ticket(&reference);
        for (member, expected) in [("summary", "The export fails"), ("email", ADA), ("locale", "en"), ("status", "new"), ("site", "acme")] {
            assert_eq!(ticket[member], expected, "{member}");
        }
        let description = ticket["description"].as_str().expect("a text");
        assert!(description.contains("Žluťoučký 漢字") && description.ends_with("> It fails."), "{description}");
        // The same mail, on every way that it may come.
        let elsewhere = format!("Delivered-To: {HELP}\r\nReceived: from a by b\r\n{text}");
        for (recipient, text) in [(HELP, &text), ("HELP@Acme.example", &text), ("", &text), ("", &elsewhere)] {
            let output = try_receive(&service, recipient, text);
            assert!(output.status.success() && line_of(&output).contains(&format!("{reference}: it came before")), "{output:?}");
        }
        assert_eq!(count(&service), 1);
        service.acknowledged(&reference).await;
        let acknowledgement = sink.messages(1).await.remove(0);
        assert_eq!(acknowledgement.recipients, [ADA]);
        let mail = acknowledgement.mail();
        assert!(mail.header("subject").starts_with(&format!("[{reference}]")), "{}", mail.header("subject"));
        for header in ["in-reply-to", "references"] {
            assert_eq!(mail.header(header), "<first@customer.example>");
        }
        assert_eq!(mail.header("auto-submitted"), "auto-generated");
        let everything = mail.everything();
        for typed in ["export", "Žluť", "Ada"] {
            assert!(!everything.contains(typed), "{typed}: {everything}");
        }
        assert!(everything.contains("because an email came from this address"), "{everything}");
        // What staff answer stays in the same thread, and the answer to that comes onto the ticket.
        let output = service.try_command(&["ticket", "reply", &reference, "--by", "Sam"], "Try again.");
        assert!(output.status.success(), "{output:?}");
        let reply = sink.messages(2).await.remove(1).mail();
        assert!(reply.header("references").starts_with("<first@customer.example> <acknowledge."), "{}", reply.header("references"));
    }

    async fn what_a_program_wrote_makes_no_ticket_and_gets_no_answer(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        for head in [
            "Auto-Submitted: auto-replied\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Precedence: bulk\r\n",
            "Precedence: list\r\n",
            "List-Id: <news.example>\r\n",
            "List-Unsubscribe: <https://news.example>\r\n",
            "Return-Path: <>\r\n",
            "From: MAILER-DAEMON@customer.example\r\n",
            "From: no-reply@customer.example\r\n",
            "X-Autoreply: yes\r\n",
        ] {
            let output = try_receive(&service, HELP, &mail(head, "hello"));
            assert!(output.status.success() && line_of(&output).contains("dropped: a program"), "{head}: {output:?}");
        }
        let report = delivery_report(HELP, "failed", "5.1.1");
        assert!(try_receive(&service, HELP, &report).status.success());
        // From us, or in a circle.
        for head in ["From: support@acme.example\r\n".to_owned(), "From: Help@acme.example\r\n".to_owned(), "Received: from a by b\r\n".repeat(60)] {
            let output = try_receive(&service, HELP, &mail(&head, "hello"));
            assert!(output.status.success() && line_of(&output).contains("nobody wrote it to us"), "{head}: {output:?}");
        }
        assert_eq!((count(&service), sink.count()), (0, 0));
        assert!(service.jobs("ready").is_empty());
    }

    async fn who_may_not_ask_by_mail_is_refused_with_words(database: Database) {
        let sink = SmtpSink::start().await;
        let secret = cornerdesk_tests::scratch::folder("identity").join("secret");
        std::fs::write(&secret, "0123456789abcdef0123456789abcdef").expect("a secret can be written");
        let strict = format!("[[sites]]\nkey = \"strict\"\nname = \"Strict\"\nmail_addresses = [\"strict@acme.example\"]\nidentity = [{{ kid = \"a\", secret_file = \"{}\" }}]\nidentity_required = true\n", secret.display());
        let closed = "[[sites.accounts]]\nkey = \"big\"\ndomains = [\"big.example\"]\nentitled = [\"boss@big.example\"]\nadministrator = \"boss@big.example\"\n";
        let setup = setup(database, &sink).section(closed).section(&strict);
        let service = Service::start_with(setup).await;
        for (recipient, head, code, words) in [
            ("strict@acme.example", "", 77, "help inside the product"),
            (HELP, "From: eve@big.example\r\n", 77, "whom it has named"),
            (HELP, "From: a@b.example, c@d.example\r\n", 67, "which one address"),
            (HELP, "From: a@b.example\r\nFrom: c@d.example\r\n", 67, "which one address"),
            (HELP, "From: <>\r\n", 67, "which one address"),
            (HELP, "From: ada@localhost\r\n", 67, "cannot be answered"),
            ("nobody@acme.example", "", 67, "no site"),
            ("help+x@acme.example", "", 67, "no site"),
            ("support@acme.example", "", 67, "no site"),
        ] {
            let output = try_receive(&service, recipient, &mail(head, "hello"));
            assert_eq!(output.status.code(), Some(code), "{recipient} {head}: {output:?}");
            assert!(line_of(&output).contains(words), "{recipient} {head}: {output:?}");
        }
        asked(&service, &mail("From: boss@big.example\r\n", "hello"));
        assert_eq!(count(&service), 1);
    }

    async fn a_suspicious_mail_is_held_and_nobody_gets_a_mail(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = setup(database, &sink).mail_setting("incoming.authserv_id = \"mx.acme.example\"\n");
        let service = Service::start_with(setup).await;
        let fails = "Authentication-Results: mx.acme.example; dmarc=fail header.from=customer.example\r\n";
        for head in ["X-Spam-Flag: YES\r\n", fails] {
            let reference = asked(&service, &mail(head, "hello"));
            assert_eq!(service.ticket(&reference)["held"], "suspected", "{head}");
        }
        // What somebody else says of it counts for nothing.
        let passes = "Authentication-Results: mx.acme.example; dmarc=pass\r\nAuthentication-Results: mx.evil.example; dmarc=fail\r\n";
        let reference = asked(&service, &mail(passes, "hello"));
        service.acknowledged(&reference).await;
        assert_eq!((service.held_tickets().len(), sink.count()), (2, 1));
        // A forged requester with the address of the ticket writes a note.
        let address = sink.messages(1).await.remove(0).mail().header("reply-to").to_owned();
        let address = address.split(['<', '>']).nth(1).expect("an address").to_owned();
        let output = try_receive(&service, &address, &mail(fails, "it was me"));
        assert!(output.status.success(), "{output:?}");
        let all = messages(&service, &reference);
        assert_eq!((&all[0]["kind"], &all[0]["by"]), (&json!("note"), &json!("somebody else")));
    }

    async fn one_sender_makes_so_many_tickets_and_the_others_come_again(database: Database) {
        let sink = SmtpSink::start().await;
        let limits = "submissions_per_address = 2\nsubmissions_per_site = 0\nupload_bytes_per_address = 0\nidentities_per_address = 0\nleast_fill_ms = 0\nproof_of_work = \"never\"\n";
        let service = Service::start_with(setup(database, &sink).limited(limits)).await;
        let mails: Vec<String> = (0..4).map(|number| mail("", &format!("number {number}"))).collect();
        let codes: Vec<_> = mails.iter().map(|mail| try_receive(&service, HELP, mail).status.code()).collect();
        assert_eq!(codes, [Some(0), Some(0), Some(75), Some(75)]);
        // In another spelling it is the same mailbox; somebody else is not.
        for (from, code) in [("ADA+x@customer.example", 75), ("eve@other.example", 0)] {
            let output = try_receive(&service, HELP, &mail(&format!("From: {from}\r\n"), "hello"));
            assert_eq!(output.status.code(), Some(code), "{from}: {output:?}");
        }
        // What was taken is still known.
        assert!(line_of(&try_receive(&service, HELP, &mails[0])).contains("came before"));
        assert_eq!(count(&service), 3);
    }

    async fn an_answer_to_all_is_no_second_ticket_and_what_only_seems_to_belong_is_a_note(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let reference = asked(&service, &mail("Message-ID: <first@customer.example>\r\n", "hello"));
        let acknowledgement = sink.messages(1).await.remove(0).mail();
        let address = acknowledgement.header("reply-to").split(['<', '>']).nth(1).expect("an address").to_owned();
        // One mail to both addresses, handed over once for each.
        let to_all = mail(&format!("To: {address}, {HELP}\r\n"), "to all of you");
        for recipient in [HELP, &address] {
            assert!(try_receive(&service, recipient, &to_all).status.success());
        }
        let all = messages(&service, &reference);
        assert_eq!((all.len(), &all[0]["kind"]), (1, &json!("answer")), "{all:#?}");
        // Without the address of the ticket nobody knows who it is, whatever it follows.
        let own = acknowledgement.header("message-id").to_owned();
        for (number, follows) in ["<first@customer.example>", &own].into_iter().enumerate() {
            for head in [format!("In-Reply-To: {follows}\r\n"), format!("References: {follows} <x@y.example>\r\nFrom: eve@other.example\r\n")] {
                let output = try_receive(&service, HELP, &mail(&head, &format!("beside {number}")));
                assert!(line_of(&output).contains(&format!("{reference}: a note")), "{head}: {output:?}");
            }
        }
        let all = messages(&service, &reference);
        assert_eq!(all.iter().filter(|message| message["kind"] == "note").count(), 4, "{all:#?}");
        assert!(all[1]["text"].as_str().is_some_and(|text| text.contains("nobody knows whether")), "{all:#?}");
        // On what is over nobody would read a note; what is there is not said again.
        service.command(&["ticket", "status", &reference, "--to", "closed", "--by", "Sam"]);
        let late = mail("In-Reply-To: <first@customer.example>\r\n", "much later");
        assert_ne!(asked(&service, &late), reference);
        let again = mail("In-Reply-To: <first@customer.example>\r\n", "beside 0");
        assert!(line_of(&try_receive(&service, HELP, &again)).contains("came before"));
        assert_eq!(count(&service), 2);
    }

    async fn a_mail_to_two_sites_is_a_ticket_of_each(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink).section(OTHER)).await;
        let both = mail(&format!("To: {HELP}, other@acme.example\r\n"), "hello");
        for _ in 0..2 {
            assert!(try_receive(&service, "", &both).status.success());
            for recipient in [HELP, "other@acme.example"] {
                assert!(try_receive(&service, recipient, &both).status.success());
            }
        }
        let tickets = service.tickets();
        let sites: BTreeSet<_> = tickets.iter().map(|ticket| ticket["site"].to_string()).collect();
        assert_eq!((tickets.len(), sites.len()), (2, 2), "{tickets:#?}");
        // The one to which it was delivered counts, where that is said.
        let delivered = mail(&format!("Delivered-To: other@acme.example\r\nTo: {HELP}, other@acme.example\r\n"), "again");
        assert!(try_receive(&service, "", &delivered).status.success());
        assert_eq!(count(&service), 3);
    }

    async fn files_come_with_it_and_what_is_not_kept_is_told_to_staff(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = setup(database, &sink).section("[limits]\nattachment_bytes = 200000\ndescription_chars = 100\n");
        let service = Service::start_with(setup).await;
        let file = |name: &str, text: &str| {
            format!("--b\r\nContent-Type: text/csv; name={name}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let (large, long) = ("x".repeat(300_000), "word ".repeat(100));
        let body = format!("--b\r\nContent-Type: text/plain\r\n\r\n{long}\r\n{}{}--b--", file("large.csv", &large), file("a.csv", "a,b"));
        let head = "Content-Type: multipart/mixed; boundary=b\r\nReply-To: eve@other.example\r\n";
        let reference = asked(&service, &mail(head, &body));
        let ticket = service.ticket_with_examined_files(&reference).await;
        let files = ticket["attachments"].as_array().expect("a list");
        let names: Vec<_> = files.iter().map(|file| file["name"].as_str().expect("a name")).collect();
        assert_eq!(names, ["mail.txt", "a.csv"]);
        assert_eq!(files[0]["sha256"], sha256(long.trim().as_bytes()));
        assert!(ticket["description"].as_str().is_some_and(|text| text.ends_with('…')));
        service.assert_storage_is_counted();
        // The acknowledgement goes to the sender, whatever the mail asks for.
        assert_eq!(sink.messages(1).await[0].recipients, [ADA]);
        let staff = service.sign_in_staff().await;
        let page = Answer::of(staff.request("GET", &format!("/desk/tickets/{reference}")).send().await.expect("an answer")).await.text;
        for told in ["by mail", "large.csv: too large", "eve@other.example", "<bdi>Ada Ö</bdi>"] {
            assert!(page.contains(told), "{told}: {page}");
        }
    }
}

#[tokio::test]
async fn two_installations_do_not_write_to_each_other_for_ever() {
    let sink = SmtpSink::start().await;
    let ours = Service::start_with(setup(Database::Sqlite, &sink)).await;
    let site = "mail_addresses = [\"help@acme.example\"]\n";
    let theirs = Setup::new(Database::Sqlite).mail_to(&sink);
    let theirs = theirs.mail_setting("reply_address = \"reply@theirs.example\"\n");
    let theirs = Service::start_with(theirs.site_setting(site)).await;
    // Somebody writes to both in the name of the other.
    asked(&theirs, &mail("From: help@ours.example\r\n", "hello"));
    let acknowledgement = sink.messages(1).await.remove(0);
    let raw = String::from_utf8(acknowledgement.raw).expect("ASCII");
    let as_of_others = raw.replace("support@acme.example", "support@theirs.example");
    assert!(
        Mail::parse(as_of_others.as_bytes())
            .header("from")
            .contains("theirs")
    );
    let output = try_receive(&ours, HELP, &as_of_others);
    assert!(
        line_of(&output).contains("dropped: a program"),
        "{output:?}"
    );
    assert_eq!((count(&ours), sink.count()), (0, 1));
}

#[tokio::test]
async fn a_plain_mail_in_each_language_is_acknowledged_in_it_and_an_empty_one_in_the_sites() {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(setup(Database::Sqlite, &sink)).await;
    for (head, body, locale, summary) in [
        (
            "",
            "Guten Tag, der Export geht nicht. Ich bitte um Hilfe, danke.",
            "de",
            "The export fails",
        ),
        (
            "Subject: \r\nContent-Language: cs\r\n",
            "",
            "cs",
            "Žádost e-mailem",
        ),
        ("Subject:\r\n", "", "en", "Request by email"),
    ] {
        let ticket = service.ticket(&asked(&service, &mail(head, body)));
        assert_eq!(
            (&ticket["locale"], &ticket["summary"]),
            (&json!(locale), &json!(summary))
        );
        assert!(!ticket["description"].as_str().expect("a text").is_empty());
    }
}

#[tokio::test]
async fn a_mail_comes_by_the_channel_of_the_policy_that_stands_for_it() {
    for (channels, expected) in [
        ("", "email"),
        (
            "channels = { mail = \"support_contact_form\" }\n",
            "support_contact_form",
        ),
    ] {
        let sink = SmtpSink::start().await;
        let site = format!("{SITE}policy = \"meiro\"\n{channels}");
        let setup = setup(Database::Sqlite, &sink).site_setting(&site);
        let service = Service::start_with(setup).await;
        let reference = asked(&service, &mail("", "hello"));
        assert_eq!(service.ticket(&reference)["channel"], expected);
    }
}
