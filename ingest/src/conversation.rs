//! Requester and staff write to each other. Each message is written with its facts, and clock, timer and queue follow in the same transaction.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    files::{self, NoUpload},
    handling, ids,
    message::{BodyFault, Kind, Message, Via, body_of},
    outbox::{send_reply, tell_assignee},
    policies::Policies,
    snoozing, status,
    store::{self, StoreError, Tx},
    ticket::{ClosingReason, Fact, Status, Ticket, snooze::Waking, terms::PauseReason},
};

/// As whom the timeline names the requester where somebody of staff would stand.
const REQUESTER: &str = "the requester";

/// Something that somebody wrote.
#[derive(Clone, Debug)]
pub struct Written<'a> {
    /// Chosen by the form: the same one twice is one message.
    pub id: Uuid,
    /// As it was typed.
    pub text: &'a str,
    /// Ids of complete uploads of the site.
    pub uploads: &'a [Uuid],
}

/// Somebody who is neither staff nor the requester, and whose mail came onto a ticket all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Somebody {
    /// A person, as far as one can tell.
    Else {
        /// Their address.
        address: String,
        /// The name beside it.
        name: Option<String>,
    },
    /// A person whose mail seems to belong onto the ticket, for which nobody vouches: perhaps the requester, perhaps not.
    Beside {
        /// Their address.
        address: String,
        /// The name beside it.
        name: Option<String>,
    },
    /// A program, such as an absence notice.
    Machine {
        /// Its address.
        address: String,
    },
}

/// As whom the timeline names a person who is neither staff nor the requester.
pub const SOMEBODY_ELSE: &str = "somebody else";
/// As whom we tell staff what we did ourselves.
pub const OURSELVES: &str = "Cornerdesk";
/// As whom the timeline names a program.
const PROGRAM: &str = "a program";

/// A name as it begins a line: those that we give ourselves begin with a capital there, those of people stay as they are.
#[must_use]
pub fn beginning_a_line(author: &str) -> &str {
    match author {
        SOMEBODY_ELSE => "Somebody else",
        PROGRAM => "A program",
        name => name,
    }
}

impl Somebody {
    /// For staff, above what was written.
    #[must_use]
    pub fn introduced(&self) -> String {
        match self {
            Self::Else { address, name } => format!(
                "By mail from {}, who is not the requester:",
                named(address, name.as_deref())
            ),
            Self::Beside { address, name } => format!(
                "By mail from {}, and nobody knows whether it is really theirs:",
                named(address, name.as_deref())
            ),
            Self::Machine { address } => {
                format!("An automatic mail from <{}>:", short(address))
            }
        }
    }

    /// As the timeline names them: no address stands there.
    const fn on_the_timeline(&self) -> &'static str {
        match self {
            Self::Else { .. } | Self::Beside { .. } => SOMEBODY_ELSE,
            Self::Machine { .. } => PROGRAM,
        }
    }
}

/// `Ada <ada@example.org>`.
fn named(address: &str, name: Option<&str>) -> String {
    let name = name.map_or(String::new(), |name| format!("{} ", short(name)));
    format!("{name}<{}>", short(address))
}

/// No longer than an address is.
fn short(text: &str) -> String {
    let line = cornerdesk_shared::validation::clean_line(text);
    line.chars().take(254).collect()
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was written: the ticket as it is now.
    Written(Box<Ticket>),
    /// It was there already; nothing was changed.
    Repeated,
}

/// Why it was not written. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The text.
    #[error(transparent)]
    Body(#[from] BodyFault),
    /// A file.
    #[error(transparent)]
    Upload(#[from] NoUpload),
    /// Nobody is mailed about a ticket that is held.
    #[error("the ticket is held, and nobody gets mail about it: release it first")]
    Held,
    /// An alarm made the ticket.
    #[error("an alarm made this ticket, so nobody would read a reply: write a note")]
    NoRequester,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Staff write to the requester: the first time ends the clock of the first response, and a mail follows.
///
/// Who has committed calls `NewJobs::announce`.
///
/// # Errors
/// [`Refused`]; the caller rolls back.
pub async fn reply(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    by: &str,
    written: &Written<'_>,
    now: Timestamp,
) -> Result<Done, Refused> {
    let body = body_of(written.text)?;
    let ticket = handling::locked(tx, ticket).await?;
    if ticket.held.is_some() {
        return Err(Refused::Held);
    }
    if ticket.email.is_empty() {
        return Err(Refused::NoRequester);
    }
    let message = Message {
        id: written.id,
        ticket: ticket.id,
        kind: Kind::Reply,
        via: Via::Desk,
        author: Some(by.to_owned()),
        body,
        mail_id: None,
        at: now,
    };
    if !keep(tx, &ticket, &message, written.uploads).await? {
        return Ok(Done::Repeated);
    }
    let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
    let (id, kind) = (ids::new_id(), send_reply::KIND);
    let payload = send_reply::payload(ticket.id, message.id);
    store::jobs::insert(tx, &ticket.site, id, kind, &payload, now, now).await?;
    let by = by.to_owned();
    // What the clock hears: the first time and every other time are two facts for the policy (E-6, requirement 48).
    let heard = if handling::is_answered(&timeline) {
        Fact::Updated { by }
    } else {
        Fact::Answered { by }
    };
    let facts = [wrote(&message), heard];
    write(tx, policies, &ticket, &facts, now).await
}

/// Staff write to each other. No clock hears it.
///
/// # Errors
/// [`Refused`]; the caller rolls back.
pub async fn note(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    by: &str,
    written: &Written<'_>,
    now: Timestamp,
) -> Result<Done, Refused> {
    let body = body_of(written.text)?;
    let ticket = handling::locked(tx, ticket).await?;
    let message = Message {
        id: written.id,
        ticket: ticket.id,
        kind: Kind::Note,
        via: Via::Desk,
        author: Some(by.to_owned()),
        body,
        mail_id: None,
        at: now,
    };
    if !keep(tx, &ticket, &message, written.uploads).await? {
        return Ok(Done::Repeated);
    }
    write(tx, policies, &ticket, &[wrote(&message)], now).await
}

/// The requester writes to staff: what waited for them goes on, what was solved or closed is open again, and staff see that somebody waits.
///
/// What is held stays held; the message is there when it is let in.
///
/// # Errors
/// [`Refused`]; the caller rolls back.
pub async fn answer(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    via: Via,
    mail_id: Option<&str>,
    written: &Written<'_>,
    now: Timestamp,
) -> Result<Done, Refused> {
    let body = body_of(written.text)?;
    let ticket = handling::locked(tx, ticket).await?;
    let message = Message {
        id: written.id,
        ticket: ticket.id,
        kind: Kind::Answer,
        via,
        author: None,
        body,
        mail_id: mail_id.map(str::to_owned),
        at: now,
    };
    if !keep(tx, &ticket, &message, written.uploads).await? {
        return Ok(Done::Repeated);
    }
    let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
    let mut facts = vec![wrote(&message)];
    let by = REQUESTER.to_owned();
    if matches!(ticket.status, Status::Solved | Status::Closed) {
        facts.push(Fact::StatusChanged {
            to: Status::Open,
            by,
            root_cause: None,
            reason: None,
        });
    } else if handling::paused_for(&timeline) == Some(PauseReason::Requester) {
        facts.push(Fact::Resumed { by });
    }
    snoozing::wake(tx, policies, &ticket, Waking::Requester, None, now).await?;
    if ticket.held.is_none()
        && store::assignments::of(tx, &ticket.site, ticket.id)
            .await?
            .is_some()
    {
        let (id, kind) = (ids::new_id(), tell_assignee::KIND);
        let payload = tell_assignee::payload(ticket.id, message.id);
        store::jobs::insert(tx, &ticket.site, id, kind, &payload, now, now).await?;
    }
    write(tx, policies, &ticket, &facts, now).await
}

/// The requester says whether it is solved. Solves what is open, opens again what was over; nothing happens where it was said already.
///
/// # Errors
/// When the database fails.
pub async fn judge(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    is_solved: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ticket = handling::locked(tx, ticket).await?;
    let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
    let state = status::state_of(&ticket, &timeline);
    if ticket.held.is_some() || !status::may_judge(state, &timeline, is_solved) {
        return Ok(());
    }
    if !is_solved {
        // Before it, so that what follows from it stands next to it.
        snoozing::wake(tx, policies, &ticket, Waking::Requester, None, now).await?;
    }
    let is_over = matches!(ticket.status, Status::Solved | Status::Closed);
    let change = |to, reason| Fact::StatusChanged {
        to,
        by: REQUESTER.to_owned(),
        root_cause: None,
        reason,
    };
    let changed = match (is_solved, is_over) {
        (true, _) => Some(change(Status::Solved, Some(ClosingReason::Answered))),
        (false, true) => Some(change(Status::Open, None)),
        (false, false) => None,
    };
    let mut facts = vec![Fact::Judged { is_solved }];
    facts.extend(changed);
    handling::record_all(tx, policies, &ticket, &facts, now).await?;
    Ok(())
}

/// Somebody else wrote by mail, or a program did: staff read it, nobody else. No clock hears it.
///
/// # Errors
/// [`Refused`]; the caller rolls back.
pub async fn heard(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    somebody: &Somebody,
    mail_id: Option<&str>,
    written: &Written<'_>,
    now: Timestamp,
) -> Result<Done, Refused> {
    let body = body_of(written.text)?;
    let ticket = handling::locked(tx, ticket).await?;
    let message = Message {
        id: written.id,
        ticket: ticket.id,
        kind: Kind::Note,
        via: Via::Mail,
        author: Some(somebody.on_the_timeline().to_owned()),
        body,
        mail_id: mail_id.map(str::to_owned),
        at: now,
    };
    if !keep(tx, &ticket, &message, written.uploads).await? {
        return Ok(Done::Repeated);
    }
    write(tx, policies, &ticket, &[wrote(&message)], now).await
}

/// Keeps a message with its files; `false`, and nothing was changed, when it is there already.
async fn keep(
    tx: &mut Tx,
    ticket: &Ticket,
    message: &Message,
    uploads: &[Uuid],
) -> Result<bool, Refused> {
    if !store::messages::insert(tx, &ticket.site, message).await? {
        return Ok(false);
    }
    files::attach_to_message(tx, ticket, message.id, uploads, message.at).await?;
    Ok(true)
}

fn wrote(message: &Message) -> Fact {
    Fact::Wrote {
        message: message.id,
        what: message.kind,
        via: message.via,
        by: message.author.clone(),
    }
}

async fn write(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    facts: &[Fact],
    now: Timestamp,
) -> Result<Done, Refused> {
    let ticket = handling::record_all(tx, policies, ticket, facts, now).await?;
    Ok(Done::Written(Box::new(ticket)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_ours_get_a_capital() {
        assert_eq!(beginning_a_line(SOMEBODY_ELSE), "Somebody else");
        assert_eq!(beginning_a_line(PROGRAM), "A program");
        assert_eq!(beginning_a_line("de Vries"), "de Vries");
    }
}
