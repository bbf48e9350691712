//! Words of tickets and messages, for full text, and where they stand in a text. Pure.
//!
//! Both databases are given the same words, so that they find the same: small letters without accents, and pairs of characters of scripts that
//! put no blanks between words. A word that is asked for may be the beginning of one that is there.
//!
//! An e-mail address is a word of its own beside its parts: these are in half of all tickets, and what they leave over would have to be searched for.

mod address;
pub mod filling;

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use crate::articles::query::is_without_blanks;

/// Longer words are cut, in the index as in the question.
const WORD_MOST_CHARS: usize = 40;
/// Most words of a piece. A description of the longest has fewer different ones.
const WORDS_MOST: usize = 4_000;
/// Most words of a question. More cost time and leave nothing over.
const ASKED_MOST: usize = 8;
/// A shorter word is only itself: everything begins with it.
const BEGINNING_LEAST_CHARS: usize = 3;
/// What is shown of a text, in characters, and how much of it before the first hit.
const EXCERPT_CHARS: usize = 180;
const BEFORE_CHARS: usize = 50;

/// A word and where it stands.
struct Token {
    at: Range<usize>,
    word: String,
}

/// The words of a text in their order.
fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut begun: Option<usize> = None;
    let mut before: Option<usize> = None;
    let end = |found: &mut Vec<Token>, begun: &mut Option<usize>, at: usize| {
        if let Some(from) = begun.take() {
            found.push(Token {
                at: from..at,
                word: folded(&text[from..at]),
            });
        }
    };
    for (at, c) in text.char_indices() {
        let after = at + c.len_utf8();
        if is_without_blanks(c) {
            end(&mut found, &mut begun, at);
            let from = before.unwrap_or(at);
            let is_followed = text[after..].chars().next().is_some_and(is_without_blanks);
            // One that stands alone is a word.
            if before.is_some() || !is_followed {
                found.push(Token {
                    at: from..after,
                    word: text[from..after].to_owned(),
                });
            }
            before = Some(at);
            continue;
        }
        before = None;
        if c.is_alphanumeric() || begun.is_some() && is_mark(c) {
            begun.get_or_insert(at);
        } else {
            end(&mut found, &mut begun, at);
        }
    }
    end(&mut found, &mut begun, text.len());
    found.retain(|token| !token.word.is_empty());
    found
}

fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Small letters without accents, cut.
fn folded(word: &str) -> String {
    let plain = word
        .nfkd()
        .filter(|c| !is_mark(*c))
        .flat_map(char::to_lowercase);
    plain
        .filter(|c| c.is_alphanumeric())
        .take(WORD_MOST_CHARS)
        .collect()
}

/// The words of a piece, each once.
#[must_use]
pub fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut known = std::collections::BTreeSet::new();
    for text in texts {
        for token in address::tokens(text).into_iter().chain(tokens(text)) {
            if known.len() >= WORDS_MOST {
                break;
            }
            known.insert(token.word);
        }
    }
    known.into_iter().collect()
}

/// What somebody asks for: every word has to be in a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Words, and addresses as [`address`] writes them.
    asked: Vec<String>,
    /// The question without addresses, where it has some.
    by_words: Option<Box<Self>>,
}

impl Question {
    /// The question in a text; nothing where that has no words.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let by_words = Self::of_tokens(tokens(text))?;
        let addresses = address::tokens(text);
        if addresses.is_empty() {
            return Some(by_words);
        }
        let is_apart = |token: &Token| {
            let mut addresses = addresses.iter();
            addresses
                .all(|address| token.at.end <= address.at.start || token.at.start >= address.at.end)
        };
        let mut rest = tokens(text);
        rest.retain(is_apart);
        let question = Self::of_tokens(addresses.into_iter().chain(rest))?;
        Some(Self {
            by_words: Some(Box::new(by_words)),
            ..question
        })
    }

    fn of_tokens(tokens: impl IntoIterator<Item = Token>) -> Option<Self> {
        let mut asked: Vec<String> = Vec::new();
        for token in tokens {
            if asked.len() < ASKED_MOST && !asked.contains(&token.word) {
                asked.push(token.word);
            }
        }
        (!asked.is_empty()).then_some(Self {
            asked,
            by_words: None,
        })
    }

    /// The same question with its addresses taken for words, where it has some: somebody may have typed the beginning of one.
    #[must_use]
    pub fn by_words(&self) -> Option<&Self> {
        self.by_words.as_deref()
    }

    fn may_be_beginning(word: &str) -> bool {
        let is_long = word.chars().count() >= BEGINNING_LEAST_CHARS;
        (is_long || word.chars().any(is_without_blanks)) && !address::is_one(word)
    }

    /// In the words of FTS5.
    #[must_use]
    pub fn of_sqlite(&self) -> String {
        let each = self.each(|word, is_beginning| {
            format!("\"{word}\"{}", if is_beginning { "*" } else { "" })
        });
        each.join(" AND ")
    }

    /// As a `tsquery`.
    #[must_use]
    pub fn of_postgres(&self) -> String {
        self.each_of_postgres().join(" & ")
    }

    /// Each of its words as a `tsquery`.
    #[must_use]
    pub fn each_of_postgres(&self) -> Vec<String> {
        self.each(|word, is_beginning| format!("'{word}'{}", if is_beginning { ":*" } else { "" }))
    }

    fn each(&self, said: impl Fn(&str, bool) -> String) -> Vec<String> {
        let words = self.asked.iter();
        words
            .map(|word| said(word, Self::may_be_beginning(word)))
            .collect()
    }

    fn fits(&self, word: &str) -> bool {
        let mut asked = self.asked.iter();
        asked.any(|asked| {
            asked == word || Self::may_be_beginning(asked) && word.starts_with(asked.as_str())
        })
    }

    /// Where its words stand in a text, without gaps and overlaps.
    fn hits(&self, text: &str) -> Vec<Range<usize>> {
        let mut hits: Vec<Range<usize>> = Vec::new();
        let mut all = address::tokens(text);
        all.extend(tokens(text));
        all.retain(|token| self.fits(&token.word));
        all.sort_by_key(|token| token.at.start);
        for token in all {
            match hits.last_mut() {
                Some(last) if last.end >= token.at.start => last.end = last.end.max(token.at.end),
                _ => hits.push(token.at),
            }
        }
        hits
    }

    /// A text in pieces, by whether they are hits.
    #[must_use]
    pub fn marked(&self, text: &str) -> Vec<(String, bool)> {
        let mut pieces = Vec::new();
        let mut from = 0;
        for hit in self.hits(text) {
            if hit.start > from {
                pieces.push((text[from..hit.start].to_owned(), false));
            }
            pieces.push((text[hit.clone()].to_owned(), true));
            from = hit.end;
        }
        if from < text.len() {
            pieces.push((text[from..].to_owned(), false));
        }
        pieces
    }

    /// The part of a text with the first hit, in such pieces; the beginning where there is none.
    #[must_use]
    pub fn excerpt(&self, text: &str) -> Vec<(String, bool)> {
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let first = self.hits(&text).first().map_or(0, |hit| hit.start);
        let before: Vec<usize> = text[..first].char_indices().map(|(at, _)| at).collect();
        let mut from = match before.len() > BEFORE_CHARS {
            true => before[before.len() - BEFORE_CHARS],
            false => 0,
        };
        // From the beginning of a word, where one is near.
        if from > 0
            && let Some(blank) = text[from..first].find(' ')
        {
            from += blank + 1;
        }
        let mut ends = text[from..].char_indices().skip(EXCERPT_CHARS);
        let to = ends.next().map_or(text.len(), |(at, _)| from + at);
        let mut pieces = self.marked(&text[from..to]);
        if from > 0 {
            pieces.insert(0, ("… ".to_owned(), false));
        }
        if to < text.len() {
            pieces.push((" …".to_owned(), false));
        }
        pieces
    }

    /// Is one of its words in a text?
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        !self.hits(text).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Question {
        Question::of(text).unwrap()
    }

    #[test]
    fn words_are_the_same_for_index_and_question() {
        assert_eq!(
            words(["Größe, CRÈME brûlée!", "ada@Customer.example"]),
            [
                "ada",
                "addrc2093d0068c0d5b983c6f38561e41355",
                "brulee",
                "creme",
                "customer",
                "example",
                "große"
            ]
        );
        assert_eq!(
            words(["請求書 PDF", "a漢b"]),
            ["a", "b", "pdf", "求書", "漢", "請求"]
        );
        assert_eq!(words(["e\u{301}te\u{301}"]), ["ete"]);
        assert!(words(["!?", "", "\u{301}"]).is_empty());
    }

    #[test]
    fn nothing_that_is_asked_is_syntax() {
        let hostile = question("\"a\" OR title:* NEAR(b) ' & | ! \\ $1 -x");
        assert_eq!(
            hostile.of_sqlite(),
            "\"a\" AND \"or\" AND \"title\"* AND \"near\"* AND \"b\" AND \"1\" AND \"x\""
        );
        assert_eq!(
            hostile.of_postgres(),
            "'a' & 'or' & 'title':* & 'near':* & 'b' & '1' & 'x'"
        );
        assert_eq!(Question::of(" '%_* "), None);
        assert_eq!(
            question(&"x y z 1 2 3 4 5 6 7 8 9 ".repeat(9)).asked.len(),
            ASKED_MOST
        );
    }

    #[test]
    fn an_address_is_asked_for_as_a_whole_and_then_by_its_words() {
        let asked = question("invoice Ada@Customer.example");
        let [address] = &words(["(ADA@customer.EXAMPLE)."])
            .into_iter()
            .filter(|word| word.starts_with("addr"))
            .collect::<Vec<_>>()[..]
        else {
            panic!("no address");
        };
        assert_eq!(
            asked.of_postgres(),
            format!("'{address}' & 'invoice':*"),
            "an address is no beginning of another one"
        );
        let by_words = asked.by_words().unwrap();
        assert_eq!(
            by_words.of_postgres(),
            "'invoice':* & 'ada':* & 'customer':* & 'example':*"
        );
        assert_eq!(by_words.by_words(), None);
        assert_eq!(
            asked.marked("to <ada@customer.example>"),
            [
                ("to <".to_owned(), false),
                ("ada@customer.example".to_owned(), true),
                (">".to_owned(), false)
            ]
        );
        assert!(!asked.is_in("adam@customer.example"));
        assert_eq!(question("ada@customer").by_words(), None);
    }

    #[test]
    fn hits_are_pieces_of_the_text_as_it_is() {
        let marked = question("inv").marked("<b>Invoice</b> of Éva");
        assert_eq!(
            marked,
            [
                ("<b>".to_owned(), false),
                ("Invoice".to_owned(), true),
                ("</b> of Éva".to_owned(), false)
            ]
        );
        assert_eq!(
            question("請求書").marked("の請求書が")[1],
            ("請求書".to_owned(), true)
        );
        assert!(question("éva").is_in("<Eva>") && !question("or").is_in("Order"));
        let whole: String = question("a")
            .marked("a漢a")
            .into_iter()
            .map(|(text, _)| text)
            .collect();
        assert_eq!(whole, "a漢a");
    }

    #[test]
    fn an_excerpt_is_around_the_first_hit() {
        let text = format!("{} needle {}", "hay ".repeat(100), "straw ".repeat(100));
        let excerpt = question("needle").excerpt(&text);
        let whole: String = excerpt.iter().map(|(text, _)| text.as_str()).collect();
        assert!(
            whole.starts_with("… hay") && whole.ends_with(" …"),
            "{whole}"
        );
        assert!(whole.chars().count() < EXCERPT_CHARS + 10);
        assert!(excerpt.contains(&("needle".to_owned(), true)));
        assert_eq!(
            question("x").excerpt("as it is"),
            [("as it is".to_owned(), false)]
        );
        for text in ["", "漢".repeat(500).as_str()] {
            let excerpt = question("漢字").excerpt(text);
            assert_eq!(excerpt.is_empty(), text.is_empty());
        }
    }
}
