//! The policies that are part of the program; a test holds the list against the folder.

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../policies/", $path)))),*]
    };
}

/// Paths below `policies/`, and texts.
pub const FILES: &[(&str, &str)] = files![
    "holidays/cz.toml",
    "holidays/fr.toml",
    "holidays/m3ter-test.toml",
    "m3ter.toml",
    "meiro.toml",
    "memsource.toml",
    "meteorage.toml",
    "overlays/m3ter-literal-cet.toml",
    "overlays/m3ter-no-holidays.toml",
    "overlays/m3ter-test-from-change.toml",
    "overlays/m3ter-test-holidays.toml",
    "overlays/meiro-test-berlin.toml",
    "overlays/meiro-test-prague.toml",
    "overlays/meteorage-fr.toml",
];
