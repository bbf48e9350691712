//! Staff sign in on the page of a real provider, at another site.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    on_both_databases,
    provider::Provider,
    relay::Relay,
    service::{STAFF_EMAIL, Setup},
    webdriver::Session,
    widget,
};
use serde_json::json;

use crate::accessibility::audit::look;

const ENTER: &str = "\u{e007}";

/// A service behind a relay, whose origin the provider knows, and the provider.
struct Desk {
    relay: Relay,
    provider: Provider,
    service: Service,
}

impl Desk {
    async fn open(database: Database, more: &str) -> Self {
        let relay = Relay::bind().await;
        let accounts = json!({
            "sam": { "email": STAFF_EMAIL, "email_verified": true, "name": "Sam" },
            "kim": { "email": "kim@acme.example", "email_verified": true, "name": "Kim" },
            "lee": { "email": STAFF_EMAIL, "email_verified": false, "name": "Lee" },
        });
        let provider = Provider::start(&relay.origin(), &accounts).await;
        let setup = Setup::new(database)
            .reached_at(&relay.origin())
            .section(&provider.section(more));
        let service = Service::start_with(setup).await;
        relay.pass_to(&service.origin());
        service.add_staff();
        Self {
            relay,
            provider,
            service,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.relay.origin())
    }

    /// From the desk to the provider's page and through it, with the keyboard.
    async fn sign_in(&self, session: &Session, account: &str, path: &str) -> Result<()> {
        session.goto(&self.url(path)).await?;
        wait_for(session, "Sign in to the desk").await;
        let button = session.find(".sign-in__card a.button").await?;
        assert_eq!(button.accessible_name().await?, "Sign in with Acme ID");
        button.type_text(ENTER).await?;
        wait_for(session, "Cancel").await;
        assert!(
            session.address().await?.starts_with(self.provider.issuer()),
            "we are there"
        );
        session
            .find("input[name=login]")
            .await?
            .type_text(account)
            .await?;
        let password = session.find("input[name=password]").await?;
        password.type_text("anything").await?;
        session.find("button[type=submit]").await?.click().await?;
        wait_for(session, "scopes").await;
        session.find("button[type=submit]").await?.click().await
    }

    /// The provider and the desk forget who sits there.
    async fn somebody_else(&self, session: &Session) -> Result<()> {
        session
            .devtools("Network.clearBrowserCookies", json!({}))
            .await?;
        Ok(())
    }
}

async fn wait_for(session: &Session, text: &str) -> String {
    widget::wait_for_text(session, text, |page| {
        page.contains(text).then(|| page.to_owned())
    })
    .await
}

async fn signs_in(database: Database, visitor: Visitor, name: &str) {
    let mut desk = Desk::open(database, "").await;
    journey(name, visitor, async |session| {
        session.goto(&desk.url("/desk/login")).await?;
        wait_for(session, "or with a password").await;
        look(session, &format!("{name}-login")).await?;
        // To where they wanted to go.
        desk.sign_in(session, "sam", "/desk/account").await?;
        let text = wait_for(session, "You sign in with Acme ID").await;
        assert!(text.contains("signed in with Acme ID just now"), "{text}");
        assert_eq!(session.address().await?, desk.url("/desk/account"));
        look(session, &format!("{name}-account")).await?;
        session.goto(&desk.url("/desk/people")).await?;
        wait_for(session, "All sites · Acme ID").await;
        look(session, &format!("{name}-people")).await?;
        session.find(".rows__what a").await?.click().await?;
        wait_for(session, "Unlink from Acme ID").await;
        look(session, &format!("{name}-person")).await?;

        // With another key of the provider, after signing out of both.
        session
            .find("form[action='/desk/logout'] button")
            .await?
            .click()
            .await?;
        wait_for(session, "Sign in to the desk").await;
        desk.somebody_else(session).await?;
        desk.provider.turn_keys().await;
        desk.sign_in(session, "sam", "/desk").await?;
        session.find("form[action='/desk/logout']").await?;

        // Whom nobody knows, and whose address is not verified.
        for (account, words) in [
            ("kim", "you have no account at this desk"),
            ("lee", "does not say that your e-mail address is verified"),
        ] {
            desk.somebody_else(session).await?;
            desk.sign_in(session, account, "/desk").await?;
            wait_for(session, words).await;
            look(session, &format!("{name}-{account}")).await?;
        }
        Ok(())
    })
    .await;
    assert_eq!(desk.service.command(&["staff", "list"]).lines().count(), 1);
    desk.provider.stop();
    // What is known of the provider is an hour old at the most: a service that begins knows nothing.
    desk.service.kill();
    desk.service.start_again().await;
    journey(&format!("{name}-away"), visitor, async |session| {
        session.goto(&desk.url("/desk/login")).await?;
        session
            .find(".sign-in__card a.button")
            .await?
            .click()
            .await?;
        wait_for(session, "does not answer as it should").await;
        look(session, &format!("{name}-away")).await
    })
    .await;
}

on_both_databases! {
    async fn staff_sign_in_on_the_page_of_their_provider(database: Database) {
        signs_in(database, Visitor::DESKTOP, &format!("provider-{database:?}").to_lowercase()).await;
    }
}

#[tokio::test]
async fn staff_sign_in_by_their_provider_without_javascript() {
    let desk = Desk::open(Database::Sqlite, "required = true").await;
    journey(
        "provider-no-script",
        Visitor::WITHOUT_JAVASCRIPT,
        async |session| {
            session.goto(&desk.url("/desk/login")).await?;
            session
                .find(".sign-in__card a.button")
                .await?
                .click()
                .await?;
            session
                .find("input[name=login]")
                .await?
                .type_text("sam")
                .await?;
            session
                .find("input[name=password]")
                .await?
                .type_text("anything")
                .await?;
            session.find("button[type=submit]").await?.click().await?;
            session.find(".login-card ul").await?;
            session.find("button[type=submit]").await?.click().await?;
            session.find("form[action='/desk/logout']").await?;
            save_screenshot(session, "provider-no-script").await?;
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn staff_sign_in_by_their_provider_on_a_phone_and_in_the_dark() {
    signs_in(Database::Sqlite, Visitor::PHONE, "provider-phone").await;
    signs_in(Database::Sqlite, Visitor::DARK, "provider-dark").await;
}
