//! What can be promised to somebody who has not sent yet. Pure: the same engine as for a ticket, asked as if the request came now.

use jiff::Timestamp;

use crate::policy::{
    Clock, Facts, FirstResponse, History, Hours, Policy, Reason, Within,
    calendar::{DAY_S, Second, second},
    first_response,
};

/// Far enough to see every change of clocks and the holidays of a year, in seconds.
const AHEAD_S: i64 = 366 * DAY_S;

/// A promise before sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// When an answer is due if the request comes now.
    pub answer_by: Timestamp,
    /// So many seconds after the request, whenever it comes: of a clock that never stops.
    pub within_s: Option<u64>,
}

/// The promise for a request with these facts at an instant; nothing where the policy is silent.
#[must_use]
pub fn before_sending(policy: &Policy, facts: Facts, now: Timestamp) -> Option<Promise> {
    let clock = if_it_came(policy, facts, now);
    let answer_by = clock.due_at?;
    let target = policy.targets().get(clock.target?)?;
    // Where the hour of receipt chooses the target, another hour has another one.
    let is_for_any_hour = target.received.is_none();
    let within_s = match (target.clock, target.within) {
        (Clock::Elapsed, Within::Seconds(seconds)) if is_for_any_hour => {
            u64::try_from(seconds).ok()
        }
        _ => None,
    };
    Some(Promise {
        answer_by,
        within_s,
    })
}

/// What the engine says of a request with these facts that came at an instant.
fn if_it_came(policy: &Policy, facts: Facts, now: Timestamp) -> FirstResponse {
    let history = History {
        received_at: now,
        at_receipt: facts,
        events: Vec::new(),
    };
    first_response(policy, &history, None, &[])
}

/// The hours that somebody can be told before they send: of their plan; where nobody knows it, hours in which every plan is answered (P-3).
/// Nothing where there are none such, or the policy leaves open which they are (C-1).
#[must_use]
pub fn hours<'a>(policy: &'a Policy, plan: Option<&str>, now: Timestamp) -> Option<&'a Hours> {
    if is_known(policy, plan) {
        return policy.support_hours(plan)?.hours().ok();
    }
    let named = policy.plans().iter().map(|plan| Some(plan.id.as_str()));
    let by_default = policy.support_hours(None).map(|_| None);
    let all: Vec<&Hours> = named
        .chain(by_default)
        .map(|plan| policy.support_hours(plan)?.hours().ok())
        .collect::<Option<_>>()?;
    let from = second(now);
    let open = |hours: &&Hours| hours.intervals(from, from + AHEAD_S);
    let stretches: Vec<_> = all.iter().map(open).collect();
    let narrowest = stretches
        .iter()
        .position(|inner| stretches.iter().all(|outer| lies_in(inner, outer)));
    narrowest.map(|place| all[place])
}

/// Whether the plan, which nobody knows, decides how fast somebody is answered: a row of the targets asks for it, or its hours are the clock.
#[must_use]
pub fn plan_decides(policy: &Policy, facts: Facts, now: Timestamp) -> bool {
    if is_known(policy, facts.plan.as_deref()) {
        return false;
    }
    let category = facts.category.clone();
    let is_promised_to_nobody = matches!(
        if_it_came(policy, facts, now).reason,
        Some(Reason::Redirected(_) | Reason::CategoryNotCovered | Reason::ChannelNotGuaranteed)
    );
    let mut rows = policy.targets().iter().filter(|row| {
        let of_row = row.category.as_ref();
        of_row.is_none_or(|of_row| category.as_ref().is_none_or(|category| category == of_row))
    });
    let has_own_hours = || {
        let of_plan = |plan| policy.support_hours(plan).map(|calendar| &calendar.id);
        let plans = policy.plans();
        plans
            .iter()
            .any(|plan| of_plan(Some(&plan.id)) != of_plan(Some(&plans[0].id)))
    };
    !is_promised_to_nobody
        && rows.any(|row| row.plan.is_some() || (row.is_on_the_plans_hours() && has_own_hours()))
}

/// Whether there is nothing to ask about somebody's plan: the policy has none, or this is one of them.
fn is_known(policy: &Policy, plan: Option<&str>) -> bool {
    policy.plans().is_empty() || plan.is_some_and(|named| policy.plan(named).is_some())
}

/// Whether each stretch is part of one of the others.
fn lies_in(inner: &[(Second, Second)], outer: &[(Second, Second)]) -> bool {
    inner.iter().all(|&(from, to)| {
        let around = outer.partition_point(|stretch| stretch.1 < to);
        outer.get(around).is_some_and(|stretch| stretch.0 <= from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Library;

    fn promise(id: &str, overlay: Option<&str>, facts: Facts) -> Option<Promise> {
        let policy = Library::embedded().policy(id, overlay).unwrap();
        // A Sunday.
        before_sending(&policy, facts, "2026-11-22T12:00:30Z".parse().unwrap())
    }

    fn plan(plan: &str) -> Facts {
        Facts {
            plan: Some(plan.into()),
            ..Facts::default()
        }
    }

    #[test]
    fn a_clock_that_never_stops_promises_so_many_hours_whenever_the_request_comes() {
        let found = promise("memsource", None, plan("paid")).unwrap();
        assert_eq!(found.within_s, Some(12 * 3600));
        assert_eq!(found.answer_by.to_string(), "2026-11-23T00:00:30Z");
    }

    #[test]
    fn a_clock_of_support_hours_promises_an_instant() {
        let mut document = Library::embedded()
            .document("m3ter", Some("m3ter-no-holidays"))
            .unwrap();
        document["targets"] = serde_json::json!([{ "metric": "first_response", "within": { "hours": 4 }, "clock": "business" }]);
        for table in ["priorities", "workflow"] {
            document.as_object_mut().unwrap().remove(table);
        }
        let policy = Policy::from_document(&document).unwrap();
        let now = "2026-11-22T12:00:30Z".parse().unwrap();
        let found = before_sending(&policy, plan("Standard"), now).unwrap();
        assert_eq!(found.within_s, None);
        assert_eq!(found.answer_by.to_string(), "2026-11-23T13:00:00Z");
    }

    #[test]
    fn a_target_of_the_hour_of_receipt_promises_an_instant() {
        let urgent = Facts {
            category: Some("technical_assistance".into()),
            priority: Some("high".into()),
            ..Facts::default()
        };
        let found = promise("meteorage", Some("meteorage-fr"), urgent).unwrap();
        assert_eq!(found.within_s, None, "another hour has another target");
        assert_eq!(found.answer_by.to_string(), "2026-11-23T00:00:30Z");
    }

    #[test]
    fn where_a_policy_is_silent_nothing_is_promised() {
        let question = Facts {
            category: Some("general_question".into()),
            ..Facts::default()
        };
        for (id, overlay, facts) in [
            // Staff set the priority, and only then is there a time.
            ("m3ter", Some("m3ter-no-holidays"), plan("gold")),
            ("meteorage", Some("meteorage-fr"), Facts::default()),
            ("meteorage", Some("meteorage-fr"), question),
            ("memsource", None, plan("free")),
            ("memsource", None, Facts::default()),
            ("meiro", None, Facts::default()),
        ] {
            assert_eq!(promise(id, overlay, facts), None, "{id}");
        }
    }

    /// m3ter's terms with other hours on the plan Gold.
    fn with_gold(hours: serde_json::Value) -> Policy {
        let mut document = Library::embedded()
            .document("m3ter", Some("m3ter-no-holidays"))
            .unwrap();
        document["calendars"]["support_hours_gold"] = hours;
        Policy::from_document(&document).unwrap()
    }

    fn from_berlin(open: &str, close: &str) -> serde_json::Value {
        let end = |time: &str| serde_json::json!({ "time": time, "zone": "CET" });
        let window =
            serde_json::json!({ "days": ["mon", "tue"], "open": end(open), "close": end(close) });
        serde_json::json!({ "kind": "weekly", "zone": "CET", "windows": [window] })
    }

    fn calendar_told<'a>(policy: &'a Policy, plan: Option<&str>) -> Option<&'a str> {
        let now = "2026-11-22T12:00:30Z".parse().unwrap();
        let told = hours(policy, plan, now)?;
        let is_told = |calendar: &&crate::policy::Calendar| {
            calendar.hours().is_ok_and(|of| std::ptr::eq(of, told))
        };
        policy
            .calendars()
            .iter()
            .find(is_told)
            .map(|calendar| calendar.id.as_str())
    }

    #[test]
    fn whoever_has_an_unknown_plan_is_told_the_hours_in_which_every_plan_is_answered() {
        let (silver, gold) = ("support_hours_silver", "support_hours_gold");
        let m3ter = |overlay| Library::embedded().policy("m3ter", overlay).unwrap();
        let known = m3ter(Some("m3ter-no-holidays"));
        assert_eq!(calendar_told(&known, Some("Pro")), Some(gold));
        for plan in [None, Some("a plan of old")] {
            assert_eq!(calendar_told(&known, plan), Some(silver), "{plan:?}");
            // Which holidays there are the terms leave open.
            assert_eq!(calendar_told(&m3ter(None), plan), None, "{plan:?}");
        }
        let shorter = with_gold(from_berlin("11:00", "17:00"));
        assert_eq!(calendar_told(&shorter, None), Some(gold));
        let crossing = with_gold(from_berlin("08:00", "17:00"));
        assert_eq!(calendar_told(&crossing, None), None);
    }

    #[test]
    fn hours_that_end_elsewhere_are_compared_through_every_change_of_clocks() {
        // Half past twelve of New York is 18:30 of Berlin, but 17:30 for a month of the year.
        let mut hours = from_berlin("10:00", "18:00");
        hours["windows"][0]["close"] = serde_json::json!({ "time": "12:30", "zone": "ET" });
        let policy = with_gold(hours);
        assert_eq!(calendar_told(&policy, None), None);
    }

    #[test]
    fn hours_by_default_are_not_told_to_somebody_whose_plan_may_have_fewer() {
        let mut document = with_gold(from_berlin("11:00", "17:00")).document().clone();
        document["default_calendar"] = "support_hours_silver".into();
        let policy = Policy::from_document(&document).unwrap();
        assert_eq!(calendar_told(&policy, None), Some("support_hours_gold"));
    }

    #[test]
    fn a_plan_that_nobody_knows_is_said_to_decide_only_where_it_does() {
        let category = |id: &str| Facts {
            category: Some(id.into()),
            ..Facts::default()
        };
        for (id, facts, wanted) in [
            ("m3ter", Facts::default(), true),
            ("m3ter", category("defect"), true),
            ("m3ter", plan("a plan of old"), true),
            ("m3ter", plan("Standard"), false),
            ("memsource", Facts::default(), true),
            ("memsource", plan("free"), false),
            // Not by plan.
            ("meteorage", category("technical_assistance"), false),
            ("meiro", Facts::default(), false),
        ] {
            let policy = Library::embedded().policy(id, None).unwrap();
            let now = "2026-11-22T12:00:30Z".parse().unwrap();
            assert_eq!(
                plan_decides(&policy, facts.clone(), now),
                wanted,
                "{id} {facts:?}"
            );
        }
        let mut document = Library::embedded().document("m3ter", None).unwrap();
        document["categories"]["feature_request"]["sla"] = false.into();
        let policy = Policy::from_document(&document).unwrap();
        let now = "2026-11-22T12:00:30Z".parse().unwrap();
        assert!(
            !plan_decides(&policy, category("feature_request"), now),
            "nothing is promised on any plan"
        );
    }
}
