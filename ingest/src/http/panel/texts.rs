//! What the document says besides its labels: what is wrong, what was kept, the receipt.

use cornerdesk_shared::{
    receipt::{MAIL_CONFIRM, MAIL_NONE, Receipt},
    validation::Violation,
};
use jiff::Timestamp;
use minijinja::{Value, context};

use super::document::Trouble;
use crate::{app::App, show, store::uploads::Upload, words::Table};

/// The words for what is wrong: the field's own, else the rule's.
pub(super) fn errors(words: &Table, trouble: &Trouble) -> Vec<Value> {
    match trouble {
        Trouble::None => Vec::new(),
        Trouble::Server => vec![context! { field => "send", text => words.get("too_busy") }],
        Trouble::TooMany(wait) => {
            let minutes = wait.as_secs().div_ceil(60).max(1);
            vec![context! { field => "send", text => too_many(words, minutes) }]
        }
        Trouble::Fields(violations) => violations
            .iter()
            .map(|violation| {
                context! { field => violation.field.as_str(), text => error_text(words, *violation) }
            })
            .collect(),
    }
}

fn too_many(words: &Table, minutes: u64) -> String {
    let again = if minutes == 1 {
        "again_in_minutes_one"
    } else {
        "again_in_minutes"
    };
    let texts = ["too_many", again].map(|key| words.get(key).cloned().unwrap_or_default());
    texts.join(" ").replace("{minutes}", &minutes.to_string())
}

fn error_text(words: &Table, violation: Violation) -> String {
    let (field, code) = (violation.field.as_str(), violation.code.as_str());
    let own = words.get(&format!("error.{field}.{code}"));
    let general = || words.get(&format!("error.{code}"));
    own.or_else(general)
        .cloned()
        .unwrap_or_else(|| format!("{field}: {code}"))
}

/// The files that were kept.
pub(super) fn uploads(uploads: &[Upload]) -> Vec<Value> {
    uploads.iter().map(|upload| context! { id => upload.id.to_string(), name => &upload.name, size_text => show::size(upload.length_bytes) }).collect()
}

/// What the receipt says.
pub(super) fn receipt(app: &App, locale: &str, receipt: &Receipt, email: &str) -> Value {
    let format = app
        .words
        .acknowledge(locale)
        .get("instant_format")
        .map_or(show::INSTANT, String::as_str);
    let at = receipt.received_at.parse::<Timestamp>();
    let received = at.map_or_else(
        |_| receipt.received_at.clone(),
        |at| show::instant_as(at, format),
    );
    let (title, lead) = match receipt.mail.as_deref() {
        Some(MAIL_CONFIRM) => ("receipt.title_confirm", "receipt.lead_confirm"),
        Some(MAIL_NONE) => ("receipt.title", "receipt.lead_none"),
        _ => ("receipt.title", "receipt.lead"),
    };
    let waits = receipt.mail.as_deref() == Some(MAIL_CONFIRM);
    context! { reference => &receipt.reference, received_text => received, email_masked => show::masked_email(email.trim()), title, lead, waits }
}

#[cfg(test)]
mod tests {
    use cornerdesk_shared::validation::{Code, Field};

    use super::*;
    use crate::words::{self, Words};

    #[test]
    fn every_broken_rule_has_words_in_every_language() {
        let tables = Words::load().unwrap();
        for locale in words::LOCALES {
            for (field, code) in Field::ALL
                .into_iter()
                .flat_map(|field| Code::ALL.map(|code| (field, code)))
            {
                let text = error_text(tables.panel(locale), Violation::new(field, code));
                assert!(
                    !text.contains('_') && text.len() > 8,
                    "{locale} {field:?} {code:?}: {text}"
                );
            }
        }
    }
}
