//! Severity 1 at night on a Sunday: one hour, whoever is on call hears at once, and leadership when it is escalated.

use cornerdesk_tests::browser::{Visitor, journey, save_screenshot};

use super::{LEADERSHIP, ON_CALL, Place, TEAM, due_after_s, second, second_of};

const TERMS: &str = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"";

#[tokio::test]
async fn m3ter_answers_severity_1_within_the_hour_on_a_sunday_night_and_escalates() {
    // A former name of Gold.
    let place = Place::open("2026-12-06T02:10:00Z", TERMS, Some("Pro")).await;
    journey("journey-m3ter", Visitor::DESKTOP, async |session| {
        let hours = "Our team answers Monday–Friday, 10:00";
        place.write(session, Some("incident"), hours).await?;
        save_screenshot(session, "journey-m3ter-form").await?;
        let ticket = place.send(session, "journey-m3ter-receipt").await?;
        assert_eq!(place.again(&ticket)["clock"]["reason"], "unclassified");

        place.staff(&ticket, &["classify", "--priority", "S1"]);
        assert_eq!(due_after_s(&place, &ticket), 3600);
        place
            .mail(ON_CALL, "Ticket with priority Severity 1 - Urgent")
            .await;
        let page = place.follow(session, "journey-m3ter-promise").await?;
        assert!(page.contains("You will hear from us by"), "{page}");
        place.wait(46).await;
        place.mail(TEAM, "75 % of the time").await;
        // When leadership is brought in, the document does not say: by hand, then.
        assert_eq!(place.mails(LEADERSHIP, ""), 0);
        place.staff(&ticket, &["escalate", "--to", "4"]);
        place
            .mail(LEADERSHIP, "For step 4 of the work, Leadership")
            .await;

        place.staff(&ticket, &["answered"]);
        let page = place.follow(session, "journey-m3ter-answered").await?;
        assert!(page.contains("We have answered you"), "{page}");
        assert_eq!(place.again(&ticket)["clock"]["status"], "met");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn m3ter_counts_severity_2_in_the_hours_of_the_plan() {
    let place = Place::open("2026-12-04T16:30:00Z", TERMS, Some("Standard")).await;
    journey("journey-m3ter-silver", Visitor::PHONE, async |session| {
        let hours = "Our team answers Monday–Friday, 10:00–18:00";
        place
            .write(session, Some("technical_support"), hours)
            .await?;
        let ticket = place.send(session, "journey-m3ter-silver").await?;
        place.staff(&ticket, &["classify", "--priority", "S2"]);
        // What is left of Friday until 17:00 UTC, and the rest of four hours on Monday from 09:00 UTC.
        let ticket = place.again(&ticket);
        let left_s = second("2026-12-04T17:00:00Z") - second_of(&ticket["received_at"]);
        let due = second("2026-12-07T09:00:00Z") + 4 * 3600 - left_s;
        assert_eq!(second_of(&ticket["clock"]["due_at"]), due);
        Ok(())
    })
    .await;
}
