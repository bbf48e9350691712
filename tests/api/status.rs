//! The page behind "Follow your request": who may open it, what is on it, and what is not.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission, a_submission_with},
    on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
use serde_json::json;

pub const PUBLIC_URL: &str = "https://help.acme.example";

/// The path of an address of ours.
pub fn path_of(url: &str) -> String {
    let path = url.strip_prefix(PUBLIC_URL);
    path.unwrap_or_else(|| panic!("{url} is not ours"))
        .to_owned()
}

fn setup(database: Database) -> Setup {
    Setup::new(database).reached_at(PUBLIC_URL)
}

/// Submits; the reference, and the path of the page.
pub async fn follow(service: &Service, changes: serde_json::Value) -> (String, String) {
    let answer = service.client().submit(&a_submission_with(changes)).await;
    let url = answer.json()["status_url"]
        .as_str()
        .expect("an address")
        .to_owned();
    (answer.reference(), path_of(&url))
}

async fn get(service: &Service, path: &str) -> Answer {
    Answer::of(service.client().get(path).await).await
}

on_both_databases! {
    async fn whoever_sent_a_request_sees_where_it_stands(database: Database) {
        let service = Service::start_with(setup(database)).await;
        let upload = service.client().upload(&File::text("steps.txt", "1. open")).await;
        let asked = json!({ "summary": "The <b>report</b> is empty", "description": "Line one\nLine two", "upload_ids": [upload], "context": { "time_zone": "America/New_York" } });
        let (reference, path) = follow(&service, asked).await;
        service.acknowledged(&reference).await;
        let page = get(&service, &path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        for text in [reference.as_str(), "We have your request", "Acme", "The &lt;b&gt;report&lt;&#x2f;b&gt; is empty", "Line one\nLine two", "steps", "Your request arrived", "We confirmed by email", "(America&#x2f;New York)"] {
            assert!(page.text.contains(text), "{text}\n{}", page.text);
        }
        assert!(!page.text.contains("<script"));
        for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-robots-tag", "noindex, nofollow"), ("x-frame-options", "DENY")] {
            assert_eq!(page.header(name), Some(value), "{name}");
        }
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    }

    async fn looking_changes_nothing_and_sends_nothing(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database).mail_to(&sink)).await;
        let (reference, path) = follow(&service, json!({})).await;
        service.acknowledged(&reference).await;
        let before = service.ticket(&reference);
        for method in ["HEAD", "GET", "GET", "HEAD"] {
            let answer = service.client().request(method, &path).send().await.expect("an answer");
            assert_eq!(answer.status(), 200);
        }
        assert_eq!(service.ticket(&reference), before);
        assert_eq!(sink.count(), 1);
    }

    async fn without_the_link_there_is_nothing_and_every_wrong_link_gets_the_same(database: Database) {
        let service = Service::start_with(setup(database)).await;
        let (reference, path) = follow(&service, json!({})).await;
        let (_, other) = follow(&service, json!({})).await;
        let token = path.strip_prefix("/t/").expect("a token");
        let letters = reference.replace("CD-", "").replace('-', "");
        assert!(token.starts_with(&letters));
        let mixed = format!("/t/{letters}{}", &other[11..]);
        let wrong = [format!("{path}A"), path[..path.len() - 1].to_owned(), mixed, format!("/t/{letters}"), format!("/t/{reference}"), format!("/t/{}", "0".repeat(40)), "/t/%00".to_owned(), path.to_lowercase()];
        let first = get(&service, &wrong[0]).await;
        assert_eq!(first.status, 404);
        assert!(first.text.contains("This link does not work"), "{}", first.text);
        for path in &wrong {
            let answer = get(&service, path).await;
            assert_eq!((answer.status.as_u16(), &answer.text), (404, &first.text), "{path}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }

    async fn the_mail_leads_to_the_page_and_puts_no_strangers_words_before_its_reader(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database).mail_to(&sink)).await;
        let (reference, of_sender) = follow(&service, json!({ "summary": "Canary-summary", "description": "Canary-text" })).await;
        let mail = sink.message_to("ada@customer.example").await.mail();
        let links = mail.links();
        let link = links.iter().find(|link| link.contains("/t/")).expect("a link to the page");
        assert!(mail.text.contains(link) && mail.html.contains(link));
        let path = path_of(link);
        assert_ne!(path, of_sender);
        let page = get(&service, &path).await;
        assert!(page.text.contains(&reference) && page.text.contains("We have your request"), "{}", page.text);
        assert!(page.text.contains("Somebody wrote this in the help form of Acme"), "{}", page.text);
        let (before, folded) = page.text.split_once("<details").expect("a fold");
        assert!(!before.contains("Canary") && folded.contains("Canary-summary") && folded.contains("Canary-text"));
        let own = get(&service, &of_sender).await.text;
        assert!(!own.contains("Somebody wrote this") && own.split_once("<details").expect("a fold").0.contains("Canary-summary"));
    }

    async fn whoever_reads_the_mailbox_and_did_not_write_ends_the_page_of_the_one_who_did(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database).mail_to(&sink)).await;
        let (_, page) = follow(&service, json!({})).await;
        let links = sink.message_to("ada@customer.example").await.mail().links();
        let not_me = links.iter().find(|link| link.contains("/not-me/")).expect("a link");
        assert_eq!(get(&service, &page).await.status, 200);
        let answer = service.client().request("POST", &path_of(not_me)).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(get(&service, &page).await.status, 404);
    }

    async fn a_site_that_asks_first_says_so_until_it_is_answered(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database).mail_to(&sink).site_setting("acknowledge = \"confirm-first\"")).await;
        let (reference, page) = follow(&service, json!({})).await;
        assert!(get(&service, &page).await.text.contains("Please confirm your request"));
        let links = sink.message_to("ada@customer.example").await.mail().links();
        assert!(!links.iter().any(|link| link.contains("/t/")), "{links:?}");
        let confirm = links.first().expect("a link");
        let yes = service.client().request("POST", &path_of(confirm)).header("Content-Type", "application/x-www-form-urlencoded").body("answer=yes");
        assert_eq!(yes.send().await.expect("an answer").status(), 200);
        service.acknowledged(&reference).await;
        let page = get(&service, &page).await.text;
        assert!(page.contains("We have your request") && page.contains("You confirmed that the request is yours"), "{page}");
    }

    async fn a_repeated_request_gets_the_same_address(database: Database) {
        let service = Service::start_with(setup(database)).await;
        let submit = || service.client().submission("key", &a_submission()).send();
        let mut urls = Vec::new();
        for _ in 0..2 {
            urls.push(Answer::of(submit().await.expect("an answer")).await.json()["status_url"].clone());
        }
        assert!(urls[0].is_string() && urls[0] == urls[1], "{urls:?}");
    }
}

#[tokio::test]
async fn an_old_link_leads_nowhere() {
    let mut service = Service::start_in_false_time(setup(Database::Sqlite)).await;
    let (reference, page) = follow(&service, json!({})).await;
    service.acknowledged(&reference).await;
    let day = std::time::Duration::from_secs(86_400);
    service.advance(179 * day);
    assert_eq!(get(&service, &page).await.status, 200);
    service.advance(2 * day);
    assert_eq!(get(&service, &page).await.status, 404);
    service.terminate().await;
}

#[tokio::test]
async fn without_a_public_address_there_is_no_page_to_follow() {
    let service = Service::start(Database::Sqlite).await;
    let answer = service.client().submit(&a_submission()).await;
    assert_eq!(answer.json().get("status_url"), None);
}

#[tokio::test]
async fn who_looks_without_end_is_put_off_and_can_still_send() {
    let service = Service::start_with(setup(Database::Sqlite)).await;
    let (_, page) = follow(&service, json!({})).await;
    let mut put_off = None;
    for _ in 0..=120 {
        let answer = get(&service, &page).await;
        if answer.status == 429 {
            put_off = Some(answer);
        }
    }
    let put_off = put_off.expect("121 looks are too many");
    assert!(put_off.header("retry-after").is_some());
    service.client().submit(&a_submission()).await.reference();
}

#[tokio::test]
async fn the_token_is_in_no_log() {
    let service = Service::start_with(setup(Database::Sqlite).log_level("trace")).await;
    let (_, page) = follow(&service, json!({})).await;
    get(&service, &page).await;
    get(&service, &format!("{page}A")).await;
    let token = &page[3..];
    assert!(!service.log().contains(token));
}
