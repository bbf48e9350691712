//! A mail that came in becomes a message on its ticket, or a ticket: the one way for all ways in. It is there, and durable, before this answers.
//!
//! Which ticket is said by the address that the mail came to, and nobody makes such an address but we (threat S10); a subject or a `References` header says nothing
//! that anybody else than staff would see. Whoever has the address may add to the ticket and read nothing. What the requester's address wrote is their answer; what
//! another address wrote is a note that only staff read, and so is what a machine wrote: a wrong guess loses no words and puts none into anybody's mouth.
//!
//! What comes to an address of a site asks that site for help: the module `request`.

mod message;
mod outcome;
mod request;

use std::sync::Arc;

use bytes::Bytes;
use cornerdesk_shared::reference::Reference;
use futures_util::stream;

pub use self::outcome::{Refused, Taken};
use super::letter::{self, File, Letter};
use crate::{
    clock::Clock,
    config::Config,
    intake::Intake,
    mail::{self, automatic::Writer, machine::OwnAddresses, verp::Verp},
    metrics::Metrics,
    outbox::{lane::NewJobs, undeliverable},
    policies::Policies,
    site::Site,
    sites::Sites,
    store::{Store, StoreError},
    upload::{Announced, Length, Unclaimed, UploadError, Uploads},
    words::Words,
};

/// A mail that passed more servers goes round in a circle (RFC 5321 §6.3).
const MOST_HOPS: usize = 50;

/// What mails are received with.
#[derive(Clone, Debug)]
pub struct Means {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Takes their files.
    pub uploads: Uploads,
    /// Versions of policies.
    pub policies: Policies,
    /// Wakes the runner of this process.
    pub new_jobs: NewJobs,
    /// Whose addresses people write to.
    pub sites: Sites,
    /// Takes what they ask.
    pub intake: Intake,
    /// For a mail that says nothing.
    pub words: Arc<Words>,
    /// What becomes of them is counted.
    pub metrics: Arc<Metrics>,
}

/// Receives mails.
#[derive(Clone, Debug)]
pub struct Receiver {
    means: Means,
    replies: Option<Verp>,
    own: OwnAddresses,
    /// Addresses of ours in small letters, as they stand in quoted mails.
    ours: Vec<String>,
    /// The mail server whose word on senders is trusted.
    authority: Option<String>,
}

/// What the envelope of a mail says, as far as somebody tells us.
#[derive(Clone, Copy, Debug, Default)]
pub struct Envelope<'a> {
    /// Whom it is for. Without it the headers are asked.
    pub recipient: Option<&'a str>,
    /// Whom it is from; `""` is the null return path.
    pub sender: Option<&'a str>,
}

/// What an address stands for.
#[derive(Clone, Debug)]
pub enum Place {
    /// A ticket: the address is in a mail of ours about it.
    Ticket(Reference),
    /// A site, which is asked for help there.
    Site(Arc<Site>),
}

impl Receiver {
    /// A receiver; `secret` is [`crate::secrets::Name::ReplyAddress`].
    #[must_use]
    pub fn new(config: &Config, secret: &[u8; 32], means: Means) -> Self {
        let address = mail::reply_address(config);
        let replies = (address.as_ref()).map(|address| Verp::for_replies(address, secret));
        let others = [&config.mail.from, &config.mail.reply_to].map(|text| mail::address_in(text));
        let bounces = mail::bounce_address(config);
        let all = others.into_iter().flatten().chain(bounces).chain(address);
        let all: Vec<String> = all.map(|address| address.to_string()).collect();
        let authority = config.mail.incoming.authserv_id.trim();
        Self {
            means,
            replies,
            own: OwnAddresses::new(all.iter().map(String::as_str)),
            ours: all.iter().map(|address| address.to_lowercase()).collect(),
            authority: (!authority.is_empty()).then(|| authority.to_owned()),
        }
    }

    /// The ticket that an address of ours is about; nothing for an address that we did not make.
    #[must_use]
    pub fn ticket_of(&self, address: &str) -> Option<Reference> {
        self.replies.as_ref()?.ticket(address)
    }

    /// What an address stands for; nothing for one that is none of ours.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn place(&self, address: &str) -> Result<Option<Place>, StoreError> {
        if let Some(reference) = self.ticket_of(address) {
            return Ok(Some(Place::Ticket(reference)));
        }
        let sites = self.means.sites.all().await?;
        let mut sites = sites.values();
        let site = sites.find(|site| site.is_written_to_at(address));
        Ok(site.cloned().map(Place::Site))
    }

    /// Takes a mail.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn receive(&self, envelope: Envelope<'_>, raw: Vec<u8>) -> Result<Taken, Refused> {
        let taken = self.take(envelope, raw).await;
        self.means.metrics.mail(match &taken {
            Ok(taken) => taken.outcome(),
            Err(refused) => refused.outcome(),
        });
        taken
    }

    async fn take(&self, envelope: Envelope<'_>, raw: Vec<u8>) -> Result<Taken, Refused> {
        // Before any work: who has no address of ours gets none done.
        let told = match envelope.recipient {
            Some(address) => Some(self.place(address).await?.ok_or(Refused::NoToken)?),
            None => None,
        };
        let sender = envelope.sender.map(str::to_owned);
        let read = tokio::task::spawn_blocking(move || letter::read(&raw, sender.as_deref()));
        let letter = read.await.map_err(|_| Refused::NotNow)??;
        let site = match told {
            Some(Place::Ticket(reference)) => return self.about(reference, &letter).await,
            Some(Place::Site(site)) => Some(site),
            None => None,
        };
        // Somebody who answers to all writes to the address of their ticket and to the site's: it is an answer.
        let mut recipients = letter.recipients();
        if let Some(reference) = recipients.find_map(|address| self.ticket_of(address)) {
            match (self.about(reference, &letter).await, &site) {
                // That ticket is gone, and the site is asked all the same.
                (Err(Refused::NoTicket), Some(_)) => {}
                (taken, _) => return taken,
            }
        }
        let sites = match site {
            Some(site) => vec![site],
            None => self.sites_of(&letter).await?,
        };
        self.ask(&sites, &letter).await
    }

    /// A mail to the address of a ticket.
    async fn about(&self, reference: Reference, letter: &Letter) -> Result<Taken, Refused> {
        if let Some(report) = &letter.report {
            let now = self.means.clock.now();
            let mut tx = self.means.store.write().await?;
            let noted = undeliverable::report(&mut tx, reference, report, now).await?;
            tx.commit().await?;
            return noted
                .map(|_| Taken::Report(reference))
                .ok_or(Refused::NoTicket);
        }
        if self.is_circle(letter).await? || letter.writer == Writer::MailServer {
            return Ok(Taken::Dropped);
        }
        self.put(reference, letter).await
    }

    /// Is it from ourselves, or has it passed more servers than a mail does?
    async fn is_circle(&self, letter: &Letter) -> Result<bool, StoreError> {
        let Some(from) = &letter.from else {
            return Ok(letter.hops > MOST_HOPS);
        };
        let sites = self.means.sites.all().await?;
        let is_of_a_site = sites
            .values()
            .any(|site| site.is_written_to_at(&from.address));
        Ok(is_of_a_site || self.own.contain(&from.address) || letter.hops > MOST_HOPS)
    }

    /// Keeps the files, at most `most`; answers the names of those that cannot be kept, with the reasons.
    async fn keep(
        &self,
        site: &Site,
        letter: &Letter,
        whole: Option<String>,
        most: usize,
        unclaimed: &mut Unclaimed,
    ) -> Result<Vec<String>, Refused> {
        let whole = whole.map(|text| File {
            name: "mail.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            bytes: text.into_bytes(),
        });
        let mut refused = Vec::new();
        for file in whole.iter().chain(&letter.files) {
            if unclaimed.files().len() >= most {
                refused.push(format!(
                    "{}: more files than one message may have",
                    file.name
                ));
                continue;
            }
            let announced = Announced {
                name: file.name.clone(),
                content_type: file.content_type.clone(),
                length: Length::AtMost(file.bytes.len() as u64),
            };
            let body = Bytes::copy_from_slice(&file.bytes);
            let body = stream::iter([Ok::<_, std::convert::Infallible>(body)]);
            match self.means.uploads.take(site, &announced, body).await {
                Ok(upload) => unclaimed.push(upload),
                Err(UploadError::TooLarge) => refused.push(format!("{}: too large", file.name)),
                Err(UploadError::NoRoom) => {
                    refused.push(format!("{}: the site has no room for it", file.name));
                }
                Err(error) => return Err(Refused::Files(error)),
            }
        }
        Ok(refused)
    }
}
