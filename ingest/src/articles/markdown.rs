//! An article in Markdown, perhaps with front matter (`---`, lines of `name: value`, `---`): its title, headings and text. Pure.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::Article;
use crate::words::{LOCALES, shipped_locale};

/// Reads an article. `path` is its file below the folder, with `/`; its address is what the front matter says, or `base_url` and the path.
///
/// # Errors
/// One sentence.
pub fn read(
    text: &str,
    path: &str,
    base_url: Option<&str>,
    locale: &str,
) -> Result<Article, String> {
    let (matter, text) = split(text);
    let said = |name: &str| {
        matter.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            let value = value.trim().trim_matches(['"', '\'']).trim();
            (key.trim() == name && !value.is_empty()).then(|| value.to_owned())
        })
    };
    let address = match (said("url"), base_url) {
        (Some(url), _) => url,
        (None, Some(base)) => address(base, without_ending(path))?,
        (None, None) => return Err("no url in its front matter, and no --base-url".to_owned()),
    };
    let (headings, body) = parts(text);
    let title = said("title").or_else(|| headings.first().cloned());
    let title = title.ok_or("no title: neither in its front matter nor as a heading")?;
    let locale = match said("locale") {
        None => locale,
        Some(said) => shipped_locale(&said).ok_or_else(|| {
            let own = LOCALES.join(", ");
            format!("its locale {said:?} is none of the panel's languages: {own}")
        })?,
    };
    let plans = plans(matter)?;
    let article = Article::parse(&address, locale, &title, &headings, &body)?;
    Ok(Article { plans, ..article })
}

/// The plans that an article is for, as its front matter names them: `plans: ["Gold", "Pro"]`, or with `=`.
fn plans(matter: &str) -> Result<Vec<String>, String> {
    let named = matter.lines().find_map(|line| {
        let (key, value) = line.split_once([':', '='])?;
        (key.trim() == "plans").then_some(value)
    });
    let Some(named) = named else {
        return Ok(Vec::new());
    };
    let list = named.trim().trim_matches(['[', ']']);
    let names = list
        .split(',')
        .map(|name| name.trim().trim_matches(['"', '\'']).trim());
    let plans: Vec<String> = names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    // An article for nobody is a slip, and one for everybody has no such line.
    if plans.is_empty() {
        return Err("plans in its front matter names none: [\"Gold\"], or no such line".to_owned());
    }
    Ok(plans)
}

/// Where the article at this path is read. What means something else in an address ("c#", "why?") is written in its code.
fn address(base: &str, path: &str) -> Result<String, String> {
    let fault = || format!("--base-url {base:?} is no address");
    let mut address = url::Url::parse(base).map_err(|_| fault())?;
    address
        .path_segments_mut()
        .map_err(|()| fault())?
        .pop_if_empty()
        .extend(path.split('/'));
    Ok(address.into())
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches('\u{feff}');
    let matter = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"));
    matter
        .and_then(|rest| rest.split_once("\n---"))
        .unwrap_or(("", text))
}

fn without_ending(path: &str) -> &str {
    let path = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    path.strip_suffix("/index")
        .unwrap_or(if path == "index" { "" } else { path })
}

/// The headings and the text. Pictures and links count by their words.
fn parts(text: &str) -> (Vec<String>, String) {
    let (mut headings, mut body) = (Vec::new(), String::new());
    let mut heading: Option<String> = None;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let heading = heading.take().unwrap_or_default();
                if !heading.trim().is_empty() {
                    headings.push(heading.trim().to_owned());
                }
            }
            Event::Text(text) | Event::Code(text) => {
                heading.as_mut().unwrap_or(&mut body).push_str(&text);
            }
            Event::SoftBreak | Event::HardBreak | Event::End(_) => {
                heading.as_mut().unwrap_or(&mut body).push(' ');
            }
            _ => {}
        }
    }
    (headings, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_has_its_title_headings_text_and_address() {
        let text = "# Totals that are *doubled*\n\nWhen a [discount](x) counts `twice`.\n\n## What to do\n\n<script>alert(1)</script>\n";
        let article = read(
            text,
            "billing/totals.md",
            Some("https://help.example.com/a/"),
            "en",
        )
        .unwrap();
        assert_eq!(article.url, "https://help.example.com/a/billing/totals");
        assert_eq!(article.title, "Totals that are doubled");
        assert_eq!(article.headings, "Totals that are doubled\nWhat to do");
        assert!(article.body.contains("When a discount") && article.body.contains("twice"));
        assert!(!article.body.contains("alert"));
        assert_eq!(article.id, super::super::id_of(&article.url));
    }

    #[test]
    fn front_matter_wins() {
        let text = "---\ntitle: \"Summen\"\nurl: https://help.example.com/de/summen\nlocale: de\n---\n# Anderes\n";
        let article = read(text, "index.md", None, "en").unwrap();
        assert_eq!(
            (article.title.as_str(), article.locale.as_str()),
            ("Summen", "de")
        );
        assert_eq!(article.url, "https://help.example.com/de/summen");
    }

    #[test]
    fn an_address_leads_to_the_file_whatever_its_name() {
        for (base, path, wanted) in [
            ("https://x.example", "index.md", "https://x.example/"),
            ("https://x.example/a", "index.md", "https://x.example/a/"),
            (
                "https://x.example/a/",
                "b/index.md",
                "https://x.example/a/b",
            ),
            (
                "https://x.example/a",
                "lang/c#.md",
                "https://x.example/a/lang/c%23",
            ),
            (
                "https://x.example/a/",
                "why?.md",
                "https://x.example/a/why%3F",
            ),
            (
                "https://x.example",
                "100%25 of it.md",
                "https://x.example/100%2525%20of%20it",
            ),
            (
                "https://x.example",
                "größe.md",
                "https://x.example/gr%C3%B6%C3%9Fe",
            ),
        ] {
            let article = read("# A", path, Some(base), "en").unwrap();
            assert_eq!(article.url, wanted);
        }
    }

    #[test]
    fn an_article_is_in_a_language_of_the_panel() {
        for (said, wanted) in [
            ("de-AT", "de"),
            ("DE", "de"),
            ("\"fr_CA\"", "fr"),
            ("", "en"),
        ] {
            let text = format!("---\nlocale: {said}\n---\n# A");
            let article = read(&text, "a.md", Some("https://x.example"), "en").unwrap();
            assert_eq!(article.locale, wanted, "{said}");
        }
        let fault = read(
            "---\nlocale: it\n---\n# A",
            "a.md",
            Some("https://x.example"),
            "en",
        )
        .unwrap_err();
        assert!(fault.contains("\"it\"") && fault.contains("en"), "{fault}");
    }

    #[test]
    fn an_article_may_be_for_plans() {
        for line in [
            "plans: [\"Gold\", Pro]",
            "plans = [\"Gold\", 'Pro']",
            "plans: Gold, Pro",
        ] {
            let text = format!("---\n{line}\n---\n# A");
            let article = read(&text, "a.md", Some("https://x.example"), "en").unwrap();
            assert_eq!(article.plans, ["Gold", "Pro"], "{line}");
        }
        assert!(
            read("# A", "a.md", Some("https://x.example"), "en")
                .unwrap()
                .plans
                .is_empty()
        );
        let fault = read(
            "---\nplans: []\n---\n# A",
            "a.md",
            Some("https://x.example"),
            "en",
        );
        assert!(fault.is_err());
    }

    #[test]
    fn what_cannot_be_offered_is_said() {
        for (text, base) in [
            ("# A", None),
            ("just text", Some("https://help.example.com")),
            ("---\nurl: javascript:alert(1)\n---\n# A", None),
        ] {
            assert!(read(text, "a.md", base, "en").is_err(), "{text}");
        }
    }
}
