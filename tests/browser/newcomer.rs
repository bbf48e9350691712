//! Somebody who has never seen the desk answers a ticket, with `docs/desk.md` open and nothing else: how many presses that is.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::a_submission_with,
    eventually,
    service::{STAFF_EMAIL, STAFF_PASSWORD, Setup},
    smtp::{ARRIVAL, SmtpSink},
    webdriver::Session,
    widget,
};
use serde_json::json;

const ANSWER: &str = "The total is right again. Please reload the page.";

/// A desk with one ticket, whose mails go to the sink.
async fn desk(sink: &SmtpSink) -> (Service, String) {
    let setup = Setup::new(Database::Sqlite).mail_to(sink);
    let service = Service::start_with(setup).await;
    service.add_staff();
    let submission = a_submission_with(json!({ "email": "ada@customer.example" }));
    let reference = service.client().submit(&submission).await.reference();
    service.acknowledged(&reference).await;
    (service, reference)
}

/// Presses and counts.
struct Presses<'a> {
    session: &'a Session,
    count: u32,
}

impl Presses<'_> {
    async fn press(&mut self, what: &str) -> Result<()> {
        self.count += 1;
        self.session.find(what).await?.click().await
    }
}

/// The answer reached the requester.
async fn is_sent(service: &Service, sink: &SmtpSink, reference: &str) {
    eventually(ARRIVAL, "the answer in the mailbox", async || {
        let mails = sink.received().into_iter().map(|received| received.mail());
        let mut mails = mails.filter(|mail| mail.everything().contains(ANSWER));
        mails
            .next()
            .map(|mail| assert_eq!(mail.header("To"), "ada@customer.example"))
    })
    .await;
    let ticket = service.ticket(reference);
    let answered = ticket["timeline"].to_string();
    assert!(
        answered.contains("\"answered\"") && answered.contains("\"assigned\""),
        "{answered}"
    );
}

#[tokio::test]
async fn whoever_is_new_answers_a_ticket_with_five_presses() {
    let sink = SmtpSink::start().await;
    let (service, reference) = desk(&sink).await;
    journey("newcomer", Visitor::DESKTOP, async |session| {
        let mut presses = Presses { session, count: 0 };
        session.goto(&service.url("/desk")).await?;
        session
            .find("[name=email]")
            .await?
            .type_text(STAFF_EMAIL)
            .await?;
        session
            .find("[name=password]")
            .await?
            .type_text(STAFF_PASSWORD)
            .await?;
        presses.press("form button[type=submit]").await?;
        save_screenshot(session, "newcomer-queue").await?;
        presses.press(".tickets__what a").await?;
        widget::reads(session, "Take it").await?;
        presses.press("[data-key=a]").await?;
        widget::reads(session, "Assigned").await?;
        presses.press("[data-key=r]").await?;
        session
            .find("#writing-text")
            .await?
            .type_text(ANSWER)
            .await?;
        save_screenshot(session, "newcomer-box").await?;
        presses.press(".writing__form button[type=submit]").await?;
        widget::reads(session, ANSWER).await?;
        save_screenshot(session, "newcomer-sent").await?;
        assert_eq!(presses.count, 5);
        is_sent(&service, &sink, &reference).await;
        Ok(())
    })
    .await;
}
