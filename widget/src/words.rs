//! The words of the document's language. They come with the document, so the module carries no text.

use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::form::by_id;

thread_local! {
    // One document, one language.
    static WORDS: (JsValue, String) = read();
}

fn read() -> (JsValue, String) {
    let json = by_id("words")
        .and_then(|element| element.text_content())
        .unwrap_or_default();
    let locale = by_id("form")
        .and_then(|form| form.owner_document())
        .and_then(|document| document.document_element())
        .map(|page| page.get_attribute("lang"))
        .unwrap_or_default();
    (
        JSON::parse(&json).unwrap_or_else(|_| Object::new().into()),
        locale.unwrap_or_default(),
    )
}

/// The language of the document (BCP 47).
#[must_use]
pub fn locale() -> String {
    WORDS.with(|(_, locale)| locale.clone())
}

/// The text of a key, if there is one.
#[must_use]
pub fn find(key: &str) -> Option<String> {
    WORDS.with(|(words, _)| Reflect::get(words, &key.into()).ok()?.as_string())
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
            filled.push_str(value);
        }
        filled.push_str(rest);
    }
    filled
}

/// The text for a number of things; one thing has a text of its own, `<key>_one`.
#[must_use]
pub fn counted(key: &str, count: usize) -> String {
    if count == 1
        && let Some(text) = find(&[key, "_one"].concat())
    {
        return text;
    }
    filled(key, &[("count", &number(count as f64))])
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
        .to_locale_string(&locale())
        .into()
}

/// A size as people read it. Rounded up to a tenth, so that a file above a limit never looks equal to it.
#[must_use]
pub fn size(size_bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = KIB * KIB;
    let (tenths, unit) = if size_bytes >= MIB {
        ((size_bytes * 10).div_ceil(MIB), " MB")
    } else {
        (size_bytes.div_ceil(KIB) * 10, " KB")
    };
    [number(tenths as f64 / 10.0).as_str(), unit].concat()
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
    date.to_locale_string(&locale(), options.unchecked_ref::<JsValue>())
        .into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn digits_are_those_of_the_number() {
        for number in [0, 9, 10, 26_214_400, u64::MAX] {
            assert_eq!(super::digits(number), number.to_string());
        }
    }
}
