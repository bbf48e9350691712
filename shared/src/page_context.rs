//! What the panel says about the page that the request was sent from. The person sees every line of it before sending.

use crate::validation::{Code, clean_line};

/// Longest value of a page context, in octets: a long URL without its query fits.
pub const VALUE_MOST_OCTETS: usize = 2_048;

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
}

impl PageContext {
    /// Every entry with its name on the wire, in the order in which it is shown.
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
        }
    }

    /// A value over the limit, if there is one.
    #[must_use]
    pub fn violation(&self) -> Option<Code> {
        self.entries()
            .iter()
            .any(|(_, value)| value.is_some_and(|value| value.len() > VALUE_MOST_OCTETS))
            .then_some(Code::TooLong)
    }
}
