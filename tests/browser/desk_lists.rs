//! The desk's lists: filter, views, search, keys, acts on many tickets, and what happens meanwhile.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, assert_fits, journey, save_screenshot},
    client::a_submission_with,
    service::Setup,
    webdriver::Session,
    widget,
};
use serde_json::{Value, json};

use crate::{accessibility::audit, desk};

const METEORAGE: &str = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"\n";

async fn ask(service: &Service, summary: &str, category: &str) -> String {
    let submission = a_submission_with(json!({
        "summary": summary,
        "description": format!("{summary}: since this morning the totals are counted twice."),
        "category": category,
    }));
    service.client().submit(&submission).await.reference()
}

/// Five tickets, one of them urgent.
async fn with_tickets(database: Database) -> (Service, Vec<String>) {
    let service = Service::start_with(Setup::new(database).site_setting(METEORAGE)).await;
    let mut references = Vec::new();
    for (summary, category) in [
        ("Lightning map stays empty", "technical_assistance"),
        ("Please change our invoice address", "general_question"),
        ("Alert by SMS came an hour late", "technical_assistance"),
        ("請求書が二重です", "general_question"),
        (
            "How do I export the strikes of last year as a table, with the times of each station?",
            "general_question",
        ),
    ] {
        references.push(ask(&service, summary, category).await);
    }
    service.command(&[
        "ticket",
        "classify",
        &references[2],
        "--priority",
        "high",
        "--by",
        "Kim",
    ]);
    service.add_staff();
    (service, references)
}

async fn text_of(session: &Session, css: &str) -> Result<String> {
    session.find(css).await?.text().await
}

async fn is_audited(session: &Session, name: &str) -> Result<()> {
    save_screenshot(session, name).await?;
    assert_fits(session, name).await?;
    let violations = audit::violations(session, &audit::axe()).await?;
    assert!(violations.is_empty(), "{name}: {violations:#?}");
    Ok(())
}

/// Where the focus is, in words.
async fn focus(session: &Session) -> Result<Value> {
    session.run("return document.activeElement?.textContent.trim() || document.activeElement?.name || ''", &[]).await
}

#[tokio::test]
async fn a_filter_is_chosen_saved_found_again_and_taken_away_without_javascript() {
    let (service, references) = with_tickets(Database::Sqlite).await;
    journey(
        "desk-filter",
        Visitor::WITHOUT_JAVASCRIPT,
        async |session| {
            desk::sign_in(session, &service).await?;
            widget::reads(session, "5 open tickets").await?;
            session.find(".filter summary").await?.click().await?;
            session
                .find("select[name=priority] option[value=high]")
                .await?
                .click()
                .await?;
            session.find(".filter__form button").await?.click().await?;
            widget::reads(session, "1 open ticket with this filter").await?;
            let text = widget::visible_text(session).await?;
            assert!(
                text.contains(&references[2]) && !text.contains(&references[0]),
                "{text}"
            );

            session
                .find(".fold-out--end summary")
                .await?
                .click()
                .await?;
            session
                .find(".view-form [name=name]")
                .await?
                .type_text("Urgent")
                .await?;
            session.find(".view-form button").await?.click().await?;
            session.find(".views [aria-current=page]").await?;
            assert_eq!(
                text_of(session, ".views [aria-current=page]").await?,
                "Urgent"
            );
            session.find(".chip").await?.click().await?;
            widget::reads(session, "5 open tickets").await?;
            session.find(".views a:nth-child(2)").await?.click().await?;
            widget::reads(session, "1 open ticket with this filter").await?;

            session
                .find(".top__search input")
                .await?
                .type_text("address invo\u{e007}")
                .await?;
            widget::reads(session, "Newest first").await?;
            assert_eq!(text_of(session, "mark").await?, "invoice");
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn lists_and_search_are_readable_and_operable_by_everybody() {
    let (service, _) = with_tickets(Database::Sqlite).await;
    for (name, visitor) in [
        ("desk-lists", Visitor::DESKTOP),
        ("desk-lists-dark", Visitor::DARK),
        ("desk-lists-phone", Visitor::PHONE),
    ] {
        journey(name, visitor, async |session| {
            desk::sign_in(session, &service).await?;
            session.find(".filter summary").await?;
            is_audited(session, name).await?;
            session.find(".filter summary").await?.click().await?;
            is_audited(session, &format!("{name}-filter")).await?;
            for (page, path) in [
                (
                    "filtered",
                    "/desk/tickets?priority=high&status=new&assignee=me",
                ),
                ("found", "/desk/search?q=totals+%E8%AB%8B%E6%B1%82"),
                ("nothing", "/desk/search?q=nosuchword"),
                ("all", "/desk/tickets?category=general_question"),
            ] {
                session.goto(&service.url(path)).await?;
                session.find("h1").await?;
                is_audited(session, &format!("{name}-{page}")).await?;
            }
            let console = session.console().await?;
            assert!(console.is_empty(), "{console:#?}");
            Ok(())
        })
        .await;
    }
}

#[tokio::test]
async fn the_queue_is_worked_with_the_keyboard_alone() {
    let (service, references) = with_tickets(Database::Sqlite).await;
    journey("desk-keys", Visitor::DESKTOP, async |session| {
        desk::sign_in(session, &service).await?;
        session.find(".tickets").await?;
        session.press("j").await?;
        assert_eq!(
            focus(session).await?,
            "Alert by SMS came an hour late",
            "what is due next"
        );
        session.press("jk").await?;
        assert_eq!(focus(session).await?, "Alert by SMS came an hour late");
        session.press("?").await?;
        widget::reads(session, "Next ticket").await?;
        save_screenshot(session, "desk-keys").await?;
        let violations = audit::violations(session, &audit::axe()).await?;
        assert!(violations.is_empty(), "{violations:#?}");
        session.press("j\u{e00c}").await?;
        assert_eq!(
            focus(session).await?,
            "Alert by SMS came an hour late",
            "the focus is back, and keys of the list rested"
        );
        session.press("/").await?;
        assert_eq!(focus(session).await?, "q");
        session.press("jx?").await?;
        let typed = session.find(".top__search input").await?.value().await?;
        assert_eq!(typed, "jx?", "who writes writes");
        session.run("document.activeElement.blur()", &[]).await?;
        session.press("ga").await?;
        widget::reads(session, "newest first").await?;
        session.press("gq").await?;
        widget::reads(session, "what is due next first").await?;
        session.press("j\u{e007}").await?;
        widget::reads(session, "Timeline").await?;
        assert!(session.address().await?.ends_with(&references[2]));
        Ok(())
    })
    .await;
}
