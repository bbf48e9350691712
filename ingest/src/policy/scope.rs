//! What a policy covers, what it does not, and where else it says that people can turn: texts of its author, word for word.

use super::Policy;

/// What is in scope and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// `exclusions.not_covered`.
    pub not_covered: Vec<String>,
    /// `scope.covers`.
    pub covers: Vec<String>,
    /// Categories that go elsewhere.
    pub elsewhere: Vec<Elsewhere>,
}

/// What goes elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// What such requests are called.
    pub title: String,
    /// Where they go.
    pub address: String,
}

impl Policy {
    /// What it says of its scope; nothing where it is silent.
    #[must_use]
    pub fn scope(&self) -> Scope {
        let texts = |section: &str, key: &str| {
            let list = self.section(section).and_then(|section| section.get(key));
            let list = list.and_then(|list| list.as_array()).into_iter().flatten();
            list.filter_map(|text| text.as_str().map(str::to_owned))
                .collect()
        };
        let elsewhere = self.categories().iter().filter_map(|category| {
            Some(Elsewhere {
                title: category.title.clone(),
                address: category.redirect.clone()?,
            })
        });
        Scope {
            not_covered: texts("exclusions", "not_covered"),
            covers: texts("scope", "covers"),
            elsewhere: elsewhere.collect(),
        }
    }
}
