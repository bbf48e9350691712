//! The forms of the four reference policies, as people fill them.

use anyhow::Result;
use cornerdesk_tests::{
    Database,
    browser::{Kind, Visitor, journey, save_screenshot},
    embedded::embedded,
    service::Setup,
    webdriver::{Session, key},
    widget::{self, A_REQUEST},
};
use serde_json::Value;

use crate::keyboard::{press, tab_to};

/// What somebody who fills the form of a policy sees of it, and chooses.
#[derive(Clone, Copy)]
struct Case {
    /// The settings of the site.
    settings: &'static str,
    /// The names of the fields in their order.
    fields: &'static str,
    /// The titles of the categories.
    categories: &'static [&'static str],
    /// The category that is chosen, by its id.
    chosen: &'static str,
    /// The policy's channel of the widget, where it has one of that name.
    channel: Option<&'static str>,
}

const MEIRO: Case = Case {
    settings: "policy = \"meiro\"",
    fields: "summary description category attachments email",
    categories: &["Service request", "Bug report"],
    chosen: "bug",
    channel: Some("widget"),
};
const METEORAGE: Case = Case {
    settings: "policy = \"meteorage\"\noverlay = \"meteorage-fr\"",
    fields: "summary description category impact attachments email",
    categories: &[
        "Technical assistance Incidents, and help with using the services.",
        "General question Questions about the services that are not technical.",
        "Suggest an improvement Ideas for better or additional features.",
    ],
    chosen: "technical_assistance",
    channel: None,
};
const M3TER: Case = Case {
    settings: "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"",
    fields: "summary description category impact attachments email",
    categories: &[
        "Incident",
        "Technical support",
        "Billing or account question",
        "General feature request",
        "Defect",
    ],
    chosen: "defect",
    channel: None,
};
const MEMSOURCE: Case = Case {
    settings: "policy = \"memsource\"",
    fields: "summary description tried attachments email",
    categories: &[],
    chosen: "",
    channel: None,
};

/// The names of the fields as they stand.
async fn fields(session: &Session) -> Result<String> {
    let script = "const names = [...document.querySelectorAll('.form__body :is(input, textarea, select):not([type=hidden])')].map((control) => control.name);
        return [...new Set(names)].filter((name) => name && name !== 'website' && !name.startsWith('altcha')).join(' ')";
    let found = session.run(script, &[]).await?;
    Ok(found.as_str().unwrap_or_default().to_owned())
}

/// What is offered, with what it means.
async fn categories(session: &Session) -> Result<Vec<String>> {
    let script = "return [...document.querySelectorAll('.choice')].map((choice) => [...choice.children].map((part) => part.textContent).filter(Boolean).join(' '))";
    Ok(serde_json::from_value(session.run(script, &[]).await?)?)
}

async fn assert_form(session: &Session, case: Case) -> Result<()> {
    assert_eq!(fields(session).await?, case.fields);
    assert_eq!(categories(session).await?, case.categories);
    Ok(())
}

pub async fn choose(session: &Session, category: &str) -> Result<()> {
    let choice = session
        .find(&format!("[name=category][value={category}]"))
        .await?;
    choice.click().await
}

/// Fills what is there, as a person who has something to say about everything.
async fn fill(session: &Session, case: Case) -> Result<()> {
    widget::fill(session, A_REQUEST).await?;
    for (name, text) in MORE {
        if case.fields.contains(name) {
            widget::field(session, name).await?.type_text(text).await?;
        }
    }
    if !case.chosen.is_empty() {
        choose(session, case.chosen).await?;
    }
    Ok(())
}

const MORE: [(&str, &str); 2] = [
    ("impact", "Nobody can send an invoice."),
    ("tried", "Another browser, and a restart."),
];

/// What the ticket holds of it.
fn assert_ticket(ticket: &Value, case: Case) {
    assert_eq!(ticket["summary"], A_REQUEST.summary);
    let chosen = (!case.chosen.is_empty()).then_some(case.chosen);
    assert_eq!(ticket["category"].as_str(), chosen);
    if case.fields.contains("impact") {
        assert_eq!(ticket["impact"], MORE[0].1);
    }
    if case.fields.contains("tried") {
        let description = ticket["description"].as_str().unwrap_or_default();
        let asked = "What have you tried already?\nAnother browser, and a restart.";
        assert!(description.ends_with(asked), "{description}");
    }
    assert_eq!(ticket["channel"].as_str(), case.channel);
}

async fn by_mouse(name: &str, visitor: Visitor, case: Case) {
    let setup = Setup::new(Database::Sqlite).site_setting(case.settings);
    let (_host, service, page) = embedded(setup).await;
    journey(name, visitor, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        assert_form(session, case).await?;
        fill(session, case).await?;
        if visitor.browser == Kind::Chromium {
            save_screenshot(session, name).await?;
        }
        let reference = widget::send(session).await?;
        assert_ticket(&service.ticket(&reference), case);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn meiros_form_has_the_fields_labels_and_order_of_its_policy() {
    by_mouse("policy-meiro", Visitor::DESKTOP, MEIRO).await;
}

#[tokio::test]
async fn meteorages_form_offers_exactly_three_categories_with_their_definitions() {
    by_mouse("policy-meteorage", Visitor::DESKTOP, METEORAGE).await;
}

#[tokio::test]
async fn m3ters_form_offers_its_five_categories() {
    by_mouse("policy-m3ter", Visitor::DESKTOP, M3TER).await;
}

#[tokio::test]
async fn memsources_form_asks_what_was_tried() {
    by_mouse("policy-memsource", Visitor::DESKTOP, MEMSOURCE).await;
}

#[tokio::test]
async fn the_form_of_a_policy_on_a_phone() {
    by_mouse("policy-phone", Visitor::PHONE, METEORAGE).await;
}

/// From the launcher to the receipt without a mouse.
async fn by_keyboard(name: &str, visitor: Visitor, case: Case) {
    let setup = Setup::new(Database::Sqlite).site_setting(case.settings);
    let (_host, service, page) = embedded(setup).await;
    journey(name, visitor, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        tab_to(session, "summary").await?;
        session.press(A_REQUEST.summary).await?;
        tab_to(session, "description").await?;
        session.press(A_REQUEST.description).await?;
        if !case.chosen.is_empty() {
            tab_to(session, "category").await?;
            walk_to(session, case.chosen).await?;
        }
        for (name, text) in MORE {
            if case.fields.contains(name) {
                tab_to(session, name).await?;
                session.press(text).await?;
            }
        }
        tab_to(session, "email").await?;
        session.press(A_REQUEST.email).await?;
        tab_to(session, "send").await?;
        press(session, key::ENTER).await?;
        let reference = widget::receipt(session).await?;
        assert_ticket(&service.ticket(&reference), case);
        Ok(())
    })
    .await;
}

/// Chooses with the space bar, and goes on with the arrow until it is the one that is wanted.
async fn walk_to(session: &Session, category: &str) -> Result<()> {
    press(session, ' ').await?;
    for _ in 0..6 {
        let chosen = "return document.querySelector('[name=category]:checked')?.value";
        if session.run(chosen, &[]).await? == category {
            return Ok(());
        }
        press(session, key::DOWN).await?;
    }
    anyhow::bail!("the arrows never came to {category}")
}

#[tokio::test]
async fn meiros_form_is_filled_without_a_mouse() {
    by_keyboard("policy-meiro-keys", Visitor::DESKTOP, MEIRO).await;
}

#[tokio::test]
async fn meteorages_form_is_filled_without_a_mouse() {
    by_keyboard("policy-meteorage-keys", Visitor::DESKTOP, METEORAGE).await;
}

#[tokio::test]
async fn m3ters_form_is_filled_without_a_mouse() {
    by_keyboard("policy-m3ter-keys", Visitor::DESKTOP, M3TER).await;
}

#[tokio::test]
async fn memsources_form_is_filled_without_a_mouse() {
    by_keyboard("policy-memsource-keys", Visitor::DESKTOP, MEMSOURCE).await;
}

#[tokio::test]
async fn the_form_of_a_policy_in_firefox() {
    by_mouse("policy-firefox", Visitor::FIREFOX, METEORAGE).await;
}
