//! What must hold for any text, whoever wrote it: it is read or refused, and never more than that. Shared by the tests and the fuzzer.

use std::sync::OnceLock;

use jiff::{Timestamp, civil::date};
use serde_json::Value;

use crate::policy::{
    Event, EventKind, Facts, Fault, History, Library, Occasion, Policy, eval, explain,
    first_response, holidays, lint,
};

/// The policies that are part of the program.
pub fn embedded() -> &'static Library {
    static EMBEDDED: OnceLock<Library> = OnceLock::new();
    EMBEDDED.get_or_init(Library::embedded)
}

/// Reads a text as a policy, as the overlay of one and as a list of holidays, and computes with what comes out.
///
/// # Panics
/// When a fault is said of a line that the text does not have, when what is found and what can be used are not the same, or when a policy is another one
/// once it was kept.
pub fn as_policy(text: &str) {
    let occasion = Occasion {
        today: date(2026, 11, 22),
        production: false,
    };
    let library = embedded().clone().with(Library::from_files([
        ("broken.toml".to_owned(), text.to_owned()),
        ("overlays/broken.toml".to_owned(), text.to_owned()),
        ("holidays/fr.toml".to_owned(), text.to_owned()),
    ]));
    let of_holidays = library.check_holidays("holidays/fr.toml", occasion.today);
    assert_lines(&of_holidays, text);
    let findings = library.check("broken", None, occasion);
    assert_lines(&findings, text);
    let policy = library.policy("broken", None);
    assert_eq!(
        policy.is_err(),
        lint::is_unusable(&findings),
        "{findings:#?}"
    );
    let findings = library.check_overlay("broken", occasion);
    assert_lines(&findings, text);
    let base = library.extends("broken").unwrap_or_default();
    let overlaid = library.policy(&base, Some("broken"));
    assert_eq!(
        overlaid.is_err(),
        lint::is_unusable(&findings),
        "{findings:#?}"
    );
    for policy in [policy, overlaid].into_iter().flatten() {
        assert_is_kept(&policy);
        compute(&policy);
    }
}

/// Every line that is named is one of the text, where it is the text that is meant.
fn assert_lines(findings: &[Fault], text: &str) {
    let lines = text.split('\n').count();
    let broken = ["broken.toml", "overlays/broken.toml", "holidays/fr.toml"];
    for fault in findings {
        let is_ours = (fault.file.as_deref()).is_some_and(|file| broken.contains(&file));
        let is_there = fault.line.is_none_or(|line| (1..=lines).contains(&line));
        assert!(!is_ours || is_there, "{fault} of {lines} lines");
        assert!(!fault.meaning.is_empty(), "{fault:?}");
    }
}

/// What is kept for good is read as the same policy.
fn assert_is_kept(policy: &Policy) {
    let kept = policy.document().to_string();
    let kept: Value = serde_json::from_str(&kept).expect("a document is JSON");
    let again = Policy::from_document(&kept).expect("a policy that was accepted");
    assert_eq!(again.digest(), policy.digest());
}

/// Everything that a policy is asked.
fn compute(policy: &Policy) {
    let (received, later) = (at("2026-03-27T16:00:00Z"), at("2026-04-01T00:00:00Z"));
    let priorities = policy.priorities().iter().map(|one| Some(one.id.clone()));
    for priority in priorities.take(3).chain([None]) {
        let plans = policy.plans().iter().map(|one| Some(one.id.clone()));
        for plan in plans.take(2).chain([None]) {
            let history = history(received, priority.clone(), plan.clone());
            let first = first_response(policy, &history, Some(later), &[75, 90]);
            assert!(
                first.due_at.is_none() || first.budget_s.is_some(),
                "{first:?}"
            );
            let _ = explain(policy, &history, Some(later));
            let priority = priority.as_deref();
            let _ = policy.available_steps(plan.as_deref(), priority.unwrap_or("S2"), received);
            let _ = policy.next_update_due(priority, received);
            let _ = policy.support_hours(plan.as_deref());
        }
    }
    let notice = date(2026, 8, 31);
    let _ = policy.earliest_deprecation(notice);
    let _ = policy.supported_until(notice);
}

fn history(received_at: Timestamp, priority: Option<String>, plan: Option<String>) -> History {
    let event = |at: Timestamp, kind| Event { at, kind };
    History {
        received_at,
        at_receipt: Facts {
            plan,
            ..Facts::default()
        },
        events: vec![
            event(at("2026-03-27T16:20:00Z"), EventKind::Priority(priority)),
            event(
                at("2026-03-27T18:00:00Z"),
                EventKind::Pause {
                    reason: Some("requester".to_owned()),
                },
            ),
            event(at("2026-03-30T07:00:00Z"), EventKind::Resume),
        ],
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// Reads a text as a test vector.
pub fn as_vector(text: &str) {
    if let Ok(vector) = serde_json::from_str::<Value>(text) {
        let _ = eval::Evaluator::new(embedded()).evaluate(&vector);
    }
}

/// Reads a text as a calendar file, and writes its holidays into a list.
///
/// # Panics
/// When the list that is written has other dates when it is read.
pub fn as_calendar_file(text: &str) {
    let Ok(read) = holidays::read(text, 2020..=2040) else {
        return;
    };
    let old = embedded().text("holidays/fr.toml").unwrap_or_default();
    let before = holidays::of_file(old);
    let after = holidays::apply(&before, &holidays::changes(&before, &read.holidays));
    let written = holidays::written(old, &after);
    let again = holidays::of_file(&written);
    assert!(again.keys().eq(after.keys()), "{written}");
}
