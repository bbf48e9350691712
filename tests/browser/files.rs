//! Files: large, too large, and the things all tests with files share.

use std::{fs, path::PathBuf, time::Duration};

use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::File,
    embedded::embedded,
    eventually,
    host_page::HostPage,
    scratch,
    service::{SITE, Setup},
    webdriver::Session,
    widget::{self, A_REQUEST},
};

const UPLOADED: Duration = Duration::from_secs(60);

/// Writes a file where the browser can pick it up.
pub fn on_disk(file: &File) -> PathBuf {
    let path = scratch::folder("file").join(&file.name);
    fs::write(&path, &file.bytes).expect("a file can be written");
    path
}

/// Waits until the panel says of `count` files that they are uploaded.
pub async fn wait_until_uploaded(session: &Session, count: usize) {
    eventually(
        UPLOADED,
        &format!("{count} files to be uploaded"),
        async || {
            let done = session.find_all("li.file[data-state=done]").await.ok()?;
            (done.len() == count).then_some(())
        },
    )
    .await;
}

#[tokio::test]
async fn a_file_of_25_mb_arrives_whole() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let file = File::binary("recording.bin", 25 * 1024 * 1024, 1);
    journey("25-mb", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        widget::attach(session, &[&on_disk(&file)]).await?;
        wait_until_uploaded(session, 1).await;
        let reference = widget::send(session).await?;
        let said = widget::visible_text(session).await?;
        assert!(said.contains("With 1 file."), "{said}");
        assert_eq!(
            service.ticket(&reference)["attachments"][0]["sha256"],
            file.sha256()
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_too_large_is_said_to_be_and_nothing_is_lost() {
    let host = HostPage::bind().await;
    let setup = Setup::new(Database::Sqlite).allow_only(&host.origin());
    let service = Service::start_with(setup.section("[limits]\nattachment_bytes = 1048576")).await;
    let page = host.embed(&service.origin(), SITE);
    let (large, small) = (
        File::binary("large.bin", 1_048_577, 1),
        File::text("small.txt", "small"),
    );
    journey("too-large", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        widget::attach(session, &[&on_disk(&small), &on_disk(&large)]).await?;
        widget::wait_for_text(session, "words about the size", |text| {
            text.contains("Too large").then_some(())
        })
        .await;
        assert_eq!(
            widget::field(session, "summary").await?.value().await?,
            A_REQUEST.summary
        );
        assert_eq!(
            widget::field(session, "description").await?.value().await?,
            A_REQUEST.description
        );
        wait_until_uploaded(session, 1).await;
        let reference = widget::send(session).await?;
        let ticket = service.ticket(&reference);
        assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(1));
        assert_eq!(ticket["attachments"][0]["sha256"], small.sha256());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_site_without_room_says_so_and_takes_the_text() {
    for (locale, words, beside_send) in [
        (
            "en",
            "there is no room for more files at the moment",
            "1 file cannot be sent along.",
        ),
        (
            "de",
            "Für weitere Dateien ist im Moment kein Platz",
            "1 Datei kann nicht mitgeschickt werden.",
        ),
    ] {
        let setup = Setup::new(Database::Sqlite).site_setting("quota_bytes = 100000");
        let service = Service::start_with(setup).await;
        let page = service.url(&format!("/help/{SITE}?locale={locale}"));
        let (large, small) = (
            File::binary("large.bin", 100_000, 1),
            File::text("small.txt", "small"),
        );
        journey(
            &format!("no-room-{locale}"),
            Visitor::DESKTOP,
            async |session| {
                session.goto(&page).await?;
                widget::fill(session, A_REQUEST).await?;
                widget::attach(session, &[&on_disk(&small)]).await?;
                wait_until_uploaded(session, 1).await;
                widget::attach(session, &[&on_disk(&large)]).await?;
                widget::wait_for_text(session, "words about the room", |text| {
                    (text.contains(words) && text.contains(beside_send)).then_some(())
                })
                .await;
                save_screenshot(session, &format!("no-room-{locale}")).await?;
                let ticket = service.ticket(&widget::send(session).await?);
                assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(1));
                assert_eq!(ticket["attachments"][0]["sha256"], small.sha256());
                Ok(())
            },
        )
        .await;
    }
}

async fn remove(session: &Session, name: &str) -> anyhow::Result<()> {
    session
        .find(&format!("button[aria-label='Remove {name}']"))
        .await?
        .click()
        .await
}

#[tokio::test]
async fn a_file_that_was_removed_is_not_sent() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("removed", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        widget::attach(session, &[&on_disk(&File::text("wrong.txt", "wrong"))]).await?;
        wait_until_uploaded(session, 1).await;
        remove(session, "wrong.txt").await?;
        let reference = widget::send(session).await?;
        let said = widget::visible_text(session).await?;
        assert!(said.contains("No files attached."), "{said}");
        assert_eq!(
            service.ticket(&reference)["attachments"]
                .as_array()
                .map(Vec::len),
            Some(0)
        );
        Ok(())
    })
    .await;
}
