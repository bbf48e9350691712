//! The text of a mail that is a page (HTML). Pure: nothing is fetched or run, and what comes out is plain text.
//!
//! What is quoted keeps its mark: each line of it begins with `> `, as in mails that are text, and where a mail program says by an element of its own that
//! an earlier mail begins, stands [`EARLIER`].

use std::fmt::Write;

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

/// Alone on a line: an earlier mail begins. A private character, so that nobody types it.
pub(super) const EARLIER: char = '\u{e000}';

/// Elements whose text nobody reads.
const SILENT: [&str; 11] = [
    "audio", "canvas", "head", "iframe", "noscript", "object", "script", "style", "svg",
    "template", "video",
];
/// Elements without an end.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];
/// Elements that stand on lines of their own.
const BLOCKS: [&str; 27] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "header",
    "html",
    "li",
    "main",
    "nav",
    "ol",
    "pre",
    "section",
    "table",
    "tbody",
    "tr",
    "ul",
];
/// … and with an empty line around them.
const PARAGRAPHS: [&str; 7] = ["h1", "h2", "h3", "h4", "h5", "h6", "p"];
/// Ids with which mail programs mark the head of an earlier mail: Outlook's.
const EARLIER_IDS: [&str; 4] = [
    "divrplyfwdmsg",
    "appendonsend",
    "mail-editor-reference-message-container",
    "olk_src_body_section",
];
/// Deeper than any mail is; what is open below is not followed.
const DEEPEST: usize = 200;

/// The text.
#[must_use]
pub fn text(html: &str) -> String {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut reading = Reading::default();
    for token in Tokenizer::new_with_emitter(html, emitter).flatten() {
        match token {
            Token::StartTag(tag) => reading.begin(&tag),
            Token::EndTag(tag) => reading.end(&String::from_utf8_lossy(&tag.name)),
            Token::String(text) => reading.words(&String::from_utf8_lossy(&text)),
            _ => {}
        }
    }
    reading.finish()
}

#[derive(Debug)]
struct Open {
    name: String,
    is_silent: bool,
    is_quote: bool,
    is_verbatim: bool,
    /// Where a link leads, and how long the text was when it began.
    link: Option<(String, usize)>,
}

#[derive(Debug, Default)]
struct Reading {
    open: Vec<Open>,
    text: String,
    line: String,
    /// Empty lines that are owed before the next words.
    owed: usize,
}

impl Reading {
    fn begin(&mut self, tag: &StartTag<()>) {
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        let attribute = |name: &str| {
            let value = tag.attributes.get(name.as_bytes());
            value.map_or_else(String::new, |value| {
                String::from_utf8_lossy(value).trim().to_owned()
            })
        };
        match name.as_str() {
            "br" => return self.break_line(),
            "hr" => return self.end_line(0),
            "td" | "th" if !self.line.is_empty() => self.line.push(' '),
            _ => {}
        }
        if VOID.contains(&name.as_str()) {
            return;
        }
        let is_quote = name == "blockquote";
        self.end_block(&name);
        if EARLIER_IDS.contains(&attribute("id").to_ascii_lowercase().as_str()) {
            self.end_line(0);
            self.line.push(EARLIER);
            self.end_line(0);
        }
        if name == "li" && !self.is_silent() {
            self.line.push_str("- ");
        }
        let style = attribute("style").to_ascii_lowercase().replace(' ', "");
        let href = attribute("href");
        let is_address = ["http://", "https://"]
            .iter()
            .any(|scheme| href.starts_with(scheme));
        let link = (name == "a" && is_address).then_some((href, self.line.len()));
        if self.open.len() < DEEPEST {
            self.open.push(Open {
                is_silent: SILENT.contains(&name.as_str()) || style.contains("display:none"),
                is_verbatim: name == "pre",
                name,
                is_quote,
                link,
            });
        }
    }

    fn end(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|open| open.name == name) else {
            return;
        };
        // Before it is closed: the line belongs to the quotation that ends here.
        if let Some((href, start)) = self.open[at].link.take() {
            self.end_link(&href, start);
        }
        self.end_block(name);
        self.open.truncate(at);
    }

    /// What a link says is not always where it leads.
    fn end_link(&mut self, href: &str, start: usize) {
        let said = self.line.get(start..).unwrap_or_default().trim().to_owned();
        let bare = |url: &str| {
            let url = url.trim_end_matches('/');
            let url = url.strip_prefix("https://").unwrap_or(url);
            url.strip_prefix("http://").unwrap_or(url).to_owned()
        };
        if !said.is_empty() && bare(&said) != bare(href) && !self.is_silent() {
            // Writing to a text does not fail.
            let _ = write!(self.line, " ({href})");
        }
    }

    fn words(&mut self, text: &str) {
        if self.is_silent() {
            return;
        }
        if self.open.iter().any(|open| open.is_verbatim) {
            for (number, line) in text.split('\n').enumerate() {
                if number > 0 {
                    self.break_line();
                }
                self.line.push_str(line.trim_end_matches('\r'));
            }
            return;
        }
        for c in text.chars() {
            let is_blank = c.is_ascii_whitespace() || c == '\u{a0}';
            match is_blank {
                true if self.line.ends_with(' ') || self.line.is_empty() => {}
                true => self.line.push(' '),
                false if c == EARLIER => {}
                false => self.line.push(c),
            }
        }
    }

    fn is_silent(&self) -> bool {
        self.open.iter().any(|open| open.is_silent)
    }

    fn end_block(&mut self, name: &str) {
        if BLOCKS.contains(&name) {
            self.end_line(usize::from(name == "blockquote"));
        } else if PARAGRAPHS.contains(&name) {
            self.end_line(1);
        }
    }

    /// Ends the line, if one has begun, and owes so many empty ones.
    fn end_line(&mut self, empty: usize) {
        if !self.line.trim().is_empty() {
            self.break_line();
        }
        self.line.clear();
        self.owed = self.owed.max(empty);
    }

    /// Ends the line even when nothing stands in it.
    fn break_line(&mut self) {
        if self.is_silent() {
            return;
        }
        let depth = self.open.iter().filter(|open| open.is_quote).count();
        let mark = "> ".repeat(depth);
        if !self.text.is_empty() {
            for _ in 0..self.owed {
                self.text.push_str(mark.trim_end());
                self.text.push('\n');
            }
        }
        self.owed = 0;
        let line = format!("{mark}{}", self.line.trim_end());
        self.text.push_str(line.trim_end());
        self.text.push('\n');
        self.line.clear();
    }

    fn finish(mut self) -> String {
        self.open.retain(|open| !open.is_silent);
        self.end_line(0);
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_lines() {
        for (html, expected) in [
            ("<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree\n"),
            ("<div>a</div><div>b</div>", "a\nb\n"),
            ("a &amp; b &lt;c&gt; &nbsp; d", "a & b <c> d\n"),
            ("<ul><li>x<li>y</ul>", "- x\n- y\n"),
            ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc\n"),
            ("<pre>a\n  b</pre>", "a\n  b\n"),
            (
                "<a href=\"https://x.example/a\">here</a>, <a href=\"https://y.example/\">y.example</a>",
                "here (https://x.example/a), y.example\n",
            ),
            ("<a href=\"javascript:alert(1)\">here</a>", "here\n"),
            (
                "<p>own</p><blockquote>a<blockquote>b</blockquote></blockquote>",
                "own\n\n> a\n\n> > b\n",
            ),
        ] {
            let found = text(html);
            let flat = |text: &str| text.replace("\n>\n", "\n\n").replace("\n> >\n", "\n\n");
            assert_eq!(flat(&found), expected, "{html}");
        }
    }

    #[test]
    fn nothing_that_is_not_shown_is_read() {
        let html = "<head><title>t</title><style>p{}</style></head><script>alert(1)</script>\
            <div style=\"display: none\">hidden<br>hidden</div><svg><text>s</text></svg><p onclick=x>shown</p>";
        assert_eq!(text(html).trim(), "shown");
    }

    #[test]
    fn the_head_of_an_earlier_mail_is_marked() {
        let html = "<div>mine</div><hr><div id=\"divRplyFwdMsg\">From: a</div>";
        assert_eq!(text(html), format!("mine\n{EARLIER}\nFrom: a\n"));
        assert_eq!(text("a\u{e000}b"), "ab\n");
    }

    #[test]
    fn pages_that_end_nothing_end_nothing_here() {
        let open = "<div><b>".repeat(5_000);
        assert_eq!(text(&format!("{open}x")).trim(), "x");
        assert_eq!(text(&format!("{}x", "</div>".repeat(5_000))).trim(), "x");
    }
}
