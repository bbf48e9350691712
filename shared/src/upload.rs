//! An attachment on its way: the headers of tus 1.0 and what a file may be called.

/// The protocol's version, value of `Tus-Resumable`.
pub const TUS_VERSION: &str = "1.0.0";
/// Content type of the bytes of an upload.
pub const OFFSET_OCTET_STREAM: &str = "application/offset+octet-stream";
/// Longest display name, in characters.
pub const NAME_MOST_CHARS: usize = 150;
/// What a file without a usable name is called.
pub const UNNAMED: &str = "file";

/// The name under which a file is shown and offered for saving.
///
/// The last segment of a path; without control characters, zero-width characters and characters that turn the direction of writing, so that
/// the extension which is shown is the real one; without leading dots; at most [`NAME_MOST_CHARS`] characters with the extension kept.
/// The name is a label: it never reaches the file system.
#[must_use]
pub fn display_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .map(|c| if r#"<>:"|?*"#.contains(c) { '_' } else { c })
        .collect();
    let trimmed = kept
        .trim()
        .trim_start_matches('.')
        .trim_end_matches(['.', ' ']);
    if trimmed.is_empty() {
        UNNAMED.to_owned()
    } else {
        shortened(trimmed)
    }
}

/// Cuts in front of the extension, so that the extension stays the real one.
fn shortened(name: &str) -> String {
    const EXTENSION_MOST_CHARS: usize = 16;
    if name.chars().count() <= NAME_MOST_CHARS {
        return name.to_owned();
    }
    let extension = name.rfind('.').map_or("", |dot| &name[dot..]);
    let extension = if extension.chars().count() <= EXTENSION_MOST_CHARS {
        extension
    } else {
        ""
    };
    let kept = NAME_MOST_CHARS - extension.chars().count() - 1;
    name.chars()
        .take(kept)
        .chain(std::iter::once('…'))
        .chain(extension.chars())
        .collect()
}

/// Characters that are not seen but change what is seen: bidirectional controls (UAX #9), zero-width and other format characters,
/// variation selectors and line separators.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_a_path() {
        for (given, shown) in [
            ("../../etc/passwd", "passwd"),
            (r"C:\temp\a.txt", "a.txt"),
            ("..", UNNAMED),
            ("", UNNAMED),
            (".htaccess", "htaccess"),
            ("\u{200b}.htaccess", "htaccess"),
            ("a\r\nContent-Type: b", "aContent-Type_ b"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\u{0}b.png", "ab.png"),
            ("Přehled říjen.xlsx", "Přehled říjen.xlsx"),
        ] {
            assert_eq!(display_name(given), shown, "{given:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let shown = display_name(&format!("{}.tar.gz", "a".repeat(4096)));
        assert_eq!(shown.chars().count(), NAME_MOST_CHARS);
        assert!(shown.ends_with("a….gz"), "{shown}");
    }
}
