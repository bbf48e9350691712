//! A lead answers somebody who wants to know what is kept of them, and then wants it gone.

use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, picture},
    client::{File, a_submission_with},
    on_both_databases,
    service::Setup,
    webdriver::Session,
    widget,
};
use serde_json::json;

use crate::{accessibility::audit, desk::sign_in};

async fn wait_for(session: &Session, text: &str) -> String {
    widget::wait_for_text(session, text, |page| {
        page.contains(text).then(|| page.to_owned())
    })
    .await
}

async fn look(session: &Session, visitor: Visitor, name: &str) -> anyhow::Result<()> {
    if visitor.javascript {
        audit::look(session, name).await
    } else {
        picture(session, name).await
    }
}

/// Two tickets of somebody, with a file.
async fn ask(service: &Service, address: &str) {
    let client = service.client();
    let file = client.upload(&File::text("steps.txt", "1. open")).await;
    for files in [vec![file], Vec::new()] {
        let submission = json!({ "email": address, "upload_ids": files });
        client.submit(&a_submission_with(submission)).await;
    }
}

on_both_databases! {
    async fn a_lead_looks_and_erases(database: Database) {
        let service = Service::start_with(Setup::new(database)).await;
        service.add_staff();
        for (name, visitor) in [
            ("desk-privacy", Visitor::DESKTOP),
            ("desk-privacy-dark", Visitor::DARK),
            ("desk-privacy-phone", Visitor::PHONE),
            ("desk-privacy-no-script", Visitor::WITHOUT_JAVASCRIPT),
        ] {
            let address = format!("{name}@customer.example");
            ask(&service, &address).await;
            journey(name, visitor, async |session| {
                sign_in(session, &service).await?;
                session.find(".top__name").await?.click().await?;
                wait_for(session, "Where you are signed in").await;
                session.find("a[href='/desk/privacy']").await?.click().await?;
                wait_for(session, "Whose data?").await;
                look(session, visitor, &format!("{name}-empty")).await?;
                session.find("#address").await?.type_text(&address).await?;
                session.find("form[action='/desk/privacy'] button").await?.click().await?;
                wait_for(session, "2 tickets, 0 messages, 1 file").await;
                look(session, visitor, &format!("{name}-found")).await?;
                session.find("input[name=sure]").await?.click().await?;
                session.find("form[action='/desk/privacy/erase'] button").await?.click().await?;
                wait_for(session, "Erased: 2 tickets, 0 messages, 1 file.").await;
                look(session, visitor, &format!("{name}-done")).await
            })
            .await;
        }
        let said = service.command(&["privacy", "show", "desk-privacy@customer.example"]);
        assert!(said.contains("there is nothing"), "{said}");
    }
}
