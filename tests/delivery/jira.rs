//! Tickets go on to Jira Service Management once, with their files, and what happens there comes back.

use std::{collections::BTreeMap, time::Duration};

use cornerdesk_ingest::{
    outbox::forwarding,
    store::{self, Store},
};
use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission, a_submission_with},
    eventually,
    jira::{Fault, Flavour, HOOK_SECRET, Jira, TOKEN, Weather},
    on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
use serde_json::json;

const SOON: Duration = Duration::from_secs(30);
const PUBLIC_URL: &str = "https://help.acme.example";
const MARKED: &str = "marker_field = \"customfield_10050\"\n";

fn setup(database: Database, jira: &Jira, more: &str) -> Setup {
    let setup = Setup::new(database).reached_at(PUBLIC_URL);
    let setup = setup.waits_ms(10, 100).leases(2_000, 10_000);
    setup.section(&jira.section(&format!("{MARKED}{more}")))
}

/// Submits; the reference, and the path of the page.
async fn follow(service: &Service) -> (String, String) {
    let answer = service.client().submit(&a_submission()).await;
    let url = answer.json()["status_url"]
        .as_str()
        .expect("an address")
        .to_owned();
    let path = url
        .strip_prefix(PUBLIC_URL)
        .expect("our address")
        .to_owned();
    (answer.reference(), path)
}

async fn page(service: &Service, path: &str) -> String {
    Answer::of(service.client().get(path).await).await.text
}

/// Waits for a fact of the ticket. Its page is not asked again and again: whoever does is told to wait.
async fn fact(service: &Service, reference: &str, kind: &str) {
    eventually(SOON, kind, async || {
        let ticket = service.ticket(reference);
        let mut facts = ticket["timeline"].as_array().expect("a timeline").iter();
        facts.any(|fact| fact["kind"] == kind).then_some(())
    })
    .await;
}

async fn one_issue(jira: &Jira) -> String {
    eventually(SOON, "a request over there", async || {
        jira.issues().first().map(|issue| issue.key.clone())
    })
    .await
}

on_both_databases! {
    async fn a_ticket_is_there_once_with_its_file_however_the_calls_end(database: Database) {
        const TICKETS: u64 = 8;
        let jira = Jira::start(Flavour::Cloud).await;
        jira.index_is_late_by(Duration::from_millis(300));
        // Answers that are lost where that hurts, whatever the weather is.
        jira.fail(2, "POST", "/servicedeskapi/request", Fault::LoseAnswer);
        jira.fail(2, "POST", "/attachment", Fault::LoseAnswer);
        jira.fail(1, "POST", "/attachTemporaryFile", Fault::failure());
        jira.weather(Weather { lost_answers: 6, limits: 2, failures: 4 });
        let mut service = Service::start_with(setup(database, &jira, "look_for_ms = 900\n")).await;
        let mut sent = BTreeMap::new();
        for number in 0..TICKETS {
            let file = File::binary("log.bin", 20_000, number);
            let upload = service.client().upload(&file).await;
            let submission = a_submission_with(json!({ "upload_ids": [upload] }));
            let reference = service.client().submit(&submission).await.reference();
            sent.insert(reference, file.sha256());
            if number == TICKETS / 2 {
                one_issue(&jira).await;
                service.kill();
                service.start_again().await;
            }
        }
        let digest = |bytes: &[u8]| File::of("", "", bytes).sha256();
        eventually(SOON * 2, "all of them with their files", async || {
            let issues = jira.issues();
            let mut with_file = issues.iter().filter(|issue| !issue.files.is_empty());
            (with_file.by_ref().count() == sent.len()).then_some(())
        })
        .await;
        let nothing_left = async || {
            let left = service.jobs("ready");
            let mut left = left.iter().filter(|job| job["kind"] == "sync_ticket" || job["kind"] == "route_ticket");
            left.next().is_none().then_some(())
        };
        eventually(SOON, "nothing to be left to do", nothing_left).await;
        assert_eq!(service.jobs("dead"), Vec::<serde_json::Value>::new());
        let issues = jira.issues();
        assert_eq!(issues.len(), sent.len(), "none twice");
        for issue in issues {
            let reference = issue.fields["customfield_10050"].as_str().expect("a marker");
            let files: Vec<String> = issue.files.iter().map(|file| digest(&file.bytes)).collect();
            assert_eq!(files, [sent[reference].clone()], "{reference}");
        }
    }

    async fn what_the_requester_writes_there_is_theirs_here_and_files_of_staff_are_told_of(database: Database) {
        let (sink, jira) = (SmtpSink::start().await, Jira::start(Flavour::Cloud).await);
        let service = Service::start_with(setup(database, &jira, "").mail_to(&sink)).await;
        jira.post_to(&service.url("/v1/destinations/jira/events"));
        let (reference, _) = follow(&service).await;
        service.acknowledged(&reference).await;
        let key = one_issue(&jira).await;
        let ada = jira.add_customer("ada@customer.example", false);
        jira.make_reporter(&key, &ada);
        jira.agent_writes(&key, "Send us [^form.pdf], please.", true).await;
        fact(&service, &reference, "answered").await;
        let mail = sink.messages(2).await[1].mail();
        assert!(mail.text.contains("Send us form.pdf, please."), "{}", mail.text);
        assert!(mail.text.contains("Files that belong to this message: form.pdf."), "{}", mail.text);
        jira.writes(&ada, &key, "It is in [^filled.pdf].", true).await;
        let wrote = eventually(SOON, "the requester's words", async || {
            let ticket = service.ticket(&reference);
            let messages = ticket["messages"].as_array().expect("messages").clone();
            messages.into_iter().find(|message| message["kind"] == "answer")
        })
        .await;
        assert_eq!(wrote["text"], "It is in filled.pdf.");
        assert_eq!(sink.count(), 2, "nobody is mailed what they wrote");
        let comments = jira.only_issue().comments;
        assert_eq!(comments.len(), 2, "nothing goes back: {comments:?}");
    }

    async fn what_is_public_there_is_on_the_page_and_in_a_mail_and_notes_never_are(database: Database) {
        let (sink, jira) = (SmtpSink::start().await, Jira::start(Flavour::Cloud).await);
        let service = Service::start_with(setup(database, &jira, "").mail_to(&sink)).await;
        jira.post_to(&service.url("/v1/destinations/jira/events"));
        let (reference, path) = follow(&service).await;
        service.acknowledged(&reference).await;
        let key = one_issue(&jira).await;
        jira.agent_writes(&key, "canary-note", false).await;
        jira.agent_writes(&key, "Please restart it.", true).await;
        fact(&service, &reference, "answered").await;
        assert!(page(&service, &path).await.contains("We have answered you"));
        let mail = sink.messages(2).await[1].mail();
        assert!(mail.text.contains("Please restart it."), "{}", mail.text);
        jira.agent_moves(&key, "Resolved").await;
        eventually(SOON, "it to be solved here", async || {
            (service.ticket(&reference)["status"] == "solved").then_some(())
        })
        .await;
        let page = page(&service, &path).await;
        assert!(page.contains("Your request is solved"), "{page}");
        for text in [&page, &mail.everything()] {
            assert!(!text.contains("canary"), "{text}");
        }
        let timeline = service.command(&["ticket", "show", &reference, "--json"]);
        assert!(!timeline.contains("canary"), "{timeline}");
    }
}

#[tokio::test]
async fn a_hook_is_taken_from_jira_alone() {
    let jira = Jira::start(Flavour::Cloud).await;
    let service = Service::start_with(setup(Database::Sqlite, &jira, "")).await;
    let body = r#"{"issue":{"id":"10001"}}"#;
    let post = async |path: &str, signature: &str| {
        let request = service.client().request("POST", path).body(body);
        let request = request.header("X-Hub-Signature", signature);
        Answer::of(request.send().await.expect("an answer"))
            .await
            .status
            .as_u16()
    };
    let events = "/v1/destinations/jira/events";
    let signed = cornerdesk_tests::jira::signature(body);
    let by_token = format!("{events}/{HOOK_SECRET}");
    assert_eq!(post(events, &signed).await, 204);
    assert_eq!(post(&by_token, "").await, 204);
    for (path, signature) in [
        (events, ""),
        (events, &signed[..signed.len() - 2]),
        ("/v1/destinations/other/events", signed.as_str()),
        ("/v1/destinations/jira/events/guess", ""),
    ] {
        assert_eq!(post(path, signature).await, 401, "{path}");
    }
}

#[tokio::test]
async fn without_a_hook_it_is_asked_what_changed() {
    let jira = Jira::start(Flavour::DataCenter).await;
    let setup = setup(Database::Sqlite, &jira, "poll_ms = 500\n");
    let service = Service::start_with(setup).await;
    let (reference, path) = follow(&service).await;
    service.acknowledged(&reference).await;
    let key = one_issue(&jira).await;
    jira.agent_writes(&key, "canary-note", false).await;
    jira.agent_writes(&key, "We look into it.", true).await;
    fact(&service, &reference, "answered").await;
    let page = page(&service, &path).await;
    assert!(
        page.contains("We have answered you") && !page.contains("canary"),
        "{page}"
    );
}

#[tokio::test]
async fn what_staff_write_and_set_goes_there_and_their_notes_do_not() {
    let jira = Jira::start(Flavour::Cloud).await;
    let service = Service::start_with(setup(Database::Sqlite, &jira, "")).await;
    let (reference, _) = follow(&service).await;
    one_issue(&jira).await;
    let note = service.try_command(&["ticket", "note", &reference, "--by", "Kim"], "canary");
    assert!(note.status.success(), "{note:?}");
    let input = service.try_command(
        &["ticket", "reply", &reference, "--by", "Kim"],
        "Try again.",
    );
    assert!(input.status.success(), "{input:?}");
    service.command(&[
        "ticket", "status", &reference, "--to", "solved", "--by", "Kim",
    ]);
    let issue = eventually(SOON, "it to be resolved there", async || {
        let issue = jira.only_issue();
        (issue.status == "Resolved").then_some(issue)
    })
    .await;
    let said: Vec<_> = issue.comments.iter().map(|comment| &comment.body).collect();
    assert!(
        said.len() == 1 && said[0].ends_with("\n\nTry again."),
        "{said:?}"
    );
    assert!(issue.comments[0].is_public);
}

#[tokio::test]
async fn what_is_done_of_a_ticket_gives_the_rest_its_tries_again() {
    let jira = Jira::start(Flavour::Cloud).await;
    jira.fail(2, "POST", "/attachTemporaryFile", Fault::failure());
    let service = Service::start_with(setup(Database::Sqlite, &jira, "")).await;
    let upload = service.client().upload(&File::text("a.txt", "a")).await;
    let submission = a_submission_with(json!({ "upload_ids": [upload] }));
    service.client().submit(&submission).await;
    let job = eventually(SOON, "the ticket to be there with its file", async || {
        let done = service.jobs("done");
        let job = done.into_iter().find(|job| job["kind"] == "sync_ticket");
        job.filter(|_| !jira.only_issue().files.is_empty())
    })
    .await;
    assert_eq!(job["attempts"], 1, "{job}");
}

// The command asks Jira while it is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_were_taken_back_stop_it_visibly_and_nothing_is_lost() {
    let jira = Jira::start(Flavour::Cloud).await;
    jira.revoke_token();
    let url = Database::Sqlite.new_url();
    let setup = setup(Database::Sqlite, &jira, "").database_url(&url);
    let service = Service::start_with(setup).await;
    follow(&service).await;
    let store = Store::open(&url, 2)
        .await
        .expect("the database of the service");
    let why = eventually(SOON, "it to stop itself", async || {
        let mut tx = store.read().await.expect("a transaction");
        let state = store::destinations::find(&mut tx, "jira")
            .await
            .expect("an answer")?;
        state.disabled.map(|(_, why)| why)
    })
    .await;
    assert!(
        why.contains("secrets.token") && why.contains("401"),
        "{why}"
    );
    let checked = service.try_command(&["destination", "check", "jira"], "");
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(
        !checked.status.success() && said.contains("fault  secrets.token"),
        "{said}"
    );
    assert!(jira.issues().is_empty());

    jira.accept_token(TOKEN);
    let checked = service.command(&["destination", "check", "jira"]);
    assert!(
        checked.contains("The desk is Help desk (HELP, id 10)."),
        "{checked}"
    );
    let mut tx = store.write().await.expect("a transaction");
    let now = cornerdesk_ingest::clock::Clock::System.now();
    assert!(
        forwarding::resume(&mut tx, "jira", now)
            .await
            .expect("an answer")
    );
    tx.commit().await.expect("a commit");
    one_issue(&jira).await;
}
