//! People for whom a product vouches. What is not believed is in `identity_forgeries`.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, a_submission, a_submission_with, form, new_key},
    on_both_databases,
    product::Product,
    service::{SITE, Setup},
};
use serde_json::{Value, json};

/// Sends a submission with a token.
pub async fn submit_as(client: &Client, token: &str, submission: &Value) -> Answer {
    let request = client.submission(&new_key(), submission);
    let request = request.header("Identity-Token", token);
    Answer::of(request.send().await.expect("an answer")).await
}

/// A submission that does not say where the answer goes.
pub fn without_address() -> Value {
    let mut submission = a_submission();
    submission
        .as_object_mut()
        .expect("an object")
        .remove("email");
    submission
}

async fn who(client: &Client, token: &str) -> Answer {
    let request = client.request("POST", &client.path("identity"));
    let request = request.header("Identity-Token", token);
    Answer::of(request.send().await.expect("an answer")).await
}

on_both_databases! {
    async fn a_person_whom_the_product_vouches_for_is_not_asked_for_an_address(database: Database) {
        let product = Product::new(SITE);
        let service = Service::start_with(Setup::new(database).site_setting(&product.settings())).await;
        let client = service.client();
        let mut claims = product.claims();
        claims["plan"] = json!("gold");
        for token in [product.token_of(&claims), product.ed_token_of(&claims)] {
            let person = who(&client, &token).await;
            assert_eq!((person.status.as_u16(), person.header("cache-control")), (200, Some("no-store")));
            assert_eq!(person.json()["name"], "Mara Lind");
            let reference = submit_as(&client, &token, &without_address()).await.reference();
            let ticket = service.ticket(&reference);
            assert_eq!((&ticket["verified"], &ticket["email"]), (&json!(true), &json!("mara@customer.example")));
            assert_eq!(ticket["requester"], json!({ "sub": "u-42", "name": "Mara Lind" }));
            assert_eq!(ticket["plan"], "gold");
        }
        let form = client.request("POST", &client.path("tickets")).multipart(form(&without_address(), &[]));
        let answer = Answer::of(form.header("Identity-Token", product.token()).send().await.expect("an answer")).await;
        assert_eq!(service.ticket(&answer.reference())["verified"], true);
        assert!(service.command(&["ticket", "show", &answer.reference()]).contains("verified    Mara Lind (u-42)"));
    }

    async fn nobody_is_verified_without_a_token(database: Database) {
        let product = Product::new(SITE);
        let service = Service::start_with(Setup::new(database).site_setting(&product.settings())).await;
        let submission = a_submission_with(json!({ "email": "mara@customer.example" }));
        let reference = service.client().submit(&submission).await.reference();
        let ticket = service.ticket(&reference);
        assert_eq!((&ticket["verified"], &ticket["requester"]), (&json!(false), &Value::Null));
    }

    async fn the_same_submission_with_a_fresh_token_is_the_same(database: Database) {
        let product = Product::new(SITE);
        let service = Service::start_with(Setup::new(database).site_setting(&product.settings())).await;
        let (client, key) = (service.client(), new_key());
        let send = async |token: String| {
            let request = client.submission(&key, &without_address()).header("Identity-Token", token);
            Answer::of(request.send().await.expect("an answer")).await.reference()
        };
        let mut later = product.claims();
        later["exp"] = json!(later["exp"].as_u64().expect("a number") + 60);
        assert_eq!(send(product.token()).await, send(product.token_of(&later)).await);
        assert_eq!(service.tickets().len(), 1);
    }

    async fn a_site_may_take_requests_of_its_people_only(database: Database) {
        let product = Product::new(SITE);
        let settings = format!("{}\nidentity_required = true", product.settings());
        let service = Service::start_with(Setup::new(database).site_setting(&settings)).await;
        let client = service.client();
        client.submit(&a_submission()).await.problem(401, "identity-required");
        client.submit_form(&a_submission(), &[]).await.problem(401, "identity-required");
        submit_as(&client, "forged", &a_submission()).await.problem(401, "identity-refused");
        let page = client.request("POST", &format!("/help/{SITE}")).multipart(form(&a_submission(), &[]));
        let page = Answer::of(page.send().await.expect("an answer")).await;
        assert_eq!(page.status, 401);
        assert!(page.text.contains("signed in to Acme") && page.text.contains("The invoice shows the wrong total"));
        assert!(service.tickets().is_empty());
        submit_as(&client, &product.token(), &without_address()).await.reference();
        assert_eq!(service.tickets().len(), 1);
    }

    async fn a_person_who_is_known_shares_no_limit_with_others_of_the_network(database: Database) {
        let product = Product::new(SITE);
        let setup = Setup::new(database).site_setting(&product.settings());
        let setup = setup.limited("submissions_per_address = 2\nproof_of_work = \"always\"\nleast_fill_ms = 600000");
        let service = Service::start_with(setup).await;
        let client = service.client();
        let skip = |request: reqwest::RequestBuilder| request.header("Proof-Of-Work", "none").send();
        for _ in 0..2 {
            let answer = skip(client.submission(&new_key(), &a_submission())).await.expect("an answer");
            assert_eq!(answer.status(), 201);
        }
        let refused = skip(client.submission(&new_key(), &a_submission())).await.expect("an answer");
        assert_eq!(refused.status(), 429);
        // Neither counted with them nor asked for work, nor held; but with a limit of their own.
        for _ in 0..2 {
            submit_as(&client, &product.token(), &without_address()).await.reference();
        }
        submit_as(&client, &product.token(), &without_address()).await.problem(429, "too-many-requests");
        let mut other = product.claims();
        other["sub"] = json!("u-43");
        submit_as(&client, &product.token_of(&other), &without_address()).await.reference();
        assert_eq!(service.tickets().len(), 3);
    }
}

#[tokio::test]
async fn who_asks_without_end_who_somebody_is_is_put_off_and_can_still_send() {
    let product = Product::new(SITE);
    let setup = Setup::new(Database::Sqlite).site_setting(&product.settings());
    let service = Service::start_with(setup.limited("identities_per_address = 4")).await;
    let client = service.client();
    for _ in 0..2 {
        assert_eq!(who(&client, &product.token()).await.status, 200);
    }
    // A minute may end between them; two do not.
    for _ in 0..6 {
        who(&client, "forged").await;
    }
    let refused = who(&client, &product.token()).await;
    assert!(refused.header("retry-after").is_some());
    refused.problem(429, "too-many-requests");
    submit_as(&client, &product.token(), &without_address())
        .await
        .reference();
    assert_eq!(service.tickets().len(), 1);
}

#[tokio::test]
async fn a_secret_that_was_changed_counts_at_once() {
    let product = Product::new(SITE);
    let setup = Setup::new(Database::Sqlite).site_setting(&product.settings());
    let service = Service::start_with(setup).await;
    let client = service.client();
    let old = product.token();
    assert_eq!(who(&client, &old).await.status, 200);
    product.write_secret("another secret of the same product");
    who(&client, &old).await.problem(401, "identity-refused");
    // While it cannot be read nobody is told that the token is wrong.
    std::fs::remove_file(product.secret_file()).expect("it was there");
    who(&client, &old).await.problem(503, "too-busy");
    assert!(
        service
            .log()
            .contains("the keys of the site cannot be read")
    );
}

#[test]
fn a_key_that_cannot_be_used_is_said_before_the_start() {
    let product = Product::new(SITE);
    let setup = Setup::new(Database::Sqlite).site_setting(&product.settings());
    let service = Service::prepare(&setup);
    assert!(
        service
            .try_command(&["config", "check"], "")
            .status
            .success()
    );
    product.write_secret("short canary");
    let output = service.try_command(&["config", "check"], "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("2026-10") && said.contains("at least 32"),
        "{said}"
    );
    assert!(!said.contains("canary"), "{said}");
    assert!(!service.try_command(&["serve"], "").status.success());
}

#[tokio::test]
async fn a_site_is_added_with_its_keys() {
    let product = Product::new("second");
    let service = Service::start(Database::Sqlite).await;
    let key = format!("2026-10,secret_file={}", product.secret_file());
    let add = [
        "site",
        "add",
        "second",
        "--name",
        "Second",
        "--identity",
        &key,
        "--identity-required",
    ];
    service.command(&add);
    let client = service.client().at_site("second");
    cornerdesk_tests::eventually(std::time::Duration::from_secs(10), "the site", async || {
        (who(&client, &product.token()).await.status == 200).then_some(())
    })
    .await;
    client
        .submit(&a_submission())
        .await
        .problem(401, "identity-required");
    let missing = [
        "site",
        "add",
        "third",
        "--name",
        "Third",
        "--identity",
        "a,secret_file=/nowhere",
    ];
    assert!(!service.try_command(&missing, "").status.success());
}
