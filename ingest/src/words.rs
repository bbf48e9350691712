//! The words that people see, one table per language. Codes and keys in the code, prose only in `ingest/words/`.

use std::collections::BTreeMap;

/// The shipped languages, the first being the one that is complete by definition.
pub const LOCALES: [&str; 2] = ["en", "de"];

/// The words of one language: a key such as `send` to its text, in which `{name}` stands for a value.
pub type Table = BTreeMap<String, String>;

/// The tables of every shipped language.
#[derive(Clone, Debug)]
pub struct Words {
    panel: BTreeMap<&'static str, Table>,
    acknowledge: BTreeMap<&'static str, Table>,
    confirm: BTreeMap<&'static str, Table>,
    links: BTreeMap<&'static str, Table>,
}

impl Words {
    /// Reads the tables that are part of the binary.
    ///
    /// # Errors
    /// When a table is not TOML or lacks its section; a test holds that this does not happen.
    pub fn load() -> Result<Self, WordsError> {
        let tables = |files: [(&'static str, &str); 2], section: &'static str| {
            files
                .into_iter()
                .map(|(locale, text)| Ok((locale, read_table(locale, section, text)?)))
                .collect::<Result<BTreeMap<_, _>, WordsError>>()
        };
        Ok(Self {
            panel: tables(
                [
                    ("en", include_str!("../words/panel.en.toml")),
                    ("de", include_str!("../words/panel.de.toml")),
                ],
                "panel",
            )?,
            acknowledge: tables(
                [
                    ("en", include_str!("../words/mail.en.toml")),
                    ("de", include_str!("../words/mail.de.toml")),
                ],
                "acknowledge",
            )?,
            confirm: tables(
                [
                    ("en", include_str!("../words/mail.en.toml")),
                    ("de", include_str!("../words/mail.de.toml")),
                ],
                "confirm",
            )?,
            links: tables(
                [
                    ("en", include_str!("../words/links.en.toml")),
                    ("de", include_str!("../words/links.de.toml")),
                ],
                "links",
            )?,
        })
    }

    /// The panel's words. A language that is not shipped gets English.
    #[must_use]
    pub fn panel(&self, locale: &str) -> &Table {
        table_of(&self.panel, locale)
    }

    /// The acknowledgement's words. A language that is not shipped gets English.
    #[must_use]
    pub fn acknowledge(&self, locale: &str) -> &Table {
        table_of(&self.acknowledge, locale)
    }

    /// The words of the mail that asks for a confirmation. A language that is not shipped gets English.
    #[must_use]
    pub fn confirm(&self, locale: &str) -> &Table {
        table_of(&self.confirm, locale)
    }

    /// The words of the pages that links in mails lead to. A language that is not shipped gets English.
    #[must_use]
    pub fn links(&self, locale: &str) -> &Table {
        table_of(&self.links, locale)
    }
}

/// The shipped language that fits a wish such as `de-AT`, `DE` or the header `fr, de;q=0.8`; nothing when none does.
#[must_use]
pub fn shipped_locale(wish: &str) -> Option<&'static str> {
    wish.split(',').find_map(|range| {
        let tag = range.split(';').next().unwrap_or_default().trim();
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        LOCALES
            .into_iter()
            .find(|locale| locale.eq_ignore_ascii_case(language))
    })
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
#[error("the words of \"{locale}\", section [{section}]: {fault}")]
pub struct WordsError {
    locale: &'static str,
    section: &'static str,
    fault: String,
}

fn read_table(
    locale: &'static str,
    section: &'static str,
    text: &str,
) -> Result<Table, WordsError> {
    let fault = |fault: String| WordsError {
        locale,
        section,
        fault,
    };
    let document: toml::Table = toml::from_str(text).map_err(|error| fault(error.to_string()))?;
    let root = document
        .get(section)
        .and_then(toml::Value::as_table)
        .ok_or_else(|| fault("the section is missing".to_owned()))?;
    let mut table = Table::new();
    flatten("", root, &mut table);
    Ok(table)
}

/// `[panel.error] required = "…"` and `"error.required" = "…"` are the same key.
fn flatten(prefix: &str, from: &toml::Table, into: &mut Table) {
    for (key, value) in from {
        let name = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        match value {
            toml::Value::String(text) => {
                into.insert(name, text.clone());
            }
            toml::Value::Table(below) => flatten(&name, below, into),
            _ => {}
        }
    }
}

fn table_of<'a>(tables: &'a BTreeMap<&'static str, Table>, locale: &str) -> &'a Table {
    static EMPTY: Table = Table::new();
    let shipped = shipped_locale(locale).unwrap_or(LOCALES[0]);
    tables.get(shipped).unwrap_or(&EMPTY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_the_same_keys_and_placeholders() {
        let placeholders = |text: &str| {
            let mut names: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|part| part.split_once('}').map(|(name, _)| name.to_owned()))
                .collect();
            names.sort();
            names.dedup();
            names
        };
        let words = Words::load().unwrap();
        for tables in [
            &words.panel,
            &words.acknowledge,
            &words.confirm,
            &words.links,
        ] {
            let english = &tables["en"];
            for (locale, table) in tables {
                assert_eq!(
                    english.keys().collect::<Vec<_>>(),
                    table.keys().collect::<Vec<_>>(),
                    "{locale}"
                );
                for (key, text) in table {
                    assert_eq!(
                        placeholders(&english[key]),
                        placeholders(text),
                        "{locale} {key}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_wish_finds_the_shipped_language() {
        assert_eq!(shipped_locale("de-AT"), Some("de"));
        assert_eq!(shipped_locale("fr;q=1, DE;q=0.8"), Some("de"));
        assert_eq!(shipped_locale("fr"), None);
    }

    #[test]
    fn values_are_not_read_for_names() {
        assert_eq!(
            fill("{a} and {b} {c}", &[("a", "{b}"), ("b", "2")]),
            "{b} and 2 {c}"
        );
    }
}
