//! The words that people see, one table per language. Codes and keys in the code, prose only in `ingest/words/`.

pub mod check;
pub mod hours;
mod instants;
pub mod own;
pub mod plurals;
#[cfg(test)]
mod typography;

use std::{borrow::Cow, collections::BTreeMap};

use plurals::Plurals;

pub use check::Table;
pub use instants::{day, instant, moment, zone, zone_name};
pub use own::OwnWords;

// The list of languages and their files, found by the build script, which has also held them against each other.
include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// The tables of every shipped language.
#[derive(Clone, Debug)]
pub struct Words {
    languages: BTreeMap<&'static str, BTreeMap<String, Table>>,
}

impl Words {
    /// Reads the tables that are part of the binary.
    ///
    /// # Errors
    /// When a file cannot be read; the build script has seen to it that this does not happen.
    pub fn load() -> Result<Self, WordsError> {
        let mut languages: BTreeMap<_, BTreeMap<String, Table>> = BTreeMap::new();
        for (locale, text) in FILES {
            let sections = check::read(text).map_err(|fault| WordsError { locale, fault })?;
            languages.entry(*locale).or_default().extend(sections);
        }
        Ok(Self { languages })
    }

    /// The panel's words. A language that is not shipped gets English.
    #[must_use]
    pub fn panel(&self, locale: &str) -> &Table {
        self.section(locale, "panel")
    }

    /// The acknowledgement's words. A language that is not shipped gets English.
    #[must_use]
    pub fn acknowledge(&self, locale: &str) -> &Table {
        self.section(locale, "acknowledge")
    }

    /// The words of the mail that asks for a confirmation. A language that is not shipped gets English.
    #[must_use]
    pub fn confirm(&self, locale: &str) -> &Table {
        self.section(locale, "confirm")
    }

    /// The words of the pages that links in mails lead to. A language that is not shipped gets English.
    #[must_use]
    pub fn links(&self, locale: &str) -> &Table {
        self.section(locale, "links")
    }

    /// The words of the pages that say what went wrong. A language that is not shipped gets English.
    #[must_use]
    pub fn pages(&self, locale: &str) -> &Table {
        self.section(locale, "pages")
    }

    /// How a language writes numbers, days and instants. A language that is not shipped gets English.
    #[must_use]
    pub fn formats(&self, locale: &str) -> &Table {
        self.section(locale, check::FORMATS)
    }

    /// The direction of a language's script, `ltr` or `rtl`: the attribute `dir`.
    #[must_use]
    pub fn direction(&self, locale: &str) -> &'static str {
        match self.formats(locale).get("direction").map(String::as_str) {
            Some("rtl") => "rtl",
            _ => "ltr",
        }
    }

    /// A section as a site says it: `panel`, `modules`, `acknowledge`, `confirm`, `split`, `links`, `status`.
    #[must_use]
    pub fn of_site(&self, own: &OwnWords, name: &str, locale: &str) -> Cow<'_, Table> {
        let locale = shipped_or_english(locale);
        own::section(self.section(locale, name), own, locale, name)
    }

    fn section(&self, locale: &str, name: &str) -> &Table {
        static EMPTY: Table = Table::new();
        let sections = self.languages.get(shipped_or_english(locale));
        sections
            .and_then(|sections| sections.get(name))
            .unwrap_or(&EMPTY)
    }

    /// The words of those parts of the panel that are fetched when they are used: `secrets.…`, `editor.…`. A language that is not shipped
    /// gets English.
    #[must_use]
    pub fn modules(&self, locale: &str) -> &Table {
        self.section(locale, "modules")
    }
}

/// The text of a key; nothing at all where there is none, which the build script has seen to.
#[must_use]
pub fn text<'a>(table: &'a Table, key: &str) -> &'a str {
    table.get(key).map_or("", String::as_str)
}

/// What the language puts between two sentences: a space, or nothing.
#[must_use]
pub fn between(panel: &Table) -> &str {
    let pattern = text(panel, "sentences");
    let rest = pattern.strip_prefix("{first}");
    rest.and_then(|rest| rest.strip_suffix("{second}"))
        .unwrap_or(" ")
}

/// The text for a number of things, with the form that the language has for this number; `{count}` is left to be filled in.
#[must_use]
pub fn counted<'a>(table: &'a Table, locale: &str, key: &str, count: u64) -> &'a str {
    let form = Plurals::of(locale).map_or("other", |plurals| plurals.form(count));
    match table.get(&format!("{key}_{form}")) {
        Some(text) => text,
        None => text(table, &format!("{key}_other")),
    }
}

/// A size in bytes as the language writes it, rounded up as [`crate::show::size`] does: `25 MB`, `25,1 Mo`.
#[must_use]
pub fn size(panel: &Table, formats: &Table, bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = KIB * KIB;
    let (number, unit) = if bytes >= MIB {
        let tenths = bytes.saturating_mul(10).div_ceil(MIB);
        let rest = match tenths % 10 {
            0 => String::new(),
            rest => format!("{}{rest}", text(formats, "decimal")),
        };
        (format!("{}{rest}", tenths / 10), "size_mb")
    } else {
        (bytes.div_ceil(KIB).to_string(), "size_kb")
    };
    fill(text(panel, unit), &[("number", &number)])
}

/// The shipped language that fits a wish such as `de-AT`, `DE` or the header `fr;q=0.5, de`, the dearest first; nothing when none does.
///
/// A region is not looked at: `pt-BR` would get `pt`, and `zh-TW` gets nothing where there is no `zh`. What is no tag fits nothing.
#[must_use]
pub fn shipped_locale(wish: &str) -> Option<&'static str> {
    let mut wishes: Vec<_> = wish
        .split(',')
        .take(MOST_WISHES)
        .filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
            let weight: f32 = weight.trim().parse().unwrap_or(0.0);
            let language = tag.trim().split(['-', '_']).next()?;
            let shipped = LOCALES
                .into_iter()
                .find(|own| own.eq_ignore_ascii_case(language))?;
            (weight > 0.0).then_some((shipped, weight))
        })
        .collect();
    // A stable sort: of equal ones the first.
    wishes.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    wishes.first().map(|(shipped, _)| *shipped)
}

/// Languages of a header that are looked at: more than anybody speaks.
const MOST_WISHES: usize = 30;

/// Like [`shipped_locale`], and English where none fits.
#[must_use]
pub fn shipped_or_english(wish: &str) -> &'static str {
    shipped_locale(wish).unwrap_or(LOCALES[0])
}

/// A value for [`fill`]: a name that runs the other way than the text around it stands apart (Unicode isolates), so that its signs and digits,
/// and those beside it, stay where they are.
#[must_use]
pub fn apart(value: &str, direction: &str) -> String {
    let is_other: fn(char) -> bool = if direction == "rtl" {
        |c| c.is_ascii_alphabetic()
    } else {
        // Hebrew, Arabic, Syriac, Thaana, NKo.
        |c| matches!(c, '\u{590}'..='\u{7ff}')
    };
    if value.contains(is_other) {
        ["\u{2068}", value, "\u{2069}"].concat()
    } else {
        value.to_owned()
    }
}

/// Puts values in place of `{name}`. One pass: a value is never read for names.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        let after = &rest[open + 1..];
        let value = after.split_once('}').and_then(|(name, tail)| {
            values
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value, tail))
        });
        match value {
            Some((value, tail)) => {
                filled.push_str(value);
                rest = tail;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// A table of words cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the words of \"{locale}\": {fault}")]
pub struct WordsError {
    locale: &'static str,
    fault: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_everything() {
        let words = Words::load().unwrap();
        let english = &words.languages["en"];
        for (locale, sections) in &words.languages {
            for (name, table) in sections {
                let faults = check::faults(name, locale, &english[name], table);
                assert!(faults.is_empty(), "{locale} [{name}]: {faults:?}");
            }
        }
    }

    #[test]
    fn a_wish_finds_the_shipped_language() {
        for (wish, found) in [
            ("de-AT", Some("de")),
            ("de_AT", Some("de")),
            ("pt-BR, DE;q=0.8", Some("de")),
            ("en;q=0.2, ja;q=0.9, fr;q=0.8", Some("ja")),
            ("ar-EG,ar;q=0.9,en-US;q=0.8", Some("ar")),
            ("fr;q=0, de;q=0.1", Some("de")),
            ("zh-Hant-TW", None),
            ("pt-BR", None),
            ("", None),
            ("*", None),
            ("de\0", None),
            ("-de", None),
            (";;,,--;q=x", None),
            ("fr;q=NaN", None),
        ] {
            assert_eq!(shipped_locale(wish), found, "{wish}");
        }
    }

    #[test]
    fn what_a_button_shows_is_part_of_its_name() {
        // WCAG 2.2, 2.5.3: who speaks to the browser says what they see.
        let words = Words::load().unwrap();
        for locale in LOCALES {
            for section in ["panel", "modules"] {
                let table = words.section(locale, section);
                let shown = |key: &str| match key {
                    "receipt.copy_label" => table.get("receipt.copy"),
                    key => table.get(&format!("{key}_short")),
                };
                let pairs = table
                    .iter()
                    .filter_map(|(key, name)| Some((key, name.to_lowercase(), shown(key)?)));
                for (key, name, shown) in pairs {
                    let is_part = name.contains(&shown.to_lowercase());
                    assert!(is_part, "{locale} {section}.{key}: {name}, {shown}");
                }
            }
        }
    }

    #[test]
    fn values_are_not_read_for_names() {
        assert_eq!(
            fill("{a} and {b} {c}", &[("a", "{b}"), ("b", "2")]),
            "{b} and 2 {c}"
        );
    }

    #[test]
    fn the_form_of_a_word_follows_the_number() {
        let words = Words::load().unwrap();
        for (locale, count, text) in [
            ("en", 1, "1 character left"),
            ("cs", 3, "Zbývají {count} znaky"),
            ("cs", 5, "Zbývá {count} znaků"),
            ("ar", 2, "بقي حرفان"),
            ("ar", 11, "بقي {count} حرفًا"),
            ("ja", 1, "残り{count}文字"),
        ] {
            assert_eq!(
                counted(words.panel(locale), locale, "characters_left", count),
                text
            );
        }
    }

    #[test]
    fn sizes_are_written_as_the_language_does() {
        let words = Words::load().unwrap();
        for (locale, bytes, text) in [
            ("en", 25 << 20, "25 MB"),
            ("en", 1, "1 KB"),
            ("de", (25 << 20) + 1, "25,1\u{a0}MB"),
            ("fr", 25 << 20, "25\u{a0}Mo"),
            ("ja", 1536, "2 KB"),
        ] {
            assert_eq!(
                size(words.panel(locale), words.formats(locale), bytes),
                text
            );
        }
    }

    #[test]
    fn the_direction_is_that_of_the_script() {
        let words = Words::load().unwrap();
        for locale in LOCALES {
            let expected = if locale == "ar" { "rtl" } else { "ltr" };
            assert_eq!(words.direction(locale), expected, "{locale}");
        }
    }
}
