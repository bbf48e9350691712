//! An admin sets a destination up at the desk, and sees what goes there.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    client::a_submission,
    on_both_databases,
    receiver::{Receiver, Reply},
    service::Setup,
    webdriver::Session,
    widget,
    zendesk::Zendesk,
};

use crate::{accessibility::audit::look, desk};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PAGE: &str = "/desk/destinations/orders";

async fn press(session: &Session, css: &str) -> Result<()> {
    session.find(css).await?.click().await
}

async fn deed(session: &Session, deed: &str) -> Result<()> {
    press(session, &format!("button[name=deed][value='{deed}']")).await
}

async fn wait_for(session: &Session, text: &str) -> String {
    widget::wait_for_text(session, text, |page| {
        page.contains(text).then(|| page.to_owned())
    })
    .await
}

/// Opens a page anew until it says this: what the service does meanwhile is on no page that is open already.
async fn open_until(session: &Session, service: &Service, path: &str, text: &str) -> Result<()> {
    cornerdesk_tests::eventually(std::time::Duration::from_secs(20), text, async || {
        session.goto(&service.url(path)).await.ok()?;
        let page = session.find("main").await.ok()?.text().await.ok()?;
        page.contains(text).then_some(())
    })
    .await;
    Ok(())
}

async fn set_up(session: &Session, service: &Service, name: &str) -> Result<()> {
    desk::sign_in(session, service).await?;
    press(session, ".top__name").await?;
    wait_for(session, "Where you are signed in").await;
    press(session, "a[href='/desk/destinations']").await?;
    wait_for(session, "Not used yet").await;
    look(session, &format!("{name}-list")).await?;
    press(session, &format!("a[href='{PAGE}']")).await?;
    wait_for(session, "nothing works without it").await;
    let field = session.find("#secret-signing_secret").await?;
    field.type_text(SECRET).await?;
    deed(session, "secret").await?;
    wait_for(session, "Kept. Send a test").await;
    deed(session, "test").await?;
    let page = wait_for(session, "The test arrived.").await;
    assert!(!page.contains(SECRET), "{page}");
    look(session, &format!("{name}-tested")).await
}

/// What comes while it is paused waits, the ticket says so, and then it goes.
async fn pause_and_go_on(session: &Session, service: &Service, name: &str) -> Result<()> {
    deed(session, "pause").await?;
    wait_for(session, "Nothing waits.").await;
    let reference = service.client().submit(&a_submission()).await.reference();
    open_until(session, service, PAGE, "1 delivery waits").await?;
    look(session, &format!("{name}-paused")).await?;
    let ticket = format!("/desk/tickets/{reference}");
    open_until(session, service, &ticket, "The destination is paused").await?;
    look(session, &format!("{name}-ticket")).await?;
    press(session, &format!("a[href='{PAGE}']")).await?;
    wait_for(session, "1 delivery waits").await;
    deed(session, "resume").await?;
    wait_for(session, "It goes on.").await;
    open_until(session, service, PAGE, &reference).await?;
    open_until(session, service, &ticket, "Arrived").await
}

/// It is gone, and whoever looks at the queue is told of it there.
async fn stop(session: &Session, service: &Service, receiver: &Receiver, name: &str) -> Result<()> {
    receiver.answer_with(Reply::Status(410));
    service.client().submit(&a_submission()).await;
    open_until(session, service, "/desk", "it answers 410").await?;
    look(session, &format!("{name}-queue")).await?;
    press(session, ".troubles a").await?;
    wait_for(session, "1 delivery waits").await;
    Ok(())
}

on_both_databases! {
    async fn an_admin_sets_a_destination_up_and_sees_what_goes_there(database: Database) {
        let receiver = Receiver::start(0).await;
        let section = format!(
            "[[destinations]]\nname = \"orders\"\nkind = \"webhook\"\n[destinations.webhook]\nurl = \"{}\"\n[outbound]\nprivate_networks = [\"127.0.0.0/8\"]",
            receiver.url()
        );
        let service = Service::start_with(Setup::new(database).section(&section)).await;
        service.add_staff();
        let name = format!("destinations-{database:?}").to_lowercase();
        journey(&name, Visitor::DESKTOP, async |session| {
            set_up(session, &service, &name).await?;
            pause_and_go_on(session, &service, &name).await?;
            stop(session, &service, &receiver, &name).await
        })
        .await;
        assert_eq!(receiver.webhooks().len(), 3, "the test, and the tickets");
    }
}

#[tokio::test]
async fn what_does_not_fit_over_there_is_said_with_the_setting_that_mends_it() {
    let zendesk = Zendesk::start().await;
    let section = zendesk.section("groups = { bug = 360002 }\n");
    let service = Service::start_with(Setup::new(Database::Sqlite).section(&section)).await;
    service.add_staff();
    let phone = Visitor {
        dark: true,
        ..Visitor::PHONE
    };
    for (name, visitor) in [
        ("destination-checked", Visitor::DESKTOP),
        ("destination-checked-phone", phone),
    ] {
        journey(name, visitor, async |session| {
            desk::sign_in(session, &service).await?;
            session
                .goto(&service.url("/desk/destinations/zendesk"))
                .await?;
            deed(session, "test").await?;
            let page = wait_for(session, "It does not fit yet").await;
            assert!(
                page.contains("zendesk.groups.bug: there is no 360002; there are 360001 “Support”"),
                "{page}"
            );
            look(session, name).await
        })
        .await;
    }
}
