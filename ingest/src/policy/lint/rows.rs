//! Rows that no ticket reaches, and rows that count hours of no calendar.

use crate::policy::{
    Clock, Fault, Incomplete, KeyPath, Metric, Policy, Received, Target, history::Facts,
};

/// More kinds of tickets than this are not tried one by one.
const MOST_KINDS: usize = 200_000;

/// Rows that can never match: earlier ones, or the rules before the rows, take all their tickets (K-7).
pub fn unreachable(policy: &Policy) -> Vec<Fault> {
    let kinds = kinds(policy);
    let mut reached = vec![kinds.len() > MOST_KINDS; policy.targets().len()];
    for (facts, received) in kinds.iter().take(MOST_KINDS) {
        if let Ok((row, _)) = policy.target_for(facts, *received) {
            reached[row] = true;
        }
    }
    let rows = policy.targets().iter().enumerate().zip(reached);
    let unreached =
        rows.filter(|((_, row), reached)| !reached && row.metric == Metric::FirstResponse);
    unreached
        .map(|((row, target), _)| fault(policy, row, target))
        .collect()
}

fn fault(policy: &Policy, row: usize, target: &Target) -> Fault {
    let key = KeyPath::of(&["targets"]).index(row);
    let category = target
        .category
        .as_deref()
        .and_then(|id| policy.category(id));
    if category.is_some_and(|category| category.redirect.is_some()) {
        let meaning = "can never match: requests of this category go elsewhere (redirect)";
        return Fault::warning(key.key("category"), meaning, "");
    }
    if category.is_some_and(|category| !category.covered) {
        let meaning = "can never match: the category has sla = false";
        return Fault::warning(
            key.key("category"),
            meaning,
            "take away sla = false, or the row",
        );
    }
    if target.received.is_some() && !policy.decides_received() {
        let meaning = "can never match: nothing says which hours decide \"inside\" and \"outside\"";
        let hint = "write [received] calendar = \"…\"";
        return Fault::warning(key.key("received"), meaning, hint);
    }
    let earlier = policy.targets()[..row]
        .iter()
        .position(|other| takes_all_of(other, target));
    let meaning = match earlier {
        Some(other) => format!("can never match: row {} takes all its tickets", other + 1),
        None => "can never match: earlier rows take all its tickets".to_owned(),
    };
    Fault::warning(
        key,
        meaning,
        "the first row that fits wins: put the special ones first",
    )
}

/// Whether every ticket of `later` is one of `earlier`.
fn takes_all_of(earlier: &Target, later: &Target) -> bool {
    fn takes<T: PartialEq>(earlier: Option<&T>, later: Option<&T>) -> bool {
        earlier.is_none() || earlier == later
    }
    earlier.metric == later.metric
        && takes(earlier.category.as_ref(), later.category.as_ref())
        && takes(earlier.plan.as_ref(), later.plan.as_ref())
        && takes(earlier.priority.as_ref(), later.priority.as_ref())
        && takes(earlier.received.as_ref(), later.received.as_ref())
}

/// Every kind of ticket that rows can tell apart.
fn kinds(policy: &Policy) -> Vec<(Facts, Option<Received>)> {
    let categories = policy
        .categories()
        .iter()
        .map(|category| category.id.clone());
    let plans = policy.plans().iter().map(|plan| plan.id.clone());
    let priorities = policy
        .priorities()
        .iter()
        .map(|priority| priority.id.clone());
    let or_none = |names: Vec<String>| {
        names
            .into_iter()
            .map(Some)
            .chain([None])
            .collect::<Vec<_>>()
    };
    let (categories, plans) = (or_none(categories.collect()), or_none(plans.collect()));
    let priorities = or_none(priorities.collect());
    let columns: &[Option<Received>] = if policy.decides_received() {
        &[Some(Received::Inside), Some(Received::Outside)]
    } else {
        &[None]
    };
    let mut kinds = Vec::new();
    for category in &categories {
        for plan in &plans {
            for priority in &priorities {
                for received in columns {
                    let facts = Facts {
                        plan: plan.clone(),
                        category: category.clone(),
                        priority: priority.clone(),
                        channel: None,
                    };
                    kinds.push((facts, *received));
                    if kinds.len() > MOST_KINDS {
                        return kinds;
                    }
                }
            }
        }
    }
    kinds
}

/// Rows that count hours for a plan that has none.
pub fn without_calendar(policy: &Policy) -> Vec<Fault> {
    let mut warnings = Vec::new();
    for (row, target) in policy.targets().iter().enumerate() {
        if target.clock == Clock::Elapsed {
            continue;
        }
        let plans = policy.plans().iter().map(|plan| plan.id.as_str());
        let plans: Vec<Option<&str>> = match (&target.plan, policy.plans().is_empty()) {
            (Some(plan), _) => vec![Some(plan)],
            (None, true) => vec![None],
            (None, false) => plans.map(Some).collect(),
        };
        for plan in plans {
            if matches!(policy.calendar_of(target, plan), Err(Incomplete::Calendar)) {
                let whom = plan.map_or("its tickets".to_owned(), |plan| {
                    format!("the plan \"{plan}\"")
                });
                let meaning = format!(
                    "counts business hours, and there is no calendar for {whom}: no due time (policy_incomplete)"
                );
                let hint = "write calendar in the row or in the plan, or default_calendar";
                warnings.push(Fault::warning(
                    KeyPath::of(&["targets"]).index(row),
                    meaning,
                    hint,
                ));
            }
        }
    }
    warnings
}
