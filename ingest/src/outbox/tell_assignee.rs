//! Tells whoever has a ticket by mail that its requester wrote; once for each turn, however many messages the requester needs for it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Ended, JobError, notify_staff, payload, tools::Tools};
use crate::{
    conversation,
    mail::hint::Hint,
    message::{Kind, Via},
    store::{self, jobs::Job},
    ticket::{Entry, Fact},
};

/// The job's name.
pub const KIND: &str = "tell_assignee";

/// The job's payload.
#[must_use]
pub fn payload(ticket: Uuid, message: Uuid) -> Value {
    json!({ "ticket_id": ticket, "message_id": message })
}

/// Writes and sends it to whoever has the ticket by now. Every attempt has the same Message-ID.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let id = |name| payload::id(&job.payload, name);
    let (Some(ticket), Some(message)) = (id("ticket_id"), id("message_id")) else {
        return Err(JobError::Fail("the payload names no message".to_owned()));
    };
    let mut tx = tools.store.read_for(&job.site).await?;
    let ticket = store::tickets::find(&mut tx, &job.site, ticket).await?;
    let ticket = ticket.ok_or_else(|| JobError::Fail("the ticket is gone".to_owned()))?;
    let timeline = store::timeline::list(&mut tx, &job.site, ticket.id).await?;
    let staff = match store::assignments::of(&mut tx, &job.site, ticket.id).await? {
        Some(person) => store::staff::find(&mut tx, person.id).await?,
        None => None,
    };
    let hears = match &staff {
        Some(staff) => store::hearing::hears_answers(&mut tx, staff.id).await?,
        None => false,
    };
    tx.rollback().await?;
    let staff = staff.filter(|staff| hears && staff.visible.contains(&job.site));
    let Some(staff) = staff.filter(|_| begins_a_turn(&timeline, message)) else {
        return Ok(Ended::Unneeded);
    };
    notify_staff::hint(tools, job, &staff, &ticket, Hint::Answered).await
}

/// Is it the first message of the requester since staff wrote or the ticket changed hands, and have staff written nothing since?
fn begins_a_turn(timeline: &[Entry], message: Uuid) -> bool {
    let mut is_first = true;
    let mut is_there = false;
    for entry in timeline {
        match &entry.fact {
            Fact::Wrote { message: id, .. } if *id == message => {
                if !is_first {
                    return false;
                }
                is_there = true;
            }
            Fact::Wrote {
                what: Kind::Answer, ..
            } => is_first = false,
            fact if is_of_staff(fact) => {
                if is_there {
                    return false;
                }
                is_first = true;
            }
            // Whoever has it now has not heard yet.
            Fact::Assigned { .. } => is_first = true,
            _ => {}
        }
    }
    is_there
}

/// Did somebody of staff write?
fn is_of_staff(fact: &Fact) -> bool {
    match fact {
        Fact::Wrote {
            what: Kind::Reply, ..
        } => true,
        Fact::Wrote {
            what: Kind::Note,
            via: Via::Desk,
            by,
            ..
        } => by.as_deref() != Some(conversation::OURSELVES),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const KIM: Option<&str> = Some("Kim");

    fn wrote(number: u128, what: Kind, via: Via, by: Option<&str>) -> Fact {
        Fact::Wrote {
            message: Uuid::from_u128(number),
            what,
            via,
            by: by.map(str::to_owned),
        }
    }

    fn given() -> Fact {
        Fact::Assigned {
            staff: None,
            name: None,
            by: "Kim".to_owned(),
        }
    }

    fn begins(facts: Vec<Fact>, message: u128) -> bool {
        let entries = (1..).zip(facts).map(|(seq, fact)| Entry {
            seq,
            at: Timestamp::UNIX_EPOCH,
            fact,
        });
        begins_a_turn(&entries.collect::<Vec<_>>(), Uuid::from_u128(message))
    }

    #[test]
    fn the_first_message_of_a_turn_is_told() {
        let answer = |number| wrote(number, Kind::Answer, Via::Mail, None);
        let reply = wrote(7, Kind::Reply, Via::Desk, KIM);
        let note = |via, by| wrote(8, Kind::Note, via, Some(by));
        let machine = note(Via::Mail, "a program");
        let ours = note(Via::Desk, conversation::OURSELVES);
        for (facts, message, is_told) in [
            (vec![answer(1)], 1, true),
            (vec![answer(1), answer(2)], 1, true),
            (vec![answer(1), answer(2)], 2, false),
            (vec![answer(1), reply.clone(), answer(2)], 2, true),
            (vec![answer(1), note(Via::Desk, "Kim"), answer(2)], 2, true),
            (vec![answer(1), machine.clone(), answer(2)], 2, false),
            (vec![answer(1), ours.clone(), answer(2)], 2, false),
            (vec![answer(1), ours], 1, true),
            (vec![answer(1), given(), answer(2)], 2, true),
            // Whoever has it has written meanwhile, or it is of another ticket.
            (vec![answer(1), reply], 1, false),
            (vec![answer(1), machine], 1, true),
            (vec![answer(1)], 2, false),
        ] {
            assert_eq!(
                begins(facts.clone(), message),
                is_told,
                "{message}: {facts:?}"
            );
        }
    }
}
