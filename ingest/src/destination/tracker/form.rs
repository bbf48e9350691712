//! A form with one file. Pure.

use reqwest::header::HeaderValue;

/// Longest name of a file, in characters.
const NAME_MOST_CHARS: usize = 150;

/// A form with one file; its name cannot leave its line.
#[must_use]
pub fn of(boundary: &str, name: &str, content_type: &str, bytes: &[u8]) -> Vec<u8> {
    let plain = name.chars().map(|sign| match sign {
        '"' | '\\' | '/' => '_',
        sign if sign.is_control() => ' ',
        sign => sign,
    });
    let name: String = plain.take(NAME_MOST_CHARS).collect();
    let is_type = HeaderValue::from_str(content_type).is_ok() && content_type.contains('/');
    let content_type = if is_type {
        content_type
    } else {
        "application/octet-stream"
    };
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: {content_type}\r\n\r\n"
    );
    let mut form = Vec::with_capacity(head.len() + bytes.len() + boundary.len() + 8);
    form.extend_from_slice(head.as_bytes());
    form.extend_from_slice(bytes);
    form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_line_of_a_form() {
        let form = of("b", "a\"\r\nx: ../y\".png", "image/png", b"\x00\xff");
        let expected: &[u8] = b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a_  x: .._y_.png\"\r\ncontent-type: image/png\r\n\r\n\x00\xff\r\n--b--\r\n";
        assert_eq!(form, expected);
        let strange = of("b", "a", "nonsense\r\nx: y", b"");
        assert!(String::from_utf8(strange).unwrap().contains("octet-stream"));
    }
}
