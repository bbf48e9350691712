//! What leads are told of at the top of the queue: a destination that stopped, does not answer, or gave something up. What fails once and goes again is none.

use jiff::{SignedDuration, Timestamp};
use minijinja::{Value, context};

use super::{Seen, is_seen, shown::Standing};
use crate::{
    app::App,
    outbox::lane::Lane,
    show::Moment,
    staff::Role,
    store::{self, StoreError, Tx, staff::Staff},
};

/// What waits for less than this goes by itself, most likely.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// What is wrong with a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// Nothing comes of it until somebody does something.
    Stopped,
    /// What goes there waits, since then.
    Away(Timestamp),
    /// So much of it was given up.
    Dead,
}

impl Trouble {
    fn of(
        standing: Standing,
        dead: i64,
        waits_since: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Self> {
        let is_long = |since: &Timestamp| now.duration_since(*since) >= PATIENCE;
        match (standing, waits_since.filter(is_long)) {
            (Standing::Stopped, _) => Some(Self::Stopped),
            (Standing::Away, Some(since)) => Some(Self::Away(since)),
            // Nobody waits for what is not in use any more.
            (Standing::Removed, _) => None,
            _ => (dead > 0).then_some(Self::Dead),
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Away(_) => "away",
            Self::Dead => "dead",
        }
    }
}

/// The troubles that somebody is to know of; none for whoever cannot do anything about them.
///
/// # Errors
/// When the database fails.
pub async fn shown(
    tx: &mut Tx,
    app: &App,
    staff: &Staff,
    now: Timestamp,
) -> Result<Vec<Value>, StoreError> {
    let mut troubles = Vec::new();
    if staff.role < Role::Lead || app.config.destinations.is_empty() {
        return Ok(troubles);
    }
    let sites = app.sites.all().await?;
    for config in &app.config.destinations {
        let keys = sites.keys().map(String::as_str);
        if !is_seen(app, config, &staff.visible, keys) {
            continue;
        }
        let seen = Seen::read(tx, &config.name, &staff.visible).await?;
        let waits_since = if seen.standing == Standing::Away && seen.waiting > 0 {
            let lane = Lane::to(&config.name);
            store::jobs::standing(tx, &lane).await?.1
        } else {
            None
        };
        if let Some(trouble) = Trouble::of(seen.standing, seen.dead, waits_since, now) {
            troubles.push(said(&config.name, trouble, &seen, now));
        }
    }
    Ok(troubles)
}

fn said(name: &str, trouble: Trouble, seen: &Seen, now: Timestamp) -> Value {
    let (at, why) = seen.why();
    let since = match trouble {
        Trouble::Away(since) => Some(since),
        Trouble::Stopped => at,
        Trouble::Dead => None,
    };
    let why = match trouble {
        Trouble::Dead => String::new(),
        _ => why.trim_end_matches('.').to_owned(),
    };
    context! {
        name,
        what => trouble.as_str(),
        since => since.map(|since| Moment::new(since, now)),
        why,
        waiting => seen.waiting,
        dead => seen.dead,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_again_by_itself_troubles_nobody() {
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        let ago = |minutes| Some(now - SignedDuration::from_mins(minutes));
        for (standing, dead, waits_since, expected) in [
            (Standing::Works, 0, None, None),
            (Standing::Works, 2, None, Some("dead")),
            (Standing::Unused, 0, None, None),
            (Standing::Away, 0, ago(9), None),
            (Standing::Away, 0, ago(10), Some("away")),
            (Standing::Away, 1, ago(9), Some("dead")),
            (Standing::Stopped, 3, None, Some("stopped")),
            (Standing::Paused, 0, None, None),
            (Standing::Paused, 1, None, Some("dead")),
            (Standing::Removed, 9, None, None),
        ] {
            let trouble = Trouble::of(standing, dead, waits_since, now);
            assert_eq!(trouble.map(Trouble::as_str), expected, "{standing:?}");
        }
    }
}
