//! Policy files that chance has broken: whatever is in one, it is read or refused, and never more than that.
//!
//! The files of the project are the corpus. A fixed seed and a fixed number of inputs: it runs wherever the tests do. `make fuzz` drives
//! the same with counters in every branch, for as long as one likes.

use proptest::{prelude::*, sample::Index, test_runner::TestRng};

use super::{
    Library,
    any_text::{as_calendar_file, as_policy as read, as_vector, embedded},
};

/// Texts that make sense in some place of a policy.
const PIECES: [&str; 24] = [
    "\"\"",
    "0",
    "-1",
    "9223372036854775807",
    "1e999",
    "true",
    "[]",
    "{}",
    "[[",
    "]]",
    "\n[targets]\n",
    "\"24:00\"",
    "\"25:61\"",
    "\"mon\"",
    "\"UTC\"",
    "\"Europe/Berlin\"",
    "{ hours = 1 }",
    "{ civil_days = 1 }",
    "\"2026-02-30\"",
    "2026-01-01",
    "\"always\"",
    "\"\\u0000\"",
    "# \u{202e}\n",
    "\"business\"",
];

/// The files of the project, renamed.
fn corpus() -> Vec<String> {
    let library = embedded();
    let policies = library
        .policies()
        .map(|name| (name, format!("{name}.toml")));
    let overlays = library
        .overlays()
        .map(|name| (name, format!("overlays/{name}.toml")));
    let texts = policies.chain(overlays).filter_map(|(name, path)| {
        let renamed = library
            .text(&path)?
            .replacen(&format!("\"{name}\""), "\"broken\"", 1);
        Some(renamed)
    });
    texts.collect()
}

/// Every file of the corpus can be read before it is broken: otherwise nothing would be computed.
#[test]
fn the_corpus_is_whole() {
    for text in corpus() {
        let library = embedded().clone().with(Library::from_files([
            ("broken.toml".to_owned(), text.clone()),
            ("overlays/broken.toml".to_owned(), text.clone()),
        ]));
        let base = library.extends("broken");
        let made = match &base {
            Some(base) => library.policy(base, Some("broken")),
            None => library.policy("broken", None),
        };
        assert!(made.is_ok(), "{made:?}");
    }
}

/// One change: a stretch is taken away, doubled, put elsewhere, or replaced by a piece.
fn broken(text: &str, at: Index, length: usize, to: Index, how: u8, piece: Index) -> String {
    let ends: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .collect();
    let from = ends[at.index(ends.len())];
    let until = ends
        .iter()
        .copied()
        .find(|end| *end >= from + length)
        .unwrap_or(text.len());
    let to = ends[to.index(ends.len())];
    let (before, cut, after) = (&text[..from], &text[from..until], &text[until..]);
    match how {
        0 => format!("{before}{after}"),
        1 => format!("{before}{cut}{cut}{after}"),
        2 => format!("{}{cut}{}", &text[..to], &text[to..]),
        _ => format!("{before}{}{after}", PIECES[piece.index(PIECES.len())]),
    }
}

#[test]
fn no_broken_policy_is_more_than_refused() {
    let config = ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let seed = TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(config, seed);
    let corpus = corpus();
    let change = (
        any::<Index>(),
        0_usize..40,
        any::<Index>(),
        0_u8..6,
        any::<Index>(),
    );
    let inputs = (any::<Index>(), proptest::collection::vec(change, 1..4));
    let done = runner.run(&inputs, |(which, changes)| {
        let mut text = corpus[which.index(corpus.len())].clone();
        for (at, length, to, how, piece) in changes {
            text = broken(&text, at, length, to, how, piece);
        }
        read(&text);
        Ok(())
    });
    assert!(done.is_ok(), "{done:?}");
}

#[test]
fn no_text_at_all_is_more_than_refused() {
    for text in [
        "",
        "\0",
        "=",
        "[",
        "[[targets]]",
        "a.b.c = 1",
        "\u{feff}schema = 1",
        "schema = \"cornerdesk.policy/1\"",
    ] {
        read(text);
    }
    let deep = format!("a = {}{}", "[".repeat(5000), "]".repeat(5000));
    read(&deep);
    read(&format!("{} = 1", vec!["a"; 5000].join(".")));
}

/// One of each kind, with its numbers, days and zones replaced by others.
#[test]
fn no_broken_vector_is_more_than_refused() {
    let vectors = include_str!("../../../tests/vectors/sla.json");
    let vectors: serde_json::Value = serde_json::from_str(vectors).expect("JSON");
    let vectors = vectors["vectors"].as_array().expect("a list").iter();
    let mut kinds = std::collections::BTreeSet::new();
    for vector in vectors.filter(|vector| kinds.insert(vector["kind"].to_string())) {
        for (member, _) in vector.as_object().expect("an object") {
            for other in [
                "null",
                "-1",
                "9223372036854775807",
                "\"\"",
                "\"2026-03-29T01:30:00Z\"",
                "\"-009999-01-02T00:00:00Z\"",
                "[]",
                "{}",
            ] {
                let mut broken = vector.clone();
                broken[member] = serde_json::from_str(other).expect("JSON");
                as_vector(&broken.to_string());
            }
        }
    }
    assert!(kinds.len() > 5, "{kinds:?}");
}

#[test]
fn no_broken_calendar_file_is_more_than_refused() {
    for text in [
        include_str!("../../../fuzz/seeds/holidays_ics/days.ics"),
        include_str!("../../../fuzz/seeds/holidays_ics/repeats.ics"),
    ] {
        as_calendar_file(text);
        for (found, other) in [
            ("2026", "9999"),
            ("2024", "-001"),
            ("YEARLY", "SECONDLY"),
            ("COUNT=20", "COUNT=4294967295"),
            ("P1D", "P99999999999999W"),
            ("Labour Day", "Labour\\nDay \"]\u{2028}"),
            ("END:VEVENT", "BEGIN:VEVENT"),
        ] {
            as_calendar_file(&text.replace(found, other));
        }
    }
}
