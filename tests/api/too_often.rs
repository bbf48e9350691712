//! More, and more often, than the configuration allows.

use std::{net::IpAddr, time::Duration};

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, File, a_submission, a_submission_with, form, new_key},
    on_both_databases,
    postgres::{Durability, Postgres},
    relay::Relay,
    service::Setup,
};
use futures_util::{StreamExt, stream};
use reqwest::RequestBuilder;
use serde_json::json;

/// Nobody is a proxy: callers from this machine are strangers like any other.
const NO_PROXY: &str = "proxies = []";

/// These limits, and nothing that depends on how fast a submission follows another.
fn only(limits: &str) -> String {
    format!("proof_of_work = \"never\"\nleast_fill_ms = 0\n{limits}")
}

fn limited(database: Database, limits: &str) -> Setup {
    let setup = Setup::new(database).server_setting(NO_PROXY);
    setup.limited(&only(limits))
}

/// How long the answer says to wait, in seconds.
fn wait_s(answer: &Answer) -> u64 {
    let header = answer.header("retry-after").expect("a wait");
    header.parse().expect("whole seconds")
}

/// Claims to be somebody else in every way there is; `number` makes the claims differ.
fn forged(request: RequestBuilder, number: usize) -> RequestBuilder {
    let octets = u32::try_from(number * 2_654_435_761 % (1 << 32)).expect("32 bits");
    let [v4, v6] = [
        IpAddr::V4(octets.into()),
        IpAddr::V6((u128::from(octets) << 64).into()),
    ];
    request
        .header("X-Forwarded-For", format!("{v4}, {v6}"))
        .header("X-Forwarded-For", v6.to_string())
        .header(
            "Forwarded",
            format!("for={v4};by=127.0.0.1, for=\"[{v6}]:80\""),
        )
        .header("CF-Connecting-IP", v4.to_string())
        .header("X-Real-IP", v6.to_string())
        .header("True-Client-IP", v4.to_string())
}

/// How many of `count` submissions, each under another forged address, were accepted; the others were told to wait.
async fn accepted_of_forged(client: &Client, count: usize) -> usize {
    let send = async |number: usize| {
        let request = forged(client.submission(&new_key(), &a_submission()), number);
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        if answer.status == 429 {
            assert!((1..=3_600).contains(&wait_s(&answer)));
        } else {
            assert_eq!(answer.status, 201, "{}", answer.text);
        }
        usize::from(answer.status == 201)
    };
    let sent = stream::iter(0..count).map(send).buffer_unordered(24);
    sent.fold(0, async |sum, accepted| sum + accepted).await
}

on_both_databases! {
    async fn forged_headers_buy_nothing_from_a_stranger(database: Database) {
        let service = Service::start_with(limited(database, "submissions_per_address = 100")).await;
        let accepted = accepted_of_forged(&service.client(), 2_500).await;
        assert!((100..=101).contains(&accepted), "{accepted}");
        assert_eq!(service.tickets().len(), accepted);
    }

    async fn forged_headers_buy_nothing_through_a_trusted_relay(database: Database) {
        let relay = Relay::bind().await;
        let setup = Setup::new(database)
            .server_setting("proxies = [\"127.0.0.1/32\"]")
            .limited(&only("submissions_per_address = 100"));
        let service = Service::start_with(setup).await;
        relay.pass_to(&service.origin());
        let client = Client::new(&relay.origin(), "acme").calling_from("127.0.0.2");
        let accepted = accepted_of_forged(&client, 2_500).await;
        assert!((100..=101).contains(&accepted), "{accepted}");
        // Somebody else behind the same relay has an allowance of their own.
        client.calling_from("127.0.0.3").submit(&a_submission()).await.reference();
    }

    async fn a_repeated_request_does_not_count_and_is_answered_over_the_limit(database: Database) {
        let service = Service::start_with(limited(database, "submissions_per_address = 2")).await;
        let (client, key) = (service.client(), new_key());
        let send = async |submission| Answer::of(client.submission(&key, &submission).send().await.expect("an answer")).await;
        let reference = send(a_submission()).await.reference();
        for _ in 0..5 {
            assert_eq!(send(a_submission()).await.reference(), reference);
        }
        client.submit(&a_submission()).await.reference();
        let answer = client.submit(&a_submission()).await;
        answer.problem(429, "too-many-requests");
        assert!((1_700..=1_801).contains(&wait_s(&answer)), "{}", wait_s(&answer));
        assert_eq!(send(a_submission()).await.reference(), reference);
        send(a_submission_with(json!({ "summary": "other" }))).await.problem(422, "idempotency-key-reused");
    }

    async fn whoever_tries_which_addresses_may_ask_is_told_to_wait(database: Database) {
        let account = "[[sites.accounts]]\nkey = \"big\"\ndomains = [\"big.example\"]\nentitled = [\"ada@big.example\"]\nadministrator = \"Ada\"";
        let setup = limited(database, "submissions_per_address = 2").section(account);
        let service = Service::start_with(setup).await;
        let client = service.client();
        let send = async |email: &str| client.submit(&a_submission_with(json!({ "email": email }))).await;
        for number in 0..2 {
            send(&format!("guess{number}@big.example")).await.problem(403, "not-entitled");
        }
        // Then right and wrong look alike.
        for email in ["guess@big.example", "ada@big.example"] {
            let answer = send(email).await;
            answer.problem(429, "too-many-requests");
            assert!((1_700..=1_801).contains(&wait_s(&answer)), "{}", wait_s(&answer));
        }
    }

    async fn what_was_not_accepted_does_not_count(database: Database) {
        let service = Service::start_with(limited(database, "submissions_per_address = 1\nsubmissions_per_site = 1")).await;
        let client = service.client();
        for _ in 0..3 {
            client.submit(&a_submission_with(json!({ "email": "" }))).await.problem(422, "invalid-submission");
            let unknown = "00000000-0000-4000-8000-000000000000";
            client.submit(&a_submission_with(json!({ "upload_ids": [unknown] }))).await.problem(422, "invalid-submission");
        }
        client.submit(&a_submission()).await.reference();
        client.submit(&a_submission()).await.problem(429, "too-many-requests");
    }

    async fn what_a_site_takes_in_all_is_limited_too(database: Database) {
        let service = Service::start_with(limited(database, "submissions_per_site = 250")).await;
        let client = service.client();
        let send = async |number: usize| {
            let one = client.calling_from(&format!("127.0.1.{}", number % 50 + 1));
            one.submit(&a_submission()).await.status == 201
        };
        let sent = stream::iter(0..300).map(send).buffer_unordered(8);
        let accepted = sent.filter(|accepted| std::future::ready(*accepted)).count().await;
        assert!((250..=252).contains(&accepted), "{accepted}");
        client.at_site("second").submit(&a_submission()).await.problem(404, "unknown-site");
    }

    async fn two_processes_on_one_database_count_together(database: Database) {
        let setup = limited(database, "submissions_per_address = 20").database_url(&database.new_url());
        let services = [Service::start_with(setup.clone()).await, Service::start_with(setup).await];
        let mut accepted = 0;
        for number in 0..60 {
            let answer = services[number % 2].client().submit(&a_submission()).await;
            accepted += usize::from(answer.status == 201);
        }
        assert_eq!(accepted, 20);
    }

    async fn bytes_of_files_are_limited_however_they_come(database: Database) {
        let setup = limited(database, "upload_bytes_per_address = 1000000");
        let service = Service::start_with(setup).await;
        let client = service.client();
        let file = File::binary("a.bin", 400_000, 1);
        client.upload(&file).await;
        let (key, files) = (new_key(), [file.clone()]);
        let send = async |key: &str| {
            let request = client.request("POST", &client.path("tickets")).header("Idempotency-Key", key);
            let request = request.multipart(form(&a_submission(), &files));
            Answer::of(request.send().await.expect("an answer")).await
        };
        let reference = send(&key).await.reference();
        // The same again is no further ticket, and its bytes are given back; but they must be there to be sent.
        let smaller = client.announcement("b.bin", "image/png", 150_000);
        assert_eq!(smaller.send().await.expect("an answer").status(), 201);
        let larger = Answer::of(client.announcement("b.bin", "image/png", 400_000).send().await.expect("an answer")).await;
        larger.problem(429, "too-many-requests");
        assert!(wait_s(&larger) < 3_600);
        send(&new_key()).await.problem(429, "too-many-requests");
        assert_eq!((service.tickets().len(), &service.tickets()[0]["reference"]), (1, &json!(reference)));
        // Texts are not files.
        client.submit(&a_submission()).await.reference();
    }

    async fn the_form_without_javascript_keeps_what_was_typed(database: Database) {
        let service = Service::start_with(limited(database, "submissions_per_address = 1")).await;
        let client = service.client();
        client.submit(&a_submission()).await.reference();
        for (language, words) in [("en", "Too many requests from your network"), ("de", "Zu viele Anfragen aus Ihrem Netz")] {
            let submission = a_submission_with(json!({ "locale": language, "description": "Since <this> morning" }));
            let request = client.request("POST", "/help/acme").multipart(form(&submission, &[]));
            let answer = Answer::of(request.send().await.expect("an answer")).await;
            assert_eq!(answer.status, 429);
            assert!(wait_s(&answer) > 3_000);
            assert!(answer.text.contains(words) && answer.text.contains("60 Min") | answer.text.contains("60 min"), "{}", answer.text);
            assert!(answer.text.contains("Since &lt;this&gt; morning"));
        }
    }
}

/// How often the log holds a text.
fn said(service: &Service, text: &str) -> usize {
    service.log().matches(text).count()
}

#[tokio::test]
async fn a_proxy_that_the_configuration_does_not_know_is_said_once() {
    let service = Service::start_with(limited(Database::Sqlite, "")).await;
    let send = async |header: Option<&str>| {
        let request = service.client().submission(&new_key(), &a_submission());
        let request = match header {
            Some(header) => request.header(header, "192.0.2.1"),
            None => request,
        };
        assert_eq!(request.send().await.expect("an answer").status(), 201);
    };
    send(None).await;
    assert_eq!(said(&service, "WARN"), 0, "{}", service.log());
    for _ in 0..3 {
        send(Some("X-Forwarded-For")).await;
    }
    assert_eq!(
        said(&service, "Add the proxy's address to server.proxies"),
        1
    );
}

#[tokio::test]
async fn a_proxy_that_names_nobody_is_said_once() {
    let setup = Setup::new(Database::Sqlite)
        .server_setting("proxies = [\"127.0.0.1/32\"]")
        .reached_at("https://help.acme.example");
    let service = Service::start_with(setup).await;
    let submission = || service.client().submission(&new_key(), &a_submission());
    let named = submission().header("X-Forwarded-For", "192.0.2.1");
    assert_eq!(named.send().await.expect("an answer").status(), 201);
    assert_eq!(said(&service, "share one allowance"), 0);
    for _ in 0..3 {
        assert_eq!(submission().send().await.expect("an answer").status(), 201);
    }
    assert_eq!(said(&service, "Make the proxy set the header"), 1);
}

/// One rule for the whole: without the database nothing is accepted, and whoever was refused is refused without it.
#[tokio::test]
async fn a_database_that_is_away_switches_no_limit_off() {
    let postgres = Postgres::start(Durability::None);
    let setup = limited(Database::Postgres, "submissions_per_address = 1")
        .database_url(&postgres.create_database());
    let service = Service::start_with(setup).await;
    let client = service.client();
    client.submit(&a_submission()).await.reference();
    client
        .submit(&a_submission())
        .await
        .problem(429, "too-many-requests");
    drop(postgres);
    let without_key = client
        .request("POST", &client.path("tickets"))
        .json(&a_submission());
    let started = tokio::time::Instant::now();
    Answer::of(without_key.send().await.expect("an answer"))
        .await
        .problem(429, "too-many-requests");
    assert!(started.elapsed() < Duration::from_secs(1));
    let stranger = client.calling_from("127.0.0.9");
    stranger
        .submit(&a_submission())
        .await
        .problem(503, "too-busy");
}
