//! What the document says besides its labels: what is wrong, what was kept, the receipt.

use cornerdesk_shared::{
    limits::Limits,
    receipt::{MAIL_CONFIRM, MAIL_NONE, Receipt},
    validation::{Field, Violation},
};
use jiff::{Timestamp, tz::TimeZone};
use minijinja::{Value, context};

use super::document::Trouble;
use crate::{
    show,
    store::uploads::Upload,
    words::{self, Table},
};

/// In which language the document speaks.
#[derive(Clone, Copy)]
pub(super) struct Say<'a> {
    pub(super) locale: &'a str,
    pub(super) words: &'a Table,
    pub(super) formats: &'a Table,
    /// Of the script: `ltr` or `rtl`.
    pub(super) direction: &'a str,
    /// The person's where their browser says it, else the site's: without JavaScript nobody knows.
    pub(super) zone: &'a TimeZone,
}

impl Say<'_> {
    /// The text for a number of things, with the number and a size in it.
    fn counted(&self, key: &str, count: u64, size_bytes: u64) -> String {
        let text = words::counted(self.words, self.locale, key, count);
        let values = [
            ("count", count.to_string()),
            ("size", self.size(size_bytes)),
        ];
        words::fill(
            text,
            &values
                .each_ref()
                .map(|(name, value)| (*name, value.as_str())),
        )
    }

    fn size(&self, bytes: u64) -> String {
        words::size(self.words, self.formats, bytes)
    }
}

/// The words for what is wrong: the field's own, else the rule's.
pub(super) fn errors(say: &Say, limits: &Limits, site_name: &str, trouble: &Trouble) -> Vec<Value> {
    match trouble {
        Trouble::None => Vec::new(),
        Trouble::Server => vec![context! { field => "send", text => say.words.get("too_busy") }],
        Trouble::NotSignedIn => {
            let text = words::text(say.words, "identity.required");
            let text = words::fill(text, &[("site", site_name)]);
            vec![context! { field => "send", text }]
        }
        Trouble::NotEntitled(administrator) => {
            let text = match administrator {
                Some(named) => {
                    let text = words::text(say.words, "not_entitled");
                    words::fill(text, &[("address", &words::apart(named, say.direction))])
                }
                None => words::text(say.words, "ask_administrator").to_owned(),
            };
            vec![context! { field => "send", text }]
        }
        Trouble::TooMany(wait) => {
            let minutes = wait.as_secs().div_ceil(60).max(1);
            let again = say.counted("again_in_minutes", minutes, 0);
            let first = words::text(say.words, "too_many");
            let both = words::text(say.words, "sentences");
            let text = words::fill(both, &[("first", first), ("second", &again)]);
            vec![context! { field => "send", text }]
        }
        Trouble::Fields(violations) => violations
            .iter()
            .map(|violation| {
                context! { field => violation.field.as_str(), text => error_text(say, limits, *violation) }
            })
            .collect(),
    }
}

fn error_text(say: &Say, limits: &Limits, violation: Violation) -> String {
    let code = violation.code.as_str();
    // An upload that is named is a file that is attached.
    let field = match violation.field {
        Field::UploadIds => Field::Attachments,
        field => field,
    };
    let own = say.words.get(&format!("error.{}.{code}", field.as_str()));
    let general = || words::text(say.words, &format!("error.{code}"));
    let limit = match field {
        Field::Summary => limits.summary_chars,
        Field::Description => limits.description_chars,
        Field::Email => limits.email_chars,
        _ => limits.attachments,
    };
    words::fill(
        own.map_or_else(general, String::as_str),
        &[
            ("limit", &limit.to_string()),
            ("size", &say.size(limits.attachment_bytes)),
        ],
    )
}

/// How many files may be attached, and how large.
pub(super) fn attachments_hint(say: &Say, limits: &Limits) -> String {
    say.counted(
        "attachments_hint",
        limits.attachments.into(),
        limits.attachment_bytes,
    )
}

/// The files that were kept.
pub(super) fn uploads(say: &Say, uploads: &[Upload]) -> Vec<Value> {
    uploads
        .iter()
        .map(|upload| context! { id => upload.id.to_string(), name => &upload.name, size_text => say.size(upload.length_bytes) })
        .collect()
}

/// What the receipt says.
pub(super) fn receipt(say: &Say, receipt: &Receipt, email: &str) -> Value {
    let at = receipt.received_at.parse::<Timestamp>();
    let received = at.map_or_else(
        |_| receipt.received_at.clone(),
        |at| words::instant(say.formats, at, say.zone),
    );
    let (title, lead) = match receipt.mail.as_deref() {
        Some(MAIL_CONFIRM) => ("receipt.title_confirm", "receipt.lead_confirm"),
        Some(MAIL_NONE) => ("receipt.title", "receipt.lead_none"),
        _ => ("receipt.title", "receipt.lead"),
    };
    let answer_by = receipt.answer_by.as_deref();
    let promise = answer_by.and_then(|at| at.parse().ok()).map(|at| {
        let time = words::instant(say.formats, at, say.zone);
        words::fill(
            words::text(say.words, "receipt.answer_by"),
            &[("time", &time)],
        )
    });
    let waits = receipt.mail.as_deref() == Some(MAIL_CONFIRM);
    context! { reference => &receipt.reference, received_text => received, email_masked => show::masked_email(email.trim()), title, lead, waits, promise, status_url => &receipt.status_url }
}

#[cfg(test)]
mod tests {
    use cornerdesk_shared::validation::{Code, Field};

    use super::*;
    use crate::words::Words;

    #[test]
    fn every_broken_rule_has_words_in_every_language() {
        let tables = Words::load().unwrap();
        for locale in words::LOCALES {
            for (field, code) in Field::ALL
                .into_iter()
                .flat_map(|field| Code::ALL.map(|code| (field, code)))
            {
                let say = Say {
                    locale,
                    direction: "ltr",
                    words: tables.panel(locale),
                    formats: tables.formats(locale),
                    zone: &TimeZone::UTC,
                };
                let violation = Violation::new(field, code);
                let text = error_text(&say, &Limits::default(), violation);
                assert!(
                    !text.contains(['_', '{']) && text.len() > 8,
                    "{locale} {field:?} {code:?}: {text}"
                );
            }
        }
    }

    #[test]
    fn no_line_of_the_form_ends_after_a_single_letter_and_a_hyphen() {
        let words = Words::load().unwrap();
        let torn: Vec<_> = words
            .panel("de")
            .iter()
            .filter(|(_, text)| text.contains("E-Mail"))
            .collect();
        assert!(torn.is_empty(), "write U+2011 for the hyphen: {torn:?}");
    }
}
