//! What a person sends.

use crate::{
    limits::Limits,
    page_context::PageContext,
    validation::{
        Code, Field, Violation, clean_text, validate_attachment_count, validate_description,
        validate_email, validate_summary,
    },
};

/// A submission as it crosses the wire: text as typed, nothing checked yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Submission {
    /// One line that says what it is about.
    #[cfg_attr(feature = "serde", serde(default))]
    #[cfg_attr(feature = "schema", schema(min_length = 1))]
    pub summary: String,
    /// The text.
    #[cfg_attr(feature = "serde", serde(default))]
    #[cfg_attr(feature = "schema", schema(min_length = 1))]
    pub description: String,
    /// Where the answer goes.
    #[cfg_attr(feature = "serde", serde(default))]
    #[cfg_attr(feature = "schema", schema(format = Email))]
    pub email: String,
    /// What kind of request it is, by the key of the site's policy.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub category: Option<String>,
    /// The requester's support plan, by the key of the site's policy.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub plan: Option<String>,
    /// Uploads that become the ticket's attachments, in the order in which they are shown.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub upload_ids: Vec<String>,
    /// What the panel says about the page.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub context: Option<PageContext>,
    /// The requester's language (BCP 47).
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub locale: Option<String>,
    /// What it means for the requester, in their own words. How urgent it is, staff decide.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub impact: Option<String>,
    /// What the requester has tried already, where their own support looks at it first.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub tried: Option<String>,
    /// Set by staff only: a submission that names one is refused. Read so that whoever sends it is told, and no panel does.
    #[cfg(feature = "serde")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// The way a request came to a program that passes it on, by the key of a channel of the site's policy. The service knows by itself what comes
    /// from its own forms, so no panel sends it.
    #[cfg(feature = "serde")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// Longest key of a category or plan, in octets.
pub const KEY_MOST_OCTETS: usize = 64;
/// Longest description of the impact, and of what was tried, in characters: some paragraphs.
pub const IMPACT_MOST_CHARS: usize = 2_000;
/// Longest language tag, in octets (RFC 5646 §4.4.1 recommends room for 35).
pub const LOCALE_MOST_OCTETS: usize = 35;

impl Submission {
    /// Every broken rule at once, in the order of the form; empty when the submission is good.
    ///
    /// `attached` is the number of files that came in the request itself.
    #[must_use]
    pub fn violations(&self, attached: usize, limits: &Limits) -> Vec<Violation> {
        let key_is_valid = |key: &str| {
            key.len() <= KEY_MOST_OCTETS
                && key
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        let locale_is_valid = |tag: &str| {
            tag.len() <= LOCALE_MOST_OCTETS
                && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let invalid_unless = |good: bool| (!good).then_some(Code::Invalid);
        let paragraphs = |text: Option<&str>| {
            let is_too_long = |text: &&str| clean_text(text).chars().count() > IMPACT_MOST_CHARS;
            text.filter(is_too_long).map(|_| Code::TooLong)
        };
        [
            (Field::Summary, validate_summary(&self.summary, limits)),
            (
                Field::Description,
                validate_description(&self.description, limits),
            ),
            (
                Field::Attachments,
                validate_attachment_count(attached + self.upload_ids.len(), limits),
            ),
            (Field::Email, validate_email(&self.email, limits)),
            (
                Field::Category,
                self.category
                    .as_deref()
                    .and_then(|key| invalid_unless(key_is_valid(key))),
            ),
            (
                Field::Plan,
                self.plan
                    .as_deref()
                    .and_then(|key| invalid_unless(key_is_valid(key))),
            ),
            (
                Field::Locale,
                self.locale
                    .as_deref()
                    .and_then(|tag| invalid_unless(locale_is_valid(tag))),
            ),
            (
                Field::Context,
                self.context.as_ref().and_then(PageContext::violation),
            ),
            (Field::Impact, paragraphs(self.impact.as_deref())),
            (Field::Tried, paragraphs(self.tried.as_deref())),
            #[cfg(feature = "serde")]
            (
                Field::Priority,
                self.priority.as_ref().map(|_| Code::StaffOnly),
            ),
            #[cfg(feature = "serde")]
            (
                Field::Channel,
                self.channel
                    .as_deref()
                    .and_then(|key| invalid_unless(key_is_valid(key))),
            ),
        ]
        .into_iter()
        .filter_map(|(field, code)| code.map(|code| Violation::new(field, code)))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_submission_breaks_three_rules_at_once() {
        let violations = Submission::default().violations(0, &Limits::default());
        let required = |field| Violation::new(field, Code::Required);
        assert_eq!(
            violations,
            [
                required(Field::Summary),
                required(Field::Description),
                required(Field::Email)
            ]
        );
    }

    #[test]
    #[cfg(feature = "serde")]
    fn a_priority_is_staffs_to_set_and_an_impact_may_be_long_but_not_endless() {
        let submission = Submission {
            summary: "a".into(),
            description: "b".into(),
            email: "a@b.cz".into(),
            impact: Some("ü".repeat(IMPACT_MOST_CHARS)),
            ..Submission::default()
        };
        assert_eq!(submission.violations(0, &Limits::default()), []);
        let claimed = Submission {
            impact: Some("ü".repeat(IMPACT_MOST_CHARS + 1)),
            tried: Some("ü".repeat(IMPACT_MOST_CHARS + 1)),
            priority: Some("S1".into()),
            channel: Some("to me".into()),
            ..submission
        };
        assert_eq!(
            claimed.violations(0, &Limits::default()),
            [
                Violation::new(Field::Impact, Code::TooLong),
                Violation::new(Field::Tried, Code::TooLong),
                Violation::new(Field::Priority, Code::StaffOnly),
                Violation::new(Field::Channel, Code::Invalid),
            ]
        );
    }

    #[test]
    fn files_in_the_request_and_uploads_count_together() {
        let submission = Submission {
            summary: "a".into(),
            description: "b".into(),
            email: "a@b.cz".into(),
            upload_ids: vec!["x".into(); 6],
            locale: Some("de_DE".into()),
            ..Submission::default()
        };
        assert_eq!(
            submission.violations(5, &Limits::default()),
            [
                Violation::new(Field::Attachments, Code::TooMany),
                Violation::new(Field::Locale, Code::Invalid)
            ]
        );
    }
}
