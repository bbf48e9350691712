//! The mails that we write to a requester by ourselves: whether it may go, what it says, and how the mail server took it.
//!
//! What a kind of mail means for its ticket is in the file of its job.

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
    site::Site,
    store::{self, jobs::Job},
    ticket::{Held, Ticket},
};

/// Renders and sends the mail of a job, if it may go. A second run sends the same message, but for the token of its link, with the same
/// Message-ID.
pub(super) async fn send(tools: &Tools, job: &Job, purpose: Purpose) -> Result<Ended, JobError> {
    let (ticket, site) = of_job(tools, job).await?;
    let letter = match purpose {
        Purpose::Acknowledgement => Letter::Acknowledgement,
        // Once staff have let the ticket in, nobody needs to be asked.
        Purpose::Confirmation if ticket.held != Some(Held::Unconfirmed) => {
            return Err(JobError::Fail("the ticket is not held any more".to_owned()));
        }
        Purpose::Confirmation => Letter::Confirmation,
    };
    let links = match clearance::ask(tools, job, &ticket, &site, purpose).await? {
        Clearance::Given(links) => links,
        Clearance::Refused(reason) => return Ok(Ended::Withheld(reason)),
    };
    let message = acknowledgement::render(
        &ticket,
        &site,
        letter,
        links.link.as_deref(),
        &tools.words,
        &tools.pages,
        tools.mailer.identity(),
    )
    .map_err(|error| JobError::Fail(error.to_string()))?;
    delivery::send(tools, job, message, &ticket).await
}

/// The ticket of a job and its site.
async fn of_job(tools: &Tools, job: &Job) -> Result<(Ticket, Site), JobError> {
    let site = &job.site;
    let id = acknowledge::ticket_of(&job.payload)
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
