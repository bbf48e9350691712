//! What is written at desks of others, as far as all of them are alike: lengths, placeholders, and marks by which something is found again. Pure.

use jiff::{Timestamp, tz::TimeZone};
use uuid::Uuid;

use super::{NewRequest, Saying};
use crate::cutting::cut;

/// What can stand in braces in a value that an operator writes down.
pub const PLACEHOLDERS: [&str; 8] = [
    "reference",
    "email",
    "name",
    "category",
    "priority",
    "plan",
    "site",
    "desk_url",
];

/// The first of the placeholders of a value that there is not.
#[must_use]
pub fn unknown_placeholder(value: &str) -> Option<&str> {
    let mut inside = value.split('{').skip(1).map(|rest| {
        let end = rest.find('}');
        end.map_or(rest, |end| &rest[..end])
    });
    inside.find(|name| !PLACEHOLDERS.contains(name))
}

/// A value with what stands in braces filled in.
#[must_use]
pub fn filled(template: &str, new: &NewRequest<'_>) -> String {
    let values = [
        ("{reference}", new.marker),
        ("{email}", new.email),
        ("{name}", new.name.unwrap_or_default()),
        ("{category}", new.category.unwrap_or_default()),
        ("{priority}", new.priority.unwrap_or_default()),
        ("{plan}", new.plan.unwrap_or_default()),
        ("{site}", new.site),
        ("{desk_url}", new.desk_url.unwrap_or_default()),
    ];
    // From left to right, once: what is filled in is not looked through for braces.
    let mut text = String::new();
    let mut rest = template;
    'all: while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        for (name, value) in values {
            if let Some(after) = rest.strip_prefix(name) {
                text.push_str(value);
                rest = after;
                continue 'all;
            }
        }
        text.push('{');
        rest = &rest[1..];
    }
    text.push_str(rest);
    text.trim().to_owned()
}

/// Who said something, and when: to the second, so that no other comment begins like it.
#[must_use]
pub fn heading(said: &Saying<'_>) -> String {
    format!("{}, {}:", said.author, second(said.at))
}

fn second(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::UTC);
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// What stands beside a file that is put there, by which it is found again: two files may have one name and one size.
#[must_use]
pub fn file_mark(id: Uuid) -> String {
    let digits = id.simple().to_string();
    // The end is random, and the beginning the time.
    format!("File {}", &digits[digits.len() - 10..])
}

/// What else is known of a ticket, as lines of plain text: who asks where they are nobody there, and what stands in no field of theirs.
#[must_use]
pub fn known(new: &NewRequest<'_>, with_person: bool) -> String {
    /// Longest text about the surroundings that goes along.
    const FACTS_MOST_CHARS: usize = 1_500;
    let mut lines = Vec::new();
    if with_person && !new.email.is_empty() {
        let name = new.name.unwrap_or_default();
        lines.push(format!("From: {}", format!("{name} {}", new.email).trim()));
    }
    for (what, value) in [
        ("Category", new.category),
        ("Priority", new.priority),
        ("Plan", new.plan),
    ] {
        lines.extend(value.map(|value| format!("{what}: {value}")));
    }
    let facts = cut(new.facts.trim(), FACTS_MOST_CHARS);
    if !facts.is_empty() {
        lines.push(facts);
    }
    lines.extend(new.desk_url.map(ToOwned::to_owned));
    lines.push(new.marker.to_owned());
    lines.join("\n")
}

/// Plain text as HTML that shows it as it was written, with at most so many octets: no tag, no link and no picture comes out of it.
#[must_use]
pub fn html(text: &str, most_bytes: usize) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    html.push_str("<p>");
    let mut is_begin = true;
    for c in text.chars() {
        if html.len() + 16 > most_bytes {
            html.push('…');
            break;
        }
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\n' => html.push_str("<br>"),
            // Else what is indented is not.
            ' ' if is_begin => html.push_str("&nbsp;"),
            '\r' => {}
            _ => html.push(c),
        }
        is_begin = matches!(c, '\n') || (is_begin && c == ' ');
    }
    html.push_str("</p>");
    html
}

/// HTML of theirs as a person reads it where there is none: lines, and no tags.
#[must_use]
pub fn text_of_html(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let inside = &rest[at + 1..];
        let Some(end) = inside.find('>') else {
            // No tag: somebody wrote "less than".
            text.push('<');
            rest = inside;
            continue;
        };
        let tag = &inside[..end];
        let name: String = (tag.trim_start_matches('/').chars())
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let name = name.to_ascii_lowercase();
        rest = &inside[end + 1..];
        match name.as_str() {
            "br" | "p" | "div" | "li" | "tr" | "h1" | "h2" | "h3" | "h4" | "blockquote" | "pre"
                if name == "br" || tag.starts_with('/') =>
            {
                text.push('\n');
            }
            // What stands in them is not for reading.
            "style" | "script" | "head" if !tag.starts_with('/') => {
                let end = rest.find(&format!("</{name}")).unwrap_or(rest.len());
                rest = &rest[end..];
            }
            _ => {}
        }
    }
    text.push_str(rest);
    plain(&text)
}

/// Text of theirs without what stands for signs in HTML, with our ends of lines, and with no more than one empty line in a row.
#[must_use]
pub fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace("&nbsp;", " ");
    let text = text.replace(['\u{a0}', '\u{200b}'], " ");
    let text = (text.replace("&lt;", "<").replace("&gt;", ">"))
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    lines.join("\n").trim().to_owned()
}

/// Are two texts the same, however they set spaces, lines and signs?
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    let essence = |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).collect() };
    let one = essence(one);
    !one.is_empty() && one == essence(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_writes_is_shown_and_does_nothing() {
        let hostile = "<script>alert(1)</script>\n  <img src=x onerror=\"y\"> & 'z'";
        let shown = html(hostile, 10_000);
        assert_eq!(
            shown,
            "<p>&lt;script&gt;alert(1)&lt;/script&gt;<br>&nbsp;&nbsp;&lt;img src=x onerror=&quot;y&quot;&gt; &amp; &#39;z&#39;</p>"
        );
        assert!(is_same(&text_of_html(&shown), hostile));
    }

    #[test]
    fn a_long_text_is_cut_and_stays_html() {
        let long = html(&"<ü".repeat(50_000), 60_000);
        assert!(
            long.len() <= 60_000 && long.ends_with("…</p>"),
            "{}",
            long.len()
        );
    }

    #[test]
    fn html_of_theirs_is_read_as_text() {
        for (html, text) in [
            ("<p>Hello<br/>Ada</p><p>Bye</p>", "Hello\nAda\nBye"),
            ("<div>a &lt;b&gt;&nbsp;c</div>", "a <b> c"),
            ("<style>p { color: red }</style><p>x</p>", "x"),
            ("1 < 2", "1 < 2"),
            ("<p>a</p>\r\n\r\n\r\n<p>b</p>", "a\n\nb"),
            ("&amp;lt;", "&lt;"),
        ] {
            assert_eq!(text_of_html(html), text, "{html}");
        }
    }

    #[test]
    fn the_same_text_is_known_again_however_it_is_set() {
        assert!(is_same(
            "Kim, 08:40:\n\nTry again.",
            "Kim, 08:40: Try\u{a0}again."
        ));
        assert!(!is_same("Try again.", "Try once more."));
        assert!(!is_same("", "…"));
    }

    #[test]
    fn a_placeholder_that_there_is_not_is_found() {
        assert_eq!(unknown_placeholder("{reference} of {site}"), None);
        assert_eq!(unknown_placeholder("{phone}"), Some("phone"));
        assert_eq!(unknown_placeholder("{site"), None);
        assert_eq!(unknown_placeholder("{sites"), Some("sites"));
    }
}
