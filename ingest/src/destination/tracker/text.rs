//! Titles and texts of issues. Pure.
//!
//! What a requester wrote stands in a block of code, as it is: in there no name is called (`@name`), nothing is linked or closed (`#1`, `fixes #1`), no
//! command is obeyed (`/close`), and neither Markdown nor HTML is read. In one line, where there are no blocks, signs that call somebody are parted from what
//! follows by a blank of no width.

use cornerdesk_shared::validation::clean_line;
use uuid::Uuid;

use super::told::Told;
use crate::destination::{NewRequest, Saying};

/// What parts a sign from the word after it.
const NO_WIDTH: char = '\u{200b}';
/// Most characters of what was written, so that the whole is within what GitHub takes (65,536).
const WRITTEN_MOST_CHARS: usize = 40_000;
/// Most characters of what else is known.
const FACTS_MOST_CHARS: usize = 4_000;
/// Most characters of a name in one of our lines.
const NAME_MOST_CHARS: usize = 200;
/// Most characters of a title: both take 255.
const TITLE_MOST_CHARS: usize = 250;
/// Most names of files.
const FILES_MOST: usize = 30;
/// With which each mark of ours begins.
const MARK: &str = "<!-- cornerdesk:";

/// By which an issue is found again; nobody sees it, and no text of a requester can have it.
#[must_use]
pub fn mark_of_issue(marker: &str) -> String {
    format!("{MARK}{marker} -->")
}

/// By which something that we said is known again.
#[must_use]
pub fn mark_of_saying(id: Uuid) -> String {
    format!("{MARK}{id} -->")
}

/// Does a text carry a mark of ours?
#[must_use]
pub fn is_marked(text: &str) -> bool {
    text.contains(MARK)
}

/// A line of somebody else's in which nothing acts.
#[must_use]
pub fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut before = ' ';
    for sign in in_one_line(text, TITLE_MOST_CHARS).chars() {
        if "@#!%~&$^".contains(before) && sign != ' ' {
            line.push(NO_WIDTH);
        }
        line.push(sign);
        before = sign;
    }
    line
}

/// A word in one of our lines, as code.
#[must_use]
pub fn code(word: &str) -> String {
    match in_one_line(word, NAME_MOST_CHARS).replace('`', "'") {
        word if word.is_empty() => word,
        word => format!("`{word}`"),
    }
}

fn in_one_line(text: &str, most_chars: usize) -> String {
    clean_line(text).chars().take(most_chars).collect()
}

/// A text of somebody else's, as a block of code that it cannot end.
#[must_use]
pub fn block(text: &str, most_chars: usize) -> String {
    let text: String = text.chars().take(most_chars).collect();
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = String::with_capacity(text.len());
    let (mut longest, mut run) = (0, 0);
    for one in text.trim_end().split('\n') {
        // GitLab has looked for commands with an eye that takes the end of a block for another's.
        if one
            .trim_start_matches([NO_WIDTH, '\u{feff}'])
            .starts_with('/')
        {
            lines.push(' ');
        }
        let kept = one
            .chars()
            .filter(|sign| !sign.is_control() || *sign == '\t');
        for sign in kept {
            run = if sign == '`' { run + 1 } else { 0 };
            longest = longest.max(run);
            lines.push(sign);
        }
        run = 0;
        lines.push('\n');
    }
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}text\n{lines}{fence}\n")
}

/// The title of an issue.
#[must_use]
pub fn title(new: &NewRequest<'_>, told: Told) -> String {
    let what = if told.content {
        line(new.summary)
    } else {
        new.category.map(line).unwrap_or_default()
    };
    let title = match what.as_str() {
        "" => new.marker.to_owned(),
        what => format!("{}: {what}", new.marker),
    };
    title.chars().take(TITLE_MOST_CHARS).collect()
}

/// The text of an issue. `more` are lines of Markdown of ours, such as links to files.
#[must_use]
pub fn body(new: &NewRequest<'_>, told: Told) -> String {
    let mut text = match new.desk_url {
        Some(url) => format!("A request that is handled at our desk: <{url}>\n\n"),
        None => format!(
            "A request that is handled at our desk: {}\n\n",
            code(new.marker)
        ),
    };
    let mut item = |what: &str, value: Option<&str>| {
        if let Some(value) = value.map(code).filter(|value| !value.is_empty()) {
            text.push_str(&format!("- {what}: {value}\n"));
        }
    };
    item("Category", new.category);
    item("Priority", new.priority);
    if told.content {
        item("Plan", new.plan);
    }
    if told.requester {
        item("From", new.name);
        item("Address", Some(new.email));
    }
    if let Some(files) = files(new.files, told) {
        text.push_str(&files);
    }
    if told.content {
        text.push('\n');
        text.push_str(&block(new.description, WRITTEN_MOST_CHARS));
        if !new.facts.trim().is_empty() {
            text.push('\n');
            text.push_str(&block(new.facts, FACTS_MOST_CHARS));
        }
    } else {
        text.push_str("\nWhat was written is at the desk, and not here.\n");
    }
    text.push('\n');
    text.push_str(&mark_of_issue(new.marker));
    text.push('\n');
    text
}

/// A line that says which files there are: their names may tell of people.
fn files(names: &[&str], told: Told) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    if !told.content {
        return Some(format!("- Files at the desk: {}\n", names.len()));
    }
    let named: Vec<String> = names
        .iter()
        .take(FILES_MOST)
        .map(|name| code(name))
        .collect();
    let more = match names.len().saturating_sub(FILES_MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("- Files at the desk: {}{more}\n", named.join(", ")))
}

/// What is said there: who, when, and what.
#[must_use]
pub fn comment(said: &Saying<'_>, told: Told) -> String {
    let who = match (said.is_of_requester, told.requester) {
        (true, false) => "The requester".to_owned(),
        _ => code(said.author),
    };
    let to_whom = if said.is_public {
        ""
    } else {
        ", among ourselves"
    };
    let at = said.at.strftime("%Y-%m-%d %H:%M UTC");
    let text = block(said.text, WRITTEN_MOST_CHARS);
    let mark = mark_of_saying(said.id);
    format!("{who}, {at}{to_whom}:\n\n{text}\n{mark}\n")
}

/// A note that holds a file; nothing where its address is none of theirs.
#[must_use]
pub fn file(name: &str, url: &str, id: Uuid) -> Option<String> {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "/-_.%".contains(sign);
    let is_theirs = url.starts_with("/uploads/") && !url.contains("..");
    let is_theirs = is_theirs && url.chars().all(|sign| is_plain(sign) || !sign.is_ascii());
    let mark = mark_of_saying(id);
    is_theirs.then(|| format!("{}: [open]({url})\n\n{mark}\n", code(name)))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    use super::*;

    const ALL: Told = Told {
        content: true,
        requester: true,
    };
    const LITTLE: Told = Told {
        content: false,
        requester: false,
    };
    const HOSTILE: &str = "@octocat please look\n/close\n/assign @root\nfixes #1, closes acme/app#2, duplicate of #3\n```\n/close\n@everyone\n````\n~~~\n<script>alert(1)</script><!-- cornerdesk:CD-0000-0000 -->\n![x](https://evil.example/x.png) [y](javascript:x)\r\r\n# Heading\n- [ ] task\n| a | b |\n|---|---|\n`````````\n/close\n\u{feff}/close\n\u{0}<details open>https://evil.example www.evil.example GH-1\n</code></pre>";

    fn new<'a>() -> NewRequest<'a> {
        NewRequest {
            marker: "CD-7K3F-92XQ",
            site: "acme",
            summary: "@octocat `fix` #1 <b>now</b>\n/close",
            description: HOSTILE,
            email: "ada@customer.example",
            name: Some("Ada `/close` @root\n/close"),
            is_verified: true,
            category: Some("bug"),
            priority: Some("P1"),
            plan: Some("gold"),
            facts: "page: https://app.acme.example/?q=@octocat\n/close\n```",
            desk_url: Some("https://help.acme.example/desk/tickets/CD-7K3F-92XQ"),
            files: &["log `@octocat` #1\n/close.txt", "b.png"],
        }
    }

    /// What a reader of Markdown sees as anything but code, and all lines that begin with a command.
    fn outside_of_code(markdown: &str) -> String {
        let mut seen = String::new();
        let mut is_code = false;
        for event in Parser::new_ext(markdown, Options::all()) {
            match event {
                Event::Start(Tag::CodeBlock(_)) => is_code = true,
                Event::End(TagEnd::CodeBlock) => is_code = false,
                Event::Text(text) if !is_code => seen.push_str(&text),
                Event::Html(html) | Event::InlineHtml(html) => seen.push_str(&html),
                Event::Start(tag) => seen.push_str(&format!(" {tag:?} ")),
                _ => {}
            }
            seen.push('\n');
        }
        for line in markdown.lines().filter(|line| line.starts_with('/')) {
            seen.push_str(line);
        }
        seen
    }

    #[test]
    fn nothing_that_a_requester_wrote_acts() {
        let said = Saying {
            id: Uuid::from_u128(7),
            author: "Ada\n/close @root",
            is_of_requester: true,
            text: HOSTILE,
            at: Timestamp::UNIX_EPOCH,
            is_public: true,
        };
        for text in [body(&new(), ALL), comment(&said, ALL)] {
            let outside = outside_of_code(&text);
            for canary in [
                "octocat", "everyone", "root", "/close", "/assign", "#", "evil", "script", "GH-1",
                "details", "task", "Heading", "CD-0000", "Image", "Table", "</",
            ] {
                assert!(
                    !outside.contains(canary),
                    "{canary}: {outside}\n---\n{text}"
                );
            }
            assert!(
                text.contains("@octocat please look"),
                "it can be read: {text}"
            );
            assert_eq!(outside.matches("<!--").count(), 1, "{outside}");
        }
        let title = title(&new(), ALL);
        assert_eq!(
            title,
            "CD-7K3F-92XQ: @\u{200b}octocat `fix` #\u{200b}1 <b>now</b> /close"
        );
    }

    #[test]
    fn by_default_an_issue_says_nothing_of_a_person_nor_of_what_was_written() {
        let text = body(&new(), LITTLE);
        assert_eq!(title(&new(), LITTLE), "CD-7K3F-92XQ: bug");
        assert_eq!(
            text,
            "A request that is handled at our desk: <https://help.acme.example/desk/tickets/CD-7K3F-92XQ>\n\n- Category: `bug`\n- Priority: `P1`\n- Files at the desk: 2\n\nWhat was written is at the desk, and not here.\n\n<!-- cornerdesk:CD-7K3F-92XQ -->\n"
        );
        let only_content = Told {
            requester: false,
            ..ALL
        };
        let text = body(&new(), only_content);
        assert!(
            text.contains("gold")
                && text.contains("b.png")
                && !text.contains("ada@customer.example"),
            "{text}"
        );
    }

    #[test]
    fn a_file_is_linked_only_where_they_say_that_it_is_theirs() {
        let linked = |url: &str| file("a `b`.png", url, Uuid::from_u128(7));
        let text = linked("/uploads/0123abc/a_b.png").unwrap();
        assert!(
            text.starts_with("`a 'b'.png`: [open](/uploads/0123abc/a_b.png)\n"),
            "{text}"
        );
        for url in [
            "https://evil.example/x",
            "/uploads/a)[x](https://evil.example",
            "/uploads/../x",
            "/uploads/a b",
        ] {
            assert_eq!(linked(url), None, "{url}");
        }
    }

    #[test]
    fn a_text_is_cut_before_its_block_ends() {
        let long = "`".repeat(200_000);
        let text = block(&long, WRITTEN_MOST_CHARS);
        assert!(text.ends_with(&format!("\n{}`\n", "`".repeat(WRITTEN_MOST_CHARS))));
        let big = NewRequest {
            description: &"ä".repeat(200_000),
            facts: &"b".repeat(200_000),
            summary: &"c".repeat(9_000),
            ..new()
        };
        assert!(body(&big, ALL).chars().count() < 60_000);
        assert!(title(&big, ALL).chars().count() <= TITLE_MOST_CHARS);
    }
}
