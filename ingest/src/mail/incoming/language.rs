//! In which of our languages a text is, told by its script and by its commonest words. Pure.
//!
//! A wrong guess costs a mail in another language than the person's; so nothing is guessed where it is not clear.

/// Small words that a language cannot do without and that no other one of ours has.
const WORDS: [(&str, &[&str]); 5] = [
    (
        "cs",
        &[
            "je", "se", "že", "jsem", "není", "prosím", "děkuji", "dobrý", "máme", "mám", "jak",
            "když", "nebo", "ale", "při", "být", "aby", "nám", "mi", "také",
        ],
    ),
    (
        "de",
        &[
            "der", "die", "und", "ich", "nicht", "ist", "das", "mit", "für", "ein", "eine", "wir",
            "bitte", "habe", "auf", "sie", "dem", "den", "guten", "danke",
        ],
    ),
    (
        "en",
        &[
            "the", "and", "you", "is", "to", "of", "not", "with", "have", "this", "my", "we", "it",
            "hello", "please", "can", "for", "when", "that", "thanks",
        ],
    ),
    (
        "es",
        &[
            "el", "los", "y", "por", "una", "con", "hola", "gracias", "pero", "está", "cuando",
            "del", "las", "muy", "cómo", "puedo", "tengo", "necesito", "favor", "más",
        ],
    ),
    (
        "fr",
        &[
            "le", "les", "et", "je", "vous", "est", "pas", "pour", "des", "nous", "bonjour",
            "avec", "une", "dans", "merci", "mais", "sur", "cette", "votre", "ne",
        ],
    ),
];
/// So much of a text is looked at, in words.
const MOST_WORDS: usize = 400;
/// So many words at least have to be told.
const LEAST_WORDS: usize = 3;

/// The language, where it is clear.
#[must_use]
pub fn of(text: &str) -> Option<&'static str> {
    by_script(text).or_else(|| by_words(text))
}

/// No other one of our languages is written so.
fn by_script(text: &str) -> Option<&'static str> {
    let (mut letters, mut arabic, mut kana, mut han) = (0_usize, 0, 0, 0);
    for c in text.chars().filter(|c| c.is_alphabetic()).take(4_000) {
        letters += 1;
        match c {
            '\u{600}'..='\u{6ff}' => arabic += 1,
            '\u{3040}'..='\u{30ff}' => kana += 1,
            '\u{4e00}'..='\u{9fff}' => han += 1,
            _ => {}
        }
    }
    if arabic * 2 > letters {
        return Some("ar");
    }
    // Without kana it is most likely Chinese.
    (kana > 0 && (kana + han) * 2 > letters).then_some("ja")
}

fn by_words(text: &str) -> Option<&'static str> {
    let mut told = [0_usize; WORDS.len()];
    let words = text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty());
    for word in words.take(MOST_WORDS) {
        let word = word.to_lowercase();
        for (count, (_, known)) in told.iter_mut().zip(WORDS) {
            *count += usize::from(known.contains(&word.as_str()));
        }
    }
    let (most, first) = (told
        .iter()
        .zip(WORDS)
        .map(|(count, (language, _))| (*count, language)))
    .max_by_key(|(count, _)| *count)?;
    let others = told
        .iter()
        .zip(WORDS)
        .filter(|(_, (language, _))| *language != first);
    let second = others.map(|(count, _)| *count).max().unwrap_or(0);
    (most >= LEAST_WORDS && most >= 2 * second).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_our_languages_is_told_by_two_sentences() {
        for (language, text) in [
            (
                "en",
                "Hello, the export is not working. Can you please have a look at it?",
            ),
            (
                "de",
                "Guten Tag, der Export geht nicht. Ich habe es mit zwei Browsern versucht, bitte um Hilfe.",
            ),
            (
                "fr",
                "Bonjour, je ne peux pas exporter les données. Merci de votre aide pour cette question.",
            ),
            (
                "es",
                "Hola, no puedo exportar los datos del informe. Gracias por la ayuda, es una urgencia.",
            ),
            (
                "cs",
                "Dobrý den, export se nám nedaří. Prosím o pomoc, není jasné, jak to opravit.",
            ),
            ("ar", "مرحبا، لا يعمل التصدير في لوحة التحكم. Export 500"),
            (
                "ja",
                "エクスポートができません。ダッシュボードを確認してください。Error 500",
            ),
        ] {
            assert_eq!(of(text), Some(language), "{text}");
        }
    }

    #[test]
    fn what_is_not_clear_is_not_guessed() {
        for text in [
            "",
            "Export 500",
            "thread 'main' panicked at src/main.rs:4:5",
            "出口不工作",
            "Olá, o relatório não funciona. Obrigado pela ajuda.",
            "the der el le",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
