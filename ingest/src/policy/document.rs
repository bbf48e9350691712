//! A policy as it is written: the merged document, read into types without looking at what its names mean.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    calendar::Received,
    fault::{Fault, KeyPath},
};

/// Tables by the names that their author gave them.
pub type Named<T> = BTreeMap<String, T>;

/// What the engine reads of a policy. The texts that no clock reads stay in the document.
#[derive(Debug, Deserialize)]
pub struct Document {
    pub default_calendar: Option<String>,
    pub policy: Head,
    #[serde(default)]
    pub zones: Named<Zone>,
    pub plans: Option<Named<Plan>>,
    #[serde(default)]
    pub calendars: Named<Calendar>,
    #[serde(default)]
    pub holidays: Named<HolidaySet>,
    pub received: Option<ReceivedColumn>,
    #[serde(default)]
    pub categories: Named<Category>,
    pub priorities: Option<Named<Priority>>,
    #[serde(default)]
    pub channels: Named<Channel>,
    pub targets: Option<Vec<Target>>,
    pub recalculation: Option<Recalculation>,
    pub pausing: Option<Pausing>,
    #[serde(default)]
    pub checkpoints: Vec<Checkpoint>,
    #[serde(default)]
    pub workflow: Vec<Step>,
    pub deprecation: Option<Deprecation>,
    #[serde(default)]
    pub form: Named<Form>,
    #[serde(default)]
    pub order: Named<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub struct Head {
    pub id: String,
    pub title: String,
    pub source: Option<String>,
    pub last_updated: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Zone {
    pub tz: String,
}

#[derive(Debug, Deserialize)]
pub struct Plan {
    pub title: String,
    #[serde(default)]
    pub aliases: Vec<String>,
    pub calendar: Option<String>,
    pub paid: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct Calendar {
    pub kind: CalendarKind,
    pub zone: Option<String>,
    pub holidays: Option<String>,
    pub windows: Option<Vec<Window>>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum CalendarKind {
    Always,
    Weekly,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Window {
    pub days: Vec<String>,
    pub open: End,
    pub close: End,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum End {
    Time(String),
    Full {
        time: String,
        zone: Option<String>,
        #[serde(default)]
        day: i64,
    },
}

#[derive(Debug, Deserialize)]
pub struct HolidaySet {
    pub dates: Option<Vec<String>>,
    #[serde(default)]
    pub names: Named<String>,
}

#[derive(Debug, Deserialize)]
pub struct ReceivedColumn {
    pub calendar: String,
}

#[derive(Debug, Deserialize)]
pub struct Category {
    pub title: String,
    pub definition: Option<String>,
    pub sla: Option<bool>,
    pub redirect: Option<String>,
    pub offered: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct Priority {
    pub title: String,
    pub rank: i64,
    pub assigned_by: Option<String>,
    pub definition: Option<String>,
    pub effort: Option<String>,
    #[serde(default)]
    pub examples: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct Channel {
    pub title: String,
    pub address: Option<String>,
    pub plans: Option<Vec<String>>,
    pub sla: Option<bool>,
    pub offered: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct Target {
    pub metric: String,
    pub category: Option<String>,
    pub plan: Option<String>,
    pub priority: Option<String>,
    pub received: Option<Received>,
    pub within: Duration,
    pub clock: Clock,
    pub calendar: Option<String>,
}

/// Which clock a target runs on (K-4).
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// It never stops for closing hours.
    Elapsed,
    /// It runs while a calendar is open.
    Business,
}

/// `within` and `every`: exactly one unit.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Duration {
    pub seconds: Option<i64>,
    pub minutes: Option<i64>,
    pub hours: Option<i64>,
    pub business_days: Option<i64>,
    pub civil_days: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub struct Recalculation {
    pub on_change: OnChange,
}

/// What a change of priority, plan or category does to the clock (E-5).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum OnChange {
    /// It counts from the receipt, as if the present facts had held from the start.
    #[default]
    FromReceived,
    /// It starts afresh.
    FromChange,
}

#[derive(Debug, Deserialize)]
pub struct Pausing {
    pub first_response: bool,
}

#[derive(Debug, Deserialize)]
pub struct Checkpoint {
    pub priority: Option<String>,
    pub at: String,
    pub must: String,
    pub until: Option<String>,
    pub every: Option<Duration>,
    #[serde(default)]
    pub even_without_news: bool,
    pub expectation: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Step {
    pub step: i64,
    pub title: String,
    pub action: Option<String>,
    pub after: Option<After>,
    #[serde(default)]
    pub availability: Named<Availability>,
    #[serde(default)]
    pub role: Named<String>,
}

/// `after` of a step: exactly one of these.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct After {
    pub percent: Option<i64>,
    pub minutes: Option<i64>,
    pub hours: Option<i64>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
/// When somebody is at a step of the work.
pub enum Availability {
    /// At every instant.
    Always,
    /// While the plan's calendar is open.
    SupportHours,
}

#[derive(Debug, Deserialize)]
pub struct Deprecation {
    pub notice_months: i64,
    pub support_months: i64,
    #[serde(default)]
    pub in_writing: bool,
}

#[derive(Debug, Deserialize)]
pub struct Form {
    pub submit_label: Option<String>,
    #[serde(default)]
    pub fields: Vec<Field>,
}

#[derive(Debug, Deserialize)]
pub struct Field {
    pub id: String,
    pub label: String,
    pub required: Option<bool>,
    #[serde(default)]
    pub multiple: bool,
}

impl Document {
    /// Reads a document whose keys and types were checked.
    ///
    /// # Errors
    /// When they were not, after all.
    pub fn read(document: &serde_json::Value) -> Result<Self, Fault> {
        Self::deserialize(document)
            .map_err(|error| Fault::new(KeyPath::default(), format!("cannot be read: {error}"), ""))
    }

    /// The names of a table in the order of the file, then those that the order does not list.
    pub fn in_order<'a, T>(&'a self, table: &str, named: &'a Named<T>) -> Vec<(&'a String, &'a T)> {
        let listed = self.order.get(table).map(Vec::as_slice).unwrap_or_default();
        let place = |name: &String| listed.iter().position(|other| other == name);
        let mut entries: Vec<_> = named.iter().collect();
        entries.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
        entries
    }
}
