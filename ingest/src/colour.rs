//! A site's colour, and what is made of it so that everybody can read it (WCAG 2.2, 1.4.3 and 1.4.11).
//!
//! Companies choose colours for posters: yellow, white, neon. The colour itself is kept wherever it is a surface. Where it would be text, an
//! outline or the only sign of where a button ends, it is made darker (or, on dark surfaces, lighter) until it is seen.

/// What text must differ by.
const TEXT: f64 = 4.5;
/// What the edge of a control must differ by.
const EDGE: f64 = 3.0;
/// How much of the site's colour is in the tinted parts of the panel: `--accent-wash` in `panel.css`, rounded up.
const WASH: f64 = 0.08;

/// The surfaces of the panel: `--surface` and `--raised`, `--ground` or `--field`, of `panel.css`.
#[derive(Clone, Copy, Debug)]
struct Surfaces {
    plain: Colour,
    /// The one that is nearest to the text on it.
    nearest: Colour,
    /// Where a colour that is too near is moved to.
    away: Colour,
}

const LIGHT: Surfaces = Surfaces {
    plain: Colour([0xff, 0xff, 0xff]),
    nearest: Colour([0xf3, 0xf4, 0xf7]),
    away: Colour([0, 0, 0]),
};
const DARK: Surfaces = Surfaces {
    plain: Colour([0x16, 0x18, 0x1d]),
    nearest: Colour([0x20, 0x23, 0x2b]),
    away: Colour([0xff, 0xff, 0xff]),
};

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// Where a site does not choose.
    pub const STANDARD: Self = Self([0x2f, 0x5b, 0xea]);

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

    /// Black or white, whichever is easier to read on this colour. One of them always differs by 4.58 at least.
    #[must_use]
    pub fn text_on_it(self) -> &'static str {
        let (white, black) = (Self([255; 3]), Self([0; 3]));
        if self.contrast(white) >= self.contrast(black) {
            "#ffffff"
        } else {
            "#000000"
        }
    }

    /// What `panel.css` builds its colours from: a rule that sets `--cd-…`.
    #[must_use]
    pub fn theme(self) -> String {
        let names = [
            ("accent", self.to_hex()),
            ("accent-text", self.text_on_it().to_owned()),
            ("ink-light", self.ink_on(LIGHT).to_hex()),
            ("ink-dark", self.ink_on(DARK).to_hex()),
            ("edge-light", self.edge_on(LIGHT).to_hex()),
            ("edge-dark", self.edge_on(DARK).to_hex()),
        ];
        let rules = names.map(|(name, colour)| format!("--cd-{name}:{colour}"));
        format!(":root{{{}}}", rules.join(";"))
    }

    /// The contrast ratio of WCAG 2.2, from 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.relative_luminance(), other.relative_luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// As text: on every surface, also on those tinted with the colour itself.
    fn ink_on(self, surfaces: Surfaces) -> Self {
        let tinted = surfaces.plain.mixed(self, WASH);
        self.moved(surfaces.away, |colour| {
            colour
                .contrast(surfaces.nearest)
                .min(colour.contrast(tinted))
                >= TEXT
        })
    }

    /// Around a button of this colour: the colour itself, where it ends visibly.
    fn edge_on(self, surfaces: Surfaces) -> Self {
        self.moved(surfaces.away, |colour| {
            colour.contrast(surfaces.plain) >= EDGE
        })
    }

    /// The nearest to itself on the way to black or white that is good enough.
    fn moved(self, away: Self, is_enough: impl Fn(Self) -> bool) -> Self {
        const STEPS: u8 = 50;
        (0..STEPS)
            .map(|step| self.mixed(away, f64::from(step) / f64::from(STEPS)))
            .find(|colour| is_enough(*colour))
            .unwrap_or(away)
    }

    /// With so much (0 to 1) of another colour in it.
    fn mixed(self, other: Self, part: f64) -> Self {
        let channel = |at: usize| {
            let (from, to) = (f64::from(self.0[at]), f64::from(other.0[at]));
            // Between the two, and so within a byte.
            (from + (to - from) * part).round() as u8
        };
        Self([channel(0), channel(1), channel(2)])
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
    use std::collections::BTreeMap;

    use super::*;

    const AWFUL: [&str; 14] = [
        "#2f5bea", "#ffd400", "#ffff00", "#ffffff", "#fefefe", "#000000", "#0a0a0a", "#777777",
        "#808080", "#39ff14", "#ff00ff", "#00ffff", "#16181d", "#000080",
    ];
    const CSS: &str = include_str!("../../widget/panel.css");
    const STATUS_CSS: &str = include_str!("../../public/status.css");

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    /// The light and the dark value of a token of the panel's style sheet.
    fn token(name: &str) -> [Colour; 2] {
        token_of(CSS, name)
    }

    fn token_of(css: &str, name: &str) -> [Colour; 2] {
        let (_, value) = css
            .split_once(&format!("--{name}: light-dark("))
            .unwrap_or_else(|| panic!("no token {name}"));
        let (light, dark) = value.split_once(')').unwrap().0.split_once(", ").unwrap();
        [light, dark].map(|hex| {
            let short = hex.len() == 4;
            let digits = hex[1..].chars();
            let long: String = digits
                .flat_map(|d| [Some(d), short.then_some(d)])
                .flatten()
                .collect();
            colour(&format!("#{long}"))
        })
    }

    fn made_of(accent: Colour, name: &str) -> Colour {
        let theme = accent.theme();
        let (_, value) = theme.split_once(&format!("--cd-{name}:")).unwrap();
        colour(&value[..7])
    }

    #[test]
    fn whatever_a_site_chooses_its_buttons_links_and_outlines_can_be_seen() {
        let [surface_light, surface_dark] = token("surface");
        for text in AWFUL {
            let accent = colour(text);
            assert_eq!(made_of(accent, "accent"), accent, "the colour itself stays");
            let on_it = made_of(accent, "accent-text");
            assert!(accent.contrast(on_it) >= 4.5, "text on {text}");
            let both = [("light", surface_light, 0), ("dark", surface_dark, 1)];
            for (scheme, surface, at) in both {
                let ink = made_of(accent, &format!("ink-{scheme}"));
                let tinted = surface.mixed(accent, 0.07);
                let grounds = ["surface", "ground", "field", "raised"].map(|name| token(name)[at]);
                for ground in grounds.into_iter().chain([tinted]) {
                    let ratio = ink.contrast(ground);
                    assert!(ratio >= 4.5, "{text} as text on {ground:?}: {ratio}");
                }
                let edge = made_of(accent, &format!("edge-{scheme}"));
                assert!(edge.contrast(surface) >= 3.0, "edge of {text}, {scheme}");
            }
        }
    }

    #[test]
    fn a_colour_that_is_good_enough_is_left_as_it_is() {
        let navy = colour("#1f3fb0");
        assert_eq!(made_of(navy, "ink-light"), navy);
        assert_eq!(made_of(navy, "edge-light"), navy);
        assert_ne!(made_of(navy, "ink-dark"), navy);
    }

    #[test]
    fn every_text_of_the_panel_can_be_read_on_what_it_stands_on() {
        let on = [
            (
                "ink",
                vec![
                    "surface",
                    "ground",
                    "field",
                    "raised",
                    "danger-wash",
                    "waits-wash",
                    "good-wash",
                ],
            ),
            (
                "ink-soft",
                vec![
                    "surface",
                    "ground",
                    "field",
                    "raised",
                    "danger-wash",
                    "waits-wash",
                ],
            ),
            ("danger", vec!["surface", "raised", "danger-wash"]),
            ("waits", vec!["surface", "raised", "waits-wash"]),
            ("good", vec!["surface", "raised", "good-wash"]),
        ];
        for (name, grounds) in on {
            for ground in grounds {
                for (text, under) in token(name).into_iter().zip(token(ground)) {
                    let ratio = text.contrast(under);
                    assert!(ratio >= 4.5, "{name} on {ground}: {ratio:.2}");
                }
            }
        }
        for ground in ["surface", "field"] {
            for (edge, under) in token("edge").into_iter().zip(token(ground)) {
                assert!(
                    edge.contrast(under) >= 3.0,
                    "the edge of a field on {ground}"
                );
            }
        }
    }

    #[test]
    fn the_page_of_a_request_has_the_colours_of_the_panel() {
        /// The declarations of `:root`, which stands in both files and first.
        fn root(css: &str) -> BTreeMap<&str, &str> {
            let (_, rules) = css.split_once(":root {").unwrap();
            let (rules, _) = rules.split_once("\n}").unwrap();
            let lines = rules.lines().map(str::trim);
            lines
                .filter_map(|line| line.strip_suffix(';')?.split_once(": "))
                .collect()
        }
        let (panel, page) = (root(CSS), root(STATUS_CSS));
        assert!(page.len() > 15, "{page:?}");
        // One is its own.
        for (name, value) in page.iter().filter(|(name, _)| **name != "--waits") {
            assert_eq!(panel.get(name), Some(value), "{name}");
        }
        for ground in ["surface", "waits-wash"] {
            let pairs = token_of(STATUS_CSS, "waits")
                .into_iter()
                .zip(token_of(STATUS_CSS, ground));
            for (text, under) in pairs {
                assert!(text.contrast(under) >= 4.5, "waits on {ground}");
            }
        }
    }
}
