//! The pages about what is told of tickets.

// The commands ask the vendor while they are waited for, so each test has several threads.

use cornerdesk_tests::{
    Service, eventually,
    jsm_operations::{API_KEY, JsmOperations},
    pagerduty::{PagerDuty, ROUTING_KEY},
    scratch,
    slack::{self, Slack},
    teams::Teams,
};

use super::trial::{SOON, Trial, send, send_as, shows};

async fn started(trial: &Trial) -> Service {
    let mut service = trial.prepare();
    service.start_prepared().await;
    service
}

async fn in_channel(slack: &Slack, words: &str) {
    eventually(SOON, words, async || {
        let messages = slack.messages();
        let is_it = |message: &slack::Message| message.body.to_string().contains(words);
        messages.iter().any(is_it).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_slack_leads_to_a_message_of_an_app() {
    let slack = Slack::start().await;
    let here = format!("[destinations.slack]\nbase_url = {:?}", slack.url());
    let trial = Trial::of("slack.md", 0)
        .with("[destinations.slack]", &here)
        .variable("SLACK_BOT_TOKEN", slack::TOKEN);
    let service = started(&trial).await;
    trial.type_block(&service, 0);
    in_channel(&slack, "This is a test of Cornerdesk").await;
    let reference = send(&service).await;
    in_channel(&slack, &reference).await;
    let staff = service.sign_in_staff().await;
    shows(
        &staff,
        &reference,
        "https://acme.slack.com/archives/C0123456789/p",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_slack_leads_to_a_message_of_a_webhook() {
    let slack = Slack::start().await;
    let trial = Trial::of("slack.md", 1).variable("SLACK_WEBHOOK_URL", &slack.webhook_url());
    let service = started(&trial).await;
    trial.type_block(&service, 1);
    let reference = send(&service).await;
    in_channel(&slack, &reference).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_teams_leads_to_a_card() {
    let teams = Teams::start().await;
    let file = scratch::folder("teams").join("workflow");
    std::fs::write(&file, teams.workflow()).expect("a file");
    let trial = Trial::of("teams.md", 0);
    trial.write("/run/secrets/teams-workflow", &file.display().to_string());
    let service = started(&trial).await;
    trial.type_block(&service, 0);
    let reference = send(&service).await;
    eventually(SOON, "a card", async || {
        let cards = teams.cards();
        cards
            .iter()
            .any(|card| card.to_string().contains(&reference))
            .then_some(())
    })
    .await;
    assert_eq!(teams.cards().len(), 2, "the test, and the ticket");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_pagerduty_leads_to_an_incident() {
    let pagerduty = PagerDuty::start().await;
    let trial = Trial::of("pagerduty.md", 0)
        .with(
            "# base_url = \"https://events.eu.pagerduty.com\"",
            &format!("base_url = {:?}", pagerduty.url()),
        )
        .variable("PAGERDUTY_ROUTING_KEY", ROUTING_KEY);
    let service = started(&trial).await;
    trial.type_block(&service, 0);
    assert_eq!(
        pagerduty.incidents()["cornerdesk/test/pagerduty"].payload["severity"],
        "info"
    );
    let reference = send_as(&service, "--priority", "P1").await;
    let key = format!("cornerdesk/{reference}");
    eventually(SOON, "an incident", async || {
        pagerduty.incidents().remove(&key)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_jsm_operations_leads_to_an_alert() {
    let jsm = JsmOperations::start().await;
    let here = format!("base_url = {:?}", jsm.base_url());
    let trial = Trial::of("jsm-operations.md", 0)
        .with("# base_url = \"https://api.opsgenie.com/v2\"", &here)
        .with("secrets = { api_key = { env = \"JSM_API_KEY\" } }\n", "");
    let service = started(&trial).await;
    // The key is given once, as the page says.
    trial.give(&service, ("on-call", "api_key"), API_KEY);
    trial.type_block(&service, 0);
    assert_eq!(
        jsm.alerts()["cornerdesk-test-on-call"].body["priority"],
        "P5"
    );
    let reference = send_as(&service, "--priority", "P1").await;
    let alias = format!("cornerdesk-{reference}");
    eventually(SOON, "an alert", async || jsm.alerts().remove(&alias)).await;
}
