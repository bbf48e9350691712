//! What a file may be called: the name that staff see and save it under.
//!
//! The name is a label. It never reaches the file system of the service, where files lie under random keys.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Longest display name, in characters.
pub const NAME_MOST_CHARS: usize = 150;
/// What a file without a usable name is called.
pub const UNNAMED: &str = "file";

/// Longest extension that is kept when a name is shortened, in characters, its dot included.
const EXTENSION_MOST_CHARS: usize = 16;

/// The name under which a file is shown and offered for saving.
///
/// First everything goes that is not seen but changes what is seen, so that no later step can be deceived by it; then the text is brought
/// into its composed form (NFC). What is left is the last segment of a path, without leading dots, without trailing dots and blanks (which
/// Windows drops, and with them the extension that was shown), with runs of blanks as one (or an extension could be pushed out of sight),
/// with `_` for what Windows does not allow, and with `_` in front of the names of its devices; at most [`NAME_MOST_CHARS`] characters with
/// the extension kept.
#[must_use]
pub fn display_name(name: &str) -> String {
    let seen: String = name
        .chars()
        .filter(|c| !is_unseen(*c))
        .map(as_programs_read_it)
        .nfc()
        .collect();
    let last = seen.rsplit(['/', '\\']).next().unwrap_or_default();
    let allowed: String = last.chars().map(allowed_or_underscore).collect();
    let one_blank = allowed.split_whitespace().collect::<Vec<_>>().join(" ");
    let trimmed = one_blank
        .trim_start_matches(['.', ' '])
        .trim_end_matches(['.', ' ']);
    if trimmed.is_empty() {
        UNNAMED.to_owned()
    } else if is_device(trimmed) {
        shortened(&format!("_{trimmed}"))
    } else {
        shortened(trimmed)
    }
}

/// A name in two parts: what stands before the last dot, and the extension with its dot, which decides what opens the file.
#[must_use]
pub fn stem_and_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    }
}

/// Cuts in front of the extension, so that the extension stays the real one.
fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_MOST_CHARS {
        return name.to_owned();
    }
    let (_, extension) = stem_and_extension(name);
    let extension = if extension.chars().count() <= EXTENSION_MOST_CHARS {
        extension
    } else {
        ""
    };
    let kept = NAME_MOST_CHARS - extension.chars().count() - 1;
    name.chars()
        .take(kept)
        .chain(std::iter::once('…'))
        .chain(extension.chars())
        .collect()
}

/// Controls, characters of format (zero-width ones, and those that turn the direction of writing: UAX #9), line separators, characters
/// that nobody or only private agreement has given a form, and the ones that are letters or marks by their category but have none either
/// (`Default_Ignorable_Code_Point`).
fn is_unseen(c: char) -> bool {
    use GeneralCategory as Is;
    let by_category = matches!(
        c.general_category(),
        Is::Control
            | Is::Format
            | Is::LineSeparator
            | Is::ParagraphSeparator
            | Is::PrivateUse
            | Is::Surrogate
            | Is::Unassigned
    );
    // A tab separates words; it becomes a blank.
    (by_category && c != '\t')
        || matches!(c,
            '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fffc}'..='\u{fffd}' | '\u{e0100}'..='\u{e01ef}')
}

/// Characters that look like one that counts in a name, as programs that cannot write them do: a system with an older character set makes
/// a real slash of a full-width one.
const fn as_programs_read_it(c: char) -> char {
    match c {
        '\u{2024}' | '\u{fe52}' | '\u{ff0e}' | '\u{a4f8}' => '.',
        '\u{2044}' | '\u{2215}' | '\u{29f8}' | '\u{ff0f}' => '/',
        '\u{2216}' | '\u{29f5}' | '\u{29f9}' | '\u{fe68}' | '\u{ff3c}' => '\\',
        '\u{2236}' | '\u{a789}' | '\u{fe55}' | '\u{ff1a}' => ':',
        '\u{ff02}' => '"',
        '\u{ff0a}' => '*',
        '\u{ff1c}' => '<',
        '\u{ff1e}' => '>',
        '\u{ff1f}' => '?',
        '\u{ff5c}' => '|',
        c => c,
    }
}

/// Windows allows none of these in a name.
fn allowed_or_underscore(c: char) -> char {
    if r#"<>:"|?*"#.contains(c) { '_' } else { c }
}

/// Does Windows take this for a device, whatever its extension is?
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_uppercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device)
            .is_some_and(|number| number.chars().count() == 1 && "0123456789¹²³".contains(number))
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].contains(&stem.as_str())
        || numbered("COM")
        || numbered("LPT")
}

#[cfg(test)]
mod tests;
