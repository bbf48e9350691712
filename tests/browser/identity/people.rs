//! One person after another at the same page: each is known by their own name, and gets nothing of the one before.

use std::time::Duration;

use cornerdesk_tests::{
    Database, browser::Visitor, browser::journey, eventually, widget, widget::A_REQUEST,
};

use super::{
    IDENTIFY, IDENTIFY_GRACE, Place, asked, is_asked, open_as_mara, say, wait_for_person,
    wait_until_asked, write,
};

#[tokio::test]
async fn whoever_comes_after_one_who_chose_another_address_is_known_again() {
    let place = Place::open(Database::Sqlite, "", IDENTIFY).await;
    journey("identity-next", Visitor::DESKTOP, async |session| {
        open_as_mara(session, &place).await?;
        session.find(".identity button").await?.click().await?;
        assert!(is_asked(session).await?);
        let script = IDENTIFY_GRACE.replace("TOKEN", &place.token_of_grace("Grace"));
        say(session, "Cornerdesk('identify', null)").await?;
        // The focus is in the field that the first person wanted; nothing is hidden under it.
        widget::field(session, "summary").await?.click().await?;
        say(session, &script).await?;
        wait_for_person(session, "Grace · grace@customer.example").await;
        assert!(!is_asked(session).await?);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_token_that_comes_when_its_person_has_gone_is_not_heard() {
    let slow = "window.late = [];
        Cornerdesk('identify', { email: 'mara@customer.example', token: () => new Promise((resolve) => late.push(() => resolve('TOKEN'))) });";
    let place = Place::open(Database::Sqlite, "", slow).await;
    journey("identity-late", Visitor::DESKTOP, async |session| {
        session.goto(&place.page).await?;
        widget::open(session).await?;
        let grace = IDENTIFY_GRACE.replace("TOKEN", &place.token_of_grace("Grace"));
        say(session, &grace).await?;
        wait_for_person(session, "Grace · grace@customer.example").await;
        say(session, "late.forEach((come) => come())").await?;
        let again = IDENTIFY_GRACE.replace("TOKEN", &place.token_of_grace("Grace Hopper"));
        say(session, &again).await?;
        wait_for_person(session, "Grace Hopper · grace@customer.example").await;
        assert_eq!(asked(&place), 2, "{}", place.service.log());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_token_alone_tells_people_apart_and_the_text_is_whose_it_was() {
    let place = Place::open(
        Database::Sqlite,
        "",
        "Cornerdesk('identify', { token: 'TOKEN' });",
    )
    .await;
    journey("identity-alone", Visitor::DESKTOP, async |session| {
        open_as_mara(session, &place).await?;
        write(session).await?;
        let same = format!(
            "Cornerdesk('identify', {{ token: '{}' }})",
            place.product.token()
        );
        say(session, &same).await?;
        wait_until_asked(&place, 2).await;
        let summary = widget::field(session, "summary").await?;
        assert_eq!(summary.value().await?, A_REQUEST.summary);
        let other = format!(
            "Cornerdesk('identify', {{ token: '{}' }})",
            place.token_of_grace("Grace")
        );
        say(session, &other).await?;
        wait_for_person(session, "Grace · grace@customer.example").await;
        let summary = widget::field(session, "summary").await?;
        assert_eq!(summary.value().await?, "");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn after_shutdown_nobody_is_vouched_for() {
    let place = Place::open(Database::Sqlite, "", IDENTIFY).await;
    journey("identity-shutdown", Visitor::DESKTOP, async |session| {
        open_as_mara(session, &place).await?;
        session.enter_page().await?;
        let done = session.run("return Cornerdesk('shutdown')", &[]).await?;
        assert_eq!(done, true);
        widget::open(session).await?;
        eventually(Duration::from_secs(10), "a form that knows nobody", async || {
            widget::enter_panel(session).await.ok()?;
            let unknown = "return !document.querySelector('.identity') && !document.getElementById('email').value";
            (session.run(unknown, &[]).await.ok()? == true).then_some(())
        })
        .await;
        assert!(is_asked(session).await?);
        widget::fill(session, A_REQUEST).await?;
        widget::send(session).await?;
        Ok(())
    })
    .await;
    place.assert_only_ticket(A_REQUEST.email, false);
}
