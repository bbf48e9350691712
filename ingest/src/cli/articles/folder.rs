//! Articles in a folder of Markdown.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::articles::{Article, markdown};

/// Deeper folders are not somebody's help.
const DEPTH_MOST: usize = 16;

/// Every article of a folder; all faults at once.
///
/// # Errors
/// When there is none, or one of them cannot be offered.
pub fn read(folder: &Path, base_url: Option<&str>, locale: &str) -> anyhow::Result<Vec<Article>> {
    let mut files = Vec::new();
    list(folder, DEPTH_MOST, &mut files)
        .with_context(|| format!("{} cannot be read", folder.display()))?;
    files.sort();
    let (mut articles, mut faults) = (Vec::new(), Vec::new());
    let mut file_of = HashMap::new();
    for file in files {
        let path = file.strip_prefix(folder).unwrap_or(&file);
        let path = path.to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).map_err(|error| error.to_string());
        let article = text.and_then(|text| markdown::read(&text, &path, base_url, locale));
        match article {
            Ok(article) => match file_of.insert(article.id, path.clone()) {
                None => articles.push(article),
                Some(other) => faults.push(format!(
                    "{path}: its address {} is that of {other}, too",
                    article.url
                )),
            },
            Err(fault) => faults.push(format!("{path}: {fault}")),
        }
    }
    anyhow::ensure!(
        faults.is_empty(),
        "nothing was imported:\n  - {}",
        faults.join("\n  - ")
    );
    anyhow::ensure!(
        !articles.is_empty(),
        "there is no .md file in {}; `articles remove` takes all articles away",
        folder.display()
    );
    Ok(articles)
}

/// The Markdown files below a folder. Hidden ones, and what links lead to, are not looked at.
fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() && depth > 0 {
            list(&path, depth - 1, files)?;
        } else if kind.is_file() && path.extension().is_some_and(|ending| ending == "md") {
            files.push(path);
        }
    }
    Ok(())
}
