//! Tells one member of staff by mail what has become due on a ticket.

use jiff::tz::TimeZone;
use lettre::Address;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Ended, JobError, tools::Tools};
use crate::{
    agenda::{Alarm, What},
    handling,
    hexadecimal::{hex, unhex},
    mail::{
        SendError,
        hint::{self, Hint},
        notice::{self, About, Frame},
        recipient::{Key, Recipient},
    },
    site::Site,
    store::{
        self,
        jobs::{Job, Outcome},
        staff::Staff,
    },
    ticket::{Fact, Ticket},
};

/// The job's name.
pub const KIND: &str = "notify_staff";

/// What is to be told whom: ids, instants and words of the policy. The address is a digest; who has it stands in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The ticket.
    pub ticket_id: Uuid,
    /// Digest of the address.
    pub to: String,
    /// What has become due.
    pub alarms: Vec<Alarm>,
    /// The title of the ticket's priority.
    pub priority: Option<String>,
    /// Why the clock stands where it stood.
    pub why: Option<String>,
}

/// What the end of this job means for the ticket.
#[must_use]
pub fn fact_of(outcome: &Outcome) -> Option<Fact> {
    match outcome {
        Outcome::Dead { reason } => Some(Fact::NotificationFailed {
            reason: reason.clone(),
        }),
        _ => None,
    }
}

/// Writes and sends it. Every attempt has the same Message-ID.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let order: Order = serde_json::from_value(job.payload.clone())
        .map_err(|_| JobError::Fail("the payload cannot be read".to_owned()))?;
    let mut tx = tools.store.read_for(&job.site).await?;
    let ticket = store::tickets::find(&mut tx, &job.site, order.ticket_id).await?;
    let ticket = ticket.ok_or_else(|| JobError::Fail("the ticket is gone".to_owned()))?;
    let timeline = store::timeline::list(&mut tx, &job.site, ticket.id).await?;
    tx.rollback().await?;
    let site = site_of(tools, &job.site).await?;
    let Some(to) = address(tools, &site, &order.to) else {
        // Somebody took the address out of the configuration: it is not to be told any more.
        return Ok(Ended::Done);
    };
    let was_answered = handling::is_answered(&timeline);
    let about = about(tools, &ticket, &site, &order, was_answered);
    let message = notice::render(
        &frame(tools, job, &site.time_zone, &to),
        &about,
        &order.alarms,
    )
    .map_err(|error| JobError::Fail(error.to_string()))?;
    send(tools, job, message).await
}

fn about<'a>(
    tools: &Tools,
    ticket: &Ticket,
    site: &'a Site,
    order: &Order,
    was_answered: bool,
) -> About<'a> {
    let is_of_the_answer = order
        .alarms
        .iter()
        .any(|alarm| matches!(alarm.what, What::Warning { .. } | What::Breach { .. }));
    About {
        reference: ticket.reference.to_string(),
        site_name: &site.name,
        priority: order.priority.clone(),
        why: order.why.clone().filter(|_| is_of_the_answer),
        is_answered: was_answered && is_of_the_answer,
        link: tools
            .rules
            .public_origin()
            .map(|origin| format!("{origin}/desk/tickets/{}", ticket.reference)),
    }
}

/// How a mail to staff is framed.
pub(super) fn frame<'a>(
    tools: &'a Tools,
    job: &Job,
    zone: &'a TimeZone,
    to: &'a Address,
) -> Frame<'a> {
    Frame {
        to,
        identity: tools.mailer.identity(),
        id: format!("{}.{}", job.kind, job.id.simple()),
        zone,
        words: &tools.words,
        pages: &tools.pages,
        now: tools.clock.now(),
    }
}

/// The site of a job.
pub(super) async fn site_of(tools: &Tools, key: &str) -> Result<Site, JobError> {
    let mut tx = tools.store.read_for(key).await?;
    let found = store::sites::find(&mut tx, key).await?;
    tx.rollback().await?;
    let site = found.and_then(|(config, _)| Site::parse(&config).ok());
    site.ok_or_else(|| JobError::Retry("the site is not configured".to_owned()))
}

/// Tells somebody that there is something for them to read on a ticket. Every attempt has the same Message-ID.
pub(super) async fn hint(
    tools: &Tools,
    job: &Job,
    staff: &Staff,
    ticket: &Ticket,
    hint: Hint,
) -> Result<Ended, JobError> {
    let site = site_of(tools, &job.site).await?;
    let to = (staff.email.parse()).map_err(|_| JobError::Fail("the address is none".to_owned()))?;
    let reference = ticket.reference.to_string();
    let about = hint::About {
        reference: &reference,
        site_name: &site.name,
        origin: tools.rules.public_origin(),
    };
    let frame = frame(tools, job, &site.time_zone, &to);
    let mail = hint::render(&frame, hint, &about);
    let mail = mail.map_err(|error| JobError::Fail(error.to_string()))?;
    send(tools, job, mail).await
}

/// The address behind a digest, among those that the configuration names for a site.
pub(super) fn address(tools: &Tools, site: &Site, digest: &str) -> Option<Address> {
    let routes = tools.notify.routes.iter().flat_map(|route| &route.to);
    let contacts = site.accounts.iter().flat_map(|account| &account.contacts);
    let mut known = routes.chain(contacts);
    let found = known.find(|address| hex(&Recipient::exactly(address).key()) == digest)?;
    found.parse().ok()
}

/// The digest that stands in hexadecimal.
pub(super) fn key_of(digest: &str) -> Option<Key> {
    unhex(digest)?.try_into().ok()
}

/// Hands a mail for staff over. Bounces of it are not the requester's, so nothing of the ticket is in its return path.
pub(super) async fn send(
    tools: &Tools,
    job: &Job,
    message: lettre::Message,
) -> Result<Ended, JobError> {
    match tools.mailer.send_to_staff(message).await {
        Ok(()) => Ok(Ended::Done),
        Err(SendError::Temporary(reason)) => Err(JobError::Retry(reason)),
        Err(SendError::Unanswered) => Err(JobError::Unanswered {
            times: u32::try_from(job.attempts).unwrap_or(1),
        }),
        Err(SendError::Permanent(reason) | SendError::Undeliverable(reason)) => {
            Err(JobError::Fail(reason))
        }
    }
}
