//! What the author of a policy may not have meant (`SCHEMA.md`, "Linter").

mod hours;
mod rows;

use jiff::civil::Date;

use super::{
    Policy,
    fault::{Fault, KeyPath, Severity, nearest},
    library::Library,
    schema, shape,
};

/// How soon the end of a list of holidays is said.
const HOLIDAYS_AHEAD_DAYS: i64 = 90;

/// Under which circumstances a policy is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Occasion {
    /// The date.
    pub today: Date,
    /// Whether promises are made to people by it: invented contracts will not do.
    pub production: bool,
}

impl Library {
    /// Everything that is wrong with a policy and its overlay or may be: faults first, with file and line.
    #[must_use]
    pub fn check(&self, policy: &str, overlay: Option<&str>, occasion: Occasion) -> Vec<Fault> {
        let mut findings = match self.policy(policy, overlay) {
            Ok(policy) => warnings(&policy, occasion.today),
            Err(faults) => faults,
        };
        let basis = overlay.and_then(|name| self.basis(name));
        if occasion.production && basis.as_deref() == Some("test") {
            let meaning =
                "an overlay for tests: its figures are invented, and it is no promise to people";
            let hint = "write an overlay with basis = \"contract\" or \"assumption\"";
            findings.push(Fault::new(KeyPath::of(&["basis"]), meaning, hint));
        }
        let mut findings = self.locate(findings, policy, overlay);
        findings.sort_by(|a, b| {
            let place = |fault: &Fault| (fault.severity, fault.file.clone(), fault.line);
            place(a).cmp(&place(b))
        });
        findings
    }

    /// The same of an overlay by its name alone; the policy is the one that it extends.
    #[must_use]
    pub fn check_overlay(&self, name: &str, occasion: Occasion) -> Vec<Fault> {
        let path = format!("overlays/{name}.toml");
        let Some(source) = self.source(&path) else {
            return vec![Fault::new(
                KeyPath::default(),
                format!("there is no file \"{path}\""),
                "",
            )];
        };
        let key = KeyPath::of(&["extends"]);
        match self.extends(name) {
            Some(policy) if self.policies().any(|known| known == policy) => {
                self.check(&policy, Some(name), occasion)
            }
            Some(policy) => {
                let meaning = format!("there is no policy \"{policy}\"");
                let hint = nearest(&policy, self.policies());
                let line = source.line(&key);
                let fault = Fault::new(key, meaning, hint).at(&path, line);
                source.faults.iter().cloned().chain([fault]).collect()
            }
            None => {
                let meaning = "says no policy that it belongs to";
                let fault = Fault::new(key, meaning, "write extends = \"m3ter\", or such");
                source
                    .faults
                    .iter()
                    .cloned()
                    .chain([fault.at(&path, Some(1))])
                    .collect()
            }
        }
    }

    /// Everything that is wrong with a holiday file.
    #[must_use]
    pub fn check_holidays(&self, path: &str, today: Date) -> Vec<Fault> {
        let Some(source) = self.source(path) else {
            return vec![Fault::new(
                KeyPath::default(),
                format!("there is no file \"{path}\""),
                "",
            )];
        };
        let mut findings = source.faults.clone();
        findings.extend(shape::faults(&source.value, schema::HOLIDAYS));
        if findings.is_empty() {
            // The dates are read as those of a set of a policy.
            let document = serde_json::json!({
                "schema": "cornerdesk.policy/1",
                "policy": { "id": "holidays", "title": "holidays" },
                "calendars": { "holidays": { "kind": "weekly", "zone": "UTC", "windows": [], "holidays": "holidays" } },
                "holidays": { "holidays": { "dates": source.value["dates"] } },
            });
            let read = Policy::from_document(&document);
            findings.extend(match read {
                Ok(policy) => hours::holidays_that_end(&policy, today),
                Err(faults) => faults,
            });
        }
        let located = findings.into_iter().map(|mut fault| {
            if fault.file.is_none() {
                // In the file, the list stands at the top.
                if fault.key.0.len() > 2 {
                    fault.key.0.drain(..2);
                }
                let line = source
                    .line(&fault.key)
                    .or_else(|| source.line(&KeyPath::of(&["dates"])));
                fault = fault.at(path, line);
            }
            fault
        });
        located.collect()
    }
}

/// Whether findings keep a policy from being used.
#[must_use]
pub fn is_unusable(findings: &[Fault]) -> bool {
    findings
        .iter()
        .any(|fault| fault.severity == Severity::Fault)
}

fn warnings(policy: &Policy, today: Date) -> Vec<Fault> {
    let mut warnings = hours::incomplete(policy);
    warnings.extend(hours::windows(policy, today));
    warnings.extend(hours::holidays_that_end(policy, today));
    warnings.extend(rows::unreachable(policy));
    warnings.extend(rows::without_calendar(policy));
    warnings
}

#[cfg(test)]
mod tests;
