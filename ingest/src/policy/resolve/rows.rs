//! Rows: targets, duties of communication, steps of the work.

use std::collections::BTreeMap;

use super::Resolver;
use crate::policy::{
    KeyPath, Step,
    calendar::HORIZON_DAYS,
    checkpoint::Checkpoint,
    document,
    target::{Metric, Target, Within},
    workflow::After,
};

const UNITS: &str = "write exactly one of seconds, minutes, hours, business_days, civil_days";

impl Resolver<'_> {
    pub(super) fn targets(&mut self) -> Vec<Target> {
        let mut targets = Vec::new();
        for (index, row) in self.document.targets.iter().flatten().enumerate() {
            let key = KeyPath::of(&["targets"]).index(index);
            let document = self.document;
            if let Some(category) = &row.category {
                self.known(
                    "category",
                    category,
                    document.categories.keys(),
                    key.key("category"),
                );
            }
            if let Some(plan) = &row.plan {
                let plans = document.plans.iter().flat_map(BTreeMap::keys);
                self.known("plan", plan, plans, key.key("plan"));
            }
            self.priority_of_row(row.priority.as_ref(), &key);
            let within = self.duration(row.within, &key.key("within"));
            targets.push(Target {
                metric: match row.metric.as_str() {
                    "resolution" => Metric::Resolution,
                    _ => Metric::FirstResponse,
                },
                category: row.category.clone(),
                plan: row.plan.clone(),
                priority: row.priority.clone(),
                received: row.received,
                within: within.unwrap_or(Within::Seconds(0)),
                clock: row.clock,
                calendar: self.calendar(row.calendar.as_ref(), &key.key("calendar")),
            });
        }
        targets
    }

    pub(super) fn checkpoints(&mut self) -> Vec<Checkpoint> {
        let mut checkpoints = Vec::new();
        for (index, row) in self.document.checkpoints.iter().enumerate() {
            let key = KeyPath::of(&["checkpoints"]).index(index);
            self.priority_of_row(row.priority.as_ref(), &key);
            let every = row
                .every
                .and_then(|every| self.duration(every, &key.key("every")));
            if matches!(every, Some(Within::BusinessDays(_))) {
                let meaning = "business days of no calendar: updates run on the elapsed clock";
                self.fault(key.key("every"), meaning, "write hours or civil_days");
            }
            checkpoints.push(Checkpoint {
                priority: row.priority.clone(),
                at: row.at.clone(),
                must: row.must.clone(),
                until: row.until.clone(),
                every,
                even_without_news: row.even_without_news,
                expectation: row.expectation.clone(),
            });
        }
        checkpoints
    }

    pub(super) fn workflow(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (index, row) in self.document.workflow.iter().enumerate() {
            let key = KeyPath::of(&["workflow"]).index(index);
            for (table, names) in [
                ("availability", row.availability.keys().collect::<Vec<_>>()),
                ("role", row.role.keys().collect()),
            ] {
                for name in names {
                    let priorities = self.document.priorities.iter().flat_map(BTreeMap::keys);
                    self.known("priority", name, priorities, key.key(table).key(name));
                }
            }
            let after = row
                .after
                .and_then(|after| self.after(after, &key.key("after")));
            steps.push(Step {
                step: row.step,
                title: row.title.clone(),
                action: row.action.clone(),
                after,
                availability: row.availability.clone(),
                role: row.role.clone(),
            });
        }
        steps
    }

    fn priority_of_row(&mut self, priority: Option<&String>, key: &KeyPath) {
        if let Some(priority) = priority {
            let priorities = self.document.priorities.iter().flat_map(BTreeMap::keys);
            self.known("priority", priority, priorities, key.key("priority"));
        }
    }

    /// `within` and `every`: exactly one unit, more than nothing, and no further than the horizon (C-9).
    fn duration(&mut self, written: document::Duration, key: &KeyPath) -> Option<Within> {
        let units = [
            (written.seconds, 1, "seconds"),
            (written.minutes, 60, "minutes"),
            (written.hours, 3600, "hours"),
            (written.business_days, 86_400, "business_days"),
            (written.civil_days, 86_400, "civil_days"),
        ];
        let mut said = units
            .iter()
            .filter_map(|(count, seconds, unit)| Some(((*count)?, *seconds, *unit)));
        let Some((count, unit_s, unit)) = said.next() else {
            self.fault(key.clone(), "says no duration", UNITS);
            return None;
        };
        if let Some((.., other)) = said.next() {
            self.fault(key.clone(), format!("says both {unit} and {other}"), UNITS);
            return None;
        }
        let seconds = count.checked_mul(unit_s);
        let Some(seconds) = seconds.filter(|s| (1..=HORIZON_DAYS * 86_400).contains(s)) else {
            let meaning = format!("{unit} = {count} is not between 1 and three years");
            self.fault(key.clone(), meaning, "");
            return None;
        };
        Some(match unit {
            "business_days" => Within::BusinessDays(count),
            "civil_days" => Within::CivilDays(count),
            _ => Within::Seconds(seconds),
        })
    }

    fn after(&mut self, written: document::After, key: &KeyPath) -> Option<After> {
        let minutes = |count: i64, unit: i64| count.checked_mul(unit).filter(|s| *s > 0);
        let after = match (written.percent, written.minutes, written.hours) {
            (Some(percent), None, None) => u8::try_from(percent).ok().map(After::Percent),
            (None, Some(count), None) => minutes(count, 60).map(After::Seconds),
            (None, None, Some(count)) => minutes(count, 3600).map(After::Seconds),
            _ => None,
        };
        if after.is_none() {
            let meaning = "does not say when";
            self.fault(
                key.clone(),
                meaning,
                "write exactly one of percent (0 to 255), minutes, hours",
            );
        }
        after
    }
}
