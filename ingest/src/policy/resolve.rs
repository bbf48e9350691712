//! A document becomes a policy: names are looked up, times and zones read. All faults are said at once.

mod hours;
mod rows;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Category, Channel, Deprecation, Fault, Field, Form, KeyPath, Plan, Policy, Priority,
    calendar::Calendar, digest, document::Document, fault::nearest, schema, shape,
};

/// Looks names up and keeps what is wrong.
pub(super) struct Resolver<'a> {
    document: &'a Document,
    /// Calendar ids to their places.
    calendars: BTreeMap<&'a str, usize>,
    faults: Vec<Fault>,
}

/// Reads a policy.
pub(super) fn policy(value: &Value) -> Result<Policy, Vec<Fault>> {
    let mut mended = value.clone();
    let mut findings = shape::mend(&mut mended, schema::POLICY);
    let document = match Document::read(&mended) {
        Ok(document) => document,
        Err(fault) => {
            findings.faults.push(fault);
            return Err(findings.faults);
        }
    };
    let names = document.calendars.keys().enumerate();
    let mut resolver = Resolver {
        document: &document,
        calendars: names.map(|(place, name)| (name.as_str(), place)).collect(),
        faults: Vec::new(),
    };
    let policy = resolver.policy(value);
    let mut of_meaning = resolver.faults;
    of_meaning.retain(|fault| !findings.mended(&fault.key));
    findings.faults.append(&mut of_meaning);
    if findings.faults.is_empty() {
        Ok(policy)
    } else {
        Err(findings.faults)
    }
}

/// Reads a calendar that stands by itself, as in the vectors; its holidays are dates.
///
/// # Errors
/// Every fault of it.
pub(super) fn inline_calendar(value: &Value) -> Result<Calendar, Vec<Fault>> {
    let mut calendar = value.clone();
    // What is no table has no holidays, and is refused below.
    let dates = calendar.get_mut("holidays").map(Value::take);
    let dates = dates.unwrap_or_default();
    let mut document = serde_json::json!({
        "schema": "cornerdesk.policy/1",
        "policy": { "id": "inline", "title": "inline" },
    });
    if dates.is_array() {
        calendar["holidays"] = "inline".into();
        document["holidays"]["inline"]["dates"] = dates;
    } else if let Some(table) = calendar.as_object_mut() {
        table.remove("holidays");
    }
    document["calendars"]["inline"] = calendar;
    let mut policy = policy(&document)?;
    policy.calendars.pop().ok_or_else(Vec::new)
}

impl Resolver<'_> {
    fn policy(&mut self, value: &Value) -> Policy {
        let document = self.document;
        let at_default = KeyPath::of(&["default_calendar"]);
        let at_received = KeyPath::of(&["received", "calendar"]);
        let received = document.received.as_ref().map(|column| &column.calendar);
        let has_targets = document.targets.is_some();
        Policy {
            id: document.policy.id.clone(),
            title: document.policy.title.clone(),
            source: document.policy.source.clone(),
            last_updated: document.policy.last_updated.clone(),
            digest: digest(value),
            document: value.clone(),
            categories: self.categories(),
            priorities: self.priorities(),
            plans: self.plans(),
            channels: self.channels(),
            calendars: self.all_calendars(),
            default_calendar: self.calendar(document.default_calendar.as_ref(), &at_default),
            received: self.calendar(received, &at_received),
            targets: if has_targets {
                self.targets()
            } else {
                Vec::new()
            },
            checkpoints: self.checkpoints(),
            workflow: self.workflow(),
            deprecation: document.deprecation.as_ref().map(|terms| Deprecation {
                notice_months: terms.notice_months,
                support_months: terms.support_months,
                in_writing: terms.in_writing,
            }),
            forms: self.forms(),
            on_change: document
                .recalculation
                .as_ref()
                .map(|rule| rule.on_change)
                .unwrap_or_default(),
            pauses_first_response: document
                .pausing
                .as_ref()
                .is_none_or(|rule| rule.first_response),
        }
    }

    fn fault(&mut self, key: KeyPath, meaning: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault::new(key, meaning, hint));
    }

    /// A calendar by its name.
    fn calendar(&mut self, name: Option<&String>, key: &KeyPath) -> Option<usize> {
        let name = name?;
        let found = self.calendars.get(name.as_str()).copied();
        if found.is_none() {
            let hint = nearest(name, self.calendars.keys().copied());
            self.fault(
                key.clone(),
                format!("there is no calendar \"{name}\""),
                hint,
            );
        }
        found
    }

    /// Holds a name against the names of a table.
    fn known<'n>(
        &mut self,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'n String>,
        key: KeyPath,
    ) {
        let known: Vec<&str> = known.map(String::as_str).collect();
        if !known.contains(&name) {
            let hint = nearest(name, known);
            self.fault(key, format!("there is no {what} \"{name}\""), hint);
        }
    }

    fn categories(&self) -> Vec<Category> {
        let named = self
            .document
            .in_order("categories", &self.document.categories);
        let categories = named.into_iter().map(|(id, category)| Category {
            id: id.clone(),
            title: category.title.clone(),
            definition: category.definition.clone(),
            covered: category.sla.unwrap_or(true),
            redirect: category.redirect.clone(),
            offered: category.offered.unwrap_or(true),
        });
        categories.collect()
    }

    fn priorities(&mut self) -> Option<Vec<Priority>> {
        let named = self.document.priorities.as_ref()?;
        let mut priorities: Vec<Priority> = self
            .document
            .in_order("priorities", named)
            .into_iter()
            .map(|(id, priority)| Priority {
                id: id.clone(),
                title: priority.title.clone(),
                rank: priority.rank,
                assigned_by: priority.assigned_by.clone(),
                definition: priority.definition.clone(),
                effort: priority.effort.clone(),
                examples: priority.examples.clone(),
            })
            .collect();
        priorities.sort_by_key(|priority| priority.rank);
        for pair in priorities.windows(2) {
            if pair[0].rank == pair[1].rank {
                let key = KeyPath::of(&["priorities", &pair[1].id, "rank"]);
                let meaning = format!("\"{}\" has the same rank", pair[0].id);
                self.fault(
                    key,
                    meaning,
                    "each priority has a rank of its own, 1 for the most urgent",
                );
            }
        }
        Some(priorities)
    }

    fn plans(&mut self) -> Option<Vec<Plan>> {
        let named = self.document.plans.as_ref()?;
        let mut plans: Vec<Plan> = Vec::new();
        for (id, plan) in self.document.in_order("plans", named) {
            let key = KeyPath::of(&["plans", id]);
            let calendar = self.calendar(plan.calendar.as_ref(), &key.key("calendar"));
            let names = [id, &plan.title].into_iter().chain(&plan.aliases);
            for name in names {
                if let Some(other) = plans.iter().find(|other| other.is_called(name)) {
                    let meaning =
                        format!("\"{name}\" is already a name of the plan \"{}\"", other.id);
                    self.fault(
                        key.clone(),
                        meaning,
                        "no two plans share an id, a title or an alias (P-3)",
                    );
                }
            }
            plans.push(Plan {
                id: id.clone(),
                title: plan.title.clone(),
                aliases: plan.aliases.clone(),
                paid: plan.paid,
                calendar,
            });
        }
        Some(plans)
    }

    fn channels(&mut self) -> Vec<Channel> {
        let mut channels = Vec::new();
        for (id, channel) in self.document.in_order("channels", &self.document.channels) {
            for (index, plan) in channel.plans.iter().flatten().enumerate() {
                let key = KeyPath::of(&["channels", id, "plans"]).index(index);
                self.known(
                    "plan",
                    plan,
                    self.document.plans.iter().flat_map(BTreeMap::keys),
                    key,
                );
            }
            channels.push(Channel {
                id: id.clone(),
                title: channel.title.clone(),
                address: channel.address.clone(),
                plans: channel.plans.clone(),
                guaranteed: channel.sla.unwrap_or(true),
                offered: channel.offered.unwrap_or(true),
            });
        }
        channels
    }

    fn forms(&mut self) -> Vec<Form> {
        let mut forms = Vec::new();
        for (id, form) in &self.document.form {
            let mut fields: Vec<Field> = Vec::new();
            for (index, field) in form.fields.iter().enumerate() {
                if fields.iter().any(|other| other.id == field.id) {
                    let key = KeyPath::of(&["form", id, "fields"]).index(index).key("id");
                    self.fault(
                        key,
                        format!("there is a field \"{}\" already", field.id),
                        "",
                    );
                }
                fields.push(Field {
                    id: field.id.clone(),
                    label: field.label.clone(),
                    required: field.required,
                    multiple: field.multiple,
                });
            }
            forms.push(Form {
                id: id.clone(),
                submit_label: form.submit_label.clone(),
                fields,
            });
        }
        forms
    }
}
