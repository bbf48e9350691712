//! Alarms of monitoring systems: row 12 of what policies ask for.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, RawConnection},
    monitoring::{TOKEN, alert, send, setting, tell, webhook},
    on_both_databases,
    service::Setup,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

const M3TER: &str = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";

async fn service(database: Database) -> Service {
    Service::start_with(Setup::new(database).section(&setting(""))).await
}

/// Facts of a kind on a ticket's timeline.
fn facts<'a>(ticket: &'a Value, kind: &str) -> Vec<&'a Value> {
    let timeline = ticket["timeline"].as_array().expect("a timeline");
    timeline
        .iter()
        .filter(|fact| fact["kind"] == kind)
        .collect()
}

fn finish(service: &Service, reference: &str) {
    let done = [
        "ticket", "status", reference, "--to", "solved", "--by", "Grace",
    ];
    service.command(&done);
}

async fn own(client: &Client, alarm: Value) -> Answer {
    send(client, &alarm).await
}

on_both_databases! {
    async fn an_alarm_makes_one_ticket_and_fifty_repeats_are_one_fact_of_it(database: Database) {
        let service = service(database).await;
        let client = service.client();
        let (outcome, reference) = tell(&client, "db1", "firing").await;
        assert_eq!(outcome, "opened");
        for _ in 0..50 {
            assert_eq!(tell(&client, "db1", "firing").await, ("repeated".to_owned(), reference.clone()));
        }
        assert_eq!(service.tickets().len(), 1);
        let ticket = service.ticket(&reference);
        assert_eq!(ticket["summary"], "Disk of db1 is full");
        assert!(ticket["description"].as_str().is_some_and(|text| text.starts_with("It has 1 % left.\n\nalertname: DiskFull\ninstance: db1\n")), "{ticket}");
        assert_eq!((&ticket["channel"], &ticket["email"]), (&json!("alarm"), &json!("")));
        assert_eq!(facts(&ticket, "alarm_repeated").len(), 1, "{ticket}");
        assert_eq!(facts(&ticket, "alarm_repeated")[0]["times"], 50);
        assert_eq!(ticket["timeline"].as_array().map(Vec::len), Some(3), "{ticket}");
        // There is nobody to write to.
        assert!(service.jobs("ready").is_empty() && service.jobs("done").is_empty());
        let text = service.command(&["ticket", "show", &reference]);
        assert!(text.contains("Alarm repeated: 50 times, last at ") && text.contains("no requester"), "{text}");
    }

    async fn an_alarm_that_is_over_is_a_fact_and_one_that_fires_after_its_ticket_was_closed_makes_a_new_one(database: Database) {
        let service = service(database).await;
        let client = service.client();
        assert_eq!(tell(&client, "db1", "resolved").await, ("ignored".to_owned(), String::new()));
        let (_, first) = tell(&client, "db1", "firing").await;
        assert_eq!(tell(&client, "db1", "resolved").await, ("resolved".to_owned(), first.clone()));
        assert_eq!(tell(&client, "db1", "resolved").await.0, "ignored");
        let ticket = service.ticket(&first);
        assert_eq!((facts(&ticket, "alarm_resolved").len(), &ticket["status"]), (1, &json!("new")));
        // While the ticket is open, the alarm has it.
        assert_eq!(tell(&client, "db1", "firing").await, ("repeated".to_owned(), first.clone()));
        finish(&service, &first);
        let (outcome, second) = tell(&client, "db1", "firing").await;
        assert_eq!(outcome, "opened");
        assert_ne!(second, first);
        let ticket = service.ticket(&second);
        assert_eq!(facts(&ticket, "alarm")[0]["former"], json!(first));
        assert_eq!(tell(&client, "db1", "firing").await, ("repeated".to_owned(), second));
        assert_eq!(service.tickets().len(), 2);
    }

    async fn the_priority_of_a_severity_starts_the_clock_of_the_policy(database: Database) {
        let terms = "category = \"incident\"\npriority_by_severity = { critical = \"S1\", warning = \"S3\" }\n";
        let setup = Setup::new(database).site_setting(M3TER).section(&setting(terms));
        let service = Service::start_with(setup).await;
        let client = service.client();
        let (_, reference) = tell(&client, "db1", "firing").await;
        let ticket = service.ticket(&reference);
        assert_eq!((&ticket["category"], &ticket["priority"], &ticket["status"]), (&json!("incident"), &json!("S1"), &json!("new")));
        assert_eq!((&ticket["clock"]["status"], &ticket["clock"]["budget_s"]), (&json!("running"), &json!(3600)), "{ticket}");
        assert_eq!(facts(&ticket, "classified")[0]["by"], "prometheus (alarm)");

        // One that gets graver becomes more urgent, and what staff have set stays while it says the same.
        let alarm = |severity: &str| json!({ "key": "disk", "summary": "Disk", "severity": severity });
        let reference = own(&client, alarm("warning")).await.json()["alarms"][0]["reference"].as_str().expect("a reference").to_owned();
        assert_eq!(service.ticket(&reference)["priority"], "S3");
        own(&client, alarm("Critical")).await;
        assert_eq!(service.ticket(&reference)["priority"], "S1");
        service.command(&["ticket", "classify", &reference, "--priority", "S2", "--by", "Grace"]);
        own(&client, alarm("Critical")).await;
        assert_eq!(service.ticket(&reference)["priority"], "S2");
    }

    async fn more_alarms_than_may_make_tickets_are_counted_by_one_ticket(database: Database) {
        let setup = Setup::new(database).limited("alarm_tickets_per_source = 5").section(&setting(""));
        let service = Service::start_with(setup).await;
        let client = service.client();
        let flood: Vec<Value> = (0..1_000).map(|number| alert(&format!("pod-{number}"), "firing")).collect();
        let answer = send(&client, &webhook(&flood)).await.json();
        let outcomes = answer["alarms"].as_array().expect("alarms").iter().map(|alarm| alarm["outcome"].as_str().expect("an outcome"));
        let counted = outcomes.filter(|outcome| *outcome == "counted").count();
        assert_eq!((counted, service.tickets().len()), (995, 6));
        // The same again, some over, and a message that leaves some out.
        let mut again = webhook(&[&flood[..], &[alert("late", "firing"), alert("pod-999", "resolved")]].concat());
        again["truncatedAlerts"] = json!(70);
        assert_eq!(send(&client, &again).await.status, 200);
        assert_eq!(service.tickets().len(), 6);
        let reference = answer["alarms"][999]["reference"].as_str().expect("a reference");
        let ticket = service.ticket(reference);
        assert_eq!(ticket["summary"], "More alarms from prometheus than may make tickets");
        let [count] = facts(&ticket, "alarms_over_limit")[..] else { panic!("{ticket}") };
        assert_eq!((&count["alarms"], &count["left_out"]), (&json!(996), &json!(71)));
        assert_eq!(facts(&ticket, "alarm_repeated").len() + facts(&ticket, "alarm_resolved").len(), 0);
        // What fires when staff are done with it is told again.
        finish(&service, reference);
        let (outcome, other) = tell(&client, "pod-998", "firing").await;
        assert_eq!(outcome, "counted");
        assert_ne!(other, reference);
    }

    async fn what_is_sent_too_often_too_large_or_is_no_alarm_is_refused_and_changes_nothing(database: Database) {
        let setup = Setup::new(database).limited("alarms_per_source = 3").section(&setting(""));
        let service = Service::start_with(setup).await;
        let client = service.client();
        for (body, said) in [
            (json!({ "key": "", "summary": "x" }), "key: "),
            (json!({ "key": "x" }), "summary: "),
            (json!({ "alerts": "none" }), "Alertmanager"),
            (json!({ "version": "3", "alerts": [] }), "version"),
        ] {
            let problem = send(&client, &body).await.problem(400, "malformed-request");
            assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(said)), "{problem}");
        }
        let mut connection = RawConnection::open(service.address()).await;
        let head = format!("POST {} HTTP/1.1\r\nHost: help.example\r\nContent-Type: application/json\r\nContent-Length: 3000000\r\n\r\n", client.path("alerts"));
        connection.send(head).await;
        let (said, _) = connection.pour(&[b'x'; 65_536], 45, 33).await;
        assert!(said.contains("payload-too-large"), "{said}");
        for token in ["", "wrong", &TOKEN[1..]] {
            let request = client.request("POST", &client.path("alerts")).bearer_auth(token);
            let answer = Answer::of(request.json(&webhook(&[])).send().await.expect("an answer")).await;
            answer.problem(401, "identity-refused");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
        assert!(service.tickets().is_empty());
        for _ in 0..3 {
            assert_eq!(own(&client, json!({ "key": "disk", "summary": "Disk" })).await.status, 200);
        }
        let refused = own(&client, json!({ "key": "other", "summary": "Other" })).await;
        refused.problem(429, "too-many-requests");
        assert!(refused.header("retry-after").is_some());
        assert_eq!(service.tickets().len(), 1);
        assert!(!service.log().contains(TOKEN));
    }

    async fn an_alarm_is_one_ticket_for_two_processes_that_hear_of_it_at_once(database: Database) {
        let (url, alerts) = (database.new_url(), setting(""));
        let setup = || Setup::new(database).database_url(&url).section(&alerts);
        let services = [Service::start_with(setup()).await, Service::start_with(setup()).await];
        let clients = services.each_ref().map(Service::client);
        let told = (0..40).map(|number| {
            let key = format!("db{}", number % 4);
            let client = &clients[number % 2];
            async move { tell(client, &key, "firing").await }
        });
        let told = join_all(told).await;
        let opened = told.iter().filter(|(outcome, _)| outcome == "opened").count();
        assert_eq!((opened, services[0].tickets().len()), (4, 4), "{told:?}");
        for ticket in services[1].tickets() {
            let ticket = services[1].ticket(ticket["reference"].as_str().expect("a reference"));
            let [count] = facts(&ticket, "alarm_repeated")[..] else { panic!("{ticket}") };
            assert_eq!(count["times"], 9);
        }
    }

    async fn an_address_that_is_configured_gets_the_acknowledgement(database: Database) {
        let setup = Setup::new(database).section(&setting("email = \"duty@customer.example\""));
        let service = Service::start_with(setup).await;
        let (_, reference) = tell(&service.client(), "db1", "firing").await;
        service.acknowledged(&reference).await;
        tell(&service.client(), "db1", "firing").await;
        assert_eq!(service.ticket(&reference)["email"], "duty@customer.example");
        assert_eq!(service.jobs("done").len(), 1, "a repeat is no mail");
    }

    async fn staff_see_where_an_alarm_comes_from_and_how_often(database: Database) {
        let service = service(database).await;
        let client = service.client();
        let (_, first) = tell(&client, "db1", "firing").await;
        for status in ["firing", "firing", "resolved"] {
            tell(&client, "db1", status).await;
        }
        let staff = service.sign_in_staff().await;
        let page = async |path: &str| Answer::of(staff.request("GET", path).send().await.expect("a page")).await.text;
        let list = page("/desk").await;
        assert!(list.contains("Alarm, repeated 2 times, last ") && list.contains(", resolved") && list.contains(">prometheus</bdi>"), "{list}");
        let ticket = page(&format!("/desk/tickets/{first}")).await;
        for words in ["Repeated 2 times.", "severity <bdi>critical</bdi>", "<dt>Channel</dt><dd>Alarm</dd>", "Whether the ticket is done is for you to say"] {
            assert!(ticket.contains(words), "{words}: {ticket}");
        }
        assert!(!ticket.contains("mailto:") && !ticket.contains("Ask for access"), "there is no requester");
        finish(&service, &first);
        let (_, second) = tell(&client, "db1", "firing").await;
        assert!(page(&format!("/desk/tickets/{second}")).await.contains(&format!("The same alarm made <a class=\"reference\" href=\"/desk/tickets/{first}\"")));
    }
}

/// What `config check` finds wrong.
fn check(setup: &Setup) -> String {
    let checked = Service::prepare(setup).try_command(&["config", "check"], "");
    assert!(!checked.status.success(), "{checked:?}");
    String::from_utf8_lossy(&checked.stderr).into_owned()
}

#[test]
fn what_a_monitoring_system_cannot_be_is_said_before_the_start() {
    let faults = [
        (setting("category = \"incident\""), "need policy"),
        (setting("").replace("token_file", "token_env"), "is not set"),
        (setting("email = \"nobody\""), "email \"nobody\""),
    ];
    for (section, said) in faults {
        let told = check(&Setup::new(Database::Sqlite).section(&section));
        assert!(told.contains(said), "{told}");
    }
    let unknown = setting("category = \"x\"\npriority_by_severity = { critical = \"P9\" }");
    let setup = Setup::new(Database::Sqlite)
        .site_setting(M3TER)
        .section(&unknown);
    let told = check(&setup);
    assert!(
        told.contains("has no category \"x\"") && told.contains("has no priority \"P9\""),
        "{told}"
    );
}
