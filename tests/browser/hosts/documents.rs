//! Documents of other kinds: in frames, in XML, with other addresses and names, with several tags.

use anyhow::Result;
use cornerdesk_tests::{
    webdriver::Session,
    widget::{self, A_REQUEST},
};
use serde_json::json;

use super::walk::{Walk, noticed};

#[tokio::test]
async fn two_tags_of_one_site_are_one_widget() {
    Walk::on("two-tags")
        .asks_for_help_after(async |session| {
            assert_eq!(session.find_all(widget::HOST_ELEMENT).await?.len(), 1);
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn of_tags_of_two_sites_the_first_counts_and_the_other_is_told() {
    Walk::on("two-sites")
        .asks_for_help_after(async |session| {
            assert_eq!(session.find_all(widget::HOST_ELEMENT).await?.len(), 1);
            let told = "warn: Cornerdesk: ignored data-site=\"other\": the page shows \"acme\".";
            assert_eq!(noticed(session, "observed").await?, json!([told]));
            session.run("observed.length = 0", &[]).await?;
            assert_eq!(session.console().await?.len(), 1);
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_base_address_elsewhere_changes_nothing() {
    Walk::on("base").asks_for_help().await;
}

#[tokio::test]
async fn names_and_prototypes_of_the_page_change_nothing() {
    Walk::on("globals").asks_for_help().await;
}

#[tokio::test]
async fn a_page_in_xml_has_the_widget_too() {
    Walk::on("xhtml").asks_for_help().await;
}

/// Looks into the page's own frame, waits until it is whole, and counts the widgets there.
async fn widgets_in_the_frame(session: &Session) -> Result<usize> {
    session.find("iframe").await?.enter().await?;
    session.find("#search").await?;
    Ok(session.find_all(widget::HOST_ELEMENT).await?.len())
}

#[tokio::test]
async fn a_page_in_a_frame_has_no_launcher_of_its_own_and_is_told_how_to_get_one() {
    Walk::on("framing")
        .visit(async |visit| {
            assert_eq!(widgets_in_the_frame(visit.session).await?, 0);
            assert_eq!(noticed(visit.session, "observed").await?, json!([]));
            let console = visit.session.console().await?;
            assert!(
                console.len() == 1 && console[0].contains("data-frames"),
                "{console:#?}"
            );
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_page_in_a_sandbox_has_no_launcher_whatever_it_says() {
    Walk::on("framing-sandboxed")
        .visit(async |visit| {
            assert_eq!(widgets_in_the_frame(visit.session).await?, 0);
            assert_eq!(noticed(visit.session, "observed").await?, json!([]));
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_page_in_a_frame_has_one_when_it_says_so() {
    Walk::on("framing-allowed")
        .visit(async |visit| {
            let session = visit.session;
            session.find("iframe").await?.enter().await?;
            widget::launcher(session).await?.click().await?;
            let root = session
                .find(widget::HOST_ELEMENT)
                .await?
                .shadow_root()
                .await?;
            root.find("dialog iframe").await?.enter().await?;
            widget::fill(session, A_REQUEST).await?;
            widget::send_button(session).await?.click().await?;
            let ticket = visit.service.ticket(&widget::receipt(session).await?);
            assert_eq!(ticket["summary"], A_REQUEST.summary);
            Ok(())
        })
        .await;
}
