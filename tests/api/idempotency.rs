//! The same key, again and again.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, File, a_submission, a_submission_with, form, new_key},
    on_both_databases,
    service::Setup,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

const REPLAYED: &str = "idempotency-replayed";

async fn submit(client: &Client, key: &str, submission: &Value) -> Answer {
    let request = client.submission(key, submission);
    Answer::of(request.send().await.expect("an answer")).await
}

async fn submit_form(client: &Client, key: &str, file: &File) -> Answer {
    let form = form(&a_submission(), std::slice::from_ref(file));
    let request = client
        .request("POST", &client.path("tickets"))
        .header("Idempotency-Key", key)
        .multipart(form);
    Answer::of(request.send().await.expect("an answer")).await
}

on_both_databases! {
    async fn fifty_parallel_submissions_with_one_key_are_one_ticket(database: Database) {
        let service = Service::start(database).await;
        let (client, key, submission) = (service.client(), new_key(), a_submission());
        let answers = join_all((0..50).map(|_| submit(&client, &key, &submission))).await;

        let first = answers[0].text.clone();
        assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
        assert!(answers.iter().all(|answer| answer.text == first), "{answers:?}");
        let replayed = answers.iter().filter(|answer| answer.header(REPLAYED) == Some("true"));
        assert_eq!(replayed.count(), 49);
        assert_eq!(service.tickets().len(), 1);
    }

    async fn the_same_key_with_another_body_is_refused(database: Database) {
        let service = Service::start(database).await;
        let (client, key) = (service.client(), new_key());
        let reference = submit(&client, &key, &a_submission()).await.reference();
        let other = a_submission_with(json!({ "summary": "Something else" }));
        submit(&client, &key, &other).await.problem(422, "idempotency-key-reused");
        assert_eq!(service.ticket(&reference)["summary"], a_submission()["summary"]);
        assert_eq!(service.tickets().len(), 1);
    }

    async fn a_repeated_form_with_the_same_file_is_one_ticket(database: Database) {
        let service = Service::start(database).await;
        let (client, key) = (service.client(), new_key());
        let file = File::binary("dump.bin", 100_000, 1);
        let first = submit_form(&client, &key, &file).await;
        let again = submit_form(&client, &key, &file).await;
        assert_eq!(first.reference(), again.reference());
        assert_eq!(again.header(REPLAYED), Some("true"));
        let other = File::binary("dump.bin", 100_000, 2);
        submit_form(&client, &key, &other).await.problem(422, "idempotency-key-reused");
        assert_eq!(service.tickets().len(), 1);
    }

    async fn a_refused_submission_does_not_use_its_key_up(database: Database) {
        let service = Service::start(database).await;
        let (client, key) = (service.client(), new_key());
        let wrong = a_submission_with(json!({ "email": "nobody" }));
        submit(&client, &key, &wrong).await.problem(422, "invalid-submission");
        submit(&client, &key, &a_submission()).await.reference();
    }

    async fn a_key_outlives_a_restart(database: Database) {
        let mut service = Service::start(database).await;
        let (client, key) = (service.client(), new_key());
        let first = submit(&client, &key, &a_submission()).await;
        service.kill();
        service.start_again().await;
        let again = submit(&client, &key, &a_submission()).await;
        assert_eq!(again.text, first.text);
        assert_eq!(again.header(REPLAYED), Some("true"));
    }
}

#[tokio::test]
async fn keys_of_two_sites_have_nothing_to_do_with_each_other() {
    let second = "[[sites]]\nkey = \"second\"\nname = \"Second\"\nallowed_origins = [\"self\"]";
    let service = Service::start_with(Setup::new(Database::Sqlite).section(second)).await;
    let key = new_key();
    let here = submit(&service.client(), &key, &a_submission()).await;
    let there = submit(&service.client().at_site("second"), &key, &a_submission()).await;
    assert_ne!(here.reference(), there.reference());
    assert_eq!(there.header(REPLAYED), None);
}

#[tokio::test]
async fn without_a_key_every_submission_is_a_ticket() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let send = async || {
        let request = client
            .request("POST", &client.path("tickets"))
            .json(&a_submission());
        Answer::of(request.send().await.expect("an answer"))
            .await
            .reference()
    };
    assert_ne!(send().await, send().await);
}

#[tokio::test]
async fn a_key_that_cannot_be_one_is_malformed() {
    let service = Service::start(Database::Sqlite).await;
    let long = "k".repeat(256);
    for key in ["", long.as_str()] {
        let answer = submit(&service.client(), key, &a_submission()).await;
        answer.problem(400, "malformed-request");
    }
}
