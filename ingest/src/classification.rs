//! Help with classifying: which category and which priority a request may have, with the words that decided and how sure that is. Pure.
//!
//! It is a help for staff and nothing else: no clock, no list and no promise reads it (decision 0039). It works from the first ticket, from
//! the policy's own words and a lexicon of ours, and gets better with what the staff of a site decide.

pub mod concept;
pub mod decision;
pub mod learned;
mod lexicon;
mod matcher;
pub mod scheme;
pub mod words;

use std::collections::BTreeSet;

use self::{
    concept::Concept,
    learned::Learned,
    matcher::Evidence,
    scheme::{Scheme, Weighted, Weights},
    words::Text,
};

/// What is known of a request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// One line.
    pub summary: &'a str,
    /// Plain text.
    pub description: &'a str,
}

/// What the staff of a site decided before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Experience {
    /// About categories.
    pub categories: Learned,
    /// About priorities.
    pub priorities: Learned,
}

/// A class that a request may have.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Guess {
    /// Its id in the policy.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How sure: of a hundred guesses like this one so many are right.
    pub percent: u8,
    /// Words of the request that decided, at most three.
    pub because: Vec<String>,
}

/// What may be suggested; nothing where nothing is sure enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Suggestion {
    /// The category.
    pub category: Option<Guess>,
    /// The priority.
    pub priority: Option<Guess>,
}

impl Suggestion {
    /// Nothing to say.
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        self.category.is_none() && self.priority.is_none()
    }
}

/// Below it nothing is said, in percent.
pub const BAR_PERCENT: u8 = 55;
/// A summary says more than a description.
const IN_SUMMARY: f32 = 1.5;
/// Most that a concept counts, however many phrases speak for it.
const CONCEPT_MOST: f32 = 6.0;
/// What a word of the policy counts that is in the request, divided by the classes that have it.
const OWN_WORD: f32 = 0.5;
/// What speaks for none of the classes.
const NOTHING: f32 = 0.5;
/// Scores are divided by it: measured, so that the percentages come true (`docs/policies.md`).
const TEMPERATURE: f32 = 0.6;
/// How much many people and haste add to what is broken.
const MODIFIER: f32 = 0.5;
/// Nobody is surer than this.
const PERCENT_MOST: f32 = 97.0;

/// What may be suggested for a request under a policy.
#[must_use]
pub fn suggest(scheme: &Scheme, request: Request<'_>, experience: &Experience) -> Suggestion {
    let found = evidence(request);
    let totals = totals(&found);
    let features = learned::features(&format!("{}\n{}", request.summary, request.description));
    let keys: BTreeSet<&String> = features.iter().collect();
    let category = Facet {
        classes: &scheme.categories,
        found: &found,
        totals: &totals,
        features: &features,
        learned: &experience.categories,
    };
    let with_own_words = category.scores(&|class| own_words(&scheme.categories, class, &keys));
    let mut unranked = NOTHING;
    for concept in Concept::ALL {
        let is_ranked = scheme
            .priorities
            .iter()
            .any(|class| class.weights[concept.index()] > 0.0);
        if !is_ranked && !concept.is_modifier() {
            unranked += totals[concept.index()];
        }
    }
    let priority = Facet {
        classes: &scheme.priorities,
        learned: &experience.priorities,
        ..category
    };
    let scores = priority.scores(&|class| modifiers(scheme, class, &totals));
    Suggestion {
        category: category.best(&with_own_words, NOTHING),
        priority: breach(scheme, &found, &priority, &scores, unranked)
            .or_else(|| priority.best(&scores, unranked)),
    }
}

fn evidence(request: Request<'_>) -> Vec<Evidence> {
    let mut found = matcher::find(&Text::read(request.summary));
    for evidence in &mut found {
        evidence.weight *= IN_SUMMARY;
    }
    for more in matcher::find(&Text::read(request.description)) {
        let is_known =
            |known: &Evidence| known.concept == more.concept && known.shown == more.shown;
        if !found.iter().any(is_known) {
            found.push(more);
        }
    }
    found
}

fn totals(found: &[Evidence]) -> Weights {
    let mut totals = Weights::default();
    for evidence in found {
        let total = &mut totals[evidence.concept.index()];
        *total = (*total + evidence.weight).min(CONCEPT_MOST);
    }
    totals
}

/// How much the policy's own words speak for a class: those that few classes have, most.
fn own_words(classes: &[Weighted], class: &Weighted, keys: &BTreeSet<&String>) -> f32 {
    let shared = class.own_words.iter().filter(|word| keys.contains(word));
    let says = |word: &String| {
        let with = classes
            .iter()
            .filter(|class| class.own_words.contains(word))
            .count();
        if with == 1 { OWN_WORD } else { 0.0 }
    };
    shared.map(says).sum::<f32>().min(2.0 * OWN_WORD)
}

/// Many people and haste make what is broken more urgent, and nothing else.
fn modifiers(scheme: &Scheme, class: &Weighted, totals: &Weights) -> f32 {
    let is_top = scheme
        .priorities
        .first()
        .is_some_and(|top| top.class.id == class.class.id);
    if !is_top {
        return 0.0;
    }
    let total = |concept: Concept| totals[concept.index()];
    let broken = total(Concept::Outage) + total(Concept::DataLoss) + total(Concept::Breach);
    let hurry = total(Concept::Scope) + 0.5 * total(Concept::Urgent);
    MODIFIER * hurry.min(broken)
}

/// A breach of confidentiality or privacy is the most urgent whatever else is said (requirement 28).
fn breach(
    scheme: &Scheme,
    found: &[Evidence],
    facet: &Facet<'_>,
    scores: &[f32],
    unranked: f32,
) -> Option<Guess> {
    const LEAST: f32 = 1.9;
    let of_breach = || {
        found
            .iter()
            .filter(|found| found.concept == Concept::Breach)
    };
    let top = scheme.priorities.first()?;
    if !of_breach().any(|found| found.weight >= LEAST) {
        return None;
    }
    let shares = shares(scores, unranked);
    let mut words: Vec<(String, f32)> = of_breach()
        .map(|found| (found.shown.clone(), found.weight))
        .collect();
    words.sort_by(|a, b| b.1.total_cmp(&a.1));
    let share = shares.first().copied()?.max(f32::from(BAR_PERCENT) / 100.0);
    Some(facet.guess(top, share, &words))
}

/// One of the two things that are decided.
#[derive(Clone, Copy)]
struct Facet<'a> {
    classes: &'a [Weighted],
    found: &'a [Evidence],
    totals: &'a Weights,
    features: &'a BTreeSet<String>,
    learned: &'a Learned,
}

impl Facet<'_> {
    /// What speaks for each class.
    fn scores(&self, more: &dyn Fn(&Weighted) -> f32) -> Vec<f32> {
        let score = |class: &Weighted| {
            let concepts: f32 = class
                .weights
                .iter()
                .zip(self.totals)
                .map(|(weight, total)| weight * total)
                .sum();
            concepts + more(class) + self.voice(class).score
        };
        self.classes.iter().map(score).collect()
    }

    fn voice(&self, class: &Weighted) -> learned::Voice {
        let (id, count) = (&class.class.id, self.classes.len());
        self.learned.voice(self.features, id, count)
    }

    /// The class for which most speaks, when that is sure enough.
    fn best(&self, scores: &[f32], nothing: f32) -> Option<Guess> {
        let shares = shares(scores, nothing);
        let best = (0..self.classes.len()).max_by(|a, b| shares[*a].total_cmp(&shares[*b]))?;
        let class = &self.classes[best];
        let says = |found: &Evidence| {
            let weight = class.weights[found.concept.index()] * found.weight;
            (found.shown.clone(), weight)
        };
        let mut words: Vec<(String, f32)> = self.found.iter().map(says).collect();
        let learned = self.voice(class).words;
        words.extend(
            learned
                .into_iter()
                .filter(|(word, _)| !word.starts_with('#')),
        );
        words.sort_by(|a, b| b.1.total_cmp(&a.1));
        let guess = self.guess(class, shares[best], &words);
        // Whoever is told something is told why.
        (guess.percent >= BAR_PERCENT && !guess.because.is_empty()).then_some(guess)
    }

    fn guess(&self, class: &Weighted, share: f32, words: &[(String, f32)]) -> Guess {
        Guess {
            id: class.class.id.clone(),
            title: class.class.title.clone(),
            percent: percent(share),
            because: because(words),
        }
    }
}

/// The share of each class in what speaks for any or none.
fn shares(scores: &[f32], nothing: f32) -> Vec<f32> {
    let power = |score: f32| (score / TEMPERATURE).exp();
    let all: f32 = scores.iter().copied().map(power).sum::<f32>() + power(nothing);
    scores.iter().map(|score| power(*score) / all).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 97"
)]
fn percent(share: f32) -> u8 {
    (share * 100.0).clamp(0.0, PERCENT_MOST).round() as u8
}

/// The three that say most; not one that is part of another.
fn because(words: &[(String, f32)]) -> Vec<String> {
    const MOST: usize = 3;
    const LEAST: f32 = 0.1;
    const CHARS_MOST: usize = 60;
    let mut chosen: Vec<String> = Vec::new();
    for (word, _) in words.iter().filter(|(_, says)| *says > LEAST) {
        let is_new =
            |known: &String| !known.contains(word.as_str()) && !word.contains(known.as_str());
        if chosen.len() < MOST && chosen.iter().all(is_new) {
            chosen.push(word.chars().take(CHARS_MOST).collect());
        }
    }
    chosen
}

#[cfg(test)]
mod tests;
