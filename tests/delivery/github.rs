//! Tickets go on to issues of GitHub once, telling nothing of anybody unless that is wanted, and what happens there comes back to staff.

use std::{sync::Arc, time::Duration};

use cornerdesk_ingest::{
    clock::Clock,
    config::{self, Secret},
    destination::{
        Elsewhere,
        github::{self, Github as Client},
        secret::Secrets,
    },
    outbound::Outbound,
    store::{self, Store},
};
use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission_with},
    eventually,
    github::{Github, TOKEN, signature},
    on_both_databases,
    service::{Setup, Staff},
    smtp::SmtpSink,
    tracker::{BOT, BROOM, ENGINEER, Fault, STRANGER},
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);
const PUBLIC_URL: &str = "https://help.acme.example";
const LABELS: &str = "labels = [\"support\"]\nlook_for_ms = 900\n";
const HOSTILE: &str = "canary @octocat\n```\n/close\nfixes #1 <b onclick=x>";

fn setup(database: Database, github: &Github, more: &str) -> Setup {
    let setup = Setup::new(database).reached_at(PUBLIC_URL);
    let setup = setup.waits_ms(10, 100).leases(2_000, 10_000);
    setup.section(&github.section(&format!("{LABELS}{more}")))
}

fn submission() -> Value {
    a_submission_with(json!({
        "summary": "canary @octocat #1", "description": HOSTILE, "email": "canary@customer.example",
    }))
}

async fn follow(service: &Service) -> String {
    service.client().submit(&submission()).await.reference()
}

async fn one_issue(github: &Github) -> u64 {
    eventually(SOON, "an issue", async || {
        github.issues().first().map(|issue| issue.number)
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

fn client(github: &Github, token: &str, more: &str) -> Client {
    let settings = github.settings(more);
    let settings: github::Settings = toml::from_str(&settings).expect("settings");
    assert_eq!(settings.faults(), Vec::<String>::new());
    let secrets = Secrets::from([("token".to_owned(), Secret::new(token.to_owned()))]);
    let config = config::Outbound {
        private_networks: Vec::new(),
        allowed: Vec::new(),
        ports: Vec::new(),
    };
    let outbound = Outbound::new(&config);
    Client::new(
        &settings,
        &secrets,
        Arc::default(),
        &outbound,
        &Clock::System,
    )
    .expect("a client")
}

on_both_databases! {
    async fn a_ticket_is_an_issue_once_however_calls_end_and_tells_nothing_of_anybody(database: Database) {
        const TICKETS: usize = 3;
        let github = Github::start().await;
        github.lists_are_late_by(Duration::from_millis(300));
        github.fail(2, "POST", "/issues", Fault::LoseAnswer);
        github.fail(1, "POST", "/issues", Fault::failure());
        github.fail(1, "GET", "/issues", Fault::Instead {
            status: 403,
            headers: vec![("retry-after", "1"), ("content-type", "application/json")],
            body: r#"{"message":"You have exceeded a secondary rate limit."}"#,
        });
        let service = Service::start_with(setup(database, &github, "")).await;
        let mut references = Vec::new();
        for number in 0..TICKETS {
            let upload = service.client().upload(&File::binary("canary.bin", 900, number as u64)).await;
            let mut submission = submission();
            submission["upload_ids"] = json!([upload]);
            references.push(service.client().submit(&submission).await.reference());
        }
        eventually(SOON, "all of them", async || (github.issues().len() >= TICKETS).then_some(())).await;
        settled(&service).await;
        assert_eq!(service.jobs("dead"), Vec::<Value>::new());
        let mut titles: Vec<String> = github.issues().into_iter().map(|issue| issue.title).collect();
        titles.sort();
        references.sort();
        assert_eq!(titles, references, "each once, by its reference");
        for issue in github.issues() {
            assert!(issue.body.contains("- Files at the desk: 1\n"), "{}", issue.body);
            assert!(issue.body.contains(&format!("<{PUBLIC_URL}/desk/tickets/{}>", issue.title)), "{}", issue.body);
            assert_eq!(issue.labels, ["support"]);
        }
        for call in github.calls() {
            assert!(!call.body.contains("canary") && !call.path.contains("canary"), "{call:?}");
        }
        let number = github.issues().iter().find(|issue| issue.title == references[0]).expect("it").number;
        let staff = service.sign_in_staff().await;
        let page = page_with(&staff, &references[0], &format!("acme/app#{number}")).await;
        assert!(page.contains(&format!("/acme/app/issues/{number}\"")), "{page}");
    }

    async fn what_engineers_say_is_for_staff_and_what_they_complete_is_solved(database: Database) {
        let (sink, github) = (SmtpSink::start().await, Github::start().await);
        let service = Service::start_with(setup(database, &github, "").mail_to(&sink)).await;
        github.post_to(&service.url("/v1/destinations/github/events"));
        let reference = follow(&service).await;
        service.acknowledged(&reference).await;
        let number = one_issue(&github).await;
        settled(&service).await;
        github.comments(BROOM, number, "dust: closing as stale").await;
        github.comments(ENGINEER, number, "A wrong index, canary-note.").await;
        let staff = service.sign_in_staff().await;
        let page = page_with(&staff, &reference, "A wrong index, canary-note.").await;
        assert!(page.contains("octocat (github)") && !page.contains("dust"), "{page}");
        github.closes(number, "completed").await;
        becomes(&service, &reference, "solved").await;
        // It goes neither to the requester nor back there.
        settled(&service).await;
        for mail in sink.messages(1).await {
            assert!(!mail.mail().everything().contains("canary-note"));
        }
        assert_eq!(github.only_issue().comments.len(), 2);
    }
}

#[tokio::test]
async fn a_hook_is_taken_from_github_alone() {
    let github = Github::start().await;
    let service = Service::start_with(setup(Database::Sqlite, &github, "")).await;
    let body = r#"{"issue":{"number":1},"repository":{"full_name":"acme/app"}}"#;
    let post = async |path: &str, signature: &str| {
        let request = service.client().request("POST", path).body(body);
        let request = request.header("X-Hub-Signature-256", signature);
        let answer = request.send().await.expect("an answer");
        Answer::of(answer).await.status.as_u16()
    };
    let (events, signed) = ("/v1/destinations/github/events", signature(body));
    assert_eq!(post(events, &signed).await, 204);
    let by_token = format!("{events}/{}", cornerdesk_tests::github::HOOK_SECRET);
    for (path, signature) in [
        (events, ""),
        (events, &signed[..signed.len() - 2]),
        (by_token.as_str(), ""),
        ("/v1/destinations/other/events", signed.as_str()),
    ] {
        assert_eq!(post(path, signature).await, 401, "{path}");
    }
}

#[tokio::test]
async fn without_a_hook_it_is_asked_what_changed() {
    let github = Github::start().await;
    let setup = setup(
        Database::Sqlite,
        &github,
        "poll_ms = 500\nwaiting_label = \"waiting\"\n",
    );
    let service = Service::start_with(setup).await;
    let reference = follow(&service).await;
    let number = one_issue(&github).await;
    settled(&service).await;
    github.edit(number, |issue| issue.labels.push("Waiting".to_owned()));
    becomes(&service, &reference, "waiting").await;
    github.edit(number, |issue| {
        issue.state = "closed".to_owned();
        issue.state_reason = Some("not_planned".to_owned());
    });
    becomes(&service, &reference, "closed").await;
    let staff = service.sign_in_staff().await;
    page_with(&staff, &reference, "Closed as not planned").await;
}

#[tokio::test]
async fn where_it_is_wanted_what_is_said_goes_there_once_and_nothing_of_it_acts() {
    let github = Github::start().await;
    let more = "include_content = true\nconversation = true\nnotes = true\ncomments = \"reply\"\n";
    let service = Service::start_with(setup(Database::Sqlite, &github, more)).await;
    let reference = follow(&service).await;
    let number = one_issue(&github).await;
    settled(&service).await;
    github.fail(2, "POST", "/comments", Fault::LoseAnswer);
    for (command, text) in [
        ("note", "Look at #1 @octocat"),
        ("reply", "/close\nWe look."),
    ] {
        let done = service.try_command(&["ticket", command, &reference, "--by", "Kim"], text);
        assert!(done.status.success(), "{done:?}");
    }
    service.command(&[
        "ticket", "status", &reference, "--to", "solved", "--by", "Kim",
    ]);
    let issue = eventually(SOON, "it to be closed there", async || {
        let issue = github.only_issue();
        (issue.state == "closed").then_some(issue)
    })
    .await;
    assert_eq!(issue.state_reason.as_deref(), Some("completed"));
    assert_eq!(
        issue.title,
        format!("{reference}: canary @\u{200b}octocat #\u{200b}1")
    );
    let written = "````text\ncanary @octocat\n```\n /close\nfixes #1 <b onclick=x>\n````\n";
    assert!(issue.body.contains(written), "{}", issue.body);
    assert!(
        !issue.body.contains("canary@customer.example"),
        "{}",
        issue.body
    );
    let said: Vec<&str> = issue
        .comments
        .iter()
        .map(|comment| comment.body.as_str())
        .collect();
    assert!(said.len() == 2, "{said:?}");
    assert!(
        said[0].contains(", among ourselves:\n\n```text\nLook at #1 @octocat\n```\n"),
        "{said:?}"
    );
    assert!(
        said[1].contains(":\n\n```text\n /close\nWe look.\n```\n"),
        "{said:?}"
    );
    assert_eq!(
        github
            .calls()
            .iter()
            .filter(|call| call.path.ends_with("/comments") && call.method == "POST")
            .count(),
        2
    );
    // Members speak to the requester then, and nobody else does.
    github.post_to(&service.url("/v1/destinations/github/events"));
    github
        .comments(STRANGER, number, "Buy cheap canaries")
        .await;
    github.comments(ENGINEER, number, "It is mended.").await;
    let staff = service.sign_in_staff().await;
    page_with(&staff, &reference, "Buy cheap canaries").await;
    page_with(&staff, &reference, "It is mended.").await;
    let facts = service.ticket(&reference)["timeline"]
        .as_array()
        .expect("facts")
        .clone();
    let is_reply = |fact: &&Value| fact["kind"] == "wrote" && fact["what"] == "reply";
    let replies = facts.iter().filter(is_reply).count();
    assert_eq!(replies, 2, "ours, and that of a member: {facts:?}");
}

#[tokio::test]
async fn only_an_issue_of_our_own_is_found_again_and_only_after_their_list_would_have_it() {
    let github = Github::start().await;
    let client = client(&github, TOKEN, "look_for_ms = 900\n");
    let mark = "<!-- cornerdesk:CD-7K3F-92XQ -->";
    github.opens(STRANGER, "CD-7K3F-92XQ", mark);
    github.opens(BOT, "Mentions it only", "CD-7K3F-92XQ");
    let fault = client
        .find("CD-7K3F-92XQ")
        .await
        .expect_err("too early to say");
    assert!(fault.after > Some(Duration::ZERO), "{fault:?}");
    github.lists_are_late_by(Duration::from_millis(400));
    let number = github.opens(BOT, "CD-7K3F-92XQ: bug", mark);
    let remote = eventually(SOON, "it to be found", async || {
        client.find("CD-7K3F-92XQ").await.ok().flatten()
    })
    .await;
    assert_eq!(remote.key, format!("acme/app#{number}"));
}

#[tokio::test]
async fn each_fault_of_the_settings_is_said_with_the_setting_that_mends_it() {
    let github = Github::start().await;
    let faults = async |token: &str, more: &str| {
        let found = client(&github, token, more).check().await;
        let faults = found.into_iter().filter(|finding| finding.is_fault);
        faults.map(|finding| finding.setting).collect::<Vec<_>>()
    };
    assert!(faults(TOKEN, LABELS).await.is_empty());
    assert_eq!(faults("another", "").await, ["secrets.token"]);
    github.change(|repository| repository.may_push = false);
    assert_eq!(faults(TOKEN, LABELS).await, ["github.labels"]);
    github.change(|repository| repository.has_issues = false);
    assert_eq!(faults(TOKEN, "").await, ["github.repository"]);
    let fault = client(&github, TOKEN, "")
        .create(&new())
        .await
        .expect_err("issues are off");
    assert!(
        fault.reason.contains("turned off") && fault.reason.contains("github.repository"),
        "{fault}"
    );
    github.change(|repository| {
        repository.has_issues = true;
        repository.is_private = false;
    });
    assert_eq!(
        faults(TOKEN, "include_requester = true").await,
        ["github.include_requester"]
    );
}

fn new<'a>() -> cornerdesk_ingest::destination::NewRequest<'a> {
    cornerdesk_ingest::destination::NewRequest {
        marker: "CD-7K3F-92XQ",
        site: "acme",
        summary: "It fails",
        description: "Since today",
        email: "ada@customer.example",
        name: None,
        is_verified: false,
        category: Some("bug"),
        priority: None,
        plan: None,
        facts: "",
        desk_url: None,
        files: &[],
    }
}

// The command asks GitHub while it is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_taken_back_stops_it_visibly_and_nothing_is_lost() {
    let github = Github::start().await;
    github.accept_token("another");
    let url = Database::Sqlite.new_url();
    let setup = setup(Database::Sqlite, &github, "").database_url(&url);
    let service = Service::start_with(setup).await;
    follow(&service).await;
    let store = Store::open(&url, 2).await.expect("the database");
    let why = eventually(SOON, "it to stop itself", async || {
        let mut tx = store.read().await.expect("a transaction");
        let state = store::destinations::find(&mut tx, "github").await;
        state.expect("an answer")?.disabled.map(|(_, why)| why)
    })
    .await;
    assert!(
        why.contains("secrets.token") && why.contains("401"),
        "{why}"
    );
    let checked = service.try_command(&["destination", "check", "github"], "");
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(
        !checked.status.success() && said.contains("fault  secrets.token"),
        "{said}"
    );
    github.accept_token(TOKEN);
    let checked = service.command(&["destination", "check", "github"]);
    assert!(
        checked.contains("The repository is acme/app, and private."),
        "{checked}"
    );
    service.command(&["destination", "test", "github"]);
    service.command(&["destination", "resume", "github"]);
    one_issue(&github).await;
}
