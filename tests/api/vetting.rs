//! What tells robots from people: a hidden field, the time it takes to fill a form, and work that costs a second.

use std::time::{Duration, Instant};

use cornerdesk_tests::{
    Database, Service, altcha,
    client::{Answer, Client, a_submission, a_submission_with, form, new_key},
    eventually, on_both_databases,
    service::Setup,
};
use serde_json::{Value, json};

const ALWAYS: &str = "proof_of_work = \"always\"\nleast_fill_ms = 0\nsubmissions_per_address = 0";
const AUTO: &str = "proof_of_work = \"auto\"\nleast_fill_ms = 0\nsubmissions_per_address = 0";
const PATIENT: &str =
    "proof_of_work = \"never\"\nleast_fill_ms = 600000\nsubmissions_per_address = 0";

async fn challenge(client: &Client) -> Value {
    Answer::of(client.get(&client.path("challenge")).await)
        .await
        .json()
}

async fn submit_with_proof(client: &Client, key: &str, proof: &str) -> Answer {
    let request = client
        .submission(key, &a_submission())
        .header("Proof-Of-Work", proof);
    Answer::of(request.send().await.expect("an answer")).await
}

/// Sends the help form with `fields` as a browser without scripts does.
async fn submit_page(client: &Client, fields: Value) -> Answer {
    let request = client
        .request("POST", "/help/acme")
        .multipart(form(&a_submission_with(fields), &[]));
    Answer::of(request.send().await.expect("an answer")).await
}

/// The token of a form that was just handed out.
async fn form_token(client: &Client) -> String {
    let page = Answer::of(client.get("/help/acme").await).await.text;
    let (_, rest) = page
        .split_once("name=\"form_token\" value=\"")
        .expect("a token");
    rest.split('"').next().expect("a value").to_owned()
}

on_both_databases! {
    async fn work_is_asked_for_and_counts_once(database: Database) {
        let service = Service::start_with(Setup::new(database).limited(ALWAYS)).await;
        let (client, key) = (service.client(), new_key());
        client.submit(&a_submission()).await.problem(428, "proof-of-work-required");
        submit_with_proof(&client, &key, "bm9uc2Vuc2U=").await.problem(428, "proof-of-work-required");
        assert!(service.tickets().is_empty());

        let proof = altcha::solve(&challenge(&client).await);
        let answer = submit_with_proof(&client, &key, &proof).await;
        let reference = answer.reference();
        // The answer was lost: the same again is the same ticket, another one needs work of its own.
        assert_eq!(submit_with_proof(&client, &key, &proof).await.reference(), reference);
        submit_with_proof(&client, &new_key(), &proof).await.problem(428, "proof-of-work-required");
        let second = altcha::solve(&challenge(&client).await);
        let submission = a_submission_with(json!({ "altcha": second }));
        let request = client.request("POST", &client.path("tickets")).multipart(form(&submission, &[]));
        Answer::of(request.send().await.expect("an answer")).await.reference();
        assert_eq!(service.tickets().len(), 2);
    }

    async fn a_form_without_javascript_is_held_and_not_lost_while_work_is_asked_for(database: Database) {
        let service = Service::start_with(Setup::new(database).limited(ALWAYS)).await;
        assert_eq!(submit_page(&service.client(), json!({})).await.status, 201);
        assert_eq!(service.held_tickets()[0]["reason"], "no_proof_of_work");
    }

    async fn a_client_that_cannot_do_the_work_says_so_and_its_ticket_is_held(database: Database) {
        let service = Service::start_with(Setup::new(database).limited(ALWAYS)).await;
        let (client, key) = (service.client(), new_key());
        let reference = submit_with_proof(&client, &key, "none").await.reference();
        assert_eq!(submit_with_proof(&client, &key, "none").await.reference(), reference);
        let held = service.held_tickets();
        assert_eq!((held.len(), &held[0]["reason"]), (1, &json!("no_proof_of_work")));
        let with_files = client.request("POST", &client.path("tickets")).multipart(form(&a_submission(), &[]));
        let answer = with_files.header("Proof-Of-Work", "none").send().await.expect("an answer");
        assert_eq!(answer.status(), 201);
        let held = service.held_tickets();
        assert_eq!((held.len(), &held[0]["reason"], &held[1]["reason"]), (2, &json!("no_proof_of_work"), &json!("no_proof_of_work")));
    }

    async fn who_does_not_want_to_work_is_as_welcome_as_anybody_when_none_is_asked_for(database: Database) {
        let service = Service::start_with(Setup::new(database)).await;
        submit_with_proof(&service.client(), &new_key(), "none").await.reference();
        assert!(service.held_tickets().is_empty());
    }

    async fn an_attack_switches_it_on_within_a_minute_in_every_process(database: Database) {
        let setup = Setup::new(database).limited(AUTO).database_url(&database.new_url());
        let services = [Service::start_with(setup.clone()).await, Service::start_with(setup).await];
        let began = Instant::now();
        let client = services[0].client();
        for _ in 0..29 {
            client.submit(&a_submission()).await.reference();
        }
        assert!(services[0].tickets().len() == 29, "below the threshold nothing is asked");
        client.submit(&a_submission()).await;
        for service in &services {
            eventually(Duration::from_secs(30), "proof of work", async || {
                let answer = service.client().submit(&a_submission()).await;
                (answer.status == 428).then_some(())
            })
            .await;
        }
        assert!(began.elapsed() < Duration::from_secs(60));
        let proof = altcha::solve(&challenge(&client).await);
        submit_with_proof(&client, &new_key(), &proof).await.reference();
    }

    async fn a_form_that_comes_back_at_once_is_held(database: Database) {
        let service = Service::start_with(Setup::new(database).limited(PATIENT)).await;
        let client = service.client();
        let token = form_token(&client).await;
        assert_eq!(submit_page(&client, json!({ "form_token": token })).await.status, 201);
        assert_eq!(service.held_tickets()[0]["reason"], "too_fast");
        let request = client.submission(&new_key(), &a_submission()).header("Form-Token", &token);
        assert_eq!(request.send().await.expect("an answer").status(), 201);
        assert_eq!(service.held_tickets().len(), 2);
        // A token that is missing or is not ours says nothing by itself: programs have none.
        client.submit(&a_submission()).await.reference();
        assert_eq!(submit_page(&client, json!({ "form_token": format!("{token}A") })).await.status, 201);
        assert_eq!((service.tickets().len(), service.held_tickets().len()), (2, 2));
    }

    async fn the_panels_hidden_field_is_read_too(database: Database) {
        let service = Service::start(database).await;
        let request = service.client().submission(&new_key(), &a_submission()).header("Form-Trap", "filled");
        assert_eq!(request.send().await.expect("an answer").status(), 201);
        assert_eq!(service.held_tickets()[0]["reason"], "hidden_field");
    }
}

#[tokio::test]
async fn a_form_that_came_back_is_as_old_as_it_was() {
    let service = Service::start_with(Setup::new(Database::Sqlite).limited(PATIENT)).await;
    let client = service.client();
    let token = form_token(&client).await;
    let again = submit_page(&client, json!({ "form_token": token, "email": "" })).await;
    assert_eq!(again.status, 422);
    assert!(again.text.contains(&token));
}

#[test]
fn our_worker_solves_what_another_altcha_asks() {
    let verdict = altcha::verdict_on_our_worker();
    assert_eq!(verdict["verified"], true, "{verdict}");
}
