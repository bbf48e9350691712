//! Hands what happened to a ticket on to the destinations: orders one delivery for each event and destination, and asks each mirror to be made equal. Nothing
//! is called here, and it is all one transaction with the place in the timeline up to which it is done.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Ended, JobError, acknowledge, deliver_event, sync_ticket, tell_ticket, tools::Tools};
use crate::{
    destination::{Destination, Family, event, webhook},
    ids,
    store::{self, StoreError, Tx, jobs::Job},
    ticket::{Entry, Ticket},
};

/// The job's name.
pub const KIND: &str = "route_ticket";

/// The job's payload. What happened before `since` is told to nobody: it was there before there were destinations.
#[must_use]
pub fn payload(ticket: Uuid, since: Timestamp) -> Value {
    json!({ "ticket_id": ticket, "since": since.as_microsecond() })
}

/// The id of the job: there is one for each ticket.
#[must_use]
pub fn id_of(site: &str, ticket: Uuid) -> Uuid {
    ids::derived(&[KIND, site, &ticket.to_string()])
}

/// Hands on what is new.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let id = acknowledge::ticket_of(&job.payload)
        .ok_or_else(|| JobError::Fail("the payload names no ticket".to_owned()))?;
    let now = tools.clock.now();
    let mut tx = tools.store.write_for(&job.site).await?;
    let Some(ticket) = store::tickets::find(&mut tx, &job.site, id).await? else {
        tx.rollback().await?;
        return Ok(Ended::Unneeded);
    };
    // Its release is a fact that orders this again.
    if ticket.held.is_some() {
        tx.rollback().await?;
        return Ok(Ended::Unneeded);
    }
    let timeline = store::timeline::list(&mut tx, &job.site, id).await?;
    let cursor = store::destinations::cursor(&mut tx, &job.site, id).await?;
    let from = cursor.unwrap_or_else(|| before(&timeline, &job.payload));
    let last = timeline.last().map_or(0, |entry| entry.seq);
    // Before anything is ordered: of two that look at the same facts, one finds them done.
    if !store::destinations::move_cursor(&mut tx, &job.site, id, last).await? {
        tx.rollback().await?;
        return Ok(Ended::Unneeded);
    }
    let round = Round {
        ticket: &ticket,
        timeline: &timeline,
        from,
        now,
    };
    let links = store::destination_links::of_ticket(&mut tx, &job.site, id).await?;
    for destination in tools.forwarding.destinations.iter() {
        let is_known = links
            .iter()
            .any(|link| *link.destination == *destination.name);
        if is_known || destination.wants(&ticket) {
            round.hand_on(&mut tx, destination, is_known).await?;
        }
    }
    tx.commit().await?;
    tools.new_jobs.announce();
    Ok(Ended::Done)
}

/// The number of the last fact from before a ticket was first handed on.
fn before(timeline: &[Entry], payload: &Value) -> i32 {
    let since = payload["since"].as_i64().unwrap_or(i64::MAX);
    let earlier = timeline
        .iter()
        .take_while(|entry| entry.at.as_microsecond() < since);
    earlier.last().map_or(0, |entry| entry.seq)
}

/// What is handed on at once.
struct Round<'a> {
    ticket: &'a Ticket,
    timeline: &'a [Entry],
    /// The number of the last fact that was handed on before.
    from: i32,
    now: Timestamp,
}

impl Round<'_> {
    async fn hand_on(
        &self,
        tx: &mut Tx,
        destination: &Destination,
        is_known: bool,
    ) -> Result<(), StoreError> {
        let name = &destination.name;
        let settings = match destination.settings.family() {
            Family::Mirror => {
                return sync_ticket::order(tx, self.ticket, name, false, self.now).await;
            }
            Family::Teller(_) => return tell_ticket::order(tx, self.ticket, name, self.now).await,
            Family::Listener(settings) => settings,
        };
        let listener = (&**name, settings);
        let mut from = self.from;
        if !is_known {
            // The first that it hears is how the ticket stands; what happened on the way there it is not told.
            let of_first = self.timeline.first().filter(|entry| entry.seq > from);
            let seq = of_first
                .or(self.timeline.last())
                .map_or(0, |entry| entry.seq);
            from = if of_first.is_some() { seq } else { i32::MAX };
            let place = (&*self.ticket.site, self.ticket.id, &**name);
            store::destination_links::introduce(tx, place, self.now).await?;
            self.tell(tx, listener, event::Kind::Created, seq).await?;
        }
        for entry in self.timeline.iter().filter(|entry| entry.seq > from) {
            for kind in event::kinds_of(self.timeline, entry.seq) {
                self.tell(tx, listener, kind, entry.seq).await?;
            }
        }
        Ok(())
    }

    async fn tell(
        &self,
        tx: &mut Tx,
        (name, settings): (&str, &webhook::Settings),
        kind: event::Kind,
        seq: i32,
    ) -> Result<(), StoreError> {
        if !settings.hears(kind) {
            return Ok(());
        }
        let payload = deliver_event::payload(self.ticket.id, name, kind, seq);
        let (id, site) = (ids::new_id(), &self.ticket.site);
        store::jobs::insert(
            tx,
            site,
            id,
            deliver_event::KIND,
            &payload,
            self.now,
            self.now,
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::Fact;

    #[test]
    fn what_happened_before_there_were_destinations_is_not_told() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let entry = |seq, second| Entry {
            seq,
            at: at(second),
            fact: Fact::Confirmed,
        };
        let timeline = [entry(1, 10), entry(2, 20), entry(3, 30), entry(4, 30)];
        let before = |second| before(&timeline, &payload(Uuid::nil(), at(second)));
        assert_eq!(
            (before(10), before(20), before(30), before(31)),
            (0, 1, 2, 4)
        );
    }
}
