use reqwest::header::HeaderMap;

use super::*;
use crate::{
    config::Secret,
    destination::{Verdict, teller::tests_of::news},
    ticket::{Entry, Fact, Status},
};

fn settings(text: &str) -> Settings {
    toml::from_str(text).unwrap()
}

fn app() -> Settings {
    settings("channel = 'C1'\nworkspace = 'https://acme.slack.com'")
}

fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status,
        headers: HeaderMap::new(),
        body: body.into(),
    }
}

#[test]
fn every_fault_names_its_key() {
    assert!(settings("").faults().is_empty() && app().faults().is_empty());
    let bad = settings("channel = '#help'\nworkspace = 'acme'\nbase_url = 'x'\nevents = ['y']");
    let faults = bad.faults().join("\n");
    for key in ["channel", "workspace", "base_url", "events"] {
        assert!(faults.contains(&format!("slack.{key}:")), "{faults}");
    }
    assert!(fault_of_token("xoxb-1-2").is_none() && fault_of_token("xoxp-1").is_some());
    assert!(fault_of_webhook_url("T0/B0/x").is_some());
}

/// Every text in the message that Slack reads for markup.
fn marked_up(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if value["type"] == "mrkdwn" {
                found.push(value["text"].as_str().unwrap().to_owned());
            }
            members.values().for_each(|member| marked_up(member, found));
        }
        Value::Array(members) => members.iter().for_each(|member| marked_up(member, found)),
        _ => {}
    }
}

#[test]
fn nothing_that_a_stranger_wrote_acts_and_nothing_is_too_long() {
    news(|news| {
        let whole = settings("channel = 'C1'\ninclude_content = true\ninclude_requester = true");
        let body = whole.next(news, None).unwrap().body;
        let mut found = vec![body["text"].as_str().unwrap().to_owned()];
        marked_up(&body, &mut found);
        for text in &found {
            for acting in ["<!channel", "<@", "<#", "<http", "@here", "@channel"] {
                assert!(!text.contains(acting), "{text}");
            }
            assert!(text.chars().count() <= 3000);
        }
        let blocks = body["blocks"].as_array().unwrap();
        assert!(blocks[0]["text"]["text"].as_str().unwrap().chars().count() <= 150);
        assert!(blocks[1]["fields"].as_array().unwrap().len() <= 10);
        assert!(body.to_string().contains("canary-description"));
        assert!(body.to_string().contains("Canary Name"));
        let plain = app().next(news, None).unwrap().body.to_string();
        assert!(!plain.to_lowercase().contains("canary"), "{plain}");
        assert!(plain.contains("/desk/tickets/CD-1"));
    });
}

#[test]
fn the_head_follows_the_ticket_and_the_rest_is_in_its_thread() {
    news(|news| {
        let app = app();
        let first = app.next(news, None).unwrap();
        assert_eq!(
            (first.what, first.method.as_str()),
            ("post", "chat.postMessage")
        );
        let answer = reply(
            200,
            r#"{"ok":true,"channel":"C1","ts":"1700000000.000100"}"#,
        );
        let remote = app
            .verdict(&first, &answer, Timestamp::UNIX_EPOCH)
            .unwrap()
            .remote
            .unwrap();
        assert_eq!(remote.id, "C1/1700000000.000100");
        assert_eq!(
            remote.url.as_deref(),
            Some("https://acme.slack.com/archives/C1/p1700000000000100")
        );
        let closed = Entry {
            seq: 2,
            at: Timestamp::UNIX_EPOCH,
            fact: Fact::StatusChanged {
                to: Status::Closed,
                by: "Kim".into(),
                root_cause: None,
                reason: None,
            },
        };
        let timeline = [news.timeline[0].clone(), closed];
        let now = News {
            remote: Some(&remote),
            ..*news
        };
        assert_eq!(app.next(&now, Some(&first.then)), None);
        let now = News {
            timeline: &timeline,
            ..now
        };
        let update = app.next(&now, Some(&first.then)).unwrap();
        assert_eq!(
            (update.what, &update.body["ts"]),
            ("update", &json!("1700000000.000100"))
        );
        let later = app.next(&now, Some(&update.then)).unwrap();
        assert_eq!(
            (later.what, &later.body["thread_ts"]),
            ("reply", &json!("1700000000.000100"))
        );
        assert!(later.body["text"].as_str().unwrap().contains("closed"));
        assert!(
            app.verdict(&later, &answer, Timestamp::UNIX_EPOCH)
                .unwrap()
                .remote
                .is_none()
        );
        assert_eq!(app.next(&now, Some(&later.then)), None);
    });
}

#[test]
fn the_token_goes_into_a_header_and_an_answer_says_in_its_body_what_follows() {
    let secrets = Secrets::from([(BOT_TOKEN.to_owned(), Secret::new("xoxb-1".into()))]);
    let question = app().question().unwrap();
    let request = app().request(&question, &secrets).unwrap();
    assert_eq!(request.url.as_str(), "https://slack.com/api/auth.test");
    assert_eq!(request.headers["authorization"], "Bearer xoxb-1");
    let hook = settings("");
    assert!(hook.question().is_none());
    assert_eq!(
        hook.request(&question, &secrets).unwrap_err().verdict,
        Verdict::Disabled
    );
    let verdict = |settings: &Settings, status, body: &str| {
        let telling = settings.trial("a", Timestamp::UNIX_EPOCH);
        settings
            .verdict(&telling, &reply(status, body), Timestamp::UNIX_EPOCH)
            .map_err(|fault| fault.verdict)
    };
    assert!(verdict(&app(), 200, r#"{"ok":true}"#).is_ok() && verdict(&hook, 200, "ok").is_ok());
    assert_eq!(
        verdict(&app(), 200, r#"{"ok":false,"error":"not_in_channel"}"#),
        Err(Verdict::Disabled)
    );
    assert_eq!(verdict(&app(), 200, "<html>"), Err(Verdict::Never));
    assert_eq!(verdict(&hook, 404, "no_service"), Err(Verdict::Disabled));
    assert_eq!(verdict(&hook, 429, ""), Err(Verdict::Later));
}
