//! What a list of the desk shows: a filter as it stands in an address, and what it asks of the store. Pure.

use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use url::form_urlencoded;
use uuid::Uuid;

use crate::ticket::Status;

/// One of the two lists that can be filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Open tickets, what is due next first.
    Queue,
    /// All tickets, newest first.
    All,
}

impl List {
    /// Where it is.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Queue => "/desk",
            Self::All => "/desk/tickets",
        }
    }

    /// The list at an address.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        [Self::Queue, Self::All]
            .into_iter()
            .find(|list| list.path() == path)
    }

    /// What may be chosen as the status of its tickets: name and words.
    #[must_use]
    pub const fn statuses(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Queue => &[
                ("new", "New"),
                ("open", "Open"),
                ("waiting", "Waiting"),
                (SNOOZED, "Snoozed"),
            ],
            Self::All => &[
                ("new", "New"),
                ("open", "Open"),
                ("waiting", "Waiting"),
                ("solved", "Solved"),
                ("closed", "Closed"),
            ],
        }
    }
}

/// No status of its own: what is out of the queue for a while.
const SNOOZED: &str = "snoozed";
/// Who looks.
const ME: &str = "me";
/// Nobody has it.
const NOBODY: &str = "nobody";
/// When something is due: name and words.
pub const DUE: [(&str, &str); 3] = [
    ("late", "Late"),
    ("today", "By the end of today (UTC)"),
    ("none", "Nothing is due"),
];
/// Longest value of a field that is kept. Keys and tags are shorter.
const VALUE_MOST_CHARS: usize = 100;

/// A filter as it stands in an address. An empty field asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Key of a site.
    pub site: String,
    /// Name of a status, or `snoozed`.
    pub status: String,
    /// Key of a category.
    pub category: String,
    /// Key of a priority.
    pub priority: String,
    /// `me`, `nobody`, or the id of somebody of staff.
    pub assignee: String,
    /// One of [`DUE`].
    pub due: String,
    /// Key of a plan.
    pub plan: String,
    /// A tag.
    pub tag: String,
}

impl Filter {
    /// The fields by name, in the order in which they are shown.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, &str); 8] {
        [
            ("site", &self.site),
            ("status", &self.status),
            ("assignee", &self.assignee),
            ("due", &self.due),
            ("priority", &self.priority),
            ("category", &self.category),
            ("plan", &self.plan),
            ("tag", &self.tag),
        ]
    }

    fn field(&mut self, name: &str) -> Option<&mut String> {
        match name {
            "site" => Some(&mut self.site),
            "status" => Some(&mut self.status),
            "assignee" => Some(&mut self.assignee),
            "due" => Some(&mut self.due),
            "priority" => Some(&mut self.priority),
            "category" => Some(&mut self.category),
            "plan" => Some(&mut self.plan),
            "tag" => Some(&mut self.tag),
            _ => None,
        }
    }

    /// The filter of a query, in any order and with anything else in it.
    #[must_use]
    pub fn parse(query: &str, list: List) -> Self {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Some(field) = filter.field(&name) {
                *field = value.into_owned();
            }
        }
        filter.cleaned(list)
    }

    /// The same without what no ticket of this list can have: a link that was cut still leads to work.
    #[must_use]
    pub fn cleaned(mut self, list: List) -> Self {
        for name in self.fields().map(|(name, _)| name) {
            if let Some(field) = self.field(name) {
                let kept = field.trim().replace('\0', "");
                *field = kept.chars().take(VALUE_MOST_CHARS).collect();
            }
        }
        self.tag = self.tag.to_lowercase();
        let is_known = |known: &[(&str, &str)], value: &str| known.iter().any(|it| it.0 == value);
        if !is_known(list.statuses(), &self.status) {
            self.status.clear();
        }
        if !is_known(&DUE, &self.due) {
            self.due.clear();
        }
        if ![ME, NOBODY].contains(&self.assignee.as_str()) && person(&self.assignee).is_none() {
            self.assignee.clear();
        }
        self
    }

    /// Does it ask for nothing?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// As it stands in an address, one way for every filter.
    #[must_use]
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.fields() {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    /// The same, asking for nothing in one field.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let mut other = self.clone();
        if let Some(field) = other.field(name) {
            field.clear();
        }
        other
    }

    /// What it asks of the store when `me` looks `now`.
    #[must_use]
    pub fn wanted(&self, me: Uuid, now: Timestamp) -> Wanted<'_> {
        fn chosen(text: &str) -> Option<&str> {
            Some(text).filter(|text| !text.is_empty())
        }
        Wanted {
            site: chosen(&self.site),
            status: Status::from_name(&self.status),
            category: chosen(&self.category),
            priority: chosen(&self.priority),
            plan: chosen(&self.plan),
            assignee: match self.assignee.as_str() {
                ME => Some(me),
                other => person(other),
            },
            is_nobodys: self.assignee == NOBODY,
            tag: chosen(&self.tag),
            due_before: match self.due.as_str() {
                "late" => Some(now),
                "today" => Some(end_of_day(now)),
                _ => None,
            },
            is_never_due: self.due == "none",
            is_snoozed: self.status == SNOOZED,
            now,
        }
    }
}

fn person(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

fn end_of_day(now: Timestamp) -> Timestamp {
    let end = now.to_zoned(TimeZone::UTC).end_of_day();
    end.map_or(now, |end| end.timestamp())
}

/// What a filter asks of the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Key of the site.
    pub site: Option<&'a str>,
    /// The status.
    pub status: Option<Status>,
    /// Key of the category.
    pub category: Option<&'a str>,
    /// Key of the priority.
    pub priority: Option<&'a str>,
    /// Key of the plan.
    pub plan: Option<&'a str>,
    /// Who has it.
    pub assignee: Option<Uuid>,
    /// Nobody has it.
    pub is_nobodys: bool,
    /// One of its tags.
    pub tag: Option<&'a str>,
    /// A person is to answer by then.
    pub due_before: Option<Timestamp>,
    /// There is nothing by when.
    pub is_never_due: bool,
    /// Out of the queue for a while, instead of in it.
    pub is_snoozed: bool,
    /// When it is asked.
    pub now: Timestamp,
}

impl Wanted<'_> {
    /// Every ticket, as it stands `now`.
    #[must_use]
    pub fn everything(now: Timestamp) -> Self {
        Self {
            now,
            ..Self::default()
        }
    }

    /// Does it leave no ticket out?
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Self::everything(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }

    #[test]
    fn a_filter_survives_an_address() {
        let query = "site=acme&status=open&assignee=me&due=late&priority=P1&category=a+b%26c&plan=Pro&tag=vip";
        let filter = Filter::parse(query, List::Queue);
        assert_eq!(filter.query(), query);
        assert_eq!(filter.without("tag").query(), query.replace("&tag=vip", ""));
        assert_eq!(Filter::default().query(), "");
        assert!(Filter::parse("page=3&below=x&q=1", List::All).is_empty());
    }

    #[test]
    fn what_no_ticket_can_have_is_left_out() {
        let of = |query, list| Filter::parse(query, list).query();
        assert_eq!(of("status=closed", List::Queue), "");
        assert_eq!(of("status=closed", List::All), "status=closed");
        assert_eq!(of("status=snoozed", List::All), "");
        assert_eq!(of("due=soon&assignee=Kim&tag=+VIP+", List::All), "tag=vip");
        let long = format!("category={}", "x".repeat(500));
        assert_eq!(
            of(&long, List::All).len(),
            "category=".len() + VALUE_MOST_CHARS
        );
    }

    #[test]
    fn me_is_whoever_looks_and_today_ends_at_midnight() {
        let me = Uuid::from_u128(7);
        let mine = Filter::parse("assignee=me&due=today", List::Queue);
        let wanted = mine.wanted(me, now());
        assert_eq!(wanted.assignee, Some(me));
        let end = wanted.due_before.unwrap();
        assert_eq!((end.as_second() + 1) % 86_400, 0);
        assert!(end > now());
        let nobodys = Filter::parse("assignee=nobody&due=none", List::Queue);
        let wanted = nobodys.wanted(me, now());
        assert!(wanted.is_nobodys && wanted.is_never_due && wanted.assignee.is_none());
        assert!(Filter::default().wanted(me, now()).is_everything());
    }
}
