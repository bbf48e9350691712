//! Who reads what was written, and who does not (threats S7, S10, S18).

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File},
    on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
use serde_json::json;

use super::{Place, answer, key, write};
use crate::status::{follow, path_of};

/// The address of the first file on a page.
fn link_of_file(page: &str) -> String {
    let (before, rest) = page.split_once("/files/").expect("a file");
    let token = before.rsplit("/t/").next().expect("a token");
    let id = rest.split('"').next().expect("an id");
    format!("/t/{token}/files/{id}")
}

async fn get(place: &Place, path: &str, cookie: &str) -> Answer {
    let request = place.request("GET", path).header("Cookie", cookie);
    Answer::of(request.send().await.expect("an answer")).await
}

on_both_databases! {
    async fn what_staff_reply_is_read_by_whoever_reads_the_mailbox_and_a_note_by_nobody(database: Database) {
        let place = Place::open(database).await;
        let staff = place.service.sign_in_staff().await;
        let hostile = "Canary-reply <script>alert(1)</script> {{ 7*7 }}";
        write(&place, &staff, "reply", hostile, &[File::text("Canary-steps.txt", "1. open")]).await;
        write(&place, &staff, "note", "Canary-note", &[File::text("Canary-secret.txt", "x")]).await;
        let ticket = place.service.ticket_with_examined_files(&place.reference).await;
        let mail = place.sink.message_to("ada@customer.example").await.mail();
        let links = mail.links();
        let of_mailbox = path_of(links.iter().find(|link| link.contains("/t/")).expect("a link"));
        for path in [&place.page, &of_mailbox] {
            let page = get(&place, path, "").await.text;
            assert!(page.contains("We have answered you") && page.contains("We answered you"), "{page}");
            assert!(page.contains("shown only to whoever reads"), "{page}");
            assert!(!page.contains("Canary") && !page.contains("Sam"), "{page}");
        }
        let cookie = place.sign_in().await;
        for path in [&place.page, &of_mailbox] {
            let page = get(&place, path, &cookie).await.text;
            for shown in ["Canary-reply &lt;script&gt;alert(1)", "{{ 7*7 }}", "Sam from Acme", "Canary-steps"] {
                assert!(page.contains(shown), "{shown}\n{page}");
            }
            for hidden in ["Canary-note", "Canary-secret", "<script", "shown only to whoever reads"] {
                assert!(!page.contains(hidden), "{hidden}\n{page}");
            }
        }
        let file = link_of_file(&get(&place, &place.page, &cookie).await.text);
        let saved = get(&place, &file, &cookie).await;
        assert_eq!((saved.status.as_u16(), saved.text.as_str()), (200, "1. open"));
        for (name, value) in [("content-disposition", "attachment; filename=\"Canary-steps.txt\""), ("content-security-policy", "sandbox"), ("cache-control", "private, no-store")] {
            let found = saved.header(name).expect("a header");
            assert!(found.starts_with(value), "{name}: {found}");
        }
        assert_eq!(get(&place, &file, "").await.status, 303, "to the page, where they sign in");
        let (folder, _) = file.rsplit_once('/').expect("a folder");
        for attachment in ticket["attachments"].as_array().expect("files") {
            let id = attachment["id"].as_str().expect("an id");
            let expected = if attachment["name"] == "Canary-steps.txt" { 200 } else { 404 };
            assert_eq!(get(&place, &format!("{folder}/{id}"), &cookie).await.status, expected, "{attachment}");
        }
        let (_, other) = follow(&place.service, json!({})).await;
        let id = file.rsplit('/').next().expect("an id");
        assert_eq!(get(&place, &format!("{other}/files/{id}"), &cookie).await.status, 303, "another request");
    }

    async fn looking_at_messages_changes_nothing(database: Database) {
        let place = Place::open(database).await;
        let staff = place.service.sign_in_staff().await;
        write(&place, &staff, "reply", "Does it work now?", &[]).await;
        place.told("reply_sent").await;
        let before = (place.facts(), place.service.ticket(&place.reference)["status"].clone());
        for what in ["", "/answer", "/verdict", "/rating", "/code"] {
            for method in ["HEAD", "GET"] {
                let path = format!("{}{what}", place.page);
                let answer = place.request(method, &path).send().await.expect("an answer");
                assert_eq!(answer.status(), if what.is_empty() { 200 } else { 405 }, "{method} {what}");
            }
        }
        assert_eq!(place.facts(), before.0);
        assert_eq!(place.service.ticket(&place.reference)["status"], before.1);
    }

    async fn a_sender_whose_mailbox_said_that_it_is_theirs_reads_without_a_code(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = Setup::new(database).reached_at("https://help.acme.example").mail_to(&sink);
        let service = Service::start_with(setup.site_setting("acknowledge = \"confirm-first\"")).await;
        let (reference, page) = follow(&service, json!({})).await;
        let links = sink.message_to("ada@customer.example").await.mail().links();
        let confirm = path_of(links.first().expect("a link"));
        let closed = Answer::of(service.client().get(&page).await).await.text;
        assert!(!closed.contains("name=\"idempotency_key\""), "nobody reads what is not confirmed: {closed}");
        let yes = service.client().request("POST", &confirm).header("Content-Type", "application/x-www-form-urlencoded").body("answer=yes");
        assert_eq!(yes.send().await.expect("an answer").status(), 200);
        service.acknowledged(&reference).await;
        let place = Place { service, sink, reference, page };
        let staff = place.service.sign_in_staff().await;
        write(&place, &staff, "reply", "Canary-reply", &[File::text("steps.txt", "1. open")]).await;
        let own = key(&place).await;
        assert_eq!(answer(&place, &own, "Canary-answer", &[]).await.status, 303);
        let page = place.look("").await;
        assert!(page.contains("Canary-reply") && page.contains("Canary-answer"), "{page}");
        assert!(!page.contains("/files/") && page.contains("Emails and files are shown only"), "{page}");
    }
}
