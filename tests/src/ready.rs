//! Databases whose schema is there already: a migration takes longer than most tests. Those that are about migrations, and the demonstration,
//! begin with nothing.

use std::{
    fs,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::{scratch, service};

/// The name of the file in a data folder.
const FILE: &str = "cornerdesk.db";

/// Makes a data folder with an SQLite database with the schema, where a service will look for its own.
///
/// # Panics
///
/// When the schema cannot be made, or the folder is there already.
pub fn put_into(data_folder: &Path) {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let file = scratch::folder("ready").join(FILE);
        bring_up_to_date(&format!("sqlite://{}", file.display()));
        file
    });
    let made_folder = fs::DirBuilder::new().mode(0o700).create(data_folder);
    made_folder.expect("a data folder can be made");
    fs::copy(made, data_folder.join(FILE)).expect("a database can be copied");
}

/// Makes the schema, and leaves no connection behind.
///
/// # Panics
///
/// When it cannot be made.
pub(crate) fn bring_up_to_date(url: &str) {
    let file = scratch::folder("migrate").join("cornerdesk.toml");
    fs::write(&file, format!("[database]\nurl = \"{url}\"\n")).expect("a file can be written");
    let mut command = Command::new(service::binary());
    let output = command.arg("migrate").arg("--config").arg(&file).output();
    let output = output.expect("cornerdesk can be run");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "no schema:\n{complaint}");
}
