//! What is said of overlays, and of what is part of the binary.

use super::*;

fn with_overlay(overlay: &str) -> Vec<String> {
    let library = Library::from_files([
        ("acme.toml".to_owned(), GOOD.to_owned()),
        ("overlays/vip.toml".to_owned(), overlay.to_owned()),
        (
            "holidays/de.toml".to_owned(),
            "dates = [\n  \"2027-13-01\",\n]\n".to_owned(),
        ),
    ]);
    let findings = library.check_overlay("vip", OCCASION);
    findings.iter().map(ToString::to_string).collect()
}

const HEAD: &str = "schema = \"cornerdesk.overlay/1\"\nextends = \"acme\"\nname = \"vip\"\nbasis = \"contract\"\nbecause = \"order form\"\n";

#[test]
fn faults_of_an_overlay_stand_at_its_lines() {
    let said = with_overlay(&format!(
        "{HEAD}[calendars.hours]\nzone = \"Europe/Berlyn\"\ncolour = 1\n"
    ));
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].starts_with("overlays/vip.toml:7: calendars.hours.zone"),
        "{said:?}"
    );
    assert!(
        said[1].starts_with("overlays/vip.toml:8: calendars.hours.colour"),
        "{said:?}"
    );
}

#[test]
fn faults_of_a_holiday_file_stand_at_its_lines() {
    let said = with_overlay(&format!(
        "{HEAD}[holidays.public]\nfile = \"holidays/de.toml\"\n"
    ));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("holidays/de.toml:2: "), "{said:?}");
    let said = with_overlay(&format!(
        "{HEAD}[holidays.public]\nfile = \"holidays/d.toml\"\n"
    ));
    assert!(
        said[0]
            .contains("there is no file \"holidays/d.toml\"; did you mean \"holidays/de.toml\"?"),
        "{said:?}"
    );
}

#[test]
fn an_overlay_says_to_which_policy_it_belongs() {
    assert!(with_overlay(&HEAD.replace("extends = \"acme\"\n", ""))[0].contains("says no policy"));
    let said = with_overlay(&HEAD.replace("acme", "acne"));
    assert!(said[0].starts_with("overlays/vip.toml:2: "), "{said:?}");
    assert!(said[0].contains("did you mean \"acme\"?"), "{said:?}");
    assert!(
        with_overlay(&HEAD.replace("contract", "guess"))[0].contains("there is no \"guess\" here")
    );
    assert_eq!(with_overlay(HEAD), [""; 0]);
}

#[test]
fn an_overlay_for_tests_is_refused_in_production_only() {
    let library = Library::embedded();
    let production = Occasion {
        production: true,
        ..OCCASION
    };
    assert!(is_unusable(&library.check(
        "m3ter",
        Some("m3ter-literal-cet"),
        production
    )));
    assert!(!is_unusable(&library.check(
        "m3ter",
        Some("m3ter-literal-cet"),
        OCCASION
    )));
    assert!(!is_unusable(&library.check(
        "m3ter",
        Some("m3ter-no-holidays"),
        production
    )));
}

#[test]
fn the_four_policies_have_no_fault_and_warn_of_what_their_documents_leave_open() {
    let library = Library::embedded();
    let said = |policy: &str, overlay: Option<&str>| {
        let findings = library.check(policy, overlay, OCCASION);
        findings
            .iter()
            .map(|finding| format!("{} {}", finding.line.unwrap_or(0), finding.key))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        said("m3ter", None),
        [
            "56 calendars.support_hours_gold.holidays",
            "46 calendars.support_hours_silver.holidays"
        ]
        .map(str::to_owned)
        .into_iter()
        .rev()
        .collect::<Vec<_>>()
    );
    assert_eq!(said("meteorage", None), ["15 calendars.business_hours"]);
    assert_eq!(said("meiro", None), ["19 calendars.business"]);
    assert_eq!(said("memsource", None), [""; 0]);
    for (policy, overlay) in [
        ("m3ter", "m3ter-no-holidays"),
        ("m3ter", "m3ter-test-holidays"),
        ("meteorage", "meteorage-fr"),
        ("meiro", "meiro-test-prague"),
        ("meiro", "meiro-test-berlin"),
    ] {
        assert_eq!(said(policy, Some(overlay)), [""; 0], "{overlay}");
    }
}
