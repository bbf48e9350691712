//! A token that ends, is missing, is not believed, or cannot be asked about: no word is lost.

use std::time::Duration;

use anyhow::Result;
use cornerdesk_tests::{
    Database, browser::Visitor, browser::journey, browser::save_screenshot, eventually,
    service::SITE, webdriver::Session, widget, widget::A_REQUEST, widget::reads,
};

use super::{IDENTIFY, MARA, Place, asked, is_asked, open_as_mara, say, send, write};

/// The secret was changed while the person wrote: what they hold is over.
async fn write_until_it_is_over(session: &Session, place: &Place) -> Result<String> {
    open_as_mara(session, place).await?;
    write(session).await?;
    let secret = "the secret that the product took since then";
    place.product.write_secret(secret);
    let header = serde_json::json!({ "alg": "HS256" });
    let claims = place.product.claims().to_string();
    Ok(cornerdesk_tests::product::hs256(
        &header,
        &claims,
        secret.as_bytes(),
    ))
}

/// What the person wrote is still there.
async fn assert_text_is_kept(session: &Session) -> Result<()> {
    let typed = widget::field(session, "description").await?.value().await?;
    assert_eq!(typed, A_REQUEST.description);
    Ok(())
}

#[tokio::test]
async fn a_token_that_ends_while_the_person_writes_is_renewed_by_the_page() {
    let place = Place::open(Database::Sqlite, "", IDENTIFY).await;
    journey("identity-renewed", Visitor::DESKTOP, async |session| {
        let fresh = write_until_it_is_over(session, &place).await?;
        session.enter_page().await?;
        let renew = "const token = arguments[0];
            Cornerdesk('on', 'identity-expired', () => Cornerdesk('identify', { email: 'mara@customer.example', token }))";
        session.run(renew, &[fresh.into()]).await?;
        widget::enter_panel(session).await?;
        widget::send(session).await?;
        Ok(())
    })
    .await;
    place.assert_only_ticket(MARA, true);
}

#[tokio::test]
async fn without_a_fresh_token_the_address_is_asked_for_and_no_word_is_lost() {
    let place = Place::open(Database::Sqlite, "", IDENTIFY).await;
    journey("identity-over", Visitor::DESKTOP, async |session| {
        write_until_it_is_over(session, &place).await?;
        send(session).await?;
        reads(session, "could not confirm who you are").await?;
        assert!(is_asked(session).await?);
        assert_text_is_kept(session).await?;
        assert_eq!(
            widget::field(session, "email").await?.value().await?,
            "mara@customer.example"
        );
        eventually(
            Duration::from_secs(10),
            "the focus in the field to check",
            async || {
                let focused = session
                    .run("return document.activeElement.id", &[])
                    .await
                    .ok()?;
                (focused == "email").then_some(())
            },
        )
        .await;
        save_screenshot(session, "identity-over").await?;
        assert!(place.service.tickets().is_empty());
        widget::send(session).await?;
        Ok(())
    })
    .await;
    place.assert_only_ticket(MARA, false);
}

#[tokio::test]
async fn a_token_that_is_not_believed_leaves_the_form_as_it_is() {
    let script = IDENTIFY.replace("TOKEN", "forged");
    let place = Place::open(Database::Sqlite, "", &script).await;
    journey("identity-forged", Visitor::DESKTOP, async |session| {
        session.goto(&place.page).await?;
        widget::open(session).await?;
        write(session).await?;
        assert_eq!(
            widget::field(session, "email").await?.value().await?,
            "mara@customer.example"
        );
        widget::send(session).await?;
        // The line on the console is in the frame, which the driver does not hear.
        assert!(place.service.log().contains("an identity was refused"));
        Ok(())
    })
    .await;
    place.assert_only_ticket(MARA, false);
}

#[tokio::test]
async fn a_site_for_its_own_people_tells_others_to_sign_in_and_keeps_their_text() {
    let place = Place::open(Database::Sqlite, "identity_required = true", "").await;
    journey("identity-required", Visitor::DESKTOP, async |session| {
        session.goto(&place.page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        let listen = "addEventListener('message', ({ data }) => (window.isUnknown ||= data.type === 'identity-unknown'))";
        session.run(listen, &[]).await?;
        send(session).await?;
        reads(session, "signed in to Acme").await?;
        // It is said at once, not when a page that may bring a token has had its ten seconds: this one vouches for nobody.
        assert_eq!(session.run("return window.isUnknown", &[]).await?, true);
        save_screenshot(session, "identity-required").await?;
        let script = IDENTIFY.replace("TOKEN", &place.product.token());
        say(session, &script).await?;
        assert_text_is_kept(session).await?;
        Ok(())
    })
    .await;
    assert!(place.service.tickets().is_empty());
}

/// Asks on a site for its own people, on a page that runs `script`, where nobody is known when Send is pressed.
async fn asks_where_nobody_was_known(name: &str, script: &str) {
    let place = Place::open(Database::Sqlite, "identity_required = true", script).await;
    journey(name, Visitor::DESKTOP, async |session| {
        session.goto(&place.page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        widget::send(session).await?;
        Ok(())
    })
    .await;
    place.assert_only_ticket(MARA, true);
}

#[tokio::test]
async fn where_a_token_is_wanted_and_missing_the_page_is_asked_for_one() {
    let script = format!("Cornerdesk('on', 'identity-expired', () => {{ {IDENTIFY} }})");
    asks_where_nobody_was_known("identity-asked", &script).await;
}

#[tokio::test]
async fn who_somebody_is_asked_too_often_by_their_network_costs_nobody_their_token() {
    let place = Place::open(Database::Sqlite, "identity_required = true", IDENTIFY).await;
    // The words of the module come by a path that ends in the same way.
    let question = format!("/sites/{SITE}/identity");
    place
        .relay
        .answer_instead(&question, 429, "too-many-requests", Some(60));
    journey("identity-too-often", Visitor::DESKTOP, async |session| {
        open_as_mara(session, &place).await?;
        write(session).await?;
        widget::send(session).await?;
        Ok(())
    })
    .await;
    assert_eq!(asked(&place), 0, "the relay answered");
    place.assert_only_ticket(MARA, true);
}

#[tokio::test]
async fn a_page_that_had_no_token_at_first_is_asked_again() {
    let script = "let times = 0;
        Cornerdesk('identify', { token: () => (times++ ? 'TOKEN' : Promise.reject(new Error('away'))) });";
    asks_where_nobody_was_known("identity-second", script).await;
}
