//! Where the parts of a text may be: a numbered list, "1. … 2. …". Pure; staff decide.

use super::{PARTS_MOST, Part};

/// Longest summary that is suggested, in characters.
const SUMMARY_CHARS: usize = 100;
/// As far back is looked for a word that announces steps, in characters.
const BEFORE_CHARS: usize = 60;
/// Lists that follow these are one request: how to see a fault.
const STEPS: [&str; 22] = [
    "step",
    "reproduc",
    "schritt",
    "nachstell",
    "reproduzier",
    "étape",
    "reproduire",
    "paso",
    "reproducir",
    "postup",
    "kroky",
    "vyvol",
    "خطوات",
    "手順",
    "再現",
    "how to",
    "procedure",
    "do the following",
    "so geht",
    "procédure",
    "instruc",
    "then i",
];

struct Marker {
    /// Where it begins and where its item's text begins, in bytes.
    at: usize,
    text: usize,
    number: u32,
}

/// The parts of a text that is a numbered list from 1 on; nothing when it is none, or a list of steps.
#[must_use]
pub fn parts(text: &str) -> Vec<Part> {
    let list = list(markers(text));
    let Some(first) = list.first() else {
        return Vec::new();
    };
    let before: String = {
        let start: Vec<char> = text[..first.at].chars().rev().take(BEFORE_CHARS).collect();
        start.into_iter().rev().collect::<String>().to_lowercase()
    };
    if STEPS.iter().any(|word| before.contains(word)) {
        return Vec::new();
    }
    let ends = list.iter().skip(1).map(|next| next.at).chain([text.len()]);
    let parts = list.iter().zip(ends).map(|(marker, end)| {
        let item = text[marker.text..end].trim();
        Part {
            summary: summary(item),
            description: item.to_owned(),
            ..Part::default()
        }
    });
    parts.filter(|part| !part.summary.is_empty()).collect()
}

/// The longest list that counts 1, 2, 3 …
fn list(markers: Vec<Marker>) -> Vec<Marker> {
    let mut list: Vec<Marker> = Vec::new();
    for marker in markers {
        let next = list.len() as u32 + 1;
        if marker.number == next && list.len() < PARTS_MOST {
            list.push(marker);
        }
    }
    if list.len() < 2 { Vec::new() } else { list }
}

/// `1.`, `1)`, `(1)`, `１．`, `١-` and `①`, at the beginning or after a blank, with a blank or another script behind.
fn markers(text: &str) -> Vec<Marker> {
    let mut markers = Vec::new();
    let mut before = '\n';
    for (at, c) in text.char_indices() {
        let is_start = before.is_whitespace() || matches!(before, '。' | '、');
        before = c;
        if is_start && let Some((number, length)) = marker(&text[at..]) {
            markers.push(Marker {
                at,
                text: at + length,
                number,
            });
        }
    }
    markers
}

fn marker(text: &str) -> Option<(u32, usize)> {
    let first = text.chars().next()?;
    if let circled @ '①'..='⑳' = first {
        return Some((circled as u32 - '①' as u32 + 1, first.len_utf8()));
    }
    let opened = text.trim_start_matches(['(', '（']);
    let digits: Vec<u32> = opened.chars().map_while(digit).take(3).collect();
    let length: usize = opened.chars().take(digits.len()).map(char::len_utf8).sum();
    let rest = &opened[length..];
    let close = rest.chars().next()?;
    if digits.is_empty()
        || digits.len() > 2
        || !matches!(close, '.' | ')' | '、' | '．' | '）' | ':' | '-')
    {
        return None;
    }
    let behind = rest[close.len_utf8()..].chars().next();
    // 1.5, 1:30 and 1-2 are numbers.
    if behind.is_some_and(|c| digit(c).is_some() || c.is_ascii_alphabetic()) {
        return None;
    }
    let number = digits.iter().fold(0, |number, digit| number * 10 + digit);
    let bytes = text.len() - rest.len() + close.len_utf8();
    Some((number, bytes))
}

const fn digit(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some(c as u32 - '0' as u32),
        '０'..='９' => Some(c as u32 - '０' as u32),
        '٠'..='٩' => Some(c as u32 - '٠' as u32),
        _ => None,
    }
}

/// The first sentence, or as much of it as a summary holds.
fn summary(item: &str) -> String {
    let line = item.lines().next().unwrap_or_default();
    let sentence = line.split_inclusive(['.', '!', '?', '。', '؟']).next();
    let sentence = sentence.unwrap_or_default().trim();
    let sentence = sentence.trim_end_matches(['.', '。', ',', ';', '،']);
    if sentence.chars().count() <= SUMMARY_CHARS {
        return sentence.to_owned();
    }
    let cut: String = sentence.chars().take(SUMMARY_CHARS).collect();
    let whole_words = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(words, _)| words);
    format!("{whole_words} …")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summaries(text: &str) -> Vec<String> {
        parts(text).into_iter().map(|part| part.summary).collect()
    }

    #[test]
    fn a_numbered_list_is_its_items() {
        for text in [
            "Hello,\n1. Export is broken. It stops.\n2. New address\n3. Dark mode?",
            "1) Export is broken. It stops. 2) New address 3) Dark mode?",
            "(1) Export is broken. It stops.\n\n(2) New address\n(3) Dark mode?",
        ] {
            assert_eq!(
                summaries(text),
                ["Export is broken", "New address", "Dark mode?"],
                "{text}"
            );
        }
        assert_eq!(parts("1. One\nmore\n2. Two")[0].description, "One\nmore");
        assert_eq!(
            summaries("１．保存できません。\n２．住所の変更"),
            ["保存できません", "住所の変更"]
        );
        assert_eq!(
            summaries("①保存できません ②住所の変更"),
            ["保存できません", "住所の変更"]
        );
        assert_eq!(
            summaries("١- لا يعمل التصدير\n٢- عنوان جديد"),
            ["لا يعمل التصدير", "عنوان جديد"]
        );
    }

    #[test]
    fn steps_numbers_and_single_items_are_no_list() {
        for text in [
            "Steps to reproduce:\n1. Open\n2. Click\n3. See",
            "So lässt es sich nachstellen: 1. Öffnen 2. Klicken",
            "手順:1. 開く 2. 押す",
            "Version 1.5 costs 2.50, at 1:30",
            "1. Only one thing",
            "2. Two 3. Three",
            "",
            "1. 2. 3.",
        ] {
            assert_eq!(summaries(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn no_text_is_too_strange() {
        let many: String = (1..100).map(|n| format!("{n}. x ")).collect();
        assert_eq!(parts(&many).len(), PARTS_MOST);
        let long = format!("1. {} 2. b", "word ".repeat(1_000));
        assert!(parts(&long)[0].summary.chars().count() <= SUMMARY_CHARS + 2);
        for text in [
            "(((",
            "1",
            "1.",
            "99999999999. a",
            "\u{202e}1. a 2. b",
            "漢1. あ 2. い",
        ] {
            let _ = parts(text);
        }
    }
}
