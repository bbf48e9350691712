//! The ways by which mails come in while the service runs.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use tokio::task::JoinSet;

use crate::{
    app::App,
    mail::incoming::{
        imap::{self, ImapAddress, Mailbox},
        lmtp::{Listener, Place},
    },
};

/// What is open.
#[derive(Debug)]
pub(super) struct WaysIn {
    lmtp: Option<Listener>,
    mailbox: Option<Mailbox>,
}

/// Opens what the configuration names.
///
/// # Errors
/// When nothing can listen there.
pub(super) async fn open(app: &App) -> anyhow::Result<WaysIn> {
    let incoming = &app.config.mail.incoming;
    let lmtp = match Place::parse(&incoming.lmtp) {
        Some(place) => {
            let listener = Listener::bind(&place).await;
            Some(listener.with_context(|| {
                format!("mail.incoming.lmtp: cannot listen on {}", incoming.lmtp)
            })?)
        }
        None => None,
    };
    let address = ImapAddress::parse(incoming.imap_url.reveal());
    let done_folder = Some(incoming.imap_done_folder.clone()).filter(|folder| !folder.is_empty());
    let mailbox = address.map(|address| Mailbox {
        address,
        folder: incoming.imap_folder.clone(),
        done_folder,
        poll: Duration::from_millis(incoming.imap_poll_ms),
    });
    Ok(WaysIn { lmtp, mailbox })
}

impl WaysIn {
    /// Where mail servers hand mails over.
    pub(super) fn lmtp(&self) -> Option<String> {
        self.lmtp.as_ref().map(Listener::place)
    }

    /// Serves them until the service stops.
    pub(super) fn serve(self, app: &App) -> impl Future<Output = ()> + use<> {
        let mut running = JoinSet::new();
        let (receiver, stop) = (Arc::clone(&app.receiver), app.stop.token());
        if let Some(listener) = self.lmtp {
            running.spawn(listener.serve(Arc::clone(&receiver), stop.clone()));
        }
        if let Some(mailbox) = self.mailbox {
            running.spawn(imap::run(mailbox, receiver, stop));
        }
        async move { while running.join_next().await.is_some() {} }
    }
}
