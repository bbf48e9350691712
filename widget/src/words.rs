//! The words of the document's language. They come with the document, so the module carries no text.

use js_sys::{Intl, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::form::by_id;

thread_local! {
    // One document, one language.
    static WORDS: Words = read();
}

struct Words {
    table: JsValue,
    /// The language (BCP 47).
    locale: String,
    /// Whether it runs from right to left.
    is_rtl: bool,
}

fn read() -> Words {
    let json = by_id("words")
        .and_then(|element| element.text_content())
        .unwrap_or_default();
    let page = by_id("form")
        .and_then(|form| form.owner_document())
        .and_then(|document| document.document_element());
    let attribute = |name| page.as_ref().and_then(|page| page.get_attribute(name));
    Words {
        table: JSON::parse(&json).unwrap_or_else(|_| Object::new().into()),
        locale: attribute("lang").unwrap_or_default(),
        is_rtl: attribute("dir").as_deref() == Some("rtl"),
    }
}

/// The language of the document (BCP 47).
#[must_use]
pub fn locale() -> String {
    WORDS.with(|words| words.locale.clone())
}

/// The language for numbers and dates: where the browser names a region of the document's language, as it is written there (`en-GB`,
/// `de-AT`). Always with the digits 0 to 9, which references and addresses have, too.
fn formats() -> String {
    let locale = locale();
    let browser = web_sys::window().and_then(|window| window.navigator().language());
    let region = browser
        .as_deref()
        .and_then(|tag| tag.strip_prefix(&locale))
        .filter(|region| region.starts_with('-') && !region.contains("-u-"));
    [&locale, region.unwrap_or_default(), "-u-nu-latn"].concat()
}

/// The text of a key, if there is one.
#[must_use]
pub fn find(key: &str) -> Option<String> {
    WORDS.with(|words| Reflect::get(&words.table, &key.into()).ok()?.as_string())
}

/// The text of a key. A key without a text shows itself: ugly, but not silent.
#[must_use]
pub fn text(key: &str) -> String {
    find(key).unwrap_or_else(|| key.to_owned())
}

/// The text of a key with its placeholders filled in: `{name}` by the value of `name`.
#[must_use]
pub fn filled(key: &str, values: &[(&str, &str)]) -> String {
    let text = text(key);
    let mut filled = String::new();
    for part in text.split('{') {
        // What stands before the first brace has no closing one.
        let Some((name, rest)) = part.split_once('}') else {
            filled.push_str(part);
            continue;
        };
        for (_, value) in values.iter().filter(|(known, _)| *known == name) {
            let is_apart = WORDS.with(|words| is_of_other_direction(value, words.is_rtl));
            // Otherwise the sentence around it would take signs and digits at its ends to itself.
            let (before, after) = if is_apart {
                ("\u{2068}", "\u{2069}")
            } else {
                ("", "")
            };
            for part in [before, value, after] {
                filled.push_str(part);
            }
        }
        filled.push_str(rest);
    }
    filled
}

/// Sentences one after another, with what the language puts between them.
#[must_use]
pub fn sentences(texts: &[String]) -> String {
    joined("sentences", texts)
}

/// Names one after another, with what the language puts between them.
#[must_use]
pub fn list(texts: &[String]) -> String {
    joined("list", texts)
}

fn joined(key: &str, texts: &[String]) -> String {
    let pattern = text(key);
    // A language whose pattern is none gets a space.
    let between = pattern
        .strip_prefix("{first}")
        .and_then(|rest| rest.strip_suffix("{second}"))
        .unwrap_or(" ");
    texts.join(between)
}

/// Whether a value has letters that run the other way than the document: Latin ones in Arabic, Hebrew or Arabic ones elsewhere.
fn is_of_other_direction(value: &str, is_rtl: bool) -> bool {
    value.bytes().any(|byte| match is_rtl {
        true => byte.is_ascii_alphabetic(),
        // In UTF-8, U+0590 to U+07FF begin so.
        false => matches!(byte, 0xD6..=0xDF),
    })
}

/// The text for a number of things: `<key>_one`, `<key>_few` …, with the form that the language has for this number.
#[must_use]
pub fn counted(key: &str, count: usize) -> String {
    let tags = js_sys::Array::of1(&locale().into());
    let form = Intl::PluralRules::new(&tags, &Object::new()).select(count as f64);
    let of_form = [key, "_", &String::from(form)].concat();
    filled(&of_form, &[("count", &number(count as f64))])
}

/// A whole number in plain digits. By hand: `to_string` brings all of `core::fmt` with it.
#[must_use]
pub fn digits(number: u64) -> String {
    let mut digits = if number < 10 {
        String::new()
    } else {
        digits(number / 10)
    };
    digits.push(char::from(b"0123456789"[(number % 10) as usize]));
    digits
}

/// A number as the language writes it.
#[must_use]
pub fn number(number: f64) -> String {
    js_sys::Number::from(number)
        .to_locale_string(&formats())
        .into()
}

/// A size as people read it. Rounded up to a tenth, so that a file above a limit never looks equal to it.
#[must_use]
pub fn size(size_bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = KIB * KIB;
    let (tenths, unit) = if size_bytes >= MIB {
        ((size_bytes * 10).div_ceil(MIB), "size_mb")
    } else {
        (size_bytes.div_ceil(KIB) * 10, "size_kb")
    };
    filled(unit, &[("number", &number(tenths as f64 / 10.0))])
}

/// An instant (RFC 3339) as people of the language and in this time zone read it.
#[must_use]
pub fn time(instant: &str) -> String {
    let options = Object::new();
    for (name, value) in [
        ("weekday", "long"),
        ("day", "numeric"),
        ("month", "long"),
        ("hour", "numeric"),
        ("minute", "2-digit"),
    ] {
        // Setting a member of a fresh object cannot fail.
        Reflect::set(&options, &name.into(), &value.into()).ok();
    }
    let date = js_sys::Date::new(&instant.into());
    date.to_locale_string(&formats(), options.unchecked_ref::<JsValue>())
        .into()
}

#[cfg(test)]
mod tests {
    use super::is_of_other_direction;

    #[test]
    fn names_of_the_other_direction_are_told_apart() {
        for (value, in_latin, in_arabic) in [
            ("(1) export.png", false, true),
            ("تقرير", true, false),
            ("דוח.pdf", true, true),
            ("2", false, false),
            ("é", false, false),
            ("一覧", false, false),
        ] {
            let found = [false, true].map(|is_rtl| is_of_other_direction(value, is_rtl));
            assert_eq!(found, [in_latin, in_arabic], "{value}");
        }
    }

    #[test]
    fn digits_are_those_of_the_number() {
        for number in [0, 9, 10, 26_214_400, u64::MAX] {
            assert_eq!(super::digits(number), number.to_string());
        }
    }
}
