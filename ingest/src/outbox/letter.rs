//! The mails that we write to a requester by ourselves: whether it may go, what it says, and how the mail server took it.
//!
//! What a kind of mail means for its ticket is in the file of its job.

use jiff::Timestamp;

use super::{
    Ended, JobError, acknowledge,
    clearance::{self, Clearance},
    delivery, send_page_code,
    tools::Tools,
};
use crate::{
    mail::{
        acknowledgement::{self, Letter, Particulars},
        incoming::first::FirstMail,
        permission::Purpose,
    },
    site::Site,
    status::link::Holder,
    store::{
        self,
        clocks::{self, Clock, FIRST_RESPONSE},
        jobs::Job,
    },
    ticket::{Held, Status, Ticket},
};

/// Renders and sends the mail of a job, if it may go. A second run sends the same message, but for the token of its link, with the same
/// Message-ID.
pub(super) async fn send(tools: &Tools, job: &Job, purpose: Purpose) -> Result<Ended, JobError> {
    let (ticket, site) = of_job(tools, job).await?;
    let letter = match purpose {
        Purpose::Acknowledgement => Letter::Acknowledgement {
            promised: promise_of(tools, &ticket).await?,
        },
        // Once staff have let the ticket in, nobody needs to be asked.
        Purpose::Confirmation if ticket.held != Some(Held::Unconfirmed) => {
            return Err(JobError::Fail("the ticket is not held any more".to_owned()));
        }
        Purpose::Confirmation => Letter::Confirmation,
        Purpose::SignIn => Letter::SignIn,
        Purpose::AccessRequest => Letter::AccessRequest,
        Purpose::Link => Letter::Link,
        Purpose::Closing => Letter::OutOfScope,
        Purpose::Reply => {
            return Err(JobError::Fail("a reply is no letter of ours".to_owned()));
        }
    };
    let links = match clearance::ask(tools, job, &ticket, &site, purpose).await? {
        Clearance::Given(links) => links,
        Clearance::Refused(reason) => return Ok(Ended::Withheld(reason)),
    };
    // Before somebody has said that the request is theirs, there is nothing for them to follow.
    let status = match letter {
        Letter::Acknowledgement { .. }
        | Letter::AccessRequest
        | Letter::Link
        | Letter::OutOfScope => tools.status_links.url(ticket.reference, Holder::Mailbox),
        Letter::Confirmation | Letter::Split | Letter::SignIn => None,
    };
    let first = first_mail_of(tools, &ticket).await?;
    let sign_in = send_page_code::sign_in_of(&job.payload);
    let code = sign_in.map(|sign_in| tools.status_links.code(sign_in));
    let message = acknowledgement::render(
        &ticket,
        &site,
        letter,
        &Particulars {
            answer: links.link.as_deref(),
            status: status.as_deref(),
            further: &[],
            scope: None,
            code: code.as_deref(),
            // One ticket has one acknowledgement, and any number of these.
            which: matches!(
                letter,
                Letter::SignIn | Letter::AccessRequest | Letter::Link
            )
            .then_some(job.id),
            due_at: Some(job.created_at),
            first: first.as_ref(),
        },
        &tools.words,
        &tools.pages,
        &tools.mailer.identity_about(ticket.reference),
    )
    .map_err(|error| JobError::Fail(error.to_string()))?;
    delivery::send(tools, job, message, &ticket).await
}

/// By which mail the ticket came.
pub(super) async fn first_mail_of(
    tools: &Tools,
    ticket: &Ticket,
) -> Result<Option<FirstMail>, JobError> {
    let mut tx = tools.store.read_for(&ticket.site).await?;
    let first = store::first_mails::find(&mut tx, &ticket.site, ticket.id).await?;
    tx.rollback().await?;
    Ok(first)
}

/// By when the requester hears from us, as the clock stands now.
async fn promise_of(tools: &Tools, ticket: &Ticket) -> Result<Option<Timestamp>, JobError> {
    let mut tx = tools.store.read_for(&ticket.site).await?;
    let clock = store::clocks::find(&mut tx, &ticket.site, ticket.id, FIRST_RESPONSE).await?;
    tx.rollback().await?;
    Ok(clock.and_then(|clock| promised(&clock, ticket.status, tools.clock.now())))
}

/// What a letter may promise: an instant that is still to come, of a clock that runs, on a ticket that is not over. A letter may be written long
/// after its ticket: when somebody has confirmed it, or a mail server is back.
fn promised(clock: &Clock, status: Status, now: Timestamp) -> Option<Timestamp> {
    let is_over = matches!(status, Status::Solved | Status::Closed);
    let due_at = clock.due_at.filter(|due_at| *due_at > now);
    due_at.filter(|_| clock.status == clocks::Status::Running && !is_over)
}

/// The ticket of a job and its site.
pub(super) async fn of_job(tools: &Tools, job: &Job) -> Result<(Ticket, Site), JobError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_still_to_come_is_promised() {
        use clocks::Status::{Breached, Met, None as Nothing, Paused, Running};
        let due: Timestamp = "2026-03-03T12:00:00Z".parse().unwrap();
        let told = |clock, status, now: &str| {
            let clock = Clock {
                metric: FIRST_RESPONSE.to_owned(),
                due_at: Some(due),
                status: clock,
                reason: None,
                budget_s: None,
                last_seq: 1,
            };
            promised(&clock, status, now.parse().unwrap())
        };
        let before = "2026-03-03T11:59:59Z";
        for status in [Status::New, Status::Open] {
            assert_eq!(told(Running, status, before), Some(due));
            assert_eq!(told(Running, status, "2026-03-03T12:00:00Z"), None);
            assert_eq!(told(Running, status, "2026-03-04T01:00:00Z"), None);
        }
        for clock in [Breached, Met, Nothing, Paused] {
            assert_eq!(told(clock, Status::Open, before), None, "{clock:?}");
        }
        for status in [Status::Solved, Status::Closed] {
            assert_eq!(told(Running, status, before), None, "{status:?}");
        }
    }
}
