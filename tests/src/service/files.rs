//! The files that a service keeps, looked at behind its back.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use super::Service;
use crate::client::sha256;

impl Service {
    /// The digests of all files in the data folder.
    pub fn file_digests(&self) -> HashSet<String> {
        self.files_by_digest().into_keys().collect()
    }

    /// The bytes of the file with this SHA-256.
    pub fn file_with(&self, sha256: &str) -> Vec<u8> {
        let files = self.files_by_digest();
        let path = files.get(sha256).expect("a file with this digest");
        fs::read(path).expect("a file can be read")
    }

    fn files_by_digest(&self) -> HashMap<String, PathBuf> {
        let mut files = HashMap::new();
        collect(&self.data_folder(), &mut files);
        files
    }
}

fn collect(folder: &Path, files: &mut HashMap<String, PathBuf>) {
    for entry in fs::read_dir(folder)
        .expect("a folder can be read")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if let Ok(bytes) = fs::read(&path) {
            // A file that is gone by now was none to keep.
            files.insert(sha256(&bytes), path);
        }
    }
}
