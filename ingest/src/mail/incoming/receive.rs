//! A mail that came in becomes a message on its ticket: the one way for all ways in. It is there, and durable, before this answers.
//!
//! Which ticket is said by the address that the mail came to, and nobody makes such an address but we (threat S10); a subject or a `References` header says nothing.
//! Whoever has the address may add to the ticket and read nothing. What the requester's address wrote is their answer; what another address wrote is a note that
//! only staff read, and so is what a machine wrote: a wrong guess loses no words and puts none into anybody's mouth.

use bytes::Bytes;
use cornerdesk_shared::reference::Reference;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Unreadable,
    letter::{self, File, Letter},
    quoted,
};
use crate::{
    clock::Clock,
    config::Config,
    conversation::{self, Done, Somebody, Written},
    files,
    mail::{self, automatic::Writer, machine::OwnAddresses, recipient::Recipient, verp::Verp},
    message::{BODY_MOST_CHARS, Via},
    outbox::{lane::NewJobs, undeliverable},
    policies::Policies,
    site::Site,
    store::{self, Store, StoreError},
    ticket::Ticket,
    upload::{Announced, Length, Unclaimed, UploadError, Uploads},
};

/// Most messages by mail on one ticket in an hour; a person writes a few. Further ones come again later.
const MOST_IN_AN_HOUR: i64 = 60;
/// A mail that passed more servers goes round in a circle (RFC 5321 §6.3).
const MOST_HOPS: usize = 50;

/// Receives mails.
#[derive(Clone, Debug)]
pub struct Receiver {
    store: Store,
    clock: Clock,
    uploads: Uploads,
    policies: Policies,
    new_jobs: NewJobs,
    replies: Option<Verp>,
    own: OwnAddresses,
    /// Addresses of ours in small letters, as they stand in quoted mails.
    ours: Vec<String>,
}

/// What the envelope of a mail says, as far as somebody tells us.
#[derive(Clone, Copy, Debug, Default)]
pub struct Envelope<'a> {
    /// Whom it is for. Without it the headers are asked.
    pub recipient: Option<&'a str>,
    /// Whom it is from; `""` is the null return path.
    pub sender: Option<&'a str>,
}

/// What became of a mail that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is the requester's answer.
    Answer(Reference),
    /// Somebody else wrote it: a note for staff.
    FromSomebodyElse(Reference),
    /// A machine wrote it: a note for staff.
    Automatic(Reference),
    /// It reports that a mail of ours did not arrive, or not yet; so says the ticket.
    Report(Reference),
    /// It was there already.
    Repeated(Reference),
    /// It says nothing that anybody would want to read: it is from ourselves, goes in a circle, or reports that a mail arrived.
    Dropped,
}

impl Taken {
    /// For the log: without an address.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Answer(reference) => format!("{reference}: an answer"),
            Self::FromSomebodyElse(reference) => {
                format!("{reference}: a note, since somebody else than the requester wrote it")
            }
            Self::Automatic(reference) => {
                format!("{reference}: a note, since a program wrote it")
            }
            Self::Report(reference) => format!("{reference}: a report of a mail server"),
            Self::Repeated(reference) => format!("{reference}: it came before"),
            Self::Dropped => "dropped: nobody wrote it to us".to_owned(),
        }
    }
}

/// Why a mail was not taken. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The address that it came to names no ticket, or its code is forged.
    #[error("the address names no ticket of ours, or its code is forged")]
    NoToken,
    /// The ticket is gone.
    #[error("the ticket that it is about is gone")]
    NoTicket,
    /// Too many of late.
    #[error("too many mails about one ticket within an hour")]
    TooMany,
    /// A file cannot be kept now.
    #[error("its files cannot be kept now")]
    Files(#[source] UploadError),
    /// It cannot be written down now.
    #[error("it cannot be written down now")]
    NotNow,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refused {
    /// Will it never be taken, however often it comes?
    #[must_use]
    pub const fn is_for_good(&self) -> bool {
        match self {
            Self::Unreadable(_) | Self::NoToken | Self::NoTicket => true,
            Self::TooMany | Self::Files(_) | Self::NotNow | Self::Store(_) => false,
        }
    }
}

/// What a mail will be on its ticket.
enum Role {
    Requester,
    Somebody(Somebody),
}

impl Receiver {
    /// A receiver; `secret` is the one of [`mail::verp::REPLY_SECRET`].
    #[must_use]
    pub fn new(
        config: &Config,
        secret: &[u8; 32],
        store: Store,
        clock: Clock,
        uploads: Uploads,
        policies: Policies,
        new_jobs: NewJobs,
    ) -> Self {
        let address = mail::reply_address(config);
        let replies = (address.as_ref()).map(|address| Verp::for_replies(address, secret));
        let others = [&config.mail.from, &config.mail.reply_to].map(|text| mail::address_in(text));
        let bounces = mail::bounce_address(config);
        let all = others.into_iter().flatten().chain(bounces).chain(address);
        let all: Vec<String> = all.map(|address| address.to_string()).collect();
        Self {
            store,
            clock,
            uploads,
            policies,
            new_jobs,
            replies,
            own: OwnAddresses::new(all.iter().map(String::as_str)),
            ours: all.iter().map(|address| address.to_lowercase()).collect(),
        }
    }

    /// The ticket that an address of ours is about; nothing for an address that we did not make.
    #[must_use]
    pub fn ticket_of(&self, address: &str) -> Option<Reference> {
        self.replies.as_ref()?.ticket(address)
    }

    /// Takes a mail.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn receive(&self, envelope: Envelope<'_>, raw: Vec<u8>) -> Result<Taken, Refused> {
        // Before any work: who has no address of a ticket gets none done.
        let told = envelope.recipient.map(|address| self.ticket_of(address));
        if told == Some(None) {
            return Err(Refused::NoToken);
        }
        let sender = envelope.sender.map(str::to_owned);
        let read = tokio::task::spawn_blocking(move || letter::read(&raw, sender.as_deref()));
        let letter = read.await.map_err(|_| Refused::NotNow)??;
        let found = told.flatten().or_else(|| {
            let mut recipients = letter.recipients.iter();
            recipients.find_map(|address| self.ticket_of(address))
        });
        let reference = found.ok_or(Refused::NoToken)?;
        if let Some(report) = &letter.report {
            let now = self.clock.now();
            let mut tx = self.store.write().await?;
            let noted = undeliverable::report(&mut tx, reference, report, now).await?;
            tx.commit().await?;
            return noted
                .map(|_| Taken::Report(reference))
                .ok_or(Refused::NoTicket);
        }
        let is_own = (letter.from.as_ref()).is_some_and(|from| self.own.contain(&from.address));
        if is_own || letter.hops > MOST_HOPS || letter.writer == Writer::MailServer {
            return Ok(Taken::Dropped);
        }
        self.put(reference, &letter).await
    }

    async fn put(&self, reference: Reference, letter: &Letter) -> Result<Taken, Refused> {
        let now = self.clock.now();
        let mut tx = self.store.read().await?;
        let ticket = store::tickets::find_by_reference(&mut tx, reference).await?;
        let ticket = ticket.ok_or(Refused::NoTicket)?;
        let id = id_of(&ticket, letter);
        let is_there = store::messages::find(&mut tx, &ticket.site, id)
            .await?
            .is_some();
        let hour_ago = now
            .saturating_sub(SignedDuration::from_hours(1))
            .unwrap_or(now);
        let count =
            store::messages::count_by_mail(&mut tx, &ticket.site, ticket.id, hour_ago).await?;
        let site = store::sites::find(&mut tx, &ticket.site).await?;
        tx.rollback().await?;
        if is_there {
            return Ok(Taken::Repeated(reference));
        }
        if count >= MOST_IN_AN_HOUR {
            return Err(Refused::TooMany);
        }
        let site = site.and_then(|(config, _)| Site::parse(&config).ok());
        let site = site.ok_or(Refused::NotNow)?;
        let role = role_of(&ticket, letter);
        let (text, rest, whole) = self.texts(letter, &role);
        let mut unclaimed = Unclaimed::new(&self.uploads);
        let refused = self.keep(&site, letter, whole, &mut unclaimed).await?;
        let uploads: Vec<Uuid> = unclaimed.files().iter().map(|file| file.id).collect();
        let written = Written {
            id,
            text: &text,
            uploads: &uploads,
        };
        let is_repeated = self
            .write(&ticket, letter, &role, &written, &rest, &refused, now)
            .await?;
        if is_repeated {
            return Ok(Taken::Repeated(reference));
        }
        unclaimed.claim();
        self.new_jobs.announce();
        Ok(match role {
            Role::Requester => Taken::Answer(reference),
            Role::Somebody(Somebody::Machine { .. }) => Taken::Automatic(reference),
            Role::Somebody(Somebody::Else { .. }) => Taken::FromSomebodyElse(reference),
        })
    }

    /// What they wrote, what was cut, and all of what they wrote where it is too long for a message.
    fn texts(&self, letter: &Letter, role: &Role) -> (String, String, Option<String>) {
        let cut = quoted::cut(&letter.text, &self.ours);
        let head = match role {
            Role::Requester => String::new(),
            Role::Somebody(somebody) => format!("{}\n\n", somebody.introduced()),
        };
        let own = if cut.own.is_empty() { "…" } else { &cut.own };
        let room = BODY_MOST_CHARS - head.chars().count() - 1;
        let is_long = own.chars().count() > room;
        let text = if is_long {
            let kept: String = own.chars().take(room).collect();
            format!("{head}{kept}…")
        } else {
            format!("{head}{own}")
        };
        let rest = cut.rest.chars().take(4 * BODY_MOST_CHARS).collect();
        (text, rest, is_long.then_some(cut.own))
    }

    /// Keeps the files; answers the names of those that cannot be kept, with the reasons.
    async fn keep(
        &self,
        site: &Site,
        letter: &Letter,
        whole: Option<String>,
        unclaimed: &mut Unclaimed,
    ) -> Result<Vec<String>, Refused> {
        let whole = whole.map(|text| File {
            name: "mail.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            bytes: text.into_bytes(),
        });
        let mut refused = Vec::new();
        for file in whole.iter().chain(&letter.files) {
            if unclaimed.files().len() >= files::MOST_OF_A_MESSAGE {
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
            match self.uploads.take(site, &announced, body).await {
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

    /// One transaction; answers whether the message was there already.
    #[expect(
        clippy::too_many_arguments,
        reason = "one transaction writes all that was found out, and nobody else calls it"
    )]
    async fn write(
        &self,
        ticket: &Ticket,
        letter: &Letter,
        role: &Role,
        written: &Written<'_>,
        rest: &str,
        refused: &[String],
        now: Timestamp,
    ) -> Result<bool, Refused> {
        let mut tx = self.store.write_for(&ticket.site).await?;
        // Some programs give all their mails the same Message-ID: then it names none of them but the first.
        let mail_id = match &letter.message_id {
            Some(id) if store::messages::has_mail(&mut tx, &ticket.site, id).await? => None,
            id => id.as_deref(),
        };
        let policies = &self.policies;
        let done = match role {
            Role::Requester => {
                conversation::answer(&mut tx, policies, ticket, Via::Mail, mail_id, written, now)
                    .await
            }
            Role::Somebody(somebody) => {
                conversation::heard(&mut tx, policies, ticket, somebody, mail_id, written, now)
                    .await
            }
        };
        match done {
            Ok(Done::Written(_)) => {}
            Ok(Done::Repeated) => {
                let found = store::messages::find(&mut tx, &ticket.site, written.id).await?;
                tx.rollback().await?;
                // Else another mail with the same Message-ID was quicker by a moment: this one comes again, and then has none.
                return found.map(|_| true).ok_or(Refused::NotNow);
            }
            Err(conversation::Refused::Store(error)) => return Err(Refused::Store(error)),
            Err(error) => {
                tracing::warn!(%error, "a mail cannot be written down");
                return Err(Refused::NotNow);
            }
        }
        if !rest.is_empty() {
            store::messages::put_quoted(&mut tx, &ticket.site, written.id, rest).await?;
        }
        if !refused.is_empty() {
            let list = refused.iter().map(|line| format!("\n- {line}"));
            let text = format!(
                "Files of a mail that were not kept:{}",
                list.collect::<String>()
            );
            let note = Written {
                id: id("files", written.id.as_bytes()),
                text: &text,
                uploads: &[],
            };
            let noted = conversation::note(
                &mut tx,
                policies,
                ticket,
                conversation::OURSELVES,
                &note,
                now,
            )
            .await;
            if let Err(conversation::Refused::Store(error)) = noted {
                return Err(Refused::Store(error));
            }
        }
        tx.commit().await?;
        Ok(false)
    }
}

fn role_of(ticket: &Ticket, letter: &Letter) -> Role {
    let from = letter.from.as_ref();
    let address = from.map(|from| from.address.clone()).unwrap_or_default();
    if letter.writer != Writer::Person {
        return Role::Somebody(Somebody::Machine { address });
    }
    let is_requester = !ticket.email.is_empty()
        && from.is_some()
        && Recipient::of(&address) == Recipient::of(&ticket.email);
    if is_requester {
        return Role::Requester;
    }
    Role::Somebody(Somebody::Else {
        address,
        name: from.and_then(|from| from.name.clone()),
    })
}

/// The same mail on the same ticket is the same message.
fn id_of(ticket: &Ticket, letter: &Letter) -> Uuid {
    let mut of = ticket.id.as_bytes().to_vec();
    of.extend(letter.digest);
    of.extend(letter.message_id.as_deref().unwrap_or_default().bytes());
    id("mail", &of)
}

fn id(of: &str, bytes: &[u8]) -> Uuid {
    let mut digest = Sha256::new();
    digest.update(format!("cornerdesk message by {of} 1\n"));
    digest.update(bytes);
    let digest = digest.finalize();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(first).into_uuid()
}
