//! Whether a language says everything, and nothing else. Pure; the build script asks it, too.

use std::collections::{BTreeMap, BTreeSet};

use super::plurals::{self, Plurals};

/// The words of one section in one language: a key such as `send` to its text, in which `{name}` stands for a value.
pub type Table = BTreeMap<String, String>;

/// How numbers, days and instants are written: each language puts them together in its own way.
pub const FORMATS: &str = "formats";

/// Reads the sections of a file of words.
///
/// # Errors
/// When it is not TOML, or a value is no text.
pub fn read(text: &str) -> Result<BTreeMap<String, Table>, String> {
    let document: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut sections = BTreeMap::new();
    for (name, section) in &document {
        let section = section
            .as_table()
            .ok_or_else(|| format!("{name} stands in no section"))?;
        sections.insert(name.clone(), flat(section)?);
    }
    Ok(sections)
}

/// A section with all its keys on one level.
///
/// # Errors
/// When a value is no text.
pub fn flat(section: &toml::Table) -> Result<Table, String> {
    let mut table = Table::new();
    flatten("", section, &mut table)?;
    Ok(table)
}

/// `[panel.error] required = "…"` and `"error.required" = "…"` are the same key.
fn flatten(prefix: &str, from: &toml::Table, into: &mut Table) -> Result<(), String> {
    for (key, value) in from {
        let name = format!("{prefix}{key}");
        match value {
            toml::Value::String(text) => {
                into.insert(name, text.clone());
            }
            toml::Value::Table(below) => flatten(&format!("{name}."), below, into)?,
            _ => return Err(format!("{name} is no text")),
        }
    }
    Ok(())
}

/// The names in braces, each once.
#[must_use]
pub fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
        .collect()
}

/// What is wrong with the words of a section: every fault with the key it is at. English says what there is to say.
#[must_use]
pub fn faults(section: &str, locale: &str, english: &Table, table: &Table) -> Vec<String> {
    let Some(plurals) = Plurals::of(locale) else {
        return vec![format!("{locale} is the name of no language")];
    };
    let wanted = wanted(english, &plurals);
    let mut faults = Vec::new();
    for (key, model) in &wanted {
        match table.get(key) {
            None => faults.push(format!("{key} is missing")),
            Some(text) if text.trim().is_empty() && section != FORMATS => {
                faults.push(format!("{key} is empty"));
            }
            Some(_) if section == FORMATS => {}
            Some(text) => faults.extend(fault_of(key, model, text, &plurals, plurals::split(key))),
        }
    }
    for key in table.keys().filter(|key| !wanted.contains_key(*key)) {
        faults.push(if plurals::split(key).is_some() {
            format!(
                "{key} is a form that the language does not have, or of a key that there is not"
            )
        } else {
            format!("{key} is a key that English does not have")
        });
    }
    faults
}

/// The keys of a language with the English texts that they follow.
fn wanted<'a>(english: &'a Table, plurals: &Plurals) -> BTreeMap<String, &'a str> {
    let mut wanted = BTreeMap::new();
    for (key, text) in english {
        match plurals::split(key) {
            Some((base, "other")) => wanted.extend(
                plurals
                    .forms()
                    .map(|form| (format!("{base}_{form}"), text.as_str())),
            ),
            Some((base, _)) if english.contains_key(&format!("{base}_other")) => {}
            _ => {
                wanted.insert(key.clone(), text.as_str());
            }
        }
    }
    wanted
}

/// What is wrong with the placeholders of a text that follows `model`, and that is the `form` of a word when it is one.
///
/// A form that stands for one number may leave `{count}` out, and the form of none whatever is said of the things.
#[must_use]
pub fn fault_of(
    key: &str,
    model: &str,
    text: &str,
    plurals: &Plurals,
    form: Option<(&str, &str)>,
) -> Option<String> {
    let (expected, found) = (placeholders(model), placeholders(text));
    let unknown: Vec<_> = found.difference(&expected).collect();
    let may_lack = |name: &str| {
        form.is_some_and(|(_, form)| {
            plurals.is_of_one_number(form) && (name == "count" || form == "zero")
        })
    };
    let missing: Vec<_> = expected
        .difference(&found)
        .filter(|name| !may_lack(name))
        .collect();
    if unknown.is_empty() && missing.is_empty() {
        return None;
    }
    let list = |names: &[&&str]| {
        let names: Vec<_> = names.iter().map(|name| format!("{{{name}}}")).collect();
        names.join(", ")
    };
    Some(match (missing.is_empty(), unknown.is_empty()) {
        (false, true) => format!("{key} lacks {}", list(&missing)),
        (true, false) => format!("{key} has {}, which nothing fills in", list(&unknown)),
        _ => format!("{key} lacks {} and has {}", list(&missing), list(&unknown)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(words: &[(&str, &str)]) -> Table {
        let own = |(key, text): &(&str, &str)| ((*key).to_owned(), (*text).to_owned());
        words.iter().map(own).collect()
    }

    fn faults_of(locale: &str, words: &[(&str, &str)]) -> Vec<String> {
        let english = table(&[
            ("hello", "Hello {name}"),
            ("files_one", "1 file"),
            ("files_other", "{count} files"),
        ]);
        faults("panel", locale, &english, &table(words))
    }

    #[test]
    fn a_complete_language_has_no_fault() {
        let czech = [
            ("hello", "Dobrý den, {name}"),
            ("files_one", "1 soubor"),
            ("files_few", "{count} soubory"),
            ("files_many", "{count} souboru"),
            ("files_other", "{count} souborů"),
        ];
        assert_eq!(faults_of("cs", &czech), [""; 0]);
        assert_eq!(
            faults_of("ja", &[("hello", "{name}様"), ("files_other", "{count}件")]),
            [""; 0]
        );
    }

    #[test]
    fn what_is_missing_superfluous_or_filled_otherwise_is_named() {
        let czech = [
            ("helo", "Dobrý den"),
            ("files_one", "{number} soubor"),
            ("files_two", "dva soubory"),
            ("files_few", "pár souborů"),
            ("files_many", " "),
            ("files_other", "{count} souborů"),
        ];
        assert_eq!(
            faults_of("cs", &czech),
            [
                "files_few lacks {count}",
                "files_many is empty",
                "files_one has {number}, which nothing fills in",
                "hello is missing",
                "files_two is a form that the language does not have, or of a key that there is not",
                "helo is a key that English does not have",
            ]
        );
    }

    #[test]
    fn a_form_of_several_numbers_names_the_number() {
        let french = [
            ("hello", "Bonjour {name}"),
            ("files_one", "1 fichier"),
            ("files_many", "{count} de fichiers"),
            ("files_other", "{count} fichiers"),
        ];
        assert_eq!(faults_of("fr", &french), ["files_one lacks {count}"]);
    }

    #[test]
    fn a_file_that_is_not_of_texts_is_refused() {
        assert!(read("[panel]\nsend = 1").unwrap_err().contains("send"));
        assert!(read("send = \"Send\"").is_err());
        assert!(read("[panel").is_err());
        let sections = read("[panel.error]\nrequired = \"x\"").unwrap();
        assert_eq!(sections["panel"]["error.required"], "x");
    }
}
