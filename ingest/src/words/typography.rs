//! What the eye trips over in a text, by language. Only the tests ask.

use super::{LOCALES, Table, Words};

/// A no-break space, and the narrow one.
const BOUND: [char; 2] = ['\u{a0}', '\u{202f}'];

/// What is wrong with the signs of a text.
fn faults(locale: &str, text: &str) -> Vec<&'static str> {
    let chars: Vec<char> = text.chars().collect();
    let pairs = || chars.windows(2).map(|pair| (pair[0], pair[1]));
    let has = |signs: &[char]| chars.iter().any(|sign| signs.contains(sign));
    let is_url = |at: usize| chars.get(at + 1) == Some(&'/');
    let mut faults = Vec::new();
    let mut add = |is_wrong: bool, what| {
        if is_wrong {
            faults.push(what);
        }
    };
    add(has(&['\'', '"']), "straight quotation marks");
    add(text.contains("..."), "three dots for an ellipsis");
    add(
        text.trim() != text || text.contains("  "),
        "spaces too many",
    );
    add(
        pairs().any(|(one, two)| one == ' ' && ":;?!»,.".contains(two)),
        "a space that may break before a sign",
    );
    match locale {
        "fr" => {
            let lacks = |sign: char, spaces: &[char]| {
                let at = |at: usize| at > 0 && !spaces.contains(&chars[at - 1]) && !is_url(at);
                (0..chars.len()).any(|index| chars[index] == sign && at(index))
            };
            add(lacks(':', &BOUND), "no space before a colon");
            add(
                [';', '?', '!'].iter().any(|sign| lacks(*sign, &BOUND[1..])),
                "no narrow space before ; ? !",
            );
            add(
                lacks('»', &BOUND) || pairs().any(|(one, two)| one == '«' && !BOUND.contains(&two)),
                "no space inside « »",
            );
        }
        "de" | "cs" => add(has(&['”', '«', '»']), "quotation marks are „“"),
        "es" | "ar" => add(has(&['“', '”', '„']), "quotation marks are «»"),
        "ja" => {
            let full = |sign| "。、！？：（「".contains(sign);
            add(
                pairs().any(|(one, two)| full(one) && two == ' '),
                "a space after a full-width sign",
            );
            add(has(&['(', ')', ',', ';', '?', '!']), "half-width signs");
        }
        _ => {}
    }
    if locale == "ar" {
        add(has(&[',', ';', '?']), "signs are ، ؛ ؟");
    }
    faults
}

#[test]
fn signs_and_spaces_are_those_of_the_language() {
    let words = Words::load().unwrap();
    let mut wrong = Vec::new();
    for locale in LOCALES {
        for (section, table) in &words.languages[locale] {
            if section == super::check::FORMATS {
                continue;
            }
            let in_table = |table: &Table| -> Vec<String> {
                let of_text = |(key, text): (&String, &String)| {
                    let faults = faults(locale, text);
                    (!faults.is_empty()).then(|| format!("{locale} {section}.{key}: {faults:?}"))
                };
                table.iter().filter_map(of_text).collect()
            };
            wrong.extend(in_table(table));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_the_eye_trips_over_is_found() {
    for (locale, text, is_right) in [
        ("en", "Can't send", false),
        ("en", "Sending...", false),
        ("en", "Sending…", true),
        ("fr", "Objet : aide", false),
        ("fr", "Objet\u{a0}: aide", true),
        ("fr", "Encore ?", false),
        ("fr", "Encore\u{202f}?", true),
        ("fr", "« Envoyer »", false),
        ("fr", "«\u{a0}Envoyer\u{a0}»", true),
        ("de", "„Senden”", false),
        ("de", "„Senden“", true),
        ("ja", "受付。 添付", false),
        ("ja", "送信(1 KB)", false),
        ("ja", "受付。添付（1 KB）", true),
        ("ar", "ماذا, نعم?", false),
        ("ar", "ماذا، نعم؟", true),
    ] {
        assert_eq!(faults(locale, text).is_empty(), is_right, "{text}");
    }
}
