//! A mail to an address of a site becomes a ticket of that site, under the rules of all other ways in.
//!
//! Only what one person wrote becomes one. What a program wrote makes none and is never answered, or two programs would write to each other for ever; whom the
//! acknowledgement goes to is `From` and never `Reply-To`, or somebody could have it sent to a third person from an address that is really theirs. It is held back
//! by all that holds others back (threats S1 and S2), and holds nothing that the sender wrote.

use std::sync::Arc;

use cornerdesk_shared::{receipt::Receipt, reference::Reference};

use super::{Receiver, Refused, Taken, message};
use crate::{
    allowances::OverLimit,
    hexadecimal::hex,
    intake::{self, Accepted, Arrival},
    mail::{
        acknowledgement::Letter as OwnLetter,
        automatic::Writer,
        incoming::{
            first::{self, FirstMail},
            letter::Letter,
        },
    },
    site::{Site, Way},
    source::Source,
    store::{self, StoreError, Tx},
    ticket::{Status, Ticket},
    upload::Unclaimed,
};

impl Receiver {
    /// The sites to which a mail came, by its headers: the one to which it was delivered, else all to which it was written.
    pub(super) async fn sites_of(&self, letter: &Letter) -> Result<Vec<Arc<Site>>, StoreError> {
        let sites = self.means.sites.all().await?;
        let of = |address: &String| {
            let mut sites = sites.values();
            sites.find(|site| site.is_written_to_at(address)).cloned()
        };
        if let Some(site) = letter.headers.delivered_to.iter().find_map(of) {
            return Ok(vec![site]);
        }
        let mut found: Vec<Arc<Site>> = letter.headers.written_to.iter().filter_map(of).collect();
        found.sort_by(|one, other| one.key.cmp(&other.key));
        found.dedup_by(|one, other| one.key == other.key);
        Ok(found)
    }

    /// Asks each of the sites. It is taken when one of them took it; what has to come again comes again for all of them, and is the same mail for the others.
    pub(super) async fn ask(&self, sites: &[Arc<Site>], letter: &Letter) -> Result<Taken, Refused> {
        if sites.is_empty() {
            return Err(Refused::NoToken);
        }
        if self.is_circle(letter).await? {
            return Ok(Taken::Dropped);
        }
        if letter.writer != Writer::Person {
            return Err(Refused::Automatic);
        }
        let (mut taken, mut refused) = (None, Refused::NoToken);
        for site in sites {
            match self.request(site, letter).await {
                Ok(one) => taken = taken.or(Some(one)),
                Err(error) if error.is_for_good() => refused = error,
                Err(error) => return Err(error),
            }
        }
        taken.ok_or(refused)
    }

    async fn request(&self, site: &Site, letter: &Letter) -> Result<Taken, Refused> {
        let from = letter.from.as_ref().ok_or(Refused::NoSender)?;
        let mut mail = FirstMail::of(letter, from);
        let mut tx = self.means.store.read_for(&site.key).await?;
        let known = store::first_mails::ticket_of(&mut tx, &site.key, &mail.digest).await?;
        let followed = match known {
            Some(_) => None,
            None => followed(&mut tx, site, letter).await?,
        };
        tx.rollback().await?;
        if let Some(reference) = known {
            return Ok(Taken::Repeated(reference));
        }
        if let Some(reference) = followed {
            return self.put_beside(reference, letter).await;
        }
        if site.identity_required {
            return Err(Refused::IdentityRequired);
        }
        let source = Some(Source::of_mailbox(&from.address));
        // Before its files are written: who sends too much has them come again and again.
        self.means.intake.ensure_not_refused(&site.key, source)?;
        let (limits, words) = (self.means.intake.limits(), &self.means.words);
        let (submission, whole) = first::submission(letter, from, site, words, limits);
        let mut unclaimed = Unclaimed::new(&self.means.uploads);
        let most = limits.attachments as usize;
        let left_out = self.keep(site, letter, whole, most, &mut unclaimed).await?;
        mail.left_out = (!left_out.is_empty()).then(|| left_out.join("\n"));
        let key = format!("mail-{}", hex(&mail.digest));
        let arrival = Arrival {
            key: Some(&key),
            source,
            hold: first::hold(letter, self.authority.as_deref()),
            way: Way::Mail,
            mail: Some(&mail),
            ..Arrival::default()
        };
        let files = unclaimed.files();
        let accepted = self.means.intake.accept(site, &submission, files, &arrival);
        match accepted.await? {
            Accepted::New(receipt) => {
                unclaimed.claim();
                tracing::info!(
                    site = site.key,
                    ticket.reference = receipt.reference,
                    ticket.held = arrival.hold.map(|reason| reason.held().as_str()),
                    "ticket received"
                );
                reference_of(&receipt).map(Taken::Request)
            }
            Accepted::Replayed(receipt) => reference_of(&receipt).map(Taken::Repeated),
        }
    }
}

fn reference_of(receipt: &Receipt) -> Result<Reference, Refused> {
    Reference::parse(&receipt.reference).map_err(|_| Refused::NotNow)
}

/// The ticket of the site on which it seems to belong: it follows a mail of it. Nobody vouches for that, so it becomes a note there; and where that ticket is
/// over, nobody would read a note.
async fn followed(
    tx: &mut Tx,
    site: &Site,
    letter: &Letter,
) -> Result<Option<Reference>, StoreError> {
    for mail_id in &letter.headers.follows {
        let Some(ticket) = ticket_of(tx, site, mail_id).await? else {
            continue;
        };
        let is_over = matches!(ticket.status, Status::Solved | Status::Closed);
        let id = message::id_of(&ticket, letter);
        // What came while it was open is there, whatever came of the ticket.
        if !is_over || store::messages::find(tx, &site.key, id).await?.is_some() {
            return Ok(Some(ticket.reference));
        }
    }
    Ok(None)
}

/// The ticket to which a mail belongs: our acknowledgement of it, the mail by which it came, or one that is a message on it.
async fn ticket_of(tx: &mut Tx, site: &Site, mail_id: &str) -> Result<Option<Ticket>, StoreError> {
    let root = OwnLetter::Acknowledgement { promised: None }.as_str();
    let ours = mail_id
        .strip_prefix(root)
        .and_then(|rest| rest.strip_prefix('.')?.split_once('@'))
        .and_then(|(id, _)| uuid::Uuid::try_parse(id).ok());
    if let Some(id) = ours
        && let Some(ticket) = store::tickets::find(tx, &site.key, id).await?
    {
        return Ok(Some(ticket));
    }
    match store::first_mails::followed(tx, &site.key, mail_id).await? {
        Some(id) => store::tickets::find(tx, &site.key, id).await,
        None => Ok(None),
    }
}

impl From<intake::Refused> for Refused {
    fn from(refused: intake::Refused) -> Self {
        match refused {
            intake::Refused::Invalid(_) | intake::Refused::Redirected(_) => Self::NoRequest,
            intake::Refused::NotEntitled(_) => Self::NotEntitled,
            // Of two processes that have the same mail, one is first.
            intake::Refused::KeyReused
            | intake::Refused::StillRunning
            | intake::Refused::ProofUsed => Self::NotNow,
            intake::Refused::TooMany(_) => Self::TooMany,
            intake::Refused::Store(error) => Self::Store(error),
        }
    }
}

impl From<OverLimit> for Refused {
    fn from(limited: OverLimit) -> Self {
        intake::Refused::from(limited).into()
    }
}
