//! Tells the requester by mail that the ticket exists.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Ended, JobError,
    clearance::{self, Clearance},
    delivery,
    tools::Tools,
};
use crate::{
    mail::{
        acknowledgement::{self, Letter},
        permission::Purpose,
    },
    site::Site,
    store::{
        self,
        jobs::{Job, Outcome},
    },
    ticket::{Fact, Ticket},
};

/// The job's name.
pub const KIND: &str = "acknowledge";

/// The job's payload.
#[must_use]
pub fn payload(ticket: Uuid) -> Value {
    json!({ "ticket_id": ticket })
}

/// The ticket that a payload names.
#[must_use]
pub fn ticket_of(payload: &Value) -> Option<Uuid> {
    payload.get("ticket_id")?.as_str()?.parse().ok()
}

/// What the end of this job means for the ticket.
#[must_use]
pub fn fact_of(outcome: &Outcome) -> Option<Fact> {
    match outcome {
        Outcome::Done => Some(Fact::Acknowledged),
        Outcome::Withheld { reason } => Some(Fact::AcknowledgementWithheld { reason: *reason }),
        Outcome::Dead { reason } => Some(Fact::AcknowledgementFailed {
            reason: reason.clone(),
        }),
        Outcome::Again { .. } => None,
    }
}

/// Renders and sends, if it may. A second run sends the same message, but for the token of its link, with the same Message-ID.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let (ticket, site) = of_job(tools, job).await?;
    let links = match clearance::ask(tools, job, &ticket, &site, Purpose::Acknowledgement).await? {
        Clearance::Given(links) => links,
        Clearance::Refused(reason) => return Ok(Ended::Withheld(reason)),
    };
    let message = acknowledgement::render(
        &ticket,
        &site,
        Letter::Acknowledgement,
        links.link.as_deref(),
        &tools.words,
        &tools.pages,
        tools.mailer.identity(),
    )
    .map_err(|error| JobError::Fail(error.to_string()))?;
    delivery::send(tools, message, &ticket).await
}

/// The ticket of a job and its site.
pub(super) async fn of_job(tools: &Tools, job: &Job) -> Result<(Ticket, Site), JobError> {
    let site = &job.site;
    let id = ticket_of(&job.payload)
        .ok_or_else(|| JobError::Fail("the payload names no ticket".to_owned()))?;
    let mut tx = tools.store.read_for(site).await?;
    let ticket = store::tickets::find(&mut tx, site, id)
        .await?
        .ok_or_else(|| JobError::Fail("the ticket is gone".to_owned()))?;
    let site = store::sites::find(&mut tx, site).await?;
    tx.rollback().await?;
    let site = site.and_then(|(config, _)| Site::parse(&config).ok());
    Ok((
        ticket,
        site.ok_or_else(|| JobError::Retry("the site is not configured".to_owned()))?,
    ))
}
