//! Lanes of the outbox: what waits for one thing must not wait for another. A mail server that is away stops the mails and nothing else, a hundred
//! pictures do not hold up a single mail, and a destination that does not answer delays no other.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use super::{
    acknowledge, ask_for_access, check_clock, confirm, deliver_event, give_notice, invite_staff,
    notify_digest, notify_staff, route_ticket, send_link, send_page_code, send_reply, sync_ticket,
    tell_assignee, tell_closing, tell_mentioned, tell_split, tell_ticket,
};

/// A queue of its own, with workers of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Mails; held up while the mail server is away.
    Mail,
    /// Work on files, and whatever else nobody waits for at a screen.
    Files,
    /// Timers of tickets: a deadline must not wait for a mail server, nor for a picture.
    Clock,
    /// What happened to tickets, on its way to the destinations: nothing is called there.
    Route,
    /// What goes to one destination: the name of the lane, which begins with [`TO`].
    To(Arc<str>),
}

/// What the name of a destination's lane begins with. In the alphabet, every lane but that of the clock comes after it: what is counted and listed
/// is so told from timers.
const TO: &str = "to:";

impl Lane {
    /// The lane of a destination.
    #[must_use]
    pub fn to(destination: &str) -> Self {
        Self::To(format!("{TO}{destination}").into())
    }

    /// The lane of a job. A kind that nobody knows, and one that should name a destination and names none, ends as a dead letter, for which nobody
    /// outside is needed.
    #[must_use]
    pub fn of(kind: &str, payload: &Value) -> Self {
        match kind {
            acknowledge::KIND
            | confirm::KIND
            | notify_staff::KIND
            | notify_digest::KIND
            | tell_assignee::KIND
            | tell_mentioned::KIND
            | tell_split::KIND
            | tell_closing::KIND
            | give_notice::KIND
            | invite_staff::KIND
            | ask_for_access::KIND
            | send_link::KIND
            | send_page_code::KIND
            | send_reply::KIND => Self::Mail,
            // Nothing else: a ticket has one job in this lane, its timer, and the database sees to that.
            check_clock::KIND => Self::Clock,
            route_ticket::KIND => Self::Route,
            deliver_event::KIND | sync_ticket::KIND | tell_ticket::KIND => {
                destination_of(payload).map_or(Self::Files, Self::to)
            }
            _ => Self::Files,
        }
    }

    /// The name in the database.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Mail => "mail",
            Self::Files => "files",
            Self::Clock => "clock",
            Self::Route => "route",
            Self::To(name) => name,
        }
    }

    /// The destination whose lane it is.
    #[must_use]
    pub fn destination(&self) -> Option<&str> {
        match self {
            Self::To(name) => name.strip_prefix(TO),
            _ => None,
        }
    }
}

/// The destination that a payload names.
#[must_use]
pub fn destination_of(payload: &Value) -> Option<&str> {
    payload.get("destination")?.as_str()
}

/// Tells the runners of this process that there are new jobs.
#[derive(Clone, Debug)]
pub struct NewJobs(watch::Sender<()>);

impl Default for NewJobs {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl NewJobs {
    /// Jobs were committed. A runner that is busy looks again afterwards.
    pub fn announce(&self) {
        self.0.send_replace(());
    }

    /// What a runner waits for. What was announced since it looked last ends the wait at once.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_goes_to_a_destination_has_a_lane_of_its_own() {
        let payload = json!({ "destination": "jira" });
        for kind in [deliver_event::KIND, sync_ticket::KIND, tell_ticket::KIND] {
            let lane = Lane::of(kind, &payload);
            assert_eq!(lane.as_str(), "to:jira");
            assert_eq!(lane.destination(), Some("jira"));
            assert_eq!(Lane::of(kind, &json!({})), Lane::Files);
        }
        assert_eq!(Lane::of("nobody_knows", &payload), Lane::Files);
    }

    #[test]
    fn timers_alone_are_not_after_the_clock_in_the_alphabet() {
        for lane in [Lane::Mail, Lane::Files, Lane::Route, Lane::to("a")] {
            assert!(lane.as_str() > Lane::Clock.as_str(), "{lane:?}");
        }
    }
}
