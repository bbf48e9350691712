//! The link alone is not enough: the requester proves by a mailed code that the mailbox is theirs.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission_with, form, with_another_end},
    eventually, on_both_databases,
    service::Setup,
    smtp::{self, SmtpSink},
};
use serde_json::json;

use super::{Place, desk_form, value};
use crate::status::path_of;

on_both_databases! {
    async fn the_link_alone_grants_and_ends_nothing(database: Database) {
        let place = Place::open(database).await;
        let cookie = place.sign_in().await;
        let token = value(&place.look(&cookie).await, "form_token");
        let page = &place.page;
        let fields = [("form_token", token.as_str()), ("purpose", "x"), ("lasts", "hour")];
        // No session, a session of nobody, no token, and a session for another request.
        let (_, other) = crate::status::follow(&place.service, json!({})).await;
        for (path, cookie, fields) in [
            (page, "", &fields[..]),
            (page, "__Host-cornerdesk-request=x", &fields[..]),
            (page, cookie.as_str(), &fields[1..]),
            (&other, cookie.as_str(), &fields[..]),
        ] {
            let answer = place.form(&format!("{path}/access"), cookie, fields).await;
            assert!(answer.text.contains("Ask for a code once more"), "{}", answer.text);
        }
        for method in ["GET", "HEAD"] {
            for what in ["code", "access", "revoke", "sign-in"] {
                let answer = place.request(method, &format!("{page}/{what}")).send().await.expect("an answer");
                assert_eq!(answer.status(), 405);
            }
        }
        assert!(place.kinds().is_empty(), "{:?}", place.kinds());
        let forged = with_another_end(page);
        assert_eq!(place.form(&format!("{forged}/code"), "", &[]).await.status, 404);
    }

    async fn a_code_is_tried_five_times_and_used_once(database: Database) {
        let place = Place::open(database).await;
        let (page, code) = place.code().await;
        let sign_in = value(&page, "sign_in");
        let path = format!("{}/sign-in", place.page);
        let wrong = if code == "00000000" { "00000001" } else { "00000000" };
        for _ in 0..4 {
            let answer = place.form(&path, "", &[("sign_in", &sign_in), ("code", wrong)]).await;
            assert!(answer.text.contains("This code is not right"), "{}", answer.text);
        }
        let spaced = format!("{} {}", &code[..4], &code[4..]);
        assert_eq!(place.form(&path, "", &[("sign_in", &sign_in), ("code", &spaced)]).await.status, 303);
        let again = place.form(&path, "", &[("sign_in", &sign_in), ("code", &code)]).await;
        assert!(again.text.contains("does not work any more"), "{}", again.text);
        let (page, code) = place.code().await;
        let sign_in = value(&page, "sign_in");
        for _ in 0..5 {
            place.form(&path, "", &[("sign_in", &sign_in), ("code", wrong)]).await;
        }
        let late = place.form(&path, "", &[("sign_in", &sign_in), ("code", &code)]).await;
        assert!(late.text.contains("does not work any more"), "{}", late.text);
        for _ in 0..3 {
            place.form(&format!("{}/code", place.page), "", &[]).await;
        }
        let many = place.form(&format!("{}/code", place.page), "", &[]).await;
        assert!(many.text.contains("Wait an hour"), "{}", many.text);
    }

    async fn a_code_or_a_request_whose_answer_is_always_lost_is_sent_four_times(database: Database) {
        let place = Place::open(database).await;
        place.sink.answer_with(smtp::Answer::Cut);
        let staff = place.service.sign_in_staff().await;
        let page = place.page.clone();
        let desk = format!("/desk/tickets/{}/access/request", place.reference);
        for (kind, subject, facts_before) in [("send_page_code", "Your code", 0), ("ask_for_access", "look into your account", 3)] {
            if kind == "send_page_code" {
                place.form(&format!("{page}/code"), "", &[]).await;
            } else {
                desk_form(&staff, &desk, "Look").await;
            }
            eventually(Duration::from_secs(30), "the mail to be given up", async || {
                place.service.jobs("dead").iter().any(|job| job["kind"] == kind).then_some(())
            })
            .await;
            let copies = place.sink.offered();
            assert_eq!(copies.iter().filter(|copy| copy.mail().header("Subject").contains(subject)).count(), 4, "{kind}");
            let facts = place.facts();
            assert_eq!(facts.iter().filter(|fact| fact["kind"] == "mail_unanswered").count(), facts_before + 3, "{kind}");
            let is_known = facts.iter().any(|fact| fact["kind"] == "access_not_asked");
            assert_eq!(is_known, kind == "ask_for_access", "{kind}");
        }
    }

    async fn nothing_keeps_a_requester_from_the_code_that_ends_access(database: Database) {
        // The acknowledgement, and the code for the grant.
        let place = Place::with_mails(database, 2).await;
        let cookie = place.sign_in().await;
        place.grant(&cookie, "day").await;
        let staff = place.service.sign_in_staff().await;
        let path = format!("/desk/tickets/{}/access/request", place.reference);
        desk_form(&staff, &path, "Look").await;
        // The budget is spent, for everything else.
        place.told("access_not_asked").await;
        for _ in 0..3 {
            place.code().await;
        }
        let cookie = place.sign_in().await;
        assert_eq!(place.revoke(&cookie).await.status, 303);
        let kinds = ["access_granted", "access_requested", "access_not_asked", "access_revoked"];
        assert_eq!(place.kinds(), kinds);
    }

    async fn whoever_was_asked_for_access_by_no_mail_is_not_shown_as_asked_by_one(database: Database) {
        let place = Place::with_mails(database, 1).await;
        let staff = place.service.sign_in_staff().await;
        let desk = format!("/desk/tickets/{}", place.reference);
        desk_form(&staff, &format!("{desk}/access/request"), "See what the export does").await;
        let fact = place.told("access_not_asked").await;
        assert!(fact["reason"].as_str().expect("a reason").contains("mail"), "{fact}");
        let shown = staff.get(&desk).await.text;
        assert!(shown.contains("was not told by mail") && !shown.contains("The requester gets a mail"), "{shown}");
        // On the page they can decide all the same.
        let page = place.look("").await;
        assert!(page.contains("We need your permission") && page.contains("Our email about the access could not be sent"), "{page}");
    }

    async fn no_code_is_mailed_for_a_ticket_that_is_held_or_has_nothing_to_do_with_access(database: Database) {
        let place = Place::open(database).await;
        let client = place.service.client();
        let trapped = a_submission_with(json!({ "website": "https://spam.example" }));
        let request = client.request("POST", &client.path("tickets")).multipart(form(&trapped, &[]));
        let receipt = Answer::of(request.send().await.expect("an answer")).await;
        let page = path_of(receipt.json()["status_url"].as_str().expect("an address"));
        let asked = place.form(&format!("{page}/code"), "", &[]).await;
        assert_eq!(asked.status, 200);
        assert!(asked.text.contains("name=\"sign_in\""), "whoever is suspected is not told: {}", asked.text);
        let staff = place.service.sign_in_staff().await;
        let desk = format!("/desk/tickets/{}", receipt.reference());
        assert_eq!(desk_form(&staff, &format!("{desk}/access/request"), "Look").await.status, 403);
        assert!(!staff.get(&desk).await.text.contains("access/request"));
        assert_no_mail_about_access(&place.service);

        let sink = SmtpSink::start().await;
        let setup = Setup::new(database).mail_to(&sink).reached_at("https://help.acme.example");
        let place = Place::on(Service::start_with(setup).await, sink).await;
        let asked = place.form(&format!("{}/code", place.page), "", &[]).await;
        assert!(!asked.text.contains("name=\"sign_in\""), "{}", asked.text);
        assert_no_mail_about_access(&place.service);
    }
}

/// There are no mails about access, sent or not.
fn assert_no_mail_about_access(service: &Service) {
    let states = ["ready", "done", "dead"];
    let jobs: Vec<_> = states
        .iter()
        .flat_map(|state| service.jobs(state))
        .collect();
    let kinds = [json!("send_page_code"), json!("ask_for_access")];
    let about = jobs.iter().filter(|job| kinds.contains(&job["kind"]));
    assert_eq!(about.count(), 0, "{jobs:?}");
}
