//! Staff ask a colleague by name in a note.

use std::time::Duration;

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, comes_in_sight, journey},
    client::{Answer, a_submission, form, new_key},
    eventually, on_both_databases,
    service::{STAFF_EMAIL, Setup},
    smtp::SmtpSink,
    webdriver::{Session, key},
    widget,
};
use serde_json::json;

use crate::{accessibility::audit::look, desk};

const KIM: &str = "kim@acme.example";
/// What no mail may have.
const CANARY: &str = "zilpzalp";

async fn sign_in(session: &Session, service: &Service, path: &str, email: &str) -> Result<()> {
    session.enter_page().await?;
    desk::sign_in_as(session, service, email, path).await
}

/// Waits until the page has something like this, and no more than that.
async fn has(session: &Session, what: &str, script: &str) {
    eventually(Duration::from_secs(20), what, async || {
        let is_so = session.run(script, &[]).await.ok()?;
        (is_so == json!(true)).then_some(())
    })
    .await;
}

const IS_OPEN: &str =
    "return document.querySelectorAll('#writing-names:not([hidden]) [role=option]').length > 0";
const IS_CLOSED: &str = "return document.getElementById('writing-names').hidden";

/// Writes a note with a name that is chosen by the keyboard.
async fn mention(session: &Session) -> Result<()> {
    session.press("n").await?;
    session.press("The certificate? ").await?;
    session.press("@").await?;
    has(session, "the colleagues", IS_OPEN).await;
    let all = session.run("return [...document.querySelectorAll('#writing-names li')].map((it) => it.textContent)", &[]).await?;
    assert_eq!(
        all,
        json!(["Kim Doe @kim", "Robin @robin"]),
        "not Sam, who writes, nor Lee, who does not see the site"
    );
    // As Escape has it: the list goes, the text and the focus stay.
    session.press(&key::ESCAPE.to_string()).await?;
    has(session, "the list to be gone", IS_CLOSED).await;
    session.press("doe").await?;
    has(
        session,
        "who is called that",
        "return document.querySelectorAll('#writing-names:not([hidden]) li').length === 1",
    )
    .await;
    let said = session
        .run(
            "return document.querySelector('#writing-box [role=status]').textContent",
            &[],
        )
        .await?;
    assert_eq!(said, json!("1 colleague, Enter takes them"));
    let marked = "const text = document.getElementById('writing-text');
        return document.activeElement === text && document.getElementById(text.getAttribute('aria-activedescendant')).getAttribute('aria-selected') === 'true'";
    assert_eq!(session.run(marked, &[]).await?, json!(true));
    look(session, "desk-mention-list").await?;
    session.press(&key::ENTER.to_string()).await?;
    has(session, "the list to be gone", IS_CLOSED).await;
    session.press(&format!("can you look? {CANARY}")).await?;
    let text = session.find("#writing-text").await?.value().await?;
    assert_eq!(
        text,
        format!("The certificate? @kim can you look? {CANARY}")
    );
    session.find(".writing__send").await?.click().await?;
    session.find(".message:target .mention").await?;
    Ok(())
}

on_both_databases! {
    async fn a_colleague_is_asked_by_name_and_answers(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = Setup::new(database).mail_to(&sink).reached_at("https://help.acme.example");
        let service = &Service::start_with(setup.section("[[sites]]\nkey = \"second\"\nname = \"Second\"\nallowed_origins = [\"self\"]\n")).await;
        service.add_staff();
        service.add_colleague(KIM, &["--name", "Kim Doe"]);
        service.add_colleague("robin@acme.example", &["--name", "Robin"]);
        service.add_colleague("lee@acme.example", &["--name", "Lee", "--role", "agent", "--site", "second"]);
        let reference = &service.client().submit(&a_submission()).await.reference();
        let path = &format!("/desk/tickets/{reference}");
        journey("desk-mention-sam", Visitor::DESKTOP, async |session| {
            sign_in(session, service, path, STAFF_EMAIL).await?;
            mention(session).await?;
            widget::reads(session, "Mentions Kim Doe").await?;
            look(session, "desk-mention-written").await?;
            // A name that tells nobody: nothing is lost, and a second press says that it may stay.
            session.find("#writing-text").await?.type_text("And @lee?").await?;
            session.find(".writing__send").await?.click().await?;
            widget::reads(session, "@lee is a colleague who does not see the tickets of this site").await?;
            assert_eq!(session.find("#writing-text").await?.value().await?, "And @lee?");
            // However long the ticket is.
            comes_in_sight(session, "#writing-fault").await;
            look(session, "desk-mention-untold").await?;
            session.find(".writing__send").await?.click().await?;
            session.find(".message:target").await?;
            Ok(())
        })
        .await;

        let mail = eventually(Duration::from_secs(30), "a mail to Kim", async || {
            let received = sink.received().into_iter();
            received.filter(|received| received.recipients.concat() == KIM).map(|received| received.mail()).next()
        })
        .await;
        assert_eq!(mail.header("Subject"), format!("{reference}: a colleague mentions you"));
        let link = mail.links().into_iter().find(|link| link.contains("#message-")).expect("a link to the note");
        assert!(link.starts_with(&format!("https://help.acme.example{path}#message-")), "{link}");
        let everything = mail.everything();
        assert!(!everything.contains(CANARY) && !everything.contains("customer.example"), "{everything}");

        journey("desk-mention-kim", Visitor::DESKTOP, async |session| {
            sign_in(session, service, "/desk", KIM).await?;
            session.find(".views__count").await?;
            look(session, "desk-mention-queue").await?;
            session.find(".views a[href='/desk/mentions']").await?.click().await?;
            session.find(".hits__hit--new").await?;
            widget::reads(session, "1 not read").await?;
            look(session, "desk-mentions").await?;
            session.find(".hits__summary").await?.click().await?;
            session.find(".message:target .mention--me").await?;
            widget::reads(session, "Mentions you").await?;
            look(session, "desk-mention-read").await?;
            session.press("n").await?;
            session.press("It ran out. I renewed it.").await?;
            session.find(".writing__send").await?.click().await?;
            widget::reads(session, "It ran out. I renewed it.").await?;
            session.goto(&service.url("/desk/mentions")).await?;
            widget::reads(session, "Everything is read").await?;
            session.goto(&service.url("/desk")).await?;
            session.find(".views a[href='/desk/mentions']").await?;
            assert!(session.find_all(".views__count").await?.is_empty());
            Ok(())
        })
        .await;
        // The requester has heard of nothing.
        let to_requester = sink.received().into_iter().filter(|received| received.recipients.concat().contains("customer.example"));
        assert!(to_requester.map(|received| received.mail().everything()).all(|text| !text.contains(CANARY)));
    }
}

#[tokio::test]
async fn a_colleague_is_named_on_a_phone_in_the_dark() {
    let service = Service::start(Database::Sqlite).await;
    let reference = service.client().submit(&a_submission()).await.reference();
    let kim = service.sign_in_as(KIM, &["--name", "Kim Doe"]).await;
    service.add_staff();
    let fields = json!({ "message": new_key(), "seen": "0", "kind": "note", "text": "Hello @sam, is this yours?", "then": "" });
    let request = kim.request("POST", &format!("/desk/tickets/{reference}/messages"));
    let sent = Answer::of(
        request
            .multipart(form(&fields, &[]))
            .send()
            .await
            .expect("an answer"),
    )
    .await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    for (name, visitor) in [
        ("desk-mentions-dark", Visitor::DARK),
        ("desk-mentions-phone", Visitor::PHONE),
    ] {
        journey(name, visitor, async |session| {
            sign_in(session, &service, "/desk/mentions", STAFF_EMAIL).await?;
            look(session, name).await?;
            session
                .goto(&service.url(&format!("/desk/tickets/{reference}?write=note")))
                .await?;
            // What the visitor before left there is a draft.
            session
                .run("document.getElementById('writing-text').value = ''", &[])
                .await?;
            session.find("#writing-text").await?.type_text("@k").await?;
            has(session, "the colleagues", IS_OPEN).await;
            look(session, &format!("{name}-list")).await?;
            session.find("#writing-names li").await?.click().await?;
            assert_eq!(session.find("#writing-text").await?.value().await?, "@kim ");
            session.goto(&service.url("/desk")).await?;
            look(session, &format!("{name}-queue")).await
        })
        .await;
    }
}
