//! Where the binary under test comes from.

use std::{path::PathBuf, process::Command, sync::OnceLock};

use crate::scratch;

/// The binary: the one named by `CORNERDESK_BIN`, else the workspace's own, brought up to date first.
///
/// `cargo test` builds no binaries of other packages, so that a test could meet an old one.
pub fn cornerdesk() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("CORNERDESK_BIN") {
        Some(named) => PathBuf::from(named),
        None => build(),
    })
}

fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // The whole workspace is selected, as by `cargo test`, so that dependencies have the same features and are not built twice.
    command
        .args(["build", "--quiet", "--workspace", "--bin", "cornerdesk"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .env("CARGO_TARGET_DIR", scratch::target_folder());
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command.output().expect("cargo can be run");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cornerdesk does not build:\n{complaint}"
    );
    scratch::profile_folder().join("cornerdesk")
}
