//! Every rule that a person can break has its words, and every word is shown. That the languages say the same things is the build's concern
//! (`ingest/build.rs`).

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

/// English says what there is to say.
fn english() -> Words {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/words");
    let mut words = Words::new();
    // The form of a site with a support policy has the words of [form] beside the panel's.
    for (file, part) in [("panel.en.toml", "panel"), ("policy.en.toml", "form")] {
        let text = fs::read_to_string(folder.join(file)).expect("the English words");
        let table: toml::Table = text.parse().expect("TOML");
        flatten(table[part].as_table().expect(part), "", &mut words);
    }
    words
}

#[test]
fn every_rule_has_words() {
    let english = english();
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
        root.join("../ingest/templates/policy_field.html"),
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
    let english = english();
    let calls = [
        "words[\"",
        "words::text(\"",
        "words::filled(\"",
        "counted(\"",
        "with_name(\"",
    ];
    let mut asked = 0;
    for (path, text) in sources() {
        for call in calls {
            let after = text.split(call).skip(1);
            for (key, _) in after.filter_map(|rest| rest.split_once('"')) {
                asked += 1;
                let key = match call {
                    "counted(\"" => &format!("{key}_other"),
                    _ => key,
                };
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
    for key in english().keys() {
        let by_rule = Code::ALL
            .iter()
            .any(|code| key.starts_with("error.") && key.ends_with(code.as_str()));
        let form = ["_one", "_other"]
            .into_iter()
            .find_map(|form| key.strip_suffix(form));
        let named = is_named(form.unwrap_or(key));
        // A template puts together the keys of a field: its name, and which of its words.
        let of_field = key.rsplit_once('_').is_some_and(|(field, part)| {
            let joint = format!("[id ~ \"_{part}\"]");
            is_named(field) && sources.iter().any(|(_, text)| text.contains(&joint))
        });
        assert!(
            by_rule || named || of_field || key.starts_with("context."),
            "nothing shows {key}"
        );
    }
}
