//! When somebody is paged for a ticket, and when no longer. Pure.
//!
//! There are up to two pages for a ticket: that it is there, and that its promise was broken. What is wanted is worked out from the timeline anew each
//! time and held against what was said last, so that a pager that was away hears how it stands, and not what happened meanwhile.

use super::teller::{News, Telling, Told};
use crate::{
    agenda::first_response,
    handling, message,
    ticket::{Entry, Fact, Status},
};

/// Which page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The ticket is there.
    Ticket,
    /// Its first answer is late.
    Late,
}

impl Page {
    /// Its name in what was told.
    const fn name(self) -> &'static str {
        match self {
            Self::Ticket => "page",
            Self::Late => "late",
        }
    }

    /// By what it is known over there, for as long as there is the ticket: whatever is said twice is said of the same page.
    #[must_use]
    pub fn key(self, news: &News<'_>, joined_by: char) -> String {
        let reference = news.ticket.reference;
        match self {
            Self::Ticket => format!("cornerdesk{joined_by}{reference}"),
            Self::Late => format!("cornerdesk{joined_by}{reference}{joined_by}late"),
        }
    }
}

/// What is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Somebody is paged.
    Trigger,
    /// Somebody works on it.
    Acknowledge,
    /// It is over.
    Resolve,
}

impl Deed {
    /// Its name, here and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Acknowledge => "acknowledge",
            Self::Resolve => "resolve",
        }
    }
}

/// Something to be done about a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub page: Page,
    /// What.
    pub deed: Deed,
    /// What was told, once it is done.
    pub then: Told,
}

impl Step {
    /// As something that is said.
    #[must_use]
    pub fn saying(self, method: String, body: serde_json::Value) -> Telling {
        Telling {
            what: match (self.page, self.deed) {
                (Page::Ticket, Deed::Trigger) => "page",
                (Page::Ticket, Deed::Acknowledge) => "acknowledge",
                (Page::Ticket, Deed::Resolve) => "resolve",
                (Page::Late, Deed::Trigger) => "page_late",
                (Page::Late, Deed::Acknowledge) => "acknowledge_late",
                (Page::Late, Deed::Resolve) => "resolve_late",
            },
            method,
            body,
            then: self.then,
            is_needed: true,
        }
    }
}

/// The next step; nothing when all is as it is to be. A page that is open is opened again when its `severity` is another; one that is late is paged for
/// `with_late`.
#[must_use]
pub fn next(news: &News<'_>, told: Option<&Told>, severity: &str, with_late: bool) -> Option<Step> {
    let episode = episode(news.timeline);
    let status = handling::status_at(news.timeline);
    let is_over = matches!(status, Status::Solved | Status::Closed) || !news.is_wanted;
    let known = |page: Page| {
        let state = told.and_then(|told| told.state.get(page.name()));
        let (deed, severity) = state?.split_once(' ')?;
        Some((deed.to_owned(), severity.to_owned()))
    };
    let step = |page: Page, deed: Deed, severity: &str, left: Deed| Step {
        page,
        deed,
        then: Told {
            seq: news.last(),
            ..told.cloned().unwrap_or_default()
        }
        .leaving(page.name(), format!("{} {severity}", left.as_str())),
    };
    let of_ticket = match (known(Page::Ticket), is_over) {
        (None, true) => None,
        (Some((deed, _)), true) if deed == "resolve" => None,
        (Some((_, was)), true) => Some(step(Page::Ticket, Deed::Resolve, &was, Deed::Resolve)),
        (None, false) => Some(step(Page::Ticket, Deed::Trigger, severity, Deed::Trigger)),
        (Some((deed, was)), false) => match deed.as_str() {
            "resolve" => Some(step(Page::Ticket, Deed::Trigger, severity, Deed::Trigger)),
            // It stays acknowledged over there.
            "acknowledge" if was != severity => Some(step(
                Page::Ticket,
                Deed::Trigger,
                severity,
                Deed::Acknowledge,
            )),
            "trigger" if was != severity => {
                Some(step(Page::Ticket, Deed::Trigger, severity, Deed::Trigger))
            }
            "trigger" if episode.iter().any(|entry| is_taking(&entry.fact)) => Some(step(
                Page::Ticket,
                Deed::Acknowledge,
                severity,
                Deed::Acknowledge,
            )),
            _ => None,
        },
    };
    of_ticket.or_else(|| {
        let is_late = with_late && !is_over && is_late(episode);
        match (known(Page::Late), is_late) {
            (Some((deed, _)), false) if deed != "resolve" => {
                Some(step(Page::Late, Deed::Resolve, severity, Deed::Resolve))
            }
            (Some((deed, _)), true) if deed == "resolve" => {
                Some(step(Page::Late, Deed::Trigger, severity, Deed::Trigger))
            }
            (None, true) => Some(step(Page::Late, Deed::Trigger, severity, Deed::Trigger)),
            _ => None,
        }
    })
}

/// What happened since the ticket was opened last.
fn episode(timeline: &[Entry]) -> &[Entry] {
    let is_end = |entry: &Entry| {
        matches!(
            entry.fact,
            Fact::StatusChanged {
                to: Status::Solved | Status::Closed,
                ..
            }
        )
    };
    let last = timeline.iter().rposition(is_end);
    last.map_or(timeline, |position| &timeline[position + 1..])
}

/// Does this show that somebody works on it?
const fn is_taking(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Assigned { staff: Some(_), .. }
            | Fact::Answered { .. }
            | Fact::Updated { .. }
            | Fact::Wrote {
                what: message::Kind::Reply,
                ..
            }
    )
}

/// Was it said that the first answer is late, and nothing since that it is not?
fn is_late(episode: &[Entry]) -> bool {
    let last = episode.iter().rev().find_map(|entry| match &entry.fact {
        Fact::Answered { .. } => Some(false),
        Fact::Notified { keys, .. } => match first_response::Told::of(keys)? {
            first_response::Told::Missed => Some(true),
            first_response::Told::TakenBack => Some(false),
            first_response::Told::Near => None,
        },
        _ => None,
    });
    last.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::destination::rule::tests::ticket;

    fn changed(to: Status) -> Fact {
        Fact::StatusChanged {
            to,
            by: "Kim".into(),
            root_cause: None,
            reason: None,
        }
    }

    fn taken() -> Fact {
        Fact::Assigned {
            staff: Some(Uuid::nil()),
            name: None,
            by: "Kim".into(),
        }
    }

    fn late(threshold: &str) -> Fact {
        Fact::Notified {
            keys: vec![format!("first_response/receipt/{threshold}")],
            people: 1,
        }
    }

    /// What is done, in its order, when these happen one after another and the pager hears of each; or of all at once.
    fn story(facts: &[Fact], at_once: bool, is_wanted: bool) -> Vec<String> {
        let timeline: Vec<Entry> = facts
            .iter()
            .zip(1..)
            .map(|(fact, seq)| Entry {
                seq,
                at: Timestamp::UNIX_EPOCH,
                fact: fact.clone(),
            })
            .collect();
        let ticket = ticket(None, Some("P1"));
        let (mut told, mut done) = (None, Vec::new());
        let begin = if at_once { timeline.len() } else { 1 };
        for until in begin..=timeline.len() {
            let news = News {
                ticket: &ticket,
                timeline: &timeline[..until],
                messages: &[],
                site: "Acme",
                category: None,
                priority: None,
                due_at: None,
                desk_url: None,
                is_wanted: is_wanted || until < timeline.len(),
                remote: None,
            };
            while let Some(step) = next(&news, told.as_ref(), "critical", true) {
                let late = if step.page == Page::Late { " late" } else { "" };
                done.push(format!("{}{late}", step.deed.as_str()));
                told = Some(step.then);
                assert!(done.len() < 20, "it comes to an end: {done:?}");
            }
        }
        done
    }

    #[test]
    fn somebody_is_paged_until_somebody_has_it_and_it_is_over() {
        let received = Fact::Received {
            attachments: 0,
            terms: None,
        };
        let answered = Fact::Answered { by: "Kim".into() };
        let whole = [
            received.clone(),
            late("75"),
            late("breach"),
            taken(),
            answered,
            changed(Status::Solved),
            changed(Status::Open),
            taken(),
            changed(Status::Closed),
        ];
        assert_eq!(
            story(&whole, false, true),
            [
                "trigger",
                "trigger late",
                "acknowledge",
                "resolve late",
                "resolve",
                "trigger",
                "acknowledge",
                "resolve"
            ]
        );
        // It was away all the time.
        assert!(story(&whole, true, true).is_empty());
        assert_eq!(
            story(&whole[..4], true, true),
            ["trigger", "acknowledge", "trigger late"]
        );
        // It is not urgent any more.
        assert_eq!(story(&whole[..3], false, false), ["trigger", "resolve"]);
        assert!(story(&whole[..3], true, false).is_empty());
        let back = [received, late("breach"), late("taken_back")];
        assert_eq!(
            story(&back, false, true),
            ["trigger", "trigger late", "resolve late"]
        );
    }
}
