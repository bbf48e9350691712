//! What is wrong with the settings of a Jira, each with the setting that mends it. Nothing is changed over there.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    build,
    client::{Ask, Jira},
    read::{Desk, Form, RequestType},
    settings::{Flavour, Settings},
};
use crate::destination::{Fault, Finding};

/// No ticket has this reference: its check symbol is wrong.
const NOBODYS_MARKER: &str = "CD-0000-0001";
/// What the account has to be allowed in the project of the desk.
const PERMISSIONS: [(&str, &str); 6] = [
    ("BROWSE_PROJECTS", "see the project"),
    ("CREATE_ISSUES", "make requests"),
    ("ADD_COMMENTS", "write comments"),
    ("CREATE_ATTACHMENTS", "attach files"),
    ("EDIT_ISSUES", "set a priority"),
    ("TRANSITION_ISSUES", "set a status"),
];
/// What we fill in ourselves.
const FILLED: [&str; 4] = ["summary", "description", "priority", "attachment"];

fn fault(setting: impl Into<String>, words: impl Into<String>) -> Finding {
    Finding {
        setting: setting.into(),
        words: words.into(),
        is_fault: true,
    }
}

fn told(words: impl Into<String>) -> Finding {
    Finding {
        setting: String::new(),
        words: words.into(),
        is_fault: false,
    }
}

fn failed(setting: &str, what: &str, why: &Fault) -> Finding {
    fault(setting, format!("{what}: {why}"))
}

/// Everything that is found. Where one thing has to be right before the next can be looked at, the next is left out.
pub(super) async fn all(jira: &Jira) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Err(why) = away(jira).await {
        findings.push(failed("jira.base_url", "Jira is not reached", &why));
        return findings;
    }
    jira.memory.forget();
    match jira.account().await {
        Ok(_) => findings.push(told("Jira is reached, and takes the token.")),
        Err(why) => {
            findings.push(failed("secrets.token, jira.account", "the account", &why));
            return findings;
        }
    }
    let desk = match jira.desk().await {
        Ok(desk) => desk,
        Err(why) => {
            findings.push(failed("jira.desk", "the desk", &why));
            return findings;
        }
    };
    findings.push(told(format!(
        "The desk is {} ({}, id {}).",
        desk.project_name, desk.project_key, desk.id
    )));
    findings.extend(types(jira, &desk).await);
    findings.extend(permissions(jira, &desk).await);
    findings.extend(names(jira, &desk).await);
    let jql = build::jql_of_marker(&jira.settings, &desk.project_key, NOBODYS_MARKER);
    if let Err(why) = jira.search(&jql, &["summary"]).await {
        let what = "a request cannot be found again by its marker";
        findings.push(failed("jira.marker_field", what, &why));
    }
    if !jira.may_post {
        findings.push(told(
            "There is no hook_secret, so Jira cannot tell what changes: it is asked from time to time.",
        ));
    }
    findings
}

/// Needs no account.
async fn away(jira: &Jira) -> Result<(), Fault> {
    let path = ["servicedeskapi", "info"];
    jira.ask::<Value>(Ask::get("info", &path)).await.map(drop)
}

async fn types(jira: &Jira, desk: &Desk) -> Vec<Finding> {
    let settings = &jira.settings;
    let found = match jira.request_types(desk).await {
        Ok(found) => found,
        Err(why) => return vec![failed("jira.desk", "the types of requests", &why)],
    };
    let mut findings = Vec::new();
    let mut looked_at = BTreeSet::new();
    let own = settings.request_types.iter();
    let own = own.map(|(category, wanted)| (format!("jira.request_types.{category}"), wanted));
    let all = std::iter::once(("jira.request_type".to_owned(), &settings.request_type)).chain(own);
    for (setting, wanted) in all {
        let is_it = |one: &&RequestType| one.id == *wanted || one.name.eq_ignore_ascii_case(wanted);
        let Some(kind) = found.iter().find(is_it) else {
            let names: Vec<String> = found
                .iter()
                .map(|one| format!("{} “{}”", one.id, one.name))
                .collect();
            let words = format!(
                "the desk has no type “{wanted}”; it has {}",
                names.join(", ")
            );
            findings.push(fault(setting, words));
            continue;
        };
        if kind.can_create_request == Some(false) {
            let words = format!(
                "the account may not make requests of the type “{}”",
                kind.name
            );
            findings.push(fault(setting.clone(), words));
        }
        if !looked_at.insert(kind.id.clone()) {
            continue;
        }
        match jira.form(desk, &kind.id).await {
            Ok(form) => findings.extend(of_form(settings, kind, &form)),
            Err(why) => findings.push(failed(&setting, "the form", &why)),
        }
    }
    findings
}

/// What of a form does not fit. Pure.
fn of_form(settings: &Settings, kind: &RequestType, form: &Form) -> Vec<Finding> {
    let mut findings = Vec::new();
    let name = &kind.name;
    let marker = settings.marker_field.as_str();
    if marker.is_empty() && form.field("description").is_none() {
        let words = format!(
            "“{name}” has no description, so a field has to be named by which requests are found again"
        );
        findings.push(fault("jira.marker_field", words));
    } else if !marker.is_empty() && form.field(marker).is_none() {
        let words = format!("“{name}” has no field {marker}; it has {}", fields_of(form));
        findings.push(fault("jira.marker_field", words));
    }
    for field in &form.request_type_fields {
        let id = field.field_id.as_str();
        let is_filled = FILLED.contains(&id) || id == marker || settings.fields.contains_key(id);
        if field.required && !is_filled {
            let words = format!(
                "“{name}” asks for “{}”, and nothing fills it in",
                field.name
            );
            findings.push(fault(format!("jira.fields.{id}"), words));
        }
    }
    for id in settings.fields.keys() {
        if form.field(id).is_none() {
            findings.push(told(format!(
                "“{name}” has no field {id}: it is left out there."
            )));
        }
    }
    if let Some(field) = form
        .field("priority")
        .filter(|field| !field.valid_values.is_empty())
    {
        for (ours, theirs) in &settings.priorities {
            let is_it = |label: &str| label.eq_ignore_ascii_case(theirs);
            if !field.valid_values.iter().any(|choice| is_it(&choice.label)) {
                let words = format!("the form of “{name}” has no priority “{theirs}”");
                findings.push(fault(format!("jira.priorities.{ours}"), words));
            }
        }
    }
    if settings.raise_on_behalf && !form.can_raise_on_behalf_of {
        findings.push(told(format!(
            "The account may not make “{name}” for somebody else: it makes them in its own name, and the requester stands in the text."
        )));
    }
    findings
}

fn fields_of(form: &Form) -> String {
    let fields = form.request_type_fields.iter();
    let fields: Vec<String> = fields
        .map(|field| format!("{} “{}”", field.field_id, field.name))
        .collect();
    fields.join(", ")
}

async fn permissions(jira: &Jira, desk: &Desk) -> Vec<Finding> {
    let keys: Vec<&str> = PERMISSIONS.iter().map(|(key, _)| *key).collect();
    let keys = keys.join(",");
    let path = ["api", jira.settings.flavour.api(), "mypermissions"];
    let query = [
        ("projectKey", desk.project_key.as_str()),
        ("permissions", keys.as_str()),
    ];
    let found: Value = match jira
        .ask(Ask::get("mypermissions", &path).with(&query))
        .await
    {
        Ok(found) => found,
        Err(why) => return vec![failed("jira.account", "what the account may do", &why)],
    };
    let lacks = PERMISSIONS.iter().filter(|(key, _)| {
        let permission = &found["permissions"][key];
        permission["havePermission"] == false
    });
    let words = lacks.map(|(key, what)| {
        let words = format!(
            "the account may not {what} in {} ({key}): give it the role of an agent there",
            desk.project_key
        );
        fault("jira.account", words)
    });
    words.collect()
}

/// Names of priorities and statuses that somebody wrote down, and that there are not.
async fn names(jira: &Jira, desk: &Desk) -> Vec<Finding> {
    let settings = &jira.settings;
    let mut findings = Vec::new();
    if !settings.priorities.is_empty() {
        let api = settings.flavour.api();
        let path: &[&str] = match settings.flavour {
            Flavour::Cloud => &["api", api, "priority", "search"],
            Flavour::DataCenter => &["api", api, "priority"],
        };
        match jira.ask::<Value>(Ask::get("priority", path)).await {
            Ok(found) => {
                let list = found.get("values").unwrap_or(&found);
                let there = names_in(list);
                for (ours, theirs) in &settings.priorities {
                    findings.extend(unknown(
                        &format!("jira.priorities.{ours}"),
                        "priority",
                        theirs,
                        &there,
                    ));
                }
            }
            Err(why) => findings.push(failed("jira.priorities", "the priorities", &why)),
        }
    }
    if !settings.statuses.is_empty() {
        let key = desk.project_key.as_str();
        let path = ["api", settings.flavour.api(), "project", key, "statuses"];
        match jira.ask::<Value>(Ask::get("status", &path)).await {
            Ok(found) => {
                let kinds = found.as_array().into_iter().flatten();
                let there: BTreeSet<String> =
                    kinds.flat_map(|kind| names_in(&kind["statuses"])).collect();
                for theirs in settings.statuses.keys() {
                    findings.extend(unknown("jira.statuses", "status", theirs, &there));
                }
            }
            Err(why) => findings.push(failed("jira.statuses", "the statuses", &why)),
        }
    }
    findings
}

fn names_in(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|one| one["name"].as_str().map(str::to_owned))
        .collect()
}

fn unknown(setting: &str, what: &str, named: &str, there: &BTreeSet<String>) -> Option<Finding> {
    let is_there = there.iter().any(|name| name.eq_ignore_ascii_case(named));
    let names: Vec<&str> = there.iter().map(String::as_str).collect();
    (!is_there).then(|| {
        let words = format!(
            "there is no {what} “{named}”; there are {}",
            names.join(", ")
        );
        fault(setting, words)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_fit_a_form_is_said_with_its_setting() {
        let settings: Settings = toml::from_str(
            "base_url = \"https://a.example\"\naccount = \"a\"\ndesk = \"H\"\nrequest_type = \"1\"\nmarker_field = \"customfield_1\"\nfields = { customfield_2 = \"x\", customfield_9 = \"y\" }\npriorities = { P1 = \"Highest\", P2 = \"Odd\" }",
        )
        .unwrap();
        let kind: RequestType =
            serde_json::from_value(json!({ "id": "1", "name": "Bug" })).unwrap();
        let form: Form = serde_json::from_value(json!({
            "canRaiseOnBehalfOf": false,
            "requestTypeFields": [
                { "fieldId": "summary", "name": "Summary", "required": true },
                { "fieldId": "customfield_2", "name": "Two", "required": true },
                { "fieldId": "customfield_3", "name": "Three", "required": true },
                { "fieldId": "priority", "name": "Priority", "validValues": [{ "value": "1", "label": "Highest" }] },
            ],
        }))
        .unwrap();
        let found = of_form(&settings, &kind, &form);
        let faults: Vec<&str> = found
            .iter()
            .filter(|one| one.is_fault)
            .map(|one| one.setting.as_str())
            .collect();
        assert_eq!(
            faults,
            [
                "jira.marker_field",
                "jira.fields.customfield_3",
                "jira.priorities.P2"
            ]
        );
        assert_eq!(found.len(), 5, "{found:?}");
    }
}
