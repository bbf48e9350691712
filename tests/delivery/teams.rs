//! A channel of Microsoft Teams hears of tickets, by cards that a workflow posts.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service, client::a_submission_with, eventually, service::Setup, teams::Teams,
    vendor_server::Fault,
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);
/// Marks that act in cards.
const HOSTILE: &str =
    "canary <at>Everyone</at> **bold** [Open](https://evil.example) <b>x</b> # Title";

fn setup(section: &str) -> Setup {
    let setup = Setup::new(Database::Sqlite);
    let setup = setup.reached_at("https://help.acme.example");
    setup.waits_ms(10, 10).section(section)
}

fn hostile() -> Value {
    let description = format!("{HOSTILE} {}", "\"ü\"".repeat(6_000));
    a_submission_with(
        json!({ "summary": HOSTILE, "description": description, "email": "canary@example.com" }),
    )
}

async fn card(teams: &Teams, words: &str) -> Value {
    eventually(SOON, words, async || {
        let mut cards = teams.cards().into_iter();
        cards.rfind(|card| card.to_string().contains(words))
    })
    .await
}

#[tokio::test]
async fn each_thing_that_matters_is_a_card_that_names_nobody() {
    let teams = Teams::start().await;
    teams.fail(1, "/invoke", Fault::failure());
    teams.fail(1, "/invoke", Fault::limit());
    let service = Service::start_with(setup(&teams.section(&teams.workflow(), ""))).await;
    let reference = service.client().submit(&hostile()).await.reference();
    let first = card(&teams, &reference).await;
    let url = format!("https://help.acme.example/desk/tickets/{reference}");
    assert_eq!(first["actions"][0]["url"], json!(url));
    service.command(&[
        "ticket", "status", &reference, "--to", "solved", "--by", "Sam",
    ]);
    card(&teams, "It is solved").await;
    assert_eq!(teams.cards().len(), 2);
    assert!(
        teams
            .calls()
            .iter()
            .all(|call| !call.text.contains("canary"))
    );
    assert_eq!(service.jobs("dead"), Vec::<Value>::new());
}

#[tokio::test]
async fn with_content_a_card_is_small_enough_and_nothing_in_it_acts() {
    let teams = Teams::start().await;
    let settings = "include_content = true\ninclude_requester = true\n";
    let service = Service::start_with(setup(&teams.section(&teams.workflow(), settings))).await;
    service.client().submit(&hostile()).await;
    // What acts, or is too long, breaks the documentation as the workflow has it.
    let card = card(&teams, "canary@example.com").await;
    assert!(card.to_string().contains("evil.example"), "{card}");
}

// The command asks Teams while it is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_cut_off_stops_it_with_words() {
    let teams = Teams::start().await;
    let whole = teams.workflow();
    let half = whole.split('&').next().expect("an address").to_owned();
    let service = Service::start_with(setup(&teams.section(&half, ""))).await;
    service.client().submit(&hostile()).await;
    let shown = eventually(SOON, "it to stop itself", async || {
        let shown = service.command(&["destination", "show", "teams"]);
        // What stands above the attempts is read before them.
        (shown.contains("it answers 401") && shown.contains("stopped")).then_some(shown)
    })
    .await;
    assert!(!shown.contains("invoke"), "{shown}");
    let tested = service.try_command(&["destination", "test", "teams"], "");
    assert!(!tested.status.success() && teams.cards().is_empty());
}
