//! An article as a page of a website: what of it is its title, headings and text. Pure.
//!
//! The tokens are those of a browser; the tree is not built. What is followed is where the parts of a page begin and end, so that pages that
//! leave elements open are read as far as a browser would show them.

mod element;

use html5gum::{DefaultEmitter, HtmlString, StartTag, Token, Tokenizer};

use element::{Element, Open, Part};

/// What a page says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its first heading of the highest rank in its main part, else what it is called in a browser's tab.
    pub title: String,
    /// Its headings.
    pub headings: Vec<String>,
    /// The text of its main part.
    pub body: String,
    /// Its language.
    pub lang: Option<String>,
    /// Where it says that it is to be read.
    pub canonical: Option<String>,
    /// It does not want to be found.
    pub is_hidden: bool,
}

/// As many bytes are looked at for a page's own word on its encoding: so say browsers.
const ENCODING_MOST_BYTES: usize = 1024;

/// The text of a page: by what its answer says of its encoding, else by its first bytes, else UTF-8.
#[must_use]
pub fn decoded(bytes: &[u8], content_type: &str) -> String {
    let charset = |text: &str| {
        let (_, label) = text.split_once("charset=")?;
        let label = label.trim_start_matches(['"', '\'']);
        let end = label.find(['"', '\'', ';', ' ']).unwrap_or(label.len());
        encoding_rs::Encoding::for_label(&label.as_bytes()[..end])
    };
    let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(ENCODING_MOST_BYTES)]);
    let said = charset(&content_type.to_ascii_lowercase()).or_else(|| {
        tokens(&beginning).find_map(|token| match token {
            Token::StartTag(tag) if *tag.name == b"meta" => attribute(&tag, "charset").map_or_else(
                || charset(&attribute(&tag, "content")?.to_ascii_lowercase()),
                |label| encoding_rs::Encoding::for_label(label.as_bytes()),
            ),
            _ => None,
        })
    });
    let (text, ..) = said.unwrap_or(encoding_rs::UTF_8).decode(bytes);
    text.into_owned()
}

/// Whether a list of wishes to robots, such as `noindex, nofollow`, says that a page is not to be found.
#[must_use]
pub fn is_noindex(robots: &str) -> bool {
    robots
        .split(',')
        .map(|wish| wish.trim().to_ascii_lowercase())
        .any(|wish| wish == "noindex" || wish == "none")
}

/// Reads a page.
#[must_use]
pub fn read(html: &str) -> Page {
    let mut reading = Reading::default();
    for token in tokens(html) {
        match token {
            Token::StartTag(tag) => reading.begin(&tag),
            Token::EndTag(tag) => reading.end(&tag.name),
            Token::String(text) => reading.text(&String::from_utf8_lossy(&text)),
            _ => {}
        }
    }
    reading.page()
}

fn tokens(html: &str) -> impl Iterator<Item = Token> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(html, emitter).flatten()
}

fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    let value = tag.attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(value).trim().to_owned())
}

/// A part of a page that its text may be taken from.
#[derive(Debug, Default)]
struct Source {
    title: Option<String>,
    headings: Vec<String>,
    body: String,
}

#[derive(Debug, Default)]
struct Reading {
    open: Open,
    /// The main part, the articles and all of it: the first one that has something is the article.
    sources: [Source; 3],
    /// The words of the heading that is open, and whether it is of the first rank.
    heading: Option<(String, bool)>,
    page: Page,
}

impl Reading {
    fn begin(&mut self, tag: &StartTag<()>) {
        match &**tag.name {
            b"html" => self.page.lang = attribute(tag, "lang").filter(|lang| !lang.is_empty()),
            b"meta" => {
                let is_for_robots =
                    attribute(tag, "name").is_some_and(|name| name.eq_ignore_ascii_case("robots"));
                self.page.is_hidden |= is_for_robots
                    && attribute(tag, "content").is_some_and(|wish| is_noindex(&wish));
            }
            b"link" => {
                let rel = attribute(tag, "rel").unwrap_or_default();
                if rel
                    .split_whitespace()
                    .any(|rel| rel.eq_ignore_ascii_case("canonical"))
                {
                    self.page.canonical = attribute(tag, "href").filter(|href| !href.is_empty());
                }
            }
            _ => {}
        }
        let element = Element::of(tag);
        if !element.is_inline {
            self.text(" ");
        }
        // A picture counts by its words.
        if element.is_picture() {
            self.text(&attribute(tag, "alt").unwrap_or_default());
            self.text(" ");
        }
        if let Part::Heading { is_first } = element.part {
            self.end_heading();
            if !self.open.is_silent() {
                self.heading = Some((String::new(), is_first));
            }
        }
        self.open.begin(element);
    }

    fn end(&mut self, name: &HtmlString) {
        if Element::is_inline(name) {
            self.open.end(name);
            return;
        }
        self.text(" ");
        let had_heading = self.open.has_heading();
        self.open.end(name);
        if had_heading && !self.open.has_heading() {
            self.end_heading();
        }
        self.text(" ");
    }

    fn text(&mut self, text: &str) {
        if self.open.is_silent() {
            return;
        }
        if self.open.is_title() {
            self.page.title.push_str(text);
        } else if let Some((heading, _)) = &mut self.heading {
            heading.push_str(text);
        } else if !self.open.is_in_header() {
            for source in self.sources_here() {
                source.body.push_str(text);
            }
        }
    }

    fn end_heading(&mut self) {
        let Some((heading, is_first)) = self.heading.take() else {
            return;
        };
        let heading = cornerdesk_shared::validation::clean_line(&heading);
        if heading.is_empty() {
            return;
        }
        for source in self.sources_here() {
            if is_first && source.title.is_none() {
                source.title = Some(heading.clone());
            }
            source.headings.push(heading.clone());
        }
    }

    fn sources_here(&mut self) -> impl Iterator<Item = &mut Source> {
        let is_here = [self.open.is_in_main(), self.open.is_in_article(), true];
        self.sources
            .iter_mut()
            .zip(is_here)
            .filter_map(|(source, is_here)| is_here.then_some(source))
    }

    fn page(mut self) -> Page {
        self.end_heading();
        let says_something =
            |source: &Source| !source.headings.is_empty() || !source.body.trim().is_empty();
        let source = self.sources.into_iter().find(says_something);
        let source = source.unwrap_or_default();
        Page {
            title: source.title.unwrap_or(self.page.title),
            headings: source.headings,
            body: source.body,
            ..self.page
        }
    }
}

#[cfg(test)]
mod tests;
