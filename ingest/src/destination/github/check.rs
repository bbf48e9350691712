//! What is wrong with the settings of a GitHub, each with the setting that mends it. Nothing is changed over there.

use serde::Deserialize;
use serde_json::Value;

use super::{Github, Settings, issue::Label};
use crate::destination::{
    Fault, Finding,
    tracker::{api::Ask, failed, fault, told::Comments, told_of},
};

/// Most pages of labels.
const MOST_PAGES: usize = 10;

#[derive(Deserialize)]
struct Repository {
    full_name: String,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    has_issues: bool,
    #[serde(default)]
    permissions: Permissions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Permissions {
    push: bool,
    triage: bool,
}

/// Everything that is found. Where one thing has to be right before the next can be looked at, the next is left out.
pub(super) async fn all(github: &Github) -> Vec<Finding> {
    let mut findings = Vec::new();
    github.api.memory.account.forget();
    if let Err(why) = away(github).await {
        let setting = match why.seen.status {
            Some(401 | 403) => "secrets.token",
            _ => "github.base_url",
        };
        findings.push(failed(setting, "GitHub is not reached", &why));
        return findings;
    }
    match github.account().await {
        Ok(account) => {
            let login = &account.login;
            findings.push(told_of(format!(
                "GitHub is reached, and the token is that of {login}."
            )));
        }
        Err(why) => {
            findings.push(failed("secrets.token", "the account", &why));
            return findings;
        }
    }
    match repository(github).await {
        Ok(found) => findings.extend(of_repository(&github.settings, &found)),
        Err(why) => {
            findings.push(failed("github.repository", "the repository", &why));
            return findings;
        }
    }
    match labels(github).await {
        Ok(found) => findings.extend(of_labels(&github.settings, &found)),
        Err(why) => findings.push(failed("secrets.token", "the labels", &why)),
    }
    if !github.may_post {
        findings.push(told_of(
            "There is no hook_secret, so GitHub cannot tell what changes: it is asked from time to time.",
        ));
    }
    findings
}

/// Costs nothing of the quota. A server of one's own has perhaps no quota at all.
async fn away(github: &Github) -> Result<(), Fault> {
    match github.api.ask::<Value>(Ask::get(&["rate_limit"])).await {
        Err(fault) if fault.seen.status != Some(404) => Err(fault),
        _ => Ok(()),
    }
}

async fn repository(github: &Github) -> Result<Repository, Fault> {
    let (owner, name) = github.repository()?;
    github.api.ask(Ask::get(&["repos", owner, name])).await
}

async fn labels(github: &Github) -> Result<Vec<String>, Fault> {
    let (owner, name) = github.repository()?;
    let path = ["repos", owner, name, "labels"];
    let (labels, _): (Vec<Label>, bool) = github.api.all(Ask::get(&path), MOST_PAGES).await?;
    Ok(labels.iter().map(|label| label.name().to_owned()).collect())
}

/// What of a repository does not fit. Pure.
fn of_repository(settings: &Settings, found: &Repository) -> Vec<Finding> {
    let name = &found.full_name;
    let who = if found.private { "private" } else { "public" };
    let mut findings = vec![told_of(format!("The repository is {name}, and {who}."))];
    if !name.eq_ignore_ascii_case(&settings.repository) {
        let words = format!("it is called {name} now");
        findings.push(fault("github.repository", words));
    }
    if found.archived {
        let words = "the repository is archived: nothing can be made there";
        findings.push(fault("github.repository", words));
    }
    if !found.has_issues {
        let words = "issues are turned off in the settings of the repository";
        findings.push(fault("github.repository", words));
    }
    let may_label = found.permissions.push || found.permissions.triage;
    if !may_label && settings.all_labels().next().is_some() {
        let words = "the account of the token may not label in this repository, and GitHub drops labels without a word: give it the role “Triage”, or name no labels";
        findings.push(fault("github.labels", words));
    }
    if !found.private {
        findings.extend(of_public(settings));
    }
    findings
}

/// What everybody will be able to read.
fn of_public(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (is_set, key, what) in [
        (
            settings.include_content,
            "include_content",
            "what requesters write",
        ),
        (
            settings.include_requester,
            "include_requester",
            "names and addresses of requesters",
        ),
        (
            settings.conversation,
            "conversation",
            "what requesters and staff say to each other",
        ),
        (settings.notes, "notes", "notes among staff"),
    ] {
        if is_set {
            let words = format!("everybody can read this repository, and with it {what}");
            findings.push(fault(format!("github.{key}"), words));
        }
    }
    if settings.comments == Comments::Reply {
        findings.push(told_of(
            "Comments of members and collaborators go to requesters; those of others are notes.",
        ));
    }
    findings
}

/// Labels that are not there. GitHub makes them with the first issue that has them. Pure.
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
        "The repository has no label “{missing}” yet; GitHub makes it with the first issue."
    ))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> Settings {
        toml::from_str(&format!("repository = \"acme/app\"\n{more}")).expect("settings")
    }

    fn repository(more: &str) -> Repository {
        let text = format!(
            "{{\"full_name\":\"acme/app\",\"private\":true,\"has_issues\":true,\"permissions\":{{\"push\":true}}{more}}}"
        );
        serde_json::from_str(&text).expect("a repository")
    }

    #[test]
    fn each_fault_of_a_repository_names_the_setting_that_mends_it() {
        let faults = |settings: &Settings, found: &Repository| {
            let found = of_repository(settings, found).into_iter();
            let faults = found.filter(|finding| finding.is_fault);
            faults.map(|finding| finding.setting).collect::<Vec<_>>()
        };
        assert!(faults(&settings(""), &repository("")).is_empty());
        let repository_is = |found: Repository| faults(&settings("labels = [\"a\"]"), &found);
        assert_eq!(
            repository_is(repository(",\"archived\":true")),
            ["github.repository"]
        );
        let mut other = repository("");
        other.has_issues = false;
        other.full_name = "acme/new".into();
        assert_eq!(
            repository_is(other),
            ["github.repository", "github.repository"]
        );
        let mut guest = repository("");
        guest.permissions = Permissions::default();
        assert!(faults(&settings(""), &guest).is_empty());
        assert_eq!(repository_is(guest), ["github.labels"]);
        let mut open = repository("");
        open.private = false;
        assert!(faults(&settings(""), &open).is_empty());
        let tells = settings("include_content = true\ninclude_requester = true");
        assert_eq!(
            faults(&tells, &open),
            ["github.include_content", "github.include_requester"]
        );
        assert!(faults(&tells, &repository("")).is_empty());
    }

    #[test]
    fn labels_that_are_not_there_are_said() {
        let settings =
            settings("labels = [\"Bug\"]\npriority_labels = { P1 = \"p1\", P2 = \"p1\" }");
        let found = of_labels(&settings, &["bug".to_owned()]);
        assert!(found.len() == 1 && found[0].words.contains("“p1”") && !found[0].is_fault);
    }
}
