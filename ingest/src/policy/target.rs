//! Targets: which one a ticket has, or why it has none (K-7), and what it comes to in seconds (K-4 to K-6).

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Policy,
    calendar::{Calendar, Hours, Received, Second, instant, second, timestamp},
    document::Clock,
    history::Facts,
    incomplete::Incomplete,
};

/// How long something may take (K-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// So many seconds.
    Seconds(i64),
    /// So many business days (K-5).
    BusinessDays(i64),
    /// So many days of the calendar on the wall (K-6).
    CivilDays(i64),
}

/// What a target promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The first answer of a person.
    FirstResponse,
    /// That it is solved; no figure of the four policies speaks of it.
    Resolution,
}

/// A row of `[[targets]]`.
#[derive(Clone, Debug)]
pub struct Target {
    /// What it promises.
    pub metric: Metric,
    /// Fits tickets of this category only.
    pub category: Option<String>,
    /// Fits tickets of this plan only.
    pub plan: Option<String>,
    /// Fits tickets of this priority only.
    pub priority: Option<String>,
    /// Fits tickets of this column only (M-1).
    pub received: Option<Received>,
    /// The promised duration.
    pub within: Within,
    /// The clock that it runs on.
    pub clock: Clock,
    /// The calendar of a business clock that the row itself names.
    pub(super) calendar: Option<usize>,
}

impl Target {
    /// **K-4**: whether it counts the support hours of the ticket's plan.
    #[must_use]
    pub fn is_on_the_plans_hours(&self) -> bool {
        self.clock == Clock::Business && self.calendar.is_none()
    }
}

/// Why there is no due time (K-7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Such requests go elsewhere: the address.
    Redirected(String),
    /// The category has no response times.
    CategoryNotCovered,
    /// Requests on this channel are not promised anything.
    ChannelNotGuaranteed,
    /// No row fits.
    NoTarget,
    /// The policy does not know the plan.
    UnknownPlan(String),
    /// No priority was set yet.
    Unclassified,
    /// The policy does not say what the target needs.
    PolicyIncomplete(Incomplete),
    /// The clock stands still.
    Paused,
    /// Nothing opens within three years.
    NoOpenTime,
}

impl Reason {
    /// Its name in records, vectors and the API.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Redirected(_) => "redirected",
            Self::CategoryNotCovered => "category_not_covered",
            Self::ChannelNotGuaranteed => "channel_not_guaranteed",
            Self::NoTarget => "no_target",
            Self::UnknownPlan(_) => "unknown_plan",
            Self::Unclassified => "unclassified",
            Self::PolicyIncomplete(_) => "policy_incomplete",
            Self::Paused => "paused",
            Self::NoOpenTime => "no_open_time",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self {
            Self::Redirected(to) => write!(f, ": {to}"),
            Self::UnknownPlan(plan) => write!(f, ": \"{plan}\""),
            Self::PolicyIncomplete(missing) => write!(f, ": {missing}"),
            _ => Ok(()),
        }
    }
}

impl Policy {
    /// **M-1**: the column of a ticket by the instant of its receipt alone; nothing where no calendar decides it.
    #[must_use]
    pub fn received(&self, received_at: Timestamp) -> Option<Received> {
        let calendar = &self.calendars[self.received?];
        let is_open = calendar.is_open(received_at).ok()?;
        Some(if is_open {
            Received::Inside
        } else {
            Received::Outside
        })
    }

    /// Whether the instant of receipt chooses a column (M-1).
    #[must_use]
    pub fn decides_received(&self) -> bool {
        self.received.is_some()
    }

    /// **K-7**, 1 to 7: the target of a ticket with these facts, and its place among the rows.
    ///
    /// # Errors
    /// Why it has none.
    pub fn target_for(
        &self,
        facts: &Facts,
        received: Option<Received>,
    ) -> Result<(usize, &Target), Reason> {
        let category = facts.category.as_deref().and_then(|id| self.category(id));
        if let Some(to) = category.and_then(|category| category.redirect.clone()) {
            return Err(Reason::Redirected(to));
        }
        if category.is_some_and(|category| !category.covered) {
            return Err(Reason::CategoryNotCovered);
        }
        let channel = facts
            .channel
            .as_deref()
            .and_then(|id| self.find_channel(id));
        if channel.is_some_and(|channel| !channel.guaranteed) {
            return Err(Reason::ChannelNotGuaranteed);
        }
        if self.targets.is_empty() {
            return Err(Reason::NoTarget);
        }
        let plan = match (&self.plans, &facts.plan) {
            (Some(_), Some(named)) => match self.plan(named) {
                Some(plan) => Some(plan.id.as_str()),
                None => return Err(Reason::UnknownPlan(named.clone())),
            },
            _ => None,
        };
        if self.priorities.is_some() && facts.priority.is_none() {
            return Err(Reason::Unclassified);
        }
        for (row, target) in self.targets.iter().enumerate() {
            let fits = target.metric == Metric::FirstResponse
                && fits(target.category.as_deref(), facts.category.as_deref())
                && fits(target.plan.as_deref(), plan)
                && fits(target.priority.as_deref(), facts.priority.as_deref());
            match (target.received, received) {
                _ if !fits => {}
                (None, _) => return Ok((row, target)),
                (Some(_), None) => return Err(self.received_is_incomplete()),
                (Some(wanted), Some(column)) if wanted == column => return Ok((row, target)),
                _ => {}
            }
        }
        Err(Reason::NoTarget)
    }

    fn received_is_incomplete(&self) -> Reason {
        let calendar = self.received.map(|index| &self.calendars[index]);
        let missing = calendar.and_then(|calendar| calendar.hours().err().cloned());
        Reason::PolicyIncomplete(missing.unwrap_or(Incomplete::Received))
    }

    /// **K-4**: the calendar of a target: the row's, else the plan's, else the default one. Nothing for the elapsed clock.
    ///
    /// # Errors
    /// When none of them is said.
    pub fn calendar_of(
        &self,
        target: &Target,
        plan: Option<&str>,
    ) -> Result<Option<&Calendar>, Incomplete> {
        if target.clock == Clock::Elapsed {
            return Ok(None);
        }
        let of_plan = || plan.and_then(|plan| self.plan(plan)?.calendar);
        let calendar = target.calendar.or_else(of_plan).or(self.default_calendar);
        calendar
            .map(|index| Some(&self.calendars[index]))
            .ok_or(Incomplete::Calendar)
    }

    /// **K-4** to **K-6**: seconds of the clock from `from`; nothing where nothing opens.
    ///
    /// # Errors
    /// When days of the wall calendar are counted in no zone.
    pub(super) fn budget(
        &self,
        within: Within,
        hours: &Hours,
        from: Second,
    ) -> Result<Option<i64>, Incomplete> {
        match within {
            Within::Seconds(seconds) => Ok(Some(seconds)),
            Within::BusinessDays(days) => Ok(hours.business_days(from, days)),
            Within::CivilDays(days) => {
                let goal = self.civil_days_after(from, days)?;
                Ok(goal.map(|goal| goal - from))
            }
        }
    }

    /// **K-6**: the same time of day so many days later, in the zone of the default calendar.
    fn civil_days_after(&self, from: Second, days: i64) -> Result<Option<Second>, Incomplete> {
        let calendar = self.default_calendar.map(|index| &self.calendars[index]);
        let zone = calendar.and_then(|calendar| calendar.zone.as_ref());
        let zone = zone.ok_or(Incomplete::DayZone)?;
        let local = zone.to_datetime(timestamp(from));
        let goal = super::calendar::add_days(local.date(), days)
            .map(|date| date.to_datetime(local.time()));
        Ok(goal.and_then(|goal| instant(goal, zone)))
    }

    /// When a duration that begins at an instant ends, on the elapsed clock.
    ///
    /// # Errors
    /// As for the budget of a target.
    pub(super) fn end_of(
        &self,
        within: Within,
        from: Timestamp,
    ) -> Result<Option<Timestamp>, Incomplete> {
        let from = second(from);
        let budget = self.budget(within, &Hours::Always, from)?;
        let due = budget.and_then(|budget| Hours::Always.due_at(from, budget, &[]));
        Ok(due.map(timestamp))
    }
}

/// A column of a row fits when it says nothing or the same.
fn fits(row: Option<&str>, ticket: Option<&str>) -> bool {
    row.is_none() || row == ticket
}
