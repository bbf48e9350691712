//! Somebody reads the answer to their request, writes back with a file, says that it is solved and what they think of the help.

use std::time::Duration;

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, picture},
    client::{Answer, File, a_submission_with, form},
    embedded::reached_by_mail,
    eventually,
    relay::Relay,
    service::{SITE, Setup, Staff},
    smtp::SmtpSink,
    webdriver::{APPEARANCE, Session},
};
use serde_json::json;

use crate::{
    accessibility::audit::{COLOURS, axe, violations},
    files::on_disk,
    states::prefer,
};

/// A request that staff can answer.
struct Place {
    sink: SmtpSink,
    _relay: Relay,
    service: Service,
    staff: Staff,
    reference: String,
    url: String,
}

impl Place {
    async fn open(database: Database, locale: &str) -> Self {
        let (sink, relay, service) = reached_by_mail(Setup::new(database)).await;
        let asked = a_submission_with(json!({
            "summary": "Exporting the July report gives an empty file", "locale": locale,
            "context": { "time_zone": "Europe/Vienna" },
        }));
        let answer = service.client().submit(&asked).await;
        let reference = answer.reference();
        service.acknowledged(&reference).await;
        let url = answer.json()["status_url"]
            .as_str()
            .expect("an address")
            .to_owned();
        let staff = service.sign_in_staff().await;
        Self {
            sink,
            _relay: relay,
            service,
            staff,
            reference,
            url,
        }
    }

    async fn reply(&self, text: &str, files: &[File]) {
        let path = format!("/desk/tickets/{}/messages", self.reference);
        let fields = json!({ "kind": "reply", "text": text });
        let request = self
            .staff
            .request("POST", &path)
            .multipart(form(&fields, files));
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
    }

    async fn close(&self, outcome: &str) {
        let path = format!("/desk/tickets/{}/status", self.reference);
        let request = self.staff.request("POST", &path);
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        let answer = request.body(format!("outcome={outcome}")).send().await;
        assert_eq!(answer.expect("an answer").status(), 303);
    }

    async fn code(&self) -> String {
        eventually(Duration::from_secs(15), "the code", async || {
            let mut received = self.sink.received().into_iter();
            received.find_map(|received| received.mail().code())
        })
        .await
    }
}

/// Waits for the page that comes after a press: it is in this state.
async fn stands(session: &Session, state: &str) {
    let selector = format!(".state[data-state={state}]");
    eventually(APPEARANCE, state, async || {
        session.find(&selector).await.ok()
    })
    .await;
}

async fn press(session: &Session, selector: &str) -> Result<()> {
    session.find(selector).await?.click().await
}

/// The whole of it.
async fn follows(name: &str, database: Database, visitor: Visitor, locale: &str) {
    let place = Place::open(database, locale).await;
    let shot = File::text("before and after (July).txt", "1. open");
    place
        .reply(
            "Good morning,\n\nplease press “Export” on the second page. The steps are in the file.",
            &[shot],
        )
        .await;
    place
        .service
        .ticket_with_examined_files(&place.reference)
        .await;
    let (axe, more) = (axe(), on_disk(&File::text("still-empty.txt", "rows: 0")));
    journey(name, visitor, async |session| {
        let look = async |what: &str| -> Result<()> {
            picture(session, &format!("{name}-{what}")).await?;
            if visitor.javascript {
                for (colours, features) in COLOURS {
                    prefer(session, features).await?;
                    let found = violations(session, &axe).await?;
                    assert!(found.is_empty(), "{what} {colours}: {}", found.join("\n"));
                }
                prefer(session, &[]).await?;
            }
            Ok(())
        };
        session.goto(&place.url).await?;
        stands(session, "answered").await;
        look("answered").await?;
        press(session, "#messages form[action$='/code'] button").await?;
        session.find("#messages #code").await?;
        look("code").await?;
        let code = place.code().await;
        session.find("#code").await?.type_text(&code).await?;
        press(session, "form[action$='/sign-in'] button").await?;
        session.find(".message .prose").await?;
        session.find(".message a[href*='/files/']").await?;
        look("read").await?;
        press(session, "form[action$='/answer'] button").await?;
        session.find("#answer-fault").await?;
        look("nothing-written").await?;
        let text = session.find("#answer-text").await?;
        text.type_text("It is still empty, see the file.").await?;
        let files = session.find("#answer-files").await?;
        files.type_text(&more.to_string_lossy()).await?;
        press(session, "form[action$='/answer'] button").await?;
        stands(session, "heard").await;
        session.find(".message--own").await?;
        look("written").await?;
        place
            .reply("Thank you. We have mended it: please try once more.", &[])
            .await;
        session.goto(&place.url).await?;
        stands(session, "answered").await;
        press(session, "button[value=unsolved]").await?;
        stands(session, "unsolved").await;
        look("unsolved").await?;
        press(session, "button[value=solved]").await?;
        stands(session, "solved").await;
        look("solved").await?;
        press(session, "input[value=good]").await?;
        let comment = session.find("#rating-comment").await?;
        comment.type_text("Quick and friendly.").await?;
        press(session, "form[action$='/rating'] button").await?;
        session.find(".rating details").await?;
        look("rated").await
    })
    .await;
    let ticket = place
        .service
        .ticket_with_examined_files(&place.reference)
        .await;
    assert_eq!(ticket["status"], "solved");
    assert_eq!(ticket["attachments"].as_array().expect("files").len(), 2);
    let desk = place
        .staff
        .get(&format!("/desk/tickets/{}", place.reference))
        .await;
    for shown in ["It is still empty, see the file.", "Quick and friendly."] {
        assert!(desk.text.contains(shown), "{shown}");
    }
}

#[tokio::test]
async fn a_requester_follows_to_the_end_on_a_desk() {
    follows("follow-light", Database::Sqlite, Visitor::DESKTOP, "en").await;
}

#[tokio::test]
async fn a_requester_follows_to_the_end_on_postgresql_in_the_dark() {
    follows("follow-dark", Database::Postgres, Visitor::DARK, "fr").await;
}

#[tokio::test]
async fn a_requester_follows_to_the_end_on_a_phone_in_arabic() {
    follows("follow-phone", Database::Sqlite, Visitor::PHONE, "ar").await;
}

#[tokio::test]
async fn a_requester_follows_to_the_end_without_javascript() {
    let visitor = Visitor::WITHOUT_JAVASCRIPT;
    follows(
        "follow-without-javascript",
        Database::Postgres,
        visitor,
        "de",
    )
    .await;
}

#[tokio::test]
async fn a_closed_request_says_that_an_answer_opens_it_again_and_is_printed_with_its_messages() {
    let place = Place::open(Database::Sqlite, "en").await;
    place.reply("Please press “Export”.", &[]).await;
    place.close("closed:no_reply").await;
    journey("follow-closed", Visitor::DESKTOP, async |session| {
        session.goto(&place.url).await?;
        stands(session, "closed").await;
        picture(session, "follow-closed").await?;
        session
            .devtools("Emulation.setEmulatedMedia", json!({ "media": "print" }))
            .await?;
        let shown = "return [...document.querySelectorAll('form, textarea')].filter(one => one.offsetHeight > 0).length";
        assert_eq!(session.run(shown, &[]).await?, json!(0));
        let height = "return document.querySelector('.message').offsetHeight > 20";
        assert_eq!(session.run(height, &[]).await?, json!(true));
        picture(session, "follow-closed-print").await
    })
    .await;
}

/// Somebody who has lost the link comes from the help form to their request.
async fn finds(name: &str, visitor: Visitor, locale: &str) {
    let place = Place::open(Database::Sqlite, locale).await;
    let axe = axe();
    journey(name, visitor, async |session| {
        let look = async |what: &str| -> Result<()> {
            picture(session, &format!("{name}-{what}")).await?;
            if visitor.javascript {
                let found = violations(session, &axe).await?;
                assert!(found.is_empty(), "{what}: {}", found.join("\n"));
            }
            Ok(())
        };
        let (origin, _) = place.url.split_once("/t/").expect("an origin");
        session
            .goto(&format!("{origin}/help/{SITE}?locale={locale}"))
            .await?;
        press(session, "a[href*='/find/']").await?;
        session.find("#reference").await?;
        look("empty").await?;
        session.find("#reference").await?.type_text("1234").await?;
        session
            .find("#email")
            .await?
            .type_text("ada@customer.example")
            .await?;
        press(session, "form button").await?;
        session.find("#wrong").await?;
        look("wrong").await?;
        session.find("#reference").await?.clear().await?;
        session
            .find("#reference")
            .await?
            .type_text(&place.reference)
            .await?;
        press(session, "form button").await?;
        session.find("[role=status]").await?;
        look("done").await?;
        let link = eventually(Duration::from_secs(15), "the link", async || {
            let mails = place
                .sink
                .received()
                .into_iter()
                .map(|received| received.mail());
            let links = mails.filter(|mail| !mail.header("Message-ID").contains("acknowledge"));
            links
                .flat_map(|mail| mail.links())
                .find(|link| link.contains("/t/"))
        })
        .await;
        session.goto(&link).await?;
        stands(session, "received").await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn who_lost_the_link_finds_the_request_again() {
    finds("find-light", Visitor::DESKTOP, "en").await;
}

#[tokio::test]
async fn who_lost_the_link_finds_the_request_again_on_a_phone_in_arabic() {
    finds("find-phone", Visitor::PHONE, "ar").await;
}

#[tokio::test]
async fn who_lost_the_link_finds_the_request_again_without_javascript() {
    finds("find-without-javascript", Visitor::WITHOUT_JAVASCRIPT, "ja").await;
}
