//! The pages of `tests/browser/hosts`, as a product would serve them.
//!
//! | file | is at |
//! |---|---|
//! | `pages/NAME.html`, `pages/NAME.xhtml` | `/NAME` |
//! | `pages/NAME.headers`, lines as in HTTP | the headers of `/NAME` |
//! | `pages/FILE.js` | `/FILE.js` |
//! | `libraries/NAME.jsx`, bundled with what it imports | `/libraries/NAME.js`, `/libraries/NAME.css` |
//!
//! In pages and headers `{service}` is the origin of the service, and `{host}` the page's own.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::{host_page::Page, installed, scratch};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/hosts");

/// Every path with what is there.
pub(crate) fn pages(service_origin: &str, host_origin: &str) -> Vec<(String, Page)> {
    let filled_in = |text: &str| {
        text.replace("{service}", service_origin)
            .replace("{host}", host_origin)
    };
    let mut pages = Vec::new();
    for file in files_in(&Path::new(FOLDER).join("pages")) {
        let Some((path, media_type)) = served_as(&file) else {
            continue;
        };
        let mut page = Page::new(filled_in(&read(&file)), media_type);
        for line in fs::read_to_string(file.with_extension("headers"))
            .unwrap_or_default()
            .lines()
        {
            let (name, value) = line.split_once(':').expect("a line is `Name: value`");
            page.header(name, filled_in(value).trim());
        }
        pages.push((path, page));
    }
    for file in files_in(bundles()) {
        let media_type = match extension(&file) {
            "css" => "text/css",
            _ => "text/javascript",
        };
        let path = format!("/libraries/{}", name(file.file_name()));
        pages.push((path, Page::new(read(&file), media_type)));
    }
    pages
}

fn served_as(file: &Path) -> Option<(String, &'static str)> {
    let stem = name(file.file_stem());
    match extension(file) {
        "html" => Some((format!("/{stem}"), "text/html; charset=utf-8")),
        "xhtml" => Some((format!("/{stem}"), "application/xhtml+xml; charset=utf-8")),
        "js" => Some((format!("/{stem}.js"), "text/javascript; charset=utf-8")),
        _ => None,
    }
}

/// The folder of bundles, made at the first call.
fn bundles() -> &'static Path {
    static BUNDLES: OnceLock<PathBuf> = OnceLock::new();
    BUNDLES.get_or_init(|| {
        let folder = scratch::folder("host-libraries");
        // A bundle has one React: the 18th for those named after it.
        let (with_18, with_19): (Vec<_>, Vec<_>) = files_in(&Path::new(FOLDER).join("libraries"))
            .into_iter()
            .partition(|file| name(file.file_stem()).ends_with("-18"));
        bundle(&with_19, &folder, &[]);
        bundle(
            &with_18,
            &folder,
            &["--alias:react=react-18", "--alias:react-dom=react-dom-18"],
        );
        folder
    })
}

fn bundle(entries: &[PathBuf], to: &Path, more: &[&str]) {
    let mut esbuild =
        Command::new(installed::folder("NPM_TOOLS_DIR").join("node_modules/.bin/esbuild"));
    esbuild
        .args(entries)
        .args([
            "--bundle",
            "--minify",
            "--format=iife",
            "--jsx=automatic",
            "--log-level=warning",
        ])
        .arg("--define:process.env.NODE_ENV=\"production\"")
        .arg(format!("--outdir={}", to.display()))
        .args(more)
        .env(
            "NODE_PATH",
            installed::folder("HOST_LIBRARIES_DIR").join("node_modules"),
        );
    let output = esbuild.output().expect("esbuild can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the libraries of host pages: {said}"
    );
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn extension(file: &Path) -> &str {
    file.extension().and_then(OsStr::to_str).unwrap_or_default()
}

fn name(part: Option<&OsStr>) -> &str {
    part.and_then(OsStr::to_str).expect("names are in UTF-8")
}
