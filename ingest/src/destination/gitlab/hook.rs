//! What GitLab posts when something changed: who may post it, and which issue it is about. Pure.

use serde::Deserialize;

use super::issue::id_of;
use crate::destination::hook::{self, Posted, Refused};

#[derive(Deserialize)]
struct Event {
    object_kind: String,
    project: Option<Project>,
    object_attributes: Option<Issue>,
    issue: Option<Issue>,
}

#[derive(Deserialize)]
struct Project {
    id: u64,
}

#[derive(Deserialize)]
struct Issue {
    iid: Option<u64>,
}

/// The id of the issue that something happened to; nothing where it is about none.
///
/// # Errors
/// [`Refused`].
pub fn issue_of(secret: &str, posted: Posted<'_>) -> Result<Option<String>, Refused> {
    if !hook::is_token(secret, posted.header("x-gitlab-token")) {
        return Err(Refused::NotTheirs);
    }
    let Ok(event) = serde_json::from_slice::<Event>(posted.body) else {
        return Ok(None);
    };
    let issue = match event.object_kind.as_str() {
        "issue" | "work_item" => event.object_attributes,
        "note" => event.issue,
        _ => None,
    };
    let iid = issue.and_then(|issue| issue.iid);
    Ok(event
        .project
        .zip(iid)
        .map(|(project, iid)| id_of(project.id, iid)))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;

    const SECRET: &str = "a-secret-between-gitlab-and-us";

    fn taken(token: &str, body: &str) -> Result<Option<String>, Refused> {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(token).expect("a header");
        headers.insert("x-gitlab-token", value);
        let posted = Posted {
            headers: &headers,
            token: None,
            body: body.as_bytes(),
        };
        issue_of(SECRET, posted)
    }

    #[test]
    fn only_the_number_is_taken_from_who_knows_the_whole_token() {
        let issue = r#"{"object_kind":"issue","project":{"id":42},"object_attributes":{"iid":12,"title":"x"}}"#;
        let note = r#"{"object_kind":"note","project":{"id":42},"object_attributes":{"id":9,"note":"x"},"issue":{"iid":12}}"#;
        let of_merge = r#"{"object_kind":"note","project":{"id":42},"object_attributes":{"id":9},"merge_request":{"iid":12}}"#;
        assert_eq!(taken(SECRET, issue), Ok(Some("42#12".into())));
        assert_eq!(taken(SECRET, note), Ok(Some("42#12".into())));
        for body in [
            of_merge,
            "{}",
            "x",
            r#"{"object_kind":"push","project":{"id":42}}"#,
        ] {
            assert_eq!(taken(SECRET, body), Ok(None), "{body}");
        }
        for token in ["", "a-secret", "a-secret-between-gitlab-and-us2"] {
            assert_eq!(taken(token, issue), Err(Refused::NotTheirs), "{token}");
        }
    }
}
