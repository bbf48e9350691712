//! The page of a request as people meet it: in each language, light and dark, on a phone, printed, without scripts.

use std::time::Duration;

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, comes_in_sight, journey, picture},
    client::{File, a_submission_with},
    embedded::reached_by_mail,
    eventually,
    relay::Relay,
    service::Setup,
    webdriver::{APPEARANCE, Session},
};
use serde_json::json;

use crate::{
    accessibility::audit::{COLOURS, axe, violations},
    states::prefer,
};

const LOCALES: [&str; 7] = ["en", "ar", "cs", "de", "es", "fr", "ja"];

/// A service that is reached through a relay.
async fn open() -> (Relay, Service) {
    let relay = Relay::bind().await;
    let setup = Setup::new(Database::Sqlite).reached_at(&relay.origin());
    let service = Service::start_with(setup).await;
    relay.pass_to(&service.origin());
    (relay, service)
}

/// A request with a file; the address of its page.
async fn page(service: &Service, locale: &str) -> String {
    let file = File::text("monthly report (July).txt", "1. open");
    let upload = service.client().upload(&file).await;
    let asked = json!({
        "summary": "Exporting the July report gives an empty file", "locale": locale, "upload_ids": [upload],
        "description": "1. I open Reports and choose July.\n2. I press Export.\n\nThe file that comes has no rows, although the page shows 214.",
        "context": { "time_zone": "Europe/Vienna" },
    });
    let answer = service.client().submit(&a_submission_with(asked)).await;
    service.acknowledged(&answer.reference()).await;
    answer.json()["status_url"]
        .as_str()
        .expect("an address")
        .to_owned()
}

async fn unfold(session: &Session) -> Result<()> {
    session.find("details > summary").await?.click().await
}

async fn looks(name: &str, visitor: Visitor, locales: &[&str]) {
    let (_relay, service) = open().await;
    let mut pages = Vec::new();
    for locale in locales {
        pages.push((locale, page(&service, locale).await));
    }
    journey(name, visitor, async |session| {
        for (locale, url) in &pages {
            session.goto(url).await?;
            let lang = session
                .run(
                    "return [document.documentElement.lang, document.documentElement.dir]",
                    &[],
                )
                .await?;
            assert_eq!(
                lang,
                json!([locale, if **locale == "ar" { "rtl" } else { "ltr" }])
            );
            picture(session, &format!("{name}-{locale}")).await?;
            unfold(session).await?;
            picture(session, &format!("{name}-{locale}-whole")).await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_page_of_a_request_in_every_language_on_a_phone() {
    looks("status-phone", Visitor::PHONE, &LOCALES).await;
}

#[tokio::test]
async fn the_page_of_a_request_on_a_desk_light_and_dark() {
    looks("status-light", Visitor::DESKTOP, &["en", "ar"]).await;
    looks("status-dark", Visitor::DARK, &["en", "de"]).await;
}

#[tokio::test]
async fn a_person_without_javascript_follows_the_link_of_the_receipt() {
    let (relay, _service) = open().await;
    journey(
        "status-receipt",
        Visitor::WITHOUT_JAVASCRIPT,
        async |session| {
            use cornerdesk_tests::{service::SITE, widget};
            session
                .goto(&format!("{}/help/{SITE}", relay.origin()))
                .await?;
            widget::fill(session, widget::A_REQUEST).await?;
            widget::send_button(session).await?.click().await?;
            let reference = widget::receipt(session).await?;
            session
                .find("#receipt-actions a[href*='/t/']")
                .await?
                .click()
                .await?;
            widget::reads(session, "We have your request").await?;
            assert_eq!(
                widget::find_reference(&widget::visible_text(session).await?),
                Some(reference)
            );
            picture(session, "status-without-javascript").await
        },
    )
    .await;
    let told: Vec<_> = relay
        .referers()
        .into_iter()
        .filter(|from| from.contains("/t/"))
        .collect();
    assert!(told.is_empty(), "{told:?}");
}

#[tokio::test]
async fn axe_finds_nothing_on_the_page_of_a_request() {
    let (_relay, service) = open().await;
    let urls = [page(&service, "en").await, page(&service, "ar").await];
    let axe = axe();
    for visitor in [Visitor::DESKTOP, Visitor::PHONE] {
        journey("status-axe", visitor, async |session| {
            let mut wrong = Vec::new();
            for url in &urls {
                session.goto(url).await?;
                unfold(session).await?;
                for (colours, features) in COLOURS {
                    prefer(session, features).await?;
                    let found = violations(session, &axe).await?;
                    wrong.extend(found.iter().map(|line| format!("{colours}: {line}")));
                }
                prefer(session, &[]).await?;
            }
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
            Ok(())
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_folded_is_printed() {
    let (_relay, service) = open().await;
    let url = page(&service, "en").await;
    journey("status-print", Visitor::DESKTOP, async |session| {
        session.goto(&url).await?;
        session
            .devtools("Emulation.setEmulatedMedia", json!({ "media": "print" }))
            .await?;
        let height = session
            .run(
                "return document.querySelector('.prose').getBoundingClientRect().height",
                &[],
            )
            .await?;
        assert!(height.as_f64() > Some(20.0), "{height}");
        picture(session, "status-print").await
    })
    .await;
}

/// The part about access, as somebody meets it who was asked for it.
async fn grants(name: &str, visitor: Visitor, locale: &str) {
    let (sink, _relay, service) = reached_by_mail(Setup::new(Database::Sqlite)).await;
    let url = page(&service, locale).await;
    let reference = service.tickets()[0]["reference"]
        .as_str()
        .expect("a reference")
        .to_owned();
    let staff = service.sign_in_staff().await;
    let ask = staff.request("POST", &format!("/desk/tickets/{reference}/access/request"));
    let ask = ask.header("Content-Type", "application/x-www-form-urlencoded");
    ask.body("purpose=Export+the+July+report+once")
        .send()
        .await
        .expect("an answer");
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
        session.goto(&url).await?;
        look("asked").await?;
        session
            .find("form[action$='/code'] button")
            .await?
            .click()
            .await?;
        session.find("#code").await?;
        look("code").await?;
        let code = eventually(Duration::from_secs(15), "the code", async || {
            let mut received = sink.received().into_iter();
            received.find_map(|received| received.mail().code())
        })
        .await;
        session.find("#code").await?.type_text(&code).await?;
        session
            .find("form[action$='/sign-in'] button")
            .await?
            .click()
            .await?;
        session.find("#purpose").await?;
        look("form").await?;
        if visitor.javascript {
            let past = "document.querySelector('[name=lasts][value=own]').click();
                document.getElementById('until').value = '2020-01-01T00:00'";
            session.run(past, &[]).await?;
            session
                .find("form[action$='/access'] button")
                .await?
                .click()
                .await?;
            comes_in_sight(session, "#until-fault").await;
            look("refused").await?;
            session
                .find("[name=lasts][value=hour]")
                .await?
                .click()
                .await?;
        }
        session
            .find("form[action$='/access'] button")
            .await?
            .click()
            .await?;
        session.find(".notice--open").await?;
        look("open").await?;
        session
            .find("form[action$='/revoke'] button")
            .await?
            .click()
            .await?;
        // The page before had this button, too.
        eventually(APPEARANCE, "no access any more", async || {
            let open = session.find_all(".notice--open").await.ok()?;
            let again = session.find("form[action$='/access'] button").await;
            (open.is_empty() && again.is_ok()).then_some(())
        })
        .await;
        look("ended").await
    })
    .await;
}

#[tokio::test]
async fn access_is_granted_and_ended_on_a_desk() {
    grants("access-light", Visitor::DESKTOP, "en").await;
}

#[tokio::test]
async fn access_is_granted_and_ended_without_javascript() {
    grants(
        "access-without-javascript",
        Visitor::WITHOUT_JAVASCRIPT,
        "de",
    )
    .await;
}

#[tokio::test]
async fn access_is_granted_and_ended_on_a_phone_in_arabic() {
    grants("access-phone", Visitor::PHONE, "ar").await;
}
