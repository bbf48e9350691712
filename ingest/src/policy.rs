//! Support policies: what is promised, and when it is due. Pure: no clock, no disk, no configuration; time is an argument.
//!
//! The rules are those of `tests/vectors/RULES.md`; the function that carries one names it. All counting is in whole seconds of open time,
//! and every due time is a function of the policy and the events of the ticket ([`first_response()`]), never of a counter that was kept.
//!
//! | file | |
//! |---|---|
//! | `source`, `library`, `embedded` | files: read with their lines, merged in layers, the ones that are built in |
//! | `schema`, `shape`, `document`, `resolve`, `lint` | keys and types; what they mean; what an author may not have meant |
//! | `calendar`, `year`, `clock` | when somebody is there, and counting it |
//! | `target`, `history`, `first_response`, `explain` | the clock of a ticket, and why it stands where it stands |
//! | `checkpoint`, `workflow`, `terms`, `scope` | duties of communication, steps of the work, notice periods and channels, what is covered |

pub mod calendar;
pub mod checkpoint;
pub mod clock;
mod document;
mod embedded;
pub mod eval;
pub mod explain;
pub mod fault;
pub mod first_response;
pub mod history;
pub mod holidays;
pub mod incomplete;
pub mod library;
pub mod lint;
mod resolve;
mod schema;
pub mod scope;
mod shape;
mod source;
pub mod target;
pub mod terms;
pub mod workflow;
mod year;

#[cfg(test)]
mod any_text;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod requirements;

use serde_json::Value;
use sha2::{Digest, Sha256};

pub use calendar::{Calendar, Hours, Received};
pub use document::{Availability, Clock, OnChange};
pub use explain::{Explanation, Stretch, explain};
pub use fault::{Fault, KeyPath, Severity};
pub use first_response::{FirstResponse, Standing, Status, first_response};
pub use history::{Event, EventKind, Facts, History};
pub use incomplete::Incomplete;
pub use library::Library;
pub use lint::Occasion;
pub use target::{Metric, Reason, Target, Within};
pub use terms::{Category, Channel, Deprecation, Field, Form, Plan, Priority};
pub use workflow::Step;

/// A policy: merged, resolved and checked. It never changes; share it in an `Arc`.
#[derive(Debug)]
pub struct Policy {
    id: String,
    title: String,
    source: Option<String>,
    last_updated: Option<String>,
    digest: String,
    document: Value,
    categories: Vec<Category>,
    /// Nothing when the policy has none: a ticket's priority is then ignored.
    priorities: Option<Vec<Priority>>,
    /// Nothing when the policy has none: a ticket's plan is then ignored.
    plans: Option<Vec<Plan>>,
    channels: Vec<Channel>,
    calendars: Vec<Calendar>,
    default_calendar: Option<usize>,
    received: Option<usize>,
    targets: Vec<Target>,
    checkpoints: Vec<checkpoint::Checkpoint>,
    workflow: Vec<Step>,
    deprecation: Option<Deprecation>,
    forms: Vec<Form>,
    on_change: OnChange,
    pauses_first_response: bool,
}

impl Policy {
    /// Reads a document as [`Library::document`] makes it and as it is kept for good.
    ///
    /// # Errors
    /// Every fault of it.
    pub fn from_document(document: &Value) -> Result<Self, Vec<Fault>> {
        resolve::policy(document)
    }

    /// Its id: the name of its file.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it is called.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The document that it was made from.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// When that document was last changed, where it says so.
    #[must_use]
    pub fn last_updated(&self) -> Option<&str> {
        self.last_updated.as_deref()
    }

    /// SHA-256 of the canonical JSON of its document, in hexadecimal: two policies with one digest are one.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The whole document.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// A table of texts and facts that no clock reads, such as `languages` or `exclusions`.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<&Value> {
        self.document.get(name)
    }

    /// Its categories in the order of the file.
    #[must_use]
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// A category by its id.
    #[must_use]
    pub fn category(&self, id: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id)
    }

    /// Its priorities, the most urgent first.
    #[must_use]
    pub fn priorities(&self) -> &[Priority] {
        self.priorities.as_deref().unwrap_or_default()
    }

    /// A priority by its id.
    #[must_use]
    pub fn priority(&self, id: &str) -> Option<&Priority> {
        self.priorities().iter().find(|priority| priority.id == id)
    }

    /// Its plans in the order of the file.
    #[must_use]
    pub fn plans(&self) -> &[Plan] {
        self.plans.as_deref().unwrap_or_default()
    }

    /// **P-3**: a plan by id, title or former name, without regard to case.
    #[must_use]
    pub fn plan(&self, named: &str) -> Option<&Plan> {
        self.plans().iter().find(|plan| plan.is_called(named))
    }

    /// Whether two names stand for different plans (P-3).
    pub(crate) fn is_another_plan(&self, one: Option<&str>, other: Option<&str>) -> bool {
        let resolved = |named: Option<&str>| {
            named.map(|named| {
                self.plan(named)
                    .map_or(named, |plan| plan.id.as_str())
                    .to_owned()
            })
        };
        resolved(one) != resolved(other)
    }

    /// Its channels in the order of the file.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// A channel by its id.
    #[must_use]
    pub fn find_channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    /// Its calendars.
    #[must_use]
    pub fn calendars(&self) -> &[Calendar] {
        &self.calendars
    }

    /// A calendar by its id.
    #[must_use]
    pub fn calendar(&self, id: &str) -> Option<&Calendar> {
        self.calendars.iter().find(|calendar| calendar.id == id)
    }

    /// The support hours of a plan, else the default calendar.
    #[must_use]
    pub fn support_hours(&self, plan: Option<&str>) -> Option<&Calendar> {
        let of_plan = plan.and_then(|plan| self.plan(plan)?.calendar);
        let index = of_plan.or(self.default_calendar)?;
        Some(&self.calendars[index])
    }

    /// The rows of `[[targets]]`.
    #[must_use]
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Its duties of communication, in the order of the file.
    #[must_use]
    pub fn checkpoints(&self) -> &[checkpoint::Checkpoint] {
        &self.checkpoints
    }

    /// The steps of the work.
    #[must_use]
    pub fn workflow(&self) -> &[Step] {
        &self.workflow
    }

    /// Its notice periods.
    #[must_use]
    pub fn deprecation(&self) -> Option<&Deprecation> {
        self.deprecation.as_ref()
    }

    /// A form by its name, such as `widget`.
    #[must_use]
    pub fn form(&self, id: &str) -> Option<&Form> {
        self.forms.iter().find(|form| form.id == id)
    }

    /// Whether pauses stop the clock of the first response (E-3).
    #[must_use]
    pub fn pauses_first_response(&self) -> bool {
        self.pauses_first_response
    }

    /// What a change of priority, plan or category does (E-5).
    #[must_use]
    pub fn on_change(&self) -> OnChange {
        self.on_change
    }
}

/// SHA-256 of a document's canonical JSON: keys sorted, no spaces.
fn digest(document: &Value) -> String {
    // `serde_json` keeps the keys of an object sorted unless its feature `preserve_order` is on; a test holds it to that.
    let digest = Sha256::digest(document.to_string().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
