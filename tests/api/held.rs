//! Held tickets: the sender has a receipt like everybody, staff decide, and nothing is dropped.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission, a_submission_with, form},
    on_both_databases,
};
use serde_json::{Value, json};

/// Sends the help form with its hidden field filled, as a robot does, and returns the reference.
async fn submit_trapped(service: &Service) -> String {
    let client = service.client();
    let submission = a_submission_with(json!({ "website": "https://spam.example" }));
    let request = client
        .request("POST", &client.path("tickets"))
        .multipart(form(&submission, &[]));
    Answer::of(request.send().await.expect("an answer"))
        .await
        .reference()
}

fn facts(ticket: &Value) -> Vec<&str> {
    let entries = ticket["timeline"].as_array().expect("a timeline");
    entries
        .iter()
        .filter_map(|entry| entry["kind"].as_str())
        .collect()
}

on_both_databases! {
    async fn a_held_ticket_has_a_receipt_and_no_mail_and_is_in_its_own_list(database: Database) {
        let service = Service::start(database).await;
        let reference = submit_trapped(&service).await;
        let ticket = service.ticket(&reference);
        assert_eq!(ticket["held"], "suspected");
        assert_eq!(facts(&ticket), ["received", "held"]);
        assert!(service.tickets().is_empty());
        let held = service.held_tickets();
        assert_eq!((held.len(), &held[0]["reason"]), (1, &json!("hidden_field")));
        assert!(service.jobs("ready").is_empty() && service.jobs("done").is_empty());
    }

    async fn staff_release_a_held_ticket_and_it_goes_on_like_a_new_one(database: Database) {
        let service = Service::start(database).await;
        let reference = submit_trapped(&service).await;
        let staff = service.sign_in_staff().await;
        assert!(staff.get("/desk").await.text.contains("1 ticket is held"));
        let list = staff.get("/desk/held").await;
        assert!(list.text.contains(&reference) && list.text.contains("hidden field filled"));
        let page = format!("/desk/tickets/{reference}");
        assert!(staff.get(&page).await.text.contains("hidden field filled"));
        // The second click comes too late and changes nothing.
        for _ in 0..2 {
            let answer = staff.post(&format!("{page}/release")).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some(&*page)));
        }
        service.acknowledged(&reference).await;
        let ticket = service.ticket(&reference);
        assert_eq!(facts(&ticket), ["received", "held", "released", "acknowledged"]);
        assert_eq!(ticket["timeline"][2]["by"], json!({ "staff": "Sam" }));
        assert_eq!((service.tickets().len(), service.held_tickets().len()), (1, 0));
        assert!(staff.get("/desk/held").await.text.contains("Nothing is held"));
    }

    async fn a_held_ticket_is_released_at_the_command_line(database: Database) {
        let service = Service::start(database).await;
        let reference = submit_trapped(&service).await;
        assert!(service.command(&["ticket", "list", "--held"]).contains("hidden field filled"));
        service.command(&["ticket", "release", &reference]);
        service.acknowledged(&reference).await;
        let again = service.try_command(&["ticket", "release", &reference], "");
        assert!(String::from_utf8_lossy(&again.stderr).contains("is not held"));
    }

    async fn strangers_release_nothing(database: Database) {
        let service = Service::start(database).await;
        let reference = submit_trapped(&service).await;
        let path = format!("/desk/tickets/{reference}/release");
        let request = service.client().request("POST", &path).header("Origin", service.origin());
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        assert!(answer.header("location").is_some_and(|to| to.starts_with("/desk/login")));
        let staff = service.sign_in_staff().await;
        let request = service
            .client()
            .request("POST", &path)
            .header("Origin", "https://evil.example")
            .header("Sec-Fetch-Site", "cross-site")
            .header("Cookie", staff.cookie());
        assert_eq!(request.send().await.expect("an answer").status(), 403);
        assert_eq!(service.held_tickets().len(), 1);
    }
}

#[tokio::test]
async fn an_empty_hidden_field_is_what_people_send() {
    let service = Service::start(Database::Sqlite).await;
    let mut submission = a_submission();
    submission["website"] = "".into();
    let client = service.client();
    let request = client
        .request("POST", "/help/acme")
        .multipart(form(&submission, &[]));
    assert_eq!(request.send().await.expect("an answer").status(), 201);
    assert_eq!(
        (service.tickets().len(), service.held_tickets().len()),
        (1, 0)
    );
}
