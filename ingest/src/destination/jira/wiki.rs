//! Jira's text markup: plain text into it so that nothing in it is taken for markup, and back into something that a person can read. Pure.

/// So many names of files are told of one text.
const FILES_MOST: usize = 20;

/// Escapes plain text, so that it is shown as it was written: no mention, macro, picture or link comes out of what a stranger wrote.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            escaped.push('\n');
        }
        escape_line(line, &mut escaped);
    }
    escaped
}

fn escape_line(line: &str, into: &mut String) {
    let begun = line.trim_start();
    into.push_str(&line[..line.len() - begun.len()]);
    if is_block(begun) {
        // Between a letter and its full stop, the mark is none any more.
        let at = begun.find('.').unwrap_or_default();
        into.push_str(&begun[..at]);
        into.push_str("&#46;");
        return escape_words(&begun[at + 1..], into);
    }
    escape_words(begun, into);
}

/// `h1. `, `bq. `: a heading, a quotation.
fn is_block(line: &str) -> bool {
    let bytes = line.as_bytes();
    let is_heading = bytes.len() > 2 && bytes[0] == b'h' && (b'1'..=b'6').contains(&bytes[1]);
    (is_heading && bytes[2] == b'.') || line.starts_with("bq.")
}

fn escape_words(text: &str, into: &mut String) {
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        match c {
            '{' | '}' | '[' | ']' | '!' | '|' => into.extend(['\\', c]),
            // Two are the end of a line, and one takes the meaning from what follows.
            '\\' if !next.is_alphanumeric() || before == '\\' => into.push_str("&#92;"),
            // They mark a word only at its edge: names_with_underscores and a*b stay as they are.
            '*' | '_' | '^' | '~' | '+' | '?' | '-'
                if !before.is_alphanumeric() && is_mark(c, next) =>
            {
                into.extend(['\\', c]);
            }
            '#' if before == ' ' && next == ' ' => into.extend(['\\', c]),
            _ => into.push(c),
        }
        before = c;
    }
}

fn is_mark(c: char, next: char) -> bool {
    match c {
        '?' => next == '?',
        _ => !next.is_whitespace(),
    }
}

/// Text of theirs as a person reads it where there is no markup: links keep their address, pictures their name, mentions nothing.
#[must_use]
pub fn plain(markup: &str) -> String {
    let markup = markup.replace("\r\n", "\n");
    let mut text = String::with_capacity(markup.len());
    let mut rest = markup.as_str();
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\\' => unescaped(rest, &mut text),
            '{' => macro_mark(rest),
            '[' => link(rest, &mut text),
            '!' => picture(rest, &mut text),
            '&' => entity(rest, &mut text),
            _ => None,
        };
        let length = taken.unwrap_or_else(|| {
            text.push(c);
            c.len_utf8()
        });
        rest = &rest[length..];
    }
    text.trim().to_owned()
}

fn unescaped(rest: &str, text: &mut String) -> Option<usize> {
    let next = rest[1..].chars().next()?;
    if next == '\\' {
        text.push('\n');
    } else if next.is_ascii_punctuation() {
        text.push(next);
    } else {
        return None;
    }
    Some(2)
}

/// `{code:java}`, `{quote}`, `{color:red}`, `{noformat}`, `{panel:title=x}`.
fn macro_mark(rest: &str) -> Option<usize> {
    let end = rest.find('}')?;
    let inside = &rest[1..end];
    let name = inside.split(':').next().unwrap_or_default();
    let is_macro = ["code", "noformat", "quote", "color", "panel", "anchor"].contains(&name);
    is_macro.then_some(end + 1)
}

fn link(rest: &str, text: &mut String) -> Option<usize> {
    let end = rest.find(']').filter(|end| !rest[..*end].contains('\n'))?;
    let inside = &rest[1..end];
    if inside.starts_with('~') {
        text.push_str("@…");
        return Some(end + 1);
    }
    let parts: Vec<&str> = inside.split('|').collect();
    let (label, address) = match parts.as_slice() {
        [label, address, ..] => (*label, *address),
        [only] => (*only, *only),
        [] => return None,
    };
    let is_address = ["http://", "https://", "mailto:"]
        .iter()
        .any(|scheme| address.starts_with(scheme));
    if let Some(file) = address.strip_prefix('^') {
        text.push_str(file);
    } else if !is_address {
        return None;
    } else if label == address {
        text.push_str(address);
    } else {
        text.push_str(&format!("{label} ({address})"));
    }
    Some(end + 1)
}

/// `!screenshot.png|thumbnail!`.
fn picture(rest: &str, text: &mut String) -> Option<usize> {
    let end = 1 + rest[1..].find('!')?;
    let name = rest[1..end].split('|').next().unwrap_or_default();
    let is_file = name.contains('.') && !name.contains(['\n', ' ']) && !name.is_empty();
    is_file.then(|| {
        text.push_str(&format!("[{name}]"));
        end + 1
    })
}

/// The names of the files that a text of theirs shows: `!screenshot.png|thumbnail!`, `[^report.pdf]`. Each once, in their order.
#[must_use]
pub fn files(markup: &str) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    let mut rest = markup;
    while let Some(at) = rest.find(['!', '[', '\\']) {
        rest = &rest[at..];
        let (name, length) = match rest.as_bytes()[0] {
            b'[' => attached(rest),
            b'!' => shown(rest),
            // What it stands before means nothing.
            _ => None,
        }
        .unwrap_or(("", 1));
        let is_new = !name.is_empty() && files.iter().all(|known| known != name);
        if is_new && files.len() < FILES_MOST {
            files.push(cornerdesk_shared::validation::clean_line(name));
        }
        let length = match rest.strip_prefix('\\') {
            Some(after) => 1 + after.chars().next().map_or(0, char::len_utf8),
            None => length,
        };
        rest = &rest[length..];
    }
    files
}

/// `[^report.pdf]`: its name, and how long that is.
fn attached(rest: &str) -> Option<(&str, usize)> {
    let end = rest.find(']').filter(|end| !rest[..*end].contains('\n'))?;
    let name = rest[1..end].split('|').next_back()?.strip_prefix('^')?;
    Some((name, end + 1))
}

/// `!screenshot.png|thumbnail!`: its name, and how long that is. A picture from elsewhere is no file of theirs.
fn shown(rest: &str) -> Option<(&str, usize)> {
    let end = 1 + rest[1..].find('!')?;
    let name = rest[1..end].split('|').next().unwrap_or_default();
    let is_file = name.contains('.') && !name.contains(['\n', '/', ' ']);
    is_file.then_some((name, end + 1))
}

fn entity(rest: &str, text: &mut String) -> Option<usize> {
    let known = [
        ("&#46;", '.'),
        ("&#92;", '\\'),
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&nbsp;", ' '),
    ];
    let (name, c) = known.iter().find(|(name, _)| rest.starts_with(name))?;
    text.push(*c);
    Some(name.len())
}

/// Whether a text of theirs is the one that we sent, whatever they did to the ends of its lines.
#[must_use]
pub fn is_same(theirs: &str, ours: &str) -> bool {
    let lines = |text: &str| {
        let text = text.replace("\r\n", "\n");
        let lines: Vec<String> = text
            .trim()
            .lines()
            .map(|l| l.trim_end().to_owned())
            .collect();
        lines
    };
    lines(theirs) == lines(ours)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_stranger_wrote_is_no_markup() {
        for (text, expected) in [
            (
                "plain words, and a_name_here",
                "plain words, and a_name_here",
            ),
            ("[~admin] look", "\\[\\~admin\\] look"),
            ("{code}rm{code}", "\\{code\\}rm\\{code\\}"),
            (
                "!http://tracker.example/p.png!",
                "\\!http://tracker.example/p.png\\!",
            ),
            ("*now* _or_ never", "\\*now* \\_or_ never"),
            ("2 * 3 - 1", "2 * 3 - 1"),
            ("a|b", "a\\|b"),
            ("C:\\temp\\new", "C:\\temp\\new"),
            ("\\\\server\\share", "&#92;&#92;server\\share"),
            ("h1. Big\nbq. said", "h1&#46; Big\nbq&#46; said"),
            ("\n two\n", "\n two\n"),
            ("", ""),
        ] {
            assert_eq!(escape(text), expected, "{text:?}");
        }
    }

    #[test]
    fn their_markup_is_readable_without_one() {
        for (markup, expected) in [
            (
                "See [the page|https://a.example/x]. \r\nOk",
                "See the page (https://a.example/x). \nOk",
            ),
            ("[https://a.example]", "https://a.example"),
            ("[~accountid:557058:f5] please", "@… please"),
            (
                "!shot.png|thumbnail! and [^log.txt]",
                "[shot.png] and log.txt",
            ),
            ("{code:sql}select 1{code}", "select 1"),
            ("{color:#de350b}red{color}", "red"),
            (
                "a {thing} stays, as [this] does!",
                "a {thing} stays, as [this] does!",
            ),
            ("first\\\\second \\[x\\]", "first\nsecond [x]"),
            ("&lt;b&gt; &amp; c", "<b> & c"),
        ] {
            assert_eq!(plain(markup), expected, "{markup:?}");
        }
    }

    #[test]
    fn the_files_of_a_text_are_known_by_its_markup() {
        for (markup, expected) in [
            (
                "!shot.png|thumbnail! and [^log.txt]",
                &["shot.png", "log.txt"][..],
            ),
            ("[the log|^log.txt] [^log.txt]", &["log.txt"]),
            ("!https://a.example/p.png! wow! really.", &[]),
            ("\\[^log.txt\\] \\!a.png!", &[]),
            ("\\ü [^über.pdf]", &["über.pdf"]),
            ("[a link|https://a.example] text", &[]),
        ] {
            assert_eq!(files(markup), expected, "{markup:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_as_it_was_written(text in "[ -~\\n]{0,60}") {
            // An entity that somebody wrote is one for Jira, too.
            prop_assume!(!text.contains('&'));
            prop_assert_eq!(plain(&escape(&text)), text.trim());
        }

        #[test]
        fn no_text_of_theirs_breaks_the_reader(text in "\\PC{0,80}") {
            let _ = (plain(&text), files(&text));
        }
    }

    #[test]
    fn a_text_is_known_again_although_its_lines_end_otherwise() {
        assert!(is_same("a\r\nb ", "a\nb\n"));
        assert!(!is_same("a b", "a\nb"));
    }
}
