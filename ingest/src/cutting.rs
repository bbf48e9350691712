//! Texts that are longer than the place they go to.

/// A text of so many characters at most; where it was longer, the last one says so and no blank stands before that.
#[must_use]
pub fn cut(text: &str, most_chars: usize) -> String {
    if text.chars().nth(most_chars).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most_chars.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        for (text, most, is) in [
            ("", 0, ""),
            ("äöü", 3, "äöü"),
            ("äöüß", 3, "äö…"),
            ("abcdef", 4, "abc…"),
            ("two words", 5, "two…"),
            ("a", 0, "…"),
        ] {
            assert_eq!(cut(text, most), is, "{text:?} {most}");
        }
    }
}
