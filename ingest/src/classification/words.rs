//! A text as words that can be compared: small letters, without accents, in every script. Pure.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation;

/// As much of a text is read, in characters: as much as a description may hold.
const MOST_CHARS: usize = 20_000;
/// A word that is longer was not written by a person.
const WORD_MOST_CHARS: usize = 40;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As it is compared.
    pub key: String,
    /// As it is shown: what the person wrote, in small letters.
    pub shown: String,
    /// Which sentence it stands in: 0, 1, 2 …
    pub sentence: u32,
}

/// A text that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Its words, for scripts with blanks between them.
    pub words: Vec<Word>,
    /// The same text without blanks, for scripts that have none.
    pub run: String,
}

impl Text {
    /// Reads a text.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let cut: String = text.chars().take(MOST_CHARS).nfkc().collect();
        let small = cut.to_lowercase();
        let run = if small.chars().any(is_without_blanks) {
            small
                .chars()
                .filter(|c| !c.is_whitespace() && !c.is_control())
                .collect()
        } else {
            String::new()
        };
        Self {
            words: words(&small),
            run,
        }
    }
}

fn words(small: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let mut sentence = 0;
    for piece in small.split_word_bounds() {
        if piece.chars().any(ends_a_sentence) {
            sentence += 1;
        }
        for part in piece.split(|c: char| "'’`_-".contains(c)) {
            if !part.chars().any(char::is_alphanumeric) || part.chars().any(is_without_blanks) {
                continue;
            }
            let key = key(part);
            // "don't": what is before the apostrophe and the t mean "not" together.
            if key == "t"
                && let Some(last) = found.last_mut()
                && (last.key == "can" || last.key.ends_with('n'))
            {
                last.shown.push_str("’t");
                last.key = "not".to_owned();
            } else if key.chars().count() <= WORD_MOST_CHARS {
                found.push(Word {
                    key,
                    shown: part.to_owned(),
                    sentence,
                });
            }
        }
    }
    found
}

const fn ends_a_sentence(c: char) -> bool {
    matches!(
        c,
        '.' | '!' | '?' | ';' | ':' | '\n' | '。' | '؟' | '؛' | '،' | ',' | '、'
    )
}

/// Whether a character is of a script that puts no blanks between its words.
#[must_use]
pub const fn is_without_blanks(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// A word as it is compared: `Größe` and `GROSSE`, `الفاتورة` and `فاتورة` are the same.
#[must_use]
pub fn key(word: &str) -> String {
    let plain: String = word
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && *c != '\u{640}')
        .map(|c| match c {
            'ة' => 'ه',
            'ى' => 'ي',
            'ı' => 'i',
            'ł' => 'l',
            'ø' => 'o',
            c => c,
        })
        .collect::<String>()
        .to_lowercase()
        .replace('ß', "ss");
    match plain.as_str() {
        "cannot" | "cant" | "dont" | "doesnt" | "isnt" | "wont" => "not".to_owned(),
        _ if plain.chars().next().is_some_and(is_arabic) => without_article(&plain).to_owned(),
        _ => plain,
    }
}

const fn is_arabic(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{6ff}')
}

/// An Arabic word without "and" and "the", which are written together with it.
fn without_article(word: &str) -> &str {
    const LEAST_CHARS: usize = 3;
    let stripped = |word: &str, start: &str, least: usize| -> Option<usize> {
        let rest = word.strip_prefix(start)?;
        (rest.chars().count() >= least).then_some(start.len())
    };
    let mut rest = word;
    for (start, least) in [
        ("و", LEAST_CHARS + 1),
        ("بال", LEAST_CHARS),
        ("ال", LEAST_CHARS),
        ("لل", LEAST_CHARS),
        ("و", LEAST_CHARS + 1),
    ] {
        if let Some(bytes) = stripped(rest, start, least) {
            rest = &rest[bytes..];
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        Text::read(text)
            .words
            .into_iter()
            .map(|word| word.key)
            .collect()
    }

    #[test]
    fn words_are_compared_without_case_accents_and_articles() {
        assert_eq!(
            keys("Größe d’accès PŘIHLÁSIT"),
            ["grosse", "d", "acces", "prihlasit"]
        );
        assert_eq!(keys("والفاتورة الفاتورة فاتورة"), ["فاتوره"; 3]);
        assert_eq!(
            keys("I can't, don’t and cannot"),
            ["i", "not", "not", "and", "not"]
        );
    }

    #[test]
    fn a_text_without_blanks_is_one_run() {
        let text = Text::read("ログイン できません。Ｔｏｄａｙ");
        assert_eq!(text.run, "ログインできません。today");
        assert_eq!(keys("ログイン today"), ["today"]);
        assert_eq!(Text::read("nothing of it").run, "");
    }

    #[test]
    fn a_sentence_ends_where_a_person_ends_it() {
        let text = Text::read("It is not. Works, though");
        let sentences: Vec<u32> = text.words.iter().map(|word| word.sentence).collect();
        assert_eq!(sentences, [0, 0, 0, 1, 2]);
    }
}
