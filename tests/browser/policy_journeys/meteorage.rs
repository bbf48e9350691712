//! One hour for what is urgent and comes in the hours of the table, also when the team has gone home.

use cornerdesk_tests::browser::{Visitor, journey, save_screenshot};

use super::{MARA, ON_CALL, Place, TEAM, due_after_s};

const TERMS: &str = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"";

#[tokio::test]
async fn meteorage_answers_what_is_high_within_the_hour_and_wakes_whoever_is_on_call() {
    // A Tuesday, half an hour before the office closes.
    let place = Place::open("2026-12-01T15:30:00Z", TERMS, None).await;
    journey("journey-meteorage", Visitor::DESKTOP, async |session| {
        let hours = "Our team answers Monday–Friday, 08:00–17:00 (Europe/Paris)";
        place
            .write(session, Some("technical_assistance"), hours)
            .await?;
        save_screenshot(session, "journey-meteorage-form").await?;
        let ticket = place.send(session, "journey-meteorage-receipt").await?;
        assert_eq!(place.again(&ticket)["clock"]["reason"], "unclassified");
        let page = place.follow(session, "journey-meteorage-page").await?;
        assert!(!page.contains("You will hear from us by"), "{page}");

        place.staff(&ticket, &["classify", "--priority", "high"]);
        assert_eq!(due_after_s(&place, &ticket), 3600);
        place.mail(TEAM, "Ticket with priority High").await;
        let page = place.follow(session, "journey-meteorage-promise").await?;
        assert!(page.contains("You will hear from us by"), "{page}");
        assert_eq!(place.mails(ON_CALL, ""), 0, "the office is open");

        place.wait(61).await;
        place.mail(ON_CALL, "First answer is late").await;
        place.mail(TEAM, "First answer is late").await;
        let page = place.follow(session, "journey-meteorage-late").await?;
        assert!(page.contains("We are late, and we are sorry."), "{page}");
        Ok(())
    })
    .await;
    let mail = place.mail(MARA, "We have received").await.everything();
    assert!(!mail.contains("You will hear from us by"), "{mail}");
}

#[tokio::test]
async fn meteorage_promises_no_time_for_a_question() {
    let place = Place::open("2026-12-01T15:30:00Z", TERMS, None).await;
    journey(
        "journey-meteorage-question",
        Visitor::PHONE,
        async |session| {
            let hours = "Our team answers Monday–Friday, 08:00–17:00";
            place
                .write(session, Some("general_question"), hours)
                .await?;
            let ticket = place.send(session, "journey-meteorage-question").await?;
            place.staff(&ticket, &["classify", "--priority", "high"]);
            let clock = &place.again(&ticket)["clock"];
            assert_eq!(clock["reason"], "category_not_covered");
            Ok(())
        },
    )
    .await;
}
