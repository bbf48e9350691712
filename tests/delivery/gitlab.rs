//! Tickets go on to issues of GitLab once, telling nothing of anybody unless that is wanted, and what happens there comes back to staff.

use std::{sync::Arc, time::Duration};

use cornerdesk_ingest::{
    clock::Clock,
    config::{self, Secret},
    destination::{
        Elsewhere,
        gitlab::{self, Gitlab as Client},
        secret::Secrets,
    },
    outbound::Outbound,
};
use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission_with},
    eventually,
    gitlab::{Gitlab, HOOK_SECRET, PROJECT_ID, TOKEN},
    on_both_databases,
    service::{Setup, Staff},
    smtp::SmtpSink,
    tracker::{ENGINEER, Fault},
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);
const PUBLIC_URL: &str = "https://help.acme.example";
const USUAL: &str = "labels = [\"support\"]\nlook_for_ms = 900\n";

fn setup(database: Database, gitlab: &Gitlab, more: &str) -> Setup {
    let setup = Setup::new(database).reached_at(PUBLIC_URL);
    let setup = setup.waits_ms(10, 100).leases(2_000, 10_000);
    setup.section(&gitlab.section(&format!("{USUAL}{more}")))
}

fn submission() -> Value {
    a_submission_with(json!({
        "summary": "canary @root #1", "description": "canary @root\n```\n/close\n```\n/close", "email": "canary@customer.example",
    }))
}

async fn one_issue(gitlab: &Gitlab) -> u64 {
    eventually(SOON, "an issue", async || {
        gitlab.issues().first().map(|issue| issue.iid)
    })
    .await
}

/// Waits until nothing is left to be done for destinations.
async fn settled(service: &Service) {
    eventually(SOON, "nothing to be left to do", async || {
        let left = service.jobs("ready");
        let is_ours = |job: &Value| job["kind"] == "sync_ticket" || job["kind"] == "route_ticket";
        (!left.iter().any(is_ours)).then_some(())
    })
    .await;
}

async fn becomes(service: &Service, reference: &str, status: &str) {
    eventually(SOON, status, async || {
        (service.ticket(reference)["status"] == status).then_some(())
    })
    .await;
}

/// The page of a ticket at the desk, as soon as these words stand there.
async fn page_with(staff: &Staff, reference: &str, words: &str) -> String {
    eventually(SOON, words, async || {
        let page = staff.get(&format!("/desk/tickets/{reference}")).await.text;
        let page = page.replace("&#x2f;", "/");
        page.contains(words).then_some(page)
    })
    .await
}

on_both_databases! {
    async fn a_ticket_is_a_confidential_issue_once_and_tells_nothing_of_anybody(database: Database) {
        const TICKETS: usize = 3;
        let gitlab = Gitlab::start().await;
        gitlab.lists_are_late_by(Duration::from_millis(300));
        gitlab.fail(2, "POST", "/issues", Fault::LoseAnswer);
        gitlab.fail(1, "POST", "/issues", Fault::failure());
        gitlab.fail(1, "GET", "/issues", Fault::Instead {
            status: 429,
            headers: vec![("retry-after", "1")],
            body: "Retry later",
        });
        let service = Service::start_with(setup(database, &gitlab, "")).await;
        let mut references = Vec::new();
        for number in 0..TICKETS {
            let upload = service.client().upload(&File::binary("canary.bin", 900, number as u64)).await;
            let mut submission = submission();
            submission["upload_ids"] = json!([upload]);
            references.push(service.client().submit(&submission).await.reference());
        }
        eventually(SOON, "all of them", async || (gitlab.issues().len() >= TICKETS).then_some(())).await;
        settled(&service).await;
        assert_eq!(service.jobs("dead"), Vec::<Value>::new());
        let mut titles: Vec<String> = gitlab.issues().into_iter().map(|issue| issue.title).collect();
        titles.sort();
        references.sort();
        assert_eq!(titles, references, "each once, by its reference");
        assert!(gitlab.issues().iter().all(|issue| issue.is_confidential && issue.labels == ["support"]));
        for call in gitlab.calls() {
            assert!(!call.body.contains("canary") && !call.path.contains("canary"), "{call:?}");
        }
        let iid = gitlab.issues().iter().find(|issue| issue.title == references[0]).expect("it").iid;
        let staff = service.sign_in_staff().await;
        let page = page_with(&staff, &references[0], &format!("acme/app#{iid}")).await;
        assert!(page.contains(&format!("/acme/app/-/issues/{iid}\"")), "{page}");
    }
}

#[tokio::test]
async fn what_is_said_and_done_there_comes_back_by_hooks_that_know_the_token() {
    let (sink, gitlab) = (SmtpSink::start().await, Gitlab::start().await);
    let service = Service::start_with(setup(Database::Sqlite, &gitlab, "").mail_to(&sink)).await;
    let events = "/v1/destinations/gitlab/events";
    gitlab.post_to(&service.url(events));
    let reference = service.client().submit(&submission()).await.reference();
    service.acknowledged(&reference).await;
    let iid = one_issue(&gitlab).await;
    settled(&service).await;
    gitlab
        .notes(ENGINEER, iid, "A wrong index, canary-note.", false)
        .await;
    let staff = service.sign_in_staff().await;
    page_with(&staff, &reference, "A wrong index, canary-note.").await;
    gitlab.moves(iid, "close").await;
    becomes(&service, &reference, "solved").await;
    gitlab.moves(iid, "reopen").await;
    becomes(&service, &reference, "open").await;
    for mail in sink.messages(1).await {
        assert!(!mail.mail().everything().contains("canary-note"));
    }
    let body = format!(
        "{{\"object_kind\":\"issue\",\"project\":{{\"id\":{PROJECT_ID}}},\"object_attributes\":{{\"iid\":{iid}}}}}"
    );
    for (token, status) in [(HOOK_SECRET, 204), ("", 401), (&HOOK_SECRET[1..], 401)] {
        let request = service.client().request("POST", events).body(body.clone());
        let answer = request.header("X-Gitlab-Token", token).send().await;
        let answer = Answer::of(answer.expect("an answer")).await;
        assert_eq!(answer.status.as_u16(), status, "{token}");
    }
}

#[tokio::test]
async fn where_it_is_wanted_texts_and_files_go_there_once_and_no_quick_action_acts() {
    let gitlab = Gitlab::start().await;
    let more =
        "include_content = true\nfiles = true\nconversation = true\nnotes = true\npoll_ms = 500\n";
    let service = Service::start_with(setup(Database::Sqlite, &gitlab, more)).await;
    gitlab.fail(2, "POST", "/notes", Fault::LoseAnswer);
    gitlab.fail(1, "POST", "/uploads", Fault::LoseAnswer);
    let file = File::binary("log.bin", 20_000, 7);
    let upload = service.client().upload(&file).await;
    let mut submission = submission();
    submission["upload_ids"] = json!([upload]);
    let reference = service.client().submit(&submission).await.reference();
    one_issue(&gitlab).await;
    for (command, text) in [
        ("note", "Look at #1 @root"),
        ("reply", "```\n/close\nWe look."),
    ] {
        let done = service.try_command(&["ticket", command, &reference, "--by", "Kim"], text);
        assert!(done.status.success(), "{done:?}");
    }
    let issue = eventually(SOON, "all of it there", async || {
        let issue = gitlab.only_issue();
        (issue.notes.len() >= 3).then_some(issue)
    })
    .await;
    settled(&service).await;
    assert_eq!(gitlab.only_issue().notes.len(), 3, "none twice");
    assert!(
        issue.state_events.is_empty(),
        "no line was obeyed: {issue:?}"
    );
    assert_eq!(
        issue.title,
        format!("{reference}: canary @\u{200b}root #\u{200b}1")
    );
    assert!(
        issue
            .description
            .contains("````text\ncanary @root\n```\n /close\n```\n /close\n````\n"),
        "{}",
        issue.description
    );
    let (url, bytes) = gitlab.uploads().into_iter().last().expect("a file");
    assert_eq!(File::of("", "", &bytes).sha256(), file.sha256());
    let with_file = issue
        .notes
        .iter()
        .filter(|note| note.body.contains("[open](/uploads/"));
    assert_eq!(with_file.count(), 1, "{url}: {issue:?}");
    let internal = issue.notes.iter().filter(|note| note.is_internal);
    let internal: Vec<&str> = internal.map(|note| note.body.as_str()).collect();
    let is_among_staff = |text: &&str| text.contains(", among ourselves:");
    assert!(
        internal.len() == 1 && internal.iter().all(is_among_staff),
        "{internal:?}"
    );
    // Nobody posts: it is asked.
    gitlab.moves(issue.iid, "close").await;
    becomes(&service, &reference, "solved").await;
}

#[tokio::test]
async fn a_token_that_may_only_read_is_said_with_the_setting_that_mends_it() {
    let gitlab = Gitlab::start().await;
    let client = |token: &str| {
        let settings = gitlab.settings(USUAL);
        let settings: gitlab::Settings = toml::from_str(&settings).expect("settings");
        assert_eq!(settings.faults(), Vec::<String>::new());
        let secrets = Secrets::from([("token".to_owned(), Secret::new(token.to_owned()))]);
        let config = config::Outbound {
            private_networks: Vec::new(),
            allowed: Vec::new(),
            ports: Vec::new(),
        };
        let outbound = Outbound::new(&config);
        let client = Client::new(
            &settings,
            &secrets,
            Arc::default(),
            &outbound,
            &Clock::System,
        );
        client.expect("a client")
    };
    let faults = async |token: &str| {
        let found = client(token).check().await.into_iter();
        let faults = found.filter(|finding| finding.is_fault);
        faults.map(|finding| finding.setting).collect::<Vec<_>>()
    };
    assert!(faults(TOKEN).await.is_empty());
    assert_eq!(faults("another").await, ["secrets.token"]);
    gitlab.scopes(&["read_api"]);
    assert_eq!(faults(TOKEN).await, ["secrets.token"]);
}
