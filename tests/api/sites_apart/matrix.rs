//! Each operation, and what it must not tell of another site.

use cornerdesk_ingest::articles::id_of;
use cornerdesk_tests::{
    client::{Answer, new_key},
    product::Product,
};
use reqwest::RequestBuilder;
use serde_json::json;

use super::tenant::Tenant;

/// What is not of a site, or of all of them.
pub const PUBLIC: [&str; 10] = [
    "GET /desk/login/oidc",
    "GET /desk/login/oidc/callback",
    "GET /desk/login/code",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /openapi.json",
    "GET /favicon.ico",
    "GET /assets/{*path}",
    "GET /desk/login",
];
/// Pages for staff, who belong to the installation; nobody else gets anything.
pub const DESK: &[&str] = &[
    "GET /desk/events",
    "POST /desk/bulk",
    "POST /desk/bulk/undo",
    "POST /desk/tickets/{reference}/messages",
    "POST /desk/tickets/{reference}/draft",
    "POST /desk/tickets/{reference}/presence",
    "GET /desk/tickets/{reference}/events",
    "POST /desk/tickets/{reference}/assign",
    "POST /desk/tickets/{reference}/tags",
    "POST /desk/tickets/{reference}/untag",
    "POST /desk/tickets/{reference}/snooze",
    "POST /desk/tickets/{reference}/wake",
    "POST /desk/tickets/{reference}/merge",
    "POST /desk/tickets/{reference}/link",
    "POST /desk/tickets/{reference}/unlink",
    "GET /desk/tickets/{reference}/canned",
    "GET /desk/canned",
    "POST /desk/canned",
    "POST /desk/canned/delete",
    "GET /desk/reports",
    "GET /desk/reports.csv",
    "GET /desk/reports.json",
    "GET /desk/reports/tickets.csv",
    "GET /desk/search",
    "GET /desk/mentions",
    "GET /desk/tickets/{reference}/colleagues",
    "POST /desk/views",
    "POST /desk/views/{id}",
    "POST /desk/views/{id}/delete",
    "GET /desk/people",
    "POST /desk/people",
    "POST /desk/people/codes",
    "GET /desk/people/{id}",
    "POST /desk/people/{id}",
    "GET /desk/audit",
    "GET /desk/audit.csv",
    "GET /desk/audit.json",
    "GET /desk/invitation/{token}",
    "GET /desk/destinations",
    "GET /desk/destinations/{name}",
    "POST /desk/destinations/{name}",
    "GET /desk/privacy",
    "POST /desk/privacy",
    "POST /desk/privacy/export",
    "POST /desk/privacy/erase",
    "GET /desk/account",
    "POST /desk/account/sessions",
    "POST /desk/account/password",
    "POST /desk/account/mails",
    "GET /desk/account/codes",
    "POST /desk/account/codes",
    "POST /desk/account/codes/off",
    "POST /desk/login/code",
    "POST /desk/tickets/{reference}/status",
    "POST /desk/tickets/{reference}/found",
    "GET /desk/tickets/{reference}/split",
    "POST /desk/tickets/{reference}/split",
    "POST /desk/tickets/{reference}/suggestion",
    "POST /desk/tickets/{reference}/access/request",
    "POST /desk/tickets/{reference}/access/use",
    "GET /desk",
    "GET /desk/held",
    "GET /desk/unclassified",
    "GET /desk/tickets",
    "POST /desk/login",
    "POST /desk/logout",
    "GET /desk/tickets/{reference}",
    "POST /desk/tickets/{reference}/release",
    "POST /desk/tickets/{reference}/answered",
    "POST /desk/tickets/{reference}/classify",
    "GET /desk/tickets/{reference}/clock",
    "POST /desk/tickets/{reference}/pause",
    "POST /desk/tickets/{reference}/resume",
    "POST /desk/tickets/{reference}/attachments/{id}/unblock",
    "GET /desk/tickets/{reference}/attachments/{id}",
];
/// Pages that are not in `/openapi.json`.
pub const PAGES: &[&str] = &[
    "POST /t/{token}/answer",
    "POST /t/{token}/verdict",
    "POST /t/{token}/rating",
    "GET /t/{token}/files/{id}",
    "GET /find/{site}",
    "POST /find/{site}",
    "POST /desk/invitation/{token}",
    "POST /v1/mail/postmark",
    "POST /v1/mail/sendgrid",
    "POST /v1/mail/mailgun/mime",
    "POST /v1/destinations/{name}/events",
    "POST /v1/destinations/{name}/events/{token}",
    "POST /t/{token}/code",
    "POST /t/{token}/sign-in",
    "POST /t/{token}/access",
    "POST /t/{token}/revoke",
    "GET /w/{site}",
    "GET /w/{site}/words/{module}",
    "POST /w/{site}",
    "GET /help/{site}",
    "POST /help/{site}",
    "GET /widget.js",
    "GET /t/{token}",
    "GET /not-me/{site}/{token}",
    "POST /not-me/{site}/{token}",
    "GET /confirm/{site}/{token}",
    "POST /confirm/{site}/{token}",
    "GET /desk/tickets/{reference}/attachments/{id}/preview",
    "OPTIONS /v1/sites/{site}/uploads",
    "OPTIONS /v1/sites/{site}/uploads/{upload}",
];

/// Asks an operation at the site `at` with what belongs to the site `of`.
pub async fn ask(operation: &str, at: &Tenant, of: &Tenant) -> Vec<Answer> {
    let (method, path) = operation.split_once(' ').expect("a method and a path");
    let get = |path: String| Answer::to(at.client.request("GET", &path));
    let tus = |request: RequestBuilder| request.header("Tus-Resumable", "1.0.0");
    // As far as a page of the other site comes.
    let foreign = |request: RequestBuilder| {
        request
            .header("Origin", of.page)
            .header("Referer", format!("{}/", of.page))
    };
    match operation {
        "GET /v1/sites/{site}/settings"
        | "GET /v1/sites/{site}/challenge"
        | "GET /v1/sites/{site}/promise" => {
            let path = path.replace("{site}", at.site);
            let refused = Answer::to(foreign(at.client.request("GET", &path))).await;
            refused.problem(403, "origin-not-allowed");
            vec![get(path).await, refused]
        }
        // What a product of this very site can vouch for is in `identity_forgeries`, with its keys.
        "POST /v1/sites/{site}/identity" => {
            let token = Product::new(of.site).token();
            let request = || at.client.request("POST", &at.client.path("identity"));
            let unknown = Answer::to(request().header("Identity-Token", &token)).await;
            unknown.problem(401, "identity-refused");
            let refused = Answer::to(foreign(request().header("Identity-Token", token))).await;
            refused.problem(403, "origin-not-allowed");
            vec![unknown, refused]
        }
        "POST /v1/sites/{site}/articles/search" => {
            let path = at.client.path("articles/search");
            let about = |canary: &str| {
                let request = at.client.request("POST", &path);
                request.json(&json!({ "q": canary }))
            };
            let own = Answer::to(about(at.canary)).await;
            assert!(own.text.contains(at.canary), "{}", own.text);
            let refused = Answer::to(foreign(about(of.canary))).await;
            refused.problem(403, "origin-not-allowed");
            vec![own, Answer::to(about(of.canary)).await, refused]
        }
        "POST /v1/sites/{site}/articles/{article}/votes" => {
            let article = id_of(&format!("https://{}.example/article", of.canary));
            let path = at.client.path(&format!("articles/{article}/votes"));
            let request = at.client.request("POST", &path);
            let answer = Answer::to(request.json(&json!({ "verdict": "helped" }))).await;
            answer.problem(404, "not-found");
            vec![answer]
        }
        "POST /v1/sites/{site}/tickets" => submit(at, of).await,
        "POST /v1/sites/{site}/uploads" => {
            let made = Answer::to(at.client.announcement("own.txt", "text/plain", 10)).await;
            assert!(
                made.header("location")
                    .expect("a place")
                    .contains(&format!("/sites/{}/", at.site))
            );
            let refused =
                Answer::to(foreign(at.client.announcement("own.txt", "text/plain", 10))).await;
            refused.problem(403, "origin-not-allowed");
            vec![made, refused]
        }
        "HEAD /v1/sites/{site}/uploads/{upload}"
        | "DELETE /v1/sites/{site}/uploads/{upload}"
        | "PATCH /v1/sites/{site}/uploads/{upload}" => {
            let mut answers = Vec::new();
            for id in [&of.growing, &of.complete] {
                let before = of.offset(id).await;
                assert!(before.is_some(), "it is there for its site");
                let request = tus(at.client.request(method, &at.upload(id)));
                let request = match method {
                    "PATCH" => request
                        .header("Upload-Offset", before.as_deref().expect("an offset"))
                        .header("Content-Type", "application/offset+octet-stream")
                        .body("foreign"),
                    _ => request,
                };
                let answer = Answer::to(request).await;
                assert_eq!(answer.status, 404, "{operation}: {}", answer.text);
                assert_eq!(of.offset(id).await, before, "{operation} moved it");
                answers.push(answer);
            }
            answers
        }
        "OPTIONS /v1/sites/{site}/uploads" | "OPTIONS /v1/sites/{site}/uploads/{upload}" => {
            let path = path
                .replace("{site}", at.site)
                .replace("{upload}", &of.growing);
            vec![Answer::to(at.client.request("OPTIONS", &path)).await]
        }
        "GET /w/{site}" | "GET /help/{site}" | "GET /find/{site}" => {
            vec![get(path.replace("{site}", at.site)).await]
        }
        "GET /w/{site}/words/{module}" => {
            let path = path.replace("{site}", at.site);
            vec![get(path.replace("{module}", "departure")).await]
        }
        "POST /w/{site}" | "POST /help/{site}" => {
            let request = at.client.request("POST", &path.replace("{site}", at.site));
            let answer = Answer::to(request.multipart(at.form_with(&of.complete))).await;
            assert_eq!(answer.status, 422, "{}", answer.text);
            assert!(
                !answer.text.contains(&of.complete),
                "the page keeps an upload of another site"
            );
            vec![answer]
        }
        "GET /widget.js" => {
            let page = at
                .client
                .request("GET", "/widget.js")
                .header("Referer", format!("{}/", at.page));
            let answers = vec![
                get(format!("/widget.js?site={}", at.site)).await,
                Answer::to(page).await,
            ];
            assert!(
                answers
                    .iter()
                    .all(|answer| answer.status == 200 && answer.text.contains(at.site))
            );
            answers
        }
        "GET /not-me/{site}/{token}"
        | "POST /not-me/{site}/{token}"
        | "GET /confirm/{site}/{token}"
        | "POST /confirm/{site}/{token}" => {
            let path = path
                .replace("{site}", at.site)
                .replace("{token}", &of.token);
            let request = at.client.request(method, &path);
            let answer = Answer::to(match method {
                "POST" => request
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .body("answer=yes"),
                _ => request,
            })
            .await;
            assert_eq!(answer.status, 404, "{operation}: {}", answer.text);
            vec![answer]
        }
        // The address names no site: the token is for one ticket of one.
        "GET /t/{token}" => {
            let own = get(format!("/t/{}", at.status_token)).await;
            assert!(own.text.contains(at.canary), "{}", own.text);
            let symbols = of.reference.replace("CD-", "").replace('-', "");
            let mixed = get(format!("/t/{symbols}{}", &at.status_token[8..])).await;
            assert_eq!(mixed.status, 404, "{operation}: {}", mixed.text);
            vec![own, mixed]
        }
        "POST /t/{token}/code"
        | "POST /t/{token}/sign-in"
        | "POST /t/{token}/access"
        | "POST /t/{token}/revoke"
        | "POST /t/{token}/answer"
        | "POST /t/{token}/verdict"
        | "POST /t/{token}/rating"
        | "GET /t/{token}/files/{id}" => {
            let path = path.replace("{id}", &of.attachment);
            let symbols = of.reference.replace("CD-", "").replace('-', "");
            let token = format!("{symbols}{}", &at.status_token[8..]);
            let request = at.client.request(method, &path.replace("{token}", &token));
            let body = "verdict=solved&score=good&comment=x&sign_in=00000000-0000-4000-8000-000000000000&code=1&form_token=x&grant=00000000-0000-4000-8000-000000000000";
            let form = request.header("Content-Type", "application/x-www-form-urlencoded");
            let answer = Answer::to(form.body(body)).await;
            assert_eq!(answer.status, 404, "{operation}: {}", answer.text);
            vec![answer]
        }
        // What is found, a job of this very site finds.
        "POST /find/{site}" => {
            let request = at.client.request("POST", &path.replace("{site}", at.site));
            let form = request.header("Content-Type", "application/x-www-form-urlencoded");
            let typed = format!(
                "reference={}&email={}%40customer.example",
                of.reference, of.canary
            );
            let answer = Answer::to(form.body(typed)).await;
            assert_eq!(answer.status, 200, "{operation}: {}", answer.text);
            vec![answer]
        }
        // With the password or the signature of a provider: `incoming_mail`.
        "POST /v1/mail/postmark" | "POST /v1/mail/sendgrid" | "POST /v1/mail/mailgun/mime" => {
            let form = at.client.request("POST", path);
            let form = form.header("Content-Type", "application/x-www-form-urlencoded");
            let answer = Answer::to(form.body(format!("body-mime={}", of.reference))).await;
            answer.problem(401, "identity-refused");
            vec![answer]
        }
        // With the secret of a destination of the installation, of which there is none here: `jira`.
        "POST /v1/destinations/{name}/events" | "POST /v1/destinations/{name}/events/{token}" => {
            let request = at.client.request("POST", path);
            let answer =
                Answer::to(request.body(format!("{{\"issue\":{{\"id\":\"{}\"}}}}", of.canary)))
                    .await;
            answer.problem(401, "identity-refused");
            vec![answer]
        }
        // With the key of this very site: `access`.
        "POST /v1/sites/{site}/access/uses" => {
            let question =
                json!({ "reference": of.reference, "staff": "Grace", "purpose": "look" });
            let request = at.client.request("POST", &at.client.path("access/uses"));
            let answer = Answer::to(request.bearer_auth(of.canary).json(&question)).await;
            answer.problem(401, "identity-refused");
            vec![answer]
        }
        // With the token of this very site: `alerts`.
        "POST /v1/sites/{site}/alerts" => {
            let alarm = json!({ "key": of.canary, "summary": of.canary });
            let request = at.client.request("POST", &at.client.path("alerts"));
            let answer = Answer::to(request.bearer_auth(of.canary).json(&alarm)).await;
            answer.problem(401, "identity-refused");
            vec![answer]
        }
        "GET /assets/{*path}" => vec![get(format!("/assets/{}", of.complete)).await],
        public if PUBLIC.contains(&public) => vec![get(path.to_owned()).await],
        desk if desk.contains(" /desk") => {
            let path = path
                .replace("{reference}", &of.reference)
                .replace("{id}", &of.attachment);
            let answer = Answer::to(at.client.request(method, &path)).await;
            assert!(
                !answer.status.is_success(),
                "{operation}: {}",
                answer.status
            );
            vec![answer]
        }
        unlisted => panic!(
            "{unlisted} is not in the matrix: say here what it must not tell of another site"
        ),
    }
}

/// Uploads, keys and pages of the other site do not count here.
async fn submit(at: &Tenant, of: &Tenant) -> Vec<Answer> {
    let mut answers = Vec::new();
    for upload in [&of.complete, &of.growing] {
        let answer = at.client.submit(&at.submission_with(&[upload])).await;
        let problem = answer.problem(422, "invalid-submission");
        assert_eq!(
            problem["violations"],
            json!([{ "field": "upload_ids", "code": "unknown" }])
        );
        let request = at.client.request("POST", &at.client.path("tickets"));
        let as_form = Answer::to(request.multipart(at.form_with(upload))).await;
        as_form.problem(422, "invalid-submission");
        answers.extend([answer, as_form]);
    }
    // The same key, even for the same words, is another one at another site.
    let own = Answer::to(at.client.submission(&of.key, &at.submission_with(&[]))).await;
    assert_eq!(own.header("idempotency-replayed"), None);
    assert_ne!(own.reference(), of.reference);
    let request = at.client.submission(&new_key(), &at.submission_with(&[]));
    let refused = Answer::to(request.header("Origin", of.page)).await;
    refused.problem(403, "origin-not-allowed");
    answers.extend([own, refused]);
    answers
}
