//! What a site says in its own words, instead of ours. Pure.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Deserializer, de::Error};

use super::{LOCALES, Words, check, check::Table, plurals, plurals::Plurals, text};

/// Language to key to text. A key begins with its section: `panel.send`, `acknowledge.subject`, `links.confirm.heading`.
pub type OwnWords = BTreeMap<String, Table>;

/// Sections that belong to a site. Pages about errors often belong to none, and how dates are written is not a matter of taste.
const SECTIONS: [&str; 14] = [
    "panel",
    "modules",
    "acknowledge",
    "confirm",
    "by_mail",
    "split",
    "out_of_scope",
    "reply",
    "deprecation",
    "links",
    "form",
    "hours",
    "status",
    "find",
];

/// What was shipped; nothing if it cannot be read, and then nothing is right.
static SHIPPED: LazyLock<Option<Words>> = LazyLock::new(|| Words::load().ok());

/// Reads `[sites.words.de] "panel.send" = "…"`, or the same in sections of their own.
///
/// # Errors
/// When a value is no text.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<OwnWords, D::Error> {
    let languages = BTreeMap::<String, toml::Table>::deserialize(from)?;
    let read = |(locale, words): (String, toml::Table)| {
        let table =
            check::flat(&words).map_err(|fault| Error::custom(format!("words: {fault}")))?;
        Ok((locale, table))
    };
    languages.into_iter().map(read).collect()
}

/// A section as a site says it.
#[must_use]
pub fn section<'a>(shipped: &'a Table, own: &OwnWords, locale: &str, name: &str) -> Cow<'a, Table> {
    let Some(own) = own.get(locale) else {
        return Cow::Borrowed(shipped);
    };
    let mut table = shipped.clone();
    for (key, text) in own {
        if let Some((section, key)) = key.split_once('.')
            && section == name
        {
            table.insert(key.to_owned(), text.clone());
        }
    }
    Cow::Owned(table)
}

/// What is wrong with a site's own words, one sentence each.
#[must_use]
pub fn faults(own: &OwnWords) -> Vec<String> {
    let mut faults = Vec::new();
    for (locale, table) in own {
        let Some(plurals) = Plurals::of(locale).filter(|_| LOCALES.contains(&locale.as_str()))
        else {
            let known = LOCALES.join(", ");
            faults.push(format!("words.{locale}: the language is one of {known}"));
            continue;
        };
        let found = table.iter().filter_map(|(key, text)| {
            let fault = fault_of(locale, key, text, &plurals)?;
            Some(format!("words.{locale}: {fault}"))
        });
        faults.extend(found);
    }
    faults
}

fn fault_of(locale: &str, key: &str, own: &str, plurals: &Plurals) -> Option<String> {
    let words = SHIPPED.as_ref()?;
    let (section, rest) = key.split_once('.').unwrap_or((key, ""));
    let shipped = words.section(locale, section).get(rest);
    let Some(shipped) = shipped.filter(|_| SECTIONS.contains(&section)) else {
        let hint = nearest(words, locale, key);
        let hint = hint.map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
        return Some(format!("\"{key}\" is no key{hint}"));
    };
    if own.trim().is_empty() {
        return Some(format!("\"{key}\" is empty"));
    }
    let is_broken = |c: char| c.is_control() && !(c == '\n' && shipped.contains('\n'));
    if own.contains(is_broken) {
        return Some(format!(
            "\"{key}\" has a line break or another control character"
        ));
    }
    // Room for a sentence more, not for a page.
    let most = 3 * shipped.chars().count() + 60;
    let length = own.chars().count();
    if length > most {
        return Some(format!(
            "\"{key}\" is too long for its place: {length} characters, at most {most}"
        ));
    }
    let english = words.section(LOCALES[0], section);
    let base = plurals::split(rest).map_or_else(String::new, |(base, _)| format!("{base}_other"));
    let model = match english.get(&base) {
        Some(model) => model,
        None => text(english, rest),
    };
    check::fault_of(
        &format!("\"{key}\""),
        model,
        own,
        plurals,
        plurals::split(rest),
    )
}

/// The key that somebody may have meant.
fn nearest(words: &Words, locale: &str, key: &str) -> Option<String> {
    let all = SECTIONS.iter().flat_map(|section| {
        let keys = words.section(locale, section).keys();
        keys.map(move |key| format!("{section}.{key}"))
    });
    all.map(|known| {
        // Whoever leaves the section out means the key.
        let bare = known.split_once('.').map_or("", |(_, rest)| rest);
        let likeness = strsim::jaro_winkler(&known, key).max(strsim::jaro_winkler(bare, key));
        (likeness, known)
    })
    .filter(|(likeness, _)| *likeness > 0.8)
    .max_by(|(one, _), (other, _)| one.total_cmp(other))
    .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(locale: &str, key: &str, text: &str) -> OwnWords {
        let table = Table::from([(key.to_owned(), text.to_owned())]);
        OwnWords::from([(locale.to_owned(), table)])
    }

    #[test]
    fn words_that_fit_have_no_fault() {
        for (locale, key, text) in [
            ("de", "panel.title", "Was können wir für Sie tun?"),
            ("en", "acknowledge.subject", "[{reference}] We got it <3"),
            ("ar", "panel.characters_left_two", "حرفان"),
            ("en", "panel.receipt.lead_confirm", "One.\n\nTwo: {email}"),
        ] {
            assert_eq!(faults(&own(locale, key, text)), [""; 0], "{key}");
        }
    }

    #[test]
    fn each_fault_is_said_with_its_key_and_what_to_do() {
        let long = "x".repeat(400);
        for (locale, key, text, said) in [
            (
                "pl",
                "panel.send",
                "Wyślij",
                "words.pl: the language is one of en, ar, cs",
            ),
            (
                "de",
                "panel.sned",
                "Los",
                "\"panel.sned\" is no key; did you mean \"panel.send\"?",
            ),
            (
                "de",
                "receipt.title",
                "Da",
                "did you mean \"panel.receipt.title\"?",
            ),
            ("de", "formats.date", "{year}", "\"formats.date\" is no key"),
            ("de", "panel.send", " ", "\"panel.send\" is empty"),
            (
                "de",
                "panel.send",
                &long,
                "is too long for its place: 400 characters, at most",
            ),
            (
                "de",
                "acknowledge.subject",
                "Hallo",
                "\"acknowledge.subject\" lacks {reference}",
            ),
            (
                "de",
                "panel.send",
                "{name}",
                "has {name}, which nothing fills in",
            ),
            (
                "de",
                "acknowledge.subject",
                "{reference}\nBcc: x",
                "has a line break",
            ),
            (
                "cs",
                "panel.characters_left_few",
                "Pár znaků",
                "lacks {count}",
            ),
            ("cs", "panel.characters_left_two", "2 znaky", "is no key"),
        ] {
            let faults = faults(&own(locale, key, text));
            assert_eq!(faults.len(), 1, "{key}: {faults:?}");
            assert!(faults[0].contains(said), "{key}: {faults:?}");
        }
    }

    #[test]
    fn a_site_says_what_it_wants_in_one_language_and_ours_elsewhere() {
        let shipped = Words::load().unwrap();
        let own = own("de", "panel.send", "Los!");
        let table = section(shipped.panel("de"), &own, "de", "panel");
        assert_eq!(text(&table, "send"), "Los!");
        assert_eq!(text(&table, "close"), "Schließen");
        let english = section(shipped.panel("en"), &own, "en", "panel");
        assert_eq!(text(&english, "send"), "Send");
    }
}
