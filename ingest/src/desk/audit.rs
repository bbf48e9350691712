//! `/desk/audit`: what staff did, the newest first. For admins.

pub mod download;

use std::collections::HashMap;

use axum::{
    extract::{Query, State},
    response::Html,
};
use minijinja::{Value, context};
use serde::Deserialize;
use uuid::Uuid;

use super::session::{Admin, shown};
use crate::{
    app::App,
    audit::Row,
    http::{checked::Checked, problem::HttpError},
    show::Moment,
    store,
};

const ON_A_PAGE: u32 = 100;

/// Which page: below a row.
#[derive(Debug, Default, Deserialize)]
pub struct Page {
    before: Option<i64>,
}

/// The page.
///
/// # Errors
/// When the database fails.
pub async fn get(
    State(app): State<App>,
    Admin(admin): Admin,
    Checked(Query(page)): Checked<Query<Page>>,
) -> Result<Html<String>, HttpError> {
    let now = app.clock.now();
    let mut tx = app.store.read().await?;
    let before = page.before.unwrap_or(i64::MAX);
    let mut rows = store::audit::before(&mut tx, before, ON_A_PAGE + 1).await?;
    let has_older = rows.len() > ON_A_PAGE as usize;
    rows.truncate(ON_A_PAGE as usize);
    let names: HashMap<Uuid, String> = store::staff::names(&mut tx).await?.into_iter().collect();
    tx.rollback().await?;
    let row = |row: &Row| -> Value {
        let detail: serde_json::Value = serde_json::from_str(&row.detail).unwrap_or_default();
        context! {
            seq => row.seq,
            at => Moment::new(row.at, now),
            who => who(row, &detail, &names),
            said => said(&row.act),
            about => about(&detail, &names),
        }
    };
    let html = app.pages.render(
        "desk/audit.html",
        context! {
            staff => shown(&admin),
            rows => rows.iter().map(row).collect::<Vec<_>>(),
            older => rows.last().filter(|_| has_older).map(|row| row.seq),
            is_first => page.before.is_none(),
        },
    )?;
    Ok(Html(html))
}

/// Who did it, by the name of now; who was taken away is a number.
fn who(row: &Row, detail: &serde_json::Value, names: &HashMap<Uuid, String>) -> String {
    match row.actor {
        Some(id) => name(id, names),
        None if detail["by"] == "command_line" => "Command line".to_owned(),
        None => "Not signed in".to_owned(),
    }
}

fn name(id: Uuid, names: &HashMap<Uuid, String>) -> String {
    let known = names.get(&id).cloned();
    known.unwrap_or_else(|| format!("Somebody who is gone ({id})"))
}

/// An act in words.
fn said(act: &str) -> &str {
    match act {
        "signed_in" => "Signed in",
        "sign_in_failed" => "Sign-in failed",
        "signed_out" => "Signed out",
        "sessions_ended" => "Ended sessions",
        "password_changed" => "Changed the password",
        "provider_linked" => "Linked to an account of the provider",
        "provider_unlinked" => "Unlinked from the provider",
        "codes_turned_on" => "Turned codes on",
        "codes_turned_off" => "Turned codes off",
        "added" => "Added",
        "invited" => "Invited",
        "access_changed" => "Changed role or sites",
        "removed" => "Took the account away",
        "rule_set" => "Set a rule",
        "file_read" => "Downloaded a file",
        "previews_seen" => "Saw previews of files",
        "file_unblocked" => "Unblocked a file",
        "exported" => "Took tickets along as a table",
        "log_exported" => "Took this log along",
        "person_exported" => "Took a person's data along",
        "erasure_begun" => "Began to erase a person's data",
        "erased" => "Erased a person's data",
        "destination_paused" => "Paused a destination",
        "destination_resumed" => "Let a destination go on",
        "destination_tried" => "Tried a destination",
        "destination_replayed" => "Sent again what was given up",
        "destination_secret_kept" => "Gave a destination a secret",
        "destination_secret_forgotten" => "Took a secret from a destination",
        other => other,
    }
}

/// What it was about: people by name, everything else as it is kept.
fn about(detail: &serde_json::Value, names: &HashMap<Uuid, String>) -> String {
    let Some(members) = detail.as_object() else {
        return String::new();
    };
    let part = |(key, value): (&String, &serde_json::Value)| {
        let text = match value {
            serde_json::Value::Null if key == "sites" => "all".to_owned(),
            serde_json::Value::Null => "nobody".to_owned(),
            serde_json::Value::String(text) => text.clone(),
            // Which ones is for programs.
            serde_json::Value::Array(items) if key == "attachments" && items.len() > 1 => {
                format!("{} of them", items.len())
            }
            serde_json::Value::Array(items) => {
                let items = items.iter().filter_map(|item| item.as_str());
                items.collect::<Vec<_>>().join(" ")
            }
            other => other.to_string(),
        };
        match (key.as_str(), Uuid::try_parse(&text)) {
            ("by", _) => None,
            ("staff", Ok(id)) => Some(name(id, names)),
            ("staff", Err(_)) => None,
            (key, _) => Some(format!("{key} {text}")),
        }
    };
    members
        .iter()
        .filter_map(part)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_names_people() {
        let kim = Uuid::from_u128(1);
        let names = HashMap::from([(kim, "Kim".to_owned())]);
        let gone = Uuid::from_u128(2);
        for (detail, said) in [
            (
                json!({ "staff": kim, "role": "agent", "sites": ["a", "b"] }),
                "role agent, sites a b, Kim",
            ),
            (
                json!({ "staff": kim, "role": "lead", "sites": null }),
                "role lead, sites all, Kim",
            ),
            (json!({ "staff": null }), ""),
            (
                json!({ "staff": gone, "by": "command_line" }),
                "Somebody who is gone (00000000-0000-0000-0000-000000000002)",
            ),
            (json!({ "with": "password" }), "with password"),
            (
                json!({ "attachments": ["a", "b"] }),
                "attachments 2 of them",
            ),
            (json!({ "attachments": ["a"] }), "attachments a"),
        ] {
            assert_eq!(about(&detail, &names), said);
        }
    }
}
