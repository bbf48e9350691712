//! Looks whether a reference and an address belong together that somebody typed who has lost the link to their request; if they do, a mail follows.
//!
//! It is a job so that whoever asks learns nothing: the answer is written before anybody has looked (threat S6).

use cornerdesk_shared::reference::Reference;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Ended, JobError, send_link, tools::Tools};
use crate::{
    hexadecimal, ids,
    mail::recipient::{Key, Recipient},
    status,
    store::{self, jobs::Job},
    ticket::Ticket,
};

/// The job's name.
pub const KIND: &str = "find_request";

/// The job's payload. The address itself is not kept.
#[must_use]
pub fn payload(reference: Reference, recipient: &Key) -> Value {
    json!({ "reference": reference.to_string(), "recipient": hexadecimal::hex(recipient) })
}

/// Looks.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let text = |name: &str| job.payload.get(name).and_then(Value::as_str);
    let reference = text("reference").and_then(|text| Reference::parse(text).ok());
    let (Some(reference), Some(recipient)) = (reference, text("recipient")) else {
        return Err(JobError::Fail("the payload names no request".to_owned()));
    };
    let now = tools.clock.now();
    let mut tx = tools.store.write_for(&job.site).await?;
    let found = store::tickets::find_by_reference(&mut tx, reference).await?;
    let Some(ticket) = found.filter(|ticket| is_theirs(ticket, &job.site, recipient)) else {
        tx.rollback().await?;
        return Ok(Ended::Unneeded);
    };
    let timeline = store::timeline::list(&mut tx, &job.site, ticket.id).await?;
    let lasts = SignedDuration::from_hours(24 * i64::from(tools.link_days));
    if !status::is_open(&timeline, now, lasts) {
        tx.rollback().await?;
        return Ok(Ended::Unneeded);
    }
    let payload = send_link::payload(ticket.id);
    let (id, kind) = (ids::new_id(), send_link::KIND);
    store::jobs::insert(&mut tx, &job.site, id, kind, &payload, now, now).await?;
    tx.commit().await?;
    tools.new_jobs.announce();
    Ok(Ended::Done)
}

/// Is it a request of this site and of this mailbox, about which mails go out?
fn is_theirs(ticket: &Ticket, site: &str, recipient: &str) -> bool {
    let key = hexadecimal::hex(&Recipient::of(&ticket.email).key());
    ticket.site == site && ticket.held.is_none() && !ticket.email.is_empty() && key == recipient
}
