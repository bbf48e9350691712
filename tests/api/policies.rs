//! The commands for policy files, as an operator types them.

use std::{fs, path::Path};

use cornerdesk_tests::{Database, Service, service::Setup};
use serde_json::Value;

const POLICIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies");
const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/sla.json");

fn prepared() -> Service {
    Service::prepare(&Setup::new(Database::Sqlite))
}

/// What a command printed, and whether it succeeded.
fn ran(service: &Service, arguments: &[&str]) -> (bool, String) {
    let output = service.try_command(arguments, "");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    (output.status.success(), said)
}

#[tokio::test]
async fn every_vector_is_reproduced_by_the_command() {
    let service = prepared();
    let (succeeded, said) = ran(
        &service,
        &["policy", "eval", "--policies", POLICIES, VECTORS],
    );
    assert!(succeeded);
    let answers: Value = serde_json::from_str(&said).expect("JSON");
    let file = fs::read_to_string(VECTORS).expect("the vectors");
    let file: Value = serde_json::from_str(&file).expect("JSON");
    let vectors = file["vectors"].as_array().expect("vectors");
    assert_eq!(vectors.len(), 1312);
    for vector in vectors {
        let id = vector["id"].as_str().expect("an id");
        assert_eq!(answers[id], vector["expected"], "{id}");
    }
}

#[tokio::test]
async fn the_policies_of_the_project_pass_the_check() {
    let service = prepared();
    let files = [
        "m3ter.toml",
        "overlays/meteorage-fr.toml",
        "holidays/fr.toml",
    ];
    let files: Vec<String> = files
        .iter()
        .map(|file| format!("{POLICIES}/{file}"))
        .collect();
    let mut arguments = vec!["policy", "check"];
    arguments.extend(files.iter().map(String::as_str));
    let (succeeded, said) = ran(&service, &arguments);
    assert!(succeeded, "{said}");
    assert!(
        said.contains("m3ter.toml:46: warning: calendars.support_hours_silver.holidays"),
        "{said}"
    );
    assert!(said.ends_with("good, with 2 warnings\n"), "{said}");
}

/// A folder with a policy of one's own and an overlay of one that is built in.
fn own_folder(at: &Path) {
    fs::create_dir_all(at.join("overlays")).expect("a folder");
    let broken = "schema = \"cornerdesk.policy/1\"\n[policy]\nid = \"own\"\ntitel = \"Own\"\n[calendars.hours]\nkind = \"weekly\"\nzone = \"Europe/Berlyn\"\nwindows = []\n";
    fs::write(at.join("own.toml"), broken).expect("a file");
    let overlay = "schema = \"cornerdesk.overlay/1\"\nextends = \"m3ter\"\nname = \"acme\"\nbasis = \"test\"\nbecause = \"order form\"\n[holidays.selected]\nfile = \"holidays/fr.toml\"\n";
    fs::write(at.join("overlays/acme.toml"), overlay).expect("a file");
}

#[tokio::test]
async fn a_broken_policy_fails_the_check_with_every_line() {
    let service = prepared();
    let folder = service.data_folder().join("policies");
    own_folder(&folder);
    let own = folder.join("own.toml").display().to_string();
    let (succeeded, said) = ran(&service, &["policy", "check", &own]);
    assert!(!succeeded);
    for words in [
        "own.toml:2: policy: \"title\" is missing",
        "own.toml:4: policy.titel",
        "own.toml:7: calendars.hours.zone",
        "did you mean \"Europe/Berlin\"?",
        "3 faults",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let (succeeded, said) = ran(&service, &["policy", "check", "--json", &own]);
    assert!(!succeeded);
    let findings: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(findings.as_array().map(Vec::len), Some(3));
    assert_eq!(findings[0]["severity"], "fault");
    assert_eq!(findings[2]["line"], 7);
}

#[tokio::test]
async fn an_overlay_of_a_built_in_policy_needs_no_copy_of_it() {
    let service = prepared();
    let folder = service.data_folder().join("policies");
    own_folder(&folder);
    let overlay = folder.join("overlays/acme.toml").display().to_string();
    let (succeeded, said) = ran(&service, &["policy", "check", &overlay]);
    assert!(succeeded && said == "good\n", "{said}");
    let (succeeded, said) = ran(&service, &["policy", "check", "--production", &overlay]);
    assert!(!succeeded && said.contains("acme.toml:4: basis"), "{said}");
}

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1@test\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:May Day\r\nDTSTART;VALUE=DATE:20200501\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2@test\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Daylight Saving Time starts\r\nDTSTART;VALUE=DATE:20270328\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[tokio::test]
async fn an_import_of_holidays_writes_nothing_before_it_is_accepted() {
    let service = prepared();
    let folder = service.data_folder();
    fs::create_dir_all(&folder).expect("a folder");
    let (file, set) = (folder.join("may.ics"), folder.join("may.toml"));
    fs::write(&file, CALENDAR).expect("a file");
    let old = "# Ours.\n\ndates = [\n  \"2026-05-02\",  # Sat Wrong\n]\n";
    fs::write(&set, old).expect("a file");
    let (file, name) = (file.display().to_string(), set.display().to_string());
    let mut arguments = vec![
        "policy", "holidays", "import", &file, "--set", &name, "--from", "2026", "--to", "2027",
    ];
    let (succeeded, said) = ran(&service, &arguments);
    assert!(succeeded);
    for words in [
        "left out: Daylight Saving Time starts",
        "+ 2026-05-01 Fri May Day",
        "- 2026-05-02 Sat Wrong",
        "+ 2027-05-01 Sat May Day",
        "nothing was written",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    assert_eq!(fs::read_to_string(&set).expect("the list"), old);
    arguments.push("--accept");
    assert!(ran(&service, &arguments).0);
    let new = "# Ours.\n\ndates = [\n  \"2026-05-01\",  # Fri May Day\n  \"2027-05-01\",  # Sat May Day\n]\n";
    assert_eq!(fs::read_to_string(&set).expect("the list"), new);
    assert!(ran(&service, &arguments).1.contains("nothing changes"));
}
