//! What is wrong with the settings of a GitLab, each with the setting that mends it. Nothing is changed over there.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Gitlab, Settings};
use crate::destination::{
    Fault, Finding,
    tracker::{api::Ask, failed, fault, told_of},
};

/// Most pages of labels.
const MOST_PAGES: usize = 10;
/// The role that may label, and read and write what is internal.
const REPORTER: u64 = 20;
/// A token that ends sooner is told of.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    expires_at: Option<String>,
}

#[derive(Deserialize)]
struct Project {
    path_with_namespace: String,
    #[serde(default)]
    visibility: String,
    #[serde(default)]
    archived: bool,
    #[serde(default = "yes")]
    issues_enabled: bool,
    #[serde(default)]
    permissions: Permissions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Permissions {
    project_access: Option<Access>,
    group_access: Option<Access>,
}

#[derive(Deserialize)]
struct Access {
    access_level: u64,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

const fn yes() -> bool {
    true
}

/// Everything that is found. Where one thing has to be right before the next can be looked at, the next is left out.
pub(super) async fn all(gitlab: &Gitlab) -> Vec<Finding> {
    let mut findings = Vec::new();
    gitlab.api.memory.account.forget();
    match gitlab.account().await {
        Ok(account) => {
            let login = &account.login;
            findings.push(told_of(format!(
                "GitLab is reached, and the token is that of {login}."
            )));
        }
        Err(why) => {
            let setting = match why.seen.status {
                Some(401 | 403) => "secrets.token",
                _ => "gitlab.base_url",
            };
            findings.push(failed(setting, "GitLab is not reached", &why));
            return findings;
        }
    }
    // An older GitLab does not say.
    let path = ["personal_access_tokens", "self"];
    if let Ok(token) = gitlab.api.ask::<Token>(Ask::get(&path)).await {
        findings.extend(of_token(&token, gitlab.api.clock.now()));
    }
    let project = gitlab.settings.project.as_str();
    match gitlab
        .api
        .ask::<Project>(Ask::get(&["projects", project]))
        .await
    {
        Ok(found) => findings.extend(of_project(&gitlab.settings, &found)),
        Err(why) => {
            findings.push(failed("gitlab.project", "the project", &why));
            return findings;
        }
    }
    match labels(gitlab).await {
        Ok(found) => findings.extend(of_labels(&gitlab.settings, &found)),
        Err(why) => findings.push(failed("secrets.token", "the labels", &why)),
    }
    if !gitlab.may_post {
        findings.push(told_of(
            "There is no hook_secret, so GitLab cannot tell what changes: it is asked from time to time.",
        ));
    }
    findings
}

async fn labels(gitlab: &Gitlab) -> Result<Vec<String>, Fault> {
    let path = ["projects", gitlab.settings.project.as_str(), "labels"];
    let (labels, _): (Vec<Label>, bool) = gitlab.api.all(Ask::get(&path), MOST_PAGES).await?;
    Ok(labels.into_iter().map(|label| label.name).collect())
}

/// What of a token does not fit. Pure.
fn of_token(token: &Token, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !token.scopes.iter().any(|scope| scope == "api") {
        let scopes = token.scopes.join(", ");
        findings.push(fault(
            "secrets.token",
            format!("the token needs the scope “api”; it has “{scopes}”"),
        ));
    }
    let ends = token.expires_at.as_deref();
    let at = ends.and_then(|day| format!("{day}T00:00:00Z").parse::<Timestamp>().ok());
    if let (Some(day), Some(at)) = (ends, at)
        && at.duration_since(now) < SOON
    {
        findings.push(told_of(format!("The token ends on {day}.")));
    }
    findings
}

/// What of a project does not fit. Pure.
fn of_project(settings: &Settings, found: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    if found.archived {
        let words = "the project is archived: nothing can be made there";
        findings.push(fault("gitlab.project", words));
    }
    if !found.issues_enabled {
        let words = "issues are turned off in the settings of the project";
        findings.push(fault("gitlab.project", words));
    }
    let Permissions {
        project_access,
        group_access,
    } = &found.permissions;
    let levels = [project_access, group_access].into_iter().flatten();
    // Somebody who is a member in another way, such as an administrator, has no level here.
    let level = levels.map(|access| access.access_level).max();
    if level.is_some_and(|level| level < REPORTER) {
        let words = "the account of the token is no Reporter of the project: it may neither label nor write what is internal";
        findings.push(fault("secrets.token", words));
    }
    let name = &found.path_with_namespace;
    findings.push(told_of(format!(
        "The project is {name}, and {}.",
        found.visibility
    )));
    if found.visibility != "private" && !settings.confidential {
        for (is_set, key) in [
            (settings.include_content, "include_content"),
            (settings.include_requester, "include_requester"),
        ] {
            if is_set {
                let words = format!(
                    "everybody can read issues of this project, and with {key} what requesters would not show everybody"
                );
                findings.push(fault("gitlab.confidential", words));
            }
        }
    }
    findings
}

/// Labels that are not there. GitLab makes them with the first issue that has them. Pure.
fn of_labels(settings: &Settings, found: &[String]) -> Vec<Finding> {
    let mut missing: Vec<&str> = Vec::new();
    for label in settings.all_labels() {
        let is_there = found.iter().any(|one| one.eq_ignore_ascii_case(label));
        if !is_there && !missing.contains(&label) {
            missing.push(label);
        }
    }
    if missing.is_empty() {
        return Vec::new();
    }
    let missing = missing.join("”, “");
    vec![told_of(format!(
        "The project has no label “{missing}” yet; GitLab makes it with the first issue."
    ))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> Settings {
        toml::from_str(&format!("project = \"acme/app\"\n{more}")).expect("settings")
    }

    fn project(more: &str) -> Project {
        let text = format!(
            "{{\"path_with_namespace\":\"acme/app\",\"permissions\":{{\"project_access\":{{\"access_level\":20}},\"group_access\":null}}{more}}}"
        );
        serde_json::from_str(&text).expect("a project")
    }

    fn faults(findings: Vec<Finding>) -> Vec<String> {
        let faults = findings.into_iter().filter(|finding| finding.is_fault);
        faults.map(|finding| finding.setting).collect()
    }

    #[test]
    fn each_fault_of_a_project_names_the_setting_that_mends_it() {
        let public = ",\"visibility\":\"public\"";
        for (more, of_project_, expected) in [
            ("", "", &[][..]),
            (
                "",
                ",\"archived\":true,\"issues_enabled\":false",
                &["gitlab.project", "gitlab.project"][..],
            ),
            ("include_content = true", public, &[][..]),
            (
                "include_content = true\nconfidential = false",
                public,
                &["gitlab.confidential"][..],
            ),
            ("confidential = false", public, &[][..]),
        ] {
            let found = faults(of_project(&settings(more), &project(of_project_)));
            assert_eq!(found, expected, "{more} {of_project_}");
        }
        let mut guest = project("");
        guest.permissions.project_access = Some(Access { access_level: 10 });
        assert_eq!(faults(of_project(&settings(""), &guest)), ["secrets.token"]);
        guest.permissions.group_access = Some(Access { access_level: 40 });
        assert!(faults(of_project(&settings(""), &guest)).is_empty());
    }

    #[test]
    fn a_token_without_its_scope_is_a_fault_and_one_that_ends_is_told_of() {
        let now = "2026-11-23T08:00:00Z".parse().unwrap();
        let token = |scope: &str, ends: Option<&str>| Token {
            scopes: vec![scope.to_owned()],
            expires_at: ends.map(str::to_owned),
        };
        assert!(of_token(&token("api", Some("2027-11-23")), now).is_empty());
        assert_eq!(
            faults(of_token(&token("read_api", None), now)),
            ["secrets.token"]
        );
        let found = of_token(&token("api", Some("2026-11-30")), now);
        assert!(found.len() == 1 && !found[0].is_fault && found[0].words.contains("2026-11-30"));
    }
}
