//! Files that cannot go along, or not now: the person is told beside Send, before anything is sent.

use std::time::Duration;

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    client::File,
    embedded::{behind_a_relay, embedded},
    eventually,
    host_page::HostPage,
    relay::Relay,
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session},
    widget::{self, A_REQUEST},
};

use crate::files::{on_disk, wait_until_uploaded};

const BACK: Duration = Duration::from_secs(60);
/// Keeps everything that screen readers are given to say.
const LISTEN: &str = "window.heard = [];
    const region = document.getElementById('announcer');
    new MutationObserver(() => heard.push(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true })";

async fn open_and_fill(session: &Session, page: &str) -> Result<()> {
    session.goto(page).await?;
    widget::open(session).await?;
    session.find("#send[aria-disabled]").await?;
    widget::fill(session, A_REQUEST).await
}

/// Waits until the notice beside Send says so.
async fn notice(session: &Session, wanted: &str) {
    eventually(APPEARANCE, wanted, async || {
        let said = session.find("#send-status").await.ok()?.text().await.ok()?;
        said.contains(wanted).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_server_that_goes_away_during_an_upload_is_told_beside_send_which_works_when_it_is_back()
{
    let (_host, mut service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let file = File::text("log.txt", "a line");
    journey("files-down", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page).await?;
        service.kill();
        widget::attach(session, &[&on_disk(&file)]).await?;
        notice(session, "Your text and your files are safe here").await;
        widget::send_button(session).await?.click().await?;
        notice(session, "sent as soon as it is back").await;
        service.start_again().await;
        let reference = eventually(BACK, "the receipt", async || {
            widget::find_reference(&widget::visible_text(session).await.ok()?)
        })
        .await;
        let ticket = service.ticket(&reference);
        assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
        assert_eq!(service.tickets().len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn files_that_cannot_go_along_are_told_beside_send_and_the_request_goes_without_them() {
    let (host, relay) = (HostPage::bind().await, Relay::bind().await);
    let setup = Setup::new(Database::Sqlite)
        .reached_at(&relay.origin())
        .allow_only(&host.origin())
        .section("[limits]\nattachment_bytes = 1048576\nattachments = 2");
    let service = Service::start_with(setup).await;
    relay.pass_to(&service.origin());
    let page = host.embed(&relay.origin(), SITE);
    let texts = ["a.txt", "b.txt", "c.txt"].map(|name| on_disk(&File::text(name, name)));
    let large = on_disk(&File::binary("large.bin", 1_048_577, 1));
    journey("files-left-out", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page).await?;
        widget::attach(session, &[&large]).await?;
        notice(session, "1 file cannot be sent along.").await;
        // The service's own refusal, while Send has been pressed already: the person could not know.
        relay.answer_instead("/uploads", 415, "unsupported-media-type", None);
        let release = relay.hold("/uploads");
        widget::attach(session, &[&texts[0]]).await?;
        widget::send_button(session).await?.click().await?;
        notice(session, "Waiting for 1 file").await;
        release.send(true)?;
        notice(session, "2 files cannot be sent along.").await;
        assert!(service.tickets().is_empty());
        relay.step_aside();
        // One more than there is room for.
        let chosen: Vec<_> = texts.iter().map(AsRef::as_ref).collect();
        widget::attach(session, &chosen).await?;
        // The one that was refused is tried again.
        widget::wait_for_text(session, "which file was not added", |text| {
            text.contains("c.txt: Not added").then_some(())
        })
        .await;
        wait_until_uploaded(session, 2).await;
        let reference = widget::send(session).await?;
        let ticket = service.ticket(&reference);
        assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(2));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_file_that_has_stopped_is_tried_again_by_send() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("files-stopped", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page).await?;
        relay.answer_instead("/uploads", 429, "too-many-requests", Some(60));
        let file = on_disk(&File::text("log.txt", "a line"));
        widget::attach(session, &[&file]).await?;
        notice(session, "Press Send to try again").await;
        relay.step_aside();
        let reference = widget::send(session).await?;
        let ticket = service.ticket(&reference);
        assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(1));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn of_several_files_each_is_said_to_be_uploaded() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let names = ["a.txt", "b.txt", "c.txt", "d.txt"];
    let files = names.map(|name| on_disk(&File::text(name, name)));
    journey("announcements", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page).await?;
        session.run(LISTEN, &[]).await?;
        let chosen: Vec<_> = files.iter().map(AsRef::as_ref).collect();
        widget::attach(session, &chosen).await?;
        eventually(APPEARANCE, "every file to be named", async || {
            let heard = session.run("return heard.join('|')", &[]).await.ok()?;
            let heard = heard.as_str()?.to_owned();
            let is_said = |name: &str| heard.contains(&format!("{name} is uploaded."));
            names.iter().all(|name| is_said(name)).then_some(())
        })
        .await;
        Ok(())
    })
    .await;
}
