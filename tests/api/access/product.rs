//! The product: it asks with its key, and hears of what happened.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::Answer,
    eventually, on_both_databases,
    receiver::{Receiver, Webhook},
    smtp::SmtpSink,
};
use serde_json::{Value, json};

use super::{Place, REQUESTER, setup};
use crate::status::path_of;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A product that hears of access, the first time in vain.
async fn with_webhook(database: Database) -> (Receiver, Place) {
    let (receiver, sink) = (Receiver::start(1).await, SmtpSink::start().await);
    let folder = cornerdesk_tests::scratch::folder("webhook");
    std::fs::write(folder.join("secret"), SECRET).expect("a file");
    let more = format!(
        "webhook_url = \"{}\"\nwebhook_secret_file = {:?}\n[outbound]\nprivate_networks = [\"127.0.0.0/8\"]",
        receiver.url(),
        folder.join("secret").display().to_string()
    );
    let service = Service::start_with(setup(database, &sink).section(&more)).await;
    (receiver, Place::on(service, sink).await)
}

/// The signature of a webhook, worked out by a program that knows nothing of ours.
fn signature(secret: &str, webhook: &Webhook) -> String {
    const SIGN: &str = "import base64, hashlib, hmac, sys
key = base64.b64decode(sys.argv[1].removeprefix('whsec_'))
print('v1,' + base64.b64encode(hmac.new(key, sys.argv[2].encode(), hashlib.sha256).digest()).decode())";
    let signed = format!(
        "{}.{}.{}",
        webhook.header("webhook-id"),
        webhook.header("webhook-timestamp"),
        webhook.body
    );
    let output = std::process::Command::new("/usr/bin/python3")
        .args(["-c", SIGN, secret, &signed])
        .output()
        .expect("Python");
    String::from_utf8(output.stdout)
        .expect("text")
        .trim()
        .to_owned()
}

on_both_databases! {
    async fn only_the_product_asks(database: Database) {
        let place = Place::open(database).await;
        for key in ["", "wrong", REQUESTER] {
            let request = place.request("POST", "/v1/sites/acme/access/uses").bearer_auth(key).json(&place.question());
            Answer::of(request.send().await.expect("an answer")).await.problem(401, "identity-refused");
        }
        let request = place.request("POST", "/v1/sites/acme/access/uses").json(&place.question());
        Answer::of(request.send().await.expect("an answer")).await.problem(401, "identity-refused");
        assert!(place.kinds().is_empty());
    }

    async fn the_product_hears_of_what_happened_to_access(database: Database) {
        let (receiver, place) = with_webhook(database).await;
        let cookie = place.sign_in().await;
        place.grant(&cookie, "hour").await;
        place.enter(place.question()).await;
        place.revoke(&cookie).await;
        let webhooks = eventually(Duration::from_secs(30), "every webhook, one of them twice", async || {
            let webhooks = receiver.webhooks();
            (webhooks.len() == 4).then_some(webhooks)
        })
        .await;
        let mut ids = std::collections::BTreeMap::<_, Vec<_>>::new();
        for webhook in &webhooks {
            assert_eq!(webhook.header("webhook-signature"), signature(SECRET, webhook));
            let body: Value = serde_json::from_str(&webhook.body).expect("JSON");
            assert_eq!(body["data"]["reference"], json!(place.reference));
            assert!(!webhook.body.contains(REQUESTER), "{}", webhook.body);
            let kind = body["type"].as_str().expect("a type").to_owned();
            ids.entry(kind).or_default().push(webhook.header("webhook-id").to_owned());
        }
        assert_eq!(ids.keys().collect::<Vec<_>>(), ["access.granted", "access.revoked", "access.used"]);
        for ids in ids.values_mut() {
            ids.dedup();
            assert_eq!(ids.len(), 1, "a repeat has the same id: {ids:?}");
        }
    }

    async fn a_mailbox_that_did_not_send_the_request_ends_access_and_the_product_hears_of_it(database: Database) {
        let (receiver, place) = with_webhook(database).await;
        let cookie = place.sign_in().await;
        place.grant(&cookie, "week").await;
        let mails = place.sink.received().into_iter().map(|received| received.mail());
        let links: Vec<String> = mails.flat_map(|mail| mail.links()).collect();
        let link = links.iter().find(|link| link.contains("/not-me/")).expect("a link");
        assert_eq!(place.form(&path_of(link), "", &[]).await.status, 200);
        let problem = place.enter(place.question()).await.problem(403, "access-refused");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.starts_with("revoked:")), "{problem}");
        assert_eq!(place.kinds(), ["access_granted", "access_revoked", "access_refused"]);
        eventually(Duration::from_secs(30), "the product to hear of it", async || {
            receiver.webhooks().iter().any(|webhook| webhook.body.contains("access.revoked")).then_some(())
        })
        .await;
    }
}
