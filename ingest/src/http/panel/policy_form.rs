//! What the form shows of a site's policy: which fields in which order, what they are called, which categories there are. Pure.
//!
//! A policy says titles, definitions and labels in one language; they are shown as it says them. Where its label is the usual one, people read
//! ours, in their language.

use cornerdesk_shared::settings::{CategorySettings, PolicySettings};
use jiff::{Timestamp, tz::TimeZone};
use minijinja::{Value, context};

use crate::{
    policy::{Category, Facts, Form, Policy},
    promise,
    words::{self, Table, hours},
};

/// The fields of a form without a policy, by their ids in a policy's form.
pub(super) const FIELDS: [&str; 4] = [SUMMARY, DESCRIPTION, ATTACHMENT, EMAIL];
const SUMMARY: &str = "summary";
const DESCRIPTION: &str = "description";
const ATTACHMENT: &str = "attachment";
const EMAIL: &str = "contact_email";
const CATEGORY: &str = "category";
const IMPACT: &str = "impact";
const TRIED: &str = "tried";

/// A field's id in a policy, the key of our words for it, and the labels that are no more than ours in English.
const LABELS: [(&str, &str, &[&str]); 7] = [
    (SUMMARY, "summary_label", &["Summary"]),
    (DESCRIPTION, "description_label", &["Description"]),
    (
        ATTACHMENT,
        "attachments_label",
        &["Attachment", "Attachments"],
    ),
    (EMAIL, "email_label", &["Contact e-mail", "E-mail", "Email"]),
    (CATEGORY, "category_label", &["Category", "Kind of request"]),
    (IMPACT, "impact_label", &["Impact"]),
    (TRIED, "tried_label", &["What have you tried?"]),
];
const SEND: (&str, &[&str]) = ("send", &["Send"]);

/// Up to so many categories are all seen at once; more are a list that opens.
const SEEN_AT_ONCE_MOST: usize = 5;

/// The form of a policy.
pub(super) struct PolicyForm<'a> {
    policy: &'a Policy,
    form: Option<&'a Form>,
}

impl<'a> PolicyForm<'a> {
    /// The form with this name, else the widget's, else the one that we make of what the policy says.
    pub(super) fn of(policy: &'a Policy, name: &str) -> Self {
        let form = policy.form(name).or_else(|| policy.form("widget"));
        Self { policy, form }
    }

    /// The fields in the policy's order. What a request cannot do without is there even if the policy does not list it; what the policy lists and
    /// we do not have is not.
    pub(super) fn fields(&self) -> Vec<&'static str> {
        let listed = self.form.map_or(&[][..], |form| &form.fields);
        let known = |id: &str| {
            LABELS
                .iter()
                .find(|(known, ..)| *known == id)
                .map(|label| label.0)
        };
        let mut fields: Vec<_> = listed.iter().filter_map(|field| known(&field.id)).collect();
        let has_categories = self.categories().next().is_some();
        fields.retain(|id| *id != CATEGORY || has_categories);
        if fields.is_empty() {
            fields.extend(FIELDS);
        }
        let missing: Vec<_> = FIELDS
            .into_iter()
            .filter(|id| !fields.contains(id))
            .collect();
        fields.extend(missing);
        // Somebody who has said what it is about knows what kind it is. They land in the summary and go on from there.
        let after_text = |fields: &[&str]| {
            fields
                .iter()
                .position(|id| *id == DESCRIPTION)
                .map_or(0, |at| at + 1)
        };
        if self.form.is_none() && !self.policy.priorities().is_empty() {
            fields.insert(after_text(&fields), IMPACT);
        }
        if self.is_first_level_the_customers() && !fields.contains(&TRIED) {
            fields.insert(after_text(&fields), TRIED);
        }
        if has_categories && !fields.contains(&CATEGORY) {
            fields.insert(after_text(&fields), CATEGORY);
        }
        fields
    }

    /// Whether a person has to say what kind of request it is.
    pub(super) fn asks_for_category(&self) -> bool {
        self.categories().count() > 1
    }

    /// The categories that are offered.
    fn categories(&self) -> impl Iterator<Item = &'a Category> + use<'a> {
        self.policy
            .categories()
            .iter()
            .filter(|category| category.offered)
    }

    /// `[scope] first_level = "customer"`: the customer's own support has looked at it before.
    fn is_first_level_the_customers(&self) -> bool {
        let scope = self.policy.section("scope");
        scope.and_then(|scope| scope.get("first_level")?.as_str()) == Some("customer")
    }

    /// The words of the form: ours with the policy's labels, in English or where they are no usual ones.
    /// What the site says in its own words stays.
    pub(super) fn words(
        &self,
        panel: &Table,
        of_policy: &Table,
        own: Option<&Table>,
        locale: &str,
    ) -> Table {
        let mut words = panel.clone();
        words.extend(
            of_policy
                .iter()
                .map(|(key, text)| (key.clone(), text.clone())),
        );
        let Some(form) = self.form else { return words };
        let mut say = |key: &str, label: &str, usual: &[&str]| {
            let has_own = |section: &str| {
                own.is_some_and(|own| own.contains_key(&format!("{section}.{key}")))
            };
            let is_ours = ["panel", "form"].into_iter().any(has_own);
            if !is_ours && (locale == "en" || !usual.contains(&label)) {
                words.insert(key.to_owned(), label.to_owned());
            }
        };
        for field in &form.fields {
            if let Some((_, key, usual)) = LABELS.iter().find(|(id, ..)| *id == field.id) {
                say(key, &field.label, usual);
            }
        }
        if let Some(label) = &form.submit_label {
            say(SEND.0, label, SEND.1);
        }
        words
    }

    /// What the template needs beside fields and words.
    pub(super) fn shown(&self, say: &Say, now: Timestamp) -> Value {
        let categories: Vec<_> = self
            .categories()
            .map(|category| self.category(category, say))
            .collect();
        let elsewhere = self
            .categories()
            .any(|category| category.redirect.is_some());
        let is_seen_at_once = categories.len() <= SEEN_AT_ONCE_MOST || elsewhere;
        context! {
            is_choice => is_seen_at_once && categories.len() > 1,
            categories,
            languages => self.languages(say),
            promise => !self.policy.calendars().is_empty() || !self.policy.targets().is_empty(),
            hours => self.hours(say, now),
        }
    }

    fn category(&self, category: &Category, say: &Say) -> Value {
        let elsewhere = category.redirect.as_deref().map(|address| {
            let text = words::text(say.words, "redirected");
            let (before, after) = text.split_once("{address}").unwrap_or((text, ""));
            context! { before, after, address, href => href(address) }
        });
        context! { id => &category.id, title => &category.title, definition => &category.definition, elsewhere }
    }

    /// Languages in which requests are answered.
    fn tags(&self) -> Vec<&'a str> {
        let languages = self.policy.section("languages");
        let tickets = languages.and_then(|languages| languages.get("tickets")?.as_array());
        let tags = tickets.into_iter().flatten();
        tags.filter_map(|tag| tag.as_str()).collect()
    }

    /// In which languages the answers are, for somebody who reads none of them here.
    fn languages(&self, say: &Say) -> Option<String> {
        let tags = self.tags();
        if tags
            .iter()
            .any(|tag| words::shipped_locale(tag) == Some(say.locale))
        {
            return None;
        }
        let name = |tag: &&str| {
            let known = say.languages.get(*tag).cloned();
            known.unwrap_or_else(|| tag.to_uppercase())
        };
        let filled =
            |key: &str, values: &[(&str, &str)]| words::fill(words::text(say.words, key), values);
        let (last, before) = tags.split_last()?;
        let before = before
            .iter()
            .map(name)
            .reduce(|first, second| filled("list", &[("first", &first), ("second", &second)]));
        let last = name(last);
        let all = before.map_or_else(
            || last.clone(),
            |first| filled("languages_two", &[("first", &first), ("last", &last)]),
        );
        Some(filled("languages", &[("languages", &all)]))
    }

    /// When the team answers somebody of whom nothing is known: on the clocks that the policy names.
    fn hours(&self, say: &Say, now: Timestamp) -> String {
        let hours = promise::hours(self.policy, None, now);
        let mut sentences = hours.map_or_else(Vec::new, |hours| {
            say.hours.hours(hours, None::<&TimeZone>, now)
        });
        if promise::plan_decides(self.policy, Facts::default(), now) {
            sentences.push(say.hours.plan_decides());
        }
        sentences.join(words::between(say.words))
    }
}

/// What other forms than ours need of a policy (`GET /v1/sites/{site}/settings`).
pub(in crate::http) fn settings(policy: &Policy) -> PolicySettings {
    let form = PolicyForm::of(policy, "widget");
    let categories = form.categories().map(|category| CategorySettings {
        id: category.id.clone(),
        title: category.title.clone(),
        definition: category.definition.clone(),
        redirect: category.redirect.clone(),
        has_response_times: category.covered,
    });
    let on_the_wire = |id: &str| match id {
        ATTACHMENT => "attachments".to_owned(),
        EMAIL => "email".to_owned(),
        id => id.to_owned(),
    };
    PolicySettings {
        title: policy.title().to_owned(),
        fields: form.fields().into_iter().map(on_the_wire).collect(),
        categories: categories.collect(),
        languages: form.tags().into_iter().map(str::to_owned).collect(),
    }
}

/// In which words.
pub(super) struct Say<'a> {
    pub(super) locale: &'a str,
    /// The form's, as [`PolicyForm::words`] makes them.
    pub(super) words: &'a Table,
    /// Names of languages.
    pub(super) languages: &'a Table,
    pub(super) hours: hours::Say<'a>,
}

/// Where a press on an address leads: a mail or a page. Anything else is only read.
fn href(address: &str) -> Option<String> {
    if address.starts_with("https://") || address.starts_with("http://") {
        return Some(address.to_owned());
    }
    let is_mailbox = address.contains('@') && !address.contains([' ', ':', '/', '?', '&']);
    is_mailbox.then(|| format!("mailto:{address}"))
}

#[cfg(test)]
mod tests;
