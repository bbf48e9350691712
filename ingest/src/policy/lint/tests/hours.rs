//! What is said of windows, holidays and calendars.

use super::*;

#[test]
fn a_window_that_is_never_open_is_told() {
    says(
        "close = { time = \"02:00\", day = 1 }",
        "close = \"02:00\"",
        "close = \"02:00\"",
        &["warning", "never open", "day = 1"],
    );
    says(
        "days = [\"mon\"]",
        "days = []",
        "days = []",
        &["warning", "on no day"],
    );
}

#[test]
fn windows_that_overlap_are_told() {
    says(
        "open = \"18:00\"",
        "open = \"16:59\"",
        "open = \"16:59\"",
        &["warning", "overlaps window 1"],
    );
    assert_eq!(
        said("open = \"18:00\"", "open = \"17:00\""),
        "",
        "windows that meet are one"
    );
    says(
        "open = \"18:00\", close = { time = \"02:00\"",
        "open = \"18:00\", close = { time = \"10:00\"",
        "open = \"18:00\", close = { time = \"10:00\"",
        &["overlaps"],
    );
}

#[test]
fn a_set_of_holidays_that_nothing_lists_is_told() {
    says(
        "holidays = \"public\"",
        "holidays = \"publik\"",
        "holidays = \"publik\"",
        &["warning", "nothing lists", "did you mean \"public\"?"],
    );
    says(
        "dates = [\n  \"2027-12-25\",  # Sat Christmas\n]",
        "",
        "holidays = \"public\"",
        &["warning", "policy_incomplete", "dates = [] for none"],
    );
}

#[test]
fn holidays_that_end_soon_are_told_ninety_days_before() {
    says(
        "\"2027-12-25\"",
        "\"2027-02-19\"",
        "dates = [",
        &["warning", "the last holiday listed is 2027-02-19"],
    );
    assert_eq!(said("\"2027-12-25\"", "\"2027-02-20\""), "");
}

#[test]
fn a_calendar_without_hours_or_zone_is_told() {
    says(
        "zone = \"CET\"\n",
        "",
        "[calendars.hours]",
        &["warning", "no time zone", "policy_incomplete"],
    );
}

#[test]
fn a_holiday_file_is_checked_by_itself() {
    let library = Library::embedded();
    assert_eq!(
        library.check_holidays("holidays/fr.toml", date(2032, 9, 26)),
        []
    );
    let findings = library.check_holidays("holidays/fr.toml", date(2032, 9, 27));
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].severity, Severity::Warning);
    assert!(findings[0].line.is_some());
}
