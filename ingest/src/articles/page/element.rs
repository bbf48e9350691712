//! Which parts of a page are open, and what that means for a text. Pure.

use html5gum::{HtmlString, StartTag};

/// What an element means for the text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The main part.
    Main,
    /// An article.
    Article,
    /// The head of the page or of a part: its headings count, not its text.
    Header,
    /// A heading, perhaps of the first rank.
    Heading {
        /// `h1`.
        is_first: bool,
    },
    /// What a browser's tab says.
    Title,
    /// Nothing in it is the article's.
    Silent,
    /// Nothing but a box.
    Box,
}

/// An element that has begun.
#[derive(Clone, Debug)]
pub(super) struct Element {
    name: Vec<u8>,
    pub(super) part: Part,
    /// It stands within a line.
    pub(super) is_inline: bool,
}

/// Elements within a line. They may be closed in any order.
const INLINE: [&str; 24] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "font", "i", "ins", "kbd", "label",
    "mark", "q", "s", "small", "span", "strong", "sub", "sup", "time", "u", "var",
];
/// Elements without an end.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];
/// Boxes whose end closes all that is open in them.
const BOXES: [&str; 14] = [
    "body",
    "blockquote",
    "center",
    "details",
    "div",
    "dl",
    "fieldset",
    "figure",
    "form",
    "html",
    "ol",
    "section",
    "table",
    "ul",
];
/// Nothing in these is an article's text.
const SILENT: [&str; 19] = [
    "aside", "audio", "button", "canvas", "datalist", "dialog", "footer", "iframe", "math", "nav",
    "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "video",
];
/// … nor in what has one of these roles.
const SILENT_ROLES: [&str; 7] = [
    "alert",
    "banner",
    "complementary",
    "contentinfo",
    "dialog",
    "navigation",
    "search",
];

impl Element {
    pub(super) fn of(tag: &StartTag<()>) -> Self {
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        let value = |name: &str| {
            tag.attributes
                .get(name.as_bytes())
                .map(|value| value.as_slice())
        };
        let role = value("role").map(|role| String::from_utf8_lossy(role).to_ascii_lowercase());
        let role = role.as_deref().unwrap_or_default().trim();
        let is_hidden = value("hidden").is_some() || value("aria-hidden") == Some(&b"true"[..]);
        let part = match name.as_str() {
            _ if is_hidden || SILENT_ROLES.contains(&role) => Part::Silent,
            silent if SILENT.contains(&silent) => Part::Silent,
            "main" => Part::Main,
            _ if role == "main" => Part::Main,
            "article" => Part::Article,
            "header" => Part::Header,
            "title" => Part::Title,
            "h1" => Part::Heading { is_first: true },
            "h2" | "h3" | "h4" | "h5" | "h6" => Part::Heading { is_first: false },
            _ => Part::Box,
        };
        Self {
            part,
            is_inline: INLINE.contains(&name.as_str()) || name == "wbr",
            name: name.into_bytes(),
        }
    }

    pub(super) fn is_inline(name: &HtmlString) -> bool {
        is_one_of(name, &INLINE)
    }

    pub(super) fn is_picture(&self) -> bool {
        self.name == b"img" && self.part != Part::Silent
    }

    fn is_heading(&self) -> bool {
        matches!(self.part, Part::Heading { .. })
    }

    /// Whether its end has to be waited for.
    fn is_followed(&self) -> bool {
        let is_void = is_one_of(&self.name, &VOID);
        !is_void && (self.part != Part::Box || is_one_of(&self.name, &BOXES))
    }
}

fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    names.iter().any(|one| one.as_bytes() == name)
}

/// Deeper than this, browsers put what comes beside what is open.
const DEPTH_MOST: usize = 512;

/// The elements that are open, the outermost first.
#[derive(Debug, Default)]
pub(super) struct Open {
    elements: Vec<Element>,
}

impl Open {
    pub(super) fn begin(&mut self, element: Element) {
        // What begins again ends what has begun: <li hidden>…<li>…
        let is_again = |last: &Element| {
            (last.name == element.name && !is_one_of(&last.name, &BOXES))
                || (last.is_heading() && element.is_heading())
        };
        let may_nest = element.is_inline || is_one_of(&element.name, &SILENT);
        if !may_nest && self.elements.last().is_some_and(is_again) {
            self.elements.pop();
        }
        // Within what is silent, each of its kind counts, so that its end is its own.
        let is_within_its_kind =
            self.is_silent() && self.elements.iter().any(|open| open.name == element.name);
        if (element.is_followed() || is_within_its_kind) && self.elements.len() < DEPTH_MOST {
            self.elements.push(element);
        }
    }

    /// Closes the innermost element of this name, and what is open in it. Within a line nothing around it is closed.
    pub(super) fn end(&mut self, name: &[u8]) {
        let is_inline = is_one_of(name, &INLINE);
        let may_close = |open: &&Element| !is_inline || open.is_inline;
        let looked_at = self.elements.iter().rev().take_while(may_close);
        // Browsers take the end of one heading for that of another.
        let is_heading = is_one_of(name, &["h1", "h2", "h3", "h4", "h5", "h6"]);
        let is_its_own = |open: &Element| open.name == name || (is_heading && open.is_heading());
        let place = looked_at.clone().position(is_its_own);
        if let Some(place) = place {
            self.elements.truncate(self.elements.len() - 1 - place);
        }
    }

    fn has(&self, part: Part) -> bool {
        self.elements.iter().any(|open| open.part == part)
    }

    pub(super) fn is_silent(&self) -> bool {
        self.has(Part::Silent)
    }

    pub(super) fn is_title(&self) -> bool {
        self.has(Part::Title)
    }

    pub(super) fn is_in_main(&self) -> bool {
        self.has(Part::Main)
    }

    pub(super) fn is_in_article(&self) -> bool {
        self.has(Part::Article)
    }

    pub(super) fn is_in_header(&self) -> bool {
        self.has(Part::Header)
    }

    pub(super) fn has_heading(&self) -> bool {
        self.elements.iter().any(Element::is_heading)
    }
}
