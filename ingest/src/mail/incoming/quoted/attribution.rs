//! "On Monday Sam wrote:", the line above a quotation. Pure.

use super::{is_blank, is_quote};

/// Most lines that one is broken into.
const MOST_LINES: usize = 3;
/// Longest, in characters.
const MOST_CHARS: usize = 300;
/// What it says, in small letters, by language.
const VERBS: [&str; 26] = [
    "wrote",
    "schrieb",
    "geschrieben",
    "a écrit",
    "ecrit",
    "escribió",
    "escribio",
    "napsal",
    "napsala",
    "píše",
    "كتب",
    "كتبت",
    "のメール",
    "書きました",
    "が書いた",
    "wrote to",
    "ha scritto",
    "escreveu",
    "schreef",
    "napisał",
    "skrev",
    "написал",
    "yazdı",
    "写道",
    "寫道",
    "kirjoitti",
];

/// How many lines at the beginning of `lines` say whose words follow. Above a quotation (`is_above_quote`) every language is understood: a date or an address,
/// and a colon at the end; elsewhere the line has to say that somebody wrote.
pub(super) fn lines(lines: &[&str], ours: &[String], is_above_quote: bool) -> Option<usize> {
    let mut joined = String::new();
    for (number, line) in lines.iter().take(MOST_LINES).enumerate() {
        if is_blank(line) || is_quote(line) {
            return None;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(line.trim());
        if joined.chars().count() > MOST_CHARS {
            return None;
        }
        if is_one(&joined, ours, is_above_quote) {
            return Some(number + 1);
        }
    }
    None
}

fn is_one(text: &str, ours: &[String], is_above_quote: bool) -> bool {
    let Some(text) = text
        .trim_end_matches(['*', '_', ' '])
        .strip_suffix([':', '：'])
    else {
        return false;
    };
    let text = text.to_lowercase();
    // Some count in digits of their own.
    let has_number = text.chars().any(|c| c.is_numeric());
    let names_us = ours.iter().any(|address| text.contains(address.as_str()));
    let names_somebody = names_us || (text.contains('@') && text.contains('.'));
    let says_it = VERBS.iter().any(|verb| text.contains(verb));
    if is_above_quote {
        names_somebody || has_number
    } else {
        names_us || (says_it && has_number && (names_somebody || begins_like_one(&text)))
    }
}

/// By a date, as mail programs begin.
fn begins_like_one(text: &str) -> bool {
    const BEGINNINGS: [&str; 14] = [
        "on ", "am ", "le ", "el ", "dne ", "po ", "út ", "st ", "čt ", "pá ", "so ", "ne ", "في ",
        "il ",
    ];
    text.starts_with(|c: char| c.is_numeric()) || BEGINNINGS.iter().any(|one| text.starts_with(one))
}
