//! People whom the product knows: they are not asked who they are, and never lose a word when that ends.

mod people;
mod plan;
mod resumed;
mod token;

use std::time::Duration;

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Kind, Visitor, journey, save_screenshot},
    eventually,
    host_page::{HostPage, embedding_html},
    on_both_databases,
    product::Product,
    relay::Relay,
    service::{SITE, Setup},
    webdriver::Session,
    widget::{self, A_REQUEST, Request, wait_for_text},
};

/// A product that says who the person is, and its page.
struct Place {
    product: Product,
    service: Service,
    relay: Relay,
    page: String,
    host: HostPage,
}

impl Place {
    /// The page runs `script`, in which `TOKEN` is a good token.
    async fn open(database: Database, settings: &str, script: &str) -> Self {
        let (product, host) = (Product::new(SITE), HostPage::bind().await);
        let relay = Relay::bind().await;
        let settings = format!("{}\n{settings}", product.settings());
        let setup = Setup::new(database)
            .reached_at(&relay.origin())
            .allow_only(&host.origin())
            .site_setting(&settings);
        let service = Service::start_with(setup).await;
        relay.pass_to(&service.origin());
        let queue = "window.Cornerdesk = function () { (Cornerdesk.q = Cornerdesk.q || []).push(arguments) };";
        let script = script.replace("TOKEN", &product.token());
        let page = embedding_html(&relay.origin(), SITE);
        let page = page.replace("<body>", &format!("<body><script>{queue}{script}</script>"));
        Self {
            page: host.show("/", &page, ""),
            product,
            service,
            relay,
            host,
        }
    }

    /// A token of somebody else.
    fn token_of_grace(&self, name: &str) -> String {
        let mut claims = self.product.claims();
        claims["sub"] = "grace".into();
        claims["email"] = "grace@customer.example".into();
        claims["name"] = name.into();
        self.product.token_of(&claims)
    }

    /// Whether a request went out.
    fn tried(&self) -> bool {
        let seen = self.relay.seen();
        seen.iter().any(|seen| seen.path.ends_with("/tickets"))
    }

    /// There is one ticket, of `email`, and the product vouches for it or does not.
    fn assert_only_ticket(&self, email: &str, is_verified: bool) {
        let tickets = self.service.tickets();
        assert_eq!(tickets.len(), 1);
        assert_eq!(tickets[0]["email"], email);
        assert_eq!(tickets[0]["verified"], is_verified);
    }
}

/// The address for which the product vouches.
const MARA: &str = "mara@customer.example";

const IDENTIFY: &str = "Cornerdesk('identify', { email: 'mara@customer.example', name: 'Mara Lind', token: 'TOKEN' });";

const IDENTIFY_GRACE: &str =
    "Cornerdesk('identify', { email: 'grace@customer.example', name: 'Grace', token: 'TOKEN' });";

async fn is_asked(session: &Session) -> Result<bool> {
    widget::field(session, "email").await?.is_displayed().await
}

/// Everything but the address.
async fn write(session: &Session) -> Result<()> {
    for (name, text) in [
        ("summary", A_REQUEST.summary),
        ("description", A_REQUEST.description),
    ] {
        widget::field(session, name).await?.type_text(text).await?;
    }
    Ok(())
}

async fn send(session: &Session) -> Result<()> {
    widget::send_button(session).await?.click().await
}

/// Opens the panel on the page of the place, which vouches for Mara, and waits until it shows that.
async fn open_as_mara(session: &Session, place: &Place) -> Result<()> {
    session.goto(&place.page).await?;
    widget::open(session).await?;
    wait_until_known(session).await;
    Ok(())
}

/// Waits until the panel shows who writes: Mara.
async fn wait_until_known(session: &Session) {
    wait_for_person(session, "Mara Lind · mara@customer.example").await;
}

/// Waits until the panel says that `who` writes.
async fn wait_for_person(session: &Session, who: &str) {
    let line = format!("You are writing as {who}");
    wait_for_text(session, "who writes", |text| {
        text.contains(&line).then_some(())
    })
    .await;
}

/// Asks as somebody whom the page vouches for.
pub async fn asks_as_somebody_known(name: &str, visitor: Visitor, database: Database) {
    let place = Place::open(database, "", IDENTIFY).await;
    journey(name, visitor, async |session| {
        open_as_mara(session, &place).await?;
        assert!(!is_asked(session).await?);
        write(session).await?;
        // Firefox takes no picture from within a frame of another site.
        if visitor.browser == Kind::Chromium {
            save_screenshot(session, name).await?;
        }
        widget::send(session).await?;
        Ok(())
    })
    .await;
    place.assert_only_ticket(MARA, true);
}

on_both_databases! {
    async fn a_person_whom_the_product_knows_is_not_asked_for_an_address(database: Database) {
        asks_as_somebody_known("identity", Visitor::DESKTOP, database).await;
    }
}

#[tokio::test]
async fn who_wants_to_write_under_another_address_does() {
    let place = Place::open(Database::Sqlite, "", IDENTIFY).await;
    journey(
        "identity-other",
        Visitor {
            dark: true,
            ..Visitor::PHONE
        },
        async |session| {
            open_as_mara(session, &place).await?;
            save_screenshot(session, "identity-phone-dark").await?;
            session.find(".identity button").await?.click().await?;
            assert!(is_asked(session).await?);
            assert_eq!(
                session.run("return document.activeElement.id", &[]).await?,
                "email"
            );
            let other = Request {
                email: "private@customer.example",
                ..A_REQUEST
            };
            widget::fill(session, other).await?;
            widget::send(session).await?;
            Ok(())
        },
    )
    .await;
    place.assert_only_ticket("private@customer.example", false);
}

#[tokio::test]
async fn a_form_in_another_language_knows_the_person_too() {
    let place = Place::open(Database::Sqlite, "", IDENTIFY).await;
    journey("identity-language", Visitor::DESKTOP, async |session| {
        open_as_mara(session, &place).await?;
        session.enter_page().await?;
        session
            .run("Cornerdesk('update', { locale: 'de' })", &[])
            .await?;
        eventually(Duration::from_secs(15), "Mara, in German", async || {
            widget::enter_panel(session).await.ok()?;
            let text = session
                .run("return document.body.innerText", &[])
                .await
                .ok()?;
            text.as_str()?
                .contains("Sie schreiben als Mara Lind")
                .then_some(())
        })
        .await;
        Ok(())
    })
    .await;
}

/// How many tokens the service was asked about.
fn asked(place: &Place) -> usize {
    let route = r#"http.route="/v1/sites/{site}/identity""#;
    place.service.log().matches(route).count()
}

async fn wait_until_asked(place: &Place, times: usize) {
    let what = format!("{times} questions about tokens");
    eventually(Duration::from_secs(10), &what, async || {
        (asked(place) >= times).then_some(())
    })
    .await;
}

/// Says something of a person to the panel, from the page.
async fn say(session: &Session, script: &str) -> Result<()> {
    session.enter_page().await?;
    session.run(script, &[]).await?;
    widget::enter_panel(session).await
}
