//! E-mail addresses as words: one for each, the same however its letters are written. Pure.

use sha2::{Digest, Sha256};

use super::Token;
use crate::hexadecimal::hex;

/// What the word of an address begins with; no person writes the rest.
const BEGINNING: &str = "addr";
/// Octets of the digest that tell one address from another.
const DIGEST_OCTETS: usize = 16;

/// Is this the word of an address?
pub(super) fn is_one(word: &str) -> bool {
    word.len() == BEGINNING.len() + 2 * DIGEST_OCTETS && word.starts_with(BEGINNING)
}

/// The addresses in a text, in their order.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    // Most texts have none.
    if !text.contains('@') {
        return found;
    }
    let is_around = |c: char| c.is_whitespace() || "<>()[]{},;:\"|".contains(c);
    let mut from = 0;
    for chunk in text.split(is_around) {
        let begin = from + (chunk.len() - chunk.trim_start_matches(is_beside).len());
        let address = chunk.trim_matches(is_beside);
        if is_address(address) {
            found.push(Token {
                at: begin..begin + address.len(),
                word: word(address),
            });
        }
        let rest = &text[from + chunk.len()..];
        from += chunk.len() + rest.chars().next().map_or(0, char::len_utf8);
    }
    found
}

/// What ends a sentence is no part of an address.
fn is_beside(c: char) -> bool {
    ".!?…*_`'".contains(c)
}

fn is_address(chunk: &str) -> bool {
    let Some((local, domain)) = chunk.split_once('@') else {
        return false;
    };
    let is_label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let top = domain.rsplit_once('.').map_or("", |(_, top)| top);
    !local.is_empty() && top.chars().count() >= 2 && domain.split('.').all(is_label)
}

fn word(address: &str) -> String {
    let digest = Sha256::digest(address.to_lowercase());
    format!("{BEGINNING}{}", hex(&digest[..DIGEST_OCTETS]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_where_it_stands() {
        let text = "Mail to ada@a.example, <Kim.O'Neil+x@b-c.example>. Or mailto:sam@d.example?";
        let found = tokens(text);
        let at: Vec<&str> = found.iter().map(|token| &text[token.at.clone()]).collect();
        assert_eq!(
            at,
            ["ada@a.example", "Kim.O'Neil+x@b-c.example", "sam@d.example"]
        );
        let at = |text: &str| tokens(text).pop().map(|token| text[token.at].to_owned());
        assert_eq!(
            at("ünal@größe.example…").as_deref(),
            Some("ünal@größe.example")
        );
        assert_eq!(at("'kim@b.example'").as_deref(), Some("kim@b.example"));
        assert_eq!(at("'kim@b.example'").as_deref(), Some("kim@b.example"));
        assert_eq!(at("…_kim_@b.example").as_deref(), Some("kim_@b.example"));
        for none in [
            "@",
            "a@b",
            "a@b.",
            "@b.example",
            "a@@b.example",
            "a@b..example",
            "a@b.c",
            "漢@",
        ] {
            assert_eq!(at(none), None, "{none}");
        }
    }

    #[test]
    fn an_address_is_one_word_however_it_is_written() {
        let word = |text: &str| tokens(text).pop().unwrap().word;
        assert_eq!(word("Ada@Customer.Example"), word("<ada@customer.example>"));
        assert_ne!(word("ada@customer.example"), word("adam@customer.example"));
        assert!(is_one(&word("ada@customer.example")) && !is_one("address"));
    }
}
