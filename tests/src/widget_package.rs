//! The npm package as somebody gets it: packed, installed from the tarball into a project of its own, type-checked and bundled there.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::{installed, scratch};

/// A script of `tests/browser/npm_package`, bundled with the installed package. The project is made once for all.
pub fn bundled(entry: &str) -> String {
    static PROJECT: OnceLock<PathBuf> = OnceLock::new();
    let project = PROJECT.get_or_init(project);
    let esbuild = installed::folder("NPM_TOOLS_DIR").join("node_modules/.bin/esbuild");
    // React's development build: the one with StrictMode's double effects.
    run(Command::new(esbuild).current_dir(project).args([
        entry,
        "--bundle",
        "--format=esm",
        "--define:process.env.NODE_ENV=\"development\"",
        "--outdir=out",
        "--log-level=warning",
    ]));
    let script = Path::new(entry).with_extension("js");
    fs::read_to_string(project.join("out").join(script)).expect("esbuild has written it")
}

fn project() -> PathBuf {
    let modules = installed::folder("WIDGET_PACKAGE_DIR").join("node_modules");
    let tarball = pack(&modules);
    let project = scratch::folder("npm-project");
    fs::write(
        project.join("package.json"),
        r#"{ "private": true, "type": "module" }"#,
    )
    .expect("a file can be written");
    run(npm(&project)
        .args([
            "install",
            "--offline",
            "--ignore-scripts",
            "--legacy-peer-deps",
            "--no-audit",
            "--no-fund",
        ])
        .arg(tarball));
    link_all(&modules, &project.join("node_modules"));
    copy_all(&source("tests/browser/npm_package"), &project);
    run(Command::new(modules.join(".bin/tsc")).current_dir(&project));
    project
}

/// Builds and packs the package in a copy.
fn pack(modules: &Path) -> PathBuf {
    let package = scratch::folder("npm-package");
    copy_all(&source("npm"), &package);
    fs::create_dir(package.join("src")).expect("a new folder");
    copy_all(&source("npm/src"), &package.join("src"));
    symlink(modules, package.join("node_modules")).expect("a new link");
    run(Command::new(modules.join(".bin/tsc")).current_dir(&package));
    run(npm(&package).args(["pack", "--ignore-scripts"]));
    fs::remove_file(package.join("node_modules")).expect("the link");
    let packed = fs::read_dir(&package)
        .expect("the copy")
        .flatten()
        .map(|entry| entry.path());
    packed
        .into_iter()
        .find(|path| path.extension().is_some_and(|ending| ending == "tgz"))
        .expect("npm pack makes a tarball")
}

fn npm(folder: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder);
    npm
}

fn source(folder: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(folder)
}

fn copy_all(from: &Path, to: &Path) {
    for file in fs::read_dir(from)
        .expect("a folder of the repository")
        .flatten()
    {
        if file.path().is_file() {
            fs::copy(file.path(), to.join(file.file_name())).expect("a file can be copied");
        }
    }
}

/// What the project uses beside the package.
fn link_all(from: &Path, to: &Path) {
    for module in fs::read_dir(from).expect("installed modules").flatten() {
        if !module.file_name().to_string_lossy().starts_with('.') {
            symlink(module.path(), to.join(module.file_name())).expect("a new link");
        }
    }
}

fn run(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&said)
    );
}
