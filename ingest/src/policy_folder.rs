//! Reads a folder of policies from the disk; the engine itself reads nothing.

use std::{fs, io, path::Path};

use crate::policy::Library;

/// Folders below the one of the policies that belong to it.
const BELOW: [&str; 2] = ["overlays", "holidays"];

/// Every `*.toml` of a folder and of its `overlays/` and `holidays/`.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn read(folder: &Path) -> io::Result<Library> {
    let mut files = toml_files(folder, "")?;
    for below in BELOW {
        let inner = folder.join(below);
        if inner.is_dir() {
            files.extend(toml_files(&inner, &format!("{below}/"))?);
        }
    }
    Ok(Library::from_files(files))
}

/// The policies of an installation: those that are built in, and over them those of `folder`; an empty name is no folder.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn installed(folder: &str) -> io::Result<Library> {
    let embedded = Library::embedded();
    if folder.is_empty() {
        return Ok(embedded);
    }
    let own = read(Path::new(folder))
        .map_err(|error| io::Error::new(error.kind(), format!("{folder}: {error}")))?;
    Ok(embedded.with(own))
}

fn toml_files(folder: &Path, prefix: &str) -> io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(name) = name.filter(|name| name.ends_with(".toml")) {
            let text = fs::read_to_string(&path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })?;
            files.push((format!("{prefix}{name}"), text));
        }
    }
    Ok(files)
}
