//! A plain text as paragraphs for HTML, with links where it has addresses. Pure; the template escapes every piece.

use minijinja::{Value, context};

/// What stands in a line: words, or an address that is a link.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    /// As it stands in an attribute.
    url: Option<String>,
}

/// A line of a paragraph.
type Line = Vec<Piece>;

/// The paragraphs with their lines and pieces.
pub(super) fn for_template(text: &str) -> Vec<Vec<Vec<Value>>> {
    let piece = |piece: Piece| context! { text => piece.text, url => piece.url };
    let line = |line: Line| line.into_iter().map(piece).collect();
    let paragraph = |lines: Vec<Line>| lines.into_iter().map(line).collect();
    paragraphs(text).into_iter().map(paragraph).collect()
}

/// Paragraphs are divided by empty lines.
fn paragraphs(text: &str) -> Vec<Vec<Line>> {
    let mut paragraphs: Vec<Vec<Line>> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        if line.trim().is_empty() {
            is_open = false;
            continue;
        }
        if !is_open {
            paragraphs.push(Vec::new());
            is_open = true;
        }
        if let Some(paragraph) = paragraphs.last_mut() {
            paragraph.push(pieces(line));
        }
    }
    paragraphs
}

/// `See https://example.com/a.` is three pieces; the full stop belongs to the sentence.
fn pieces(line: &str) -> Line {
    let mut pieces = Line::new();
    let mut rest = line;
    while let Some(start) = ["https://", "http://"]
        .iter()
        .filter_map(|scheme| rest.find(scheme))
        .min()
    {
        let (before, from) = rest.split_at(start);
        let end =
            from.find(|c: char| c.is_whitespace() || c.is_control() || "<>\"“”«»„".contains(c));
        let url = &from[..end.unwrap_or(from.len())];
        let mut url =
            url.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', '、', '。', '，']);
        // A bracket belongs to the address when it was opened there.
        while url.ends_with(')') && url.matches(')').count() > url.matches('(').count() {
            url = url[..url.len() - 1].trim_end_matches(['.', ',']);
        }
        let read = url::Url::parse(url).ok().filter(url::Url::has_host);
        push(&mut pieces, before, None);
        push(
            &mut pieces,
            url,
            read.map(|url| url.as_str().replace('&', "&amp;")),
        );
        rest = &from[url.len()..];
        if url.is_empty() {
            break;
        }
    }
    push(&mut pieces, rest, None);
    pieces
}

fn push(pieces: &mut Line, text: &str, url: Option<String>) {
    if !text.is_empty() {
        pieces.push(Piece {
            text: text.to_owned(),
            url,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(line: &str) -> Vec<String> {
        pieces(line)
            .into_iter()
            .filter_map(|piece| piece.url)
            .collect()
    }

    #[test]
    fn an_empty_line_divides_and_a_line_stays_a_line() {
        let paragraphs = paragraphs("a\nb\n\n \nc");
        let lines: Vec<usize> = paragraphs.iter().map(Vec::len).collect();
        assert_eq!(lines, [2, 1]);
        let all: String = paragraphs
            .concat()
            .concat()
            .into_iter()
            .map(|piece| piece.text)
            .collect();
        assert_eq!(all, "abc");
    }

    #[test]
    fn what_is_an_address_is_a_link_and_the_sentence_goes_on() {
        for (line, expected) in [
            (
                "See https://example.com/a?b=c&d.",
                vec!["https://example.com/a?b=c&amp;d"],
            ),
            (
                "(https://example.com/x_(y)) and http://b.example",
                vec!["https://example.com/x_(y)", "http://b.example/"],
            ),
            ("javascript:alert(1) ftp://x data:text/html,x", vec![]),
            ("https://", vec![]),
            ("\"https://example.com\"", vec!["https://example.com/"]),
            (
                "<https://example.com/\"onmouseover=x>",
                vec!["https://example.com/"],
            ),
        ] {
            assert_eq!(links(line), expected, "{line}");
            let whole: String = pieces(line).into_iter().map(|piece| piece.text).collect();
            assert_eq!(whole, line);
        }
    }
}
