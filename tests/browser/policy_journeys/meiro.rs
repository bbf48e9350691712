//! What a contract adds: hours, times and, from the document itself, an update each day, even without news.

use cornerdesk_tests::browser::{Visitor, journey, save_screenshot};

use super::{Place, TEAM, due_after_s};

#[tokio::test]
async fn meiro_answers_by_contract_and_owes_an_update_each_day() {
    let terms = "policy = \"meiro\"\noverlay = \"meiro-test-prague\"";
    // A Tuesday, as the office opens.
    let place = Place::open("2026-12-01T08:00:00Z", terms, None).await;
    journey("journey-meiro", Visitor::DESKTOP, async |session| {
        let hours = "Our team answers Monday–Friday, 09:00–17:00";
        place.write(session, Some("bug"), hours).await?;
        save_screenshot(session, "journey-meiro-form").await?;
        let ticket = place.send(session, "journey-meiro-receipt").await?;
        place.staff(&ticket, &["classify", "--priority", "P2"]);
        assert_eq!(due_after_s(&place, &ticket), 4 * 3600);
        let page = place.follow(session, "journey-meiro-promise").await?;
        assert!(page.contains("You will hear from us by"), "{page}");
        place.wait(30).await;
        place.staff(&ticket, &["answered"]);
        assert_eq!(place.again(&ticket)["clock"]["status"], "met");

        place.wait(24 * 60 - 60).await;
        assert_eq!(place.mails(TEAM, "The requester is to hear from us"), 0);
        place.wait(61).await;
        place.mail(TEAM, "The requester is to hear from us").await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn meiros_document_alone_promises_no_time() {
    let place = Place::open("2026-12-01T08:00:00Z", "policy = \"meiro\"", None).await;
    journey("journey-meiro-alone", Visitor::PHONE, async |session| {
        place.write(session, Some("service_request"), "").await?;
        let ticket = place.send(session, "journey-meiro-alone").await?;
        place.staff(&ticket, &["classify", "--priority", "P1"]);
        assert_eq!(place.again(&ticket)["clock"]["reason"], "no_target");
        Ok(())
    })
    .await;
}
