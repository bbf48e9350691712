//! What the pages about destinations say of them. Pure.

use jiff::Timestamp;
use minijinja::{Value, context};

use crate::{
    destination::{DestinationConfig, Rule},
    show::{self, Moment},
    sites,
    staff::VisibleSites,
    store::{
        deliveries::{Attempt, Ending},
        destinations::State,
        jobs::Job,
        piles::Pile,
    },
};

/// What a kind is called.
#[must_use]
pub fn title(kind: &str) -> &str {
    match kind {
        "webhook" => "Webhook",
        "jira" => "Jira Service Management",
        "jsm_operations" => "JSM Operations",
        "slack" => "Slack",
        "teams" => "Microsoft Teams",
        "pagerduty" => "PagerDuty",
        "zendesk" => "Zendesk",
        "zammad" => "Zammad",
        "github" => "GitHub",
        "gitlab" => "GitLab",
        other => other,
    }
}

/// What a secret is called.
#[must_use]
pub fn title_of_secret(field: &str) -> String {
    let mut words = field.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// What a job was to do there.
#[must_use]
pub fn what(job: &Job) -> String {
    match job.payload["event"].as_str() {
        Some(event) => event.to_owned(),
        None => "The ticket as a whole".to_owned(),
    }
}

/// How a destination stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// What is sent arrives.
    Works,
    /// Nothing was sent yet.
    Unused,
    /// The last that was sent did not arrive.
    Away,
    /// Somebody stopped it.
    Paused,
    /// It stopped itself.
    Stopped,
    /// No configuration names it any more.
    Removed,
}

impl Standing {
    /// By what is known of it, and the last attempt.
    #[must_use]
    pub fn of(state: Option<&State>, last: Option<&Attempt>) -> Self {
        let is_away = |last: &Attempt| match last.ending {
            Ending::Again | Ending::Unclear | Ending::Dead => true,
            // What they refuse of one ticket says nothing about the next; a test that they refuse does.
            Ending::Refused => last.ticket.is_none(),
            Ending::Done | Ending::Disabled => false,
        };
        match (state, last) {
            (Some(state), _) if state.removed_at.is_some() => Self::Removed,
            (Some(state), _) if state.disabled.is_some() => Self::Stopped,
            (Some(state), _) if state.paused.is_some() => Self::Paused,
            (_, None) => Self::Unused,
            (_, Some(last)) if is_away(last) => Self::Away,
            (_, Some(_)) => Self::Works,
        }
    }

    /// The name for templates and programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Unused => "unused",
            Self::Away => "away",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Removed => "removed",
        }
    }
}

/// Since when it stands so, and why: a reason, or who paused it.
#[must_use]
pub fn why(
    standing: Standing,
    state: Option<&State>,
    last: Option<&Attempt>,
) -> (Option<Timestamp>, String) {
    let split = |known: Option<&(Timestamp, String)>| {
        known.map_or((None, String::new()), |(at, words)| {
            (Some(*at), words.clone())
        })
    };
    match standing {
        Standing::Stopped => split(state.and_then(|state| state.disabled.as_ref())),
        Standing::Paused => split(state.and_then(|state| state.paused.as_ref())),
        Standing::Removed => (state.and_then(|state| state.removed_at), String::new()),
        Standing::Away => {
            let reason = last.and_then(|last| last.reason.clone());
            (last.map(|last| last.at), reason.unwrap_or_default())
        }
        Standing::Works | Standing::Unused => (None, String::new()),
    }
}

/// What waits and what was given up, of the sites that somebody sees; and when the first of it goes.
#[must_use]
pub fn sums(piles: &[Pile], visible: &VisibleSites) -> (i64, i64, Option<Timestamp>) {
    let seen = || piles.iter().filter(|pile| is_seen(visible, &pile.site));
    let sum = |is_dead: bool| {
        let of = seen().filter(|pile| pile.is_dead == is_dead);
        of.map(|pile| pile.count).sum()
    };
    let alive = seen().filter(|pile| !pile.is_dead);
    (
        sum(false),
        sum(true),
        alive.filter_map(|pile| pile.first_at).min(),
    )
}

/// What belongs to no site is everybody's.
#[must_use]
pub fn is_seen(visible: &VisibleSites, site: &str) -> bool {
    site.is_empty() || visible.contains(site)
}

/// What a site of this key is called. Where the configuration names one that is not there, nothing goes there, and nobody would see why.
#[must_use]
pub fn name_of(sites: &sites::Table, key: &str) -> String {
    let site = sites.get(key);
    site.map_or_else(
        || format!("{key} (there is no such site)"),
        |site| site.name.clone(),
    )
}

/// Which tickets it gets, a sentence without its dot for each rule. `name_of` knows the names of sites by their keys.
#[must_use]
pub fn gets(config: &DestinationConfig, name_of: impl Fn(&str) -> String) -> Vec<String> {
    let sites = |keys: &[String], word: &str| {
        if keys.is_empty() {
            return String::new();
        }
        let names: Vec<String> = keys.iter().map(|key| name_of(key)).collect();
        format!(" of {}", joined(&names, word))
    };
    if config.when.is_empty() {
        return vec![format!("Every ticket{}", sites(&config.sites, "and"))];
    }
    let rule = |rule: &Rule| {
        let own = if rule.sites.is_empty() {
            &config.sites
        } else {
            &rule.sites
        };
        let named = [
            ("category", &rule.categories),
            ("priority", &rule.priorities),
            ("plan", &rule.plans),
        ];
        let named = named.iter().filter(|(_, keys)| !keys.is_empty());
        let parts: Vec<String> = named
            .map(|(word, keys)| format!("{word} {}", joined(keys, "or")))
            .collect();
        let with = if parts.is_empty() { "" } else { " with " };
        format!(
            "Tickets{}{with}{}",
            sites(own, "and"),
            joined(&parts, "and")
        )
    };
    config.when.iter().map(rule).collect()
}

/// `a, b or c`.
fn joined(parts: &[String], word: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

/// What waits, in a sentence.
#[must_use]
pub fn waiting_words(count: i64, standing: Standing) -> String {
    let until = match standing {
        // What was said before it says that somebody has to let it go on.
        Standing::Away | Standing::Stopped => "",
        _ => " until somebody lets it go on",
    };
    match count {
        0 => "Nothing waits.".to_owned(),
        1 => format!("1 delivery waits{until}."),
        more => format!("{more} deliveries wait{until}."),
    }
}

/// An attempt as a row of the log.
#[must_use]
pub fn attempt(attempt: &Attempt, reference: Option<&str>, now: Timestamp) -> Value {
    context! {
        ending => attempt.ending.as_str(),
        reference,
        what => &attempt.what,
        reason => &attempt.reason,
        status => attempt.seen.status,
        request_id => &attempt.seen.request_id,
        took => took(attempt.took_ms),
        at => Moment::new(attempt.at, now),
    }
}

/// The last attempt, in a few words.
#[must_use]
pub fn last(attempt: &Attempt, now: Timestamp) -> Value {
    let title = match attempt.ending {
        Ending::Done => "Delivered",
        Ending::Again | Ending::Unclear => "Tried",
        Ending::Refused => "Refused",
        Ending::Dead => "Given up",
        Ending::Disabled => "Stopped",
    };
    context! { title, at => Moment::new(attempt.at, now) }
}

fn took(ms: i32) -> String {
    if ms < 1000 {
        format!("{ms} ms")
    } else {
        format!("{:.1} s", f64::from(ms) / 1000.0)
    }
}

/// What came of something that was sent to see whether it arrives; of a mirror, of the look whether its settings are right.
///
/// # Errors
/// A sentence, when it did not.
pub fn trial(attempt: &Attempt, is_mirror: bool) -> Result<String, String> {
    let (good, bad) = if is_mirror {
        (
            "It is reached, and the settings are right.",
            "It does not fit yet",
        )
    } else {
        ("The test arrived.", "The test did not arrive")
    };
    let answered = |status: u16| format!(" It answered {status} after {}.", took(attempt.took_ms));
    // Of a look that asks many things, the last answer says nothing.
    let status = attempt.seen.status.filter(|_| !is_mirror);
    let answered = status.map(answered).unwrap_or_default();
    if attempt.ending == Ending::Done {
        return Ok(format!("{good}{answered}"));
    }
    let reason = attempt.reason.as_deref().unwrap_or("nobody knows why");
    Err(format!("{bad}: {}.", reason.trim_end_matches('.')))
}

/// When the next attempt is.
#[must_use]
pub fn next(at: Option<Timestamp>, now: Timestamp) -> Option<String> {
    at.map(|at| {
        if at <= now {
            "in a moment".to_owned()
        } else {
            show::due(at, now)
        }
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::destination::Seen;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    fn state() -> State {
        State {
            name: "a".to_owned(),
            kind: "webhook".to_owned(),
            declared_at: at(0),
            removed_at: None,
            paused: None,
            disabled: None,
            asked_until: None,
        }
    }

    fn tried(ending: Ending) -> Attempt {
        Attempt {
            site: "acme".to_owned(),
            id: Uuid::nil(),
            destination: "a".to_owned(),
            job: None,
            ticket: None,
            what: "ticket.created".to_owned(),
            at: at(5),
            took_ms: 83,
            seen: Seen::default(),
            ending,
            reason: Some("it answers 503".to_owned()),
        }
    }

    #[test]
    fn what_somebody_has_to_do_something_about_is_said_before_what_mends_itself() {
        let paused = State {
            paused: Some((at(1), "Sam".to_owned())),
            ..state()
        };
        let stopped = State {
            disabled: Some((at(2), "410".to_owned())),
            ..paused.clone()
        };
        let removed = State {
            removed_at: Some(at(3)),
            ..stopped.clone()
        };
        let (done, again) = (tried(Ending::Done), tried(Ending::Again));
        let about_one = Attempt {
            ticket: Some(Uuid::nil()),
            ..tried(Ending::Refused)
        };
        for (state, last, wanted) in [
            (Some(&removed), Some(&done), Standing::Removed),
            (Some(&stopped), Some(&done), Standing::Stopped),
            (Some(&paused), Some(&again), Standing::Paused),
            (Some(&state()), Some(&again), Standing::Away),
            (
                Some(&state()),
                Some(&tried(Ending::Refused)),
                Standing::Away,
            ),
            (Some(&state()), Some(&about_one), Standing::Works),
            (Some(&state()), Some(&done), Standing::Works),
            (Some(&state()), None, Standing::Unused),
            (None, None, Standing::Unused),
        ] {
            assert_eq!(Standing::of(state, last), wanted);
        }
        assert_eq!(
            why(Standing::Paused, Some(&paused), None),
            (Some(at(1)), "Sam".to_owned())
        );
        assert_eq!(why(Standing::Away, None, Some(&again)).1, "it answers 503");
    }

    #[test]
    fn what_a_destination_gets_is_said_in_words() {
        let name = |key: &str| key.to_uppercase();
        for (text, wanted) in [
            ("", "Every ticket"),
            ("sites = ['a', 'b']", "Every ticket of A and B"),
            (
                "[[when]]\npriorities = ['P1', 'P2', 'P3']",
                "Tickets with priority P1, P2 or P3",
            ),
            (
                "sites = ['a']\n[[when]]\ncategories = ['bug']\nplans = ['gold', 'pro']\n[[when]]\nsites = ['b']",
                "Tickets of A with category bug and plan gold or pro|Tickets of B",
            ),
        ] {
            let config = toml::from_str(&format!("name = 'x'\nkind = 'webhook'\n{text}")).unwrap();
            assert_eq!(gets(&config, name).join("|"), wanted);
        }
    }

    #[test]
    fn whoever_sees_some_sites_counts_those_alone() {
        let pile = |site: &str, is_dead, count, first| Pile {
            site: site.to_owned(),
            is_dead,
            count,
            first_at: Some(at(first)),
        };
        let piles = [
            pile("acme", false, 2, 9),
            pile("other", false, 5, 3),
            pile("acme", true, 1, 1),
            pile("other", true, 7, 1),
            pile("", false, 1, 8),
        ];
        assert_eq!(sums(&piles, &VisibleSites::All), (8, 8, Some(at(3))));
        let some = VisibleSites::Of {
            staff: Uuid::nil(),
            sites: ["acme".to_owned()].into(),
        };
        assert_eq!(sums(&piles, &some), (3, 1, Some(at(8))));
    }
}
