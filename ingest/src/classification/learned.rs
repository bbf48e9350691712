//! What the decisions of a site's staff say about a text. Pure.
//!
//! Counted are the concepts of a text and words that the policy or the product's own help have published; so no name, address or number of
//! a requester can be among them, and the counts stay when a ticket is erased (decision 0039).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    matcher,
    words::{Text, is_without_blanks},
};
use crate::articles::query;

/// As many features of a text are looked at.
pub const FEATURES_MOST: usize = 200;
/// Fewer decisions say nothing.
const DECISIONS_LEAST: u64 = 10;
/// A word that was decided about more rarely says nothing.
const SUPPORT_LEAST: u64 = 3;
/// So many decisions weigh half of what any number of them does.
const HALF_OF_TRUST: f32 = 15.0;
/// Features of one text are not independent of each other.
const TEMPER: f32 = 0.6;
/// Most that one feature says.
const ONE_MOST: f32 = 1.5;
/// Most that all of them say.
const ALL_MOST: f32 = 5.0;

/// What was decided: how often each class, and how often where a feature was in the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// Decisions by class.
    pub decisions: BTreeMap<String, u64>,
    /// Decisions by feature and class.
    pub features: HashMap<String, BTreeMap<String, u64>>,
}

/// The features of a text: its concepts (`#outage`) and its words, at most [`FEATURES_MOST`], no numbers.
#[must_use]
pub fn features(text: &str) -> BTreeSet<String> {
    const CHARS_LEAST: usize = 3;
    let read = Text::read(text);
    let mut features: BTreeSet<String> = matcher::find(&read)
        .into_iter()
        .map(|found| format!("#{}", found.concept.as_str()))
        .collect();
    let words = read.words.into_iter().map(|word| word.key);
    let pairs = query::in_pieces(&read.run);
    let pairs = pairs
        .split(' ')
        .filter(|pair| pair.chars().all(is_without_blanks))
        .map(str::to_owned);
    for word in words
        .filter(|word| word.chars().count() >= CHARS_LEAST)
        .chain(pairs)
    {
        if features.len() >= FEATURES_MOST {
            break;
        }
        if !word.is_empty() && !word.chars().any(char::is_numeric) {
            features.insert(word);
        }
    }
    features
}

/// Of the features of a ticket, those that may be counted: concepts, and words that stand in `published` texts.
#[must_use]
pub fn countable(features: &BTreeSet<String>, published: &BTreeSet<String>) -> Vec<String> {
    features
        .iter()
        .filter(|feature| feature.starts_with('#') || published.contains(*feature))
        .cloned()
        .collect()
}

/// How much the decisions speak for a class, and the words that do so most.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Voice {
    pub(super) score: f32,
    pub(super) words: Vec<(String, f32)>,
}

impl Learned {
    /// What they say about a text with these features for `class`, one of `classes`.
    pub(super) fn voice(&self, features: &BTreeSet<String>, class: &str, classes: usize) -> Voice {
        let all: u64 = self.decisions.values().sum();
        if all < DECISIONS_LEAST {
            return Voice::default();
        }
        let of_class = self.decisions.get(class).copied().unwrap_or_default();
        let trust = count(all) / (count(all) + HALF_OF_TRUST);
        let share = (count(of_class) + 1.0) / (count(all) + count(classes as u64));
        let prior = (share * count(classes as u64))
            .ln()
            .clamp(-ONE_MOST, ONE_MOST);
        let mut words: Vec<(String, f32)> = Vec::new();
        for feature in features {
            let Some(counts) = self.features.get(feature) else {
                continue;
            };
            let seen: u64 = counts.values().sum();
            if seen < SUPPORT_LEAST {
                continue;
            }
            let here = counts.get(class).copied().unwrap_or_default();
            let rate = (count(here) + 0.5) / (count(of_class) + 1.0);
            let usual = (count(seen) + 0.5) / (count(all) + 1.0);
            let says = (rate / usual).ln().clamp(-ONE_MOST, ONE_MOST) * TEMPER * trust;
            words.push((feature.clone(), says));
        }
        let said: f32 = words.iter().map(|(_, says)| says).sum();
        Voice {
            score: said.clamp(-ALL_MOST, ALL_MOST) + prior * TEMPER * trust,
            words,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of decisions, compared roughly"
)]
const fn count(number: u64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn learned(decisions: u64, of: &str, feature: &str) -> Learned {
        let all = BTreeMap::from([(of.to_owned(), decisions), ("b".to_owned(), decisions)]);
        let features = HashMap::from([(
            feature.to_owned(),
            BTreeMap::from([(of.to_owned(), decisions)]),
        )]);
        Learned {
            decisions: all,
            features,
        }
    }

    #[test]
    fn features_hold_no_number_and_no_part_of_an_address_is_countable() {
        let features = features(
            "Outage: call +43 664 1234567, Ada Lovelace ada@customer.example, meter 4711, 請求書",
        );
        assert!(features.contains("#outage"));
        assert!(features.contains("請求"));
        assert!(
            !features
                .iter()
                .any(|feature| feature.chars().any(char::is_numeric)),
            "{features:?}"
        );
        let countable = countable(&features, &set(&["meter", "請求"]));
        assert_eq!(countable, ["#billing", "#outage", "meter", "請求"]);
    }

    #[test]
    fn few_decisions_and_rare_words_say_nothing() {
        assert_eq!(
            learned(4, "a", "meter").voice(&set(&["meter"]), "a", 2),
            Voice::default()
        );
        let mut rare = learned(40, "a", "meter");
        rare.features
            .insert("meter".to_owned(), BTreeMap::from([("a".to_owned(), 2)]));
        assert!(rare.voice(&set(&["meter"]), "a", 2).words.is_empty());
    }

    #[test]
    fn what_was_decided_often_speaks_for_its_class_and_against_the_others() {
        let learned = learned(40, "a", "meter");
        let (with, against) = (
            learned.voice(&set(&["meter"]), "a", 2),
            learned.voice(&set(&["meter"]), "b", 2),
        );
        assert!(
            with.score > 0.2 && against.score < -0.2,
            "{with:?} {against:?}"
        );
    }
}
