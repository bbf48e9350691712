//! What the classes of a policy are for, read out of the policy's own words. Pure.

use super::{
    concept::{Concept, Severity},
    matcher,
    words::{Text, key},
};
use crate::policy::{self, Policy};

/// A category or a priority, as the policy words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its id in the policy.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its definition and its examples.
    pub definition: String,
}

/// How much each concept speaks for a class.
pub(super) type Weights = [f32; Concept::ALL.len()];

/// The classes of a policy, and what speaks for each.
#[derive(Clone, Debug)]
pub struct Scheme {
    pub(super) categories: Vec<Weighted>,
    /// The most urgent first.
    pub(super) priorities: Vec<Weighted>,
}

/// A class and what speaks for it.
#[derive(Clone, Debug)]
pub(super) struct Weighted {
    pub(super) class: Class,
    pub(super) weights: Weights,
    /// Words of the policy, as they are compared.
    pub(super) own_words: Vec<String>,
}

/// What a word in the title of a category says about the concepts that belong there. The policy's words are few and general, so they are not
/// those of people who ask for help.
type Meaning = (&'static [&'static str], &'static [(Concept, f32)]);

const MEANINGS: &[Meaning] = &[
    (
        &[
            "incident*",
            "outage*",
            "störung*",
            "panne*",
            "incidencia*",
            "výpadek",
            "porucha",
            "عطل",
            "حادث*",
            "障害",
            "インシデント",
        ],
        &[
            (Concept::Outage, 1.0),
            (Concept::Breach, 1.0),
            (Concept::DataLoss, 1.0),
            (Concept::Degraded, 0.9),
            (Concept::Defect, 0.5),
            (Concept::Login, 0.3),
        ],
    ),
    (
        &[
            "bug*",
            "defect*",
            "error*",
            "fault*",
            "fehler*",
            "défaut*",
            "anomalie*",
            "fallo*",
            "chyb*",
            "خلل",
            "خطأ",
            "不具合",
            "バグ",
        ],
        &[
            (Concept::Defect, 1.0),
            (Concept::Minor, 1.0),
            (Concept::Degraded, 0.7),
            (Concept::Outage, 0.7),
            (Concept::DataLoss, 0.7),
            (Concept::Breach, 0.7),
        ],
    ),
    (
        &[
            "security",
            "privacy",
            "datenschutz",
            "sicherheit",
            "sécurité",
            "seguridad",
            "bezpečnost",
            "أمن",
            "خصوصية",
            "セキュリティ",
        ],
        &[(Concept::Breach, 1.2)],
    ),
    (
        &[
            "technical",
            "technisch*",
            "technique",
            "técnic*",
            "technick*",
            "تقني*",
            "فني*",
            "技術",
        ],
        &[
            (Concept::HowTo, 0.9),
            (Concept::Login, 0.9),
            (Concept::Defect, 0.6),
            (Concept::Minor, 0.6),
            (Concept::Degraded, 0.6),
            (Concept::Outage, 0.6),
            (Concept::DataLoss, 0.6),
            (Concept::Breach, 0.6),
        ],
    ),
    (
        &[
            "help",
            "support",
            "assistance",
            "using",
            "hilfe",
            "aide",
            "ayuda",
            "pomoc",
            "مساعدة",
            "サポート",
        ],
        &[(Concept::HowTo, 0.8), (Concept::Login, 0.8)],
    ),
    (
        &[
            "service request*",
            "serviceanfrage*",
            "demande de service",
            "solicitud de servicio",
            "požadavek",
            "طلب خدمة",
            "サービス要求",
        ],
        &[
            (Concept::HowTo, 1.0),
            (Concept::Login, 1.0),
            (Concept::Billing, 0.9),
            (Concept::Wish, 0.9),
            (Concept::Question, 0.9),
            (Concept::Commercial, 0.9),
        ],
    ),
    (
        &[
            "billing",
            "invoice*",
            "account",
            "payment*",
            "rechnung*",
            "abrechnung",
            "facturation",
            "facturación",
            "faktur*",
            "فوترة",
            "請求",
        ],
        &[(Concept::Billing, 1.0)],
    ),
    (
        &[
            "feature*",
            "improvement*",
            "suggest*",
            "idea*",
            "wish*",
            "verbesserung*",
            "wunsch",
            "amélioration*",
            "mejora*",
            "sugerencia*",
            "návrh*",
            "vylepšení",
            "اقتراح*",
            "تحسين*",
            "要望",
            "改善",
        ],
        &[(Concept::Wish, 1.0)],
    ),
    (
        &[
            "question*",
            "general question*",
            "frage*",
            "pregunta*",
            "dotaz*",
            "سؤال",
            "استفسار*",
            "質問",
        ],
        &[
            (Concept::Question, 1.0),
            (Concept::Billing, 0.6),
            (Concept::HowTo, 0.2),
        ],
    ),
    (
        &[
            "commercial*",
            "sales",
            "vertrieb",
            "kaufm*",
            "comercial*",
            "obchod*",
            "تجاري*",
            "مبيعات",
            "営業",
        ],
        &[(Concept::Commercial, 1.0)],
    ),
];

/// A word in the definition says less than one in the title, which may be denied by it.
const IN_DEFINITION: f32 = 0.5;
/// How much a breach of confidentiality outweighs whatever else a request says.
const BREACH: f32 = 2.5;
/// From so much on a phrase hardly says anything else.
const STRONG: f32 = 1.5;

impl Scheme {
    /// What a policy asks staff to decide. Categories that redirect are among them: a request may have come in under another one.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let category = |category: &policy::Category| Class {
            id: category.id.clone(),
            title: category.title.clone(),
            definition: category.definition.clone().unwrap_or_default(),
        };
        let priority = |priority: &policy::Priority| Class {
            id: priority.id.clone(),
            title: priority.title.clone(),
            definition: [
                priority.definition.clone().unwrap_or_default(),
                priority.examples.join("; "),
            ]
            .join("; "),
        };
        Self::new(
            policy.categories().iter().map(category).collect(),
            policy.priorities().iter().map(priority).collect(),
        )
    }

    /// Every word of the policy's classes, as it is compared.
    pub fn words(&self) -> impl Iterator<Item = &String> {
        let classes = self.categories.iter().chain(&self.priorities);
        classes.flat_map(|class| &class.own_words)
    }

    /// The classes of a policy: its categories, and its priorities with the most urgent first.
    #[must_use]
    pub fn new(categories: Vec<Class>, priorities: Vec<Class>) -> Self {
        let categories = categories.into_iter().map(|class| {
            let weights = of_category(&class);
            weighted(class, weights)
        });
        let count = priorities.len();
        let priorities = (0..).zip(priorities).map(|(nth, class)| {
            let weights = of_priority(&class, nth, count);
            weighted(class, weights)
        });
        Self {
            categories: categories.collect(),
            priorities: priorities.collect(),
        }
    }
}

fn weighted(class: Class, weights: Weights) -> Weighted {
    let own_words = own_words(&class);
    Weighted {
        class,
        weights,
        own_words,
    }
}

/// The words of a class that may tell it apart, as they are compared.
fn own_words(class: &Class) -> Vec<String> {
    const LEAST_CHARS: usize = 4;
    let mut words: Vec<String> = Vec::new();
    for text in [&class.title, &class.definition] {
        for word in Text::read(text).words {
            if word.key.chars().count() >= LEAST_CHARS && !words.contains(&word.key) {
                words.push(word.key);
            }
        }
    }
    words
}

fn of_category(class: &Class) -> Weights {
    let mut weights = Weights::default();
    for (text, factor) in [(&class.title, 1.0), (&class.definition, IN_DEFINITION)] {
        let text = Text::read(text);
        for (words, concepts) in MEANINGS {
            if words.iter().any(|word| has(&text, word)) {
                for (concept, weight) in *concepts {
                    let known = &mut weights[concept.index()];
                    *known = known.max(weight * factor);
                }
            }
        }
    }
    if weights.iter().all(|weight| *weight == 0.0) {
        for found in evidence_of(class) {
            weights[found.concept.index()] = IN_DEFINITION;
        }
    }
    weights
}

/// Whether a text has a phrase, of which the last word may be a beginning, and no "not" before it.
fn has(text: &Text, phrase: &str) -> bool {
    if !text.run.is_empty() && text.run.contains(phrase) {
        return true;
    }
    let wanted: Vec<(String, bool)> = phrase
        .split(' ')
        .map(|word| {
            let stem = word.strip_suffix('*');
            (key(stem.unwrap_or(word)), stem.is_some())
        })
        .collect();
    let is_there = |at: usize| {
        wanted.iter().enumerate().all(|(nth, (key, is_beginning))| {
            text.words.get(at + nth).is_some_and(|word| {
                if *is_beginning {
                    word.key.starts_with(key)
                } else {
                    word.key == *key
                }
            })
        })
    };
    (0..text.words.len()).any(|at| is_there(at) && (at == 0 || text.words[at - 1].key != "not"))
}

fn of_priority(class: &Class, nth: usize, count: usize) -> Weights {
    let place = |severity| match severity {
        Severity::Top => Some(0),
        Severity::Middle => Some(count / 2),
        Severity::Low => Some(count.saturating_sub(1)),
        Severity::Unranked => None,
    };
    let mut weights = Weights::default();
    for concept in Concept::ALL {
        if !concept.is_modifier() && place(concept.severity()) == Some(nth) {
            weights[concept.index()] = 1.0;
        }
    }
    if nth == 0 {
        // Missing one is worse than looking at one too many.
        weights[Concept::Breach.index()] = BREACH;
    }
    // A policy may rank what is usually not ranked, such as wishes.
    for found in evidence_of(class) {
        if found.concept.severity() == Severity::Unranked && found.weight >= STRONG {
            weights[found.concept.index()] = 1.0;
        }
    }
    weights
}

fn evidence_of(class: &Class) -> Vec<matcher::Evidence> {
    matcher::find(&Text::read(&format!(
        "{}\n{}",
        class.title, class.definition
    )))
}
