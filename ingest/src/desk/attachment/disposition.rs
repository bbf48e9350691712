//! The name under which a browser saves a file.

use axum::http::HeaderValue;

/// RFC 6266 with both forms of the name: ASCII for old programs, UTF-8 by RFC 8187 for the others.
pub(super) fn attachment(name: &str) -> HeaderValue {
    let ascii: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%' | ';') || c == ' ' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let is_attribute_character = |b: u8| b.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&b);
    let utf8: String = name
        .bytes()
        .map(|b| {
            if is_attribute_character(b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    HeaderValue::from_str(&format!(
        "attachment; filename=\"{ascii}\"; filename*=UTF-8''{utf8}"
    ))
    .unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(
            attachment("a\"\\b\r\nX: y.png"),
            "attachment; filename=\"a__b__X: y.png\"; filename*=UTF-8''a%22%5Cb%0D%0AX%3A%20y.png"
        );
        assert_eq!(
            attachment("říjen.xlsx"),
            "attachment; filename=\"__jen.xlsx\"; filename*=UTF-8''%C5%99%C3%ADjen.xlsx"
        );
    }

    /// Quotes, line ends and semicolons of a name stand nowhere but inside the quotes, and the extension is the same in both forms.
    #[test]
    fn no_name_splits_the_header() {
        for sent in [
            "a\"; filename=\"b.exe",
            "a\r\nSet-Cookie: x=y",
            "a%22%0d%0a.png",
            "photo\u{202e}gpj.exe",
            "\u{0}\u{7f}.png",
            "a;b,c='d'.txt",
            "\\\\server\\share\\x.lnk",
            "ř\u{30c}.png",
        ] {
            let name = cornerdesk_shared::file_name::display_name(sent);
            let header = attachment(&name);
            let text = header.to_str().unwrap();
            assert_eq!(text.matches('"').count(), 2, "{text}");
            assert_eq!(text.matches("; filename").count(), 2, "{text}");
            assert!(text.chars().all(|c| (' '..='~').contains(&c)), "{text}");
            let (_, extension) = cornerdesk_shared::file_name::stem_and_extension(&name);
            assert!(text.contains(&format!("{extension}\"; ")), "{text}");
            assert!(text.ends_with(extension), "{text}");
        }
    }
}
