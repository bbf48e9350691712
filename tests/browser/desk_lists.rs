//! The desk's lists: filter, views, search, keys, acts on many tickets, and what happens meanwhile.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot, two_at_once},
    client::a_submission_with,
    service::Setup,
    webdriver::Session,
    widget,
};
use serde_json::{Value, json};

use crate::{
    accessibility::audit::{self, look},
    desk,
};

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

/// The script has run.
async fn is_keyed(session: &Session) -> Result<()> {
    session.find("a[aria-keyshortcuts]").await?;
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
            look(session, name).await?;
            session.find(".filter summary").await?.click().await?;
            look(session, &format!("{name}-filter")).await?;
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
                look(session, &format!("{name}-{page}")).await?;
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
        is_keyed(session).await?;
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
        is_keyed(session).await?;
        session.press("gq").await?;
        widget::reads(session, "what is due next first").await?;
        is_keyed(session).await?;
        session.press("j\u{e007}").await?;
        widget::reads(session, "Timeline").await?;
        assert!(session.address().await?.ends_with(&references[2]));
        Ok(())
    })
    .await;
}

/// Signs a colleague of [`desk::sign_in`]'s in.
async fn sign_in_as_kim(session: &Session, service: &Service) -> Result<()> {
    let kim = "kim@acme.example";
    service.add_colleague(kim, &["--name", "Kim", "--role", "agent"]);
    desk::sign_in_as(session, service, kim, "/desk").await
}

async fn choose(session: &Session, reference: &str) -> Result<()> {
    session
        .find(&format!(".tickets__choose [value='{reference}']"))
        .await?
        .click()
        .await
}

/// Journey 4 with two staff at once: what one does, the other hears of, and neither takes it back from the other.
async fn two_staff_share_a_queue(database: Database) {
    let _alone = two_at_once().await;
    let (service, references) = with_tickets(database).await;
    journey(
        &format!("desk-two-{database:?}"),
        Visitor::DESKTOP,
        async |kim| {
            sign_in_as_kim(kim, &service).await?;
            widget::reads(kim, "5 open tickets").await?;
            journey(
                &format!("desk-two-sam-{database:?}"),
                Visitor::DESKTOP,
                async |sam| {
                    desk::sign_in(sam, &service).await?;
                    widget::reads(sam, "5 open tickets").await?;
                    is_keyed(sam).await?;
                    choose(sam, &references[0]).await?;
                    choose(sam, &references[1]).await?;
                    assert_eq!(text_of(sam, "[data-count]").await?, "2 chosen");
                    save_screenshot(sam, "desk-chosen").await?;
                    sam.find("#bulk [name=assignee] option[value=me]")
                        .await?
                        .click()
                        .await?;
                    sam.find("#bulk [name=tag]")
                        .await?
                        .type_text("Storm")
                        .await?;
                    sam.find("#bulk button").await?.click().await?;
                    widget::reads(sam, "2 tickets were changed").await?;
                    save_screenshot(sam, "desk-changed").await?;
                    let violations = audit::violations(sam, &audit::axe()).await?;
                    assert!(violations.is_empty(), "{violations:#?}");

                    // Kim hears of it; no row of hers has moved.
                    widget::reads(kim, "2 tickets changed").await?;
                    let text = widget::visible_text(kim).await?;
                    assert!(!text.to_lowercase().contains("storm"), "{text}");
                    save_screenshot(kim, "desk-news").await?;
                    let violations = audit::violations(kim, &audit::axe()).await?;
                    assert!(violations.is_empty(), "{violations:#?}");
                    kim.find(".news a").await?.click().await?;
                    widget::reads(kim, "storm").await?;

                    // Kim takes one over; Sam's undo leaves it to her.
                    choose(kim, &references[1]).await?;
                    kim.find("#bulk [name=assignee] option[value=me]")
                        .await?
                        .click()
                        .await?;
                    kim.find("#bulk button").await?.click().await?;
                    widget::reads(kim, "1 ticket was changed").await?;
                    widget::reads(sam, "1 ticket changed").await?;
                    sam.find(".flash button").await?.click().await?;
                    widget::reads(sam, "somebody has changed who has it since").await?;
                    save_screenshot(sam, "desk-undone").await?;
                    sam.goto(&service.url("/desk?tag=storm")).await?;
                    widget::reads(sam, "No ticket fits this filter").await?;
                    kim.goto(&service.url("/desk?assignee=me")).await?;
                    widget::reads(kim, "1 open ticket with this filter").await?;

                    // A new one comes.
                    sam.goto(&service.url("/desk")).await?;
                    widget::reads(sam, "5 open tickets").await?;
                    ask(&service, "One more", "general_question").await;
                    widget::reads(sam, "1 new ticket").await?;
                    for session in [kim, sam] {
                        let console = session.console().await?;
                        assert!(console.is_empty(), "{console:#?}");
                    }
                    Ok(())
                },
            )
            .await;
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn two_staff_share_a_queue_on_sqlite() {
    two_staff_share_a_queue(Database::Sqlite).await;
}

#[tokio::test]
async fn two_staff_share_a_queue_on_postgresql() {
    two_staff_share_a_queue(Database::Postgres).await;
}

#[tokio::test]
async fn many_tickets_are_closed_and_opened_again_without_javascript() {
    let (service, references) = with_tickets(Database::Sqlite).await;
    journey("desk-bulk", Visitor::WITHOUT_JAVASCRIPT, async |session| {
        desk::sign_in(session, &service).await?;
        session.find("[data-choose-all]").await?.click().await?;
        session.find(".tickets__choose [checked]").await?;
        session
            .find("#bulk option[value='closed:will_not_fix']")
            .await?
            .click()
            .await?;
        session.find("#bulk button").await?.click().await?;
        widget::reads(session, "5 tickets were changed").await?;
        widget::reads(session, "Nothing is open").await?;
        assert_eq!(service.ticket(&references[0])["status"], "closed");
        session.find(".flash button").await?.click().await?;
        widget::reads(session, "Undone: 5 tickets are as before").await?;
        widget::reads(session, "5 open tickets").await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn boxes_and_acts_fit_a_phone() {
    let (service, references) = with_tickets(Database::Sqlite).await;
    journey("desk-bulk-phone", Visitor::PHONE, async |session| {
        desk::sign_in(session, &service).await?;
        choose(session, &references[3]).await?;
        look(session, "desk-bulk-phone").await?;
        session.find(".bulk__acts summary").await?.click().await?;
        session
            .find("#bulk [name=tag]")
            .await?
            .type_text("vip")
            .await?;
        look(session, "desk-bulk-phone-open").await?;
        session.find("#bulk button").await?.click().await?;
        widget::reads(session, "1 ticket was changed").await
    })
    .await;
}
