//! Where `tools/setup.sh` put what the tests use.

use std::{path::PathBuf, process::Command};

/// A folder by its name in `tools/paths.sh`, such as `NPM_TOOLS_DIR`.
///
/// # Panics
///
/// When nothing is there: what is missing is a failure, never a skip.
pub fn folder(name: &str) -> PathBuf {
    let script = format!(". tools/paths.sh && printf %s \"${name}\"");
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("bash can be run");
    let path = String::from_utf8(output.stdout).expect("a path in UTF-8");
    let folder = PathBuf::from(path);
    let is_there = folder.is_absolute() && folder.is_dir();
    assert!(is_there, "{name} is {folder:?}; run tools/setup.sh test");
    folder
}
