//! What the four documents ask of a policy, as `docs/policies.md` lists it.

use jiff::Timestamp;

use super::{Facts, History, Library, Policy, Reason, first_response, scope::Scope};

fn policy(id: &str, overlay: Option<&str>) -> Policy {
    Library::embedded().policy(id, overlay).expect("a policy")
}

fn ids<'a, T: 'a>(
    entries: impl IntoIterator<Item = &'a T>,
    id: impl Fn(&T) -> &String,
) -> Vec<String> {
    entries.into_iter().map(|entry| id(entry).clone()).collect()
}

fn ticket(priority: &str, plan: &str) -> History {
    History {
        received_at: "2026-12-24T16:00:00Z".parse().expect("an instant"),
        at_receipt: Facts {
            plan: Some(plan.to_owned()),
            priority: Some(priority.to_owned()),
            ..Facts::default()
        },
        events: Vec::new(),
    }
}

fn due(policy: &Policy, history: &History) -> Option<Timestamp> {
    first_response(policy, history, None, &[]).due_at
}

#[test]
fn memsource_offers_no_phone() {
    let policy = policy("memsource", None);
    assert_eq!(
        ids(policy.channels(), |channel| &channel.id),
        ["help_form", "help_widget"]
    );
    assert_eq!(
        policy
            .section("delivery")
            .map(|delivery| delivery["written_only"] == true),
        Some(true)
    );
}

#[test]
fn meteorage_offers_exactly_three_categories_in_the_order_of_its_document() {
    let policy = policy("meteorage", Some("meteorage-fr"));
    let offered = policy
        .categories()
        .iter()
        .filter(|category| category.offered);
    assert_eq!(
        ids(offered.clone(), |category| &category.id),
        [
            "technical_assistance",
            "general_question",
            "suggest_an_improvement"
        ]
    );
    assert!(
        offered
            .clone()
            .all(|category| category.definition.is_some())
    );
}

#[test]
fn categories_of_m3ter_and_meiro_are_those_of_their_documents() {
    let m3ter = policy("m3ter", None);
    assert_eq!(
        ids(m3ter.categories(), |category| &category.id),
        [
            "incident",
            "technical_support",
            "billing_or_account",
            "feature_request",
            "defect"
        ]
    );
    assert_eq!(
        ids(policy("meiro", None).categories(), |category| &category.id),
        ["service_request", "bug"]
    );
}

#[test]
fn each_policy_has_priorities_of_its_own_ordered_by_rank() {
    let of = |id: &str| ids(policy(id, None).priorities(), |priority| &priority.id);
    assert_eq!(of("meiro"), ["P1", "P2", "P3"]);
    assert_eq!(of("meteorage"), ["high", "average", "low"]);
    assert_eq!(of("m3ter"), ["S1", "S2", "S3"]);
    assert_eq!(of("memsource"), [""; 0]);
}

#[test]
fn a_former_name_of_a_plan_is_the_plan() {
    let policy = policy("m3ter", None);
    let plan = |named: &str| policy.plan(named).map(|plan| plan.id.as_str());
    assert_eq!(plan("standard"), Some("silver"));
    assert_eq!(plan("PRO"), Some("gold"));
    assert_eq!(plan(" Gold "), Some("gold"));
    assert_eq!(plan("Enterprise 2019"), None);
}

#[test]
fn the_same_ticket_under_two_overlays_has_two_due_times() {
    let history = ticket("S2", "silver");
    let none = due(&policy("m3ter", Some("m3ter-no-holidays")), &history);
    let some = due(&policy("m3ter", Some("m3ter-test-holidays")), &history);
    assert_eq!(
        none.map(|at| at.to_string()).as_deref(),
        Some("2026-12-25T12:00:00Z")
    );
    assert_eq!(
        some.map(|at| at.to_string()).as_deref(),
        Some("2026-12-28T12:00:00Z")
    );
}

#[test]
fn holidays_that_nothing_lists_leave_no_due_time_and_say_what_is_missing() {
    let policy = policy("m3ter", None);
    let answer = first_response(&policy, &ticket("S2", "silver"), None, &[]);
    assert_eq!(answer.due_at, None);
    let reason = answer.reason.expect("a reason");
    assert_eq!(reason.as_str(), "policy_incomplete");
    assert_eq!(
        reason.to_string(),
        "policy_incomplete: holidays of \"selected\""
    );
    assert!(
        due(&policy, &ticket("S1", "silver")).is_some(),
        "an hour needs no holidays"
    );
}

#[test]
fn a_resolution_has_no_figure() {
    let library = Library::embedded();
    for id in library.policies() {
        let policy = policy(id, None);
        assert!(
            policy
                .targets()
                .iter()
                .all(|target| target.metric == super::Metric::FirstResponse)
        );
    }
}

#[test]
fn effort_and_examples_are_texts_for_staff_and_start_no_clock() {
    let policy = policy("m3ter", Some("m3ter-no-holidays"));
    assert!(
        policy
            .priorities()
            .iter()
            .all(|priority| priority.effort.is_some() && !priority.examples.is_empty())
    );
}

#[test]
fn a_note_of_a_low_priority_may_promise_what_the_document_says() {
    let policy = policy("meiro", None);
    let duty = policy
        .duties("acknowledged", Some("P3"))
        .next()
        .expect("a duty");
    assert!(duty.expectation.is_some());
    assert_eq!(policy.duties("acknowledged", Some("P1")).count(), 0);
}

#[test]
fn work_that_starts_is_told_whatever_the_priority() {
    let policy = policy("meiro", None);
    for priority in [None, Some("P1"), Some("P3")] {
        assert_eq!(policy.duties("work_started", priority).count(), 1);
    }
}

#[test]
fn no_document_says_when_a_step_is_brought_in() {
    let policy = policy("m3ter", None);
    assert_eq!(policy.workflow().len(), 4);
    assert!(policy.workflow().iter().all(|step| step.after.is_none()));
}

#[test]
fn an_unknown_plan_is_told_apart_from_none() {
    let policy = policy("m3ter", Some("m3ter-no-holidays"));
    let answer = first_response(&policy, &ticket("S1", "Enterprise 2019"), None, &[]);
    assert_eq!(
        answer.reason,
        Some(Reason::UnknownPlan("Enterprise 2019".to_owned()))
    );
}

#[test]
fn what_is_out_of_scope_is_said_in_the_words_of_the_document_and_only_where_it_says_something() {
    let scope = policy("m3ter", None).scope();
    assert_eq!(scope.not_covered.len(), 4);
    assert!(scope.not_covered[0].starts_with("third-party systems"));
    assert!(scope.elsewhere.is_empty());
    let scope = policy("meiro", None).scope();
    assert_eq!((scope.not_covered.len(), scope.covers.len()), (0, 1));
    let scope = policy("meteorage", None).scope();
    let elsewhere = scope.elsewhere.first().expect("another address");
    assert_eq!(elsewhere.title, "Commercial requests");
    assert_eq!(elsewhere.address, "commercial@meteorage.com");
    assert_eq!(policy("memsource", None).scope(), Scope::default());
}

#[test]
fn the_same_files_make_the_same_version_and_another_file_another() {
    let digest = |overlay| policy("m3ter", overlay).digest().to_owned();
    assert_eq!(digest(None), digest(None));
    assert_ne!(digest(None), digest(Some("m3ter-no-holidays")));
    assert_eq!(digest(None).len(), 64);
}

#[test]
fn a_version_that_is_kept_is_the_policy_that_it_was_made_from() {
    let library = Library::embedded();
    let document = library
        .document("meteorage", Some("meteorage-fr"))
        .expect("a document");
    let text = document.to_string();
    assert!(!text.contains("holidays/fr.toml"), "holidays are in it");
    let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let kept = Policy::from_document(&read).expect("a policy");
    assert_eq!(
        kept.digest(),
        policy("meteorage", Some("meteorage-fr")).digest()
    );
    // Keys are sorted in it, whatever features other crates turn on: digests stay the same.
    let keys: Vec<&String> = read.as_object().expect("an object").keys().collect();
    assert!(keys.is_sorted());
}
