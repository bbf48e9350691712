//! Asks the requester by mail whether the request is theirs.

use super::{
    Ended, JobError, acknowledge,
    clearance::{self, Clearance},
    delivery,
    tools::Tools,
};
use crate::{
    mail::{
        acknowledgement::{self, Letter},
        permission::Purpose,
    },
    store::jobs::{Job, Outcome},
    ticket::{Fact, Held},
};

/// The job's name; its payload is the one of an acknowledgement.
pub const KIND: &str = "confirm";

/// What the end of this job means for the ticket.
#[must_use]
pub fn fact_of(outcome: &Outcome) -> Option<Fact> {
    match outcome {
        Outcome::Done => Some(Fact::ConfirmationAsked),
        Outcome::Withheld { reason } => Some(Fact::ConfirmationNotAsked {
            reason: reason.describe().to_owned(),
        }),
        Outcome::Dead { reason } => Some(Fact::ConfirmationNotAsked {
            reason: reason.clone(),
        }),
        Outcome::Again { .. } => None,
    }
}

/// Renders and sends, if it may. Once staff have let the ticket in, nobody needs to be asked.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let (ticket, site) = acknowledge::of_job(tools, job).await?;
    if ticket.held != Some(Held::Unconfirmed) {
        return Err(JobError::Fail("the ticket is not held any more".to_owned()));
    }
    let links = match clearance::ask(tools, job, &ticket, &site, Purpose::Confirmation).await? {
        Clearance::Given(links) => links,
        Clearance::Refused(reason) => return Ok(Ended::Withheld(reason)),
    };
    let message = acknowledgement::render(
        &ticket,
        &site,
        Letter::Confirmation,
        links.link.as_deref(),
        &tools.words,
        &tools.pages,
        tools.mailer.identity(),
    )
    .map_err(|error| JobError::Fail(error.to_string()))?;
    delivery::send(tools, message, &ticket).await
}
