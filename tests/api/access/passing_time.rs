//! What time does to access: the service is told it, so that hours pass at once.

use std::time::Duration;

use cornerdesk_tests::{Database, Service, client::a_submission_with, eventually, smtp::SmtpSink};
use serde_json::json;

use super::{Place, desk_form, setup};

#[tokio::test]
async fn access_granted_for_an_hour_is_refused_after_it_and_everybody_is_told() {
    let sink = SmtpSink::start().await;
    let service = Service::start_in_false_time(setup(Database::Sqlite, &sink)).await;
    let mut place = Place::on(service, sink).await;
    let cookie = place.sign_in().await;
    place.grant(&cookie, "hour").await;
    place.service.let_pass(Duration::from_secs(59 * 60)).await;
    assert_eq!(place.enter(place.question()).await.status, 200);
    place.service.let_pass(Duration::from_secs(61)).await;
    let problem = place
        .enter(place.question())
        .await
        .problem(403, "access-refused");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|detail| detail.starts_with("ended:")),
        "{problem}"
    );
    eventually(Duration::from_secs(15), "it to happen", async || {
        place
            .kinds()
            .contains(&"access_expired".to_owned())
            .then_some(())
    })
    .await;
    assert!(place.look("").await.contains("The access ended"));
    let stale = place
        .form(
            &format!("{}/revoke", place.page),
            &cookie,
            &[("form_token", "x"), ("grant", &"0".repeat(32))],
        )
        .await;
    assert!(
        stale.text.contains("Ask for a code once more"),
        "the session is over"
    );
    place.service.terminate().await;
}

#[tokio::test]
async fn a_requester_who_does_not_answer_is_asked_once_more_and_not_again() {
    let sink = SmtpSink::start().await;
    let service = Service::start_in_false_time(setup(Database::Sqlite, &sink)).await;
    let mut place = Place::on(service, sink).await;
    let staff = place.service.sign_in_staff().await;
    let path = format!("/desk/tickets/{}/access/request", place.reference);
    desk_form(&staff, &path, "Look").await;
    let asked = || {
        let mails = place
            .sink
            .received()
            .into_iter()
            .map(|received| received.mail());
        mails
            .filter(|mail| mail.header("Subject").contains("look into your account"))
            .count()
    };
    eventually(Duration::from_secs(15), "it to happen", async || {
        (asked() == 1).then_some(())
    })
    .await;
    place
        .service
        .let_pass(Duration::from_secs(24 * 3600 + 5))
        .await;
    eventually(Duration::from_secs(15), "it to happen", async || {
        (asked() == 2).then_some(())
    })
    .await;
    place
        .service
        .let_pass(Duration::from_secs(24 * 3600 + 5))
        .await;
    let submission = a_submission_with(json!({ "email": "after@customer.example" }));
    place.service.client().submit(&submission).await.reference();
    place.sink.message_to("after@customer.example").await;
    assert_eq!(asked(), 2);
    place.service.terminate().await;
}

#[tokio::test]
async fn nobody_is_reminded_of_a_request_that_another_followed_or_of_a_ticket_that_is_solved() {
    let sink = SmtpSink::start().await;
    let service = Service::start_in_false_time(setup(Database::Sqlite, &sink)).await;
    let place = Place::on(service, sink).await;
    let staff = place.service.sign_in_staff().await;
    let path = format!("/desk/tickets/{}/access/request", place.reference);
    let jobs = |state: &str| {
        let jobs = place.service.jobs(state).into_iter();
        jobs.filter(|job| job["kind"] == "ask_for_access").count()
    };
    let done = async |count: usize| {
        eventually(Duration::from_secs(20), "the jobs", async || {
            (jobs("done") == count).then_some(())
        })
        .await;
    };
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    desk_form(&staff, &path, "Look").await;
    done(1).await;
    place.service.let_pass(hours(1)).await;
    desk_form(&staff, &path, "Look once more").await;
    done(2).await;
    // The first one's reminder is due, and nobody waits for that one any more.
    place
        .service
        .let_pass(hours(23) + Duration::from_secs(60))
        .await;
    done(3).await;
    let solved = ["--to", "solved", "--by", "Kim"];
    let command = [&["ticket", "status", place.reference.as_str()], &solved[..]].concat();
    place.service.command(&command);
    place.service.let_pass(hours(1)).await;
    done(4).await;
    let asked = place.sink.received().into_iter();
    let asked = asked.filter(|mail| {
        mail.mail()
            .header("Subject")
            .contains("look into your account")
    });
    assert_eq!(asked.count(), 2);
    let told = place.kinds();
    assert_eq!(
        told.iter().filter(|kind| *kind == "access_asked").count(),
        2,
        "{told:?}"
    );
    assert!(!place.look("").await.contains("We need your permission"));
}
