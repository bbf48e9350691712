//! A priority that somebody chooses over there is the one that it has here, and it is not sent back.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::a_submission,
    eventually,
    jira::{Flavour, Jira},
    service::Setup,
    zammad::Zammad,
    zendesk::Zendesk,
};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(30);

async fn start(section: &str) -> Service {
    let setup = Setup::new(Database::Sqlite).site_setting("policy = \"meiro\"\n");
    let setup = setup.waits_ms(10, 100).leases(2_000, 10_000);
    Service::start_with(setup.section(section)).await
}

/// Sends a request, and waits until it is there and was looked at; the one that it begins with there counts for nothing here.
async fn send(service: &Service) -> String {
    let reference = service.client().submit(&a_submission()).await.reference();
    settled(service).await;
    assert_eq!(service.ticket(&reference)["priority"], Value::Null);
    reference
}

/// Waits until nothing is left to be done for destinations.
async fn settled(service: &Service) {
    let is_ours = |job: &Value| job["kind"] == "sync_ticket" || job["kind"] == "route_ticket";
    eventually(SOON, "it to be there", async || {
        let done = service.jobs("done");
        let is_there = |job: &Value| job["kind"] == "sync_ticket";
        let rests = !service.jobs("ready").iter().any(is_ours);
        (rests && done.iter().any(is_there)).then_some(())
    })
    .await;
}

async fn has(service: &Service, reference: &str, priority: &str) {
    eventually(SOON, priority, async || {
        (service.ticket(reference)["priority"] == priority).then_some(())
    })
    .await;
    settled(service).await;
}

#[tokio::test]
async fn what_an_agent_chooses_in_zendesk_is_chosen_here() {
    let zendesk = Zendesk::start().await;
    let more = "priorities = { P1 = \"urgent\", P2 = \"high\", P3 = \"normal\" }\n";
    let service = start(&zendesk.section(more)).await;
    zendesk.post_to(&service.url("/v1/destinations/zendesk/events"));
    let reference = send(&service).await;
    let id = zendesk.only_ticket().id;
    zendesk.agent_prioritizes(id, "urgent").await;
    has(&service, &reference, "P1").await;
    zendesk.agent_prioritizes(id, "low").await;
    zendesk.agent_prioritizes(id, "normal").await;
    has(&service, &reference, "P3").await;
    let sent = zendesk.calls().into_iter();
    let sent = sent.filter(|call| call.method == "PUT" && call.body.contains("priority"));
    assert_eq!(sent.count(), 0, "nothing is sent back");
}

#[tokio::test]
async fn what_an_agent_chooses_in_zammad_is_chosen_here() {
    let zammad = Zammad::start().await;
    let more = "priorities = { P1 = \"3 high\", P2 = \"2 normal\", P3 = \"1 low\" }\n";
    let service = start(&zammad.section(more)).await;
    zammad.post_to(&service.url("/v1/destinations/zammad/events"));
    let reference = send(&service).await;
    zammad
        .agent_prioritizes(zammad.only_ticket().id, "3 high")
        .await;
    has(&service, &reference, "P1").await;
    let sent = zammad.calls().into_iter();
    let sent = sent.filter(|call| call.method == "PUT" && call.body.contains("priority"));
    assert_eq!(sent.count(), 0, "nothing is sent back");
}

#[tokio::test]
async fn what_an_agent_chooses_in_jira_is_chosen_here() {
    for flavour in [Flavour::Cloud, Flavour::DataCenter] {
        let jira = Jira::start(flavour).await;
        let more = "priorities = { P1 = \"Highest\", P2 = \"High\", P3 = \"High\" }\n";
        let service = start(&jira.section(more)).await;
        let secret = match flavour {
            Flavour::Cloud => String::new(),
            Flavour::DataCenter => format!("/{}", cornerdesk_tests::jira::HOOK_SECRET),
        };
        jira.post_to(&service.url(&format!("/v1/destinations/jira/events{secret}")));
        let reference = send(&service).await;
        let key = jira.only_issue().key;
        jira.agent_prioritizes(&key, "Highest").await;
        has(&service, &reference, "P1").await;
        // Two are called so there: nobody knows which is meant.
        jira.agent_prioritizes(&key, "High").await;
        settled(&service).await;
        assert_eq!(service.ticket(&reference)["priority"], "P1");
    }
}
