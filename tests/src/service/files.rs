//! The files that a service keeps, looked at behind its back.

use std::{collections::HashSet, fs, path::Path};

use super::Service;
use crate::client::sha256;

impl Service {
    /// The digests of all files in the data folder.
    pub fn file_digests(&self) -> HashSet<String> {
        let mut digests = HashSet::new();
        collect(&self.data_folder(), &mut digests);
        digests
    }
}

fn collect(folder: &Path, digests: &mut HashSet<String>) {
    for entry in fs::read_dir(folder)
        .expect("a folder can be read")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, digests);
        } else if let Ok(bytes) = fs::read(&path) {
            // A file that is gone by now was none to keep.
            digests.insert(sha256(&bytes));
        }
    }
}
