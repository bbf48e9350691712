use super::{scheme::Class, *};

fn class(id: &str, title: &str, definition: &str) -> Class {
    Class {
        id: id.to_owned(),
        title: title.to_owned(),
        definition: definition.to_owned(),
    }
}

/// The classes of `policies/m3ter.toml`.
fn m3ter() -> Scheme {
    Scheme::new(
        vec![
            class("incident", "Incident", ""),
            class("technical_support", "Technical support", ""),
            class("billing_or_account", "Billing or account question", ""),
            class("feature_request", "General feature request", ""),
            class("defect", "Defect", ""),
        ],
        vec![
            class(
                "S1",
                "Severity 1 - Urgent",
                "Production is hit severely, or private or confidential data has been exposed. the service or its console is down",
            ),
            class(
                "S2",
                "Severity 2 - High Priority",
                "Production runs, but only at times or at less than full capacity, or core functions suffer. bills take unusually long to generate",
            ),
            class(
                "S3",
                "Severity 3 - Normal Priority",
                "A small nuisance that can be worked around, or slowness that still allows use. small display faults questions about how to do something",
            ),
        ],
    )
}

/// The classes of `policies/meteorage.toml` that are offered.
fn meteorage() -> Scheme {
    Scheme::new(
        vec![
            class(
                "technical_assistance",
                "Technical assistance",
                "Incidents, and help with using the services.",
            ),
            class(
                "general_question",
                "General question",
                "Questions about the services that are not technical.",
            ),
            class(
                "suggest_an_improvement",
                "Suggest an improvement",
                "Ideas for better or additional features.",
            ),
        ],
        vec![
            class(
                "high",
                "High",
                "The customer's business is hit hard and at once; work is held up badly.",
            ),
            class(
                "average",
                "Average",
                "The customer's business feels little of it, and there is a way around.",
            ),
            class("low", "Low", "A fault that blocks nothing and can wait."),
        ],
    )
}

/// The classes of `policies/meiro.toml`.
fn meiro() -> Scheme {
    Scheme::new(
        vec![
            class("service_request", "Service request", ""),
            class("bug", "Bug report", ""),
        ],
        vec![
            class(
                "P1",
                "Critical Priority",
                "A feature on which business or revenue depends stays down for longer than the SLA tolerates.",
            ),
            class(
                "P2",
                "Medium priority",
                "The software works, but only in part.",
            ),
            class(
                "P3",
                "Low priority",
                "A minor issue, or a wish for a product feature.",
            ),
        ],
    )
}

const CORPUS: [(&str, &str); 7] = [
    ("en", include_str!("../../../tests/corpora/tickets/en.txt")),
    ("fr", include_str!("../../../tests/corpora/tickets/fr.txt")),
    ("de", include_str!("../../../tests/corpora/tickets/de.txt")),
    ("es", include_str!("../../../tests/corpora/tickets/es.txt")),
    ("cs", include_str!("../../../tests/corpora/tickets/cs.txt")),
    ("ar", include_str!("../../../tests/corpora/tickets/ar.txt")),
    ("ja", include_str!("../../../tests/corpora/tickets/ja.txt")),
];
/// Harder texts in all languages, in words of speech.
const FRESH: &str = include_str!("../../../tests/corpora/tickets/fresh.txt");
/// Texts in all languages that were written after the lexicon, which was not changed for their sake: what is measured with them is what
/// is to be expected.
const UNSEEN: &str = include_str!("../../../tests/corpora/tickets/unseen.txt");
/// Texts about which nothing can be said.
const SILENT: &str = include_str!("../../../tests/corpora/tickets/silent.txt");

/// What is right for a label of the corpus: categories, and priorities (none: that no priority fits).
type Right = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const M3TER: [Right; 10] = [
    ("outage", &["incident"], &["S1"]),
    ("breach", &["incident"], &["S1"]),
    ("data_loss", &["incident"], &["S1"]),
    ("degraded", &["incident"], &["S2"]),
    ("defect", &["defect"], &["S2"]),
    ("minor", &["defect"], &["S3"]),
    ("login", &["technical_support"], &["S3"]),
    ("billing", &["billing_or_account"], &[]),
    ("how_to", &["technical_support"], &["S3"]),
    ("wish", &["feature_request"], &[]),
];
const METEORAGE: [Right; 10] = [
    ("outage", &["technical_assistance"], &["high"]),
    ("breach", &["technical_assistance"], &["high"]),
    ("data_loss", &["technical_assistance"], &["high"]),
    ("degraded", &["technical_assistance"], &["average"]),
    ("defect", &["technical_assistance"], &["average"]),
    ("minor", &["technical_assistance"], &["low"]),
    ("login", &["technical_assistance"], &["low"]),
    ("billing", &["general_question"], &[]),
    ("how_to", &["technical_assistance"], &["low"]),
    ("wish", &["suggest_an_improvement"], &[]),
];
const MEIRO: [Right; 10] = [
    ("outage", &["bug"], &["P1"]),
    ("breach", &["bug"], &["P1"]),
    ("data_loss", &["bug"], &["P1"]),
    ("degraded", &["bug"], &["P2"]),
    ("defect", &["bug"], &["P2"]),
    ("minor", &["bug"], &["P3"]),
    ("login", &["service_request"], &["P3"]),
    ("billing", &["service_request"], &[]),
    ("how_to", &["service_request"], &["P3"]),
    ("wish", &["service_request"], &["P3"]),
];

struct Example {
    label: &'static str,
    summary: &'static str,
    description: &'static str,
}

fn examples(corpus: &'static str) -> Vec<Example> {
    let example = |line: &'static str| {
        let mut parts = line.split(" | ");
        let mut next = || parts.next().expect("label | summary | description");
        Example {
            label: next(),
            summary: next(),
            description: next(),
        }
    };
    corpus.lines().map(example).collect()
}

impl Example {
    fn suggestion(&self, scheme: &Scheme) -> Suggestion {
        let request = Request {
            summary: self.summary,
            description: self.description,
        };
        suggest(scheme, request, &Experience::default())
    }
}

#[derive(Debug, Default)]
struct Tally {
    right: u32,
    wrong: u32,
    silent: u32,
    /// Guesses and right ones by confidence: below 70, 80, 90 and up to 100 percent.
    bins: [(u32, u32); 4],
}

impl Tally {
    fn count(&mut self, guess: Option<&Guess>, right: &[&str]) -> bool {
        let Some(guess) = guess else {
            // That no priority fits is right said by silence.
            if right.is_empty() {
                self.right += 1;
            } else {
                self.silent += 1;
            }
            return right.is_empty();
        };
        let is_right = right.contains(&guess.id.as_str());
        let bin = match guess.percent {
            ..70 => 0,
            70..80 => 1,
            80..90 => 2,
            90.. => 3,
        };
        self.bins[bin].0 += 1;
        self.bins[bin].1 += u32::from(is_right);
        self.right += u32::from(is_right);
        self.wrong += u32::from(!is_right);
        is_right
    }
}

fn measure(
    scheme: &Scheme,
    rights: &[Right; 10],
    corpus: &'static str,
    tallies: &mut [Tally; 2],
) -> Vec<String> {
    let mut misses = Vec::new();
    for example in examples(corpus) {
        let (_, categories, priorities) = rights
            .iter()
            .find(|(label, ..)| *label == example.label)
            .expect("a known label");
        let said = example.suggestion(scheme);
        let category = tallies[0].count(said.category.as_ref(), categories);
        let priority = tallies[1].count(said.priority.as_ref(), priorities);
        if !category || !priority {
            misses.push(format!("{} {}: {said:?}", example.label, example.summary));
        }
    }
    misses
}

#[test]
fn what_is_suggested_is_mostly_right_in_every_language() {
    for (policy, scheme, rights) in [
        ("m3ter", m3ter(), M3TER),
        ("meteorage", meteorage(), METEORAGE),
        ("meiro", meiro(), MEIRO),
    ] {
        let mut all = <[Tally; 2]>::default();
        for (language, corpus) in CORPUS {
            let mut tallies = <[Tally; 2]>::default();
            let misses = measure(&scheme, &rights, corpus, &mut tallies);
            println!(
                "{policy} {language} category {:?}, priority {:?}",
                tallies[0], tallies[1]
            );
            for tally in &tallies {
                assert!(
                    tally.right >= 16,
                    "{policy} {language}: {tally:?} {misses:#?}"
                );
                assert!(
                    tally.wrong <= 3,
                    "{policy} {language}: {tally:?} {misses:#?}"
                );
            }
            measure(&scheme, &rights, corpus, &mut all);
        }
        println!("{policy}: {all:?}");
        for tally in &all {
            assert!(tally.right >= 126, "90 % of 140: {policy} {tally:?}");
        }
    }
}

#[test]
fn texts_that_were_written_after_the_lexicon_are_rarely_misjudged() {
    for (policy, scheme, rights) in [
        ("m3ter", m3ter(), M3TER),
        ("meteorage", meteorage(), METEORAGE),
        ("meiro", meiro(), MEIRO),
    ] {
        for (corpus, texts, of, least) in [("fresh", FRESH, 68, 64), ("unseen", UNSEEN, 56, 44)] {
            let mut tallies = <[Tally; 2]>::default();
            let misses = measure(&scheme, &rights, texts, &mut tallies);
            println!("{policy} {corpus}: {tallies:?}");
            for tally in &tallies {
                assert_eq!(tally.right + tally.wrong + tally.silent, of);
                assert!(
                    tally.right >= least && tally.wrong <= 2,
                    "{policy} {corpus} {tally:?} {misses:#?}"
                );
            }
        }
    }
}

#[test]
fn how_sure_it_says_it_is_comes_true() {
    let mut tallies = <[Tally; 2]>::default();
    for (scheme, rights) in [(m3ter(), M3TER), (meteorage(), METEORAGE), (meiro(), MEIRO)] {
        measure(&scheme, &rights, UNSEEN, &mut tallies);
    }
    for tally in &tallies {
        println!("{:?}", tally.bins);
        for ((guesses, right), least) in tally.bins.iter().zip([55, 65, 75, 85]) {
            assert!(right * 100 >= guesses * least, "{:?}", tally.bins);
        }
    }
}

#[test]
fn where_nothing_can_be_said_nothing_is_said() {
    for scheme in [m3ter(), meteorage(), meiro()] {
        for text in SILENT.lines() {
            let request = Request {
                summary: text,
                description: text,
            };
            let said = suggest(&scheme, request, &Experience::default());
            assert!(said.is_silent(), "{text:?}: {said:?}");
        }
    }
}

#[test]
fn words_for_a_breach_suggest_the_top_priority_in_every_language() {
    for (scheme, top) in [(m3ter(), "S1"), (meteorage(), "high"), (meiro(), "P1")] {
        for text in [
            "data leak",
            "I saw another customer's data",
            "I can see someone else’s invoices",
            "breach of confidentiality",
            "Minor typo, and by the way a privacy breach",
            "Datenleck",
            "Ich sehe fremde Kundendaten",
            "fuite de données",
            "je vois les factures d’un autre client",
            "fuga de datos",
            "veo los datos de otro cliente",
            "únik osobních údajů",
            "vidím data jiného zákazníka",
            "تسرب بيانات",
            "أرى بيانات عميل آخر",
            "情報漏えいがありました",
            "他のお客様の請求書が見えます",
        ] {
            for (summary, description) in [(text, ""), ("Question", text)] {
                let said = suggest(
                    &scheme,
                    Request {
                        summary,
                        description,
                    },
                    &Experience::default(),
                );
                let guess = said.priority.unwrap_or_else(|| panic!("{text}: silent"));
                assert_eq!(guess.id, top, "{text}: {guess:?}");
                assert!(
                    !guess.because.is_empty() && guess.percent >= BAR_PERCENT,
                    "{text}: {guess:?}"
                );
            }
        }
    }
}

#[test]
fn a_breach_that_is_denied_is_not_suggested_as_one() {
    for text in [
        "There was no data leak",
        "Es gab kein Datenleck",
        "情報漏えいではありません",
    ] {
        let request = Request {
            summary: text,
            description: "",
        };
        let said = suggest(&m3ter(), request, &Experience::default());
        assert!(said.priority.is_none(), "{text}: {said:?}");
    }
}

#[test]
fn the_words_that_decided_are_words_of_the_request() {
    let request = Request {
        summary: "The console is DOWN",
        description: "All users are concerned, nobody can work.",
    };
    let said = suggest(&meteorage(), request, &Experience::default());
    let priority = said.priority.expect("a priority");
    assert_eq!(
        (priority.id.as_str(), priority.title.as_str()),
        ("high", "High")
    );
    assert_eq!(priority.because, ["is down", "nobody can"]);
    assert_eq!(
        said.category.expect("a category").id,
        "technical_assistance"
    );
}

#[test]
fn a_keyword_that_is_repeated_without_end_counts_once() {
    let guess = |summary: &str, description: &str| {
        suggest(
            &m3ter(),
            Request {
                summary,
                description,
            },
            &Experience::default(),
        )
    };
    let once = guess("Feature request", "please add a way to copy. outage");
    let stuffed = guess(
        "Feature request",
        &format!("please add a way to copy. {}", "outage ".repeat(3_000)),
    );
    assert_eq!(once, stuffed);
    assert_eq!(once.category.expect("a category").id, "feature_request");
}

#[test]
fn no_text_is_too_strange() {
    let long = "x".repeat(100_000);
    let words = "word is down ".repeat(10_000);
    let marks = format!("a{}", "\u{301}".repeat(50_000));
    let blanks = "漢".repeat(50_000);
    for text in [
        "",
        "\0\0\0",
        "\u{202e}down si",
        &long,
        &words,
        &marks,
        &blanks,
        "🙂🙃",
        "ﷺ",
        "ก็ไม่รู้",
        "'''''",
        "n't t 't",
        "………",
        "*",
        "# * …",
    ] {
        let request = Request {
            summary: text,
            description: text,
        };
        for scheme in [m3ter(), Scheme::new(vec![], vec![])] {
            for guess in [suggest(&scheme, request, &Experience::default())]
                .iter()
                .flat_map(|said| [&said.category, &said.priority])
                .flatten()
            {
                assert!(guess.because.iter().all(|word| word.chars().count() <= 60));
            }
        }
    }
}

#[test]
fn what_staff_decide_is_learned_and_can_outweigh_the_lexicon() {
    let request = Request {
        summary: "Password of the meter portal",
        description: "The meter gateway refuses it.",
    };
    let before = suggest(&m3ter(), request, &Experience::default());
    assert_eq!(before.category.expect("a category").id, "technical_support");
    let mut experience = Experience::default();
    let categories = &mut experience.categories;
    for class in ["incident", "technical_support"] {
        categories.decisions.insert(class.to_owned(), 60);
    }
    for feature in ["#login", "meter", "gateway", "portal"] {
        let counts = categories.features.entry(feature.to_owned()).or_default();
        counts.insert("incident".to_owned(), 55);
    }
    let after = suggest(&m3ter(), request, &experience)
        .category
        .expect("a category");
    assert_eq!(after.id, "incident");
    assert!(after.because.contains(&"meter".to_owned()), "{after:?}");
}
