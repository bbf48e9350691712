//! Where a ticket went on, and what of it did not arrive. Pure.

use minijinja::{Value, context};

use crate::{
    outbox::lane::destination_of,
    staff::Role,
    store::{destination_links::Link, destinations::State, jobs::Job, staff::Staff},
};

/// How it stands with a ticket at a destination.
#[derive(Debug, PartialEq, Eq)]
enum Arrival<'a> {
    /// All of it is there.
    Arrived,
    /// Something of it is on its way.
    OnItsWay,
    /// … was tried, and is tried again.
    Again(&'a str),
    /// Somebody paused the destination.
    Paused,
    /// The destination stopped itself.
    Stopped(&'a str),
    /// Something of it is not tried again by itself.
    GivenUp(&'a str),
}

impl<'a> Arrival<'a> {
    /// What somebody has to do something about comes first.
    fn of(jobs: &[&'a Job], state: Option<&'a State>) -> Self {
        let reason = |job: &&'a Job| job.last_error.as_deref().unwrap_or_default();
        if let Some(dead) = jobs.iter().find(|job| job.state == "dead") {
            return Self::GivenUp(reason(dead));
        }
        let waiting = || jobs.iter().filter(|job| job.state == "ready");
        let Some(first) = waiting().next() else {
            return Self::Arrived;
        };
        if let Some((_, why)) = state.and_then(|state| state.disabled.as_ref()) {
            return Self::Stopped(why);
        }
        if state.is_some_and(|state| state.paused.is_some()) {
            return Self::Paused;
        }
        let failed = waiting().find(|job| job.last_error.is_some());
        match failed {
            Some(failed) => Self::Again(reason(failed)),
            None if first.attempts > 1 => Self::Again(""),
            None => Self::OnItsWay,
        }
    }

    /// The colour, and the words beside it.
    const fn words(&self) -> (&'static str, &'static str, &'a str) {
        match self {
            Self::Arrived => ("sent", "Arrived", ""),
            Self::OnItsWay => ("waiting", "On its way", ""),
            Self::Again(why) => ("retrying", "Will be tried again", why),
            Self::Paused => (
                "withheld",
                "Waits",
                "The destination is paused. It goes when somebody lets it go on.",
            ),
            Self::Stopped(why) => ("failed", "Waits: the destination stopped", why),
            Self::GivenUp(why) => ("failed", "Given up", why),
        }
    }
}

/// A line for each destination that the ticket went to.
pub(super) fn shown(links: &[Link], jobs: &[Job], states: &[State], staff: &Staff) -> Vec<Value> {
    let line = |link: &Link| {
        let name = link.destination.as_str();
        let of = jobs.iter();
        let of: Vec<&Job> = of
            .filter(|job| destination_of(&job.payload) == Some(name))
            .collect();
        let state = states.iter().find(|state| state.name == name);
        let (badge, words, why) = Arrival::of(&of, state).words();
        let remote = link.remote.as_ref();
        context! {
            name,
            key => remote.map(|remote| &remote.key).filter(|key| !key.is_empty()),
            url => remote.and_then(|remote| remote.url.as_deref()).filter(|url| is_page(url)),
            status => &link.remote_status,
            badge,
            state => words,
            why,
            more => staff.role >= Role::Lead,
        }
    };
    links.iter().map(line).collect()
}

/// What they say of where their ticket is may be anything; a script is no page.
fn is_page(url: &str) -> bool {
    ["https://", "http://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn job(state: &str, last_error: Option<&str>) -> Job {
        let at = Timestamp::UNIX_EPOCH;
        Job {
            site: "acme".to_owned(),
            id: Uuid::nil(),
            kind: "deliver_event".to_owned(),
            payload: json!({ "destination": "a" }),
            state: state.to_owned(),
            attempts: 1,
            available_at: at,
            last_error: last_error.map(ToOwned::to_owned),
            created_at: at,
            finished_at: None,
        }
    }

    #[test]
    fn what_somebody_has_to_look_at_is_said_first() {
        let at = Timestamp::UNIX_EPOCH;
        let open = State {
            name: "a".to_owned(),
            kind: "webhook".to_owned(),
            declared_at: at,
            removed_at: None,
            paused: None,
            disabled: None,
            asked_until: None,
        };
        let paused = State {
            paused: Some((at, "Sam".to_owned())),
            ..open.clone()
        };
        let stopped = State {
            disabled: Some((at, "410".to_owned())),
            ..open.clone()
        };
        let (done, dead) = (job("done", None), job("dead", Some("no")));
        let (fresh, failed) = (job("ready", None), job("ready", Some("503")));
        for (jobs, state, wanted) in [
            (&[&done][..], &open, Arrival::Arrived),
            (&[], &open, Arrival::Arrived),
            (&[&done], &stopped, Arrival::Arrived),
            (&[&done, &fresh], &open, Arrival::OnItsWay),
            (&[&fresh, &failed], &open, Arrival::Again("503")),
            (&[&fresh], &paused, Arrival::Paused),
            (&[&fresh], &stopped, Arrival::Stopped("410")),
            (&[&fresh, &dead], &paused, Arrival::GivenUp("no")),
        ] {
            assert_eq!(Arrival::of(jobs, Some(state)), wanted);
        }
    }

    #[test]
    fn only_pages_are_linked() {
        for (url, wanted) in [
            ("https://acme.atlassian.net/browse/A-1", true),
            ("http://jira.lan/A-1", true),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("//elsewhere.example", false),
        ] {
            assert_eq!(is_page(url), wanted, "{url}");
        }
    }
}
