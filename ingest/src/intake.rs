//! Accepting a submission: the one transaction that matters.
//!
//! Either the receipt exists and everything is on disk - ticket, timeline, attachments, jobs - or nothing of it is.

mod files;
mod letting_in;
mod sameness;
mod terms;
mod ticket;

use std::time::Duration;

use cornerdesk_shared::{
    limits::Limits,
    receipt::Receipt,
    submission::Submission,
    validation::{Code, Field, Violation},
};
use jiff::Timestamp;
use uuid::Uuid;

use self::{
    letting_in::hold_of_site,
    sameness::{fingerprint, meaning_of},
    terms::{Agreed, NoTicket},
};
pub use self::{letting_in::release, sameness::key_of_edited};
use crate::{
    allowances::{Allowances, Kind, OverLimit},
    clock::Clock,
    clocks,
    identity::Identity,
    mail::incoming::first::FirstMail,
    outbox::lane::NewJobs,
    policy::History,
    proof_of_work::Proof,
    queue::Place,
    site::{Site, Way},
    source::Source,
    status::link::Links,
    store::{self, Store, StoreError, Tx, idempotency::Fingerprint, uploads::Upload},
    ticket::{HoldReason, Releaser, Ticket},
};

/// How a submission ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// A ticket was made.
    New(Receipt),
    /// The key belongs to this very submission, which made a ticket before.
    Replayed(Receipt),
}

/// Why a submission was not accepted. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Fields break rules: all of them.
    #[error("the submission breaks {} rules", .0.len())]
    Invalid(Vec<Violation>),
    /// The key belongs to another submission.
    #[error("the idempotency key belongs to another submission")]
    KeyReused,
    /// Requests of this category go elsewhere: to this address.
    #[error("requests of this category go elsewhere")]
    Redirected(String),
    /// The account's requests come from the people whom it names: whom to ask.
    #[error("the requester is not among the account's contacts")]
    NotEntitled(Option<String>),
    /// The first request with the key has not ended.
    #[error("the first request with this key has not ended")]
    StillRunning,
    /// The work that was done for it was used before.
    #[error("the proof of work was used before")]
    ProofUsed,
    /// The client, or everybody together, has sent too much of late.
    #[error("too many submissions; again in {} s", .0.as_secs())]
    TooMany(Duration),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NoTicket> for Refused {
    fn from(no_ticket: NoTicket) -> Self {
        match no_ticket {
            NoTicket::Invalid(violations) => Self::Invalid(violations),
            NoTicket::Redirected(address) => Self::Redirected(address),
            NoTicket::NotEntitled(administrator) => Self::NotEntitled(administrator),
        }
    }
}

impl From<OverLimit> for Refused {
    fn from(limited: OverLimit) -> Self {
        match limited {
            OverLimit::Wait(wait) => Self::TooMany(wait),
            OverLimit::Store(error) => Self::Store(error),
        }
    }
}

/// What is known of a submission beside what it says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Arrival<'a> {
    /// The client's key for it.
    pub key: Option<&'a str>,
    /// Whose allowance it counts against; none for a client that no limit holds for.
    pub source: Option<Source>,
    /// Why its ticket is to be held.
    pub hold: Option<HoldReason>,
    /// Work that was done for it and counts once.
    pub proof: Option<&'a Proof>,
    /// Who sends it, where the product vouches for that.
    pub identity: Option<&'a Identity>,
    /// The way it came.
    pub way: Way,
    /// The mail by which it came.
    pub mail: Option<&'a FirstMail>,
}

/// Takes submissions.
#[derive(Clone, Debug)]
pub struct Intake {
    store: Store,
    clock: Clock,
    limits: Limits,
    allowances: Allowances,
    new_jobs: NewJobs,
    status_links: Links,
}

/// How often a reference may turn out to be taken: with a million tickets one draw in 34,000 is, so four in a row never are.
const REFERENCE_DRAWS: usize = 8;

impl Intake {
    /// `new_jobs` is told whenever jobs were committed.
    #[must_use]
    pub const fn new(
        store: Store,
        clock: Clock,
        limits: Limits,
        allowances: Allowances,
        new_jobs: NewJobs,
        status_links: Links,
    ) -> Self {
        Self {
            store,
            clock,
            limits,
            allowances,
            new_jobs,
            status_links,
        }
    }

    /// Accepts a submission of `site`. With a key, the same submission is accepted once, however often it comes.
    ///
    /// `files` came in the request itself and are complete uploads; unlike the ones that the submission names, they count by their content
    /// when two requests are compared, since a repeated request uploads them anew.
    ///
    /// A ticket that is held is kept apart until it is [released](Self::release); the receipt is the same.
    ///
    /// # Errors
    /// [`Refused`]; nothing was changed.
    pub async fn accept(
        &self,
        site: &Site,
        submission: &Submission,
        files: &[Upload],
        arrival: &Arrival<'_>,
    ) -> Result<Accepted, Refused> {
        let violations = submission.violations(files.len(), &self.limits);
        if !violations.is_empty() {
            return Err(Refused::Invalid(
                self.with_upload_violations(site, submission, violations)
                    .await?,
            ));
        }
        let arrival = Arrival {
            hold: arrival
                .hold
                .or_else(|| hold_of_site(site).filter(|_| arrival.identity.is_none())),
            ..*arrival
        };
        let agreed = match terms::agreed(site, submission, &arrival) {
            Ok(agreed) => agreed,
            // What was accepted under other terms stays accepted.
            Err(no_ticket) => {
                let known = self.known(site, submission, files, arrival.key).await?;
                if known.is_none() && matches!(no_ticket, NoTicket::NotEntitled(_)) {
                    self.charge_guess(site, arrival.source).await?;
                }
                return known.unwrap_or_else(|| Err(no_ticket.into()));
            }
        };
        let entered = self.allowances.enter(&site.key, arrival.source).await;
        let pass = match entered {
            Ok(pass) => pass,
            Err(limited) => {
                return self
                    .replay(site, submission, files, arrival.key, limited)
                    .await;
            }
        };
        for _ in 0..REFERENCE_DRAWS {
            let ticket = ticket::of(site, submission, &arrival, &agreed.terms, self.clock.now());
            let tried = self.try_to_accept(site, submission, files, &arrival, &agreed, &ticket);
            if let Some(accepted) = tried.await? {
                if matches!(accepted, Accepted::New(_)) {
                    pass.use_up();
                    self.new_jobs.announce();
                }
                return Ok(accepted);
            }
        }
        Err(Refused::Store(StoreError::Corrupt {
            table: "tickets",
            fault: "no free reference in eight draws",
        }))
    }

    /// The refusal says that others of the account may ask: each costs as much as a ticket, or somebody could try address after address.
    async fn charge_guess(&self, site: &Site, source: Option<Source>) -> Result<(), OverLimit> {
        let (kind, key) = (Kind::Submissions, site.key.as_str());
        self.allowances.ensure_not_refused(kind, key, source, 1)?;
        let mut tx = self.store.write_for(key).await?;
        self.allowances
            .charge(&mut tx, kind, key, source, 1)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Is the client known to have used up what it may? Asked before anything is done for it.
    ///
    /// # Errors
    /// [`OverLimit::Wait`].
    pub fn ensure_not_refused(&self, site: &str, source: Option<Source>) -> Result<(), OverLimit> {
        let kind = Kind::Submissions;
        self.allowances.ensure_not_refused(kind, site, source, 1)
    }

    /// The transaction. Nothing, and nothing was changed, when another ticket has the reference of `ticket`.
    ///
    /// The receipt is written with the key, before what it is for: so the key is one statement and not two, and nobody sees either before the
    /// commit.
    async fn try_to_accept(
        &self,
        site: &Site,
        submission: &Submission,
        files: &[Upload],
        arrival: &Arrival<'_>,
        agreed: &Agreed<'_>,
        ticket: &Ticket,
    ) -> Result<Option<Accepted>, Refused> {
        let now = ticket.received_at;
        let (clock, place) = first_clock(agreed, ticket).unzip();
        let place = place.unwrap_or_default();
        let promised = clock.as_ref().and_then(|clock| clock.due_at);
        let receipt = ticket::receipt_of(ticket, promised, site.acknowledge, &self.status_links);
        let mut tx = self.store.write_for(&site.key).await?;
        if let Some(key) = arrival.key {
            let fingerprint = fingerprint(submission, files);
            if !claim_key(&mut tx, site, key, fingerprint, (&receipt, ticket.id), now).await? {
                let known = store::idempotency::find(&mut tx, &site.key, key).await?;
                tx.rollback().await?;
                return meaning_of(known, &fingerprint)
                    .unwrap_or(Err(Refused::StillRunning))
                    .map(Some);
            }
        }
        if let Some(proof) = arrival.proof
            && !store::spent_proofs::spend(&mut tx, &site.key, proof).await?
        {
            tx.rollback().await?;
            return Err(Refused::ProofUsed);
        }
        let (kind, source) = (Kind::Submissions, arrival.source);
        let charged = self
            .allowances
            .charge(&mut tx, kind, &site.key, source, 1)
            .await;
        if let Err(limited) = charged {
            tx.rollback().await?;
            return Err(limited.into());
        }
        let uploads = match files::claim(&mut tx, site, submission, files, now).await? {
            Ok(uploads) => uploads,
            Err(violation) => {
                tx.rollback().await?;
                return Err(Refused::Invalid(vec![violation]));
            }
        };
        if !store::tickets::insert_at(&mut tx, ticket, place).await? {
            tx.rollback().await?;
            return Ok(None);
        }
        let attachments = crate::files::attach(&mut tx, ticket, None, 0, uploads, now).await?;
        letting_in::begin(&mut tx, ticket, &agreed.terms, attachments, arrival.hold).await?;
        if let Some(mail) = arrival.mail
            && !store::first_mails::insert(&mut tx, &ticket.site, ticket.id, mail).await?
        {
            // The same mail was taken meanwhile, under another key.
            tx.rollback().await?;
            return Err(Refused::StillRunning);
        }
        if let Some(clock) = &clock {
            store::clocks::put(&mut tx, &ticket.site, ticket.id, clock).await?;
            store::jobs::set_timer(&mut tx, &ticket.site, ticket.id, Some(now), now).await?;
        }
        tx.commit().await?;
        Ok(Some(Accepted::New(receipt)))
    }

    /// Who is over a limit still gets the receipt of what was accepted before.
    async fn replay(
        &self,
        site: &Site,
        submission: &Submission,
        files: &[Upload],
        key: Option<&str>,
        limited: OverLimit,
    ) -> Result<Accepted, Refused> {
        let OverLimit::Wait(_) = &limited else {
            return Err(limited.into());
        };
        let known = self.known(site, submission, files, key).await?;
        known.unwrap_or_else(|| Err(limited.into()))
    }

    /// What came of the submission that had this key, if one had it.
    async fn known(
        &self,
        site: &Site,
        submission: &Submission,
        files: &[Upload],
        key: Option<&str>,
    ) -> Result<Option<Result<Accepted, Refused>>, StoreError> {
        let Some(key) = key else {
            return Ok(None);
        };
        let mut tx = self.store.read_for(&site.key).await?;
        let known = store::idempotency::find(&mut tx, &site.key, key).await?;
        tx.rollback().await?;
        Ok(meaning_of(known, &fingerprint(submission, files)))
    }

    /// Lets a held ticket in: from here on it is like one that has just come. `false` when it is not held.
    ///
    /// # Errors
    /// When the database fails; nothing was changed.
    pub async fn release(&self, ticket: &Ticket, by: Releaser) -> Result<bool, StoreError> {
        let mut tx = self.store.write_for(&ticket.site).await?;
        let released = release(&mut tx, ticket, by, self.clock.now()).await?;
        tx.commit().await?;
        self.new_jobs.announce();
        Ok(released)
    }

    /// The limits that apply.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A person is told of all faults at once, so the uploads are looked at although the fields are already wrong.
    async fn with_upload_violations(
        &self,
        site: &Site,
        submission: &Submission,
        mut violations: Vec<Violation>,
    ) -> Result<Vec<Violation>, StoreError> {
        let too_many = Violation::new(Field::Attachments, Code::TooMany);
        // More uploads than may be are not looked for: there could be any number of them.
        if !submission.upload_ids.is_empty() && !violations.contains(&too_many) {
            let mut tx = self.store.read_for(&site.key).await?;
            let fault = files::fault(&mut tx, site, submission, self.clock.now()).await?;
            tx.rollback().await?;
            violations.extend(fault);
        }
        Ok(violations)
    }
}

/// The clock of the first response as it begins, and the place in the queue; nothing where the site has no policy.
fn first_clock(agreed: &Agreed<'_>, ticket: &Ticket) -> Option<(store::clocks::Clock, Place)> {
    let history = History {
        received_at: ticket.received_at,
        at_receipt: clocks::at_receipt(&agreed.terms),
        events: Vec::new(),
    };
    let policy = &agreed.version?.policy;
    let clock = clocks::first_response(policy, &history, ticket.received_at, 1);
    let place = Place::of(&history, &clock);
    Some((clock, place))
}

/// Takes the key; on PostgreSQL this waits for another request that holds it.
async fn claim_key(
    tx: &mut Tx,
    site: &Site,
    key: &str,
    fingerprint: Fingerprint,
    receipt: (&Receipt, Uuid),
    now: Timestamp,
) -> Result<bool, Refused> {
    match store::idempotency::claim(tx, &site.key, key, fingerprint, receipt, now).await {
        Err(StoreError::Locked) => Err(Refused::StillRunning),
        claimed => Ok(claimed?),
    }
}
