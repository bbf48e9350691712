//! A site: one embedding product. Pure.

use serde::Deserialize;

use crate::{
    mail::permission::Mode,
    origin::{AllowedOrigin, Origin},
};

/// A site as an operator writes it down.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct SiteConfig {
    /// Letters, digits, `-` and `_`; stands in the script tag.
    pub key: String,
    /// As requesters know the product.
    pub name: String,
    /// Pages that may embed the widget.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    /// Colour of buttons, `#rrggbb`.
    #[serde(default = "default_accent")]
    pub accent: String,
    /// Language when the page does not say one.
    #[serde(default = "default_locale")]
    pub locale: String,
    /// To whom the site writes by itself.
    #[serde(default)]
    pub acknowledge: Mode,
    /// Most bytes that its files may take up; 0 is no quota, nothing what `storage.quota_bytes_per_site` says.
    #[serde(default)]
    pub quota_bytes: Option<u64>,
}

/// Colour of buttons where a site does not choose.
#[must_use]
pub fn default_accent() -> String {
    "#2f5bea".to_owned()
}

/// Language where a site does not choose.
#[must_use]
pub fn default_locale() -> String {
    "en".to_owned()
}

/// A site that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Stands in the script tag and in every row of the site.
    pub key: String,
    /// As requesters know the product.
    pub name: String,
    /// Pages that may embed the widget.
    pub allowed_origins: Vec<AllowedOrigin>,
    /// Colour of buttons.
    pub accent: Colour,
    /// Language when the page does not say one.
    pub locale: String,
    /// To whom the site writes by itself.
    pub acknowledge: Mode,
    /// Its own quota; see [`SiteConfig::quota_bytes`].
    pub quota_bytes: Option<u64>,
}

/// Longest key and name of a site, in characters.
const KEY_MOST_CHARS: usize = 40;
const NAME_MOST_CHARS: usize = 80;

impl Site {
    /// Checks what an operator wrote.
    ///
    /// # Errors
    /// Every fault at once, one sentence each.
    pub fn parse(config: &SiteConfig) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let key_is_good = !config.key.is_empty()
            && config.key.len() <= KEY_MOST_CHARS
            && config
                .key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if !key_is_good {
            faults.push(format!(
                "key \"{}\": 1 to {KEY_MOST_CHARS} letters, digits, \"-\" or \"_\"",
                config.key
            ));
        }
        let name = config.name.trim();
        if name.is_empty()
            || name.chars().count() > NAME_MOST_CHARS
            || name.chars().any(char::is_control)
        {
            faults.push(format!(
                "name \"{name}\": 1 to {NAME_MOST_CHARS} characters on one line"
            ));
        }
        let mut allowed_origins = Vec::new();
        for entry in &config.allowed_origins {
            match AllowedOrigin::parse(entry) {
                Ok(origin) => allowed_origins.push(origin),
                Err(fault) => faults.push(format!("allowed_origins: {fault}")),
            }
        }
        let accent = Colour::parse(&config.accent);
        if accent.is_none() {
            faults.push(format!(
                "accent \"{}\": write it as \"#rrggbb\"",
                config.accent
            ));
        }
        if !crate::words::LOCALES.contains(&config.locale.as_str()) {
            faults.push(format!(
                "locale \"{}\": one of {}",
                config.locale,
                crate::words::LOCALES.join(", ")
            ));
        }
        match accent {
            Some(accent) if faults.is_empty() => Ok(Self {
                key: config.key.clone(),
                name: name.to_owned(),
                allowed_origins,
                accent,
                locale: config.locale.clone(),
                acknowledge: config.acknowledge,
                quota_bytes: config.quota_bytes,
            }),
            _ => Err(faults),
        }
    }

    /// May a page of `origin` embed the widget of this site? `own` are the service's own origins.
    #[must_use]
    pub fn allows(&self, origin: &Origin, own: &[Origin]) -> bool {
        self.allowed_origins
            .iter()
            .any(|allowed| allowed.allows(origin, own))
    }

    /// The sources of `frame-ancestors`; `'none'` where nothing is allowed.
    #[must_use]
    pub fn frame_ancestors(&self) -> String {
        if self.allowed_origins.is_empty() {
            return "'none'".to_owned();
        }
        self.allowed_origins
            .iter()
            .map(AllowedOrigin::frame_ancestor)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// Reads `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text
            .strip_prefix('#')
            .filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let channel = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self([channel(0)?, channel(2)?, channel(4)?]))
    }

    /// `#rrggbb`.
    #[must_use]
    pub fn to_hex(self) -> String {
        let Self([red, green, blue]) = self;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// Black or white, whichever is easier to read on this colour (WCAG 2.2 contrast ratio).
    #[must_use]
    pub fn text_on_it(self) -> &'static str {
        let luminance = self.relative_luminance();
        let with_white = 1.05 / (luminance + 0.05);
        let with_black = (luminance + 0.05) / 0.05;
        if with_white >= with_black {
            "#ffffff"
        } else {
            "#000000"
        }
    }

    /// WCAG 2.2, definition of relative luminance.
    fn relative_luminance(self) -> f64 {
        let linear = |channel: u8| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        let Self([red, green, blue]) = self;
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_site_is_said_at_once() {
        let config = SiteConfig {
            key: "a b".into(),
            name: "\n".into(),
            allowed_origins: vec!["*".into(), "https://a.example".into()],
            accent: "blue".into(),
            locale: "xx".into(),
            acknowledge: Mode::Ack,
            quota_bytes: None,
        };
        assert_eq!(Site::parse(&config).unwrap_err().len(), 5);
    }

    #[test]
    fn text_on_a_colour_can_be_read() {
        for (colour, text) in [
            ("#2f5bea", "#ffffff"),
            ("#ffd400", "#000000"),
            ("#000000", "#ffffff"),
            ("#FFFFFF", "#000000"),
        ] {
            assert_eq!(
                Colour::parse(colour).unwrap().text_on_it(),
                text,
                "{colour}"
            );
        }
    }
}
