//! A release embeds the panel's build output; cargo must look again when files appear in it, not only when they change.
//!
//! Finds the languages: `words/<kind>.<language>.toml`. A language without all the files, or with a key that is missing, superfluous or
//! filled in otherwise, ends the build with the name of the file and the key.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
};

/// The same modules as in the service: `src/words.rs` says what they are for.
mod words {
    #[path = "../src/words/check.rs"]
    pub mod check;
    #[path = "../src/words/plurals.rs"]
    pub mod plurals;
}
use words::check;

/// The language that says what there is to say.
const FIRST: &str = "en";

/// Kind and language to the text of the file.
type Files = BTreeMap<(String, String), String>;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/words");
    println!("cargo:rerun-if-changed=words");
    // A migration that is added is compiled in, too.
    println!("cargo:rerun-if-changed=migrations");
    // In other profiles the files are read when the service starts.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=../dist");
    }
    let (files, mut faults) = files();
    faults.extend(faults_of(&files));
    for fault in &faults {
        println!("cargo::error=words/{fault}");
    }
    if faults.is_empty() {
        let folder = env::var("OUT_DIR").expect("cargo names a folder");
        let to = Path::new(&folder).join("languages.rs");
        fs::write(to, languages(&files)).expect("cargo's folder can be written to");
    }
}

fn files() -> (Files, Vec<String>) {
    let (mut files, mut faults) = (Files::new(), Vec::new());
    let folder = fs::read_dir("words").expect("the folder of words");
    for path in folder.map(|entry| entry.expect("an entry of the folder").path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let parts: Vec<_> = name.split('.').collect();
        let [kind, locale, "toml"] = parts.as_slice() else {
            faults.push(format!(
                "{name}: a file of words is called kind.language.toml"
            ));
            continue;
        };
        let text = fs::read_to_string(&path).expect("a file of words");
        files.insert(((*kind).to_owned(), (*locale).to_owned()), text);
    }
    (files, faults)
}

fn kinds(files: &Files) -> BTreeSet<&str> {
    files.keys().map(|(kind, _)| kind.as_str()).collect()
}

/// English, then the others by name.
fn locales(files: &Files) -> Vec<&str> {
    let mut others: BTreeSet<_> = files.keys().map(|(_, locale)| locale.as_str()).collect();
    others.remove(FIRST);
    [FIRST].into_iter().chain(others).collect()
}

fn faults_of(files: &Files) -> Vec<String> {
    let mut faults = Vec::new();
    for kind in kinds(files) {
        let file_of = |locale: &str| files.get(&(kind.to_owned(), locale.to_owned()));
        let english = match file_of(FIRST).map(|text| check::read(text)) {
            Some(Ok(sections)) => sections,
            Some(Err(fault)) => {
                faults.push(format!("{kind}.{FIRST}.toml: {fault}"));
                continue;
            }
            None => {
                faults.push(format!("{kind}.{FIRST}.toml is missing"));
                continue;
            }
        };
        for locale in locales(files) {
            let name = format!("{kind}.{locale}.toml");
            match file_of(locale).map(|text| check::read(text)) {
                None => faults.push(format!("{name} is missing")),
                Some(Err(fault)) => faults.push(format!("{name}: {fault}")),
                Some(Ok(sections)) => {
                    for (section, english) in &english {
                        let table = sections.get(section).cloned().unwrap_or_default();
                        let found = check::faults(section, locale, english, &table);
                        faults.extend(found.iter().map(|fault| format!("{name}: {fault}")));
                    }
                    let others = sections.keys().filter(|name| !english.contains_key(*name));
                    faults.extend(others.map(|other| {
                        format!("{name}: [{other}] is a section that English does not have")
                    }));
                }
            }
        }
    }
    faults
}

/// The list of languages and the files, for the service.
fn languages(files: &Files) -> String {
    let locales = locales(files);
    let count = locales.len();
    let folder = env::var("CARGO_MANIFEST_DIR").expect("cargo names the folder");
    let mut code = format!(
        "/// The shipped languages: English, to which the others are held, then the others by name.\npub const LOCALES: [&str; {count}] = {locales:?};\n\
         const FILES: &[(&str, &str)] = &[\n"
    );
    for (kind, locale) in files.keys() {
        let path = Path::new(&folder).join(format!("words/{kind}.{locale}.toml"));
        code += &format!("    ({locale:?}, include_str!({path:?})),\n");
    }
    code + "];\n"
}
