//! Accepting a submission: the one transaction that matters.
//!
//! Either the receipt exists and everything is on disk - ticket, timeline, attachments, jobs - or nothing of it is.

use std::time::Duration;

use cornerdesk_shared::{
    limits::Limits,
    page_context::PageContext,
    receipt::{self, Receipt},
    submission::Submission,
    validation::{Code, Field, Violation, clean_line, clean_text},
};
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    allowances::{Allowances, Kind, OverLimit},
    care::Care,
    clock::Clock,
    ids,
    mail::permission::Mode,
    outbox::{self, examine_attachment, lane::NewJobs},
    proof_of_work::Proof,
    site::Site,
    source::Source,
    store::{self, Store, StoreError, Tx, idempotency::Fingerprint, uploads::Upload},
    ticket::{Attachment, Fact, HoldReason, Releaser, Status, Ticket},
    words,
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
}

/// Takes submissions.
#[derive(Clone, Debug)]
pub struct Intake {
    store: Store,
    clock: Clock,
    limits: Limits,
    allowances: Allowances,
    new_jobs: NewJobs,
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
    ) -> Self {
        Self {
            store,
            clock,
            limits,
            allowances,
            new_jobs,
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
        let Arrival {
            key,
            source,
            hold,
            proof,
        } = *arrival;
        let hold = hold.or_else(|| hold_of_site(site));
        let pass = match self.allowances.enter(&site.key, source).await {
            Ok(pass) => pass,
            Err(limited) => return self.replay(site, submission, files, key, limited).await,
        };
        let now = self.clock.now();
        let mut tx = self.store.write_for(&site.key).await?;
        if let Some(key) = key {
            let fingerprint = fingerprint(submission, files);
            if !claim_key(&mut tx, site, key, fingerprint, now).await? {
                let known = store::idempotency::find(&mut tx, &site.key, key).await?;
                tx.rollback().await?;
                return match known {
                    Some(known) if known.fingerprint == fingerprint => {
                        Ok(Accepted::Replayed(known.receipt))
                    }
                    Some(_) => Err(Refused::KeyReused),
                    None => Err(Refused::StillRunning),
                };
            }
        }
        if let Some(proof) = proof
            && !store::spent_proofs::spend(&mut tx, &site.key, proof).await?
        {
            tx.rollback().await?;
            return Err(Refused::ProofUsed);
        }
        let charged = self
            .allowances
            .charge(&mut tx, Kind::Submissions, &site.key, source, 1);
        if let Err(limited) = charged.await {
            tx.rollback().await?;
            return Err(limited.into());
        }
        let attachments = match claim_uploads(&mut tx, site, submission, files, now).await? {
            Ok(uploads) => uploads
                .into_iter()
                .filter_map(attachment)
                .collect::<Vec<_>>(),
            Err(violations) => {
                tx.rollback().await?;
                return Err(Refused::Invalid(violations));
            }
        };
        let ticket = insert_ticket(&mut tx, site, submission, hold, now).await?;
        for (position, attachment) in (0..).zip(&attachments) {
            store::attachments::insert(&mut tx, &site.key, ticket.id, position, attachment).await?;
            examine_attachment::order(&mut tx, &site.key, attachment.id, now).await?;
        }
        let received = Fact::Received {
            attachments: u32::try_from(attachments.len()).unwrap_or(u32::MAX),
        };
        store::timeline::append(&mut tx, &site.key, ticket.id, now, &received).await?;
        match hold {
            Some(reason) => {
                let held = Fact::Held { reason };
                store::timeline::append(&mut tx, &site.key, ticket.id, now, &held).await?;
                if reason == HoldReason::AddressNotConfirmed {
                    insert_job(&mut tx, &ticket, outbox::confirm::KIND, now).await?;
                }
            }
            None => insert_jobs(&mut tx, &ticket, now).await?,
        }
        let receipt = receipt_of(&ticket, site.acknowledge);
        if let Some(key) = key {
            store::idempotency::settle(&mut tx, &site.key, key, &receipt).await?;
        }
        tx.commit().await?;
        pass.use_up();
        self.new_jobs.announce();
        Ok(Accepted::New(receipt))
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
        let (Some(key), OverLimit::Wait(_)) = (key, &limited) else {
            return Err(limited.into());
        };
        let mut tx = self.store.read_for(&site.key).await?;
        let known = store::idempotency::find(&mut tx, &site.key, key).await?;
        tx.rollback().await?;
        match known {
            Some(known) if known.fingerprint == fingerprint(submission, files) => {
                Ok(Accepted::Replayed(known.receipt))
            }
            Some(_) => Err(Refused::KeyReused),
            None => Err(limited.into()),
        }
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
            let uploads =
                find_uploads(&mut tx, site, &named(submission, &[]), self.clock.now()).await?;
            tx.rollback().await?;
            violations.extend(upload_violation(&uploads));
        }
        Ok(violations)
    }
}

/// Takes the key; on PostgreSQL this waits for another request that holds it.
async fn claim_key(
    tx: &mut Tx,
    site: &Site,
    key: &str,
    fingerprint: Fingerprint,
    now: Timestamp,
) -> Result<bool, Refused> {
    match store::idempotency::claim(tx, &site.key, key, fingerprint, now).await {
        Err(StoreError::Locked) => Err(Refused::StillRunning),
        claimed => Ok(claimed?),
    }
}

/// The ids of all uploads of a submission: the ones that it names and the ones that came with it.
fn named(submission: &Submission, files: &[Upload]) -> Vec<String> {
    submission
        .upload_ids
        .iter()
        .cloned()
        .chain(files.iter().map(|file| file.id.to_string()))
        .collect()
}

/// The uploads with these ids, in this order; `None` for one that is not there or stands twice.
async fn find_uploads(
    tx: &mut Tx,
    site: &Site,
    ids: &[String],
    now: Timestamp,
) -> Result<Vec<Option<Upload>>, StoreError> {
    let mut uploads: Vec<Option<Upload>> = Vec::with_capacity(ids.len());
    for id in ids {
        let stands_before = |id: Uuid| uploads.iter().flatten().any(|upload| upload.id == id);
        let upload = match Uuid::try_parse(id) {
            Ok(id) if !stands_before(id) => store::uploads::find(tx, &site.key, id, now).await?,
            _ => None,
        };
        uploads.push(upload);
    }
    Ok(uploads)
}

/// One violation at most: an upload that is not there is worse than one that is not complete.
fn upload_violation(uploads: &[Option<Upload>]) -> Option<Violation> {
    if uploads.iter().any(Option::is_none) {
        Some(Violation::new(Field::UploadIds, Code::Unknown))
    } else if uploads
        .iter()
        .flatten()
        .any(|upload| upload.sha256.is_none())
    {
        Some(Violation::new(Field::UploadIds, Code::Incomplete))
    } else {
        None
    }
}

/// Takes the uploads out of their table; their blobs stay. Of two submissions that name the same upload, one gets it.
async fn claim_uploads(
    tx: &mut Tx,
    site: &Site,
    submission: &Submission,
    files: &[Upload],
    now: Timestamp,
) -> Result<Result<Vec<Upload>, Vec<Violation>>, StoreError> {
    let uploads = find_uploads(tx, site, &named(submission, files), now).await?;
    if let Some(violation) = upload_violation(&uploads) {
        return Ok(Err(vec![violation]));
    }
    let uploads: Vec<Upload> = uploads.into_iter().flatten().collect();
    // In one order for everybody: two submissions that name the same uploads must not wait for each other.
    let mut in_order: Vec<&Upload> = uploads.iter().collect();
    in_order.sort_by_key(|upload| upload.id);
    for upload in in_order {
        if !store::uploads::delete(tx, &site.key, upload.id).await? {
            return Ok(Err(vec![Violation::new(Field::UploadIds, Code::Unknown)]));
        }
    }
    Ok(Ok(uploads))
}

/// What a complete upload becomes.
fn attachment(upload: Upload) -> Option<Attachment> {
    let Upload {
        name,
        content_type,
        length_bytes: size_bytes,
        sha256,
        blob,
        ..
    } = upload;
    sha256.map(|sha256| Attachment {
        id: ids::new_id(),
        name,
        content_type,
        size_bytes,
        sha256,
        blob,
        care: Care::ARRIVED,
    })
}

/// Lets a held ticket in, inside a transaction of the caller. `false` when it is not held, and then nothing was changed.
///
/// # Errors
/// When the database fails.
pub async fn release(
    tx: &mut Tx,
    ticket: &Ticket,
    by: Releaser,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !store::tickets::release(tx, &ticket.site, ticket.id).await? {
        return Ok(false);
    }
    let released = Fact::Released { by };
    store::timeline::append(tx, &ticket.site, ticket.id, now, &released).await?;
    insert_jobs(tx, ticket, now).await?;
    Ok(true)
}

/// What has to happen outside for a ticket that staff are to work on, whether it has just come or was released.
async fn insert_jobs(tx: &mut Tx, ticket: &Ticket, now: Timestamp) -> Result<(), StoreError> {
    insert_job(tx, ticket, outbox::acknowledge::KIND, now).await
}

/// A mail to the requester.
async fn insert_job(
    tx: &mut Tx,
    ticket: &Ticket,
    kind: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (id, payload) = (ids::new_id(), outbox::acknowledge::payload(ticket.id));
    store::jobs::insert(tx, &ticket.site, id, kind, &payload, now, now).await
}

/// Why every ticket of a site is held.
fn hold_of_site(site: &Site) -> Option<HoldReason> {
    (site.acknowledge == Mode::ConfirmFirst).then_some(HoldReason::AddressNotConfirmed)
}

async fn insert_ticket(
    tx: &mut Tx,
    site: &Site,
    submission: &Submission,
    hold: Option<HoldReason>,
    now: Timestamp,
) -> Result<Ticket, StoreError> {
    let locale = submission
        .locale
        .as_deref()
        .and_then(words::shipped_locale)
        .unwrap_or(&site.locale);
    let mut ticket = Ticket {
        site: site.key.clone(),
        id: ids::new_id(),
        reference: ids::new_reference(),
        summary: clean_line(&submission.summary),
        description: clean_text(&submission.description),
        email: submission.email.trim().to_owned(),
        locale: locale.to_owned(),
        category: submission.category.clone(),
        plan: submission.plan.clone(),
        context: submission
            .context
            .as_ref()
            .map(PageContext::cleaned)
            .unwrap_or_default(),
        status: Status::New,
        held: hold.map(HoldReason::held),
        received_at: now,
    };
    for _ in 0..REFERENCE_DRAWS {
        if store::tickets::insert(tx, &ticket).await? {
            return Ok(ticket);
        }
        ticket.reference = ids::new_reference();
    }
    Err(StoreError::Corrupt {
        table: "tickets",
        fault: "no free reference in eight draws",
    })
}

fn receipt_of(ticket: &Ticket, mode: Mode) -> Receipt {
    Receipt {
        reference: ticket.reference.to_string(),
        received_at: ticket.received_at.to_string(),
        answer_by: None,
        status_url: None,
        mail: match mode {
            Mode::Ack => None,
            Mode::ConfirmFirst => Some(receipt::MAIL_CONFIRM.to_owned()),
            Mode::VerifiedOnly => Some(receipt::MAIL_NONE.to_owned()),
        },
    }
}

/// The key for a submission that came with the key of another: the same for the same submission.
#[must_use]
pub fn key_of_edited(key: &str, submission: &Submission, files: &[Upload]) -> String {
    let both = Sha256::digest(json!([key, fingerprint(submission, files)]).to_string());
    format!(
        "edited-{}",
        both.iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    )
}

/// What makes two submissions the same: every field as it was sent, and every file by name and content.
fn fingerprint(submission: &Submission, files: &[Upload]) -> Fingerprint {
    let files: Vec<_> = files
        .iter()
        .map(|file| json!([file.name, file.length_bytes, file.sha256]))
        .collect();
    Sha256::digest(json!([submission, files]).to_string()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submission() -> Submission {
        Submission {
            summary: "a".into(),
            description: "b".into(),
            email: "a@b.cz".into(),
            ..Submission::default()
        }
    }

    fn file(name: &str, byte: u8) -> Upload {
        let id = ids::new_secret_id();
        Upload {
            site: "a".into(),
            id,
            name: name.into(),
            content_type: "text/plain".into(),
            length_bytes: 1,
            offset_bytes: 1,
            sha256: Some([byte; 32]),
            blob: id.to_string(),
            pieces: Vec::new(),
            expires_at: Timestamp::MAX,
        }
    }

    #[test]
    fn the_same_submission_has_the_same_fingerprint_wherever_its_files_lie() {
        assert_eq!(
            fingerprint(&submission(), &[file("a.txt", 1)]),
            fingerprint(&submission(), &[file("a.txt", 1)])
        );
    }

    #[test]
    fn any_difference_changes_the_fingerprint() {
        let first = fingerprint(&submission(), &[file("a.txt", 1)]);
        let mut other = submission();
        other.description.push('!');
        for second in [
            fingerprint(&other, &[file("a.txt", 1)]),
            fingerprint(&submission(), &[file("b.txt", 1)]),
            fingerprint(&submission(), &[file("a.txt", 2)]),
            fingerprint(&submission(), &[]),
        ] {
            assert_ne!(first, second);
        }
    }
}
