//! What staff write and do on the page of a ticket.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission_with, form, new_key},
    eventually, on_both_databases,
    service::{Setup, Staff},
    smtp::SmtpSink,
};
use serde_json::{Value, json};

async fn write(staff: &Staff, reference: &str, fields: Value, files: &[File]) -> Answer {
    let path = format!("/desk/tickets/{reference}/messages");
    let request = staff.request("POST", &path).multipart(form(&fields, files));
    Answer::of(request.send().await.expect("an answer")).await
}

async fn post(staff: &Staff, path: &str, body: &str) -> Answer {
    let request = staff
        .request("POST", path)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body.to_owned());
    Answer::of(request.send().await.expect("an answer")).await
}

async fn page(staff: &Staff, reference: &str) -> String {
    let page = staff.get(&format!("/desk/tickets/{reference}")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    page.text
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let rest = page.split_once(&format!("name=\"{name}\" value=\""));
    let value = rest.and_then(|(_, rest)| rest.split_once('"'));
    value.expect("a hidden field").0.to_owned()
}

fn kinds(ticket: &Value) -> Vec<&str> {
    let facts = ticket["timeline"].as_array().expect("facts").iter();
    facts
        .filter_map(|fact| fact["kind"].as_str())
        .filter(|kind| !["received", "acknowledged", "reply_sent", "reply_not_sent"].contains(kind))
        .collect()
}

async fn ticket(database: Database) -> (Service, Staff, String) {
    let service = Service::start_with(Setup::new(database)).await;
    let staff = service.sign_in_staff().await;
    let submission = a_submission_with(json!({}));
    let reference = service.client().submit(&submission).await.reference();
    (service, staff, reference)
}

on_both_databases! {
    async fn a_reply_with_a_file_is_there_once_and_waits_for_the_requester(database: Database) {
        let (service, staff, reference) = ticket(database).await;
        let shown = page(&staff, &reference).await;
        let (message, seen) = (hidden(&shown, "message"), hidden(&shown, "seen"));
        let fields = json!({ "message": message, "seen": seen, "kind": "reply", "text": "Which <b>browser</b>?\nSam", "then": "wait", "act": "send" });
        let file = File::text("how.txt", "Press F12");
        for _ in 0..2 {
            let answer = write(&staff, &reference, fields.clone(), std::slice::from_ref(&file)).await;
            assert_eq!(answer.status, 303, "{}", answer.text);
            assert!(answer.header("location").is_some_and(|to| to.ends_with(&format!("#message-{message}"))));
        }
        let found = service.ticket_with_examined_files(&reference).await;
        assert_eq!(kinds(&found), ["wrote", "answered", "paused"]);
        assert_eq!((&found["status"], found["attachments"].as_array().map(Vec::len)), (&json!("waiting"), Some(1)));
        let shown = page(&staff, &reference).await;
        assert!(shown.contains("Which &lt;b&gt;browser&lt;&#x2f;b&gt;?\nSam"), "{shown}");
        let (before, after) = shown.split_once(&format!("id=\"message-{message}\"")).expect("the message");
        assert!(!before.contains("how.txt") && after.contains("how"), "the file stands with its message");
    }

    async fn a_note_is_for_colleagues_and_moves_no_clock(database: Database) {
        let (service, staff, reference) = ticket(database).await;
        let shown = page(&staff, &reference).await;
        let fields = json!({ "message": hidden(&shown, "message"), "seen": "0", "kind": "note", "text": "She is right.", "then": "" });
        assert_eq!(write(&staff, &reference, fields, &[]).await.status, 303);
        let found = service.ticket(&reference);
        assert_eq!((kinds(&found), &found["status"]), (vec!["wrote"], &json!("new")));
        assert!(page(&staff, &reference).await.contains("only colleagues see it"));
    }

    async fn what_cannot_be_sent_comes_back_with_text_and_files(database: Database) {
        let (service, staff, reference) = ticket(database).await;
        let message = new_key();
        let fields = |text: &str, then: &str| json!({ "message": message, "seen": "0", "kind": "reply", "text": text, "then": then });
        let file = File::text("how.txt", "Press F12");
        let empty = write(&staff, &reference, fields("  ", "fixed"), std::slice::from_ref(&file)).await;
        assert_eq!(empty.status, 422);
        assert!(empty.text.contains("Write something first.") && empty.text.contains("value=\"fixed\" selected"), "{}", empty.text);
        let upload = hidden(&empty.text.replace("type=\"checkbox\" ", ""), "upload_ids");
        let long = write(&staff, &reference, fields(&"ä".repeat(50_001), ""), &[]).await;
        assert!(long.status == 422 && long.text.contains("at most 50,000") && long.text.contains(&"ä".repeat(50_001)), "{}", long.status);
        assert!(kinds(&service.ticket(&reference)).is_empty());
        let mut whole = fields(&"ä".repeat(50_000), "fixed");
        whole["upload_ids"] = json!(upload);
        assert_eq!(write(&staff, &reference, whole, &[]).await.status, 303);
        let found = service.ticket(&reference);
        assert_eq!(kinds(&found), ["wrote", "answered", "status_changed"]);
        assert_eq!((&found["status"], found["attachments"].as_array().map(Vec::len)), (&json!("solved"), Some(1)));
    }

    async fn what_a_colleague_answered_meanwhile_is_seen_before_another_answer_goes(database: Database) {
        let (service, sam, reference) = ticket(database).await;
        let kim = service.sign_in_as("kim@acme.example", &["--name", "Kim"]).await;
        let (of_sam, of_kim) = (page(&sam, &reference).await, page(&kim, &reference).await);
        let fields = |page: &str, text: &str| json!({ "message": hidden(page, "message"), "seen": hidden(page, "seen"), "kind": "reply", "text": text, "then": "" });
        assert_eq!(write(&sam, &reference, fields(&of_sam, "It is mended."), &[]).await.status, 303);
        let warned = write(&kim, &reference, fields(&of_kim, "We look into it."), &[]).await;
        assert_eq!(warned.status, 409);
        assert!(warned.text.contains("Sam answered meanwhile.") && warned.text.contains("We look into it."), "{}", warned.text);
        assert_eq!(write(&kim, &reference, fields(&warned.text, "We look into it."), &[]).await.status, 303);
        assert_eq!(kinds(&service.ticket(&reference)), ["wrote", "answered", "wrote", "updated"]);
    }

    async fn a_draft_is_there_after_a_reload_and_gone_once_it_is_sent(database: Database) {
        let (_service, staff, reference) = ticket(database).await;
        let message = new_key();
        let draft = |text: &str| format!("message={message}&kind=note&text={text}");
        let path = format!("/desk/tickets/{reference}/draft");
        assert_eq!(post(&staff, &path, &draft("Half+a+%3Csentence")).await.status, 204);
        let shown = page(&staff, &reference).await;
        assert!(shown.contains("Half a &lt;sentence</textarea>") && shown.contains("Draft restored"), "{shown}");
        assert_eq!(hidden(&shown, "message"), message);
        let fields = json!({ "message": message, "seen": hidden(&shown, "seen"), "kind": "note", "text": "Half a sentence.", "then": "" });
        assert_eq!(write(&staff, &reference, fields, &[]).await.status, 303);
        // What the page said a moment too late.
        assert_eq!(post(&staff, &path, &draft("Half+a+sentence.")).await.status, 204);
        assert!(!page(&staff, &reference).await.contains("Draft restored"));
        let long = draft(&"x".repeat(50_001));
        assert_eq!(post(&staff, &path, &long).await.status, 413);
    }

    async fn a_canned_answer_is_kept_and_put_into_the_box_with_the_words_of_the_ticket(database: Database) {
        let (service, staff, reference) = ticket(database).await;
        let empty = post(&staff, "/desk/canned", "site=acme&id=&title=Logs&body=+").await;
        assert!(empty.status == 422 && empty.text.contains("write a text") && empty.text.contains("value=\"Logs\""), "{}", empty.text);
        let body = "site=acme&id=&title=Logs&body=Hello+%7Brequester_name%7D%2C+about+%7Breference%7D%3A+%7Bsummary%7D+%7Bx%7D.+%7Bstaff_name%7D";
        assert_eq!(post(&staff, "/desk/canned", body).await.status, 303);
        let shown = page(&staff, &reference).await;
        let (_, option) = shown.split_once("<option value=\"\">Choose one</option>").expect("a choice");
        let id = option.split('"').nth(1).expect("an answer").to_owned();
        let fields = json!({ "message": hidden(&shown, "message"), "seen": "0", "kind": "reply", "text": "Mine.", "then": "wait", "act": "insert", "canned": id });
        let inserted = write(&staff, &reference, fields, &[]).await;
        assert_eq!(inserted.status, 200, "{}", inserted.text);
        let filled = format!("Hello ada, about {reference}: The invoice shows the wrong total {{x}}. Sam");
        assert!(inserted.text.contains(&format!("Mine.\n\n{filled}</textarea>")), "{}", inserted.text);
        assert!(inserted.text.contains("value=\"wait\" selected"));
        let list = staff.get(&format!("/desk/tickets/{reference}/canned")).await;
        assert_eq!(list.json(), json!([{ "title": "Logs", "text": filled }]));
        assert!(kinds(&service.ticket(&reference)).is_empty());
        assert_eq!(post(&staff, "/desk/canned/delete", &format!("site=acme&id={id}")).await.status, 303);
        assert!(!staff.get("/desk/canned").await.text.contains("Hello {requester_name}"));
        assert_eq!(post(&staff, "/desk/canned", "site=nowhere&id=&title=x&body=y").await.status, 404);
    }

    async fn staff_assign_tag_snooze_link_and_merge(database: Database) {
        let (service, staff, reference) = ticket(database).await;
        let other = service.client().submit(&a_submission_with(json!({}))).await.reference();
        let shown = page(&staff, &reference).await;
        let me = hidden(&shown, "assignee");
        let at = |act: &str| format!("/desk/tickets/{reference}/{act}");
        for (act, body) in [
            ("assign", format!("assignee={me}")),
            ("tags", "tag=Billing".to_owned()),
            ("tags", "tag=vip".to_owned()),
            ("untag", "tag=vip".to_owned()),
            ("snooze", "until=monday".to_owned()),
            ("wake", String::new()),
            ("link", format!("reference={other}")),
            ("unlink", format!("reference={other}")),
        ] {
            let answer = post(&staff, &at(act), &body).await;
            assert_eq!(answer.status, 303, "{act}: {}", answer.text);
        }
        assert_eq!(kinds(&service.ticket(&reference)), ["assigned", "tagged", "tagged", "untagged", "snoozed", "woken", "linked", "unlinked"]);
        assert!(page(&staff, &reference).await.contains("<bdi>billing</bdi>"));
        for (act, body) in [
            ("assign", "assignee=00000000-0000-4000-8000-000000000000".to_owned()),
            ("tags", "tag=+".to_owned()),
            ("snooze", "until=day&day=2020-01-01".to_owned()),
            ("snooze", "until=never".to_owned()),
            ("link", format!("reference={reference}")),
        ] {
            assert_eq!(post(&staff, &at(act), &body).await.status, 400, "{act} {body}");
        }
        assert_eq!(post(&staff, &at("merge"), "reference=CD-0000-0000").await.status, 404);
        assert_eq!(post(&staff, &at("merge"), &format!("reference={other}")).await.status, 303);
        let merged = service.ticket(&reference);
        assert_eq!((&merged["status"], kinds(&merged).last()), (&json!("closed"), Some(&"merged_into")));
        assert_eq!(kinds(&service.ticket(&other)), ["linked", "unlinked", "merged"]);
        let shown = page(&staff, &reference).await;
        assert!(shown.contains("It goes on in") && shown.contains(&other));
    }

    async fn a_requester_is_led_to_where_their_ticket_goes_on_and_nobody_else_is(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = Setup::new(database).reached_at("https://help.acme.example").mail_to(&sink);
        let service = Service::start_with(setup).await;
        let staff = service.sign_in_staff().await;
        let ask = async |email: &str| {
            let submission = a_submission_with(json!({ "email": email }));
            let answer = service.client().submit(&submission).await;
            let of_sender = answer.json()["status_url"].as_str().expect("an address").to_owned();
            service.acknowledged(&answer.reference()).await;
            (answer.reference(), of_sender)
        };
        let (first, _) = ask("ada@customer.example").await;
        let (second, of_sender) = ask("ada@customer.example").await;
        let (foreign, _) = ask("bob@customer.example").await;
        for reference in [&second, &foreign] {
            let answer = post(&staff, &format!("/desk/tickets/{reference}/merge"), &format!("reference={first}")).await;
            assert_eq!(answer.status, 303, "{}", answer.text);
        }
        let page = async |url: &str| {
            let path = url.strip_prefix("https://help.acme.example").expect("our address");
            Answer::of(service.client().get(path).await).await.text
        };
        let of_mailbox = |reference: &str| {
            let mails = sink.received();
            let mail = mails.iter().map(cornerdesk_tests::smtp::Received::mail).find(|mail| mail.everything().contains(reference)).expect("an acknowledgement");
            mail.links().into_iter().find(|link| link.contains("/t/")).expect("a link to the page")
        };
        let led = page(&of_mailbox(&second)).await.replace("&#x2f;", "/");
        let (_, link) = led.split_once("<a href=\"/t/").expect("a way");
        assert!(link.contains(&first), "{led}");
        let there = page(&format!("https://help.acme.example/t/{}", link.split('"').next().expect("a token"))).await;
        assert!(there.contains(&first), "{there}");
        for not_led in [of_sender, of_mailbox(&foreign)] {
            assert!(!page(&not_led).await.contains(&first), "whoever may have only named the address");
        }
    }

    async fn a_snoozed_ticket_comes_back_by_itself(database: Database) {
        let service = Service::start_at(Setup::new(database), "2026-03-02T08:00:00Z").await;
        let staff = service.sign_in_staff().await;
        let reference = service.client().submit(&a_submission_with(json!({}))).await.reference();
        let answer = post(&staff, &format!("/desk/tickets/{reference}/snooze"), "until=three_days").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        service.advance(Duration::from_hours(73));
        eventually(Duration::from_secs(20), "it to come back", async || {
            kinds(&service.ticket(&reference)).contains(&"woken").then_some(())
        })
        .await;
        assert_eq!(service.ticket(&reference)["timeline"].as_array().and_then(|facts| facts.iter().find(|fact| fact["kind"] == "woken")).expect("a fact")["because"], "time");
    }

    async fn an_open_page_hears_of_colleagues_and_of_what_is_new(database: Database) {
        let (service, sam, reference) = ticket(database).await;
        let kim = service.sign_in_as("kim@acme.example", &["--name", "Kim"]).await;
        let seen = hidden(&page(&sam, &reference).await, "seen");
        let path = format!("/desk/tickets/{reference}/events?after={seen}");
        let mut stream = sam.request("GET", &path).send().await.expect("an answer");
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        let mut heard = String::new();
        let presence = format!("/desk/tickets/{reference}/presence");
        assert_eq!(post(&kim, &presence, "state=writing").await.status, 204);
        let mut hears = async |wanted: &str| {
            while !heard.contains(wanted) {
                let chunk = stream.chunk().await.expect("it goes on").expect("it has not ended");
                heard.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        hears("\"writing\":[\"Kim\"]").await;
        let fields = json!({ "message": new_key(), "seen": seen, "kind": "note", "text": "Mine.", "then": "" });
        assert_eq!(write(&kim, &reference, fields, &[]).await.status, 303);
        hears("\"messages\":1").await;
        assert_eq!(post(&kim, &presence, "state=gone").await.status, 204);
        hears("\"writing\":[],\"messages\":1").await;
    }
}

#[tokio::test]
async fn an_open_page_does_not_keep_a_service_from_ending() {
    let (mut service, staff, reference) = ticket(Database::Sqlite).await;
    let path = format!("/desk/tickets/{reference}/events");
    let mut stream = staff.request("GET", &path).send().await.expect("an answer");
    stream.chunk().await.expect("it speaks").expect("something");
    assert!(service.terminate().await.success());
}
