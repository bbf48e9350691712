//! A colleague comes: invited, with a password and codes of their own, and in charge of where they are signed in.

use anyhow::{Context, Result};
use cornerdesk_ingest::{clock::Clock, staff::totp};
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    on_both_databases,
    service::{SITE, STAFF_PASSWORD, Setup},
    smtp::SmtpSink,
    webdriver::Session,
    widget,
};

use crate::{accessibility::audit::look, desk};

/// Only for links in mails; nothing is asked there.
const PUBLIC_URL: &str = "https://help.acme.example";
const KIM: &str = "kim@acme.example";

async fn fill(session: &Session, css: &str, text: &str) -> Result<()> {
    let field = session.find(css).await?;
    field.clear().await?;
    field.type_text(text).await
}

async fn press(session: &Session, css: &str) -> Result<()> {
    session.find(css).await?.click().await
}

async fn wait_for(session: &Session, text: &str) -> String {
    widget::wait_for_text(session, text, |page| {
        page.contains(text).then(|| page.to_owned())
    })
    .await
}

/// The step of now, and the code that the app of the key on the page shows.
async fn code_of_the_page(session: &Session) -> Result<(totp::Secret, i64)> {
    let key = session.find(".steps__key").await?.text().await?;
    let symbols = key.chars().filter(|symbol| *symbol != ' ');
    let bits = symbols.filter_map(|symbol| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(symbol));
    let bits: String = bits.map(|number| format!("{number:05b}")).collect();
    let octets = bits.as_bytes().chunks(8);
    let octets = octets.map(|octet| Ok(u8::from_str_radix(std::str::from_utf8(octet)?, 2)?));
    let octets: Vec<u8> = octets.collect::<Result<_>>()?;
    let secret = octets.try_into().ok().context("20 octets")?;
    Ok((secret, Clock::System.now().as_second() / 30))
}

/// The admin's part: invites Kim for one site.
async fn invite(session: &Session, service: &Service, name: &str) -> Result<()> {
    desk::sign_in(session, service).await?;
    session.find(".top__name").await?.click().await?;
    wait_for(session, "Where you are signed in").await;
    look(session, &format!("{name}-account")).await?;
    press(session, "a[href='/desk/people']").await?;
    wait_for(session, "Invite somebody").await;
    look(session, &format!("{name}-list")).await?;
    fill(session, "#email", KIM).await?;
    press(session, "[name=sites][value=some]").await?;
    press(session, &format!("[name=site][value='{SITE}']")).await?;
    press(session, "form[action='/desk/people'] button").await?;
    wait_for(session, "A mail with a link is on its way").await;
    look(session, &format!("{name}-person")).await?;
    session.goto(&service.url("/desk/audit")).await?;
    let text = wait_for(session, "Audit log").await;
    assert!(text.contains("Invited") && text.contains("Sam"), "{text}");
    look(session, &format!("{name}-audit")).await
}

/// Kim's part: chooses a password, sets codes up, signs in elsewhere with both and ends the first session from there.
async fn arrive(session: &Session, service: &Service, path: &str, name: &str) -> Result<()> {
    session.goto(&service.url(path)).await?;
    wait_for(session, "Welcome to the desk").await;
    look(session, &format!("{name}-welcome")).await?;
    fill(session, "#name", "Kim").await?;
    fill(session, "#password", STAFF_PASSWORD).await?;
    press(session, "form button[type=submit]").await?;
    wait_for(session, "Set up codes").await;
    press(session, "a[href='/desk/account/codes']").await?;
    wait_for(session, "scan this picture").await;
    look(session, &format!("{name}-codes")).await?;
    let (secret, step) = code_of_the_page(session).await?;
    fill(session, "#code", &totp::code(&secret, step)).await?;
    press(session, "main button[type=submit]").await?;
    wait_for(session, "Codes are on").await;
    look(session, &format!("{name}-kept")).await?;

    // Somewhere else: the cookie of this session stays good on the server.
    session
        .devtools("Network.clearBrowserCookies", serde_json::json!({}))
        .await?;
    session.goto(&service.url("/desk/login")).await?;
    fill(session, "[name=email]", KIM).await?;
    fill(session, "[name=password]", STAFF_PASSWORD).await?;
    press(session, "form button[type=submit]").await?;
    wait_for(session, "Now your code").await;
    look(session, &format!("{name}-second-step")).await?;
    fill(session, "#code", &totp::code(&secret, step + 1)).await?;
    press(session, "form button[type=submit]").await?;
    wait_for(session, "Kim").await;
    session.goto(&service.url("/desk/account")).await?;
    let text = wait_for(session, "Sign out everywhere else").await;
    assert_eq!(text.matches("signed in just now").count(), 2, "{text}");
    press(session, "button[aria-label^='Sign out']").await?;
    let text = widget::wait_for_text(session, "one session", |page| {
        let is_alone = !page.contains("Sign out everywhere else") && page.contains("This one");
        is_alone.then(|| page.to_owned())
    })
    .await;
    assert_eq!(text.matches("signed in just now").count(), 1, "{text}");
    look(session, &format!("{name}-alone")).await
}

async fn comes(database: Database, visitor: Visitor, name: &str) {
    let sink = SmtpSink::start().await;
    let setup = Setup::new(database).mail_to(&sink).reached_at(PUBLIC_URL);
    let service = Service::start_with(setup).await;
    service.add_staff();
    journey(&format!("{name}-invites"), visitor, async |session| {
        invite(session, &service, name).await
    })
    .await;
    let links = sink.message_to(KIM).await.mail().links();
    let path = links.iter().find_map(|link| link.strip_prefix(PUBLIC_URL));
    let path = path.expect("a link of ours").to_owned();
    journey(&format!("{name}-arrives"), visitor, async |session| {
        arrive(session, &service, &path, name).await
    })
    .await;
}

on_both_databases! {
    async fn a_colleague_is_invited_sets_up_codes_and_ends_a_session(database: Database) {
        comes(database, Visitor::DESKTOP, &format!("people-{database:?}").to_lowercase()).await;
    }
}

#[tokio::test]
async fn a_colleague_comes_on_a_phone_and_in_the_dark() {
    comes(Database::Sqlite, Visitor::PHONE, "people-phone").await;
    comes(Database::Sqlite, Visitor::DARK, "people-dark").await;
}
