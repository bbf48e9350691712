mod hours;
mod overlays;
mod rows;

use jiff::civil::date;

use super::*;

/// A policy that is good, and whose lines the tests replace.
const GOOD: &str = r#"schema = "cornerdesk.policy/1"
default_calendar = "hours"
[policy]
id = "acme"
title = "Acme"
[zones.CET]
tz = "Europe/Berlin"
[plans.gold]
title = "Gold"
aliases = ["Pro"]
[calendars.hours]
kind = "weekly"
zone = "CET"
holidays = "public"
windows = [
  { days = ["mon", "tue"], open = "09:00", close = "17:00" },
  { days = ["mon"], open = "18:00", close = { time = "02:00", day = 1 } },
]
[holidays.public]
dates = [
  "2027-12-25",  # Sat Christmas
]
[received]
calendar = "hours"
[categories.bug]
title = "Bug"
[categories.idea]
title = "Idea"
sla = false
[priorities.P1]
title = "One"
rank = 1
[priorities.P2]
title = "Two"
rank = 2
[[targets]]
metric = "first_response"
category = "bug"
priority = "P1"
within = { hours = 1 }
clock = "elapsed"
[[targets]]
metric = "first_response"
priority = "P2"
within = { business_days = 1 }
clock = "business"
"#;

const OCCASION: Occasion = Occasion {
    today: date(2026, 11, 22),
    production: false,
};

fn library(policy: &str) -> Library {
    Library::from_files([("acme.toml".to_owned(), policy.to_owned())])
}

/// What is said of the good policy with one of its lines replaced, one finding a line.
fn said(line: &str, instead: &str) -> String {
    assert_eq!(GOOD.matches(line).count(), 1, "{line}");
    said_of(&GOOD.replace(line, instead))
}

fn said_of(policy: &str) -> String {
    let findings = library(policy).check("acme", None, OCCASION);
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// Asserts that one finding is said, that the line it names holds `at`, and that it contains these words.
fn says(line: &str, instead: &str, at: &str, words: &[&str]) {
    let said = said(line, instead);
    assert_eq!(said.lines().count(), 1, "{said}");
    let number = said
        .split(':')
        .nth(1)
        .and_then(|number| number.parse::<usize>().ok());
    let policy = GOOD.replace(line, instead);
    let named = policy.lines().nth(number.expect("a line") - 1);
    assert!(
        named.is_some_and(|named| named.contains(at)),
        "{at}\n{said}"
    );
    for words in words {
        assert!(said.contains(words), "{words}\n{said}");
    }
}

#[test]
fn a_good_policy_has_no_finding() {
    assert_eq!(said_of(GOOD), "");
}

#[test]
fn an_unknown_key_is_told_with_the_nearest_one() {
    says(
        "sla = false",
        "slaa = false",
        "slaa = false",
        &[
            "categories.idea.slaa: there is no such key",
            "did you mean \"sla\"?",
        ],
    );
}

#[test]
fn a_zone_is_a_label_or_known_to_the_time_zone_database() {
    says(
        "tz = \"Europe/Berlin\"",
        "tz = \"Europe/Berlyn\"",
        "tz = \"Europe/Berlyn\"",
        &[
            "there is no time zone \"Europe/Berlyn\"",
            "did you mean \"Europe/Berlin\"?",
        ],
    );
    says(
        "zone = \"CET\"",
        "zone = \"Europe/Praha\"",
        "zone = \"Europe/Praha\"",
        &[
            "there is no time zone \"Europe/Praha\"",
            "did you mean \"Europe/Prague\"?",
        ],
    );
}

#[test]
fn a_duration_has_exactly_one_unit() {
    says(
        "within = { hours = 1 }",
        "within = {}",
        "within = {}",
        &["says no duration", "business_days"],
    );
    says(
        "within = { hours = 1 }",
        "within = { hours = 1, minutes = 5 }",
        "within = { hours = 1, minutes = 5 }",
        &["says both minutes and hours"],
    );
    says(
        "within = { hours = 1 }",
        "within = { days = 1 }",
        "within = { days = 1 }",
        &["there is no such key", "business_days"],
    );
    says(
        "within = { hours = 1 }",
        "within = { hours = 0 }",
        "within = { hours = 0 }",
        &["not between 1 and three years"],
    );
    says(
        "within = { hours = 1 }",
        "within = { hours = 9223372036854775807 }",
        "within = { hours = 9223372036854775807 }",
        &["not between"],
    );
}

#[test]
fn values_have_the_type_that_is_expected() {
    says(
        "sla = false",
        "sla = \"no\"",
        "sla = \"no\"",
        &["is a text, and must be true or false"],
    );
    says(
        "rank = 2",
        "rank = 2.5",
        "rank = 2.5",
        &["is a number, and must be a whole number"],
    );
    says(
        "aliases = [\"Pro\"]",
        "aliases = \"Pro\"",
        "aliases = \"Pro\"",
        &["must be a list of texts"],
    );
    says(
        "kind = \"weekly\"",
        "kind = \"monthly\"",
        "kind = \"monthly\"",
        &[
            "there is no \"monthly\" here",
            "known: \"always\", \"weekly\"",
        ],
    );
    says(
        "clock = \"elapsed\"",
        "clock = 5",
        "clock = 5",
        &["must be a text"],
    );
}

#[test]
fn what_is_required_is_told_at_its_table() {
    says(
        "title = \"Bug\"\n",
        "",
        "[categories.bug]",
        &["\"title\" is missing", "write title ="],
    );
}

#[test]
fn times_and_dates_and_days_can_be_read() {
    says(
        "open = \"09:00\"",
        "open = \"9:00\"",
        "open = \"9:00\"",
        &["\"9:00\" is no time of day", "\"09:00\""],
    );
    says(
        "close = \"17:00\"",
        "close = \"24:01\"",
        "close = \"24:01\"",
        &["is no time of day"],
    );
    says("day = 1 }", "day = 2 }", "day = 2 }", &["neither 0 nor 1"]);
    says(
        "[\"mon\", \"tue\"]",
        "[\"mon\", \"tues\"]",
        "[\"mon\", \"tues\"]",
        &["there is no day \"tues\""],
    );
    says(
        "\"2027-12-25\"",
        "\"2027-02-29\"",
        "2027-02-29",
        &["is no date"],
    );
    says(
        "\"2027-12-25\",",
        "\"2027-12-25\",\n  \"2027-12-25\",",
        "2027-12-25",
        &["stands here twice"],
    );
}

#[test]
fn ranks_and_names_of_plans_are_not_shared() {
    says(
        "rank = 2",
        "rank = 1",
        "rank = 1",
        &["\"P1\" has the same rank"],
    );
    says(
        "aliases = [\"Pro\"]",
        "aliases = [\"Pro\"]\n[plans.pro]\ntitle = \"Something\"",
        "[plans.pro]",
        &["\"pro\" is already a name of the plan \"gold\""],
    );
}

#[test]
fn everything_is_told_at_once() {
    let broken = GOOD
        .replace("sla = false", "slaa = false")
        .replace("within = { hours = 1 }", "")
        .replace("zone = \"CET\"", "zone = \"CETT\"")
        .replace("priority = \"P2\"", "priority = 2")
        .replace("\"09:00\"", "\"late\"");
    let said = said_of(&broken);
    let lines: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split(':').nth(1))
        .collect();
    assert_eq!(lines, ["13", "16", "29", "36", "44"], "{said}");
}

#[test]
fn text_that_is_no_toml_is_told_with_its_line() {
    let said = said("rank = 2", "rank = = 2");
    assert!(said.starts_with("acme.toml:35: is no TOML"), "{said}");
}

#[test]
fn the_name_of_a_file_is_the_id() {
    says(
        "id = \"acme\"",
        "id = \"other\"",
        "id = \"other\"",
        &["policy.id", "acme.toml"],
    );
}
