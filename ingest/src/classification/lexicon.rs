//! Words that tell what a request is about, in the languages that we speak. A phrase is words in this order, close together; `*` is any
//! ending; `…` stands between two parts where there are no blanks. `don't` and `cannot` are `not`.

mod ar;
mod cs;
mod de;
mod en;
mod es;
mod fr;
mod ja;

use super::concept::Concept;

/// The phrases of a concept in a language.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What they speak for.
    pub concept: Concept,
    /// They hardly say anything else.
    pub strong: &'static [&'static str],
    /// They say other things, too.
    pub weak: &'static [&'static str],
}

/// Every language.
pub const ALL: [&[Entry]; 7] = [
    en::WORDS,
    fr::WORDS,
    de::WORDS,
    es::WORDS,
    cs::WORDS,
    ar::WORDS,
    ja::WORDS,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_words_for_every_concept() {
        for (language, entries) in ALL.iter().enumerate() {
            for concept in Concept::ALL {
                let of_concept = entries.iter().find(|entry| entry.concept == concept);
                assert!(
                    of_concept.is_some_and(|entry| entry.strong.len() + entry.weak.len() >= 3),
                    "{language} {concept:?}"
                );
            }
        }
    }

    #[test]
    fn no_phrase_stands_twice_in_a_language() {
        for entries in ALL {
            let mut phrases: Vec<_> = entries
                .iter()
                .flat_map(|entry| {
                    entry
                        .strong
                        .iter()
                        .chain(entry.weak)
                        .map(|phrase| (entry.concept, *phrase))
                })
                .collect();
            let all = phrases.len();
            phrases.sort_unstable();
            phrases.dedup();
            assert_eq!(phrases.len(), all);
        }
    }
}
