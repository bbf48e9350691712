//! Tickets go on to Zendesk once, with their files, and what happens there comes back.

use std::{sync::Arc, time::Duration};

use cornerdesk_ingest::{
    clock::Clock,
    config::{self, Secret},
    destination::{
        Elsewhere, FileToSend, NewRequest, Remote, Saying, Scope, Verdict, Wanted,
        secret::Secrets,
        zendesk::{self, Zendesk as Client},
    },
    outbound::Outbound,
    ticket::Status,
};
use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission, a_submission_with},
    eventually, on_both_databases,
    service::Setup,
    smtp::SmtpSink,
    vendor::Fault,
    zendesk::{TOKEN, Ticket, Zendesk, signature},
};
use serde_json::json;
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(30);
const PUBLIC_URL: &str = "https://help.acme.example";
const MARKER: &str = "CD-7K3F-92XQ";

fn setup(database: Database, zendesk: &Zendesk, more: &str) -> Setup {
    let setup = Setup::new(database).reached_at(PUBLIC_URL);
    let setup = setup.waits_ms(10, 100).leases(2_000, 10_000);
    setup.section(&zendesk.section(more))
}

/// Submits; the reference, and the path of the page.
async fn follow(service: &Service) -> (String, String) {
    let answer = service.client().submit(&a_submission()).await;
    let url = answer.json()["status_url"].as_str().map(str::to_owned);
    let url = url.expect("an address");
    let path = url.strip_prefix(PUBLIC_URL).expect("our address");
    (answer.reference(), path.to_owned())
}

async fn one_ticket(zendesk: &Zendesk) -> Ticket {
    eventually(SOON, "a ticket over there", async || {
        zendesk.tickets().first().cloned()
    })
    .await
}

async fn status_is(service: &Service, reference: &str, status: &str) {
    eventually(SOON, status, async || {
        (service.ticket(reference)["status"] == status).then_some(())
    })
    .await;
}

async fn fact(service: &Service, reference: &str, kind: &str) {
    eventually(SOON, kind, async || {
        let ticket = service.ticket(reference);
        let mut facts = ticket["timeline"].as_array().expect("a timeline").iter();
        facts.any(|fact| fact["kind"] == kind).then_some(())
    })
    .await;
}

on_both_databases! {
    async fn a_ticket_goes_there_once_and_what_is_public_there_comes_back(database: Database) {
        let (sink, zendesk) = (SmtpSink::start().await, Zendesk::start().await);
        // Answers that are lost where that hurts.
        zendesk.fail(1, "POST", "/tickets", Fault::LoseAnswer);
        zendesk.fail(1, "POST", "/uploads", Fault::failure());
        zendesk.fail(1, "PUT", "", Fault::LoseAnswer);
        let service = Service::start_with(setup(database, &zendesk, "").mail_to(&sink)).await;
        zendesk.post_to(&service.url("/v1/destinations/zendesk/events"));
        let file = File::binary("log.bin", 20_000, 7);
        let upload = service.client().upload(&file).await;
        let submission = a_submission_with(json!({ "upload_ids": [upload] }));
        let answer = service.client().submit(&submission).await;
        let reference = answer.reference();
        service.acknowledged(&reference).await;
        let ticket = eventually(SOON, "it to be there with its file", async || {
            let ticket = zendesk.tickets().first().cloned()?;
            (!ticket.files().is_empty()).then_some(ticket)
        })
        .await;
        assert_eq!(ticket.made_with["external_id"], reference.as_str());
        let files = ticket.files();
        let sums: Vec<_> = files.iter().map(|there| File::of("", "", &there.bytes).sha256()).collect();
        assert_eq!(sums, [file.sha256()], "once, and whole");

        zendesk.agent_writes(ticket.id, "canary-note", false).await;
        zendesk.agent_writes(ticket.id, "Please restart it.", true).await;
        fact(&service, &reference, "answered").await;
        let mail = sink.messages(2).await[1].mail();
        assert!(mail.text.contains("Please restart it."), "{}", mail.text);
        assert!(!mail.everything().contains("Ann Agent"), "requesters know her as Ann");
        zendesk.agent_moves(ticket.id, "solved").await;
        status_is(&service, &reference, "solved").await;
        assert_eq!(zendesk.tickets().len(), 1, "none twice");
        let shown = service.command(&["ticket", "show", &reference, "--json"]);
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[tokio::test]
async fn what_staff_write_and_set_goes_there_and_their_notes_do_not() {
    let zendesk = Zendesk::start().await;
    let setup = setup(Database::Sqlite, &zendesk, "");
    let service = Service::start_with(setup).await;
    let (reference, _) = follow(&service).await;
    one_ticket(&zendesk).await;
    for (word, text) in [("note", "canary"), ("reply", "Try again {{ticket.id}}.")] {
        let done = service.try_command(&["ticket", word, &reference, "--by", "Kim"], text);
        assert!(done.status.success(), "{done:?}");
    }
    let to_closed = [
        "ticket", "status", &reference, "--to", "closed", "--by", "Kim",
    ];
    service.command(&to_closed);
    let ticket = eventually(SOON, "it to be solved there", async || {
        let ticket = zendesk.only_ticket();
        (ticket.status == "solved").then_some(ticket)
    })
    .await;
    let said: Vec<_> = ticket.comments.iter().map(|said| &said.html).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[1].starts_with("<p>Kim, ") && ticket.comments[1].is_public,
        "{said:?}"
    );
    // By default Zendesk knows nobody whom it could write to: the text says who asks.
    assert_eq!(ticket.made_with.get("requester"), None);
    assert!(
        said[0].contains("From: ") && said[0].contains('@'),
        "{said:?}"
    );
    // Solved there is no news here, where it is closed.
    assert_eq!(service.ticket(&reference)["status"], "closed");
}

#[tokio::test]
async fn without_a_hook_it_is_asked_what_changed_whatever_the_account_may() {
    for role in ["admin", "agent"] {
        let zendesk = Zendesk::start().await;
        zendesk.account_is(role);
        let setup = setup(Database::Sqlite, &zendesk, "poll_ms = 500\n");
        let service = Service::start_with(setup).await;
        let (reference, _) = follow(&service).await;
        let ticket = one_ticket(&zendesk).await;
        // What is said is news at the first look; how it stands is, from then on.
        zendesk
            .agent_writes(ticket.id, "We look into it.", true)
            .await;
        fact(&service, &reference, "answered").await;
        zendesk.agent_moves(ticket.id, "solved").await;
        status_is(&service, &reference, "solved").await;
    }
}

#[tokio::test]
async fn a_hook_is_taken_from_zendesk_alone() {
    let zendesk = Zendesk::start().await;
    let service = Service::start_with(setup(Database::Sqlite, &zendesk, "")).await;
    let body = r#"{"ticket_id":"12"}"#;
    let events = "/v1/destinations/zendesk/events";
    let (signed, at) = signature(body);
    for (signature, at, status) in [
        (signed.as_str(), at.as_str(), 204),
        ("", at.as_str(), 401),
        (signed.as_str(), "2021-03-25T05:09:27Z", 401),
        (signed.as_str(), "", 401),
    ] {
        let request = service.client().request("POST", events).body(body);
        let request = request
            .header("X-Zendesk-Webhook-Signature", signature)
            .header("X-Zendesk-Webhook-Signature-Timestamp", at);
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        assert_eq!(answer.status.as_u16(), status, "{signature} {at}");
    }
}

// The command asks Zendesk while it is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_the_settings_names_what_mends_each_fault() {
    let zendesk = Zendesk::start().await;
    let more = "requester = \"verified\"\ngroup = 360001\ngroups = { bug = 99 }\nform = 31\nfields = { 43 = \"{plan}\" }\nstatuses = { \"Waiting for a part\" = \"waiting\", Odd = \"open\" }\n";
    let setup = setup(Database::Sqlite, &zendesk, more);
    let service = Service::start_with(setup).await;
    let mails = json!([{ "field": "notification_user", "value": ["requester_id", "x", "y"] }]);
    zendesk.add_trigger(json!({ "title": "Notify requester", "active": true, "actions": mails, "conditions": { "all": [], "any": [] } }));
    let check = || {
        let checked = service.try_command(&["destination", "check", "zendesk"], "");
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        (checked.status.success(), said)
    };
    let (is_good, said) = check();
    assert!(!is_good);
    for line in [
        "ok     Zendesk is reached, and takes the token",
        "fault  zendesk.groups.bug: there is no 99; there are 360001 “Support”, 360009 “Bugs”",
        "fault  zendesk.fields.43: there is no 43; there are 360005 “Plan”, 360006 “Area”",
        "fault  zendesk.statuses: there is no status “Odd”; there are new, open",
        "ok     The trigger “Notify requester” writes to the requester",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    zendesk.accept_token("another");
    let (is_good, said) = check();
    assert!(!is_good && said.contains("fault  secrets.token"), "{said}");
}

/// A client of this Zendesk, as one job speaks to it.
fn client(zendesk: &Zendesk, more: &str) -> Client {
    let settings: zendesk::Settings = toml::from_str(&zendesk.settings(more)).expect("settings");
    assert_eq!(settings.faults(), Vec::<String>::new());
    let secrets = Secrets::from([("token".to_owned(), Secret::new(TOKEN.to_owned()))]);
    let config = config::Outbound {
        private_networks: Vec::new(),
        allowed: Vec::new(),
        ports: Vec::new(),
    };
    let (settings, outbound) = (Arc::new(settings), Outbound::new(&config));
    Client::new(
        &settings,
        &secrets,
        Arc::default(),
        &outbound,
        &Clock::System,
    )
    .expect("a client")
}

fn new<'a>() -> NewRequest<'a> {
    NewRequest {
        marker: MARKER,
        site: "acme",
        summary: "It fails {{ticket.requester.email}}",
        description: "Since today\n<b>it</b> fails {{current_user.email}} {% now %}",
        email: "ada@customer.example",
        name: Some("Ada"),
        is_verified: true,
        category: Some("bug"),
        priority: Some("P1"),
        plan: None,
        facts: "Page: https://app.acme.example",
        desk_url: None,
        files: &[],
    }
}

fn saying(text: &str, is_public: bool) -> Saying<'_> {
    Saying {
        id: Uuid::from_u128(7),
        author: "Kim",
        is_of_requester: false,
        text,
        at: "2026-11-23T08:40:12Z".parse().expect("a time"),
        is_public,
    }
}

fn file(bytes: &[u8]) -> FileToSend<'_> {
    FileToSend {
        id: Uuid::from_u128(9),
        name: "Bild \"ä\".png",
        content_type: "image/png",
        bytes,
        is_public: true,
    }
}

#[tokio::test]
async fn a_ticket_whose_making_is_unclear_is_found_or_made_by_the_same_key() {
    let zendesk = Zendesk::start().await;
    let client = client(&zendesk, "priorities = { P1 = \"urgent\" }\n");
    assert_eq!(client.find(MARKER).await.expect("an answer"), None);
    zendesk.fail(1, "POST", "/tickets", Fault::LoseAnswer);
    let fault = client.create(&new()).await.expect_err("a fault");
    assert_eq!(fault.verdict, Verdict::Unclear);
    let found = client.find(MARKER).await.expect("an answer").expect("it");
    // Even if it had not been found, the key keeps a second one from being made.
    assert_eq!(client.create(&new()).await.expect("the same"), found);
    let other = NewRequest {
        priority: None,
        ..new()
    };
    let fault = client.create(&other).await.expect_err("a fault");
    assert_eq!(fault.verdict, Verdict::Unclear, "it is looked up: {fault}");
    let ticket = zendesk.only_ticket();
    assert_eq!(found.id, ticket.id.to_string());
    assert_eq!(found.key, format!("#{}", ticket.id));
    assert!(
        found
            .url
            .expect("an address")
            .ends_with(&format!("/agent/tickets/{}", ticket.id))
    );
    assert_eq!(ticket.made_with["priority"], "urgent");
}

#[tokio::test]
async fn only_who_is_vouched_for_is_the_requester_there_and_who_is_suspended_is_not() {
    let verified = "requester = \"verified\"\n";
    for (more, is_verified, is_suspended, is_persons) in [
        (verified, true, false, true),
        (verified, false, false, false),
        (verified, true, true, false),
        ("", true, false, false),
    ] {
        let zendesk = Zendesk::start().await;
        if is_suspended {
            zendesk.suspend("ada@customer.example");
        }
        let new = NewRequest {
            is_verified,
            ..new()
        };
        client(&zendesk, more).create(&new).await.expect("a ticket");
        let made = zendesk.only_ticket().made_with;
        let email = &made["requester"]["email"];
        assert_eq!(email == "ada@customer.example", is_persons, "{made}");
        let text = made["comment"]["html_body"].as_str().expect("a text");
        assert_eq!(text.contains("From: Ada ada@"), !is_persons, "{text}");
    }
}

#[tokio::test]
async fn files_and_comments_are_there_once_and_known_again() {
    let zendesk = Zendesk::start().await;
    let client = client(&zendesk, "");
    let remote = client.create(&new()).await.expect("a ticket");
    let bytes = vec![1, 2, 3];
    let file = file(&bytes);
    assert_eq!(
        client.find_file(&remote, &file).await.expect("an answer"),
        None
    );
    zendesk.fail(1, "PUT", &remote.id, Fault::LoseAnswer);
    let fault = client.attach(&remote, &file).await.expect_err("a fault");
    assert_eq!(fault.verdict, Verdict::Unclear);
    let found = client.find_file(&remote, &file).await.expect("an answer");
    let there = zendesk.only_ticket().files();
    assert_eq!((there.len(), there[0].name.as_str()), (1, "Bild \"ä\".png"));
    assert_eq!(found, Some(there[0].id.to_string()));

    let hostile = saying("a < b && \"c\" {{ticket.id}}\n\n  <script>x</script>", true);
    let note = saying("a note", false);
    for said in [&hostile, &note] {
        zendesk.fail(1, "PUT", &remote.id, Fault::LoseAnswer);
        let fault = client.say(&remote, said).await.expect_err("a fault");
        assert_eq!(fault.verdict, Verdict::Unclear);
        assert!(
            client
                .find_said(&remote, said)
                .await
                .expect("an answer")
                .is_some()
        );
    }
    let other = saying("another", true);
    assert_eq!(
        client.find_said(&remote, &other).await.expect("an answer"),
        None
    );
    let id = client.say(&remote, &other).await.expect("it is said");
    assert_eq!(
        client.find_said(&remote, &other).await.expect("an answer"),
        Some(id)
    );
    let comments = zendesk.only_ticket().comments;
    let public: Vec<bool> = comments.iter().map(|said| said.is_public).collect();
    assert_eq!(public, [true, true, true, false, true]);
    let mirror = client.read(&remote).await.expect("an answer").expect("it");
    assert!(
        mirror.comments.iter().all(|said| said.is_ours),
        "{mirror:?}"
    );
    assert_eq!(mirror.comments.len(), 4, "no note, over several pages");
    assert_eq!(mirror.clocks[0].metric, "first reply time");
}

#[tokio::test]
async fn a_status_goes_by_its_kind_or_by_a_name_of_the_account() {
    let zendesk = Zendesk::start().await;
    let client = client(
        &zendesk,
        "statuses = { \"Waiting for a part\" = \"waiting\" }\nstatuses_there = { waiting = \"Waiting for you\" }\npriorities = { P1 = \"urgent\" }\n",
    );
    let remote = client.create(&new()).await.expect("a ticket");
    let number = zendesk.only_ticket().id;
    let read = async || client.read(&remote).await.expect("an answer");
    let set = async |status| {
        let wanted = Wanted {
            priority: None,
            status: Some(status),
        };
        client.set(&remote, &wanted).await
    };
    set(Status::Waiting).await.expect("it is set");
    assert_eq!(zendesk.only_ticket().custom_status, 502);
    let mirror = read().await.expect("it");
    assert_eq!(
        (mirror.status, mirror.status_name.as_str()),
        (Some(Status::Waiting), "Waiting for you")
    );
    zendesk.agent_moves(number, "Waiting for a part").await;
    assert_eq!(read().await.expect("it").status, Some(Status::Waiting));
    // Somebody changes it at the same moment: it is looked at again.
    zendesk.fail(
        1,
        "PUT",
        &remote.id,
        Fault::Instead {
            status: 409,
            headers: Vec::new(),
            body: "{}",
        },
    );
    set(Status::Solved).await.expect("it is set");
    assert_eq!(zendesk.only_ticket().status, "solved");
    let raised = Wanted {
        priority: Some("P1".to_owned()),
        status: None,
    };
    client.set(&remote, &raised).await.expect("it is set");
    assert_eq!(zendesk.only_ticket().priority, "urgent");
    zendesk.agent_moves(number, "closed").await;
    set(Status::Closed).await.expect("it is so");
    let fault = set(Status::Open).await.expect_err("a fault");
    assert_eq!(fault.verdict, Verdict::Never, "{fault}");
    zendesk.delete(number);
    assert_eq!(read().await, None, "it is gone");
}

#[tokio::test]
async fn a_limit_is_heeded_for_what_it_is_about() {
    let zendesk = Zendesk::start().await;
    let client = client(&zendesk, "");
    let remote = client.create(&new()).await.expect("a ticket");
    let left = ("x-rate-limit-remaining", "100");
    let wait = ("retry-after", "60");
    zendesk.fail(1, "PUT", &remote.id, Fault::limit(&[left, wait]));
    let fault = client
        .say(&remote, &saying("x", true))
        .await
        .expect_err("a fault");
    assert_eq!(
        (fault.verdict, fault.scope),
        (Verdict::Later, Scope::Ticket)
    );
    let other = Remote {
        id: "1".to_owned(),
        ..remote.clone()
    };
    assert_eq!(client.read(&other).await.expect("an answer"), None);
    zendesk.fail(1, "GET", &remote.id, Fault::limit(&[wait]));
    assert!(client.read(&remote).await.is_err());
    let calls = zendesk.calls().len();
    let fault = client.find(MARKER).await.expect_err("a fault");
    assert_eq!((fault.scope, zendesk.calls().len()), (Scope::All, calls));
    assert!(fault.after > Some(Duration::from_secs(50)), "{fault:?}");
}
