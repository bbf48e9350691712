//! Every language says the same things, and every rule that a person can break has its words.

use std::{collections::BTreeMap, fs, path::Path};

use cornerdesk_shared::validation::{Code, Field};

type Words = BTreeMap<String, String>;

fn flatten(table: &toml::Table, prefix: &str, words: &mut Words) {
    for (key, value) in table {
        let key = format!("{prefix}{key}");
        match value {
            toml::Value::Table(table) => flatten(table, &format!("{key}."), words),
            value => {
                let text = value.as_str().expect("a text");
                words.insert(key, text.to_owned());
            }
        }
    }
}

fn languages() -> BTreeMap<String, Words> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/words");
    let files = fs::read_dir(folder).expect("the folder of words");
    let mut languages = BTreeMap::new();
    for file in files.map(|file| file.expect("a file").path()) {
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        let Some(language) = name
            .strip_prefix("panel.")
            .and_then(|rest| rest.strip_suffix(".toml"))
        else {
            continue;
        };
        let table: toml::Table = fs::read_to_string(&file)
            .expect("a text")
            .parse()
            .expect("TOML");
        let mut words = Words::new();
        flatten(table["panel"].as_table().expect("[panel]"), "", &mut words);
        languages.insert(language.to_owned(), words);
    }
    assert!(languages.len() >= 2, "found {:?}", languages.keys());
    languages
}

fn placeholders(text: &str) -> Vec<&str> {
    let mut found: Vec<_> = text
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn every_language_has_the_same_keys_and_placeholders() {
    let languages = languages();
    let english = &languages["en"];
    for (language, words) in &languages {
        assert_eq!(
            words.keys().collect::<Vec<_>>(),
            english.keys().collect::<Vec<_>>(),
            "{language}"
        );
        for (key, text) in words {
            assert_eq!(
                placeholders(text),
                placeholders(&english[key]),
                "{language} {key}"
            );
            assert!(!text.trim().is_empty(), "{language} {key}");
        }
    }
}

#[test]
fn every_rule_has_words() {
    let english = &languages()["en"];
    for code in Code::ALL {
        assert!(
            english.contains_key(&format!("error.{}", code.as_str())),
            "{code:?}"
        );
    }
    for field in [Field::Summary, Field::Description, Field::Email] {
        for code in [Code::Required, Code::TooLong] {
            assert!(
                english.contains_key(&format!("error.{}.{}", field.as_str(), code.as_str())),
                "{field:?} {code:?}"
            );
        }
    }
}

/// The texts of everything that shows words: the form, the panel and the service.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting = vec![
        root.join("src"),
        root.join("../ingest/src"),
        root.join("../ingest/templates/panel.html"),
    ];
    let mut sources = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder of sources");
            waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path
            .extension()
            .is_some_and(|kind| kind == "rs" || kind == "html")
        {
            let text = fs::read_to_string(&path).expect("a source");
            sources.push((path.display().to_string(), text));
        }
    }
    sources
}

#[test]
fn every_key_that_the_panel_or_the_form_asks_for_exists() {
    let english = &languages()["en"];
    let calls = [
        "words[\"",
        "words::text(\"",
        "words::filled(\"",
        "words::counted(\"",
        "with_name(\"",
    ];
    let mut asked = 0;
    for (path, text) in sources() {
        for call in calls {
            let after = text.split(call).skip(1);
            for (key, _) in after.filter_map(|rest| rest.split_once('"')) {
                asked += 1;
                assert!(english.contains_key(key), "{path} asks for {key}");
            }
        }
    }
    assert!(
        asked > 40,
        "only {asked} keys found: does this test still read the sources?"
    );
}

#[test]
fn every_word_is_shown_somewhere() {
    let sources = sources();
    let is_named = |key: &str| {
        let quoted = format!("\"{key}\"");
        sources.iter().any(|(_, text)| text.contains(&quoted))
    };
    for key in languages()["en"].keys() {
        let by_rule = Code::ALL
            .iter()
            .any(|code| key.starts_with("error.") && key.ends_with(code.as_str()));
        let named = is_named(key.strip_suffix("_one").unwrap_or(key));
        assert!(
            by_rule || named || key.starts_with("context."),
            "nothing shows {key}"
        );
    }
}
