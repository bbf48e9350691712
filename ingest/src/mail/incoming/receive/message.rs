//! A mail becomes a message on its ticket.

use cornerdesk_shared::reference::Reference;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Receiver, Refused, Taken};
use crate::{
    conversation::{self, Done, Somebody, Written},
    files,
    mail::{
        automatic::Writer,
        incoming::{headers::fails_dmarc, letter::Letter, quoted},
        recipient::Recipient,
    },
    message::{BODY_MOST_CHARS, Via},
    site::Site,
    store,
    ticket::Ticket,
    upload::Unclaimed,
};

/// Most messages by mail on one ticket in an hour; a person writes a few. Further ones come again later.
const MOST_IN_AN_HOUR: i64 = 60;

/// What a mail will be on its ticket.
enum Role {
    Requester,
    Somebody(Somebody),
}

impl Receiver {
    /// Puts a mail on the ticket to whose address it came.
    pub(super) async fn put(
        &self,
        reference: Reference,
        letter: &Letter,
    ) -> Result<Taken, Refused> {
        let may_be_forged = (self.authority.as_deref())
            .is_some_and(|server| fails_dmarc(&letter.headers.authentication, server));
        let role = |ticket: &Ticket, letter: &Letter| match role_of(ticket, letter) {
            Role::Requester if may_be_forged => Role::Somebody(beside(letter)),
            role => role,
        };
        self.put_as(reference, letter, role).await
    }

    /// Puts a mail on a ticket on which it only seems to belong: a note, whoever wrote it.
    pub(super) async fn put_beside(
        &self,
        reference: Reference,
        letter: &Letter,
    ) -> Result<Taken, Refused> {
        let role = |_: &Ticket, letter: &Letter| Role::Somebody(beside(letter));
        self.put_as(reference, letter, role).await
    }

    async fn put_as(
        &self,
        reference: Reference,
        letter: &Letter,
        role_of: impl FnOnce(&Ticket, &Letter) -> Role,
    ) -> Result<Taken, Refused> {
        let now = self.means.clock.now();
        let mut tx = self.means.store.read().await?;
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
        let mut unclaimed = Unclaimed::new(&self.means.uploads);
        let most = files::MOST_OF_A_MESSAGE;
        let refused = self
            .keep(&site, letter, whole, most, &mut unclaimed)
            .await?;
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
        self.means.new_jobs.announce();
        Ok(match role {
            Role::Requester => Taken::Answer(reference),
            Role::Somebody(Somebody::Machine { .. }) => Taken::Automatic(reference),
            Role::Somebody(Somebody::Else { .. } | Somebody::Beside { .. }) => {
                Taken::FromSomebodyElse(reference)
            }
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
        let mut tx = self.means.store.write_for(&ticket.site).await?;
        // Some programs give all their mails the same Message-ID: then it names none of them but the first.
        let mail_id = match &letter.message_id {
            Some(id) if store::messages::has_mail(&mut tx, &ticket.site, id).await? => None,
            id => id.as_deref(),
        };
        let policies = &self.means.policies;
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

/// Somebody of whom nobody knows whether they are who they say.
fn beside(letter: &Letter) -> Somebody {
    let from = letter.from.as_ref();
    Somebody::Beside {
        address: from.map(|from| from.address.clone()).unwrap_or_default(),
        name: from.and_then(|from| from.name.clone()),
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
pub(super) fn id_of(ticket: &Ticket, letter: &Letter) -> Uuid {
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
