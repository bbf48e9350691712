//! The search: two kinds of questions, and an index that is late.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Desk, Flavour, Reply, desk, issue::Issue};

impl Desk {
    pub(super) fn search(&self, asked: &Value) -> Reply {
        let jql = asked["jql"].as_str().unwrap_or_default();
        if !jql.starts_with(&format!("project = \"{}\" AND ", desk::KEY)) {
            return Reply::platform_error(
                400,
                "",
                "The value does not exist for the field 'project'.",
            );
        }
        if asked["fields"].as_array().is_none_or(Vec::is_empty) {
            return Reply::platform_error(400, "", "Without fields there are only ids.");
        }
        let found = match self.matching(jql) {
            Ok(found) => found,
            Err(message) => return Reply::platform_error(400, "", &message),
        };
        let first = match self.flavour {
            Flavour::Cloud => asked["nextPageToken"]
                .as_str()
                .and_then(|token| token.parse().ok()),
            Flavour::DataCenter => asked["startAt"].as_u64(),
        };
        let first = usize::try_from(first.unwrap_or(0))
            .unwrap_or(0)
            .min(found.len());
        let most = usize::try_from(asked["maxResults"].as_u64().unwrap_or(50)).unwrap_or(50);
        let end = (first + most.min(50)).min(found.len());
        let issues: Vec<Value> = found[first..end]
            .iter()
            .map(|issue| json!({ "id": issue.id, "key": issue.key, "fields": self.fields_json(issue) }))
            .collect();
        let mut answer = json!({ "issues": issues });
        match self.flavour {
            Flavour::Cloud => {
                answer["isLast"] = json!(end == found.len());
                if end < found.len() {
                    answer["nextPageToken"] = json!(end.to_string());
                }
            }
            Flavour::DataCenter => {
                answer["startAt"] = json!(first);
                answer["total"] = json!(found.len());
            }
        }
        Reply::json(200, &answer)
    }

    fn matching(&self, jql: &str) -> Result<Vec<&Issue>, String> {
        let now = Instant::now();
        let is_indexed = |at: Instant| now.duration_since(at) >= self.lag;
        let known = self.issues.iter().filter(|issue| is_indexed(issue.made));
        if let Some((_, rest)) = jql.split_once("updated >= -") {
            let minutes = rest
                .split('m')
                .next()
                .and_then(|number| number.parse::<u64>().ok());
            let minutes = minutes.ok_or("The query has an error.")?;
            let within = Duration::from_secs(minutes * 60);
            let is_recent = |issue: &&Issue| {
                is_indexed(issue.changed) && now.duration_since(issue.changed) <= within
            };
            return Ok(known.filter(is_recent).collect());
        }
        let clause = jql.split(" AND ").nth(1).ok_or("The query has an error.")?;
        let words = clause.split('"').find(|part| part.starts_with("CD-"));
        let words = words.map(|words| words.trim_end_matches('\\').to_owned());
        let words = words.ok_or("The query has an error.")?;
        let field = clause.split_whitespace().next().unwrap_or_default();
        let field = match field
            .strip_prefix("cf[")
            .and_then(|rest| rest.strip_suffix(']'))
        {
            Some(number) => format!("customfield_{number}"),
            None => field.to_owned(),
        };
        let form = self.form["requestTypeFields"]
            .as_array()
            .into_iter()
            .flatten();
        if !form.clone().any(|one| one["fieldId"] == field.as_str()) {
            return Err(format!(
                "Field '{field}' does not exist or you do not have permission to view it."
            ));
        }
        // It knows words, not places: the first half is enough for it.
        let half: String = words.chars().take(7).collect();
        let is_like = |issue: &&Issue| {
            let text = issue.fields.get(&field).and_then(Value::as_str);
            text.is_some_and(|text| text.contains(&half))
        };
        Ok(known.filter(is_like).collect())
    }
}
