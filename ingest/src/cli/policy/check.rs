//! `cornerdesk policy check FILE…`.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::{
    policy::{Fault, Library, Occasion, Severity},
    policy_folder,
};

/// Prints every finding about the files.
///
/// # Errors
/// When a file cannot be read, or one has a fault.
pub fn run(files: &[PathBuf], occasion: Occasion, json: bool) -> anyhow::Result<()> {
    let mut findings: Vec<Fault> = Vec::new();
    for file in files {
        for finding in check(file, occasion)? {
            // A policy and its overlays share their lines.
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    let count = |severity| {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let (faults, warnings) = (count(Severity::Fault), count(Severity::Warning));
    if json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        for finding in &findings {
            println!("{finding}");
        }
        println!("{}", summary(faults, warnings));
    }
    if faults > 0 {
        bail!("{}", counted(faults, "fault"));
    }
    Ok(())
}

/// What is wrong with one file, as the folder around it makes it.
fn check(file: &Path, occasion: Occasion) -> anyhow::Result<Vec<Fault>> {
    let file = file
        .canonicalize()
        .with_context(|| file.display().to_string())?;
    let name = file.file_stem().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{}: not a name of a policy", file.display()))?;
    let folder = file.parent().unwrap_or(Path::new("/"));
    let room = folder.file_name().and_then(|name| name.to_str());
    let is_below = matches!(room, Some("overlays" | "holidays"));
    let root = if is_below {
        folder.parent().unwrap_or(folder)
    } else {
        folder
    };
    let own = policy_folder::read(root).with_context(|| root.display().to_string())?;
    // An overlay may belong to a policy that is built in.
    let library = Library::embedded().with(own);
    let findings = match room {
        Some("holidays") => {
            library.check_holidays(&format!("holidays/{name}.toml"), occasion.today)
        }
        Some("overlays") => library.check_overlay(name, occasion),
        _ => library.check(name, None, occasion),
    };
    let findings = findings.into_iter().map(|mut finding| {
        let shown = finding.file.as_ref().map(|path| root.join(path));
        finding.file = shown.map(|path| as_typed(&path)).or(finding.file);
        finding
    });
    Ok(findings.collect())
}

/// The path as somebody in this folder would type it.
fn as_typed(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let inner = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf));
    inner.as_deref().unwrap_or(path).display().to_string()
}

fn summary(faults: usize, warnings: usize) -> String {
    match (faults, warnings) {
        (0, 0) => "good".to_owned(),
        (0, warnings) => format!("good, with {}", counted(warnings, "warning")),
        (faults, 0) => counted(faults, "fault"),
        (faults, warnings) => format!(
            "{}, {}",
            counted(faults, "fault"),
            counted(warnings, "warning")
        ),
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}
