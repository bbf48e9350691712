//! What goes is said in writing as early as the policy promises (requirement 63).

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service, eventually, on_both_databases, service::Setup, smtp::SmtpSink,
};
use serde_json::Value;

const DAY: u64 = 86_400;
const NO_HOLIDAYS: &str = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";
const ACCOUNTS: &str = "[[sites.accounts]]\nkey = \"big\"\ncontacts = [\"tam@acme.example\"]\nnotices = [\"coo@big.example\", \"cto@big.example\"]\n[[sites.accounts]]\nkey = \"small\"\nnotices = [\"boss@small.example\"]\n[[sites.accounts]]\nkey = \"silent\"\ncontacts = [\"tam@acme.example\"]";
const ANOTHER: &str =
    "\n[[sites.accounts]]\nkey = \"new\"\nnotices = [\"kim@new.example\", \"COO@big.example\"]";

fn announce(service: &Service, more: &[&str]) -> Result<String, String> {
    let mut arguments = vec!["deprecation", "announce", "--site", "acme", "--by", "Kim"];
    arguments.extend(["--feature", "Export as XML <b>"]);
    arguments.extend(more);
    let output = service.try_command(&arguments, "");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}

fn list(service: &Service) -> Value {
    let said = service.command(&["deprecation", "list", "--site", "acme", "--json"]);
    serde_json::from_str(&said).expect("JSON")
}

on_both_databases! {
    async fn whoever_gets_the_notices_of_an_account_is_told_once_and_it_is_known_who_was(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = Setup::new(database).mail_to(&sink).site_setting(NO_HOLIDAYS);
        let mut service = Service::start_with(setup.clone().section(ACCOUNTS)).await;
        // Earlier than the policy allows: refused, with the first day that is.
        let refused = announce(&service, &["--ends", "2026-01-01"]).expect_err("a refusal");
        assert!(refused.contains("at the earliest, not 2026-01-01"), "{refused}");
        let refused = announce(&service, &["--notice", "2020-01-01"]).expect_err("a refusal");
        assert!(refused.contains("on which it is sent"), "{refused}");
        assert_eq!(list(&service), Value::Array(vec![]));

        let said = announce(&service, &[]).expect("it is announced");
        assert!(said.contains("3 notices"), "{said}");
        let mails = sink.messages(3).await;
        let mut to: Vec<&str> = mails.iter().flat_map(|mail| &mail.recipients).map(String::as_str).collect();
        to.sort_unstable();
        assert_eq!(to, ["boss@small.example", "coo@big.example", "cto@big.example"]);
        let mail = mails[0].mail();
        let ends = list(&service)[0]["ends_on"].as_str().expect("a day").to_owned();
        let year = &ends[..4];
        assert!(mail.header("Subject").contains("Export as XML <b>") && mail.header("Subject").contains(year), "{}", mail.header("Subject"));
        let words: Vec<&str> = mail.text.split_whitespace().collect();
        assert!(words.join(" ").contains("our written notice of"), "{}", mail.text);
        assert!(mail.html.contains("&lt;b&gt;") && !mail.html.contains("XML <b>"), "{}", mail.html);
        assert!(mail.header("Message-ID").starts_with("<give_notice."), "{}", mail.header("Message-ID"));

        let again = announce(&service, &[]).expect_err("it was announced");
        assert!(again.contains("announced before"), "{again}");
        eventually(Duration::from_secs(20), "the notes", async || {
            let all = list(&service);
            all[0]["notices"].as_array()?.iter().all(|notice| notice["sent_at"].is_string()).then_some(())
        }).await;
        assert!(service.command(&["deprecation", "check", "--site", "acme"]).contains("every notice was sent"));

        // Who was added since is told by the next check, and nobody twice.
        service.terminate().await;
        service.configure(&setup.section(&format!("{ACCOUNTS}{ANOTHER}")));
        service.start_again().await;
        let output = service.try_command(&["deprecation", "check", "--site", "acme"], "");
        assert!(!output.status.success(), "one is not sent yet");
        let late = &sink.messages(4).await[3];
        assert_eq!(late.recipients, ["kim@new.example"]);
        assert_eq!(sink.count(), 4);
    }
}

#[tokio::test]
async fn who_is_told_late_is_promised_what_the_policy_says_from_that_day() {
    let sink = SmtpSink::start().await;
    sink.do_not_know("boss@small.example");
    let account = |key: &str, to: &str| {
        format!("[[sites.accounts]]\nkey = \"{key}\"\nnotices = [\"{to}\"]\n")
    };
    let (big, small) = (
        account("big", "cto@big.example"),
        account("small", "boss@small.example"),
    );
    let setup = Setup::new(Database::Sqlite)
        .mail_to(&sink)
        .site_setting(NO_HOLIDAYS);
    let first = setup.clone().section(&format!("{big}{small}"));
    let mut service = Service::start_at(first, "2026-03-02T10:00:00Z").await;
    announce(&service, &[]).expect("it is announced");
    assert_eq!(sink.messages(1).await[0].recipients, ["cto@big.example"]);
    noted(&service, 0, "sent_at").await;
    noted(&service, 1, "fault").await;

    // Three weeks later: one mail had failed, and an account is new.
    service.advance(Duration::from_secs(21 * DAY));
    sink.know_everybody();
    service.terminate().await;
    let new = account("new", "kim@new.example");
    let second = setup.clone().section(&format!("{big}{new}{small}"));
    service.configure(&second);
    service.start_again().await;
    let said = check(&service).expect_err("two are not sent yet");
    assert!(
        said.contains(
            "new: after a notice of 2026-03-23 the policy keeps it for them until 2026-06-23"
        ),
        "{said}"
    );
    for mail in &sink.messages(3).await[1..] {
        let mail = mail.mail();
        let words = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("end on 23 June 2026") && words.contains("notice of 23 March 2026"),
            "{words}"
        );
    }
    for nth in [1, 2] {
        noted(&service, nth, "sent_at").await;
    }
    let all = list(&service);
    let days = all[0]["notices"].as_array().expect("a list").iter();
    let days: Vec<&Value> = days.map(|notice| &notice["ends_on"]).collect();
    assert_eq!(days, ["2026-06-02", "2026-06-23", "2026-06-23"]);
    assert_eq!(all[0]["ends_on"], "2026-06-02");
    assert!(
        service
            .command(&["deprecation", "list", "--site", "acme"])
            .contains("gone for them on 2026-06-23")
    );

    // Once it was to be gone nobody is told of it as if it were to come.
    service.advance(Duration::from_secs(90 * DAY));
    service.terminate().await;
    let newest = account("newest", "ann@newest.example");
    service.configure(&setup.section(&format!("{big}{new}{newest}{small}")));
    service.start_again().await;
    assert!(
        check(&service)
            .expect("nothing is owing")
            .contains("every notice was sent")
    );
    assert!(service.jobs("ready").is_empty());
    assert_eq!(sink.count(), 3);
}

#[tokio::test]
async fn a_notice_of_a_later_day_goes_out_on_that_day() {
    let sink = SmtpSink::start().await;
    let setup = Setup::new(Database::Sqlite)
        .mail_to(&sink)
        .site_setting(NO_HOLIDAYS)
        .section("[[sites.accounts]]\nkey = \"small\"\nnotices = [\"boss@small.example\"]");
    let service = Service::start_at(setup, "2026-03-02T10:00:00Z").await;
    announce(&service, &["--notice", "2026-03-05"]).expect("it is announced");
    let waiting = service.jobs("ready");
    let at = waiting[0]["available_at"].as_str().expect("an instant");
    assert!(
        at.starts_with("2026-03-05T00:00:00") && sink.count() == 0,
        "{at}"
    );
    service.advance(Duration::from_secs(3 * DAY));
    let text = sink.messages(1).await[0].mail().text;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("notice of 5 March 2026") && words.contains("end on 5 June 2026"),
        "{words}"
    );
}

/// Waits until a notice has what is to be known of it.
async fn noted(service: &Service, nth: usize, what: &str) {
    eventually(Duration::from_secs(20), what, async || {
        list(service)[0]["notices"][nth][what]
            .is_string()
            .then_some(())
    })
    .await;
}

/// What a check says; the error is what it says when something is not sent yet.
fn check(service: &Service) -> Result<String, String> {
    let output = service.try_command(&["deprecation", "check", "--site", "acme"], "");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(said)
    } else {
        Err(said)
    }
}

#[tokio::test]
async fn a_notice_that_cannot_be_sent_is_known_and_sent_again_by_a_check() {
    let sink = SmtpSink::start().await;
    sink.do_not_know("boss@small.example");
    let setup = Setup::new(Database::Sqlite)
        .mail_to(&sink)
        .site_setting(NO_HOLIDAYS)
        .section("[[sites.accounts]]\nkey = \"small\"\nnotices = [\"boss@small.example\"]");
    let service = Service::start_with(setup).await;
    announce(&service, &[]).expect("it is announced");
    eventually(Duration::from_secs(20), "the fault", async || {
        list(&service)[0]["notices"][0]["fault"]
            .is_string()
            .then_some(())
    })
    .await;
    sink.know_everybody();
    let output = service.try_command(&["deprecation", "check", "--site", "acme"], "");
    assert!(!output.status.success(), "it is not sent yet");
    assert_eq!(sink.messages(1).await[0].recipients, ["boss@small.example"]);
}
