//! The pages about what holds a ticket a second time: the fault that a page shows is there, is mended as the page says, and then a ticket goes there and back.

// The commands ask the vendor while they are waited for, so each test has several threads.

use cornerdesk_tests::{
    Service, eventually,
    github::{self, Github},
    gitlab::{self, Gitlab},
    tracker::ENGINEER,
    zammad::{self, Zammad},
    zendesk::{self, Zendesk},
};

use super::trial::{SOON, Trial, becomes, send_as, shows};

/// Nothing is wrong any more.
async fn mended(trial: &Trial, mut service: Service, name: &str) -> Service {
    trial.configure(&service);
    let checked = service.command(&["destination", "check", name]);
    assert!(!checked.contains("fault"), "{checked}");
    let tried = service.command(&["destination", "test", name]);
    assert_eq!(tried, "It is reached, and the settings are right.\n");
    service.start_prepared().await;
    service
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_zendesk_leads_to_a_ticket_there_and_back() {
    let zendesk = Zendesk::start().await;
    zendesk.account_is("agent");
    let trial = Trial::of("zendesk.md", 0)
        .with("https://acme.zendesk.com", &zendesk.url())
        .variable("ZENDESK_TOKEN", zendesk::TOKEN);
    let service = trial.prepare();
    trial.type_block(&service, 0);
    trial.write("bug = 360002", "bug = 360009");
    let service = mended(&trial, service, "zendesk").await;
    trial.give(&service, ("zendesk", "hook_secret"), zendesk::HOOK_SECRET);
    zendesk.post_to(&trial.hook(&service));
    let reference = send_as(&service, "--category", "bug").await;
    let id = eventually(SOON, "a ticket there", async || {
        Some(zendesk.tickets().first()?.id)
    })
    .await;
    let staff = service.sign_in_staff().await;
    shows(&staff, &reference, &format!("/agent/tickets/{id}")).await;
    zendesk.agent_moves(id, "solved").await;
    becomes(&service, &reference, "solved").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_zammad_leads_to_a_ticket_there_and_back() {
    let zammad = Zammad::start().await;
    let trial = Trial::of("zammad.md", 0)
        .with("https://support.acme.example", &zammad.url())
        .variable("ZAMMAD_TOKEN", zammad::TOKEN)
        .variable("ZAMMAD_HOOK_SECRET", zammad::HOOK_SECRET);
    let service = trial.prepare();
    trial.type_block(&service, 0);
    trial.write("2nd Level", "Second Level");
    let service = mended(&trial, service, "zammad").await;
    zammad.post_to(&trial.hook(&service));
    let reference = send_as(&service, "--category", "bug").await;
    let id = eventually(SOON, "a ticket there", async || {
        Some(zammad.tickets().first()?.id)
    })
    .await;
    let staff = service.sign_in_staff().await;
    shows(&staff, &reference, &format!("/#ticket/zoom/{id}")).await;
    zammad.agent_moves(id, "closed").await;
    becomes(&service, &reference, "solved").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_github_leads_to_an_issue_there_and_back() {
    let github = Github::start().await;
    let priorities = ["priority::1", "priority::2", "priority::3"];
    github.change(|repository| {
        repository.labels.extend(priorities.map(str::to_owned));
        repository.may_push = false;
    });
    let trial = Trial::of("github.md", 0)
        .with(
            "# base_url = \"https://github.acme.example/api/v3\"",
            &format!("base_url = {:?}", github.url()),
        )
        .variable("GITHUB_TOKEN", github::TOKEN)
        .variable("GITHUB_HOOK_SECRET", github::HOOK_SECRET);
    let service = trial.prepare();
    trial.type_block(&service, 0);
    github.change(|repository| repository.may_push = true);
    let service = mended(&trial, service, "github").await;
    github.post_to(&trial.hook(&service));
    let reference = send_as(&service, "--category", "bug").await;
    let number = eventually(SOON, "an issue there", async || {
        Some(github.issues().first()?.number)
    })
    .await;
    let staff = service.sign_in_staff().await;
    shows(&staff, &reference, &format!("acme/app/issues/{number}")).await;
    github.comments(ENGINEER, number, "A wrong index.").await;
    shows(&staff, &reference, "A wrong index.").await;
    github.closes(number, "completed").await;
    becomes(&service, &reference, "solved").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_gitlab_leads_to_an_issue_there_and_back() {
    let gitlab = Gitlab::start().await;
    gitlab.has_labels(&["bug", "priority::1", "priority::2", "priority::3"]);
    gitlab.scopes(&["read_api"]);
    let trial = Trial::of("gitlab.md", 0)
        .with(
            "# base_url = \"https://gitlab.acme.example\"",
            &format!("base_url = {:?}", gitlab.url()),
        )
        .variable("GITLAB_TOKEN", gitlab::TOKEN)
        .variable("GITLAB_HOOK_SECRET", gitlab::HOOK_SECRET)
        .calling("project_42_bot_3f1c", "acme-support");
    let service = trial.prepare();
    trial.type_block(&service, 0);
    gitlab.scopes(&["api"]);
    let service = mended(&trial, service, "gitlab").await;
    gitlab.post_to(&trial.hook(&service));
    let reference = send_as(&service, "--category", "bug").await;
    let iid = eventually(SOON, "an issue there", async || {
        Some(gitlab.issues().first()?.iid)
    })
    .await;
    let staff = service.sign_in_staff().await;
    shows(&staff, &reference, &format!("/acme/app/-/issues/{iid}")).await;
    gitlab.moves(iid, "close").await;
    becomes(&service, &reference, "solved").await;
}
