//! Tokens that are not believed (S8): each forgery is one row, each is refused with the same words, and none makes a ticket.

mod algorithms;
mod damage;
mod keys;
mod said;

use std::collections::BTreeSet;

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, a_submission_with},
    on_both_databases,
    product::Product,
    service::{SITE, Setup},
};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::identity::{submit_as, without_address};

const OTHER_SITE: &str = "second";
/// In every token, and so never in the log.
const CANARY: &str = "canary8f2b";

/// How many are tried at once.
const IN_FLIGHT: usize = 16;

/// A name for the row, and the token.
type Forgery = (String, String);

fn claims(product: &Product) -> Value {
    let mut claims = product.claims();
    claims["sub"] = json!(CANARY);
    claims["email"] = json!(format!("{CANARY}@customer.example"));
    claims
}

/// The claims with one of them replaced.
fn with(product: &Product, name: &str, value: &Value) -> String {
    let mut claims = claims(product);
    claims[name] = value.clone();
    claims.to_string()
}

fn without(product: &Product, name: &str) -> String {
    let mut claims = claims(product);
    claims.as_object_mut().expect("an object").remove(name);
    claims.to_string()
}

fn hs(kid: &str) -> Value {
    json!({ "alg": "HS256", "typ": "JWT", "kid": kid })
}

/// Asks who a forgery vouches for, and submits with it.
async fn forge<'a>(client: &Client, (name, token): &'a Forgery) -> [(&'a str, Answer); 2] {
    let asked = client.request("POST", &client.path("identity"));
    let asked = asked.header("Identity-Token", token).send().await;
    let asked = Answer::of(asked.expect("an answer")).await;
    let sent = submit_as(client, token, &without_address()).await;
    [(name, asked), (name, sent)]
}

on_both_databases! {
    async fn no_forgery_is_believed_and_none_is_told_why(database: Database) {
        let (product, other) = (Product::new(SITE), Product::new(OTHER_SITE));
        let second = format!("[[sites]]\nkey = \"{OTHER_SITE}\"\nname = \"Second\"\n{}", other.settings());
        let setup = Setup::new(database).site_setting(&product.settings()).section(&second).log_level("trace");
        let service = Service::start_with(setup).await;
        let client = service.client();
        submit_as(&client, &product.token(), &without_address()).await.reference();
        let forgeries = [algorithms::of_algorithms(&product), keys::of_keys(&product, &other), said::of_claims(&product), damage::of_form(&product)].concat();
        let (mut believed, mut told) = (Vec::new(), BTreeSet::new());
        let tried = futures_util::stream::iter(&forgeries).map(|forgery| forge(&client, forgery)).buffer_unordered(IN_FLIGHT);
        for (name, answer) in tried.collect::<Vec<_>>().await.into_iter().flatten() {
            if answer.status != 401 {
                believed.push(format!("{name}: {}", answer.status));
                continue;
            }
            let mut problem = answer.problem(401, "identity-refused");
            problem["request_id"] = Value::Null;
            told.insert(problem.to_string());
        }
        assert!(believed.is_empty(), "of {}: {believed:#?}", forgeries.len());
        println!("{} forgeries refused", forgeries.len());
        assert!(forgeries.len() >= 30);
        assert_eq!(told.len(), 1, "a forger learns something: {told:?}");
        assert_eq!(service.tickets().len(), 1);
        let metrics = Answer::of(client.get("/metrics").await).await.text;
        let refused = format!("cornerdesk_identities_total{{outcome=\"refused\"}} {}", forgeries.len() * 2);
        assert!(metrics.contains(&refused), "{refused}\n{metrics}");
        let log = service.log();
        assert!(!log.contains(CANARY), "the log tells who it was");
        assert!(!forgeries.iter().any(|(_, token)| token.len() > 40 && log.contains(&token[..40])), "a token is in the log");
        assert!(!log.contains(&product.secret), "a secret is in the log");
    }

    async fn a_good_token_is_good_for_its_own_address_site_and_request_only(database: Database) {
        let product = Product::new(SITE);
        let service = Service::start_with(Setup::new(database).site_setting(&product.settings())).await;
        let client = service.client();
        let other = a_submission_with(json!({ "email": "ada@customer.example" }));
        submit_as(&client, &product.token(), &other).await.problem(401, "identity-refused");
        let twice = client.submission("a", &without_address()).header("Identity-Token", product.token()).header("Identity-Token", product.token());
        Answer::of(twice.send().await.expect("an answer")).await.problem(401, "identity-refused");
        service.command(&["site", "add", OTHER_SITE, "--name", "Second"]);
        let elsewhere = client.at_site(OTHER_SITE);
        cornerdesk_tests::eventually(std::time::Duration::from_secs(10), "the site", async || {
            let answer = submit_as(&elsewhere, &product.token(), &without_address()).await;
            (answer.status != 404).then(|| answer.problem(401, "identity-refused"))
        })
        .await;
        assert!(service.tickets().is_empty());
    }
}
