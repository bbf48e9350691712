//! Staff name colleagues in notes: who is told, who is not, and what the writer learns of it.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission_with, form, new_key},
    eventually, on_both_databases,
    service::{SITE, Setup, Staff},
    smtp::SmtpSink,
};
use serde_json::{Value, json};

const KIM: &str = "kim@acme.example";
const SECOND: &str =
    "[[sites]]\nkey = \"second\"\nname = \"Second\"\nallowed_origins = [\"self\"]\n";

async fn service(database: Database, sink: &SmtpSink) -> (Service, String) {
    let setup = Setup::new(database).mail_to(sink).section(SECOND);
    let service = Service::start_with(setup).await;
    let reference = ticket(&service).await;
    (service, reference)
}

async fn ticket(service: &Service) -> String {
    let submission = a_submission_with(json!({}));
    service.client().submit(&submission).await.reference()
}

async fn write(staff: &Staff, reference: &str, fields: &Value) -> Answer {
    let path = format!("/desk/tickets/{reference}/messages");
    let request = staff.request("POST", &path).multipart(form(fields, &[]));
    Answer::of(request.send().await.expect("an answer")).await
}

fn message(kind: &str, text: &str) -> Value {
    json!({ "message": new_key(), "seen": "0", "kind": kind, "text": text, "then": "" })
}

async fn note(staff: &Staff, reference: &str, text: &str) {
    let answer = write(staff, reference, &message("note", text)).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
}

async fn post(staff: &Staff, path: &str, body: &str) {
    let request = staff
        .request("POST", path)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body.to_owned());
    let answer = Answer::of(request.send().await.expect("an answer")).await;
    assert!(answer.status.as_u16() < 400, "{path}: {}", answer.text);
}

/// Jobs that tell somebody, once they are all done.
async fn told(service: &Service, count: usize) {
    eventually(Duration::from_secs(30), "the jobs to be done", async || {
        let done = service.jobs("done");
        let done = done.iter().filter(|job| job["kind"] == "tell_mentioned");
        (done.count() == count).then_some(())
    })
    .await;
    let others = ["ready", "dead"].map(|state| service.jobs(state));
    let mut others = others.iter().flatten();
    assert!(
        others.all(|job| job["kind"] != "tell_mentioned"),
        "and no more"
    );
}

fn mails(sink: &SmtpSink, to: &str) -> usize {
    let received = sink.received();
    received
        .iter()
        .filter(|one| one.recipients.concat() == to)
        .count()
}

async fn mentions(staff: &Staff) -> String {
    let page = staff.get("/desk/mentions").await;
    assert_eq!(page.status, 200, "{}", page.text);
    page.text
}

on_both_databases! {
    async fn a_note_tells_whom_it_names_once_and_nothing_else_tells_anybody(database: Database) {
        let sink = SmtpSink::start().await;
        let (service, reference) = service(database, &sink).await;
        let sam = service.sign_in_staff().await;
        let kim = service.sign_in_as(KIM, &["--name", "Kim Doe"]).await;
        assert!(mentions(&kim).await.contains("Nobody has mentioned you yet"));
        let fields = message("note", "@Kim, and once more @kim@acme.example: is this <b>ours</b>? @sam");
        for _ in 0..2 {
            assert_eq!(write(&sam, &reference, &fields).await.status, 303);
        }
        // Neither a reply, nor a note of the command line, nor one that names nobody.
        assert_eq!(write(&sam, &reference, &message("reply", "Ask @kim, please.")).await.status, 303);
        let by_command = service.try_command(&["ticket", "note", &reference, "--by", "Sam"], "@kim");
        assert!(by_command.status.success(), "{by_command:?}");
        note(&sam, &reference, "See kim@acme.example, https://chat.example/@kim and @kimberly.").await;
        told(&service, 1).await;
        assert_eq!((mails(&sink, KIM), mails(&sink, "sam@acme.example")), (1, 0));

        let list = mentions(&kim).await;
        assert!(list.contains("1 not read") && list.contains("is this &lt;b&gt;ours&lt;"), "{list}");
        assert!(kim.get("/desk").await.text.contains("views__count\">1<"));
        let page = kim.get(&format!("/desk/tickets/{reference}")).await.text;
        assert_eq!(page.matches("mention--me").count(), 2, "{page}");
        assert!(page.contains("Mentions <strong>you</strong></p>"), "{page}");
        assert!(mentions(&kim).await.contains("Everything is read"));
        assert!(!kim.get("/desk").await.text.contains("views__count"));
        // Whoever has another name is the same person.
        let page = sam.get(&format!("/desk/tickets/{reference}")).await.text;
        assert!(page.contains("Mentions <bdi>Kim Doe</bdi></p>"), "{page}");
        assert!(mentions(&sam).await.contains("Nobody has mentioned you yet"));
    }

    async fn the_writer_learns_first_of_a_name_that_tells_nobody(database: Database) {
        let sink = SmtpSink::start().await;
        let (service, reference) = service(database, &sink).await;
        let sam = service.sign_in_staff().await;
        let second = ["--role", "agent", "--site", "second"];
        let lee = service.sign_in_as("lee@acme.example", &second).await;
        for email in ["alex@acme.example", "alex@partner.example", KIM] {
            service.add_colleague(email, &["--name", "Kim"]);
        }
        let offered = sam.get(&format!("/desk/tickets/{reference}/colleagues")).await.json();
        let mut handles: Vec<_> = offered.as_array().expect("people").iter().filter_map(|one| one["handle"].as_str()).collect();
        handles.sort_unstable();
        assert_eq!(handles, ["alex@acme.example", "alex@partner.example", "kim"]);

        let mut fields = message("note", "@lee, @alex and @kim: <canary>");
        let refused = write(&sam, &reference, &fields).await;
        assert_eq!(refused.status, 422);
        for words in ["@lee is a colleague who does not see", "@alex can be @alex@acme.example or @alex@partner.example", "&lt;canary&gt;", "name=\"warned\" value=\"lee alex\""] {
            assert!(refused.text.contains(words), "{words}: {}", refused.text);
        }
        told(&service, 0).await;
        assert!(!service.ticket(&reference)["timeline"].to_string().contains("wrote"));
        // What is new since is said again.
        fields["warned"] = json!("lee");
        assert_eq!(write(&sam, &reference, &fields).await.status, 422);
        fields["warned"] = json!("lee alex");
        assert_eq!(write(&sam, &reference, &fields).await.status, 303);
        told(&service, 1).await;
        assert_eq!((mails(&sink, KIM), mails(&sink, "lee@acme.example"), mails(&sink, "alex@acme.example")), (1, 0, 0));
        assert!(mentions(&lee).await.contains("Nobody has mentioned you yet"));
        let path = format!("/desk/tickets/{reference}/colleagues");
        assert_eq!(lee.get(&path).await.status, 404);
    }

    async fn who_wants_no_mail_or_has_left_is_not_written_to(database: Database) {
        let sink = SmtpSink::start().await;
        let (service, reference) = service(database, &sink).await;
        let sam = service.sign_in_staff().await;
        let kim = service.sign_in_as(KIM, &["--name", "Kim"]).await;
        post(&kim, "/desk/account/mails", "answers=yes").await;
        note(&sam, &reference, "@kim?").await;
        told(&service, 1).await;
        assert_eq!(mails(&sink, KIM), 0, "she said so");
        assert!(mentions(&kim).await.contains("1 not read"), "it waits for her all the same");
        post(&kim, "/desk/account/mails", "answers=yes&mentions=yes").await;
        note(&sam, &reference, "@kim!").await;
        told(&service, 2).await;
        assert_eq!(mails(&sink, KIM), 1);
        service.command(&["staff", "remove", KIM]);
        // Nobody is called that any more.
        note(&sam, &reference, "@kim").await;
        told(&service, 2).await;
        let page = sam.get(&format!("/desk/tickets/{reference}")).await.text;
        assert!(page.contains("@kim!") && !page.contains("Mentions"), "the text stays: {page}");
    }

    async fn a_note_of_a_ticket_that_goes_on_elsewhere_is_found_there(database: Database) {
        let sink = SmtpSink::start().await;
        let (service, first) = service(database, &sink).await;
        let second = ticket(&service).await;
        let sam = service.sign_in_staff().await;
        let kim = service.sign_in_as(KIM, &["--name", "Kim", "--role", "agent", "--site", SITE]).await;
        note(&sam, &first, "@kim, which contract is it?").await;
        post(&sam, &format!("/desk/tickets/{first}/merge"), &format!("reference={second}")).await;
        let list = mentions(&kim).await;
        assert!(list.contains("which goes on in") && list.contains(&second), "{list}");
        let there = kim.get(&format!("/desk/tickets/{second}")).await.text;
        assert!(there.contains("You are mentioned in") && there.contains(&format!("{first}#message-")), "{there}");
        assert!(!sam.get(&format!("/desk/tickets/{second}")).await.text.contains("You are mentioned in"));
        assert!(mentions(&kim).await.contains("1 not read"), "she has not read the note");
        kim.get(&format!("/desk/tickets/{first}")).await;
        assert!(!kim.get(&format!("/desk/tickets/{second}")).await.text.contains("You are mentioned in"));
        assert!(mentions(&kim).await.contains("Everything is read"));
        let erased = service.try_command(&["privacy", "erase", "ada@customer.example"], "");
        assert!(erased.status.success(), "{erased:?}");
        assert!(mentions(&kim).await.contains("Nobody has mentioned you yet"));
    }
}
