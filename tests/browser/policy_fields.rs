//! What a policy asks beside the text: what happens when it is missing, kept, sent without JavaScript, or goes elsewhere.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    embedded::{behind_a_relay, embedded},
    eventually, policy_folder,
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session, key},
    widget::{self, A_REQUEST, reads, wait_for_text},
};

use crate::{drafts::assert_kept, policies::choose};

const METEORAGE: &str = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"";
const IMPACT: &str = "Nobody can send an invoice.";
const CHOOSE: &str = "Choose what kind of request it is.";

fn setup() -> Setup {
    Setup::new(Database::Sqlite).site_setting(METEORAGE)
}

/// The category that is chosen.
async fn chosen(session: &Session) -> Result<String> {
    let script = "return document.querySelector('[name=category]:checked')?.value ?? ''";
    let chosen = session.run(script, &[]).await?;
    Ok(chosen.as_str().unwrap_or_default().to_owned())
}

async fn write_impact(session: &Session) -> Result<()> {
    widget::field(session, "impact")
        .await?
        .type_text(IMPACT)
        .await
}

/// Opens the panel on a page, waits until it works, and writes.
async fn begin(session: &Session, page: &str) -> Result<()> {
    session.goto(page).await?;
    widget::open(session).await?;
    session.find("#send[aria-disabled]").await?;
    widget::fill(session, A_REQUEST).await
}

async fn begin_without_javascript(session: &Session, service: &Service) -> Result<()> {
    session.goto(&service.url(&format!("/help/{SITE}"))).await?;
    widget::fill(session, A_REQUEST).await
}

async fn press_send(session: &Session) -> Result<()> {
    widget::send_button(session).await?.click().await
}

#[tokio::test]
async fn a_category_that_is_missing_is_said_beside_it_and_nothing_is_sent() {
    let (_host, service, page) = embedded(setup()).await;
    journey("policy-missing", Visitor::DESKTOP, async |session| {
        begin(session, &page).await?;
        press_send(session).await?;
        reads(session, CHOOSE).await?;
        eventually(APPEARANCE, "the focus to be at the choices", async || {
            let focused = session.focused().await.ok()?;
            (focused.attribute("id").await.ok()?.as_deref() == Some("category")).then_some(())
        })
        .await;
        save_screenshot(session, "policy-missing").await?;
        assert!(service.tickets().is_empty());
        choose(session, "general_question").await?;
        eventually(APPEARANCE, "the mistake to go", async || {
            let text = widget::visible_text(session).await.ok()?;
            (!text.contains(CHOOSE)).then_some(())
        })
        .await;
        let reference = widget::send(session).await?;
        assert_eq!(service.ticket(&reference)["category"], "general_question");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn category_and_impact_outlive_a_reload_and_are_gone_after_starting_afresh() {
    let (_host, service, page) = embedded(setup()).await;
    journey("policy-draft", Visitor::DESKTOP, async |session| {
        begin(session, &page).await?;
        choose(session, "suggest_an_improvement").await?;
        write_impact(session).await?;
        session.goto(&page).await?;
        widget::open(session).await?;
        assert_kept(session, A_REQUEST).await?;
        assert_eq!(chosen(session).await?, "suggest_an_improvement");
        let impact = widget::field(session, "impact").await?;
        assert_eq!(impact.value().await?, IMPACT);
        let act = session.find("#kept button").await?;
        act.click().await?;
        assert_eq!(
            (chosen(session).await?, impact.value().await?),
            Default::default()
        );
        act.click().await?;
        assert_eq!(chosen(session).await?, "suggest_an_improvement");
        session.find("#send[aria-disabled]").await?;
        let reference = widget::send(session).await?;
        assert_eq!(
            service.ticket(&reference)["category"],
            "suggest_an_improvement"
        );
        // Another request is of another kind.
        session
            .find("#receipt-actions button")
            .await?
            .click()
            .await?;
        assert_eq!(
            (chosen(session).await?, impact.value().await?),
            Default::default()
        );
        Ok(())
    })
    .await;
}

async fn replace_email(session: &Session, with: &str) -> Result<()> {
    let email = widget::field(session, "email").await?;
    email.clear().await?;
    email.type_text(with).await
}

#[tokio::test]
async fn without_javascript_a_mistake_costs_neither_category_nor_impact() {
    let service = Service::start_with(setup()).await;
    journey(
        "policy-no-javascript",
        Visitor::WITHOUT_JAVASCRIPT,
        async |session| {
            begin_without_javascript(session, &service).await?;
            write_impact(session).await?;
            press_send(session).await?;
            reads(session, CHOOSE).await?;
            assert!(service.tickets().is_empty());
            choose(session, "technical_assistance").await?;
            replace_email(session, "not an address").await?;
            save_screenshot(session, "policy-no-javascript").await?;
            press_send(session).await?;
            wait_for_text(session, "the other mistake", |text| {
                (text.contains("Enter one email address") && !text.contains(CHOOSE)).then_some(())
            })
            .await;
            let kept = session.find("[name=category]:checked").await?;
            assert_eq!(
                kept.attribute("value").await?.as_deref(),
                Some("technical_assistance")
            );
            assert_eq!(
                widget::field(session, "impact").await?.value().await?,
                IMPACT
            );
            replace_email(session, A_REQUEST.email).await?;
            let reference = widget::send(session).await?;
            assert_eq!(
                service.ticket(&reference)["category"],
                "technical_assistance"
            );
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn without_webassembly_what_the_policy_asks_goes_with_the_plain_form() {
    let (_host, relay, service, page) = behind_a_relay(setup()).await;
    journey("policy-no-wasm", Visitor::DESKTOP, async |session| {
        let _never_released = relay.hold(".wasm");
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        choose(session, "general_question").await?;
        let reference = widget::send(session).await?;
        assert_eq!(service.ticket(&reference)["category"], "general_question");
        Ok(())
    })
    .await;
}

/// Enter in a field of one line sends without a button.
async fn press_enter(session: &Session) -> Result<()> {
    let summary = widget::field(session, "summary").await?;
    summary.type_text(&key::ENTER.to_string()).await
}

/// A site with a category whose requests go elsewhere.
fn with_sales() -> Setup {
    Setup::new(Database::Sqlite)
        .section(&policy_folder::by_day_after_tomorrow())
        .site_setting(&format!("policy = \"{}\"", policy_folder::POLICY))
}

const ELSEWHERE: &str = "Requests of this kind are handled at sales@acme.example.";

/// Chooses what goes elsewhere, and something else again.
async fn assert_send_goes_and_comes(session: &Session) -> Result<()> {
    let send = session.find("#send").await?;
    let send = &send;
    // The style follows the choice in the next frame.
    let become_so = async |is_sendable: bool| {
        eventually(APPEARANCE, "Send or where else to go", async || {
            let is_shown = send.is_displayed().await.ok()?;
            let is_told = widget::visible_text(session)
                .await
                .ok()?
                .contains(ELSEWHERE);
            ((is_shown, is_told) == (is_sendable, !is_sendable)).then_some(())
        })
        .await;
    };
    become_so(true).await;
    choose(session, "sales").await?;
    become_so(false).await;
    let address = session.find(".elsewhere a").await?;
    let href = address.attribute("href").await?;
    assert_eq!(href.as_deref(), Some("mailto:sales@acme.example"));
    save_screenshot(session, "policy-elsewhere").await?;
    choose(session, "question").await?;
    become_so(true).await;
    Ok(())
}

#[tokio::test]
async fn a_category_that_goes_elsewhere_says_where_makes_no_ticket_and_loses_no_word() {
    let (_host, service, page) = embedded(with_sales()).await;
    journey("policy-elsewhere", Visitor::DESKTOP, async |session| {
        begin(session, &page).await?;
        assert_send_goes_and_comes(session).await?;
        choose(session, "sales").await?;
        press_enter(session).await?;
        session.find("#send-status .notice--problem").await?;
        // It is there a frame before it is seen.
        eventually(APPEARANCE, "why it does not go", async || {
            let status = session.find("#send-status").await.ok()?;
            let told = status.text().await.ok()?;
            told.starts_with(ELSEWHERE).then_some(())
        })
        .await;
        assert!(service.tickets().is_empty());
        assert_kept(session, A_REQUEST).await?;
        choose(session, "question").await?;
        widget::send(session).await?;
        assert_eq!(service.tickets().len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn without_javascript_a_category_that_goes_elsewhere_says_where_too() {
    let service = Service::start_with(with_sales()).await;
    journey(
        "policy-elsewhere-no-javascript",
        Visitor::WITHOUT_JAVASCRIPT,
        async |session| {
            begin_without_javascript(session, &service).await?;
            assert_send_goes_and_comes(session).await?;
            choose(session, "sales").await?;
            press_enter(session).await?;
            reads(session, "There is a problem").await?;
            assert!(widget::visible_text(session).await?.contains(ELSEWHERE));
            assert!(service.tickets().is_empty());
            assert_kept(session, A_REQUEST).await
        },
    )
    .await;
}

/// An account for which one person asks.
const ENTITLED: &str = "policy = \"memsource\"\naccounts = [{ key = \"customer\", domains = [\"customer.example\"], entitled = [\"ann@customer.example\"], administrator = \"Ann Brown (ann@customer.example)\" }]";
const ASK_SOMEBODY: &str = "Please ask your administrator. Your text is still here.";

#[tokio::test]
async fn whoever_is_not_entitled_is_told_whom_to_ask_and_loses_no_word() {
    let setup = Setup::new(Database::Sqlite).site_setting(ENTITLED);
    let (_host, service, page) = embedded(setup).await;
    journey("policy-entitled", Visitor::DESKTOP, async |session| {
        begin(session, &page).await?;
        press_send(session).await?;
        reads(session, ASK_SOMEBODY).await?;
        save_screenshot(session, "policy-entitled").await?;
        assert_kept(session, A_REQUEST).await?;
        assert!(service.tickets().is_empty());
        Ok(())
    })
    .await;
    journey(
        "policy-entitled-no-javascript",
        Visitor::WITHOUT_JAVASCRIPT,
        async |session| {
            begin_without_javascript(session, &service).await?;
            press_send(session).await?;
            reads(session, ASK_SOMEBODY).await?;
            assert_kept(session, A_REQUEST).await
        },
    )
    .await;
    assert!(service.tickets().is_empty());
}
