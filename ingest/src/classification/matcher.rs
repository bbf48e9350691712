//! Finds the phrases of the lexicon in a text. Pure.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    concept::Concept,
    lexicon,
    words::{Text, Word, is_without_blanks, key},
};

/// Words that may stand between two words of a phrase: "does not *always* work".
const GAP_MOST_WORDS: usize = 2;
/// Characters that may stand between two parts of a phrase, where there are no blanks.
const GAP_MOST_CHARS: usize = 14;
/// What a phrase counts that hardly says anything else.
const STRONG: f32 = 2.0;
/// What a phrase counts that says other things, too.
const WEAK: f32 = 0.8;

/// Words that deny what follows.
const DENYING: [&str; 18] = [
    "no", "not", "without", "never", "kein", "keine", "keinen", "nicht", "ohne", "pas", "sans",
    "aucune", "sin", "ningun", "bez", "neni", "لا", "ليس",
];
/// What denies the words before it, where there are no blanks.
const DENYING_AFTER: [&str; 4] = ["ではありません", "ではない", "はありません", "じゃない"];

/// A phrase that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// What it speaks for.
    pub concept: Concept,
    /// How much.
    pub weight: f32,
    /// As the person wrote it.
    pub shown: String,
}

#[derive(Debug)]
struct Phrase {
    concept: Concept,
    weight: f32,
    words: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    key: String,
    is_beginning: bool,
}

impl Pattern {
    fn fits(&self, word: &Word) -> bool {
        if self.is_beginning {
            word.key.starts_with(&self.key)
        } else {
            word.key == self.key
        }
    }
}

#[derive(Debug)]
struct Run {
    concept: Concept,
    weight: f32,
    parts: Vec<String>,
}

#[derive(Debug, Default)]
struct Index {
    /// By the first two characters of the first word.
    phrases: HashMap<String, Vec<Phrase>>,
    runs: Vec<Run>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index::default();
    for entry in lexicon::ALL.iter().copied().flatten() {
        for (weight, phrases) in [(STRONG, entry.strong), (WEAK, entry.weak)] {
            for phrase in phrases {
                index.add(entry.concept, weight, phrase);
            }
        }
    }
    index
});

impl Index {
    fn add(&mut self, concept: Concept, weight: f32, phrase: &str) {
        if phrase.chars().any(is_without_blanks) {
            let parts = phrase.split('…').map(str::to_lowercase).collect();
            self.runs.push(Run {
                concept,
                weight,
                parts,
            });
            return;
        }
        let pattern = |word: &str| {
            let stem = word.strip_suffix('*');
            Pattern {
                key: key(stem.unwrap_or(word)),
                is_beginning: stem.is_some(),
            }
        };
        let words: Vec<Pattern> = phrase.split(' ').map(pattern).collect();
        let begin = words.first().map(|first| beginning(&first.key));
        self.phrases
            .entry(begin.unwrap_or_default())
            .or_default()
            .push(Phrase {
                concept,
                weight,
                words,
            });
    }
}

fn beginning(key: &str) -> String {
    key.chars().take(2).collect()
}

/// Every phrase of the lexicon that the text has, each once, in the order of the text.
#[must_use]
pub fn find(text: &Text) -> Vec<Evidence> {
    let mut found: Vec<Evidence> = Vec::new();
    let mut seen: Vec<*const Phrase> = Vec::new();
    for (at, word) in text.words.iter().enumerate() {
        for phrase in INDEX
            .phrases
            .get(&beginning(&word.key))
            .into_iter()
            .flatten()
        {
            if seen.contains(&std::ptr::from_ref(phrase)) {
                continue;
            }
            if let Some(places) = places(phrase, &text.words, at) {
                seen.push(std::ptr::from_ref(phrase));
                found.extend(evidence(phrase, &text.words, &places));
            }
        }
    }
    let runs = INDEX.runs.iter();
    found.extend(runs.filter_map(|run| in_run(run, &text.run)));
    found
}

/// Where the words of a phrase stand that begins at `at`: in one sentence, close together.
fn places(phrase: &Phrase, words: &[Word], at: usize) -> Option<Vec<usize>> {
    let mut places = Vec::with_capacity(phrase.words.len());
    let mut next = at;
    for (nth, pattern) in phrase.words.iter().enumerate() {
        let reach = if nth == 0 { 1 } else { GAP_MOST_WORDS + 1 };
        let place = (next..words.len().min(next + reach)).find(|&place| {
            words[place].sentence == words[at].sentence && pattern.fits(&words[place])
        })?;
        places.push(place);
        next = place + 1;
    }
    Some(places)
}

/// What a phrase says; nothing when the words before it deny it.
fn evidence(phrase: &Phrase, words: &[Word], places: &[usize]) -> Option<Evidence> {
    let first = places.first().copied()?;
    let last = places.last().copied()?;
    let before = &words[first.saturating_sub(2)..first];
    let is_denied = before
        .iter()
        .any(|word| word.sentence == words[first].sentence && DENYING.contains(&word.key.as_str()));
    let shown: Vec<&str> = words[first..=last]
        .iter()
        .map(|word| word.shown.as_str())
        .collect();
    (!is_denied).then(|| Evidence {
        concept: phrase.concept,
        weight: phrase.weight,
        shown: shown.join(" "),
    })
}

/// The phrase where there are no blanks.
fn in_run(run: &Run, text: &str) -> Option<Evidence> {
    let first = run.parts.first()?;
    let start = text.find(first.as_str())?;
    let mut end = start + first.len();
    for part in &run.parts[1..] {
        let rest = &text[end..];
        let gap = rest.find(part.as_str())?;
        let between = &rest[..gap];
        if between.chars().count() > GAP_MOST_CHARS || between.contains(['。', '!', '?']) {
            return None;
        }
        end += gap + part.len();
    }
    let after = text[end..].trim_start_matches(['が', 'は', 'で', 'の']);
    let is_denied = DENYING_AFTER
        .iter()
        .any(|denying| text[end..].starts_with(denying) || after.starts_with(denying));
    (!is_denied).then(|| Evidence {
        concept: run.concept,
        weight: run.weight,
        shown: text[start..end].to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concepts(text: &str) -> Vec<Concept> {
        let found = find(&Text::read(text));
        found.into_iter().map(|found| found.concept).collect()
    }

    #[test]
    fn a_phrase_may_be_spread_over_a_few_words_of_one_sentence() {
        let shown = |text| {
            let found = find(&Text::read(text));
            found
                .into_iter()
                .map(|found| found.shown)
                .collect::<Vec<_>>()
        };
        assert!(shown("It does NOT really work.").contains(&"not really work".to_owned()));
        assert!(shown("Certainly not. Work goes on").is_empty());
    }

    #[test]
    fn what_is_denied_does_not_count() {
        assert!(concepts("a data leak").contains(&Concept::Breach));
        assert!(!concepts("there was no data leak").contains(&Concept::Breach));
        assert!(concepts("情報漏えいです").contains(&Concept::Breach));
        assert!(!concepts("情報漏えいではありません").contains(&Concept::Breach));
    }

    #[test]
    fn a_phrase_counts_once_however_often_it_stands_there() {
        let found = find(&Text::read(&"outage ".repeat(50)));
        assert_eq!(found.len(), 1);
    }
}
