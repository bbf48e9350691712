//! Staff split a ticket.

use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::{File, a_submission_with},
    widget,
};
use serde_json::json;

use crate::{accessibility::audit, desk};

#[tokio::test]
async fn a_numbered_list_is_filled_in_and_split_without_javascript() {
    let visitor = Visitor::WITHOUT_JAVASCRIPT;
    splits("desk-split", visitor).await;
}

#[tokio::test]
async fn the_page_to_split_is_for_everybody() {
    for (name, visitor) in [
        ("desk-split-dark", Visitor::DARK),
        ("desk-split-phone", Visitor::PHONE),
    ] {
        let service = Service::start(Database::Sqlite).await;
        let reference = submit(&service).await;
        journey(name, visitor, async |session| {
            desk::assert_shows(session, &service, &reference, &[]).await?;
            save_screenshot(session, &format!("{name}-ticket")).await?;
            let path = format!("/desk/tickets/{reference}/split");
            session.goto(&service.url(&path)).await?;
            session.find("[name=summary_1]").await?;
            let violations = audit::violations(session, &audit::axe()).await?;
            assert!(violations.is_empty(), "{violations:#?}");
            save_screenshot(session, name).await?;
            Ok(())
        })
        .await;
    }
}

async fn submit(service: &Service) -> String {
    let upload = service
        .client()
        .upload(&File::text("address.txt", "x"))
        .await;
    let submission = a_submission_with(json!({
        "summary": "Three things",
        "description": "Hello,\n1. The totals are wrong. Since Monday.\n2. We have a new address, see the file.\n3. Could you add a dark mode?",
        "upload_ids": [upload],
    }));
    service.client().submit(&submission).await.reference()
}

async fn splits(name: &str, visitor: Visitor) {
    let service = Service::start(Database::Sqlite).await;
    let reference = submit(&service).await;
    journey(name, visitor, async |session| {
        desk::assert_shows(session, &service, &reference, &[]).await?;
        session
            .find(&format!("a[href='/desk/tickets/{reference}/split']"))
            .await?
            .click()
            .await?;
        let first = session.find("[name=summary_1]").await?;
        assert_eq!(
            widget::attribute(&first, "value").await?,
            "We have a new address, see the file"
        );
        session.find("[name=file_1]").await?.click().await?;
        // Without a summary: it is said, and nothing that was written is lost.
        let third = session.find("[name=description_3]").await?;
        third.type_text("Something else").await?;
        save_screenshot(session, name).await?;
        session.find("main form button").await?.click().await?;
        let fault = session.find("#faults").await?.text().await?;
        assert!(fault.contains("Part 3 has no summary"), "{fault}");
        let third = session.find("[name=description_3]").await?;
        assert_eq!(third.text().await?, "Something else");
        save_screenshot(session, &format!("{name}-fault")).await?;
        let third = session.find("[name=summary_3]").await?;
        third.type_text("Something else").await?;
        session.find("main form button").await?.click().await?;
        let list = session.find("#parts").await?.text().await?;
        assert_eq!(list.matches("CD-").count(), 3, "{list}");
        save_screenshot(session, &format!("{name}-done")).await?;
        session.find("#parts a").await?.click().await?;
        let text = widget::wait_for_text(session, "the part", |text| {
            text.contains("Split off").then(|| text.to_owned())
        })
        .await;
        assert!(
            text.contains(&reference) && text.contains("address.txt"),
            "{text}"
        );
        Ok(())
    })
    .await;
}
