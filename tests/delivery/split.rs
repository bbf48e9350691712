//! Several requests in one submission: each gets a reference of its own, and one mail names them all (requirement 18).

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission, a_submission_with},
    eventually, on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
use serde_json::{Value, json};

use crate::budget::settled;

const TOLD: Duration = Duration::from_secs(10);

/// Splits, and answers what the command says.
fn split(service: &Service, reference: &str, parts: &Value) -> Result<String, String> {
    let arguments = ["ticket", "split", reference, "--into", "-", "--by", "Kim"];
    let output = service.try_command(&arguments, &parts.to_string());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}

/// References in a text, in their order, without `but`.
fn references(text: &str, but: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words
        .filter(|word| word.starts_with("CD-") && *word != but)
        .map(str::to_owned)
        .collect()
}

fn fact<'a>(ticket: &'a Value, kind: &str) -> Option<&'a Value> {
    let timeline = ticket["timeline"].as_array().expect("a timeline");
    timeline.iter().find(|fact| fact["kind"] == kind)
}

on_both_databases! {
    async fn each_part_has_its_own_reference_from_the_original_receipt_and_one_mail_names_all(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = Setup::new(database).mail_to(&sink).reached_at("https://help.acme.test");
        let service = Service::start_with(setup).await;
        let client = service.client();
        let mut uploads = Vec::new();
        for name in ["totals.txt", "address.txt"] {
            uploads.push(client.upload(&File::text(name, name)).await);
        }
        let submission = json!({ "upload_ids": uploads, "locale": "de", "description": "1. Qwzx totals are wrong\n2. A new address\n3. Dark mode" });
        let whole = client.submit(&a_submission_with(submission)).await.reference();
        sink.messages(1).await;
        let before = service.ticket_with_examined_files(&whole).await;
        let files: Vec<&Value> = before["attachments"].as_array().expect("files").iter().map(|file| &file["id"]).collect();
        let parts = json!([
            { "summary": "A new address", "description": "Qwzx address", "attachments": [files[1]] },
            { "summary": "Dark mode" },
        ]);
        let said = split(&service, &whole, &parts).expect("it is split");
        let split_off = references(&said, &whole);
        assert_eq!(split_off.len(), 2, "{said}");

        // One mail to the requester, in their language, with three references and nothing that was typed.
        let mails = sink.messages(2).await;
        let mail = mails[1].mail();
        assert_eq!(mail.header("Subject"), format!("[{whole}] Ihre Anfrage wird in mehreren Teilen bearbeitet"));
        let id = mail.header("Message-ID");
        assert!(id.starts_with("<split.") && id.contains(&split_off[0]), "{id}");
        for body in [&mail.text, &mail.html] {
            for reference in split_off.iter().chain([&whole]) {
                assert!(body.contains(reference), "{reference}: {body}");
            }
            assert!(!body.contains("Qwzx") && !body.contains("Dark mode"), "{body}");
            assert_eq!(body.matches("https://help.acme.test/t/").count(), 3, "{body}");
        }

        // Same requester, same instant, each with its own facts and files.
        let part = service.ticket(&split_off[0]);
        for field in ["email", "received_at", "site", "locale", "verified"] {
            assert_eq!(part[field], before[field], "{field}");
        }
        assert_eq!(part["attachments"], json!([before["attachments"][1]]), "the file is there once");
        assert_eq!(fact(&part, "received").expect("received")["at"], before["received_at"]);
        assert_eq!(fact(&part, "split_from").expect("split off")["whole"], json!(whole));
        assert_eq!(service.ticket(&split_off[1])["attachments"], json!([]));
        // That it was told is written when the mail server has said yes.
        let whole_after = eventually(TOLD, "the fact that it was told", async || {
            let whole = service.ticket(&whole);
            fact(&whole, "split_told").is_some().then_some(whole)
        })
        .await;
        let fact_of_whole = fact(&whole_after, "split").expect("split");
        assert_eq!((&fact_of_whole["into"], &fact_of_whole["by"]), (&json!(split_off), &json!("Kim")));
        assert_eq!(whole_after["attachments"], before["attachments"], "what was sent stays");

        // The same once more makes nothing and sends nothing.
        let again = split(&service, &whole, &parts).expect("an answer");
        assert!(again.contains("before"), "{again}");
        assert_eq!(references(&again, &whole), split_off);
        assert_eq!(service.tickets().len(), 3);
        settled(&service).await;
        assert_eq!(sink.count(), 2);

        // Another one later has a mail of its own.
        let more = split(&service, &whole, &json!([{ "summary": "One more" }])).expect("it is split");
        let third = &sink.messages(3).await[2];
        assert!(third.mail().text.contains(&references(&more, &whole)[0]));
        assert_ne!(third.mail().header("Message-ID"), id);
    }

    async fn each_part_has_a_clock_of_its_own_from_the_original_receipt(database: Database) {
        let terms = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";
        let service = Service::start_with(Setup::new(database).site_setting(terms)).await;
        let submission = json!({ "category": "incident", "plan": "Pro" });
        let whole = service.client().submit(&a_submission_with(submission)).await.reference();
        let classify = |reference: &str, priority: &str| {
            service.command(&["ticket", "classify", reference, "--priority", priority, "--by", "Kim"]);
            service.ticket(reference)
        };
        let before = classify(&whole, "S1");
        let parts = json!([{ "summary": "A bill is slow", "category": "defect" }, { "summary": "How to" }]);
        let split_off = references(&split(&service, &whole, &parts).expect("it is split"), &whole);
        for (reference, category) in split_off.iter().zip(["defect", "incident"]) {
            let part = service.ticket(reference);
            assert_eq!((&part["category"], &part["priority"]), (&json!(category), &Value::Null));
            for field in ["policy_version", "plan", "channel", "account", "received_at"] {
                assert_eq!(part[field], before[field], "{field}");
            }
            assert_eq!(part["clock"]["reason"], "unclassified", "staff have not ranked it");
        }
        // The same priority is due at the same instant as for the whole; another one is not.
        let same = classify(&split_off[0], "S1");
        assert_eq!(same["clock"]["due_at"], before["clock"]["due_at"]);
        let other = classify(&split_off[1], "S3");
        assert!(other["clock"]["due_at"].is_string() && other["clock"]["due_at"] != before["clock"]["due_at"]);
        assert_eq!(service.ticket(&whole)["clock"], before["clock"], "the clock of the whole goes on");
        let strange = json!([{ "summary": "a", "category": "commercial" }]);
        assert!(split(&service, &whole, &strange).expect_err("a refusal").contains("cannot have: commercial"));
    }

    async fn what_is_split_off_an_answered_ticket_was_answered_with_it(database: Database) {
        let service = Service::start_with(Setup::new(database).site_setting("policy = \"memsource\"\n")).await;
        let whole = service.client().submit(&a_submission_with(json!({ "plan": "paid" }))).await.reference();
        service.command(&["ticket", "answered", &whole, "--by", "Kim"]);
        let before = service.ticket(&whole);
        let said = split(&service, &whole, &json!([{ "summary": "Dark mode" }])).expect("it is split");
        let part = service.ticket(&references(&said, &whole)[0]);
        let answer = |ticket: &Value| {
            let fact = fact(ticket, "answered").expect("an answer");
            (fact["at"].clone(), fact["by"].clone())
        };
        assert_eq!(answer(&part), answer(&before));
        assert_eq!((&part["clock"]["status"], &part["clock"]["due_at"]), (&json!("met"), &before["clock"]["due_at"]));
    }

    async fn what_the_mailbox_says_of_the_whole_holds_for_its_parts_and_the_other_way_round(database: Database) {
        let sink = SmtpSink::start().await;
        let origin = "https://help.acme.test";
        let setup = Setup::new(database).mail_to(&sink).reached_at(origin).site_setting("acknowledge = \"confirm-first\"");
        let service = Service::start_with(setup).await;
        let client = service.client();
        let press = async |link: &str, answer: &str| {
            let path = link.strip_prefix(origin).expect("our origin").to_owned();
            let form = client.request("POST", &path).header("Content-Type", "application/x-www-form-urlencoded");
            form.body(format!("answer={answer}")).send().await.expect("an answer").status()
        };
        let status = async |link: &str| client.get(link.strip_prefix(origin).expect("our origin")).await.status();
        let whole = client.submit(&a_submission()).await.reference();
        let confirm = sink.messages(1).await[0].mail().links().into_iter().next().expect("a link");
        // Staff let it in, and split it, before anybody has confirmed it.
        service.command(&["ticket", "release", &whole]);
        let said = split(&service, &whole, &json!([{ "summary": "Dark mode" }])).expect("it is split");
        let early = references(&said, &whole).remove(0);
        assert_eq!(press(&confirm, "yes").await, 200);
        let said = split(&service, &whole, &json!([{ "summary": "Late" }])).expect("it is split");
        let late = references(&said, &whole).remove(0);
        // A part of a part.
        let said = split(&service, &early, &json!([{ "summary": "Darker" }])).expect("it is split");
        let deep = references(&said, &early).remove(0);
        for reference in [&whole, &early, &late, &deep] {
            assert!(fact(&service.ticket(reference), "confirmed").is_some(), "{reference}");
        }
        settled(&service).await;
        let links: Vec<String> = sink.received().iter().flat_map(|received| received.mail().links()).collect();
        let pages: std::collections::BTreeSet<&String> = links.iter().filter(|link| link.contains("/t/")).collect();
        assert_eq!(pages.len(), 4, "{links:?}");
        for page in &pages {
            assert_eq!(status(page).await, 200);
        }
        // By the link in the mail of a part; then no page is left, and nobody can press anything again.
        let not_me: std::collections::BTreeSet<&String> = links.iter().filter(|link| link.contains("/not-me/")).collect();
        let told = sink.received();
        let of_part = told.iter().rev().map(|received| received.mail()).find(|mail| mail.text.contains(&deep)).expect("a mail");
        let of_part = of_part.links().into_iter().find(|link| link.contains("/not-me/")).expect("a link");
        assert_eq!(press(&of_part, "").await, 200);
        for page in &pages {
            assert_eq!(status(page).await, 404, "{page}");
        }
        for link in not_me {
            press(link, "").await;
        }
        for reference in [&whole, &early, &late, &deep] {
            let ticket = service.ticket(reference);
            let facts = ticket["timeline"].as_array().expect("facts").iter();
            assert_eq!(facts.filter(|fact| fact["kind"] == "disowned").count(), 1, "{reference}");
        }
    }

    async fn what_is_wrong_with_parts_is_said_at_once_and_nothing_is_made(database: Database) {
        let service = Service::start(database).await;
        let reference = service.client().submit(&a_submission()).await.reference();
        let strange = json!([{ "summary": " " }, { "summary": "a", "attachments": ["00000000-0000-0000-0000-000000000007"], "category": "no" }]);
        let said = split(&service, &reference, &strange).expect_err("a refusal");
        for part in ["part 1 has no summary", "part 2 names an attachment", "part 2 names a category"] {
            assert!(said.contains(part), "{said}");
        }
        for nothing in [json!([]), json!({}), json!([{ "text": "a" }])] {
            split(&service, &reference, &nothing).expect_err("a refusal");
        }
        assert_eq!(service.tickets().len(), 1);
        assert!(fact(&service.ticket(&reference), "split").is_none());
    }
}

#[tokio::test]
async fn a_numbered_list_is_suggested_as_parts_and_split_by_nobody() {
    let service = Service::start(Database::Sqlite).await;
    let submission =
        json!({ "description": "Hello\n1. Totals are wrong. Since May.\n2. A new address" });
    let submission = a_submission_with(submission);
    let reference = service.client().submit(&submission).await.reference();
    let said = service.command(&["ticket", "split", &reference, "--suggest"]);
    let parts: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(parts[0]["summary"], "Totals are wrong");
    assert_eq!(parts[1]["summary"], "A new address");
    assert_eq!(service.tickets().len(), 1);
}
