//! `cornerdesk policy holidays import FILE.ics --set policies/holidays/fr.toml [--accept]`.

use std::{fs, io, ops::RangeInclusive, path::Path};

use anyhow::{Context, bail};

use crate::policy::holidays::{self, Change, LeftOut};

/// The years that are imported where none are named: this one and so many more.
const YEARS_AHEAD: i16 = 5;

/// Years from this one on.
#[must_use]
pub fn years(from: i16) -> RangeInclusive<i16> {
    from..=from.saturating_add(YEARS_AHEAD)
}

/// Shows what a calendar file would change in a list of holidays, and changes it where that is asked for.
///
/// # Errors
/// When a file cannot be read or written, or is none of its kind.
pub fn import(
    file: &Path,
    set: &Path,
    years: RangeInclusive<i16>,
    accept: bool,
) -> anyhow::Result<()> {
    let calendar = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let old = match fs::read_to_string(set) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| set.display().to_string()),
    };
    let read =
        holidays::read(&calendar, years.clone()).with_context(|| file.display().to_string())?;
    if read.holidays.is_empty() {
        bail!(
            "{}: no holiday from {} to {}",
            file.display(),
            years.start(),
            years.end()
        );
    }
    let before = holidays::of_file(&old);
    let changes = holidays::changes(&before, &read.holidays);
    show(&changes, &read.left_out);
    if changes.is_empty() {
        println!("nothing changes");
    } else if accept {
        let after = holidays::apply(&before, &changes);
        replace(set, &holidays::written(&old, &after))?;
        println!("written: {}", set.display());
        println!("A new version of the policies concerns new tickets only.");
    } else {
        println!("nothing was written; look at it, then say it again with --accept");
    }
    Ok(())
}

fn show(changes: &[Change], left_out: &[LeftOut]) {
    for entry in left_out {
        println!("left out: {} ({})", entry.name, entry.because);
    }
    let mut year = None;
    for change in changes {
        if year.replace(change.date().year()) != Some(change.date().year()) {
            println!("{}", change.date().year());
        }
        println!("  {change}");
    }
}

/// Puts the new text in place of the old in one step: a reader sees the one or the other.
fn replace(set: &Path, text: &str) -> anyhow::Result<()> {
    let beside = set.with_extension("toml.new");
    fs::write(&beside, text).with_context(|| beside.display().to_string())?;
    fs::rename(&beside, set).with_context(|| set.display().to_string())
}
