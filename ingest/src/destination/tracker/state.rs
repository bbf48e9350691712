//! What is open or closed in a tracker, and what that means here. Pure.

use std::collections::BTreeMap;

use crate::{destination::Category, ticket::Status};

/// How an issue stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Open, and nobody has it.
    Open,
    /// Open, and somebody has it, or it was opened again.
    Taken,
    /// Open, and it has the label that says that somebody is waited for.
    Waiting,
    /// Closed, since it is done.
    Completed,
    /// Closed, and nobody will do it.
    NotPlanned,
    /// Closed, since another says the same.
    Duplicate,
}

/// What stands in `statuses` for "this changes nothing here".
const NOTHING: &str = "nothing";

impl Stands {
    const ALL: [Self; 6] = [
        Self::Open,
        Self::Taken,
        Self::Waiting,
        Self::Completed,
        Self::NotPlanned,
        Self::Duplicate,
    ];

    /// Its key in `statuses`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::NotPlanned => "not_planned",
            Self::Duplicate => "duplicate",
        }
    }

    /// What staff read at the desk.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Taken => "Open, taken",
            Self::Waiting => "Open, waiting",
            Self::Completed => "Closed as completed",
            Self::NotPlanned => "Closed as not planned",
            Self::Duplicate => "Closed as a duplicate",
        }
    }

    /// Is it closed?
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Completed | Self::NotPlanned | Self::Duplicate)
    }

    /// Of which kind it is.
    #[must_use]
    pub const fn category(self) -> Category {
        match self {
            Self::Open => Category::New,
            Self::Taken | Self::Waiting => Category::Underway,
            Self::Completed | Self::NotPlanned | Self::Duplicate => Category::Done,
        }
    }

    /// What it means here, by `statuses` of the settings. That another issue says the same solves nothing.
    #[must_use]
    pub fn here(self, statuses: &BTreeMap<String, String>) -> Option<Status> {
        if let Some(name) = statuses.get(self.key()) {
            return Status::from_name(name);
        }
        match self {
            Self::Open => Some(Status::New),
            Self::Taken => Some(Status::Open),
            Self::Waiting => Some(Status::Waiting),
            Self::Completed => Some(Status::Solved),
            Self::NotPlanned => Some(Status::Closed),
            Self::Duplicate => None,
        }
    }
}

/// What is wrong with `statuses` of a section.
pub fn faults(section: &str, statuses: &BTreeMap<String, String>) -> Vec<String> {
    let mut faults = Vec::new();
    for (key, name) in statuses {
        if !Stands::ALL.iter().any(|stands| stands.key() == key) {
            let known: Vec<&str> = Stands::ALL.iter().map(|stands| stands.key()).collect();
            let known = known.join(", ");
            faults.push(format!("{section}.statuses: \"{key}\" is none of {known}"));
        }
        if name != NOTHING && Status::from_name(name).is_none() {
            faults.push(format!(
                "{section}.statuses.{key}: \"{name}\" is not new, open, waiting, solved, closed or {NOTHING}"
            ));
        }
    }
    faults
}

/// What is to be done so that an issue stands as it is wanted here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// It stands so.
    Stay,
    /// It is opened again.
    Reopen,
    /// It is closed: done.
    Complete,
    /// It is closed: nobody will do it.
    Drop,
}

/// What is to be done. What is closed there for whatever reason is closed.
#[must_use]
pub const fn towards(stands: Stands, wanted: Status) -> Move {
    match (wanted, stands.is_closed()) {
        (Status::New | Status::Open | Status::Waiting, true) => Move::Reopen,
        (Status::Solved, false) => Move::Complete,
        (Status::Closed, false) => Move::Drop,
        _ => Move::Stay,
    }
}

/// The labels that an issue is to have; nothing where it has them. Labels of others stay.
///
/// `priority` is the label of the priority that it gets now, and `priorities` are all labels of priorities. `waiting` is the label of waiting, and whether it is to be there.
#[must_use]
pub fn labels(
    now: &[String],
    priority: Option<(&str, &[&str])>,
    waiting: Option<(&str, bool)>,
) -> Option<Vec<String>> {
    let is = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let mut wanted = now.to_vec();
    if let Some((label, all)) = priority {
        wanted.retain(|one| is(one, label) || !all.iter().any(|other| is(one, other)));
        if !wanted.iter().any(|one| is(one, label)) {
            wanted.push(label.to_owned());
        }
    }
    if let Some((label, is_there)) = waiting {
        match (is_there, wanted.iter().any(|one| is(one, label))) {
            (true, false) => wanted.push(label.to_owned()),
            (false, true) => wanted.retain(|one| !is(one, label)),
            _ => {}
        }
    }
    (wanted != now).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_there_means_what_the_settings_say() {
        let none = BTreeMap::new();
        let here: Vec<_> = Stands::ALL.map(|stands| stands.here(&none)).into();
        assert_eq!(
            here,
            [
                Some(Status::New),
                Some(Status::Open),
                Some(Status::Waiting),
                Some(Status::Solved),
                Some(Status::Closed),
                None
            ]
        );
        let own = BTreeMap::from([
            ("duplicate".to_owned(), "solved".to_owned()),
            ("completed".to_owned(), "nothing".to_owned()),
        ]);
        assert_eq!(Stands::Duplicate.here(&own), Some(Status::Solved));
        assert_eq!(Stands::Completed.here(&own), None);
        assert_eq!(faults("github", &own), Vec::<String>::new());
        let wrong = BTreeMap::from([("done".to_owned(), "finished".to_owned())]);
        assert_eq!(faults("github", &wrong).len(), 2);
    }

    #[test]
    fn an_issue_is_moved_only_where_it_stands_otherwise() {
        use Move::{Complete, Drop, Reopen, Stay};
        for (stands, open, waiting, solved, closed) in [
            (Stands::Open, Stay, Stay, Complete, Drop),
            (Stands::Taken, Stay, Stay, Complete, Drop),
            (Stands::Waiting, Stay, Stay, Complete, Drop),
            (Stands::Completed, Reopen, Reopen, Stay, Stay),
            (Stands::NotPlanned, Reopen, Reopen, Stay, Stay),
            (Stands::Duplicate, Reopen, Reopen, Stay, Stay),
        ] {
            let moves = [
                Status::Open,
                Status::Waiting,
                Status::Solved,
                Status::Closed,
            ]
            .map(|wanted| towards(stands, wanted));
            assert_eq!(moves, [open, waiting, solved, closed], "{stands:?}");
        }
    }

    #[test]
    fn labels_of_others_stay() {
        let now = ["Bug".to_owned(), "P2".to_owned()];
        let all = ["P1", "P2"];
        let wanted = |priority, waiting| labels(&now, priority, waiting);
        assert_eq!(wanted(None, None), None);
        assert_eq!(wanted(Some(("p2", &all[..])), None), None);
        assert_eq!(
            wanted(Some(("P1", &all[..])), Some(("waiting", true))).unwrap(),
            ["Bug", "P1", "waiting"]
        );
        assert_eq!(wanted(None, Some(("waiting", false))), None);
        assert_eq!(wanted(None, Some(("bug", false))).unwrap(), ["P2"]);
    }
}
