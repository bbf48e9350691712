//! The client of Jira Service Management against a Jira that remembers, in the cloud's shapes and in the data center's.

use std::{sync::Arc, time::Duration};

use cornerdesk_ingest::{
    clock::Clock,
    config::{self, Secret},
    destination::{
        Elsewhere, FileToSend, NewRequest, Remote, Saying, Scope, Verdict, Wanted,
        jira::{self, Jira as Client},
        secret::Secrets,
    },
    outbound::Outbound,
    ticket::Status,
};
use cornerdesk_tests::{
    eventually,
    jira::{Fault, Flavour, Jira, TOKEN},
};
use uuid::Uuid;

const BOTH: [Flavour; 2] = [Flavour::Cloud, Flavour::DataCenter];
const MARKER: &str = "CD-7K3F-92XQ";
const MAPPED: &str = "marker_field = \"customfield_10050\"\nlook_for_ms = 1500\nfields = { customfield_10051 = \"{email}\" }\npriorities = { P1 = \"Highest\", P2 = \"High\" }\nstatuses = { Cancelled = \"closed\" }\n";

fn client(jira: &Jira, more: &str) -> Client {
    of(&jira.settings(more), TOKEN)
}

fn of(settings: &str, token: &str) -> Client {
    let settings: jira::Settings = toml::from_str(settings).expect("settings");
    assert_eq!(settings.faults(), Vec::<String>::new());
    let secrets = Secrets::from([("token".to_owned(), Secret::new(token.to_owned()))]);
    let config = config::Outbound {
        private_networks: Vec::new(),
        allowed: Vec::new(),
        ports: Vec::new(),
    };
    let (outbound, memory) = (Outbound::new(&config), Arc::default());
    Client::new(&settings, &secrets, memory, &outbound, &Clock::System).expect("a client")
}

fn new<'a>() -> NewRequest<'a> {
    NewRequest {
        marker: MARKER,
        site: "acme",
        summary: "It fails",
        description: "Since today\n{code}it{code} fails",
        email: "ada@customer.example",
        name: Some("Ada"),
        is_verified: true,
        category: None,
        priority: Some("P1"),
        plan: None,
        facts: "Page: https://app.acme.example",
        desk_url: None,
        files: &[],
    }
}

fn file<'a>(number: u128, bytes: &'a [u8]) -> FileToSend<'a> {
    FileToSend {
        id: Uuid::from_u128(number),
        name: "Bild \"ä\".png",
        content_type: "image/png",
        bytes,
        is_public: true,
    }
}

fn saying<'a>(text: &'a str, is_public: bool, second: i64) -> Saying<'a> {
    Saying {
        id: Uuid::from_u128(7),
        author: "Kim",
        is_of_requester: false,
        text,
        at: jiff::Timestamp::from_second(second).expect("a time"),
        is_public,
    }
}

async fn made(client: &Client) -> Remote {
    client.create(&new()).await.expect("it is made")
}

#[tokio::test]
async fn a_request_is_made_for_its_requester_with_what_the_form_takes() {
    for flavour in BOTH {
        let jira = Jira::start(flavour).await;
        let ada = jira.add_customer("ada@customer.example", false);
        let client = client(&jira, MAPPED);
        let remote = made(&client).await;
        let issue = jira.only_issue();
        assert_eq!(
            (remote.id.as_str(), remote.key.as_str()),
            (issue.id.as_str(), "HELP-1")
        );
        assert!(remote.url.expect("an address").starts_with(&jira.url()));
        assert_eq!((issue.reporter, issue.summary.as_str()), (ada, "It fails"));
        assert_eq!(issue.fields["customfield_10050"], MARKER);
        assert_eq!(issue.fields["customfield_10051"], "ada@customer.example");
        assert_eq!(issue.fields["priority"]["name"], "Highest");
        let text = issue.fields["description"].as_str().expect("a text");
        assert!(
            text.starts_with("Since today\n\\{code\\}it\\{code\\} fails\n"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn who_only_says_who_they_are_is_not_the_reporter() {
    for flavour in BOTH {
        let jira = Jira::start(flavour).await;
        let ada = jira.add_customer("ada@customer.example", false);
        let claimed = NewRequest {
            is_verified: false,
            ..new()
        };
        client(&jira, MAPPED)
            .create(&claimed)
            .await
            .expect("it is made");
        let issue = jira.only_issue();
        assert_ne!(issue.reporter, ada);
        let text = issue.fields["description"].as_str().expect("a text");
        assert!(text.contains("From: Ada ada@customer.example"), "{text}");
        assert_eq!(jira.count("GET", "/customer"), 0, "nobody is looked up");
    }
}

#[tokio::test]
async fn a_customer_is_found_made_or_left_out() {
    for flavour in BOTH {
        let reporter_of = async |jira: &Jira, more: &str| {
            made(&client(jira, &format!("{MAPPED}{more}"))).await;
            jira.only_issue().reporter
        };
        let jira = Jira::start(flavour).await;
        let hidden = jira.add_customer("ada@customer.example", true);
        assert_eq!(reporter_of(&jira, "").await, hidden);

        let jira = Jira::start(flavour).await;
        assert_eq!(reporter_of(&jira, "").await, "557058:bot");

        let jira = Jira::start(flavour).await;
        let made = reporter_of(&jira, "create_customers = true\n").await;
        assert_ne!(made, "557058:bot");
    }
}

#[tokio::test]
async fn a_request_whose_answer_is_lost_is_found_when_the_index_has_it() {
    for flavour in BOTH {
        for more in [MAPPED, "look_for_ms = 1500\n"] {
            let jira = Jira::start(flavour).await;
            jira.index_is_late_by(Duration::from_millis(400));
            jira.fail(1, "POST", "/servicedeskapi/request", Fault::LoseAnswer);
            let client = client(&jira, more);
            let fault = client.create(&new()).await.expect_err("its answer is lost");
            assert_eq!(fault.verdict, Verdict::Unclear, "{fault}");
            let found = found(&client).await.expect("it is there");
            assert_eq!(found.id, jira.only_issue().id);
        }
    }
}

/// What a marker finds, when it is certain.
async fn found(client: &Client) -> Option<Remote> {
    eventually(
        Duration::from_secs(20),
        "certainty",
        async || match client.find(MARKER).await {
            Ok(found) => Some(found),
            Err(fault) => {
                assert_eq!(
                    (fault.verdict, fault.scope),
                    (Verdict::Later, Scope::Ticket)
                );
                assert!(fault.after.is_some(), "{fault:?}");
                None
            }
        },
    )
    .await
}

#[tokio::test]
async fn what_was_never_made_is_looked_for_long_enough_and_what_is_merely_like_it_is_not_it() {
    let jira = Jira::start(Flavour::Cloud).await;
    let client = client(&jira, MAPPED);
    let like = NewRequest {
        marker: "CD-7K3F-0000",
        ..new()
    };
    client.create(&like).await.expect("it is made");
    jira.fail(1, "POST", "/servicedeskapi/request", Fault::LoseCall);
    let fault = client.create(&new()).await.expect_err("it is lost");
    assert_eq!(fault.verdict, Verdict::Unclear);
    let first = client.find(MARKER).await;
    assert_eq!(first.expect_err("too early").verdict, Verdict::Later);
    assert_eq!(found(&client).await, None);
}

#[tokio::test]
async fn a_file_arrives_as_it_is_and_is_known_again() {
    for flavour in BOTH {
        let jira = Jira::start(flavour).await;
        let client = client(&jira, MAPPED);
        let remote = made(&client).await;
        let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        let (first, second) = (file(1, &bytes), file(2, &bytes));
        assert_eq!(client.find_file(&remote, &first).await, Ok(None));
        let id = client.attach(&remote, &first).await.expect("it is taken");
        assert_eq!(client.find_file(&remote, &first).await, Ok(Some(id)));
        assert_eq!(
            client.find_file(&remote, &second).await,
            Ok(None),
            "it has the same name"
        );
        jira.fail(1, "POST", "/attachment", Fault::LoseAnswer);
        let fault = client
            .attach(&remote, &second)
            .await
            .expect_err("its answer is lost");
        assert_eq!(fault.verdict, Verdict::Unclear);
        assert!(
            client
                .find_file(&remote, &second)
                .await
                .expect("an answer")
                .is_some()
        );
        let files = jira.only_issue().files;
        assert_eq!(files.len(), 2);
        for file in &files {
            assert!(
                file.bytes == bytes && file.name == "Bild 'ä'.png",
                "{}",
                file.name
            );
        }
    }
}

#[tokio::test]
async fn a_file_that_is_too_big_is_refused_alone() {
    let jira = Jira::start(Flavour::Cloud).await;
    let client = client(&jira, MAPPED);
    let remote = made(&client).await;
    let too_big = Fault::Instead {
        status: 413,
        headers: Vec::new(),
        body: r#"{"errorMessage":"Too big"}"#,
    };
    jira.fail(1, "POST", "/attachTemporaryFile", too_big);
    let fault = client
        .attach(&remote, &file(1, b"x"))
        .await
        .expect_err("it is refused");
    assert_eq!(fault.verdict, Verdict::Never, "{fault}");
    assert!(fault.reason.contains("Too big"), "{fault}");
}

#[tokio::test]
async fn what_is_public_and_what_is_not_stay_apart_both_ways() {
    for flavour in BOTH {
        let jira = Jira::start(flavour).await;
        let ada = jira.add_customer("ada@customer.example", false);
        let client = client(&jira, MAPPED);
        let remote = made(&client).await;
        let (reply, note) = (
            saying("Look *here*", true, 1),
            saying("Between us", false, 1),
        );
        for said in [&reply, &note] {
            assert_eq!(client.find_said(&remote, said).await, Ok(None));
            let id = client.say(&remote, said).await.expect("it is said");
            assert_eq!(client.find_said(&remote, said).await, Ok(Some(id)));
        }
        let again = saying("Look *here*", true, 2);
        assert_eq!(
            client.find_said(&remote, &again).await,
            Ok(None),
            "the same words later"
        );
        let comments = jira.only_issue().comments;
        let public: Vec<bool> = comments.iter().map(|comment| comment.is_public).collect();
        assert_eq!(public, [true, false]);
        assert_eq!(
            comments[0].body,
            "Kim, 1970-01-01 00:00:01 UTC:\n\nLook \\*here*"
        );

        jira.agent_writes("HELP-1", "Try [this|https://a.example].", true)
            .await;
        jira.agent_writes("HELP-1", "canary", false).await;
        jira.writes(&ada, "HELP-1", "It works", true).await;
        let mirror = client
            .read(&remote)
            .await
            .expect("an answer")
            .expect("it is there");
        let said: Vec<_> = mirror
            .comments
            .iter()
            .filter(|comment| !comment.is_ours)
            .map(|comment| (comment.author.as_str(), comment.text.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                ("Ann Agent", "Try this (https://a.example)."),
                ("ada@customer.example", "It works"),
            ]
        );
        assert_eq!(mirror.comments.len(), 3);
        assert!(!format!("{mirror:?}").contains("canary"));
    }
}

#[tokio::test]
async fn long_lists_are_read_to_their_end() {
    let jira = Jira::start(Flavour::Cloud).await;
    let client = client(&jira, MAPPED);
    let remote = made(&client).await;
    for number in 0..45 {
        jira.agent_writes("HELP-1", &format!("Line {number}"), true)
            .await;
    }
    let mirror = client
        .read(&remote)
        .await
        .expect("an answer")
        .expect("it is there");
    assert_eq!(mirror.comments.len(), 45);
    assert_eq!(mirror.comments[44].text, "Line 44");
}

#[tokio::test]
async fn priority_and_status_go_there_and_come_back() {
    for flavour in BOTH {
        let jira = Jira::start(flavour).await;
        let client = client(&jira, MAPPED);
        let remote = made(&client).await;
        let stands = async || {
            let mirror = client
                .read(&remote)
                .await
                .expect("an answer")
                .expect("it is there");
            (mirror.status_name, mirror.status)
        };
        assert_eq!(
            stands().await,
            ("Waiting for support".into(), Some(Status::New))
        );
        for (wanted, name, status) in [
            (Status::Open, "In progress", Status::Open),
            (Status::Waiting, "Waiting for customer", Status::Waiting),
            (Status::Solved, "Resolved", Status::Solved),
            (Status::Closed, "Cancelled", Status::Closed),
        ] {
            let wanted = Wanted {
                priority: Some("P2".into()),
                status: Some(wanted),
            };
            client.set(&remote, &wanted).await.expect("it is set");
            client
                .set(&remote, &wanted)
                .await
                .expect("it is so already");
            assert_eq!(stands().await, (name.into(), Some(status)));
        }
        assert_eq!(
            jira.count("POST", "/transitions"),
            4,
            "each step is taken once"
        );
        assert_eq!(jira.only_issue().fields["priority"]["name"], "High");
        let clocks = client
            .read(&remote)
            .await
            .expect("an answer")
            .expect("it is there")
            .clocks;
        assert_eq!(clocks[0].goal_ms, Some(14_400_000));
    }
}

#[tokio::test]
async fn what_changed_is_heard_of_and_what_is_gone_is_gone() {
    for flavour in BOTH {
        let jira = Jira::start(flavour).await;
        let client = client(&jira, MAPPED);
        let ids: Vec<String> = {
            let mut ids = Vec::new();
            for number in 0..60 {
                let marker = format!("CD-0000-{number:04}");
                let new = NewRequest {
                    marker: &marker,
                    priority: None,
                    is_verified: false,
                    ..new()
                };
                ids.push(client.create(&new).await.expect("it is made").id);
            }
            ids
        };
        let before = Clock::System.now();
        let heard = client.changed_since(before).await.expect("an answer");
        assert_eq!(heard.ids, ids);
        assert!(heard.until >= Some(before));
        let gone = Remote {
            id: "1".into(),
            key: "HELP-0".into(),
            url: None,
        };
        assert_eq!(client.read(&gone).await, Ok(None));
    }
}

#[tokio::test]
async fn a_limit_is_heeded_and_the_place_is_left_alone_until_it_is_over() {
    let jira = Jira::start(Flavour::Cloud).await;
    let client = client(&jira, MAPPED);
    let remote = made(&client).await;
    jira.fail(1, "GET", "/comment", Fault::limit("jira-burst-based", "60"));
    let fault = client.read(&remote).await.expect_err("it is limited");
    assert_eq!(
        (fault.verdict, fault.scope),
        (Verdict::Later, Scope::Endpoint)
    );
    assert_eq!(fault.after, Some(Duration::from_secs(60)));
    let asked = jira.count("GET", "/comment");
    client.read(&remote).await.expect_err("it is limited still");
    assert_eq!(jira.count("GET", "/comment"), asked, "nobody asked");
    let issue = format!("/issue/{}", remote.id);
    jira.fail(
        1,
        "PUT",
        &issue,
        Fault::limit("jira-quota-tenant-based", "60"),
    );
    let wanted = Wanted {
        priority: Some("P1".into()),
        status: None,
    };
    let fault = client
        .set(&remote, &wanted)
        .await
        .expect_err("the quota is used up");
    assert_eq!(fault.scope, Scope::All);
    let asked = jira.calls().len();
    client
        .find(MARKER)
        .await
        .expect_err("nothing is asked any more");
    assert_eq!(jira.calls().len(), asked);
}

#[tokio::test]
async fn credentials_that_were_taken_back_end_everything_and_say_so() {
    for flavour in BOTH {
        let jira = Jira::start(flavour).await;
        let client = client(&jira, MAPPED);
        let remote = made(&client).await;
        jira.revoke_token();
        let fault = client.read(&remote).await.expect_err("it is refused");
        assert_eq!(fault.verdict, Verdict::Disabled);
        assert!(
            fault.reason.contains("secrets.token") && fault.seen.status == Some(401),
            "{fault:?}"
        );
        let html = Fault::Instead {
            status: 302,
            headers: vec![("location", "https://sso.example/")],
            body: "",
        };
        jira.fail(1, "GET", &format!("/request/{}", remote.id), html);
        let fault = client
            .read(&remote)
            .await
            .expect_err("it is sent elsewhere");
        assert!(
            fault.verdict == Verdict::Disabled && fault.reason.contains("base_url"),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn a_page_instead_of_an_answer_is_never_taken_for_one() {
    let jira = Jira::start(Flavour::Cloud).await;
    let client = client(&jira, MAPPED);
    made(&client).await;
    let page = || Fault::Instead {
        status: 200,
        headers: Vec::new(),
        body: "<html>Welcome</html>",
    };
    jira.fail(1, "POST", "/servicedeskapi/request", page());
    let fault = client.create(&new()).await.expect_err("it is no answer");
    assert_eq!(fault.verdict, Verdict::Unclear, "perhaps it was made");
    jira.fail(1, "POST", "/search/jql", page());
    let fault = client.find(MARKER).await.expect_err("it is no answer");
    assert_eq!(fault.verdict, Verdict::Later);
}

/// The settings at which faults are found.
async fn faults(client: &Client) -> Vec<String> {
    let findings = client.check().await;
    let faults = findings.into_iter().filter(|finding| finding.is_fault);
    faults.map(|finding| finding.setting).collect()
}

#[tokio::test]
async fn each_fault_of_the_settings_is_found_with_the_setting_that_mends_it() {
    for flavour in BOTH {
        let jira = Jira::start(flavour).await;
        assert_eq!(faults(&client(&jira, MAPPED)).await, Vec::<String>::new());
        let more = |line: &str| format!("look_for_ms = 1\n{line}\n");
        for (line, setting) in [
            ("marker_field = \"customfield_99\"", "jira.marker_field"),
            (
                "request_types = { bug = \"Report a bgu\" }",
                "jira.request_types.bug",
            ),
            ("priorities = { P1 = \"Urgent\" }", "jira.priorities.P1"),
            ("statuses = { Abandoned = \"closed\" }", "jira.statuses"),
        ] {
            let mut found = faults(&client(&jira, &more(line))).await;
            found.dedup();
            assert_eq!(found, [setting], "{flavour:?} {line}");
        }
        let wrong = jira.settings("").replace("\"HELP\"", "\"NOPE\"");
        assert_eq!(faults(&of(&wrong, TOKEN)).await, ["jira.desk"]);
        let stranger = of(&jira.settings(""), "nonsense");
        assert_eq!(faults(&stranger).await, ["secrets.token, jira.account"]);
        jira.add_field(
            serde_json::json!({ "fieldId": "customfield_77", "name": "Machine", "required": true }),
        );
        jira.take_permission("ADD_COMMENTS");
        assert_eq!(
            faults(&client(&jira, "")).await,
            ["jira.fields.customfield_77", "jira.account"]
        );
    }
}
