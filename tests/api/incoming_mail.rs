//! Answers that a provider posts.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission, new_key},
    on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
use serde_json::{Value, json};

const PASSWORD: &str = "0123456789abcdef0123456789abcdef";
const KEY: &str = "key-of-mailgun";

async fn service(database: Database, sink: &SmtpSink) -> Service {
    let settings = format!(
        "reply_address = \"reply@acme.example\"\nincoming.webhook_password = \"{PASSWORD}\"\nincoming.mailgun_signing_key = \"{KEY}\"\n"
    );
    let setup = Setup::new(database).mail_to(sink).mail_setting(&settings);
    Service::start_with(setup).await
}

/// A ticket, and the address to which its requester answers.
async fn ticket(service: &Service, sink: &SmtpSink) -> (String, String) {
    let reference = service.client().submit(&a_submission()).await.reference();
    let mail = sink.messages(1).await.remove(0).mail();
    let address = mail.header("reply-to").split(['<', '>']).nth(1);
    (reference, address.expect("an address").to_owned())
}

fn mail(to: &str, text: &str) -> String {
    format!(
        "From: ada@customer.example\r\nTo: {to}\r\nMessage-ID: <{}@customer.example>\r\nSubject: x\r\n\r\n{text}\r\n",
        new_key()
    )
}

fn texts(service: &Service, reference: &str) -> Vec<String> {
    let ticket = service.ticket(reference);
    let messages = ticket["messages"].as_array().expect("a list").iter();
    let text = |message: &Value| message["text"].as_str().expect("a text").to_owned();
    messages.map(text).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the service looks at the true time"
)]
fn now_second() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn signed(timestamp: &str, key: &str) -> [(&'static str, String); 3] {
    let token = "t".repeat(50);
    let hmac_key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let tag = hmac::sign(&hmac_key, format!("{timestamp}{token}").as_bytes());
    let signature = tag.as_ref().iter().map(|octet| format!("{octet:02x}"));
    [
        ("timestamp", timestamp.to_owned()),
        ("signature", signature.collect()),
        ("token", token),
    ]
}

on_both_databases! {
    async fn what_a_provider_posts_is_on_the_ticket(database: Database) {
        let sink = SmtpSink::start().await;
        let service = service(database, &sink).await;
        let (reference, address) = ticket(&service, &sink).await;
        let post = |path: &str| service.client().request("POST", path);
        let postmark = json!({ "RawEmail": mail(&address, "by Postmark"), "OriginalRecipient": address });
        let request = post("/v1/mail/postmark").basic_auth("cornerdesk", Some(PASSWORD)).json(&postmark);
        let answer = Answer::to(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json(), json!({ "taken": true }));

        let form = reqwest::multipart::Form::new()
            .text("email", mail(&address, "by SendGrid"))
            .text("envelope", json!({ "to": ["x@y.example", address], "from": "ada@customer.example" }).to_string());
        let request = post("/v1/mail/sendgrid").basic_auth("cornerdesk", Some(PASSWORD)).multipart(form);
        assert_eq!(Answer::to(request).await.json(), json!({ "taken": true }));

        let now = now_second().to_string();
        let mut form = reqwest::multipart::Form::new();
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in signed(&now, KEY) {
            form = form.text(name, value.clone());
            pairs.append_pair(name, &value);
        }
        let form = form.text("recipient", address.clone()).text("sender", "ada@customer.example").text("body-mime", mail(&address, "by Mailgun"));
        assert_eq!(Answer::to(post("/v1/mail/mailgun/mime").multipart(form)).await.json(), json!({ "taken": true }));
        pairs.append_pair("recipient", &address).append_pair("body-mime", &mail(&address, "by Mailgun, plainly"));
        let request = post("/v1/mail/mailgun/mime").header("Content-Type", "application/x-www-form-urlencoded");
        assert_eq!(Answer::to(request.body(pairs.finish())).await.json(), json!({ "taken": true }));
        let expected = ["by Postmark", "by SendGrid", "by Mailgun", "by Mailgun, plainly"];
        assert_eq!(texts(&service, &reference), expected);

        // Forged: the provider need not come again, and nothing is written.
        let forged = address.replace('-', "-a");
        let postmark = json!({ "RawEmail": mail(&address, "forged"), "OriginalRecipient": forged });
        let request = post("/v1/mail/postmark").basic_auth("cornerdesk", Some(PASSWORD)).json(&postmark);
        assert_eq!(Answer::to(request).await.json(), json!({ "taken": false }));
        assert_eq!(texts(&service, &reference).len(), 4);
        let metrics = service.client().get("/metrics").await.text().await.expect("metrics");
        for (outcome, count) in [("answer", 4), ("refused", 1)] {
            let line = format!("cornerdesk_incoming_mails_total{{outcome=\"{outcome}\"}} {count}\n");
            assert!(metrics.contains(&line), "{line}{metrics}");
        }
    }

    async fn what_a_provider_posts_for_sites_is_a_ticket_of_each(database: Database) {
        let sink = SmtpSink::start().await;
        let settings = format!("incoming.webhook_password = \"{PASSWORD}\"\nincoming.mailgun_signing_key = \"{KEY}\"\n");
        let setup = Setup::new(database).mail_to(&sink).mail_setting(&settings).site_setting("mail_addresses = [\"help@acme.example\"]\n");
        let setup = setup.section("[[sites]]\nkey = \"other\"\nname = \"Other\"\nmail_addresses = [\"other@acme.example\"]\n");
        let service = Service::start_with(setup).await;
        let post = |path: &str| service.client().request("POST", path);
        let by_postmark = mail("help@acme.example", "by Postmark");
        for _ in 0..2 {
            let postmark = json!({ "RawEmail": by_postmark, "OriginalRecipient": "help@acme.example" });
            let request = post("/v1/mail/postmark").basic_auth("cornerdesk", Some(PASSWORD)).json(&postmark);
            assert_eq!(Answer::to(request).await.json(), json!({ "taken": true }));
        }
        assert_eq!(service.tickets().len(), 1);
        let to = json!({ "to": ["x@y.example", "other@acme.example", "help@acme.example"], "from": "ada@customer.example" });
        let form = reqwest::multipart::Form::new()
            .text("email", mail("help@acme.example, other@acme.example", "by SendGrid"))
            .text("envelope", to.to_string());
        let request = post("/v1/mail/sendgrid").basic_auth("cornerdesk", Some(PASSWORD)).multipart(form);
        assert_eq!(Answer::to(request).await.json(), json!({ "taken": true }));
        let mut form = reqwest::multipart::Form::new().text("recipient", "Help@acme.example").text("body-mime", mail("help@acme.example", "by Mailgun"));
        for (name, value) in signed(&now_second().to_string(), KEY) {
            form = form.text(name, value);
        }
        assert_eq!(Answer::to(post("/v1/mail/mailgun/mime").multipart(form)).await.json(), json!({ "taken": true }));
        let tickets = service.tickets();
        let of_other = tickets.iter().filter(|ticket| ticket["site"] == "other").count();
        assert_eq!((tickets.len(), of_other), (4, 1), "{tickets:#?}");
        // A program's mail makes none, and the provider need not come again.
        let automatic = format!("Auto-Submitted: auto-replied\r\n{}", mail("help@acme.example", "away"));
        let postmark = json!({ "RawEmail": automatic, "OriginalRecipient": "help@acme.example" });
        let request = post("/v1/mail/postmark").basic_auth("cornerdesk", Some(PASSWORD)).json(&postmark);
        assert_eq!(Answer::to(request).await.json(), json!({ "taken": false }));
        assert_eq!(service.tickets().len(), 4);
    }

    async fn whoever_else_posts_is_refused(database: Database) {
        let sink = SmtpSink::start().await;
        let service = service(database, &sink).await;
        let (reference, address) = ticket(&service, &sink).await;
        let post = |path: &str| service.client().request("POST", path);
        let postmark = json!({ "RawEmail": mail(&address, "x") });
        for password in ["", "x", &PASSWORD[1..], &format!("{PASSWORD}0")] {
            for path in ["/v1/mail/postmark", "/v1/mail/sendgrid"] {
                let answer = Answer::to(post(path).basic_auth("cornerdesk", Some(password)).json(&postmark)).await;
                answer.problem(401, "identity-refused");
            }
        }
        let packed = STANDARD.encode(PASSWORD);
        for value in [format!("Bearer {PASSWORD}"), format!("Basic {packed}"), "Basic".to_owned()] {
            Answer::to(post("/v1/mail/postmark").header("Authorization", value).json(&postmark)).await.problem(401, "identity-refused");
        }
        let now = now_second();
        for (timestamp, key) in [(now.to_string(), "other"), ((now - 100_000).to_string(), KEY), (String::new(), KEY)] {
            let mut form = reqwest::multipart::Form::new().text("recipient", address.clone()).text("body-mime", mail(&address, "x"));
            for (name, value) in signed(&timestamp, key) {
                form = form.text(name, value);
            }
            Answer::to(post("/v1/mail/mailgun/mime").multipart(form)).await.problem(401, "identity-refused");
        }
        for (path, body) in [("/v1/mail/postmark", "{}"), ("/v1/mail/postmark", "x"), ("/v1/mail/sendgrid", "x")] {
            let request = post(path).basic_auth("cornerdesk", Some(PASSWORD)).body(body);
            Answer::to(request).await.problem(400, "malformed-request");
        }
        assert!(texts(&service, &reference).is_empty());
    }
}

#[tokio::test]
async fn without_a_password_or_a_key_nobody_posts() {
    let sink = SmtpSink::start().await;
    let setup = Setup::new(Database::Sqlite).mail_to(&sink);
    let service = Service::start_with(setup).await;
    let post = |path: &str| service.client().request("POST", path);
    for path in ["/v1/mail/postmark", "/v1/mail/sendgrid"] {
        let request = post(path).basic_auth("cornerdesk", Some(""));
        Answer::to(request.json(&json!({})))
            .await
            .problem(401, "identity-refused");
    }
    let now = now_second().to_string();
    let mut form = reqwest::multipart::Form::new();
    for (name, value) in signed(&now, "x") {
        form = form.text(name, value);
    }
    Answer::to(post("/v1/mail/mailgun/mime").multipart(form))
        .await
        .problem(401, "identity-refused");
}
