//! Test vectors: the input of each kind, and what the engine answers (`RULES.md`, sections 5 and 7).

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, civil::Date};
use serde_json::{Map, Value, json};

use super::{
    Event, EventKind, Facts, History, Hours, Library, Policy,
    calendar::{Calendar, Second, second, timestamp},
    first_response, resolve,
};

/// Evaluates vectors against a folder of policies.
#[derive(Debug)]
pub struct Evaluator<'a> {
    library: &'a Library,
    policies: BTreeMap<(String, Option<String>), Arc<Policy>>,
}

/// Why a vector cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// Its kind is none of those that there are.
    #[error("there is no kind {0:?}")]
    Kind(String),
    /// An input is missing or of the wrong type.
    #[error("{0:?} is missing, or not what it must be")]
    Input(&'static str),
    /// Its policy or calendar has faults.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Policy(Vec<super::Fault>),
}

impl<'a> Evaluator<'a> {
    /// Over these policies.
    #[must_use]
    pub fn new(library: &'a Library) -> Self {
        Self {
            library,
            policies: BTreeMap::new(),
        }
    }

    /// What a vector's `expected` should be.
    ///
    /// # Errors
    /// When its kind or an input of it cannot be read.
    pub fn evaluate(&mut self, vector: &Value) -> Result<Value, EvalError> {
        match vector["kind"].as_str().unwrap_or_default() {
            "first_response" => first_response_of(&*self.policy(vector)?, vector),
            "due_at" => on_calendar(vector, |hours| {
                let due = hours.due_at(
                    instant(vector, "start")?,
                    number(vector, "duration_s")?,
                    &[],
                );
                Ok(json!({ "due_at": due.map(written) }))
            }),
            "elapsed" => on_calendar(vector, |hours| {
                let elapsed = hours.elapsed(instant(vector, "from")?, instant(vector, "to")?, &[]);
                Ok(json!({ "elapsed_s": elapsed }))
            }),
            "business_days" => on_calendar(vector, |hours| {
                let start = instant(vector, "start")?;
                let budget = hours.business_days(start, number(vector, "days")?);
                let due = budget.and_then(|budget| hours.due_at(start, budget, &[]));
                Ok(json!({ "budget_s": budget, "due_at": due.map(written) }))
            }),
            "intervals" => on_calendar(vector, |hours| {
                let open = hours.intervals(instant(vector, "from")?, instant(vector, "to")?);
                let open: Vec<_> = open
                    .iter()
                    .map(|(from, to)| [written(*from), written(*to)])
                    .collect();
                Ok(json!({ "open": open }))
            }),
            "update_due" => update_due(&*self.policy(vector)?, vector),
            "availability" => availability(&*self.policy(vector)?, vector),
            "deprecation" => deprecation(&*self.policy(vector)?, vector),
            "channel" => channel(&*self.policy(vector)?, vector),
            other => Err(EvalError::Kind(other.to_owned())),
        }
    }

    fn policy(&mut self, vector: &Value) -> Result<Arc<Policy>, EvalError> {
        let policy = text(vector, "policy").ok_or(EvalError::Input("policy"))?;
        let overlay = text(vector, "overlay");
        let key = (policy.to_owned(), overlay.map(str::to_owned));
        if let Some(policy) = self.policies.get(&key) {
            return Ok(Arc::clone(policy));
        }
        let policy = self
            .library
            .policy(policy, overlay)
            .map_err(EvalError::Policy)?;
        let policy = Arc::new(policy);
        self.policies.insert(key, Arc::clone(&policy));
        Ok(policy)
    }
}

/// The output format of instants.
fn written(at: Second) -> String {
    timestamp(at).to_string()
}

fn text<'v>(vector: &'v Value, key: &str) -> Option<&'v str> {
    vector[key].as_str()
}

fn owned(vector: &Value, key: &str) -> Option<String> {
    text(vector, key).map(str::to_owned)
}

fn at(vector: &Value, key: &'static str) -> Result<Timestamp, EvalError> {
    let parsed = text(vector, key).and_then(|text| text.parse().ok());
    parsed.ok_or(EvalError::Input(key))
}

fn instant(vector: &Value, key: &'static str) -> Result<Second, EvalError> {
    at(vector, key).map(second)
}

fn number(vector: &Value, key: &'static str) -> Result<i64, EvalError> {
    vector[key].as_i64().ok_or(EvalError::Input(key))
}

fn on_calendar(
    vector: &Value,
    answer: impl FnOnce(&Hours) -> Result<Value, EvalError>,
) -> Result<Value, EvalError> {
    let calendar: Calendar =
        resolve::inline_calendar(&vector["calendar"]).map_err(EvalError::Policy)?;
    let hours = calendar.hours().map_err(|_| EvalError::Input("calendar"))?;
    answer(hours)
}

/// The ticket of a vector of the kind `first_response`.
///
/// # Errors
/// When an input cannot be read.
pub fn history(vector: &Value) -> Result<History, EvalError> {
    let events = vector["events"].as_array().into_iter().flatten();
    let events: Result<Vec<Event>, EvalError> = events.map(event).collect();
    Ok(History {
        received_at: at(vector, "received_at")?,
        at_receipt: Facts {
            plan: owned(vector, "plan"),
            category: owned(vector, "category"),
            priority: owned(vector, "priority"),
            channel: owned(vector, "channel"),
        },
        events: events?,
    })
}

fn event(event: &Value) -> Result<Event, EvalError> {
    let to = || owned(event, "to");
    let kind = match text(event, "type").unwrap_or_default() {
        "respond" => EventKind::Respond,
        "pause" => EventKind::Pause {
            reason: owned(event, "reason"),
        },
        "resume" => EventKind::Resume,
        "priority" => EventKind::Priority(to()),
        "plan" => EventKind::Plan(to()),
        "category" => EventKind::Category(to()),
        "auto_ack" => EventKind::AutoAck,
        "reopen" => EventKind::Reopen,
        _ => return Err(EvalError::Input("type")),
    };
    Ok(Event {
        at: at(event, "at")?,
        kind,
    })
}

fn first_response_of(policy: &Policy, vector: &Value) -> Result<Value, EvalError> {
    let history = history(vector)?;
    let as_of = match vector["as_of"] {
        Value::Null => None,
        _ => Some(at(vector, "as_of")?),
    };
    let percents = vector["warn_percent"].as_array();
    let percents: Option<Vec<u8>> = percents.map(|percents| {
        let percents = percents.iter().filter_map(Value::as_u64);
        percents
            .filter_map(|percent| u8::try_from(percent).ok())
            .collect()
    });
    let answer = first_response(
        policy,
        &history,
        as_of,
        percents.as_deref().unwrap_or_default(),
    );
    let instant = |at: Option<Timestamp>| at.map(|at| written(second(at)));
    let mut expected = json!({
        "received": answer.received,
        "clock": answer.clock,
        "calendar": answer.calendar,
        "anchor_at": instant(Some(answer.anchor_at)),
        "starts_at": instant(answer.starts_at),
        "budget_s": answer.budget_s,
        "first_response_due_at": instant(answer.due_at),
        "reason": answer.reason.as_ref().map(super::Reason::as_str),
    });
    if percents.is_some() {
        let warnings = answer
            .warnings
            .iter()
            .map(|(percent, at)| (percent.to_string(), json!(instant(*at))));
        let warnings: Map<String, Value> = warnings.collect();
        expected["warnings_at"] = match answer.budget_s {
            Some(_) => Value::Object(warnings),
            None => Value::Null,
        };
    }
    if let Some(standing) = answer.standing {
        expected["status"] = json!(standing.status.as_str());
        expected["consumed_s"] = json!(standing.consumed_s);
        expected["remaining_s"] = json!(standing.remaining_s);
    }
    Ok(expected)
}

fn update_due(policy: &Policy, vector: &Value) -> Result<Value, EvalError> {
    let due = policy.next_update_due(text(vector, "priority"), at(vector, "last_update_at")?);
    let reason = due.as_ref().err().map(|reason| reason.as_str());
    let due = due.ok().map(|due| written(second(due)));
    Ok(json!({ "next_update_due_at": due, "reason": reason }))
}

fn availability(policy: &Policy, vector: &Value) -> Result<Value, EvalError> {
    let priority = text(vector, "priority").ok_or(EvalError::Input("priority"))?;
    let steps = policy.available_steps(text(vector, "plan"), priority, at(vector, "at")?);
    let steps: Vec<Value> = steps
        .iter()
        .map(|step| json!({ "step": step.step, "available": step.available, "role": step.role }))
        .collect();
    Ok(json!({ "steps": steps }))
}

fn deprecation(policy: &Policy, vector: &Value) -> Result<Value, EvalError> {
    let notice: Option<Date> = text(vector, "notice_date").and_then(|date| date.parse().ok());
    let notice = notice.ok_or(EvalError::Input("notice_date"))?;
    Ok(json!({
        "earliest_deprecation_date": policy.earliest_deprecation(notice),
        "supported_until_at_least": policy.supported_until(notice),
    }))
}

fn channel(policy: &Policy, vector: &Value) -> Result<Value, EvalError> {
    let channel = text(vector, "channel").ok_or(EvalError::Input("channel"))?;
    let answer = policy.channel(text(vector, "plan"), channel);
    Ok(json!({
        "entitled": answer.map(|answer| answer.entitled),
        "guaranteed": answer.map(|answer| answer.guaranteed),
    }))
}
