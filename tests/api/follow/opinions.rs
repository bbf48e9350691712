//! What the requester says of the help: whether it is solved, and how it was.

use std::time::Duration;

use cornerdesk_tests::{Database, Service, client::Answer, on_both_databases, smtp::SmtpSink};

use super::{Place, close, told, write};
use crate::access::setup;

async fn judge(place: &Place, verdict: &str) -> Answer {
    let path = format!("{}/verdict", place.page);
    place.form(&path, "", &[("verdict", verdict)]).await
}

async fn rate(place: &Place, cookie: &str, score: &str, comment: &str) -> Answer {
    let path = format!("{}/rating", place.page);
    place
        .form(&path, cookie, &[("score", score), ("comment", comment)])
        .await
}

on_both_databases! {
    async fn the_requester_says_that_it_is_solved_and_that_it_is_not_after_all(database: Database) {
        let place = Place::open(database).await;
        assert_eq!(judge(&place, "solved").await.status, 303);
        assert!(told(&place).is_empty(), "nobody has said anything yet");
        let staff = place.service.sign_in_staff().await;
        write(&place, &staff, "reply", "Press the second button.", &[]).await;
        let page = place.look("").await;
        assert!(page.contains("Is it solved?") && page.contains("Yes, it is solved") && page.contains("No, not yet"), "{page}");
        for _ in 0..2 {
            assert_eq!(judge(&place, "solved").await.header("location"), Some(&*format!("{}#rating", place.page)));
        }
        assert_eq!(told(&place), ["wrote", "answered", "judged", "status_changed"]);
        assert_eq!(place.service.ticket(&place.reference)["status"], "solved");
        let page = place.look("").await;
        for text in ["Your request is solved", "You told us that it is solved.", "You said that it is solved", "How was our help?", "It is not solved"] {
            assert!(page.contains(text), "{text}\n{page}");
        }
        for _ in 0..2 {
            assert_eq!(judge(&place, "unsolved").await.header("location"), Some(&*format!("{}#answer", place.page)));
        }
        assert_eq!(told(&place)[4..], ["judged", "status_changed"]);
        assert_eq!(place.service.ticket(&place.reference)["status"], "open");
        let page = place.look("").await;
        for text in ["It is not solved yet", "What is missing?", "Your request is open again"] {
            assert!(page.contains(text), "{text}\n{page}");
        }
    }

    async fn what_is_not_solved_stays_open_and_waits_for_staff(database: Database) {
        let place = Place::open(database).await;
        let staff = place.service.sign_in_staff().await;
        write(&place, &staff, "reply", "Press the second button.", &[]).await;
        assert_eq!(judge(&place, "unsolved").await.status, 303);
        assert_eq!(told(&place), ["wrote", "answered", "judged"]);
        let desk = staff.get(&format!("/desk/tickets/{}", place.reference)).await.text;
        assert!(desk.contains("The requester says that it is not solved"), "{desk}");
        assert_eq!(judge(&place, "nonsense").await.status, 400);
    }

    async fn the_help_is_rated_when_it_is_over_and_staff_see_it(database: Database) {
        let place = Place::open(database).await;
        let staff = place.service.sign_in_staff().await;
        rate(&place, "", "good", "Canary-early").await;
        assert!(told(&place).is_empty(), "it is not over");
        close(&place, &staff, "solved:fixed").await;
        let long = "ä".repeat(1_001);
        for (score, comment, words) in [("", "Canary-kept", "Choose one of the two"), ("good", long.as_str(), "At most 1,000 characters")] {
            let refused = rate(&place, "", score, comment).await;
            assert_eq!(refused.status, 422, "{}", refused.text);
            assert!(refused.text.contains(words) && refused.text.contains(comment), "{}", refused.text);
        }
        for _ in 0..2 {
            assert_eq!(rate(&place, "", "bad", "Canary-comment").await.status, 303);
        }
        let page = place.look("").await;
        assert!(page.contains("You rated our help as not good") && !page.contains("Canary"), "the link shows no words: {page}");
        // Who does not see the comment does not take it away.
        assert_eq!(rate(&place, "", "good", "").await.status, 303);
        assert_eq!(told(&place), ["status_changed", "rated", "rated"]);
        let desk = staff.get(&format!("/desk/tickets/{}", place.reference)).await.text;
        assert!(desk.contains("Canary-comment") && desk.contains("The requester rated the help: good"), "{desk}");
    }
}

#[tokio::test]
async fn a_rating_stays_after_seven_days() {
    let sink = SmtpSink::start().await;
    let service = Service::start_in_false_time(setup(Database::Sqlite, &sink)).await;
    let mut place = Place::on(service, sink).await;
    let staff = place.service.sign_in_staff().await;
    close(&place, &staff, "solved:fixed").await;
    rate(&place, "", "good", "").await;
    place.service.advance(Duration::from_secs(8 * 86_400));
    rate(&place, "", "bad", "").await;
    let page = place.look("").await;
    assert!(
        page.contains("You rated our help as good") && !page.contains("name=\"score\""),
        "{page}"
    );
    assert_eq!(told(&place), ["status_changed", "rated"]);
    place.service.terminate().await;
}
