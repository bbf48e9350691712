//! What is searched for when somebody writes a summary. Pure.
//!
//! An article fits when it has all the words, or any of them in its title or headings: a summary is a sentence, and an article that has one
//! of its words somewhere in its text is no help.

/// Words that are in every sentence. PostgreSQL knows them by itself; SQLite does not.
const EMPTY: [&str; 91] = [
    "the", "and", "for", "are", "was", "not", "with", "from", "this", "that", "have", "has", "had",
    "can", "cannot", "how", "what", "when", "why", "does", "did", "our", "your", "you", "but",
    "all", "any", "der", "die", "das", "den", "dem", "und", "oder", "nicht", "kein", "keine",
    "mit", "von", "für", "ein", "eine", "einen", "ich", "wir", "ist", "sind", "wird", "kann",
    "wie", "was", "warum", "wenn", "les", "des", "une", "est", "pas", "pour", "avec", "dans",
    "sur", "que", "qui", "mon", "mes", "nous", "vous", "comment", "pourquoi", "los", "las", "una",
    "del", "por", "para", "con", "como", "esta", "está", "mis", "sin", "jak", "není", "jsem",
    "pro", "při", "kde", "když", "nebo", "jsou",
];
/// More words cost time and find nothing else.
const WORDS_MOST: usize = 8;
/// Shorter words are in everything, but for names such as "QR" and "5G".
const WORD_LEAST_CHARS: usize = 3;
/// Longer ones nobody has written in an article.
const WORD_MOST_CHARS: usize = 40;

/// The words of a text that say something, in small letters, each once.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let pieces = in_pieces(text);
    for piece in pieces.split(|c: char| !c.is_alphanumeric()) {
        let word = piece.to_lowercase();
        if says_something(piece, &word) && !found.contains(&word) && found.len() < WORDS_MOST {
            found.push(word);
        }
    }
    found
}

/// Whether a piece of a text, in small letters `word`, tells articles apart.
fn says_something(piece: &str, word: &str) -> bool {
    let chars = piece.chars().count();
    if piece.chars().any(is_without_blanks) {
        // Hiragana alone is what is between the words.
        return !piece
            .chars()
            .all(|c| ('\u{3040}'..='\u{309f}').contains(&c));
    }
    let is_name = chars == 2
        && piece.chars().all(|c| !c.is_lowercase())
        && piece.chars().any(char::is_uppercase);
    (is_name || (WORD_LEAST_CHARS..=WORD_MOST_CHARS).contains(&chars)) && !EMPTY.contains(&word)
}

/// Whether a character is of a script that puts no blanks between its words.
pub(crate) fn is_without_blanks(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// A text as it is indexed: scripts that put no blanks between words are cut into pairs of characters that overlap, so that both databases,
/// which know words by their blanks, find any part of them.
#[must_use]
pub fn in_pieces(text: &str) -> String {
    let mut pieces = String::with_capacity(text.len());
    let mut before: Option<char> = None;
    let mut is_alone = false;
    for c in text.chars() {
        let is_here = is_without_blanks(c);
        match before {
            Some(first) if is_here => {
                pieces.extend([first, c, ' ']);
                is_alone = false;
            }
            Some(first) if is_alone => pieces.extend([first, ' ']),
            None if is_here => {
                pieces.push(' ');
                is_alone = true;
            }
            _ => {}
        }
        before = is_here.then_some(c);
        if !is_here {
            pieces.push(c);
        }
    }
    if let (Some(last), true) = (before, is_alone) {
        pieces.push(last);
    }
    pieces
}

/// For FTS5, which has no stemming: each word is a beginning, without the `s` of many plurals.
#[must_use]
pub fn of_sqlite(words: &[String]) -> String {
    let begins = |word: &String| {
        let stem = word
            .strip_suffix('s')
            .filter(|stem| stem.chars().count() > 3)
            .unwrap_or(word);
        format!("\"{stem}\"*")
    };
    let begins: Vec<_> = words.iter().map(begins).collect();
    format!(
        "({}) OR {{title headings}} : ({})",
        begins.join(" AND "),
        begins.join(" OR ")
    )
}

/// For PostgreSQL, which knows stems: title and headings have the weights A and B.
#[must_use]
pub fn of_postgres(words: &[String]) -> String {
    let all: Vec<_> = words.iter().map(|word| format!("{word}:*")).collect();
    let any: Vec<_> = words.iter().map(|word| format!("{word}:*AB")).collect();
    format!("({}) | ({})", all.join(" & "), any.join(" | "))
}

/// PostgreSQL's configuration for a language.
#[must_use]
pub fn configuration_of(locale: &str) -> &'static str {
    match locale.split('-').next().unwrap_or_default() {
        "en" => "english",
        "de" => "german",
        "fr" => "french",
        "es" => "spanish",
        "ar" => "arabic",
        _ => "simple",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_say_something_and_nothing_is_syntax() {
        assert_eq!(
            words("The totals are counted twice!"),
            ["totals", "counted", "twice"]
        );
        assert_eq!(
            words("\"a\" OR title:* NEAR(b) ' & | !"),
            ["or", "title", "near"]
        );
        assert_eq!(words("Wie ändere ich die Größe?"), ["ändere", "größe"]);
        assert!(words("the a is to").is_empty());
        assert_eq!(words("QR code in 5G"), ["qr", "code", "5g"]);
        assert_eq!(words(&"word ".repeat(20)).len(), 1);
    }

    #[test]
    fn scripts_without_blanks_are_cut_into_pairs() {
        assert_eq!(in_pieces("請求書 PDF"), " 請求 求書  PDF");
        assert_eq!(in_pieces("a漢b"), "a 漢 b");
        assert_eq!(in_pieces("no such thing"), "no such thing");
        assert_eq!(
            words("請求書が二重です"),
            ["請求", "求書", "書が", "が二", "二重", "重で"]
        );
    }

    #[test]
    fn both_databases_are_asked_the_same() {
        let words = words("totals twice");
        assert_eq!(
            of_sqlite(&words),
            "(\"total\"* AND \"twice\"*) OR {title headings} : (\"total\"* OR \"twice\"*)"
        );
        assert_eq!(
            of_postgres(&words),
            "(totals:* & twice:*) | (totals:*AB | twice:*AB)"
        );
    }
}
