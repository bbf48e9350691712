//! Staff answer a ticket, together and alone (journey 4).

use std::time::Duration;

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot, two_at_once},
    client::{File, a_submission, a_submission_with},
    eventually, on_both_databases,
    service::{STAFF_EMAIL, Setup},
    webdriver::Session,
    widget,
};
use serde_json::json;

use crate::{accessibility::audit::look, desk};

const KIM: &str = "kim@acme.example";

async fn service(database: Database) -> (Service, String) {
    let service = Service::start_with(Setup::new(database)).await;
    service.add_staff();
    service.add_colleague(KIM, &["--name", "Kim"]);
    let reference = service.client().submit(&a_submission()).await.reference();
    service.acknowledged(&reference).await;
    (service, reference)
}

/// Signs in and opens the ticket.
async fn open(session: &Session, service: &Service, email: &str, reference: &str) -> Result<()> {
    session.enter_page().await?;
    desk::sign_in_as(
        session,
        service,
        email,
        &format!("/desk/tickets/{reference}"),
    )
    .await?;
    session.find("#writing").await?;
    Ok(())
}

async fn send(session: &Session) -> Result<()> {
    session.find(".writing__send").await?.click().await?;
    session.find(".message:target").await?;
    Ok(())
}

on_both_databases! {
    async fn two_staff_at_one_ticket_see_each_other_and_lose_nothing(database: Database) {
        let _alone = two_at_once().await;
        let (service, reference) = service(database).await;
        let (service, reference) = (&service, reference.as_str());
        journey("desk-two-sam", Visitor::DESKTOP, async |sam| {
            open(sam, service, STAFF_EMAIL, reference).await?;
            journey("desk-two-kim", Visitor::DESKTOP, async |kim| {
                open(kim, service, KIM, reference).await?;
                widget::reads(kim, "Sam is looking at this ticket").await?;
                // By the keyboard alone.
                kim.press("r").await?;
                kim.press("We look into it.").await?;
                widget::reads(sam, "Kim is writing here").await?;
                widget::reads(kim, "Draft saved").await?;
                save_screenshot(sam, "desk-two-writing").await?;
                // A reload loses nothing.
                kim.goto(&service.url(&format!("/desk/tickets/{reference}"))).await?;
                widget::reads(kim, "Draft restored").await?;
                assert_eq!(kim.find("#writing-text").await?.value().await?, "We look into it.");

                sam.find("#writing-text").await?.type_text("It is mended.").await?;
                send(sam).await?;
                // Whoever has answered sees that it went, without a press.
                widget::reads(sam, "Sent by mail").await?;
                widget::reads(kim, "1 new message").await?;
                // Whoever sends all the same is told first.
                kim.find(".writing__send").await?.click().await?;
                widget::reads(kim, "Sam answered meanwhile.").await?;
                look(kim, "desk-two-warned").await?;
                let note = kim.find("[name=kind][value=note]").await?;
                note.click().await?;
                send(kim).await?;
                let is_note = kim.run("return document.querySelector('[name=kind][value=note]').checked", &[]).await?;
                assert_eq!(is_note, json!(true), "whoever wrote a note goes on with notes");
                let found = service.ticket(reference);
                let wrote: Vec<_> = found["timeline"].as_array().expect("facts").iter().filter(|fact| fact["kind"] == "wrote").collect();
                assert_eq!(wrote.len(), 2, "{wrote:?}");
                assert_eq!((&wrote[0]["what"], &wrote[1]["what"]), (&json!("reply"), &json!("note")));
                look(kim, "desk-two-written").await?;
                kim.goto(&service.url("/desk")).await?;
                Ok(())
            })
            .await;
            // Kim has left.
            eventually(Duration::from_secs(60), "Kim to be gone", async || {
                let text = widget::visible_text(sam).await.ok()?;
                (!text.contains("Kim is")).then_some(())
            })
            .await;
            Ok(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_ticket_is_worked_without_javascript() {
    let (service, reference) = service(Database::Sqlite).await;
    journey(
        "desk-work-plain",
        Visitor::WITHOUT_JAVASCRIPT,
        async |session| {
            open(session, &service, STAFF_EMAIL, &reference).await?;
            session
                .find("#assignee option:nth-of-type(2)")
                .await?
                .click()
                .await?;
            session
                .find("form[action$='/assign'] button")
                .await?
                .click()
                .await?;
            widget::reads(session, "To Kim, by Sam").await?;
            session.find("#tag").await?.type_text("Billing").await?;
            session
                .find("form[action$='/tags'] button")
                .await?
                .click()
                .await?;
            widget::reads(session, "billing").await?;
            session
                .find("#writing-text")
                .await?
                .type_text("Which browser?")
                .await?;
            let file = service.data_folder().with_file_name("how.txt");
            std::fs::write(&file, "Press F12")?;
            let files = session.find("[name=attachments]").await?;
            files.type_text(&file.display().to_string()).await?;
            session
                .find("[name=then] option[value=wait]")
                .await?
                .click()
                .await?;
            send(session).await?;
            widget::reads(session, "Waiting for the requester").await?;
            let found = service.ticket_with_examined_files(&reference).await;
            assert_eq!(
                (&found["status"], &found["attachments"][0]["name"]),
                (&json!("waiting"), &json!("how.txt"))
            );
            session
                .find("#sorting ~ details summary")
                .await?
                .click()
                .await?;
            session
                .find("[name=until][value=monday]")
                .await?
                .click()
                .await?;
            widget::reads(session, "Snoozed until").await?;
            save_screenshot(session, "desk-work-plain").await?;
            session
                .find("form[action$='/wake'] button")
                .await?
                .click()
                .await?;
            widget::reads(session, "In the queue again").await?;
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn canned_answers_are_written_found_and_put_into_the_box() {
    let (service, reference) = service(Database::Sqlite).await;
    journey("desk-canned", Visitor::DESKTOP, async |session| {
        open(session, &service, STAFF_EMAIL, &reference).await?;
        for (title, body) in [("Ask for logs", "Hello {requester_name}, please send the logs."), ("Thanks", "Thank you! {staff_name}")] {
            session.goto(&service.url("/desk/canned")).await?;
            let adds = "[...document.querySelectorAll('summary')].find((one) => one.textContent === 'Add one').parentElement.open = true";
            session.run(adds, &[]).await?;
            session.find("#title-acme-").await?.type_text(title).await?;
            session.find("#body-acme-").await?.type_text(body).await?;
            session.find("details:last-of-type form button").await?.click().await?;
            widget::reads(session, title).await?;
        }
        look(session, "desk-canned").await?;
        session.goto(&service.url(&format!("/desk/tickets/{reference}"))).await?;
        session.find(".writing__canned button").await?.click().await?;
        session.find(".picker [type=search]").await?.type_text("logs").await?;
        look(session, "desk-canned-picker").await?;
        session.press("\u{e007}").await?;
        let text = session.find("#writing-text").await?.value().await?;
        assert_eq!(text, "Hello ada, please send the logs.");
        let console = session.console().await?;
        assert!(console.is_empty(), "{console:#?}");
        Ok(())
    })
    .await;
}

/// S18: what strangers and colleagues write, their names and the names of their files are text, wherever they stand.
#[tokio::test]
async fn nothing_that_somebody_wrote_is_markup_on_the_page_of_a_ticket() {
    let attack =
        "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
    let (service, _) = service(Database::Sqlite).await;
    let upload = File::text("a\"><script>document.title='owned'<!--.txt", "x");
    let upload = service.client().upload(&upload).await;
    let submission = a_submission_with(
        json!({ "summary": attack, "description": attack, "upload_ids": [upload] }),
    );
    let reference = service.client().submit(&submission).await.reference();
    service.add_colleague(
        "eve@acme.example",
        &["--name", "<script>document.title='owned'</script>"],
    );
    for (name, visitor) in [
        ("desk-canaries", Visitor::DESKTOP),
        ("desk-canaries-plain", Visitor::WITHOUT_JAVASCRIPT),
    ] {
        journey(name, visitor, async |session| {
            open(session, &service, "eve@acme.example", &reference).await?;
            for kind in ["note", "reply"] {
                session
                    .find(&format!("[name=kind][value={kind}]"))
                    .await?
                    .click()
                    .await?;
                session
                    .find("#writing-text")
                    .await?
                    .type_text(attack)
                    .await?;
                send(session).await?;
            }
            session.find("#tag").await?.type_text("<b>&\"'").await?;
            session
                .find("form[action$='/tags'] button")
                .await?
                .click()
                .await?;
            widget::reads(session, "<b>&\"'").await?;
            assert_ne!(session.run("return document.title", &[]).await?, "owned");
            let planted = session
                .run(
                    "return document.querySelectorAll('img[src=x], main script, main b').length",
                    &[],
                )
                .await?;
            assert_eq!(planted, 0);
            save_screenshot(session, name).await?;
            Ok(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_conversation_is_readable_and_writable_by_everybody() {
    let (service, reference) = service(Database::Sqlite).await;
    for (name, visitor) in [
        ("desk-work", Visitor::DESKTOP),
        ("desk-work-dark", Visitor::DARK),
        ("desk-work-phone", Visitor::PHONE),
    ] {
        journey(name, visitor, async |session| {
            open(session, &service, STAFF_EMAIL, &reference).await?;
            for (kind, text) in [("note", "She had the same in May."), ("reply", "Hello Ada,\n\nthe total is right again. Please reload the page.")] {
                session.find(&format!("[name=kind][value={kind}]")).await?.click().await?;
                session.find("#writing-text").await?.type_text(text).await?;
                send(session).await?;
            }
            look(session, &format!("{name}-conversation")).await?;
            session.find("[name=kind][value=note]").await?.click().await?;
            session.find("#writing-text").await?.type_text("Half a sentence").await?;
            widget::reads(session, "Draft saved").await?;
            session.run("document.getElementById('writing').scrollIntoView()", &[]).await?;
            look(session, &format!("{name}-box")).await?;
            session.find("#writing-text").await?.clear().await?;
            session.run("for (const fold of document.querySelectorAll('.sorting details')) fold.open = true; document.getElementById('sorting').scrollIntoView()", &[]).await?;
            look(session, &format!("{name}-sorting")).await?;
            let console = session.console().await?;
            assert!(console.is_empty(), "{console:#?}");
            Ok(())
        })
        .await;
    }
}
