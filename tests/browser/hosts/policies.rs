//! What pages allow, by Content-Security-Policy and other headers.

use super::{blocked::asks_in_a_tab, walk::Walk};

#[tokio::test]
async fn help_is_asked_for_on_a_page_without_a_policy() {
    Walk::on("no-policy").asks_for_help().await;
}

#[tokio::test]
async fn two_entries_are_enough_for_a_page_that_allows_nothing_else() {
    Walk::on("allow-list").asks_for_help().await;
}

#[tokio::test]
async fn a_nonce_with_strict_dynamic_is_enough() {
    Walk::on("nonce").asks_for_help().await;
}

#[tokio::test]
async fn trusted_types_can_stay_on_without_any_policy_of_that_kind() {
    Walk::on("trusted-types").asks_for_help().await;
}

#[tokio::test]
async fn a_page_that_isolates_itself_from_other_origins_needs_nothing_more() {
    Walk::on("isolated")
        .asks_for_help_after(async |session| {
            let isolated = session.run("return crossOriginIsolated", &[]).await?;
            assert_eq!(isolated, true, "the page is not what it is meant to be");
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_page_that_forbids_frames_gets_the_form_in_a_tab_and_is_told_what_to_add() {
    let page = Walk::on("no-frames");
    page.visit(async |visit| {
        let entry = format!("Add \\\"frame-src {}\\\"", visit.service.origin());
        asks_in_a_tab(&visit, &entry).await
    })
    .await;
}
