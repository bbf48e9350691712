//! The journey that everything else is a variation of: ask for help from a product's page, with two files.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    client::File,
    host_page::HostPage,
    mail::Mail,
    on_both_databases,
    service::{SITE, Setup},
    smtp::SmtpSink,
    webdriver::Session,
    widget::{self, A_REQUEST},
};

use crate::files::{on_disk, wait_until_uploaded};

on_both_databases! {
    async fn a_person_asks_for_help_with_two_files(database: Database) {
        let (sink, host) = (SmtpSink::start().await, HostPage::bind().await);
        let setup = Setup::new(database).mail_to(&sink).allow_only(&host.origin());
        let service = Service::start_with(setup).await;
        let page = host.embed(&service.origin(), SITE);
        let files = [File::text("steps – März.txt", "1. open\n2. look"), File::binary("screen.png", 150_000, 1)];

        let name = format!("journey-{database:?}");
        journey(&name, Visitor::DESKTOP, async |session| {
            session.goto(&page).await?;
            let reference = ask(session, &files).await?;
            assert_ticket_is_whole(&service, &reference, &files);
            let mail = sink.message_to(A_REQUEST.email).await.mail();
            assert_acknowledges(&mail, &reference);
            crate::desk::assert_shows(session, &service, &reference, &files).await
        })
        .await;
    }
}

/// Opens the panel, writes, attaches, sends, and returns the reference on the receipt.
async fn ask(session: &Session, files: &[File]) -> Result<String> {
    widget::open(session).await?;
    widget::fill(session, A_REQUEST).await?;
    let paths = files.iter().map(on_disk).collect::<Vec<_>>();
    let paths = paths.iter().map(AsRef::as_ref).collect::<Vec<_>>();
    widget::attach(session, &paths).await?;
    wait_until_uploaded(session, files.len()).await;
    widget::send_button(session).await?.click().await?;
    widget::receipt(session).await
}

fn assert_ticket_is_whole(service: &Service, reference: &str, files: &[File]) {
    let ticket = service.ticket(reference);
    assert_eq!(ticket["summary"], A_REQUEST.summary);
    assert_eq!(ticket["description"], A_REQUEST.description);
    assert_eq!(ticket["email"], A_REQUEST.email);
    let attachments = ticket["attachments"].as_array().expect("a list");
    assert_eq!(attachments.len(), files.len());
    for (attachment, file) in attachments.iter().zip(files) {
        assert_eq!(attachment["name"], file.name);
        assert_eq!(attachment["sha256"], file.sha256());
    }
    assert_eq!(service.tickets().len(), 1);
}

fn assert_acknowledges(mail: &Mail, reference: &str) {
    assert!(mail.header("Subject").contains(reference));
    for typed in [A_REQUEST.summary, A_REQUEST.description, "screen.png"] {
        assert!(
            !format!("{mail:?}").contains(typed),
            "the mail tells {typed:?}"
        );
    }
}
