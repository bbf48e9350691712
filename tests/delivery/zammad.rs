//! Tickets go on to Zammad once, with their files, and what happens there comes back.

use std::{sync::Arc, time::Duration};

use cornerdesk_ingest::{
    clock::Clock,
    config::{self, Secret},
    destination::{
        Elsewhere, FileToSend, NewRequest, Saying, Verdict, Wanted,
        secret::Secrets,
        zammad::{self, Zammad as Client},
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
    zammad::{TOKEN, Ticket, Zammad, signature},
};
use serde_json::json;
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(30);
const PUBLIC_URL: &str = "https://help.acme.example";
const MARKER: &str = "CD-7K3F-92XQ";

fn setup(database: Database, zammad: &Zammad, more: &str) -> Setup {
    let setup = Setup::new(database).reached_at(PUBLIC_URL);
    let setup = setup.waits_ms(10, 100).leases(2_000, 10_000);
    setup.section(&zammad.section(&format!("look_for_ms = 500\n{more}")))
}

async fn one_ticket(zammad: &Zammad) -> Ticket {
    eventually(SOON, "a ticket over there", async || {
        zammad.tickets().first().cloned()
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
        let (sink, zammad) = (SmtpSink::start().await, Zammad::start().await);
        // Answers and calls that are lost where that hurts.
        zammad.fail(1, "POST", "/tickets", Fault::LoseCall);
        zammad.fail(1, "POST", "/ticket_articles", Fault::LoseAnswer);
        let service = Service::start_with(setup(database, &zammad, "").mail_to(&sink)).await;
        zammad.post_to(&service.url("/v1/destinations/zammad/events"));
        let file = File::binary("log.bin", 20_000, 7);
        let upload = service.client().upload(&file).await;
        let submission = a_submission_with(json!({ "upload_ids": [upload] }));
        let reference = service.client().submit(&submission).await.reference();
        service.acknowledged(&reference).await;
        let ticket = eventually(SOON, "it to be there with its file", async || {
            let ticket = zammad.tickets().first().cloned()?;
            (!ticket.files().is_empty()).then_some(ticket)
        })
        .await;
        let title = ticket.made_with["title"].as_str().expect("a title");
        assert!(title.ends_with(&format!(" [{reference}]")), "{title}");
        let files = ticket.files();
        let sums: Vec<_> = files.iter().map(|there| File::of("", "", &there.bytes).sha256()).collect();
        assert_eq!(sums, [file.sha256()], "once, and whole");

        zammad.agent_writes(ticket.id, "canary-note", false).await;
        zammad.writes(ticket.id, "System", "canary-rule", true).await;
        zammad.agent_writes(ticket.id, "Please <b>restart</b> it.", true).await;
        fact(&service, &reference, "answered").await;
        let mail = sink.messages(2).await[1].mail();
        assert!(mail.text.contains("Please restart it."), "{}", mail.text);
        zammad.agent_moves(ticket.id, "closed").await;
        status_is(&service, &reference, "solved").await;
        assert_eq!(zammad.tickets().len(), 1, "none twice");
        let shown = service.command(&["ticket", "show", &reference, "--json"]);
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[tokio::test]
async fn what_staff_write_and_set_goes_there_and_their_notes_do_not() {
    let zammad = Zammad::start().await;
    let service = Service::start_with(setup(Database::Sqlite, &zammad, "poll_ms = 500\n")).await;
    let reference = service.client().submit(&a_submission()).await.reference();
    let ticket = one_ticket(&zammad).await;
    assert_eq!(
        ticket.made_with["customer_id"], 3,
        "our account's, so that nobody is written to"
    );
    for (word, text) in [("note", "canary"), ("reply", "Try again.")] {
        let done = service.try_command(&["ticket", word, &reference, "--by", "Kim"], text);
        assert!(done.status.success(), "{done:?}");
    }
    let to_solved = [
        "ticket", "status", &reference, "--to", "solved", "--by", "Kim",
    ];
    service.command(&to_solved);
    let ticket = eventually(SOON, "it to be closed there", async || {
        let ticket = zammad.only_ticket();
        (ticket.state == "closed").then_some(ticket)
    })
    .await;
    let said: Vec<_> = ticket.articles.iter().map(|said| &said.body).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[1].starts_with("Kim, ") && said[1].ends_with("\n\nTry again."),
        "{said:?}"
    );
    // Without a hook it is asked what changed.
    zammad.agent_moves(ticket.id, "open").await;
    status_is(&service, &reference, "open").await;
}

#[tokio::test]
async fn a_hook_is_taken_from_zammad_alone() {
    let zammad = Zammad::start().await;
    let service = Service::start_with(setup(Database::Sqlite, &zammad, "")).await;
    let body = r#"{"ticket":{"id":12}}"#;
    let signed = signature(body);
    for (signature, status) in [(signed.as_str(), 204), ("", 401), (&signed[5..], 401)] {
        let request = service
            .client()
            .request("POST", "/v1/destinations/zammad/events");
        let request = request.header("X-Hub-Signature", signature).body(body);
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        assert_eq!(answer.status.as_u16(), status, "{signature}");
    }
}

// The command asks Zammad while it is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_the_settings_names_what_mends_each_fault() {
    let zammad = Zammad::start().await;
    let more = "requester = \"verified\"\ngroups = { bug = \"3rd\" }\npriorities = { P1 = \"4 urgent\" }\nstatuses = { \"in the lab\" = \"open\", odd = \"open\" }\n";
    let service = Service::start_with(setup(Database::Sqlite, &zammad, more)).await;
    let mails = json!({ "notification.email": { "recipient": "ticket_customer" } });
    zammad.show_triggers(vec![
        json!({ "name": "auto reply", "active": true, "perform": mails, "condition": {} }),
    ]);
    let check = || {
        let checked = service.try_command(&["destination", "check", "zammad"], "");
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        (checked.status.success(), said)
    };
    let (is_good, said) = check();
    assert!(!is_good);
    for line in [
        "ok     Zammad is reached, and takes the token.",
        "fault  zammad.groups.bug: there is no “3rd” among groups; there are Second Level, Users",
        "fault  zammad.statuses: there is no “odd” among states",
        "fault  zammad.priorities.P1: there is no “4 urgent” among priorities",
        "ok     The trigger “auto reply” writes to the customer",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    zammad.accept_token("another");
    let (is_good, said) = check();
    assert!(!is_good && said.contains("fault  secrets.token"), "{said}");
}

/// A client of this Zammad, as one job speaks to it.
fn client(zammad: &Zammad, more: &str) -> Client {
    let settings: zammad::Settings = toml::from_str(&zammad.settings(more)).expect("settings");
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
        summary: "It fails",
        description: "Since today\n<b>it</b> fails #{ticket.customer.email}",
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

#[tokio::test]
async fn a_ticket_whose_making_is_unclear_is_looked_for_before_it_is_made_again() {
    for field in ["", "marker_field = \"our_reference\"\n"] {
        let zammad = Zammad::start().await;
        let more = format!("{field}look_for_ms = 0\npriorities = {{ P1 = \"3 high\" }}\n");
        let client = client(&zammad, &more);
        // Whoever mentions a reference is not the ticket that has it.
        let like = NewRequest {
            marker: "CD-0000-0001",
            summary: "As in [CD-7K3F-92XQ]",
            ..new()
        };
        client.create(&like).await.expect("a ticket");
        assert_eq!(client.find(MARKER).await.expect("an answer"), None);
        zammad.fail(1, "POST", "/tickets", Fault::LoseAnswer);
        let fault = client.create(&new()).await.expect_err("a fault");
        assert_eq!(fault.verdict, Verdict::Unclear);
        let found = client.find(MARKER).await.expect("an answer").expect("it");
        let ticket = zammad.tickets().remove(1);
        assert_eq!(found.id, ticket.id.to_string());
        assert_eq!(found.key, format!("#{}", 22_000 + ticket.id));
        assert!(
            found
                .url
                .expect("an address")
                .ends_with(&format!("/#ticket/zoom/{}", ticket.id))
        );
        assert_eq!(ticket.priority, "3 high");
    }
    let zammad = Zammad::start().await;
    let patient = client(&zammad, "look_for_ms = 60000\n");
    let fault = patient.find(MARKER).await.expect_err("a fault");
    assert_eq!(
        fault.verdict,
        Verdict::Later,
        "it may be on its way: {fault}"
    );
}

#[tokio::test]
async fn only_who_is_vouched_for_is_the_customer_there_and_who_is_refused_is_not() {
    let verified = "requester = \"verified\"\n";
    for (more, is_verified, is_refused, is_persons) in [
        (verified, true, false, true),
        (verified, false, false, false),
        (verified, true, true, false),
        ("", true, false, false),
    ] {
        let zammad = Zammad::start().await;
        if is_refused {
            zammad.refuse("ada@customer.example");
        }
        let new = NewRequest {
            is_verified,
            ..new()
        };
        client(&zammad, more).create(&new).await.expect("a ticket");
        let made = zammad.only_ticket().made_with;
        let is_theirs = made["customer_id"] == "guess:ada@customer.example";
        assert_eq!(is_theirs, is_persons, "{made}");
    }
}

#[tokio::test]
async fn files_and_articles_are_there_once_and_known_again_and_a_state_goes_by_its_name() {
    let zammad = Zammad::start().await;
    let client = client(
        &zammad,
        "statuses_there = { open = \"in the lab\" }\nstatuses = { \"in the lab\" = \"open\" }\n",
    );
    let remote = client.create(&new()).await.expect("a ticket");
    let number = zammad.only_ticket().id;
    let bytes = vec![0, 255, 3];
    let file = FileToSend {
        id: Uuid::from_u128(9),
        name: "Bild \"ä\".png",
        content_type: "image/png",
        bytes: &bytes,
        is_public: true,
    };
    assert_eq!(
        client.find_file(&remote, &file).await.expect("an answer"),
        None
    );
    zammad.fail(1, "POST", "/ticket_articles", Fault::LoseAnswer);
    let fault = client.attach(&remote, &file).await.expect_err("a fault");
    assert_eq!(fault.verdict, Verdict::Unclear);
    let found = client.find_file(&remote, &file).await.expect("an answer");
    let there = zammad.only_ticket().files();
    assert_eq!(
        (there[0].name.as_str(), &there[0].bytes),
        (file.name, &bytes)
    );
    assert_eq!(found, Some(there[0].id.to_string()));
    for said in [
        saying("a < b\n\n  <script>x</script>", true),
        saying("a note", false),
    ] {
        zammad.fail(1, "POST", "/ticket_articles", Fault::LoseAnswer);
        let fault = client.say(&remote, &said).await.expect_err("a fault");
        assert_eq!(fault.verdict, Verdict::Unclear);
        assert!(
            client
                .find_said(&remote, &said)
                .await
                .expect("an answer")
                .is_some()
        );
    }
    let internal: Vec<bool> = (zammad.only_ticket().articles.iter())
        .map(|said| said.is_internal)
        .collect();
    assert_eq!(internal, [false, false, false, true]);
    zammad
        .writes(number, "Customer", "I answered a mail", true)
        .await;
    let read = async || client.read(&remote).await.expect("an answer");
    let mirror = read().await.expect("it");
    assert!(
        mirror.comments.iter().all(|said| said.is_ours),
        "{mirror:?}"
    );
    assert_eq!(mirror.notes[0].text, "I answered a mail");
    assert_eq!(mirror.clocks[0].metric, "first response");

    let set = async |status| {
        let wanted = Wanted {
            priority: None,
            status: Some(status),
        };
        client.set(&remote, &wanted).await
    };
    set(Status::Open).await.expect("it is set");
    assert_eq!(zammad.only_ticket().state, "in the lab");
    set(Status::Waiting).await.expect("it is set");
    assert!(zammad.only_ticket().pending_time.is_string());
    set(Status::Closed).await.expect("it is set");
    assert_eq!(read().await.expect("it").status, Some(Status::Solved));
    zammad.agent_moves(number, "merged").await;
    let fault = set(Status::Open).await.expect_err("a fault");
    assert_eq!(fault.verdict, Verdict::Never, "{fault}");
    zammad.delete(number);
    assert_eq!(read().await, None, "it is gone");
}
