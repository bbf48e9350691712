//! Writes what the panel sends, without serde: derived serializers would cost the panel 16 KB.
//!
//! One direction and a handful of types. A test holds the text equal to serde's, byte for byte.

use crate::submission::Submission;

/// A value that can be written as JSON.
pub trait WriteJson {
    /// Appends the value to `out`.
    fn write_json(&self, out: &mut String);
}

/// The value as a JSON text.
#[must_use]
pub fn to_json(value: &impl WriteJson) -> String {
    let mut out = String::new();
    value.write_json(&mut out);
    out
}

/// Writes an object member by member, in the order of the calls.
pub struct ObjectWriter<'a> {
    out: &'a mut String,
    separator: char,
}

impl<'a> ObjectWriter<'a> {
    /// An object without members yet.
    pub fn new(out: &'a mut String) -> Self {
        Self {
            out,
            separator: '{',
        }
    }

    /// Adds a member.
    pub fn member(&mut self, name: &str, value: &dyn WriteJson) {
        self.out.push(self.separator);
        self.separator = ',';
        name.write_json(self.out);
        self.out.push(':');
        value.write_json(self.out);
    }

    /// Adds a member when there is a value; an absent member is how the wire says "not given".
    pub fn optional(&mut self, name: &str, value: Option<&dyn WriteJson>) {
        if let Some(value) = value {
            self.member(name, value);
        }
    }

    /// Closes the object.
    pub fn end(self) {
        if self.separator == '{' {
            self.out.push('{');
        }
        self.out.push('}');
    }
}

impl WriteJson for str {
    /// Escapes what RFC 8259 §7 demands and nothing else, in the short form where there is one.
    fn write_json(&self, out: &mut String) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        out.push('"');
        for c in self.chars() {
            let short = match c {
                '"' | '\\' => c,
                '\n' => 'n',
                '\r' => 'r',
                '\t' => 't',
                '\u{8}' => 'b',
                '\u{c}' => 'f',
                c if c < ' ' => {
                    let code = c as usize;
                    out.push_str("\\u00");
                    out.push(char::from(HEX[code >> 4]));
                    out.push(char::from(HEX[code & 15]));
                    continue;
                }
                c => {
                    out.push(c);
                    continue;
                }
            };
            out.push('\\');
            out.push(short);
        }
        out.push('"');
    }
}

impl WriteJson for String {
    fn write_json(&self, out: &mut String) {
        self.as_str().write_json(out);
    }
}

impl WriteJson for Vec<String> {
    fn write_json(&self, out: &mut String) {
        out.push('[');
        for (at, value) in self.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            value.write_json(out);
        }
        out.push(']');
    }
}

/// An optional text as an optional value.
fn given(text: Option<&String>) -> Option<&dyn WriteJson> {
    text.map(|text| text as &dyn WriteJson)
}

impl WriteJson for Submission {
    fn write_json(&self, out: &mut String) {
        // No `..`: a new field must be written here, or this does not compile.
        let Self {
            summary,
            description,
            email,
            category,
            plan,
            upload_ids,
            // The part of the panel that shows it writes it, in JavaScript (`widget/modules/departure.js`).
            context: _,
            locale,
            impact,
            tried,
            // Programs send these, no panel does.
            #[cfg(feature = "serde")]
                priority: _,
            #[cfg(feature = "serde")]
                channel: _,
        } = self;
        let mut object = ObjectWriter::new(out);
        object.member("summary", summary);
        object.member("description", description);
        object.member("email", email);
        object.optional("category", given(category.as_ref()));
        object.optional("plan", given(plan.as_ref()));
        object.optional(
            "upload_ids",
            (!upload_ids.is_empty()).then_some(upload_ids as &dyn WriteJson),
        );
        object.optional("locale", given(locale.as_ref()));
        object.optional("impact", given(impact.as_ref()));
        object.optional("tried", given(tried.as_ref()));
        object.end();
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    fn full() -> Submission {
        Submission {
            summary: "Export “fails” \"again\" \\ / </script>".into(),
            description: "a\r\nb\tc\u{8}\u{c}\u{0}\u{1b}\u{1f}\u{7f}\u{80}\u{2028}\u{2029}é漢😀"
                .into(),
            email: "jane@example.com".into(),
            category: Some("defect".into()),
            plan: Some(String::new()),
            upload_ids: vec!["a".into(), "b\"".into()],
            context: None,
            locale: Some("de".into()),
            impact: Some("Nobody can pay.".into()),
            tried: Some("Another browser.".into()),
            ..Submission::default()
        }
    }

    #[test]
    fn submissions_are_written_as_serde_writes_them() {
        let partly = Submission {
            upload_ids: Vec::new(),
            category: None,
            plan: None,
            ..full()
        };
        for submission in [Submission::default(), full(), partly] {
            assert_eq!(
                to_json(&submission),
                serde_json::to_string(&submission).unwrap()
            );
        }
    }

    #[test]
    fn what_is_written_is_read_back_unchanged() {
        assert_eq!(
            serde_json::from_str::<Submission>(&to_json(&full())).unwrap(),
            full()
        );
    }

    #[test]
    fn every_character_is_written_as_serde_writes_it() {
        for c in '\0'..='\u{2fff}' {
            let text = c.to_string();
            assert_eq!(to_json(&text), serde_json::to_string(&text).unwrap());
        }
    }
}
