//! What staff see of files in every state; the pictures are in `target/screenshots/`.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, assert_fits, journey, save_screenshot},
    clamd::{Clamd, eicar},
    client::{Answer, File, a_submission_with, form},
    service::Setup,
    webdriver::Session,
    widget,
};
use serde_json::json;

use crate::desk::sign_in;

const VISITORS: [(&str, Visitor); 3] = [
    ("light", Visitor::DESKTOP),
    ("dark", Visitor::DARK),
    ("phone", Visitor::PHONE),
];
const PNG: &[u8] = include_bytes!("../api/files/dot.png");

/// A picture with a comment, which is taken out.
fn commented_gif() -> File {
    let dot = include_bytes!("../api/files/dot.gif");
    let (front, end) = dot.split_at(dot.len() - 1);
    File::of(
        "drawn.gif",
        "image/gif",
        &[front, b"\x21\xfe\x03Ada\0", end].concat(),
    )
}

/// One of each fate.
fn files() -> Vec<File> {
    vec![
        commented_gif(),
        File::of("screenshot.png", "image/png", PNG),
        File::of(
            "photo.tiff",
            "image/tiff",
            b"II*\0\x08\0\0\0\0\0\0\0\0\0\0\0",
        ),
        File::of("half.png", "image/png", &PNG[..PNG.len() / 2]),
        File::of("invoice.pdf", "application/pdf", b"MZ\x90\0\x03\0\0\0\x04"),
        File::text("eicar.com", &eicar()),
        File::text(
            &format!("{}.log", "a-very-long-name-of-a-log-file".repeat(4)),
            "text",
        ),
    ]
}

async fn picture(session: &Session, name: &str, parts: &[&str]) -> Result<()> {
    let text = widget::wait_for_text(session, "the page", |text| {
        parts
            .iter()
            .all(|part| text.contains(part))
            .then(|| text.to_owned())
    })
    .await;
    assert!(!text.is_empty());
    assert_fits(session, name).await?;
    session
        .run(
            "document.getElementById('attachments')?.scrollIntoView()",
            &[],
        )
        .await?;
    save_screenshot(session, name).await?;
    Ok(())
}

#[tokio::test]
async fn every_state_of_a_file_is_told_in_words() {
    let mut clamd = Clamd::start().await;
    let scanner = format!(
        "[clamav]\naddress = \"{}\"\ntimeout_ms = 1500",
        clamd.address()
    );
    let service = Service::start_with(Setup::new(Database::Sqlite).section(&scanner)).await;
    let scanned = service.client().submit_with(&files()).await;
    service.ticket_with_examined_files(&scanned).await;
    clamd.kill();
    let unscanned = service
        .client()
        .submit_with(&[File::text("a.txt", "text")])
        .await;
    service.ticket_with_examined_files(&unscanned).await;
    let waiting = Service::start_with(Setup::new(Database::Sqlite).without_jobs()).await;
    let pending = waiting.client().submit_with(&files()[..2]).await;
    service.add_staff();
    waiting.add_staff();
    for (name, visitor) in VISITORS {
        journey("file-states", visitor, async |session| {
            sign_in(session, &service).await?;
            session.find(".tickets").await?;
            let page = |reference: &str| format!("/desk/tickets/{reference}");
            session.goto(&service.url(&page(&scanned))).await?;
            let told = [
                "Hidden data, such as place and camera, was removed",
                "Scanned, no malware found",
                "May tell where and with what it was made",
                "No preview: the file is damaged",
                "Named .pdf, is a program",
                "Malware found: Test.Eicar",
                "I need this file all the same",
            ];
            picture(session, &format!("file-states-{name}"), &told).await?;
            session
                .find("details.files__unblock summary")
                .await?
                .click()
                .await?;
            picture(
                session,
                &format!("file-states-{name}-unblock"),
                &["What for?"],
            )
            .await?;
            session.goto(&service.url(&page(&unscanned))).await?;
            let told = ["Not scanned for malware: the scanner could not be asked"];
            picture(session, &format!("file-states-{name}-unscanned"), &told).await?;
            sign_in(session, &waiting).await?;
            session.find(".tickets").await?;
            session.goto(&waiting.url(&page(&pending))).await?;
            picture(
                session,
                &format!("file-states-{name}-pending"),
                &["Being looked at"],
            )
            .await
        })
        .await;
    }
}

#[tokio::test]
async fn held_tickets_say_why() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let summary =
        "I cannot sign in since this morning, and the page only says that something went wrong";
    let submission =
        a_submission_with(json!({ "website": "https://spam.example", "summary": summary }));
    for files in [&[][..], &[File::text("a.txt", "text")]] {
        let form = form(&submission, files);
        let request = client
            .request("POST", &client.path("tickets"))
            .multipart(form);
        Answer::of(request.send().await.expect("an answer"))
            .await
            .reference();
    }
    let open = client.submit_with(&[]).await;
    service.add_staff();
    for (name, visitor) in VISITORS {
        journey("held-list", visitor, async |session| {
            sign_in(session, &service).await?;
            session
                .find(&format!("a[href='/desk/tickets/{open}']"))
                .await?;
            session.goto(&service.url("/desk/held")).await?;
            let told = ["2 tickets", "hidden field filled", "Release"];
            picture(session, &format!("held-list-{name}"), &told).await?;
            session.goto(&service.url("/desk")).await?;
            picture(session, &format!("list-{name}"), &["2 tickets are held"]).await
        })
        .await;
    }
}
