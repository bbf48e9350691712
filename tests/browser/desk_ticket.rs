//! A ticket's page with everything on it: what staff do first stands first, and all of it works for everybody.

use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::a_submission_with,
    service::Setup,
    webdriver::Session,
    widget,
};
use serde_json::{Value, json};

use crate::{accessibility::audit, desk};

/// A ticket of m3ter's with a clock that was paused, a suggestion, a part that was split off, findings, and access asked for.
async fn ticket() -> (Service, String) {
    let terms = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";
    let setup = Setup::new(Database::Sqlite).reached_at("https://help.acme.example");
    let service = Service::start_with(setup.site_setting(terms)).await;
    let submission = a_submission_with(json!({
        "summary": "The console is down",
        "description": "Since 9:40 nobody can work.\n1. The console is down, all users are affected.\n2. Please also change our address.",
        "plan": "Pro",
        "impact": "Forty people cannot send invoices.",
    }));
    let reference = service.client().submit(&submission).await.reference();
    service.acknowledged(&reference).await;
    let by =
        |arguments: &[&str]| service.command(&[&["ticket"], arguments, &["--by", "Sam"]].concat());
    by(&["classify", &reference, "--priority", "S1"]);
    by(&["pause", &reference, "--reason", "third_party"]);
    by(&["resume", &reference]);
    let parts = json!([{ "summary": "Please also change our address" }]).to_string();
    let split = service.try_command(
        &["ticket", "split", &reference, "--into", "-", "--by", "Sam"],
        &parts,
    );
    assert!(split.status.success(), "{split:?}");
    by(&[
        "found",
        &reference,
        "--reproduced",
        "yes",
        "--workaround",
        "Use the API meanwhile",
        "--show-workaround",
    ]);
    let staff = service.sign_in_staff().await;
    let asked = staff.request("POST", &format!("/desk/tickets/{reference}/access/request"));
    let asked = asked
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body("purpose=Look+at+the+failed+bills")
        .send()
        .await;
    assert_eq!(asked.expect("an answer").status(), 303);
    (service, reference)
}

async fn open(session: &Session, service: &Service, reference: &str) -> anyhow::Result<()> {
    desk::sign_in(session, service).await?;
    session.find("a[href^='/desk/tickets/']").await?;
    session
        .goto(&service.url(&format!("/desk/tickets/{reference}")))
        .await?;
    session.find("#work").await?;
    Ok(())
}

#[tokio::test]
async fn everything_about_a_ticket_is_readable_and_reachable_by_everybody() {
    let (service, reference) = ticket().await;
    for (name, visitor) in [
        ("desk-whole", Visitor::DESKTOP),
        ("desk-whole-dark", Visitor::DARK),
        ("desk-whole-phone", Visitor::PHONE),
    ] {
        journey(name, visitor, async |session| {
            open(session, &service, &reference).await?;
            save_screenshot(session, name).await?;
            let unfolded = "for (const fold of document.querySelectorAll('details')) fold.open = true; return document.documentElement.scrollWidth - innerWidth";
            let too_wide = session.run(unfolded, &[]).await?;
            assert!(too_wide.as_i64().is_some_and(|pixels| pixels <= 0), "{too_wide}");
            save_screenshot(session, &format!("{name}-unfolded")).await?;
            let violations = audit::violations(session, &audit::axe()).await?;
            assert!(violations.is_empty(), "{violations:#?}");
            // The clock, then the work, then what was written: in this order for the keyboard and on a phone.
            let order = session.run("return [...document.querySelectorAll('main h2')].map((heading) => heading.id)", &[]).await?;
            let order: Vec<&str> = order.as_array().expect("headings").iter().filter_map(Value::as_str).collect();
            let of = |id| order.iter().position(|known| *known == id);
            assert!(of("terms") < of("work") && of("work") < of("description") && of("description") < of("timeline"), "{order:?}");
            let console = session.console().await?;
            assert!(console.is_empty(), "{console:#?}");
            Ok(())
        })
        .await;
    }
}

#[tokio::test]
async fn staff_write_down_what_they_found_and_close_it_with_a_reason_without_javascript() {
    let (service, reference) = ticket().await;
    journey("desk-close", Visitor::WITHOUT_JAVASCRIPT, async |session| {
        open(session, &service, &reference).await?;
        session.find("form[action$='/found']").await?;
        session.find(".work .fold summary").await?.click().await?;
        session.find("[name=reproduced][value=no]").await?.click().await?;
        session.find("#root_cause").await?.type_text("A certificate ran out").await?;
        session.find("form[action$='/found'] button").await?.click().await?;
        widget::wait_for_text(session, "the fact", |text| text.contains("Reproduced: no").then_some(())).await;
        let findings = service.ticket(&reference)["findings"].clone();
        assert_eq!((&findings["reproduced"], &findings["root_cause"]), (&json!("no"), &json!("A certificate ran out")));
        assert_eq!(findings["workaround"], json!({ "text": "Use the API meanwhile", "is_shown": true }));

        session.find(".work .fold:last-of-type summary").await?.click().await?;
        session.find("#outcome option[value='closed:out_of_scope']").await?.click().await?;
        save_screenshot(session, "desk-close").await?;
        session.find("form[action$='/status'] select ~ button, form[action$='/status'].fold__form button").await?.click().await?;
        widget::wait_for_text(session, "the reason", |text| text.contains("Closed: out of scope").then_some(())).await;
        let ticket = service.ticket(&reference);
        assert_eq!((&ticket["status"], &ticket["clock"]["status"]), (&json!("closed"), &json!("met")));
        session.find("form[action$='/status'] button").await?.click().await?;
        widget::wait_for_text(session, "it is open", |text| text.contains("Solve or close it").then_some(())).await;
        assert_eq!(service.ticket(&reference)["status"], "open");
        Ok(())
    })
    .await;
}
