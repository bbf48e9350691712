//! What is said of rows.

use super::*;

#[test]
fn a_row_names_only_what_there_is() {
    says(
        "category = \"bug\"",
        "category = \"bugs\"",
        "category = \"bugs\"",
        &["there is no category \"bugs\"", "did you mean \"bug\"?"],
    );
    says(
        "priority = \"P2\"",
        "priority = \"P3\"",
        "priority = \"P3\"",
        &[
            "targets[1].priority",
            "there is no priority \"P3\"",
            "known: \"P1\", \"P2\"",
        ],
    );
    says(
        "category = \"bug\"",
        "plan = \"golden\"",
        "plan = \"golden\"",
        &["there is no plan \"golden\"", "did you mean \"gold\"?"],
    );
    says(
        "clock = \"business\"",
        "clock = \"business\"\ncalendar = \"hour\"",
        "calendar = \"hour\"",
        &["there is no calendar \"hour\"", "did you mean \"hours\"?"],
    );
    says(
        "default_calendar = \"hours\"",
        "default_calendar = \"ours\"",
        "default_calendar = \"ours\"",
        &["there is no calendar \"ours\""],
    );
    says(
        "[received]\ncalendar = \"hours\"",
        "[received]\ncalendar = \"other\"",
        "calendar = \"other\"",
        &["received.calendar"],
    );
}

#[test]
fn a_row_that_can_never_match_is_told() {
    says(
        "category = \"bug\"\npriority = \"P1\"",
        "category = \"idea\"\npriority = \"P1\"",
        "category = \"idea\"",
        &["warning", "sla = false"],
    );
    says(
        "category = \"bug\"\npriority = \"P1\"\n",
        "",
        "[[targets]]",
        &["warning", "row 1 takes all its tickets"],
    );
    let by_receipt = GOOD
        .replace("[received]\ncalendar = \"hours\"\n", "")
        .replace(
            "priority = \"P1\"\n",
            "priority = \"P1\"\nreceived = \"inside\"\n",
        );
    assert!(said_of(&by_receipt).contains("nothing says which hours decide"));
}

#[test]
fn rows_that_take_all_tickets_together_are_told() {
    let both = "priority = \"P2\"\nreceived = \"inside\"\nwithin = { hours = 1 }\nclock = \"elapsed\"\n\
        [[targets]]\nmetric = \"first_response\"\npriority = \"P2\"\nreceived = \"outside\"\nwithin = { hours = 2 }\nclock = \"elapsed\"\n\
        [[targets]]\nmetric = \"first_response\"\npriority = \"P2\"";
    says(
        "priority = \"P2\"",
        both,
        "[[targets]]",
        &["warning", "earlier rows take all its tickets"],
    );
}

#[test]
fn business_hours_of_no_calendar_are_told() {
    says(
        "default_calendar = \"hours\"\n",
        "",
        "[[targets]]",
        &["warning", "no calendar for the plan \"gold\""],
    );
}
