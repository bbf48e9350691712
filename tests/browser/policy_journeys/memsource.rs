//! Twelve hours for whoever has paid, whatever the time of day.

use cornerdesk_tests::browser::{Visitor, journey, save_screenshot};

use super::{MARA, Place, TEAM, due_after_s};

const PROMISE: &str = "You will hear from us by";

#[tokio::test]
async fn memsource_promises_twelve_hours_to_who_has_paid_and_says_when_it_is_late() {
    // A Saturday evening.
    let place = Place::open(
        "2026-12-05T21:10:00Z",
        "policy = \"memsource\"",
        Some("paid"),
    )
    .await;
    journey("journey-memsource", Visitor::DESKTOP, async |session| {
        place
            .write(session, None, "You will hear from us within 12 hours.")
            .await?;
        save_screenshot(session, "journey-memsource-form").await?;
        let ticket = place.send(session, "journey-memsource-receipt").await?;
        let receipt = cornerdesk_tests::widget::visible_text(session).await?;
        assert!(receipt.contains(PROMISE), "{receipt}");
        assert_eq!(due_after_s(&place, &ticket), 12 * 3600);
        let mail = place.mail(MARA, "We have received").await.everything();
        assert!(mail.contains(PROMISE), "{mail}");
        let page = place.follow(session, "journey-memsource-page").await?;
        assert!(page.contains(PROMISE), "{page}");

        place.wait(9 * 60 + 1).await;
        place.mail(TEAM, "75 % of the time").await;
        place.wait(108).await;
        place.mail(TEAM, "90 % of the time").await;
        assert_eq!(place.mails(TEAM, "First answer is late"), 0);
        place.wait(75).await;
        place.mail(TEAM, "First answer is late").await;
        let page = place.follow(session, "journey-memsource-late").await?;
        assert!(page.contains("We are late, and we are sorry."), "{page}");

        place.staff(&ticket, &["answered"]);
        let page = place.follow(session, "journey-memsource-answered").await?;
        assert!(page.contains("We have answered you"), "{page}");
        assert!(!page.contains("We are late"), "{page}");
        assert_eq!(place.again(&ticket)["clock"]["status"], "breached");
        assert_eq!(place.mails(TEAM, ""), 3, "each once");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn memsource_promises_nothing_to_who_has_not_paid() {
    let place = Place::open(
        "2026-12-05T21:10:00Z",
        "policy = \"memsource\"",
        Some("free"),
    )
    .await;
    journey("journey-memsource-free", Visitor::PHONE, async |session| {
        place.write(session, None, "").await?;
        let ticket = place.send(session, "journey-memsource-free").await?;
        let clock = &place.again(&ticket)["clock"];
        assert_eq!(clock["reason"], "no_target");
        let mail = place.mail(MARA, "We have received").await.everything();
        assert!(!mail.contains(PROMISE), "{mail}");
        let page = place.follow(session, "journey-memsource-free-page").await?;
        assert!(!page.contains(PROMISE), "{page}");
        Ok(())
    })
    .await;
}
