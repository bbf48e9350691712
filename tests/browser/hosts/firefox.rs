//! The main journeys in Firefox ESR.

use cornerdesk_tests::{Database, browser::Visitor};

use super::{modals, shortcuts, walk::Walk};

fn on(page: &'static str) -> Walk {
    Walk::on(page).by(Visitor::FIREFOX)
}

#[tokio::test]
async fn help_is_asked_for_with_a_file_in_firefox() {
    on("no-policy").asks_for_help().await;
}

#[tokio::test]
async fn the_strictest_policy_is_enough_in_firefox() {
    on("trusted-types").asks_for_help().await;
}

#[tokio::test]
async fn shortcuts_hear_nothing_from_the_panel_in_firefox() {
    let page = on("github-hotkey");
    page.asks_for_help_after(shortcuts::try_a_shortcut).await;
}

#[tokio::test]
async fn help_is_asked_for_from_within_a_modal_dialog_in_firefox() {
    let page = on("native-modal").through("#help");
    page.asks_for_help_after(modals::begin_to_edit).await;
}

#[tokio::test]
async fn a_reload_costs_no_word_in_firefox() {
    crate::drafts::asks_after_a_reload("draft-reload-firefox", Visitor::FIREFOX).await;
}

#[tokio::test]
async fn a_person_without_a_mouse_asks_for_help_in_firefox() {
    crate::keyboard::asks_without_a_mouse("keyboard-firefox", Visitor::FIREFOX).await;
}

#[tokio::test]
async fn a_person_without_javascript_asks_for_help_in_firefox() {
    let visitor = Visitor {
        javascript: false,
        ..Visitor::FIREFOX
    };
    crate::without_javascript::asks_with_a_file("no-javascript-firefox", visitor).await;
}

#[tokio::test]
async fn articles_are_offered_read_and_judged_in_firefox() {
    crate::articles::reads_and_judges("articles-firefox", Visitor::FIREFOX).await;
}

#[tokio::test]
async fn a_person_whom_the_product_knows_asks_in_firefox() {
    let (visitor, database) = (Visitor::FIREFOX, Database::Sqlite);
    crate::identity::asks_as_somebody_known("identity-firefox", visitor, database).await;
}
