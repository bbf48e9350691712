//! Which form of a word stands beside a number (Unicode CLDR, by `icu_plurals`). Pure; the build script asks it, too.

use fixed_decimal::Decimal;
use icu_plurals::{PluralCategory, PluralOperands, PluralRules};

/// What separates a key from the name of a form: `files_few`.
pub const FORMS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

/// Numbers that tell the forms of a language apart. Some languages have a form for millions, some one for fractions.
const SAMPLES: [&str; 5] = ["0.5", "1.5", "2.5", "1000000", "2000000"];

/// The rules of one language.
#[derive(Debug)]
pub struct Plurals(PluralRules);

impl Plurals {
    /// The rules of a language (BCP 47); nothing when the tag is none.
    #[must_use]
    pub fn of(locale: &str) -> Option<Self> {
        let tag = icu_locale_core::Locale::try_from_str(locale).ok()?;
        PluralRules::try_new_cardinal(tag.into()).ok().map(Self)
    }

    /// The form beside a number: one of [`FORMS`].
    #[must_use]
    pub fn form(&self, number: impl Into<PluralOperands>) -> &'static str {
        name(self.0.category_for(number))
    }

    /// The forms that the language has, in no particular order.
    pub fn forms(&self) -> impl Iterator<Item = &'static str> {
        self.0.categories().map(name)
    }

    /// Whether a form stands for one number only, so that its text may do without the number: "1 file", "ملفان".
    #[must_use]
    pub fn is_of_one_number(&self, form: &str) -> bool {
        let small = (0..=200_u32).map(|number| self.form(number));
        let others = SAMPLES
            .iter()
            .filter_map(|text| text.parse::<Decimal>().ok())
            .map(|number| self.form(&number));
        small.chain(others).filter(|other| *other == form).count() == 1
    }
}

/// The key without the name of a form, and the form; nothing where the key does not end in one.
#[must_use]
pub fn split(key: &str) -> Option<(&str, &str)> {
    let (base, form) = key.rsplit_once('_')?;
    FORMS.contains(&form).then_some((base, form))
}

const fn name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The forms of 0, 1, 2, 3, 5, 11, 21, 100, 1.5 and 1,000,000 by CLDR 47
    /// (<https://www.unicode.org/cldr/charts/47/supplemental/language_plural_rules.html>).
    const BY_CLDR: [(&str, [&str; 10]); 7] = [
        (
            "en",
            [
                "other", "one", "other", "other", "other", "other", "other", "other", "other",
                "other",
            ],
        ),
        (
            "de",
            [
                "other", "one", "other", "other", "other", "other", "other", "other", "other",
                "other",
            ],
        ),
        (
            "fr",
            [
                "one", "one", "other", "other", "other", "other", "other", "other", "one", "many",
            ],
        ),
        (
            "es",
            [
                "other", "one", "other", "other", "other", "other", "other", "other", "other",
                "many",
            ],
        ),
        (
            "cs",
            [
                "other", "one", "few", "few", "other", "other", "other", "other", "many", "other",
            ],
        ),
        (
            "ar",
            [
                "zero", "one", "two", "few", "few", "many", "many", "other", "other", "other",
            ],
        ),
        (
            "ja",
            [
                "other", "other", "other", "other", "other", "other", "other", "other", "other",
                "other",
            ],
        ),
    ];

    const NUMBERS: [&str; 10] = ["0", "1", "2", "3", "5", "11", "21", "100", "1.5", "1000000"];

    #[test]
    fn every_language_counts_by_the_rules_of_cldr() {
        for (locale, forms) in BY_CLDR {
            let plurals = Plurals::of(locale).unwrap();
            for (number, form) in NUMBERS.into_iter().zip(forms) {
                let operands = number.parse::<Decimal>().unwrap();
                assert_eq!(plurals.form(&operands), form, "{locale} {number}");
            }
        }
        let checked: Vec<_> = BY_CLDR.map(|(locale, _)| locale).into();
        for locale in crate::words::LOCALES {
            assert!(
                checked.contains(&locale),
                "{locale} is not in the table of this test"
            );
        }
    }

    #[test]
    fn a_form_of_one_number_is_known() {
        for (locale, form, expected) in [
            ("en", "one", true),
            ("en", "other", false),
            ("fr", "one", false),
            ("cs", "many", false),
            ("ar", "two", true),
            ("ar", "zero", true),
        ] {
            let plurals = Plurals::of(locale).unwrap();
            assert_eq!(plurals.is_of_one_number(form), expected, "{locale} {form}");
        }
    }

    #[test]
    fn a_tag_that_is_none_has_no_rules() {
        assert!(Plurals::of("not a tag").is_none());
    }
}
