//! Bytes as hexadecimal digits, and back.

use std::fmt::Write;

/// Two digits for each byte, letters small.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string can always be written to.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of a text of nothing but pairs of digits, letters small or capital.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok();
    rest.is_empty()
        .then(|| pairs.iter().map(byte).collect())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_no_other_text_is_read() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unhex(&hex(&all)), Some(all));
        assert_eq!(hex(&[0, 10, 255]), "000aff");
        assert_eq!(unhex("0AfF"), Some(vec![10, 255]));
        assert_eq!(unhex(""), Some(Vec::new()));
        for text in ["0", "000", "0g", "+f", " f", "0x", "é"] {
            assert_eq!(unhex(text), None, "{text}");
        }
    }
}
