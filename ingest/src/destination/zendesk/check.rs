//! What is wrong with the settings of a Zendesk, each with the setting that mends it. Nothing is changed over there.

use serde_json::Value;

use super::{
    client::Zendesk,
    settings::{Requester, TAG},
};
use crate::destination::{
    Elsewhere, Fault, Finding,
    rest::{Ask, failed, fault, told},
};

/// No ticket has this reference: its check symbol is wrong.
const NOBODYS_MARKER: &str = "CD-0000-0001";
/// So many names are listed where one is wrong.
const NAMES_MOST: usize = 30;
/// Statuses that every Zendesk has.
const STATUSES: [&str; 6] = ["new", "open", "pending", "hold", "solved", "closed"];

/// Everything that is found. Where one thing has to be right before the next can be looked at, the next is left out.
pub(super) async fn all(zendesk: &Zendesk) -> Vec<Finding> {
    let mut findings = Vec::new();
    zendesk.memory.account.forget();
    zendesk.memory.statuses.forget();
    match zendesk.me().await {
        Ok(user) if user.role == "end-user" => {
            let words = "the account is a customer, and has to be an agent";
            findings.push(fault("zendesk.account", words));
            return findings;
        }
        Ok(user) => findings.push(told(format!(
            "Zendesk is reached, and takes the token; the account is one of the role {}.",
            user.role
        ))),
        Err(why) => {
            let setting = match why.seen.status {
                None => "zendesk.base_url",
                Some(_) => "secrets.token, zendesk.account, zendesk.base_url",
            };
            findings.push(failed(setting, "the account", &why));
            return findings;
        }
    }
    if let Err(why) = zendesk.find(NOBODYS_MARKER).await {
        let what = "a ticket cannot be found again by its reference";
        findings.push(failed("zendesk.account", what, &why));
    }
    findings.extend(named(zendesk).await);
    findings.extend(fields(zendesk).await);
    findings.extend(statuses(zendesk).await);
    findings.extend(mails(zendesk).await);
    if !zendesk.may_post {
        findings.push(told(
            "There is no hook_secret, so Zendesk cannot tell what changes: it is asked from time to time.",
        ));
    }
    findings
}

/// Groups, brand and form that somebody wrote down.
async fn named(zendesk: &Zendesk) -> Vec<Finding> {
    let settings = &zendesk.settings;
    let mut wanted: Vec<(String, &str, u64)> = Vec::new();
    let own = |id: Option<u64>, key: &str, kind: &'static str| {
        id.map(|id| (format!("zendesk.{key}"), kind, id))
    };
    wanted.extend(own(settings.group, "group", "groups"));
    for (category, id) in &settings.groups {
        wanted.extend(own(Some(*id), &format!("groups.{category}"), "groups"));
    }
    wanted.extend(own(settings.brand, "brand", "brands"));
    wanted.extend(own(settings.form, "form", "ticket_forms"));
    let mut findings = Vec::new();
    for kind in ["groups", "brands", "ticket_forms"] {
        let of_kind: Vec<_> = wanted.iter().filter(|(_, own, _)| *own == kind).collect();
        let Some((setting, ..)) = of_kind.first() else {
            continue;
        };
        match list(zendesk, kind).await {
            Ok(there) => {
                for (setting, _, id) in of_kind {
                    findings.extend(unknown(setting, *id, &there));
                }
            }
            Err(why) => findings.push(failed(setting, "what there is", &why)),
        }
    }
    findings
}

/// Fields of tickets that somebody wrote down.
async fn fields(zendesk: &Zendesk) -> Vec<Finding> {
    let settings = &zendesk.settings;
    if settings.fields.is_empty() {
        return Vec::new();
    }
    match list(zendesk, "ticket_fields").await {
        Ok(there) => (settings.fields.keys())
            .filter_map(|id| {
                let number = id.parse().ok()?;
                unknown(&format!("zendesk.fields.{id}"), number, &there)
            })
            .collect(),
        Err(why) => vec![failed("zendesk.fields", "the fields of tickets", &why)],
    }
}

/// Names of statuses that somebody wrote down.
async fn statuses(zendesk: &Zendesk) -> Vec<Finding> {
    let settings = &zendesk.settings;
    let theirs = settings.statuses.keys();
    let theirs = theirs.map(|name| ("zendesk.statuses", name));
    let there = settings.statuses_there.values();
    let there = there.map(|name| ("zendesk.statuses_there", name));
    let is_own = |(_, name): &(&str, &String)| !STATUSES.contains(&name.as_str());
    let own: Vec<_> = theirs.chain(there).filter(is_own).collect();
    if own.is_empty() {
        return Vec::new();
    }
    let known = match zendesk.statuses().await {
        Ok(known) => known,
        Err(why) => return vec![failed("zendesk.statuses", "the names of statuses", &why)],
    };
    let unknown = own.into_iter().filter(|(_, name)| {
        let is_it = |label: &str| label.eq_ignore_ascii_case(name);
        !(known.iter()).any(|status| status.active && is_it(status.agent_label.trim()))
    });
    let words = unknown.map(|(setting, name)| {
        let names = known.iter().map(|status| status.agent_label.as_str());
        let names: Vec<&str> = STATUSES.into_iter().chain(names).collect();
        let words = format!(
            "there is no status “{name}”; there are {}",
            names.join(", ")
        );
        fault(setting, words)
    });
    words.collect()
}

/// Rules of theirs that write to whom a ticket is for, although we do.
async fn mails(zendesk: &Zendesk) -> Vec<Finding> {
    if zendesk.settings.requester == Requester::Account {
        return vec![told(
            "Tickets are the account's, so Zendesk writes to no requester (zendesk.requester).",
        )];
    }
    let query = [("page[size]", "100")];
    let asked = Ask::get("triggers", &["triggers", "active"]).with(&query);
    match zendesk.ask::<Value>(asked).await {
        Ok(found) => {
            let rules = found["triggers"].as_array().into_iter().flatten();
            let mail = rules.filter(|rule| writes_to_requester(rule));
            let words = mail.map(|rule| {
                let title = rule["title"].as_str().unwrap_or("?");
                told(format!(
                    "The trigger “{title}” writes to the requester, who hears from us, too. Add to its conditions: Tags, contains none of the following, {TAG}."
                ))
            });
            words.collect()
        }
        Err(Fault { seen, .. }) if matches!(seen.status, Some(403 | 404)) => vec![told(
            "The account may not see the triggers; somebody has to look whether they write to requesters of tickets with the tag cornerdesk.",
        )],
        Err(why) => vec![failed("zendesk.requester", "the triggers", &why)],
    }
}

/// Does a rule write to the requester of a ticket of ours? Pure.
fn writes_to_requester(rule: &Value) -> bool {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let writes = list(&rule["actions"]).iter().any(|action| {
        let field = action["field"].as_str().unwrap_or_default();
        let to = &action["value"];
        let to = to.as_array().and_then(|all| all.first()).unwrap_or(to);
        let to = to.as_str().unwrap_or_default();
        field == "notification_user" && matches!(to, "requester_id" | "requester_and_ccs")
    });
    let is_kept_off = list(&rule["conditions"]["all"]).iter().any(|condition| {
        let tags = condition["value"].as_str().unwrap_or_default();
        condition["field"] == "current_tags"
            && condition["operator"] == "not_includes"
            && tags.split([' ', ',']).any(|tag| tag == TAG)
    });
    writes && !is_kept_off
}

/// Numbers and names of what there is.
async fn list(zendesk: &Zendesk, kind: &'static str) -> Result<Vec<(u64, String)>, Fault> {
    let query = [("page[size]", "100")];
    let found: Value = zendesk.ask(Ask::get(kind, &[kind]).with(&query)).await?;
    let all = found[kind].as_array().into_iter().flatten();
    let is_used = |one: &&Value| one["active"] != false && one["deleted"] != true;
    let named = all.filter(is_used).filter_map(|one| {
        let name = one["name"].as_str().or_else(|| one["title"].as_str());
        Some((one["id"].as_u64()?, name.unwrap_or_default().to_owned()))
    });
    Ok(named.collect())
}

fn unknown(setting: &str, id: u64, there: &[(u64, String)]) -> Option<Finding> {
    if there.iter().any(|(known, _)| *known == id) {
        return None;
    }
    let names = there.iter().take(NAMES_MOST);
    let names: Vec<String> = names.map(|(id, name)| format!("{id} “{name}”")).collect();
    let words = format!("there is no {id}; there are {}", names.join(", "));
    Some(fault(setting, words))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_that_writes_to_requesters_is_found_unless_our_tag_keeps_it_off() {
        let rule = |to: Value, conditions: Value| json!({ "title": "x", "actions": [{ "field": "notification_user", "value": to }], "conditions": { "all": conditions, "any": [] } });
        let off = json!([{ "field": "current_tags", "operator": "not_includes", "value": "vip cornerdesk" }]);
        let on =
            json!([{ "field": "current_tags", "operator": "includes", "value": "cornerdesk" }]);
        let to = || json!(["requester_and_ccs", "Subject", "Body"]);
        assert!(writes_to_requester(&rule(to(), json!([]))));
        assert!(writes_to_requester(&rule(to(), on)));
        assert!(writes_to_requester(&rule(json!("requester_id"), json!([]))));
        assert!(!writes_to_requester(&rule(to(), off)));
        assert!(!writes_to_requester(&rule(
            json!(["assignee_id"]),
            json!([])
        )));
        assert!(!writes_to_requester(&json!({})));
    }
}
