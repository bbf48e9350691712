//! When the team answers, and by when: what is said before sending is what the receipt says.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    embedded::{behind_a_relay, embedded},
    eventually,
    host_page::{HostPage, embedding_html},
    policy_folder,
    product::Product,
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session},
    widget::{self, A_REQUEST},
};
use serde_json::json;

use crate::policies::choose;

/// What stands above Send.
async fn said(session: &Session) -> Option<String> {
    let line = session.find("#promise").await.ok()?;
    line.text().await.ok()
}

async fn wait_until_said(session: &Session, what: &str) {
    eventually(APPEARANCE, what, async || {
        said(session).await.filter(|text| text.contains(what))
    })
    .await;
}

/// Where the browser is.
async fn live_in(session: &Session, zone: &str) -> Result<()> {
    let zone = json!({ "timezoneId": zone });
    session
        .devtools("Emulation.setTimezoneOverride", zone)
        .await?;
    Ok(())
}

#[tokio::test]
async fn hours_are_said_on_the_policys_clock_and_on_the_persons() {
    let settings = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"";
    let setup = Setup::new(Database::Sqlite).site_setting(settings);
    let service = Service::start_with(setup).await;
    journey("policy-hours", Visitor::DESKTOP, async |session| {
        live_in(session, "Asia/Tokyo").await?;
        session.goto(&service.url(&format!("/help/{SITE}"))).await?;
        // Paris is seven or eight hours behind.
        wait_until_said(
            session,
            "Our team answers Monday–Friday, 08:00–17:00 (Europe/Paris).",
        )
        .await;
        wait_until_said(session, "In your time zone: ").await;
        let text = said(session).await.unwrap_or_default();
        assert!(
            text.contains("16:00–01:00") || text.contains("15:00–24:00"),
            "{text}"
        );
        // Staff set the priority before there is a time.
        choose(session, "technical_assistance").await?;
        let answered = "return performance.getEntriesByType('resource').some((one) => one.name.includes('category=technical_assistance') && one.responseEnd > 0)";
        eventually(APPEARANCE, "an answer for the category", async || {
            (session.run(answered, &[]).await.ok()? == true).then_some(())
        })
        .await;
        let text = said(session).await.unwrap_or_default();
        assert!(text.contains("Our team answers"), "{text}");
        assert!(!text.contains("You will hear"), "{text}");
        save_screenshot(session, "policy-hours").await?;
        Ok(())
    })
    .await;
}

/// A customer with the paid plan, as the product says.
async fn memsource(script: &str) -> (HostPage, Service, String) {
    let (product, host) = (Product::new(SITE), HostPage::bind().await);
    let settings = format!("{}\npolicy = \"memsource\"", product.settings());
    let setup = Setup::new(Database::Sqlite)
        .allow_only(&host.origin())
        .site_setting(&settings);
    let service = Service::start_with(setup).await;
    let mut claims = product.claims();
    claims["plan"] = "paid".into();
    let queue =
        "window.Cornerdesk = function () { (Cornerdesk.q = Cornerdesk.q || []).push(arguments) };";
    let script = script.replace("TOKEN", &product.token_of(&claims));
    let page = embedding_html(&service.origin(), SITE);
    let page = page.replace("<body>", &format!("<body><script>{queue}{script}</script>"));
    let page = host.show("/", &page, "");
    (host, service, page)
}

const IDENTIFY: &str =
    "Cornerdesk('identify', { email: 'mara@customer.example', token: 'TOKEN' });";

#[tokio::test]
async fn a_paying_customer_is_promised_twelve_hours_before_sending_and_after() {
    let (_host, service, page) = memsource(IDENTIFY).await;
    journey("policy-promise", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        wait_until_said(
            session,
            "Our team answers every day, around the clock. You will hear from us within 12 hours.",
        )
        .await;
        for (name, text) in [
            ("summary", A_REQUEST.summary),
            ("description", A_REQUEST.description),
        ] {
            widget::field(session, name).await?.type_text(text).await?;
        }
        save_screenshot(session, "policy-promise").await?;
        let reference = widget::send(session).await?;
        let receipt = session.find("#receipt-promise").await?.text().await?;
        assert!(
            receipt.starts_with("You will hear from us by "),
            "{receipt}"
        );
        assert_eq!(service.ticket(&reference)["plan"], "paid");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn somebody_of_whom_no_plan_is_known_is_promised_nothing() {
    let (_host, _service, page) = memsource("").await;
    journey("policy-silent", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        session.find("#send[aria-disabled]").await?;
        widget::fill(session, A_REQUEST).await?;
        let by_plan = "Your plan decides how fast we answer.";
        assert_eq!(said(session).await.as_deref(), Some(by_plan));
        widget::send(session).await?;
        assert_eq!(session.find("#receipt-promise").await?.text().await?, "");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn whoever_reads_none_of_the_answers_languages_is_told_which_they_are() {
    let setup = Setup::new(Database::Sqlite).site_setting("policy = \"memsource\"");
    let (_host, service, _page) = embedded(setup).await;
    journey("policy-languages", Visitor::DESKTOP, async |session| {
        let form = service.url(&format!("/help/{SITE}?locale=de"));
        session.goto(&form).await?;
        let lead = session.find(".form__lead").await?.text().await?;
        assert_eq!(
            lead,
            "Schreiben Sie uns. Wir antworten per E‑Mail. Wir antworten auf Englisch."
        );
        save_screenshot(session, "policy-languages").await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_promise_that_does_not_come_holds_nobody_up() {
    let settings = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"";
    let setup = Setup::new(Database::Sqlite).site_setting(settings);
    let (_host, relay, _service, page) = behind_a_relay(setup).await;
    journey("policy-late", Visitor::DESKTOP, async |session| {
        let _never_released = relay.hold("/promise");
        session.goto(&page).await?;
        widget::open(session).await?;
        session.find("#send[aria-disabled]").await?;
        widget::fill(session, A_REQUEST).await?;
        choose(session, "general_question").await?;
        widget::send(session).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_is_promised_before_sending_is_what_the_receipt_says() {
    let setup = Setup::new(Database::Sqlite)
        .section(&policy_folder::by_day_after_tomorrow())
        .site_setting(&format!("policy = \"{}\"", policy_folder::POLICY));
    let (_host, service, page) = embedded(setup).await;
    journey("policy-equal", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        wait_until_said(session, "You will hear from us by ").await;
        widget::fill(session, A_REQUEST).await?;
        choose(session, "idea").await?;
        eventually(APPEARANCE, "no promise for an idea", async || {
            let text = said(session).await?;
            (text.starts_with("Our team answers ") && !text.contains("You will hear")).then_some(())
        })
        .await;
        choose(session, "question").await?;
        wait_until_said(session, "You will hear from us by ").await;
        let before = said(session).await.unwrap_or_default();
        save_screenshot(session, "policy-equal").await?;
        let reference = widget::send(session).await?;
        let receipt = session.find("#receipt-promise").await?.text().await?;
        assert!(before.ends_with(&receipt), "{before} / {receipt}");
        let due = service.ticket(&reference)["clock"]["due_at"].clone();
        let due: jiff::Timestamp = due.as_str().unwrap_or_default().parse()?;
        assert_eq!(due, policy_folder::due());
        save_screenshot(session, "policy-receipt").await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn without_javascript_the_receipt_says_the_promise_too() {
    let setup = Setup::new(Database::Sqlite)
        .section(&policy_folder::by_day_after_tomorrow())
        .site_setting(&format!(
            "policy = \"{}\"\ntime_zone = \"Europe/Vienna\"",
            policy_folder::POLICY
        ));
    let service = Service::start_with(setup).await;
    journey(
        "policy-receipt-no-javascript",
        Visitor::WITHOUT_JAVASCRIPT,
        async |session| {
            session.goto(&service.url(&format!("/help/{SITE}"))).await?;
            let hours = said(session).await.unwrap_or_default();
            assert!(hours.ends_with("10:00–18:00 (Europe/Berlin)."), "{hours}");
            widget::fill(session, A_REQUEST).await?;
            choose(session, "question").await?;
            widget::send(session).await?;
            let receipt = session.find("#receipt-promise").await?.text().await?;
            assert!(receipt.ends_with("at 14:00 (Europe/Vienna)."), "{receipt}");
            save_screenshot(session, "policy-receipt-no-javascript").await?;
            Ok(())
        },
    )
    .await;
}

/// Shows the page in a window of this size.
async fn window_of(session: &Session, width: u32, height: u32) -> Result<()> {
    let screen =
        json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    session
        .devtools("Emulation.setDeviceMetricsOverride", screen)
        .await?;
    Ok(())
}

/// Where the buttons of the receipt end, and where the frame does.
const BUTTONS_AND_FRAME: &str = "return [document.querySelector('#receipt-actions').lastElementChild.getBoundingClientRect().bottom, innerHeight]";

#[tokio::test]
async fn what_to_do_next_is_never_cut_off_in_a_receipt_with_a_promise() {
    let setup = Setup::new(Database::Sqlite)
        .section(&policy_folder::by_day_after_tomorrow())
        .site_setting(&format!("policy = \"{}\"", policy_folder::POLICY));
    let (_host, _service, page) = embedded(setup).await;
    journey("policy-low", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        session.find("#send[aria-disabled]").await?;
        widget::fill(session, A_REQUEST).await?;
        choose(session, "question").await?;
        widget::send(session).await?;
        session.find("#receipt-promise span").await?;
        let mut cut = Vec::new();
        for height in (470..=800).step_by(30) {
            window_of(session, 1000, height).await?;
            // The frame follows its window.
            let mut last = json!(null);
            eventually(APPEARANCE, "the frame to stand still", async || {
                let found = session.run(BUTTONS_AND_FRAME, &[]).await.ok()?;
                let is_still = std::mem::replace(&mut last, found.clone()) == found;
                is_still.then_some(())
            })
            .await;
            if last[0].as_f64() > last[1].as_f64() {
                cut.push(format!("{height}: {last}"));
            }
            if height == 530 {
                save_screenshot(session, "policy-low").await?;
            }
        }
        assert!(cut.is_empty(), "{cut:?}");
        Ok(())
    })
    .await;
}
