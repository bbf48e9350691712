//! A ticket's public number: short, readable over the telephone, with a check character.
//!
//! `CD-7K3F-92XQ`: seven random symbols of Crockford's base 32 and one check symbol. The alphabet has no I, L, O and U; on reading, small
//! letters count as capitals, I and L as 1 and O as 0, and blanks and hyphens are skipped. The check symbol makes the weighted sum over
//! GF(2⁵) zero, with a different non-zero weight at each place; so every single wrong symbol and every swap of two symbols, wherever they
//! stand, is found. (Crockford's own check symbol is modulo 37 and needs `*`, `~`, `$`, `=`, `U`, which nobody can say on the telephone.)
//!
//! A reference is a label and never a credential.

use std::fmt;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX: &str = "CD";
/// Random symbols of a reference.
pub const RANDOM_SYMBOLS: usize = 7;
const SYMBOLS: usize = RANDOM_SYMBOLS + 1;

/// A reference whose check symbol is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference([u8; SYMBOLS]);

impl Reference {
    /// How many different references there are: 2³⁵, about 34 thousand million.
    pub const COUNT: u64 = 1 << (5 * RANDOM_SYMBOLS as u64);

    /// The reference of a number below [`Self::COUNT`]; higher bits are ignored. The caller brings the randomness.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        let mut symbols = [0; SYMBOLS];
        for (place, symbol) in symbols.iter_mut().take(RANDOM_SYMBOLS).enumerate() {
            *symbol = u8::try_from(number >> (5 * place) & 31).unwrap_or_default();
        }
        symbols[RANDOM_SYMBOLS] = check_symbol(&symbols);
        Self(symbols)
    }

    /// Reads a reference as a person writes it.
    ///
    /// # Errors
    /// When the length, a symbol or the check symbol is wrong.
    pub fn parse(text: &str) -> Result<Self, NotAReference> {
        let spoken: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '.' | '_'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let spoken = spoken
            .strip_prefix(PREFIX)
            .filter(|rest| rest.len() == SYMBOLS)
            .unwrap_or(&spoken);
        let mut symbols = [0; SYMBOLS];
        if spoken.chars().count() != SYMBOLS {
            return Err(NotAReference);
        }
        for (symbol, c) in symbols.iter_mut().zip(spoken.chars()) {
            *symbol = value_of(c).ok_or(NotAReference)?;
        }
        if weighted_sum(&symbols) == 0 {
            Ok(Self(symbols))
        } else {
            Err(NotAReference)
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self
            .0
            .iter()
            .map(|value| char::from(ALPHABET[usize::from(*value)]))
            .collect();
        write!(
            f,
            "{PREFIX}-{}-{}",
            &text[..SYMBOLS / 2],
            &text[SYMBOLS / 2..]
        )
    }
}

/// The text is not a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAReference;

impl fmt::Display for NotAReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a reference: it looks like CD-7K3F-92XQ, and its last character checks the others",
        )
    }
}

impl std::error::Error for NotAReference {}

fn value_of(c: char) -> Option<u8> {
    let c = match c {
        'I' | 'L' => '1',
        'O' => '0',
        c => c,
    };
    ALPHABET
        .iter()
        .position(|symbol| char::from(*symbol) == c)
        .and_then(|at| u8::try_from(at).ok())
}

/// Product in GF(2⁵) modulo x⁵ + x² + 1.
const fn product(mut a: u8, mut b: u8) -> u8 {
    let mut sum = 0;
    while b != 0 {
        if b & 1 == 1 {
            sum ^= a;
        }
        a <<= 1;
        if a & 32 != 0 {
            a ^= 0b10_0101;
        }
        b >>= 1;
    }
    sum
}

/// Σ xⁱ·sᵢ. x generates the field's 31 units, so the eight weights differ and none is zero; the check symbol stands first among them (weight 1).
fn weighted_sum(symbols: &[u8; SYMBOLS]) -> u8 {
    symbols
        .iter()
        .rev()
        .fold((0, 1), |(sum, weight), symbol| {
            (sum ^ product(weight, *symbol), product(weight, 2))
        })
        .0
}

fn check_symbol(symbols: &[u8; SYMBOLS]) -> u8 {
    let mut open = *symbols;
    open[RANDOM_SYMBOLS] = 0;
    weighted_sum(&open)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: [u64; 5] = [0, 1, 0x7_ffff_ffff, 0x1_2345_6789, 0x5_5555_5555];

    #[test]
    fn a_reference_is_read_as_people_write_it() {
        let reference = Reference::from_number(0x1_2345_6789);
        let text = reference.to_string();
        assert_eq!(text.len(), 12);
        for spelling in [
            text.clone(),
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', " "),
            text[3..].to_owned(),
            format!(" {text}\n"),
        ] {
            assert_eq!(Reference::parse(&spelling), Ok(reference), "{spelling}");
        }
        let zeros = Reference::from_number(0).to_string();
        assert_eq!(
            Reference::parse(&zeros.replace('0', "o")),
            Ok(Reference::from_number(0))
        );
    }

    #[test]
    fn every_single_wrong_symbol_is_found() {
        for number in NUMBERS {
            let right = Reference::from_number(number).0;
            for place in 0..SYMBOLS {
                for other in (0..32).filter(|other| *other != right[place]) {
                    let mut wrong = right;
                    wrong[place] = other;
                    assert_ne!(weighted_sum(&wrong), 0);
                }
            }
        }
    }

    #[test]
    fn every_swap_of_two_symbols_is_found() {
        for number in NUMBERS {
            let right = Reference::from_number(number).0;
            for (i, j) in (0..SYMBOLS)
                .flat_map(|i| (0..i).map(move |j| (i, j)))
                .filter(|(i, j)| right[*i] != right[*j])
            {
                let mut wrong = right;
                wrong.swap(i, j);
                assert_ne!(weighted_sum(&wrong), 0);
            }
        }
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in [
            "",
            "CD-",
            "CD-0000-000",
            "CD-0000-00000",
            "CD-0000-000U",
            "CD-0000-0001",
            "ČD-0000-0000",
            "0000-00é0",
        ] {
            assert_eq!(Reference::parse(text), Err(NotAReference), "{text}");
        }
    }
}
