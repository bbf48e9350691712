//! Two sites of one installation, and everything that can be asked (S9): each operation is asked at one site with what belongs to the
//! other, and nothing of the other comes back, in no answer, mail, log or key of an object.
//!
//! What can be asked is read from `/openapi.json` and from the files that make the routers: an operation that is not in the matrix fails.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use cornerdesk_tests::{
    Database, Service, altcha,
    client::{Answer, Client, File, a_submission_with, form, new_key, upload_id},
    object_store::Bucket,
    on_both_databases,
    service::{SITE, Setup, Staff},
    smtp::SmtpSink,
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

/// Only for links in mails; nothing is asked there.
const PUBLIC_URL: &str = "https://help.acme.example";
const OTHER_SITE: &str = "second";

/// What belongs to one site. Its canary is in everything that it was given.
struct Tenant {
    site: &'static str,
    canary: &'static str,
    /// A page that may embed it.
    page: &'static str,
    client: Client,
    reference: String,
    key: String,
    submission: Value,
    /// Uploads that are there: one that grows, one that is complete.
    growing: String,
    complete: String,
    /// The attachment of its ticket.
    attachment: String,
    /// What the link in its mail is good for.
    token: String,
}

impl Tenant {
    async fn settle(
        service: &Service,
        sink: &SmtpSink,
        (site, canary, page): (&'static str, &'static str, &'static str),
    ) -> Self {
        let client = service.client().at_site(site);
        let email = format!("{canary}@{canary}.example");
        let file = |name: &str| File::text(&format!("{canary}-{name}.txt"), &canary.repeat(100));
        let growing = client.create_upload(&file("growing")).await;
        client.append(&growing, 0, canary.as_bytes()).await;
        let complete = client.upload(&file("complete")).await;
        let submission = a_submission_with(json!({
            "summary": format!("{canary} summary"), "description": format!("{canary} description"), "email": email,
            "category": canary, "plan": canary, "context": { "page_title": canary, "page_url": format!("https://{canary}.example/") },
            "upload_ids": [client.upload(&file("attached")).await],
        }));
        let key = new_key();
        let request = client.submission(&key, &submission);
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        let reference = answer.reference();
        let mail = sink.message_to(&email).await.mail();
        let links = mail.links();
        let path = links.iter().find_map(|link| link.strip_prefix(PUBLIC_URL));
        let path = path.expect("a link in the mail");
        let [_, of, token] = path
            .trim_start_matches('/')
            .splitn(3, '/')
            .collect::<Vec<_>>()[..]
        else {
            panic!("{path} is no link");
        };
        assert_eq!(of, site);
        let ticket = service.ticket_with_examined_files(&reference).await;
        let attachment = ticket["attachments"][0]["id"].as_str().expect("an id");
        Self {
            site,
            canary,
            page,
            attachment: attachment.to_owned(),
            token: token.to_owned(),
            growing: upload_id(&growing),
            client,
            reference,
            key,
            submission,
            complete,
        }
    }

    fn upload(&self, id: &str) -> String {
        self.client.path(&format!("uploads/{id}"))
    }

    /// A submission of this site that names uploads.
    fn submission_with(&self, uploads: &[&str]) -> Value {
        let mut submission = self.submission.clone();
        submission["upload_ids"] = json!(uploads);
        submission
    }

    /// Its fields as a form.
    fn form_with(&self, upload: &str) -> reqwest::multipart::Form {
        let fields = json!({ "summary": self.canary, "description": self.canary, "email": self.submission["email"], "upload_ids": upload });
        form(&fields, &[File::text("own.txt", self.canary)])
    }

    /// How far its upload is: nobody else moves it.
    async fn offset(&self, id: &str) -> Option<String> {
        let answer = self.client.about_upload("HEAD", &self.upload(id)).await;
        answer.header("upload-offset").map(str::to_owned)
    }
}

async fn answered(request: RequestBuilder) -> Answer {
    Answer::of(request.send().await.expect("an answer")).await
}

/// What is not of a site, or of all of them.
const PUBLIC: [&str; 7] = [
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /openapi.json",
    "GET /favicon.ico",
    "GET /assets/{*path}",
    "GET /desk/login",
];
/// Pages for staff, who belong to the installation; nobody else gets anything.
const DESK: [&str; 8] = [
    "GET /desk",
    "GET /desk/held",
    "POST /desk/login",
    "POST /desk/logout",
    "GET /desk/tickets/{reference}",
    "POST /desk/tickets/{reference}/release",
    "POST /desk/tickets/{reference}/attachments/{id}/unblock",
    "GET /desk/tickets/{reference}/attachments/{id}",
];
/// Pages that are not in `/openapi.json`.
const PAGES: [&str; 12] = [
    "GET /w/{site}",
    "POST /w/{site}",
    "GET /help/{site}",
    "POST /help/{site}",
    "GET /widget.js",
    "GET /not-me/{site}/{token}",
    "POST /not-me/{site}/{token}",
    "GET /confirm/{site}/{token}",
    "POST /confirm/{site}/{token}",
    "GET /desk/tickets/{reference}/attachments/{id}/preview",
    "OPTIONS /v1/sites/{site}/uploads",
    "OPTIONS /v1/sites/{site}/uploads/{upload}",
];

/// Asks an operation at the site `at` with what belongs to the site `of`.
async fn ask(operation: &str, at: &Tenant, of: &Tenant) -> Vec<Answer> {
    let (method, path) = operation.split_once(' ').expect("a method and a path");
    let get = |path: String| answered(at.client.request("GET", &path));
    let tus = |request: RequestBuilder| request.header("Tus-Resumable", "1.0.0");
    // As far as a page of the other site comes.
    let foreign = |request: RequestBuilder| {
        request
            .header("Origin", of.page)
            .header("Referer", format!("{}/", of.page))
    };
    match operation {
        "GET /v1/sites/{site}/settings" | "GET /v1/sites/{site}/challenge" => {
            let path = path.replace("{site}", at.site);
            let refused = answered(foreign(at.client.request("GET", &path))).await;
            refused.problem(403, "origin-not-allowed");
            vec![get(path).await, refused]
        }
        "POST /v1/sites/{site}/tickets" => submit(at, of).await,
        "POST /v1/sites/{site}/uploads" => {
            let made = answered(at.client.announcement("own.txt", "text/plain", 10)).await;
            assert!(
                made.header("location")
                    .expect("a place")
                    .contains(&format!("/sites/{}/", at.site))
            );
            let refused =
                answered(foreign(at.client.announcement("own.txt", "text/plain", 10))).await;
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
                let answer = answered(request).await;
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
            vec![answered(at.client.request("OPTIONS", &path)).await]
        }
        "GET /w/{site}" | "GET /help/{site}" => vec![get(path.replace("{site}", at.site)).await],
        "POST /w/{site}" | "POST /help/{site}" => {
            let request = at.client.request("POST", &path.replace("{site}", at.site));
            let answer = answered(request.multipart(at.form_with(&of.complete))).await;
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
                answered(page).await,
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
            let answer = answered(match method {
                "POST" => request
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .body("answer=yes"),
                _ => request,
            })
            .await;
            assert_eq!(answer.status, 404, "{operation}: {}", answer.text);
            vec![answer]
        }
        "GET /assets/{*path}" => vec![get(format!("/assets/{}", of.complete)).await],
        public if PUBLIC.contains(&public) => vec![get(path.to_owned()).await],
        desk if desk.contains(" /desk") => {
            let path = path
                .replace("{reference}", &of.reference)
                .replace("{id}", &of.attachment);
            let answer = answered(at.client.request(method, &path)).await;
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
        let as_form = answered(request.multipart(at.form_with(upload))).await;
        as_form.problem(422, "invalid-submission");
        answers.extend([answer, as_form]);
    }
    // The same key, even for the same words, is another one at another site.
    let own = answered(at.client.submission(&of.key, &at.submission_with(&[]))).await;
    assert_eq!(own.header("idempotency-replayed"), None);
    assert_ne!(own.reference(), of.reference);
    let request = at.client.submission(&new_key(), &at.submission_with(&[]));
    let refused = answered(request.header("Origin", of.page)).await;
    refused.problem(403, "origin-not-allowed");
    answers.extend([own, refused]);
    answers
}

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

/// What `/openapi.json` describes, as `GET /path`.
async fn described(client: &Client) -> BTreeSet<String> {
    let description: Value = client
        .get("/openapi.json")
        .await
        .json()
        .await
        .expect("JSON");
    let paths = description["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, operations)| {
        let methods = operations.as_object().expect("operations").keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    operations.collect()
}

/// Paths of the routers, from their files; those of the demonstration are not of a site.
fn routed() -> BTreeSet<String> {
    let source = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../ingest/src"));
    let mut paths = BTreeSet::new();
    collect_routes(&source, &mut paths);
    // The links in mails are written by their purpose.
    paths.extend(["/not-me/{site}/{token}", "/confirm/{site}/{token}"].map(str::to_owned));
    paths
}

fn collect_routes(folder: &Path, paths: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("demo") {
            collect_routes(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("demo.rs")
        {
            let text = fs::read_to_string(&path).expect("a source");
            let routes = text.split(".route(").skip(1);
            paths.extend(routes.filter_map(|rest| {
                Some(
                    rest.trim_start()
                        .strip_prefix('"')?
                        .split_once('"')?
                        .0
                        .to_owned(),
                )
            }));
        }
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
            let answer = answered(staff.request(method, &path)).await;
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
        operations.extend([&PUBLIC[..], &DESK, &PAGES].concat().into_iter().map(str::to_owned));
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
        let send = async |client: &Client| answered(client.submission(&new_key(), &a_submission_with(json!({}))).header("Proof-Of-Work", &proof)).await;
        send(&there).await.problem(428, "proof-of-work-required");
        send(&here).await.reference();
    }
}
