//! What never stands in the log, however much is logged.

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission_with, form, new_key},
    eventually, on_both_databases,
    service::Setup,
    smtp::{ARRIVAL, Answer, SmtpSink},
};
use serde_json::{Value, json};

on_both_databases! {
    async fn nothing_that_was_typed_is_in_the_log_at_trace_level(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = Setup::new(database).mail_to(&sink).log_level("trace");
        let service = Service::start_with(setup).await;
        let upload = service.client().upload(&File::text("canary-name.txt", "canary-content")).await;
        let submission = a_submission_with(json!({
            "summary": "canary-summary",
            "description": "canary-description",
            "email": "canary-address@canary-domain.example",
            "upload_ids": [upload],
            "context": { "page_title": "canary-title" },
        }));
        // A failed attempt is logged too.
        sink.answer_with(Answer::NotNow);
        service.client().submit(&submission).await.reference();
        sink.offers(1).await;
        sink.answer_with(Answer::Accept);
        sink.messages(1).await;
        let wrong = a_submission_with(json!({ "summary": "canary-summary", "email": "canary-nonsense" }));
        service.client().submit(&wrong).await.problem(422, "invalid-submission");

        let log = service.log();
        for logged in ["ticket received", "job failed", "request"] {
            assert!(log.contains(logged), "{logged} is logged");
        }
        let told: Vec<_> = log.lines().filter(|line| line.contains("canary")).collect();
        assert!(told.is_empty(), "{told:#?}");
    }
}

/// What a log must neither hold nor be split, coloured or closed by.
const PAYLOAD: &str = "\u{1b}[31mcanary\u{1b}]0;canary\u{7}\r\n{\"level\":\"ERROR\",\"canary\":\"\u{2028}\u{85}\"}\r\n\u{9b}2J";

on_both_databases! {
    async fn no_way_to_fail_brings_what_was_sent_into_the_log_or_breaks_its_lines(database: Database) {
        for format in ["json", "text"] {
            let sink = SmtpSink::start().await;
            let url = database.new_url();
            let setup = Setup::new(database).database_url(&url).mail_to(&sink);
            let service = Service::start_with(setup.log_level("trace").log_format(format)).await;
            sink.answer_with(Answer::Never);
            send_payload_everywhere(&service).await;
            eventually(ARRIVAL, "a mail to be given up", async || service.log().contains("job given up").then_some(())).await;
            // From here on every statement about tickets fails.
            break_tickets(&url).await;
            send_payload_everywhere(&service).await;
            let log = service.log();
            for logged in ["ticket received", "job given up", "a request failed"] {
                assert!(log.contains(logged), "{logged} is logged");
            }
            assert!(!log.contains("canary"), "{:#?}", lines_with_canaries(&log));
            let announced = |line: &&str| line.starts_with("listening on") || line.starts_with("a new database");
            for line in log.split('\n').filter(|line| !line.is_empty() && !announced(line)) {
                assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
                assert!(is_event(format, line), "{line:?}");
            }
        }
    }
}

fn lines_with_canaries(log: &str) -> Vec<&str> {
    log.lines().filter(|line| line.contains("canary")).collect()
}

/// One whole event: a JSON object with these members, or a line that begins with the time and the level.
fn is_event(format: &str, line: &str) -> bool {
    if format == "json" {
        let event = serde_json::from_str::<Value>(line);
        return event
            .is_ok_and(|event| event["timestamp"].is_string() && event["level"].is_string());
    }
    let mut words = line.split_whitespace();
    let is_time = words
        .next()
        .is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok());
    is_time
        && words
            .next()
            .is_some_and(|level| ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&level))
}

/// Every field, header and part of an address, good ones and each kind of bad one.
async fn send_payload_everywhere(service: &Service) {
    let client = service.client();
    let key = format!("canary-{}", new_key());
    let visible = "canary%1b%5b31m%0d%0a";
    let file = File {
        name: PAYLOAD.to_owned(),
        media_type: PAYLOAD.to_owned(),
        bytes: PAYLOAD.into(),
    };
    let announced = client
        .announcement(PAYLOAD, PAYLOAD, file.bytes.len())
        .header("Upload-Checksum", "sha1 canary");
    let tickets = client.path("tickets");
    let context = json!({ "page_url": PAYLOAD, "page_title": PAYLOAD, "browser": PAYLOAD, "viewport": PAYLOAD, "language": PAYLOAD, "time_zone": PAYLOAD, "app_version": PAYLOAD,
        "host": { PAYLOAD: PAYLOAD }, "console_errors": [PAYLOAD] });
    let good = a_submission_with(json!({
        "summary": PAYLOAD, "description": PAYLOAD, "email": "canary@canary.example", "category": "canary", "plan": "canary",
        "locale": "canary", "context": context,
    }));
    let with = |changes| {
        let mut submission = good.clone();
        for (name, value) in Value::as_object(&changes).expect("an object") {
            submission[name] = value.clone();
        }
        submission
    };
    let json = |body: String| {
        client
            .request("POST", &tickets)
            .header("Content-Type", "application/json")
            .body(body)
    };
    let form_to = |path: &str| {
        client.request("POST", path).multipart(form(
            &a_submission_with(json!({ "summary": PAYLOAD, "email": PAYLOAD })),
            std::slice::from_ref(&File::text("canary", PAYLOAD)),
        ))
    };
    let requests = [
        client.submission(&key, &good),
        client.submission(&key, &with(json!({ "summary": "canary, another" }))),
        client.submission("canary key", &good),
        client.submission(&new_key(), &with(json!({ "email": PAYLOAD, "plan": PAYLOAD, "category": PAYLOAD, "locale": PAYLOAD }))),
        client.submission(&new_key(), &with(json!({ "upload_ids": [PAYLOAD, "canary"] }))),
        client.submission(&new_key(), &with(json!({ "canary": PAYLOAD }))),
        json(format!("{{\"summary\": \"canary\", {PAYLOAD}")),
        json("{\"summary\": \"canary\", \"description\": {\"canary\": 1}}".to_owned()),
        form_to(&tickets),
        form_to("/help/acme"),
        form_to(&format!("/w/acme?locale={visible}&theme={visible}")),
        announced,
        client.request("POST", &tickets).header("Content-Type", "multipart/form-data; boundary=canary").body(PAYLOAD),
        client.request("POST", &tickets).header("Content-Type", "text/canary").body(PAYLOAD),
        client.request("PATCH", &format!("{}/{visible}", client.path("uploads"))).header("Tus-Resumable", "canary"),
        client.request("GET", &format!("/v1/sites/{visible}/settings?canary={visible}")),
        client.request("GET", &format!("/{visible}/canary")).header("X-Request-Id", "canary canary"),
        client.request("GET", "/widget.js").header("Referer", format!("https://canary.example/{visible}")),
        client.request("GET", "/desk").header("Cookie", "session=canary; cornerdesk_session=canary"),
        client.request("GET", &format!("/desk/tickets/{visible}")).header("Authorization", "Bearer canary"),
        client.request("POST", "/desk/login").header("Origin", service.origin()).header("Content-Type", "application/x-www-form-urlencoded").body("email=canary%40canary.example%1b%5b31m&password=canary%0d%0a"),
        client.request("POST", "/help/acme").header("Origin", "https://canary.example").body("canary"),
    ];
    for request in requests {
        let request = request
            .header("User-Agent", "canary/1.0")
            .header("X-Forwarded-For", "canary")
            .header("Accept-Language", "canary");
        request.send().await.expect("an answer");
    }
}

/// Takes the table of tickets away behind the service's back.
async fn break_tickets(url: &str) {
    let rename = "alter table tickets rename to hidden_tickets";
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url)
            .await
            .expect("the database is there");
        sqlx::query(rename)
            .execute(&pool)
            .await
            .expect("a renamed table");
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(url)
            .await
            .expect("the database is there");
        sqlx::query(rename)
            .execute(&pool)
            .await
            .expect("a renamed table");
        pool.close().await;
    }
}
