//! What a configuration may say, and what is said of a bad one.

use super::*;

fn load(text: &str) -> Result<Config, ConfigError> {
    let config = Config::from_text(text)?;
    let faults = config.faults();
    if faults.is_empty() {
        Ok(config)
    } else {
        Err(ConfigError(faults))
    }
}

#[test]
fn the_defaults_lack_nothing_but_a_mail_transport() {
    let ConfigError(faults) = load("").unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("mail.transport"), "{faults:?}");
}

#[test]
fn the_default_limits_are_the_ones_of_the_panel() {
    assert_eq!(
        load("mail.transport = \"file\"").unwrap().limits,
        Limits::default()
    );
}

#[test]
fn the_documentation_holds_the_defaults_word_for_word() {
    let page = include_str!("../../../docs/configuration.md");
    let block = page
        .rsplit_once("```toml\n")
        .and_then(|(_, rest)| rest.split_once("```"))
        .unwrap()
        .0;
    assert_eq!(block.trim(), DEFAULTS.trim());
}

#[test]
fn the_example_of_the_documentation_is_good() {
    let page = include_str!("../../../docs/configuration.md");
    let block = page
        .split_once("```toml\n")
        .and_then(|(_, rest)| rest.split_once("```"))
        .unwrap()
        .0;
    let config = load(block).unwrap();
    assert_eq!(config.sites.len(), 1);
}

#[test]
fn an_unknown_key_is_refused_by_name() {
    let fault = load("[mail]\ntransprot = \"file\"")
        .unwrap_err()
        .to_string();
    assert!(fault.contains("transprot"), "{fault}");
}

#[test]
fn anything_but_full_is_refused_with_the_reason() {
    let fault = load("mail.transport = \"file\"\ndatabase.synchronous = \"normal\"")
        .unwrap_err()
        .to_string();
    assert!(fault.contains("power cut"), "{fault}");
}

#[test]
fn every_fault_is_said_at_once() {
    let text = "[outbox]\nworkers = 0\n[log]\nformat = \"xml\"\n[[sites]]\nkey = \"a\"\nname = \"A\"\nallowed_origins = [\"*\"]";
    let ConfigError(faults) = load(text).unwrap_err();
    assert_eq!(faults.len(), 4, "{faults:?}");
}

#[test]
fn what_would_fail_silently_is_refused() {
    let smtp = "[mail]\ntransport = \"smtp\"\nfrom = \"a@b.example\"\nsmtp_url = ";
    let cases = [
        ("log.level = \"inof\"".to_owned(), "log.level"),
        ("log.level = \"\"".to_owned(), "log.level"),
        ("server.public_url = \"self\"".to_owned(), "public_url"),
        (
            "server.public_url = \"https://*.acme.example\"".to_owned(),
            "public_url",
        ),
        (
            "database.url = \"postgres://h:x/d\"".to_owned(),
            "database.url",
        ),
        ("desk.session_hours = 0".to_owned(), "session_hours"),
        ("status.link_days = 0".to_owned(), "link_days"),
        (format!("{smtp}\"nonsense\""), "smtp_url"),
        (format!("{smtp}\"smtp://a:b@mail.example\""), "unencrypted"),
        (
            "[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtp://localhost\"".to_owned(),
            "mail.from",
        ),
    ];
    for (text, key) in cases {
        let fault = load(&text).unwrap_err().to_string();
        assert!(fault.contains(key), "{text}: {fault}");
    }
    assert!(
        load(&format!(
            "{smtp}\"smtp://a:b@mail.example:587?tls=required\""
        ))
        .is_ok()
    );
}

/// The mail server has its time twice: before the mail, and for it.
#[test]
fn an_attempt_outlasts_a_conversation_with_the_mail_server() {
    let with = |attempt_most_ms| {
        load(&format!(
            "mail = {{ transport = \"file\", timeout_ms = 1000 }}\noutbox.attempt_most_ms = {attempt_most_ms}"
        ))
    };
    let fault = with(2000).unwrap_err().to_string();
    assert!(fault.contains("twice mail.timeout_ms"), "{fault}");
    assert!(with(2001).is_ok());
}

#[test]
fn a_fault_of_the_text_names_its_line_and_not_its_password() {
    let text = "[log]\nlevel = \"info\"\n[database]\nurl = \"postgres://u:hunter2@h/db";
    let fault = load(text).unwrap_err().to_string();
    assert!(
        fault.contains("line 4") && !fault.contains("hunter2"),
        "{fault}"
    );
}

#[test]
fn a_server_that_could_serve_nobody_is_refused() {
    let text = "[mail]\ntransport = \"file\"\n[server]\nhead_ms = 0\nconnections = 10";
    let ConfigError(faults) = load(text).unwrap_err();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].starts_with("server.connections:"), "{faults:?}");
    assert!(faults[1].starts_with("server.head_ms:"), "{faults:?}");
}

#[test]
fn a_secret_is_never_printed() {
    let config =
        load("[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtp://a:hunter2@b?tls=required\"\nfrom = \"a@b.example\"").unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}
