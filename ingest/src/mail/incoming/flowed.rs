//! Lines that a mail program broke to be put together again (RFC 3676, `format=flowed`). Pure.

/// The text as it was typed. With `delsp` the blank at the end of a broken line belongs to nobody.
#[must_use]
pub fn unbroken(text: &str, delsp: bool) -> String {
    let mut whole = String::with_capacity(text.len());
    // The quotation depth of the line that goes on, if it does.
    let mut open: Option<usize> = None;
    for line in text.replace("\r\n", "\n").split('\n') {
        let depth = line.bytes().take_while(|byte| *byte == b'>').count();
        let rest = &line[depth..];
        // A blank was put before what begins with a blank, a mark or "From ".
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let is_signature = rest == "-- ";
        let goes_on = rest.ends_with(' ') && !is_signature;
        match open {
            Some(before) if before == depth && !is_signature => {}
            before => {
                if before.is_some() || !whole.is_empty() {
                    whole.push('\n');
                }
                whole.push_str(&">".repeat(depth));
                if depth > 0 {
                    whole.push(' ');
                }
            }
        }
        whole.push_str(if goes_on && delsp {
            &rest[..rest.len() - 1]
        } else {
            rest
        });
        open = goes_on.then_some(depth);
        if !goes_on && whole.is_empty() {
            whole.push('\n');
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_broken_is_whole_again() {
        for (broken, delsp, whole) in [
            (
                "This is \r\none line.\r\nThis another.",
                false,
                "This is one line.\nThis another.",
            ),
            ("ein Wort, zer \nbrochen", true, "ein Wort, zerbrochen"),
            (
                "> quoted \n> further\nmine",
                false,
                "> quoted further\nmine",
            ),
            ("> quoted \nmine", false, "> quoted \nmine"),
            (" From here\n > x", false, "From here\n> x"),
            ("a \n-- \nAda", false, "a \n-- \nAda"),
            ("a\n\nb", false, "a\n\nb"),
        ] {
            assert_eq!(unbroken(broken, delsp), whole, "{broken:?}");
        }
    }
}
