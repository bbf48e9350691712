//! The help of a product, imported from a folder.

use std::fs;

use crate::{Service, scratch};

/// Gives a site the articles of a folder with these files; answers what the command says.
pub fn import<T: AsRef<str>>(
    service: &Service,
    site: &str,
    base_url: &str,
    files: &[(&str, T)],
) -> String {
    let folder = scratch::folder("help");
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text.as_ref()).expect("an article");
    }
    let folder = folder.display().to_string();
    service.command(&[
        "articles",
        "import",
        "--site",
        site,
        "--base-url",
        base_url,
        &folder,
    ])
}
