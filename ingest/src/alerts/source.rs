//! The monitoring systems of a site: how an operator names them, and how their tokens are read.
//!
//! A token stands in the environment or in a file, never in the configuration or the database, so that no copy of those can send alarms.

use std::collections::{BTreeMap, HashSet};

use aws_lc_rs::constant_time;
use cornerdesk_shared::{limits::Limits, validation::validate_email};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::grants::product::secret_of;

/// Fewest octets of a token.
const TOKEN_LEAST_OCTETS: usize = 32;
/// Longest name of a monitoring system.
const NAME_MOST_OCTETS: usize = 64;

/// A monitoring system as an operator writes it down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertsConfig {
    /// Its name, which staff read.
    pub name: String,
    /// The environment variable that holds its token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_env: Option<String>,
    /// The file that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<String>,
    /// Category of its tickets: key of a category of the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Priority of its tickets by the severity that it says: keys of priorities of the policy.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub priority_by_severity: BTreeMap<String, String>,
    /// Who stands as the requester of its tickets and gets their acknowledgements; nobody where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl AlertsConfig {
    /// The priority for a severity, however that is written.
    #[must_use]
    pub fn priority_of(&self, severity: Option<&str>) -> Option<&str> {
        let severity = severity?;
        let mut known = self.priority_by_severity.iter();
        let (_, priority) = known.find(|(known, _)| known.eq_ignore_ascii_case(severity))?;
        Some(priority)
    }
}

/// What is wrong with the monitoring systems of a site as they are written down, without reading any token.
#[must_use]
pub fn faults(sources: &[AlertsConfig], has_policy: bool) -> Vec<String> {
    let (mut faults, mut names) = (Vec::new(), HashSet::new());
    for source in sources {
        let name = &source.name;
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if name.is_empty() || name.len() > NAME_MOST_OCTETS || !name.bytes().all(is_name) {
            faults.push(format!(
                "alerts, name \"{name}\": 1 to {NAME_MOST_OCTETS} letters, digits, \"-\", \"_\" or \".\""
            ));
        }
        if !names.insert(name) {
            faults.push(format!("alerts: the name \"{name}\" stands twice"));
        }
        if source.token_env.is_some() == source.token_file.is_some() {
            faults.push(format!(
                "alerts, \"{name}\": exactly one of token_env and token_file"
            ));
        }
        let has_terms = source.category.is_some() || !source.priority_by_severity.is_empty();
        if has_terms && !has_policy {
            faults.push(format!(
                "alerts, \"{name}\": category and priority_by_severity need policy, which they are about"
            ));
        }
        if let Some(email) = &source.email
            && validate_email(email, &Limits::default()).is_some()
        {
            faults.push(format!(
                "alerts, \"{name}\": email \"{email}\": an address such as \"on-call@acme.example\""
            ));
        }
    }
    faults
}

/// Reads every token of a site, for whoever checks a configuration.
///
/// # Errors
/// Every fault, one sentence each, without anything of a token.
pub fn check(
    sources: &[AlertsConfig],
    environment: impl Fn(&str) -> Option<String>,
) -> Result<(), Vec<String>> {
    let (mut faults, mut digests) = (Vec::new(), HashSet::new());
    for source in sources {
        match digest_of(source, &environment) {
            Ok(digest) if !digests.insert(digest) => faults.push(format!(
                "alerts, \"{}\": its token is another one's, too",
                source.name
            )),
            Ok(_) => {}
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

/// Whose token this is; nothing where it is nobody's. Tokens are read whenever one comes, so that a changed file counts at once, and all are compared, each
/// in a time that says nothing of it.
///
/// # Errors
/// When it is nobody's whose token could be read, and some could not: one sentence each.
pub fn find<'a>(
    sources: &'a [AlertsConfig],
    token: &str,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Option<&'a AlertsConfig>, Vec<String>> {
    let given: [u8; 32] = Sha256::digest(token).into();
    let (mut found, mut faults) = (None, Vec::new());
    for source in sources {
        match digest_of(source, &environment) {
            Ok(own) if constant_time::verify_slices_are_equal(&own, &given).is_ok() => {
                found = Some(source);
            }
            Ok(_) => {}
            Err(fault) => faults.push(fault),
        }
    }
    match found {
        None if !faults.is_empty() => Err(faults),
        found => Ok(found),
    }
}

fn digest_of(
    source: &AlertsConfig,
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<[u8; 32], String> {
    let named = |fault: String| format!("alerts, \"{}\": {fault}", source.name);
    let token = secret_of(
        "token",
        (&source.token_env, &source.token_file),
        environment,
    );
    let token = token.map_err(named)?.unwrap_or_default();
    let token = token.trim();
    if token.len() < TOKEN_LEAST_OCTETS {
        return Err(named(format!(
            "the token has {} octets; at least {TOKEN_LEAST_OCTETS} are needed, such as from `openssl rand -hex 32`",
            token.len()
        )));
    }
    Ok(Sha256::digest(token).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "0123456789abcdef0123456789abcdef";
    const OTHER: &str = "fedcba9876543210fedcba9876543210";

    fn source(name: &str, variable: &str) -> AlertsConfig {
        AlertsConfig {
            name: name.to_owned(),
            token_env: Some(variable.to_owned()),
            ..AlertsConfig::default()
        }
    }

    fn environment(name: &str) -> Option<String> {
        match name {
            "GOOD" => Some(format!("{GOOD}\n")),
            "OTHER" => Some(OTHER.to_owned()),
            "SHORT" => Some("short".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn a_token_says_which_monitoring_system_it_is_and_one_that_cannot_be_read_stops_no_other() {
        let sources = [
            source("gone", "GONE"),
            source("one", "GOOD"),
            source("two", "OTHER"),
        ];
        let named = |token| {
            find(&sources, token, environment).map(|found| found.map(|one| one.name.as_str()))
        };
        assert_eq!(named(GOOD), Ok(Some("one")));
        assert_eq!(named(OTHER), Ok(Some("two")));
        assert!(named("").is_err() && named("x").is_err());
        assert_eq!(find(&sources[1..], "", environment), Ok(None));
    }

    #[test]
    fn tokens_that_can_be_guessed_or_that_two_have_are_faults() {
        let faults = check(
            &[
                source("a", "GOOD"),
                source("b", "GOOD"),
                source("c", "SHORT"),
                source("d", "GONE"),
            ],
            environment,
        );
        let faults = faults.unwrap_err();
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(!faults.concat().contains(GOOD));
    }

    #[test]
    fn every_fault_of_a_monitoring_system_is_told_at_once() {
        let wrong = AlertsConfig {
            name: "a b".to_owned(),
            category: Some("incident".to_owned()),
            email: Some("nobody".to_owned()),
            ..AlertsConfig::default()
        };
        assert_eq!(faults(std::slice::from_ref(&wrong), false).len(), 4);
        assert_eq!(faults(&[source("a", "X"), source("a", "Y")], true).len(), 1);
    }

    #[test]
    fn a_severity_is_found_however_it_is_written() {
        let mut source = source("a", "GOOD");
        let by_severity = [("critical".to_owned(), "S1".to_owned())];
        source.priority_by_severity = by_severity.into();
        assert_eq!(source.priority_of(Some("Critical")), Some("S1"));
        assert_eq!(source.priority_of(Some("warning")), None);
        assert_eq!(source.priority_of(None), None);
    }
}
