//! What is wrong with the settings of a Zammad, each with the setting that mends it. Nothing is changed over there.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    build,
    client::{EXPANDED, Zammad},
    settings::{Requester, TAG},
};
use crate::destination::{
    Fault, Finding,
    rest::{Ask, failed, fault, told},
};

/// No ticket has this reference: its check symbol is wrong.
const NOBODYS_MARKER: &str = "CD-0000-0001";

/// Everything that is found. Where one thing has to be right before the next can be looked at, the next is left out.
pub(super) async fn all(zammad: &Zammad) -> Vec<Finding> {
    let mut findings = Vec::new();
    let settings = &zammad.settings;
    zammad.memory.account.forget();
    match zammad.me().await {
        Ok(user) => {
            findings.push(told("Zammad is reached, and takes the token."));
            let roles = user["roles"].as_array().into_iter().flatten();
            let roles: Vec<&str> = roles.filter_map(Value::as_str).collect();
            if roles == ["Customer"] {
                let words = "the token is one of a customer, and has to be one of an agent";
                findings.push(fault("secrets.token", words));
                return findings;
            }
        }
        Err(why) => {
            let setting = match why.seen.status {
                None => "zammad.base_url",
                Some(_) => "secrets.token, zammad.base_url",
            };
            findings.push(failed(setting, "the account", &why));
            return findings;
        }
    }
    let condition = build::by_marker(settings, NOBODYS_MARKER);
    if let Err(why) = zammad.found(&condition, 1, 1).await {
        let what = "a ticket cannot be found again by its reference";
        findings.push(failed("zammad.marker_field", what, &why));
    }
    let groups = std::iter::once(("group".to_owned(), &settings.group));
    let own = settings.groups.iter();
    let own = own.map(|(category, name)| (format!("groups.{category}"), name));
    findings.extend(names(zammad, "groups", groups.chain(own)).await);
    let theirs = settings.statuses.keys();
    let theirs = theirs.map(|name| ("statuses".to_owned(), name));
    let there = settings.statuses_there.iter();
    let there = there.map(|(ours, name)| (format!("statuses_there.{ours}"), name));
    findings.extend(names(zammad, "ticket_states", theirs.chain(there)).await);
    let priorities = settings.priorities.iter();
    let priorities = priorities.map(|(ours, name)| (format!("priorities.{ours}"), name));
    findings.extend(names(zammad, "ticket_priorities", priorities).await);
    findings.extend(mails(zammad).await);
    if !zammad.may_post {
        findings.push(told(
            "There is no hook_secret, so Zammad cannot tell what changes: it is asked from time to time.",
        ));
    }
    findings
}

/// Names that somebody wrote down, and that there are not.
async fn names<'a>(
    zammad: &Zammad,
    kind: &'static str,
    written: impl Iterator<Item = (String, &'a String)>,
) -> Vec<Finding> {
    let written: Vec<_> = written.collect();
    if written.is_empty() {
        return Vec::new();
    }
    let what = kind.trim_start_matches("ticket_");
    let there = match zammad
        .ask::<Value>(Ask::get(kind, &[kind]).with(&EXPANDED))
        .await
    {
        Ok(found) => names_in(&found),
        // Whoever may make tickets need not be allowed to list this.
        Err(Fault { seen, .. }) if matches!(seen.status, Some(401 | 403 | 404)) => {
            return vec![told(format!(
                "The account may not list {what}, so their names were not looked at."
            ))];
        }
        Err(why) => {
            let setting = format!("zammad.{}", written[0].0);
            return vec![failed(&setting, "what there is", &why)];
        }
    };
    let unknown = written.into_iter().filter(|(_, name)| {
        let mut there = there.iter();
        !there.any(|known| known.eq_ignore_ascii_case(name))
    });
    let words = unknown.map(|(setting, name)| {
        let known: Vec<&str> = there.iter().map(String::as_str).collect();
        let words = format!(
            "there is no “{name}” among {what}; there are {}",
            known.join(", ")
        );
        fault(format!("zammad.{setting}"), words)
    });
    words.collect()
}

fn names_in(found: &Value) -> BTreeSet<String> {
    let all = found.as_array().into_iter().flatten();
    let used = all.filter(|one| one["active"] != false);
    used.filter_map(|one| one["name"].as_str().map(str::to_owned))
        .collect()
}

/// Rules of theirs that write to whom a ticket is for, although we do.
async fn mails(zammad: &Zammad) -> Vec<Finding> {
    if zammad.settings.requester == Requester::Account {
        return vec![told(
            "Tickets are the account's, so Zammad writes to no requester (zammad.requester).",
        )];
    }
    match zammad
        .ask::<Value>(Ask::get("triggers", &["triggers"]))
        .await
    {
        Ok(found) => {
            let rules = found.as_array().into_iter().flatten();
            let mail = rules.filter(|rule| rule["active"] != false && writes_to_customer(rule));
            let words = mail.map(|rule| {
                let name = rule["name"].as_str().unwrap_or("?");
                told(format!(
                    "The trigger “{name}” writes to the customer, who hears from us, too. Add to its conditions: Tags, contains all not, {TAG}."
                ))
            });
            words.collect()
        }
        Err(Fault { seen, .. }) if matches!(seen.status, Some(401 | 403 | 404)) => vec![told(
            "The account may not see the triggers; somebody has to look whether they write to customers of tickets with the tag cornerdesk.",
        )],
        Err(why) => vec![failed("zammad.requester", "the triggers", &why)],
    }
}

/// Does a rule write to the customer of a ticket of ours? Pure.
fn writes_to_customer(rule: &Value) -> bool {
    let to = rule["perform"]["notification.email"]["recipient"].to_string();
    let writes = to.contains("ticket_customer") || to.contains("article_last_sender");
    let tags = &rule["condition"]["ticket.tags"];
    let operator = tags["operator"].as_str().unwrap_or_default();
    let is_kept_off = operator.ends_with(" not") && tags["value"].to_string().contains(TAG);
    writes && !is_kept_off
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_that_writes_to_customers_is_found_unless_our_tag_keeps_it_off() {
        let rule = |to: Value, condition: Value| json!({ "name": "x", "perform": { "notification.email": { "recipient": to } }, "condition": condition });
        let off =
            json!({ "ticket.tags": { "operator": "contains all not", "value": "cornerdesk" } });
        let on = json!({ "ticket.tags": { "operator": "contains all", "value": "cornerdesk" } });
        assert!(writes_to_customer(&rule(
            json!("ticket_customer"),
            json!({})
        )));
        assert!(writes_to_customer(&rule(
            json!(["article_last_sender"]),
            on
        )));
        assert!(!writes_to_customer(&rule(json!("ticket_customer"), off)));
        assert!(!writes_to_customer(&rule(json!("ticket_owner"), json!({}))));
        assert!(!writes_to_customer(&json!({})));
    }
}
