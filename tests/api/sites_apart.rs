//! Two sites of one installation, and everything that can be asked (S9): each operation is asked at one site with what belongs to the
//! other, and nothing of the other comes back, in no answer, mail, log or key of an object.
//!
//! What can be asked is read from `/openapi.json` and from the files that make the routers: an operation that is not in the matrix fails.

pub mod matrix;
mod routes;
mod tenant;

use std::collections::BTreeSet;

use cornerdesk_tests::{
    Database, Service, altcha,
    client::{Answer, Client, a_submission_with, new_key},
    object_store::Bucket,
    on_both_databases,
    service::{SITE, Setup, Staff},
    smtp::SmtpSink,
};
use serde_json::json;

use matrix::{DESK, PAGES, PUBLIC, ask};
use routes::{described, routed};
use tenant::Tenant;

/// Only for links in mails; nothing is asked there.
const PUBLIC_URL: &str = "https://help.acme.example";
const OTHER_SITE: &str = "second";

/// Nothing of `of` is in what somebody got at another site.
fn assert_tells_nothing(operation: &str, answer: &Answer, of: &Tenant) {
    let everything = format!("{answer:?}");
    // What was asked for by name may stand in the way to the sign-in.
    let asked_for = operation.contains(" /desk");
    let secrets = [of.canary, &of.token, &of.reference, &of.attachment];
    for secret in &secrets[..if asked_for { 2 } else { 4 }] {
        assert!(
            !everything.contains(*secret),
            "{operation} tells {secret}: {everything}"
        );
    }
}

async fn two_sites(database: Database, bucket: &Bucket, sink: &SmtpSink) -> (Service, [Tenant; 2]) {
    let ours = [
        (SITE, "zilpzalp", "https://zilpzalp.example"),
        (OTHER_SITE, "buchfink", "https://buchfink.example"),
    ];
    let second = format!(
        "[[sites]]\nkey = \"{OTHER_SITE}\"\nname = \"The buchfink\"\naccent = \"#123456\"\nallowed_origins = [\"{}\"]\nacknowledge = \"confirm-first\"",
        ours[1].2
    );
    let setup = Setup::new(database)
        .mail_to(sink)
        .reached_at(PUBLIC_URL)
        .allow_only(ours[0].2)
        .section(&bucket.storage())
        .section(&second)
        .log_level("trace");
    let service = Service::start_with(setup).await;
    let mut tenants = Vec::new();
    for site in ours {
        tenants.push(Tenant::settle(&service, sink, site).await);
    }
    let tenants = tenants
        .try_into()
        .unwrap_or_else(|_| unreachable!("there are two"));
    (service, tenants)
}

/// Staff may see all tickets, but a file only with its own ticket.
async fn assert_files_stay_with_their_ticket(staff: &Staff, [first, second]: &[Tenant; 2]) {
    for (ticket, file) in [(first, second), (second, first)] {
        for what in ["", "/preview", "/unblock"] {
            let path = format!(
                "/desk/tickets/{}/attachments/{}{what}",
                ticket.reference, file.attachment
            );
            let method = if what == "/unblock" { "POST" } else { "GET" };
            let answer = Answer::to(staff.request(method, &path)).await;
            assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
            assert!(!format!("{answer:?}").contains(file.canary));
        }
    }
}

on_both_databases! {
    async fn nothing_of_one_site_comes_out_at_another(database: Database) {
        let (bucket, sink) = (Bucket::new().await, SmtpSink::start().await);
        let (service, tenants) = two_sites(database, &bucket, &sink).await;
        let mut operations = described(&service.client()).await;
        assert!(operations.len() >= 11, "{operations:?}");
        operations.extend([&PUBLIC[..], DESK, PAGES].concat().into_iter().map(str::to_owned));
        let listed: BTreeSet<_> = operations.iter().filter_map(|operation| operation.split_once(' ')).map(|(_, path)| path.to_owned()).collect();
        assert_eq!(routed(), listed, "a route is not in the matrix, or no more in a router");

        let [first, second] = &tenants;
        for operation in &operations {
            for (at, of) in [(first, second), (second, first)] {
                for answer in ask(operation, at, of).await {
                    assert_tells_nothing(operation, &answer, of);
                }
            }
        }
        // What was asked in vain changed nothing.
        for tenant in &tenants {
            assert!(!service.ticket(&tenant.reference)["timeline"].to_string().contains("disowned"));
            assert_eq!(tenant.client.submit(&tenant.submission_with(&[&tenant.complete])).await.status, 201);
        }
        assert!(service.ticket(&second.reference)["timeline"].to_string().contains("held"));
        assert_files_stay_with_their_ticket(&service.sign_in_staff().await, &tenants).await;

        for mail in sink.messages(4).await {
            let (own, other) = if mail.recipients[0].contains(first.canary) { (first, second) } else { (second, first) };
            assert!(mail.recipients.iter().all(|recipient| recipient.contains(own.canary)), "{:?}", mail.recipients);
            let text = String::from_utf8_lossy(&mail.raw).into_owned() + &mail.mail().everything();
            for secret in [other.canary, &other.reference, &other.token] {
                assert!(!text.contains(secret), "a mail tells {secret}: {text}");
            }
        }
        let log = service.log();
        for canary in tenants.each_ref().map(|tenant| tenant.canary) {
            let told: Vec<_> = log.lines().filter(|line| line.contains(canary)).collect();
            assert!(told.is_empty(), "{told:#?}");
            for key in bucket.objects().await.keys() {
                assert!(!key.contains(canary), "{key}");
            }
        }
    }

    async fn work_for_one_site_is_none_for_another(database: Database) {
        let second = format!("[[sites]]\nkey = \"{OTHER_SITE}\"\nname = \"Second\"\nallowed_origins = [\"self\"]");
        let setup = Setup::new(database).section(&second).limited("least_fill_ms = 0\nproof_of_work = \"always\"");
        let service = Service::start_with(setup).await;
        let (here, there) = (service.client(), service.client().at_site(OTHER_SITE));
        let challenge = here.get(&here.path("challenge")).await.json().await.expect("a challenge");
        let proof = altcha::solve(&challenge);
        let send = async |client: &Client| Answer::to(client.submission(&new_key(), &a_submission_with(json!({}))).header("Proof-Of-Work", &proof)).await;
        send(&there).await.problem(428, "proof-of-work-required");
        send(&here).await.reference();
    }
}
