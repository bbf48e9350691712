//! Pages with a modal dialog open: help can be asked for without losing it.

use anyhow::Result;
use cornerdesk_tests::{
    eventually,
    webdriver::{APPEARANCE, Session},
    widget,
};

use super::walk::Walk;

/// Opens the page's dialog and begins to fill it in; it says in `disturbed()` when that is lost.
pub async fn begin_to_edit(session: &Session) -> Result<()> {
    session.find("#edit").await?.click().await?;
    let amount = session.find("#theirs #amount").await?;
    amount.click().await?;
    amount.type_text("12").await
}

#[tokio::test]
async fn help_is_asked_for_from_within_a_modal_dialog_of_the_browser() {
    let page = Walk::on("native-modal").through("#help");
    page.asks_for_help_after(begin_to_edit).await;
}

#[tokio::test]
async fn a_modal_dialog_that_opens_while_somebody_writes_does_not_stop_them() {
    Walk::on("native-modal")
        .returning_to("#theirs")
        .visit(async |visit| {
            visit.open().await?;
            visit.write().await?;
            visit.session.enter_page().await?;
            let opens = "document.querySelector('#amount').value = '12'; document.querySelector('#theirs').showModal()";
            visit.session.run(opens, &[]).await?;
            widget::enter_panel(visit.session).await?;
            eventually(APPEARANCE, "the focus to be in the panel again", async || {
                let has_focus = visit.session.run("return document.hasFocus()", &[]).await;
                (has_focus.ok()? == true).then_some(())
            })
            .await;
            visit.send().await?;
            visit.leave().await
        })
        .await;
}

#[tokio::test]
async fn the_panel_waits_below_a_modal_dialog_that_the_person_opens() {
    Walk::on("native-modal")
        .visit(async |visit| {
            visit.open().await?;
            visit.write().await?;
            visit.session.enter_page().await?;
            begin_to_edit(visit.session).await?;
            // Undisturbed, it has the focus, and is filled in and closed.
            visit.session.find("#done").await?.click().await?;
            visit.session.run("disturbed = () => []", &[]).await?;
            widget::enter_panel(visit.session).await?;
            visit.send().await
        })
        .await;
}

#[tokio::test]
async fn help_is_asked_for_beside_a_dialog_of_radix() {
    let page = Walk::on("radix").returning_to("#theirs");
    page.asks_for_help_after(begin_to_edit).await;
}

#[tokio::test]
async fn help_is_asked_for_beside_a_dialog_of_react_aria() {
    let page = Walk::on("react-aria");
    page.asks_for_help_after(begin_to_edit).await;
}

#[tokio::test]
async fn help_is_asked_for_beside_a_dialog_of_headless_ui() {
    let page = Walk::on("headless-ui");
    page.asks_for_help_after(begin_to_edit).await;
}

#[tokio::test]
async fn help_is_asked_for_beside_a_dialog_of_bootstrap() {
    let page = Walk::on("bootstrap");
    page.asks_for_help_after(begin_to_edit).await;
}

#[tokio::test]
async fn help_is_asked_for_beside_a_focus_trap_that_lets_the_widget_be_clicked() {
    let page = Walk::on("focus-trap").returning_to("#theirs");
    page.asks_for_help_after(begin_to_edit).await;
}

#[tokio::test]
async fn help_is_asked_for_from_within_a_focus_trap() {
    let page = Walk::on("strict-focus-trap").through("#help");
    page.asks_for_help_after(begin_to_edit).await;
}
