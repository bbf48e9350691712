//! What Jira is asked: bodies, texts, queries. Pure.

use serde_json::{Map, Value, json};

use super::{
    read::{Field, Form},
    settings::{Flavour, Settings},
    wiki::escape,
};
pub use crate::destination::wording::file_mark;
use crate::{
    cutting::cut,
    destination::{
        NewRequest, Saying,
        wording::{filled, heading},
    },
};

/// Most characters of one line there.
const SUMMARY_MOST_CHARS: usize = 255;
/// Most characters of a text there are 32,767; some are left for what stands around it.
const TEXT_MOST_CHARS: usize = 30_000;

/// A type of request of a desk.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Id of the desk.
    pub desk: &'a str,
    /// Id of the type.
    pub request_type: &'a str,
}

/// A setting does not fit what is there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// What is to find the request again would not be kept.
    #[error("the form has no field {0}, by which the request is found again: jira.marker_field")]
    NoMarkerField(String),
    /// There is nowhere to put the marker.
    #[error(
        "the form has no description, so jira.marker_field is needed to find the request again"
    )]
    NoDescription,
}

/// The body that makes a request; only what is on the form is sent, since anything else is refused.
///
/// # Errors
/// [`Unfit`], when it could not be found again.
pub fn request(
    settings: &Settings,
    place: Place<'_>,
    form: &Form,
    new: &NewRequest<'_>,
    on_behalf_of: Option<&str>,
) -> Result<Value, Unfit> {
    let mut fields = Map::new();
    let summary = cut(new.summary, SUMMARY_MOST_CHARS);
    fields.insert("summary".to_owned(), json!(summary));
    let has_description = form.field("description").is_some();
    if has_description {
        let text = description(new, on_behalf_of.is_some());
        fields.insert("description".to_owned(), json!(text));
    }
    match (settings.marker_field.as_str(), has_description) {
        ("", false) => return Err(Unfit::NoDescription),
        ("", true) => {}
        (field, _) => {
            let known = form.field(field);
            let known = known.ok_or_else(|| Unfit::NoMarkerField(field.to_owned()))?;
            fields.insert(field.to_owned(), typed(known, new.marker));
        }
    }
    if let Some(name) = priority_on_form(settings, form, new.priority) {
        fields.insert("priority".to_owned(), json!({ "name": name }));
    }
    for (id, template) in &settings.fields {
        let value = filled(template, new);
        if let (Some(field), false) = (form.field(id), value.is_empty()) {
            fields.insert(id.clone(), typed(field, &value));
        }
    }
    let mut body = json!({
        "serviceDeskId": place.desk,
        "requestTypeId": place.request_type,
        "requestFieldValues": fields,
    });
    if let Some(person) = on_behalf_of {
        body["raiseOnBehalfOf"] = json!(person);
    }
    Ok(body)
}

/// Their name for a priority, where the form takes it.
#[must_use]
pub fn priority_on_form<'a>(
    settings: &'a Settings,
    form: &Form,
    ours: Option<&str>,
) -> Option<&'a str> {
    let name = settings.priority_there(ours?)?;
    let field = form.field("priority")?;
    let takes = field.valid_values.is_empty()
        || (field.valid_values.iter()).any(|choice| choice.label.eq_ignore_ascii_case(name));
    takes.then_some(name)
}

/// The text of a request: what was written, what else is known, and what it is found by.
fn description(new: &NewRequest<'_>, is_on_behalf: bool) -> String {
    let mut text = cut(&escape(new.description), TEXT_MOST_CHARS);
    text.push_str("\n\n----\n");
    if !is_on_behalf && !new.email.is_empty() {
        let name = new.name.unwrap_or_default();
        let who = format!("{} {}", escape(name), escape(new.email));
        text.push_str(&format!("From: {}\n", who.trim()));
    }
    for (what, value) in [
        ("Category", new.category),
        ("Priority", new.priority),
        ("Plan", new.plan),
    ] {
        if let Some(value) = value {
            text.push_str(&format!("{what}: {}\n", escape(value)));
        }
    }
    let facts = cut(new.facts.trim(), 1_500);
    if !facts.is_empty() {
        text.push_str(&escape(&facts));
        text.push('\n');
    }
    if let Some(url) = new.desk_url {
        text.push_str(url);
        text.push('\n');
    }
    text.push_str(new.marker);
    text
}

/// A value as a field of its kind takes it.
fn typed(field: &Field, value: &str) -> Value {
    let choice = || {
        let same = |label: &str| label.eq_ignore_ascii_case(value);
        let mut choices = field.valid_values.iter();
        match choices.find(|choice| same(&choice.label)) {
            Some(choice) if !choice.value.is_empty() => json!({ "id": choice.value }),
            _ => json!({ "value": value }),
        }
    };
    match field.jira_schema.kind.as_str() {
        "option" => choice(),
        "array" if !field.valid_values.is_empty() => json!([choice()]),
        "array" => json!([value.replace(char::is_whitespace, "_")]),
        "number" => value
            .parse::<f64>()
            .map_or_else(|_| json!(value), |n| json!(n)),
        _ => json!(value),
    }
}

/// The text of a comment. Author and second make it one that no other comment is like, so that it is found again.
#[must_use]
pub fn comment(said: &Saying<'_>) -> String {
    let text = cut(&escape(said.text), TEXT_MOST_CHARS);
    let author = escape(said.author);
    let heading = heading(&Saying {
        author: &author,
        ..said.clone()
    });
    format!("{heading}\n\n{text}")
}

/// A name that no quotation mark and no end of a line breaks out of its header.
#[must_use]
pub fn file_name(name: &str) -> String {
    name.replace('"', "'").replace(['\r', '\n'], " ")
}

/// The query that finds what carries a marker.
#[must_use]
pub fn jql_of_marker(settings: &Settings, project: &str, marker: &str) -> String {
    let phrase = quoted(&format!("\"{marker}\""));
    let clause = match settings.marker_field.as_str() {
        "" => format!("description ~ {phrase}"),
        "labels" => format!("labels = {}", quoted(marker)),
        field => {
            let number = field.strip_prefix("customfield_");
            let name = number.map_or_else(|| field.to_owned(), |number| format!("cf[{number}]"));
            format!("{name} ~ {phrase}")
        }
    };
    format!(
        "project = {} AND {clause} ORDER BY created ASC",
        quoted(project)
    )
}

/// The query for what changed. Their clock, the minute and the account's time zone are not ours, so it is asked for so many minutes.
#[must_use]
pub fn jql_of_changed(project: &str, minutes: i64) -> String {
    let project = quoted(project);
    format!("project = {project} AND updated >= -{minutes}m ORDER BY updated ASC")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A page of a search: path below the API of the platform, and the body. In the cloud the next page has a name, elsewhere a number.
#[must_use]
pub fn search(
    flavour: Flavour,
    jql: &str,
    fields: &[&str],
    next: Option<&str>,
) -> (&'static str, Value) {
    let mut body = json!({ "jql": jql, "fields": fields, "maxResults": 100 });
    match flavour {
        Flavour::Cloud => {
            if let Some(token) = next {
                body["nextPageToken"] = json!(token);
            }
            ("search/jql", body)
        }
        Flavour::DataCenter => {
            let start: u64 = next.and_then(|next| next.parse().ok()).unwrap_or(0);
            body["startAt"] = json!(start);
            ("search", body)
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const MARKER: &str = "CD-7K3F-92XQ";

    fn settings(more: &str) -> Settings {
        let text = format!(
            "base_url = \"https://acme.atlassian.net\"\naccount = \"a\"\ndesk = \"HELP\"\nrequest_type = \"25\"\n{more}\n[priorities]\nP1 = \"Highest\"\nP2 = \"Odd\""
        );
        toml::from_str(&text).expect("settings")
    }

    fn form(fields: &Value) -> Form {
        serde_json::from_value(json!({ "requestTypeFields": fields })).expect("a form")
    }

    fn new<'a>() -> NewRequest<'a> {
        NewRequest {
            marker: MARKER,
            site: "acme",
            summary: "It fails",
            description: "Since {today}\nit fails",
            email: "ada@acme.example",
            name: Some("Ada"),
            is_verified: true,
            category: Some("bug"),
            priority: Some("P1"),
            plan: None,
            facts: "Page: https://app.acme.example/x",
            files: &[],
            desk_url: Some("https://help.acme.example/desk/tickets/CD-7K3F-92XQ"),
        }
    }

    const PLACE: Place<'_> = Place {
        desk: "10",
        request_type: "25",
    };

    fn plain_form() -> Form {
        form(&json!([
            { "fieldId": "summary", "jiraSchema": { "type": "string" } },
            { "fieldId": "description" },
            { "fieldId": "priority", "validValues": [{ "value": "1", "label": "Highest" }] },
            { "fieldId": "customfield_1", "jiraSchema": { "type": "string" } },
            { "fieldId": "customfield_2", "jiraSchema": { "type": "option" }, "validValues": [{ "value": "77", "label": "bug" }] },
            { "fieldId": "customfield_3", "jiraSchema": { "type": "array" } },
        ]))
    }

    #[test]
    fn a_request_has_what_its_form_takes_and_its_marker() {
        let settings = settings(
            "marker_field = \"customfield_1\"\nfields = { customfield_2 = \"{category}\", customfield_3 = \"via {site}\", customfield_9 = \"{email}\" }",
        );
        let body = request(&settings, PLACE, &plain_form(), &new(), Some("qm:1")).unwrap();
        assert_eq!(body["serviceDeskId"], "10");
        assert_eq!(body["raiseOnBehalfOf"], "qm:1");
        let fields = &body["requestFieldValues"];
        assert_eq!(fields["customfield_1"], MARKER);
        assert_eq!(fields["customfield_2"], json!({ "id": "77" }));
        assert_eq!(fields["customfield_3"], json!(["via_acme"]));
        assert_eq!(fields["priority"], json!({ "name": "Highest" }));
        assert_eq!(fields.get("customfield_9"), None, "it is not on the form");
        let text = fields["description"].as_str().unwrap();
        assert!(text.starts_with("Since \\{today\\}\nit fails\n\n----\nCategory: bug\n"));
        assert!(text.ends_with(MARKER) && !text.contains("ada@"), "{text}");
    }

    #[test]
    fn who_is_not_the_reporter_stands_in_the_text() {
        let body = request(&settings(""), PLACE, &plain_form(), &new(), None).unwrap();
        let text = body["requestFieldValues"]["description"].as_str().unwrap();
        assert!(text.contains("\nFrom: Ada ada@acme.example\n"), "{text}");
        assert_eq!(body.get("raiseOnBehalfOf"), None);
    }

    #[test]
    fn what_could_not_be_found_again_is_not_made() {
        let bare = form(&json!([{ "fieldId": "summary" }]));
        let made = |more: &str| request(&settings(more), PLACE, &bare, &new(), None);
        assert_eq!(made(""), Err(Unfit::NoDescription));
        let field = "customfield_1".to_owned();
        assert_eq!(
            made("marker_field = \"customfield_1\""),
            Err(Unfit::NoMarkerField(field))
        );
    }

    #[test]
    fn a_priority_that_the_form_does_not_take_is_left_out() {
        let settings = settings("");
        let form = plain_form();
        assert_eq!(
            priority_on_form(&settings, &form, Some("P1")),
            Some("Highest")
        );
        for ours in [Some("P2"), Some("P9"), None] {
            assert_eq!(priority_on_form(&settings, &form, ours), None);
        }
    }

    #[test]
    fn what_is_filled_in_is_not_filled_in_again() {
        let mut new = new();
        new.name = Some("{email}");
        assert_eq!(
            filled("{name} <{email}> {x", &new),
            "{email} <ada@acme.example> {x"
        );
    }

    #[test]
    fn a_long_text_is_cut() {
        let long = "x".repeat(40_000);
        let said = Saying {
            id: Uuid::nil(),
            author: "Kim",
            is_of_requester: false,
            text: &long,
            at: "2026-11-23T08:40:12.5Z".parse().unwrap(),
            is_public: true,
        };
        let text = comment(&said);
        assert!(text.chars().count() < 32_767 && text.ends_with('…'));
        assert!(
            text.starts_with("Kim, 2026-11-23 08:40:12 UTC:\n\nx"),
            "{}",
            &text[..60]
        );
    }

    #[test]
    fn a_query_cannot_be_left_by_a_quotation_mark() {
        let by = |more: &str| jql_of_marker(&settings(more), "HE\"LP", MARKER);
        assert_eq!(
            by(""),
            r#"project = "HE\"LP" AND description ~ "\"CD-7K3F-92XQ\"" ORDER BY created ASC"#
        );
        assert!(by("marker_field = \"customfield_10050\"").contains(r#"cf[10050] ~ "\"CD-"#));
        assert!(by("marker_field = \"labels\"").contains(r#"labels = "CD-"#));
        assert_eq!(
            jql_of_changed("HELP", 12),
            r#"project = "HELP" AND updated >= -12m ORDER BY updated ASC"#
        );
    }

    #[test]
    fn two_files_of_one_name_are_told_apart() {
        let mark = |number| file_mark(Uuid::from_u128(number));
        assert_eq!(mark(0xab), "File 00000000ab");
        assert_ne!(mark(1), mark(2));
    }
}
