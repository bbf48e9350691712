//! What the panel says about the page that the request was sent from. The person sees every line of it before sending.

use crate::validation::{Code, clean_line};

/// Longest value of a page context, in octets: a long URL without its query fits.
pub const VALUE_MOST_OCTETS: usize = 2_048;
/// Most entries that the host page adds by itself.
pub const HOST_ENTRIES_MOST: usize = 50;
/// Most octets of these entries, names and values together: what a person can still look through.
pub const HOST_MOST_OCTETS: usize = 4_096;
/// Most error messages of the host page.
pub const ERRORS_MOST: usize = 20;
/// Most octets of these messages together: 20 with a long address of a script each.
pub const ERRORS_MOST_OCTETS: usize = 16 * 1_024;

/// What the host page says of its own, by name: an order, a plan, a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostContext(pub Vec<(String, String)>);

#[cfg(feature = "serde")]
impl serde::Serialize for HostContext {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for HostContext {
    /// In the order of the names, whatever order they came in: PostgreSQL's `jsonb` keeps none.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = std::collections::BTreeMap::deserialize(deserializer)?;
        Ok(Self(entries.into_iter().collect()))
    }
}

/// Where and with what the person was when they asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields, default)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PageContext {
    /// Address of the host page without query and hash.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub page_url: Option<String>,
    /// Title of the host page.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub page_title: Option<String>,
    /// The browser, as it names itself.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub browser: Option<String>,
    /// Size of the host page's viewport in CSS pixels, `1280x720`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub viewport: Option<String>,
    /// The browser's first language.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub language: Option<String>,
    /// IANA time zone.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub time_zone: Option<String>,
    /// Version of the host's product, as the host says it.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub app_version: Option<String>,
    /// What the host page adds by itself: 50 entries and 4,096 octets at most, each one line.
    #[cfg_attr(
        feature = "serde",
        serde(skip_serializing_if = "HostContext::is_empty")
    )]
    #[cfg_attr(feature = "schema", schema(value_type = std::collections::HashMap<String, String>))]
    pub host: HostContext,
    /// The last error messages of the host page, without what looks like a secret: 20 and 16,384 octets at most. Only where the host page
    /// collects them and the person agrees.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub console_errors: Vec<String>,
}

impl HostContext {
    /// Whether the host page adds nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn size_octets(&self) -> usize {
        let entries = self.0.iter();
        entries.map(|(name, value)| name.len() + value.len()).sum()
    }

    /// As many of the entries as the limits let through, the first ones first.
    #[must_use]
    pub fn fitting(entries: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut fitting = Self::default();
        for entry in entries {
            fitting.0.push(entry);
            if fitting.violation().is_some() {
                fitting.0.pop();
            }
        }
        fitting
    }

    fn violation(&self) -> Option<Code> {
        if self.0.len() > HOST_ENTRIES_MOST {
            Some(Code::TooMany)
        } else if self.size_octets() > HOST_MOST_OCTETS {
            Some(Code::TooLong)
        } else {
            None
        }
    }

    fn cleaned(&self) -> Self {
        let clean = |(name, value): &(String, String)| (clean_line(name), clean_line(value));
        let entries = self.0.iter().map(clean);
        Self(entries.filter(|(name, _)| !name.is_empty()).collect())
    }
}

impl PageContext {
    /// Every entry of one text with its name on the wire, in the order in which it is shown.
    #[must_use]
    pub fn entries(&self) -> [(&'static str, Option<&str>); 7] {
        [
            ("page_url", self.page_url.as_deref()),
            ("page_title", self.page_title.as_deref()),
            ("browser", self.browser.as_deref()),
            ("viewport", self.viewport.as_deref()),
            ("language", self.language.as_deref()),
            ("time_zone", self.time_zone.as_deref()),
            ("app_version", self.app_version.as_deref()),
        ]
    }

    /// The same entries, to be changed.
    pub fn entries_mut(&mut self) -> [(&'static str, &mut Option<String>); 7] {
        [
            ("page_url", &mut self.page_url),
            ("page_title", &mut self.page_title),
            ("browser", &mut self.browser),
            ("viewport", &mut self.viewport),
            ("language", &mut self.language),
            ("time_zone", &mut self.time_zone),
            ("app_version", &mut self.app_version),
        ]
    }

    /// The context as it is kept: every value one line, without control characters; an empty one is none.
    #[must_use]
    pub fn cleaned(&self) -> Self {
        let clean = |value: &Option<String>| {
            value
                .as_deref()
                .map(clean_line)
                .filter(|value| !value.is_empty())
        };
        Self {
            page_url: clean(&self.page_url),
            page_title: clean(&self.page_title),
            browser: clean(&self.browser),
            viewport: clean(&self.viewport),
            language: clean(&self.language),
            time_zone: clean(&self.time_zone),
            app_version: clean(&self.app_version),
            host: self.host.cleaned(),
            console_errors: self
                .console_errors
                .iter()
                .map(|message| clean_line(message))
                .filter(|message| !message.is_empty())
                .collect(),
        }
    }

    /// The limit that something in it is over, if there is one.
    #[must_use]
    pub fn violation(&self) -> Option<Code> {
        let is_long =
            |value: Option<&str>| value.is_some_and(|value| value.len() > VALUE_MOST_OCTETS);
        let errors_octets: usize = self.console_errors.iter().map(String::len).sum();
        if self.console_errors.len() > ERRORS_MOST {
            Some(Code::TooMany)
        } else if errors_octets > ERRORS_MOST_OCTETS
            || self.entries().iter().any(|(_, value)| is_long(*value))
        {
            Some(Code::TooLong)
        } else {
            self.host.violation()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(count: usize, value_octets: usize) -> HostContext {
        let entry = |at: usize| (format!("k{at:03}"), "v".repeat(value_octets));
        HostContext((0..count).map(entry).collect())
    }

    #[test]
    fn what_is_over_a_limit_is_said() {
        let with_host = |host| PageContext {
            host,
            ..PageContext::default()
        };
        let with_errors = |count: usize, octets: usize| PageContext {
            console_errors: vec!["e".repeat(octets); count],
            ..PageContext::default()
        };
        let page_url = Some("u".repeat(VALUE_MOST_OCTETS + 1));
        for (context, violation) in [
            (PageContext::default(), None),
            (
                PageContext {
                    page_url,
                    ..PageContext::default()
                },
                Some(Code::TooLong),
            ),
            (with_host(host(50, 4)), None),
            (with_host(host(51, 4)), Some(Code::TooMany)),
            (with_host(host(1, 4_092)), None),
            (with_host(host(1, 4_093)), Some(Code::TooLong)),
            (with_errors(20, 819), None),
            (with_errors(21, 1), Some(Code::TooMany)),
            (with_errors(20, 820), Some(Code::TooLong)),
        ] {
            assert_eq!(context.violation(), violation);
        }
    }

    #[test]
    fn of_too_much_as_much_is_taken_as_fits() {
        assert_eq!(HostContext::fitting(host(60, 4).0), host(50, 4));
        let mut entries = host(1, 4_000).0;
        entries.extend([
            ("long".into(), "v".repeat(200)),
            ("short".into(), "v".into()),
        ]);
        let fitting = HostContext::fitting(entries);
        let names: Vec<_> = fitting.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["k000", "short"]);
        assert_eq!(
            PageContext {
                host: fitting,
                ..PageContext::default()
            }
            .violation(),
            None
        );
    }

    #[test]
    fn every_entry_is_kept_as_one_line() {
        let context = PageContext {
            page_title: Some("a\nb\u{0}".into()),
            host: HostContext(vec![
                (" order\r\n".into(), "1\n2".into()),
                ("\u{1}".into(), "x".into()),
            ]),
            console_errors: vec!["a\nb".into(), "\u{0}".into()],
            ..PageContext::default()
        };
        let cleaned = context.cleaned();
        assert_eq!(cleaned.page_title.as_deref(), Some("a b"));
        assert_eq!(cleaned.host.0, [("order".to_owned(), "1 2".to_owned())]);
        assert_eq!(cleaned.console_errors, ["a b"]);
    }

    #[test]
    fn entries_are_the_same_to_read_and_to_change() {
        let mut context = PageContext::default();
        let names: Vec<_> = context
            .entries_mut()
            .map(|(name, value)| {
                *value = Some(name.to_owned());
                name
            })
            .to_vec();
        for ((name, value), known) in context.entries().into_iter().zip(names) {
            assert_eq!((name, value), (known, Some(known)));
        }
    }
}
