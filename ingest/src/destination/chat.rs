//! What a chat is told of a ticket, and when: a head that says how it stands, and what happens later. Pure, and alike for all chats.

use super::{
    event::{self, Kind},
    teller::{News, Told},
};

/// What a chat hears of when its settings name nothing: what somebody may have to do something about.
const BY_ITSELF: [Kind; 6] = [
    Kind::Created,
    Kind::AnsweredByRequester,
    Kind::Solved,
    Kind::Closed,
    Kind::PromiseNear,
    Kind::PromiseMissed,
];

/// What is wrong with a list of events.
#[must_use]
pub fn faults_of_events(section: &str, events: &[String]) -> Vec<String> {
    let unknown = events
        .iter()
        .filter(|event| Kind::from_name(event).is_none());
    let known = Kind::ALL.map(Kind::as_str).join(", ");
    unknown
        .map(|event| format!("{section}.events: \"{event}\" is none of {known}"))
        .collect()
}

/// Does it hear of such events? With a thread of its own for each ticket it is in nobody's way, and hears of everything when its settings name nothing.
#[must_use]
pub fn hears(events: &[String], kind: Kind, has_threads: bool) -> bool {
    if events.is_empty() {
        has_threads || BY_ITSELF.contains(&kind)
    } else {
        events.iter().any(|event| event == kind.as_str())
    }
}

/// What happened next that it hears of: the number of the fact, and what it means.
#[must_use]
pub fn happened_next(
    news: &News<'_>,
    told: &Told,
    hears: impl Fn(Kind) -> bool,
) -> Option<(i32, Kind)> {
    let later = news.timeline.iter().filter(|entry| entry.seq > told.seq);
    let mut heard = later.filter_map(|entry| {
        let kinds = event::kinds_of(news.timeline, entry.seq);
        // Where a message changed the state, too, the head says so.
        kinds
            .into_iter()
            .find(|kind| hears(*kind))
            .map(|kind| (entry.seq, kind))
    });
    heard.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_hears_what_it_names_and_else_what_matters() {
        let some = vec!["ticket.closed".to_owned()];
        assert!(hears(&some, Kind::Closed, true) && !hears(&some, Kind::Solved, true));
        assert!(hears(&[], Kind::Assigned, true) && !hears(&[], Kind::Assigned, false));
        assert!(hears(&[], Kind::PromiseMissed, false));
        let wrong = vec!["ticket.exploded".to_owned()];
        assert!(faults_of_events("slack", &wrong)[0].contains("slack.events"));
    }
}
