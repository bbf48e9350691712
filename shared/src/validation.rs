//! One function per rule; used by the panel for hints and by the service for the verdict.
//!
//! Every function takes text as the person typed it and answers the rule's [`Code`], or nothing when the text is good. Surrounding white
//! space never counts: [`clean_line`] and [`clean_text`] say what is kept.

use crate::limits::Limits;

/// Which rule was broken. The names are stable: they cross the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Code {
    /// Nothing was given.
    Required,
    /// Longer than the limit.
    TooLong,
    /// Shorter than the least that makes sense.
    TooShort,
    /// Not of the form that is asked for.
    Invalid,
    /// More items than the limit.
    TooMany,
    /// A file or a sum of files over the limit in bytes.
    TooLarge,
    /// Names something that is not there.
    Unknown,
    /// An upload that has not all of its bytes yet.
    Incomplete,
    /// Known, but not for this person.
    NotAllowed,
    /// There is no room for it at the site.
    NoRoom,
    /// Only staff set it.
    StaffOnly,
}

impl Code {
    /// Every code, for tables of words and their tests.
    pub const ALL: [Self; 11] = [
        Self::Required,
        Self::TooLong,
        Self::TooShort,
        Self::Invalid,
        Self::TooMany,
        Self::TooLarge,
        Self::Unknown,
        Self::Incomplete,
        Self::NotAllowed,
        Self::NoRoom,
        Self::StaffOnly,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::Invalid => "invalid",
            Self::TooMany => "too_many",
            Self::TooLarge => "too_large",
            Self::Unknown => "unknown",
            Self::Incomplete => "incomplete",
            Self::NotAllowed => "not_allowed",
            Self::NoRoom => "no_room",
            Self::StaffOnly => "staff_only",
        }
    }

    /// The code with this name on the wire.
    #[must_use]
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }
}

/// A field of a submission that a rule speaks of. The names are stable: they cross the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Field {
    /// One line that says what it is about.
    Summary,
    /// The text.
    Description,
    /// Where the answer goes.
    Email,
    /// Files in the request.
    Attachments,
    /// Files sent before the request.
    UploadIds,
    /// What kind of request it is.
    Category,
    /// The requester's support plan.
    Plan,
    /// The requester's language.
    Locale,
    /// What the panel says about the page.
    Context,
    /// What it means for the requester.
    Impact,
    /// What the requester has tried already.
    Tried,
    /// How urgent staff hold it to be.
    Priority,
    /// The way it came.
    Channel,
}

impl Field {
    /// Every field, for tables of words and their tests.
    pub const ALL: [Self; 13] = [
        Self::Summary,
        Self::Description,
        Self::Email,
        Self::Attachments,
        Self::UploadIds,
        Self::Category,
        Self::Plan,
        Self::Locale,
        Self::Context,
        Self::Impact,
        Self::Tried,
        Self::Priority,
        Self::Channel,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Description => "description",
            Self::Email => "email",
            Self::Attachments => "attachments",
            Self::UploadIds => "upload_ids",
            Self::Category => "category",
            Self::Plan => "plan",
            Self::Locale => "locale",
            Self::Context => "context",
            Self::Impact => "impact",
            Self::Tried => "tried",
            Self::Priority => "priority",
            Self::Channel => "channel",
        }
    }

    /// The field with this name on the wire.
    #[must_use]
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }
}

/// One broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Violation {
    /// Where.
    pub field: Field,
    /// What.
    pub code: Code,
}

impl Violation {
    /// A broken rule at a field.
    #[must_use]
    pub const fn new(field: Field, code: Code) -> Self {
        Self { field, code }
    }
}

/// One line as it is kept: no surrounding white space, every run of white space or control characters one blank.
#[must_use]
pub fn clean_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// A text as it is kept: line ends are `\n`, control characters beside line end and tab are gone, no surrounding white space.
#[must_use]
pub fn clean_text(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' => {
                if characters.peek() != Some(&'\n') {
                    kept.push('\n');
                }
            }
            '\n' | '\t' => kept.push(c),
            c if c.is_control() => {}
            c => kept.push(c),
        }
    }
    kept.trim().to_owned()
}

/// The summary: there, and at most `summary_chars` characters.
#[must_use]
pub fn validate_summary(summary: &str, limits: &Limits) -> Option<Code> {
    required_text(&clean_line(summary), limits.summary_chars)
}

/// The description: there, and at most `description_chars` characters.
#[must_use]
pub fn validate_description(description: &str, limits: &Limits) -> Option<Code> {
    required_text(&clean_text(description), limits.description_chars)
}

fn required_text(text: &str, most_chars: u32) -> Option<Code> {
    if text.is_empty() {
        Some(Code::Required)
    } else if text.chars().count() > most_chars as usize {
        Some(Code::TooLong)
    } else {
        None
    }
}

/// The contact e-mail address: there, one address, and of the form that browsers accept in `<input type=email>`.
///
/// The rule is the HTML standard's "valid e-mail address" (§4.10.5.1.5), which is stricter than RFC 5322 on purpose: no quoted local parts,
/// no comments, no address literals, ASCII only; nothing in it can end a header line or name a second recipient. Beyond it: a dot in the
/// domain, no leading, trailing or doubled dot in the local part (RFC 5321 §4.1.2 dot-string), a local part of at most 64 octets
/// (RFC 5321 §4.5.3.1.1), and a last label that is not all digits (RFC 3696 §2).
#[must_use]
pub fn validate_email(email: &str, limits: &Limits) -> Option<Code> {
    let email = email.trim();
    if email.is_empty() {
        return Some(Code::Required);
    }
    if email.len() > limits.email_chars as usize {
        return Some(Code::TooLong);
    }
    let valid = email
        .split_once('@')
        .is_some_and(|(local, domain)| is_dot_string(local) && is_host_name(domain));
    if valid { None } else { Some(Code::Invalid) }
}

fn is_dot_string(local: &str) -> bool {
    const LOCAL_PART_MOST_OCTETS: usize = 64;
    let is_atom_text = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b);
    local.len() <= LOCAL_PART_MOST_OCTETS
        && local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_text))
}

fn is_host_name(domain: &str) -> bool {
    const LABEL_MOST_OCTETS: usize = 63;
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_MOST_OCTETS
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(is_label)
        && !last.bytes().all(|b| b.is_ascii_digit())
}

/// How many attachments there may be.
#[must_use]
pub fn validate_attachment_count(count: usize, limits: &Limits) -> Option<Code> {
    (count > limits.attachments as usize).then_some(Code::TooMany)
}

/// How large an attachment may be.
#[must_use]
pub fn validate_attachment_size(size_bytes: u64, limits: &Limits) -> Option<Code> {
    (size_bytes > limits.attachment_bytes).then_some(Code::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits::default()
    }

    #[test]
    fn a_summary_must_be_there_and_not_too_long() {
        assert_eq!(validate_summary(" \n\t ", &limits()), Some(Code::Required));
        assert_eq!(validate_summary("Export", &limits()), None);
        assert_eq!(validate_summary(&"ü".repeat(200), &limits()), None);
        assert_eq!(
            validate_summary(&"ü".repeat(201), &limits()),
            Some(Code::TooLong)
        );
    }

    #[test]
    fn a_description_keeps_its_lines_and_loses_control_characters() {
        assert_eq!(
            clean_text("a\r\nb\rc\u{0}\u{1b}[31m\td\n"),
            "a\nb\nc[31m\td"
        );
        assert_eq!(
            validate_description("\u{0}\u{1}", &limits()),
            Some(Code::Required)
        );
    }

    #[test]
    fn a_summary_is_one_line() {
        assert_eq!(clean_line("  a\r\nSubject: b\u{0}c  "), "a Subject: b c");
    }

    #[test]
    fn addresses_that_people_have_are_accepted() {
        for email in [
            "a@b.cz",
            " jane.doe+x@sub.example.co.uk ",
            "o'hara@example.org",
            "x_y-z@1and1.com",
            "a@xn--bcher-kva.example",
        ] {
            assert_eq!(validate_email(email, &limits()), None, "{email}");
        }
    }

    #[test]
    fn addresses_that_could_carry_more_than_an_address_are_refused() {
        let long_local = format!("{}@b.cz", "a".repeat(65));
        for email in [
            "a",
            "@b.cz",
            "a@",
            "a@b",
            "a@b.",
            "a@.cz",
            "a..b@c.cz",
            ".a@c.cz",
            "a.@c.cz",
            "a b@c.cz",
            "a@b.cz,c@d.cz",
            "a@b.cz\r\nBcc: c@d.cz",
            "\"a b\"@c.cz",
            "a@[127.0.0.1]",
            "a@1.2.3.4",
            "a@b_c.cz",
            "a@-b.cz",
            "<a@b.cz>",
            "a@b@c.cz",
            "a(c)@b.cz",
            "ü@b.cz",
            "a@bücher.example",
            "a@b.cz\u{0}",
            "group:a@b.cz;",
            long_local.as_str(),
        ] {
            assert_eq!(
                validate_email(email, &limits()),
                Some(Code::Invalid),
                "{email}"
            );
        }
        assert_eq!(
            validate_email(&format!("a@{}.cz", "b.".repeat(130)), &limits()),
            Some(Code::TooLong)
        );
    }

    #[test]
    fn names_on_the_wire_lead_back() {
        for code in Code::ALL {
            assert_eq!(Code::from_wire(code.as_str()), Some(code));
        }
        for field in Field::ALL {
            assert_eq!(Field::from_wire(field.as_str()), Some(field));
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn serde_uses_the_same_names() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
        for field in Field::ALL {
            assert_eq!(serde_json::to_value(field).unwrap(), field.as_str());
        }
    }
}
