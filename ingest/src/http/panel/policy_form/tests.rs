use super::*;
use crate::{policy::Library, words::Words};

fn policy(id: &str, overlay: Option<&str>) -> Policy {
    Library::embedded().policy(id, overlay).unwrap()
}

/// What the template is given, as JSON.
fn shown(policy: &Policy, locale: &'static str) -> serde_json::Value {
    let tables = Words::load().unwrap();
    let own = words::OwnWords::new();
    let section = |name: &str| tables.of_site(&own, name, locale).into_owned();
    let form = PolicyForm::of(policy, "widget");
    let words = form.words(tables.panel(locale), &section("form"), None, locale);
    let (hours, languages) = (section("hours"), section("language"));
    let hours = hours::Say {
        locale,
        words: &hours,
        formats: tables.formats(locale),
    };
    let say = Say {
        locale,
        words: &words,
        languages: &languages,
        hours,
    };
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    serde_json::to_value(form.shown(&say, now)).unwrap()
}

fn labels(policy: &Policy, locale: &'static str) -> Table {
    let tables = Words::load().unwrap();
    let own = words::OwnWords::new();
    let of_policy = tables.of_site(&own, "form", locale);
    PolicyForm::of(policy, "widget").words(tables.panel(locale), &of_policy, None, locale)
}

#[test]
fn the_fields_stand_in_the_order_of_the_policy_with_what_it_asks() {
    for (id, fields) in [
        (
            "meiro",
            "summary description category attachment contact_email",
        ),
        (
            "meteorage",
            "summary description category impact attachment contact_email",
        ),
        (
            "m3ter",
            "summary description category impact attachment contact_email",
        ),
        (
            "memsource",
            "summary description tried attachment contact_email",
        ),
    ] {
        let policy = policy(id, None);
        let found = PolicyForm::of(&policy, "widget").fields().join(" ");
        assert_eq!(found, fields, "{id}");
    }
}

#[test]
fn what_the_file_lists_comes_first_in_its_order_and_nothing_is_lost() {
    let mut document = policy("m3ter", None).document().clone();
    document["form"] = serde_json::json!({ "widget": { "submit_label": "Submit ticket", "fields": [
        { "id": "contact_email", "label": "Your address" },
        { "id": "category", "label": "Subject area" },
        { "id": "summary", "label": "Summary" },
        { "id": "fax", "label": "Fax" },
    ] } });
    let policy = Policy::from_document(&document).unwrap();
    let fields = PolicyForm::of(&policy, "help_form").fields().join(" ");
    assert_eq!(
        fields,
        "contact_email category summary description attachment"
    );
    let german = labels(&policy, "de");
    assert_eq!(
        [
            &german["email_label"],
            &german["category_label"],
            &german["summary_label"],
            &german["send"]
        ],
        ["Your address", "Subject area", "Betreff", "Submit ticket"]
    );
}

#[test]
fn usual_labels_are_ours_in_other_languages_and_the_policys_in_english() {
    let meiro = policy("meiro", None);
    let of = |locale| {
        let words = labels(&meiro, locale);
        [
            "summary_label",
            "description_label",
            "attachments_label",
            "email_label",
            "send",
        ]
        .map(|key| words[key].clone())
    };
    assert_eq!(
        of("en"),
        [
            "Summary",
            "Description",
            "Attachment",
            "Contact e-mail",
            "Send"
        ]
    );
    assert_eq!(
        of("de"),
        ["Betreff", "Beschreibung", "Anhänge", "E‑Mail", "Senden"]
    );
}

#[test]
fn what_a_site_says_in_its_own_words_stays() {
    let tables = Words::load().unwrap();
    let own = Table::from([("panel.email_label".to_owned(), "Your e-mail".to_owned())]);
    let panel = Table::from([("email_label".to_owned(), "Your e-mail".to_owned())]);
    let meiro = policy("meiro", None);
    let of_policy = tables.of_site(&words::OwnWords::new(), "form", "en");
    let words = PolicyForm::of(&meiro, "widget").words(&panel, &of_policy, Some(&own), "en");
    assert_eq!(words["email_label"], "Your e-mail");
}

#[test]
fn meteorages_form_offers_exactly_its_three_categories_with_their_definitions() {
    let form = shown(&policy("meteorage", None), "en");
    let offered: Vec<_> = form["categories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|category| {
            (
                category["title"].as_str().unwrap(),
                category["definition"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        offered,
        [
            (
                "Technical assistance",
                "Incidents, and help with using the services."
            ),
            (
                "General question",
                "Questions about the services that are not technical."
            ),
            (
                "Suggest an improvement",
                "Ideas for better or additional features."
            ),
        ]
    );
    assert_eq!(form["is_choice"], true);
}

#[test]
fn a_category_that_goes_elsewhere_says_where_and_how() {
    let mut document = policy("meteorage", None).document().clone();
    for (address, href) in [
        (
            "commercial@meteorage.com",
            "mailto:commercial@meteorage.com".into(),
        ),
        ("https://shop.example/", "https://shop.example/".into()),
        ("javascript:alert(1)", serde_json::Value::Null),
        ("our sales team", serde_json::Value::Null),
    ] {
        document["categories"]["commercial"]["offered"] = true.into();
        document["categories"]["commercial"]["redirect"] = address.into();
        let form = shown(&Policy::from_document(&document).unwrap(), "en");
        let found = form["categories"].as_array().unwrap().iter();
        let found = found
            .filter_map(|category| category["elsewhere"].as_object())
            .next()
            .unwrap();
        assert_eq!(
            (&found["address"], &found["href"]),
            (&address.into(), &href)
        );
    }
}

#[test]
fn more_categories_than_a_glance_takes_are_a_list() {
    let mut document = policy("m3ter", None).document().clone();
    document["categories"]["other"] = serde_json::json!({ "title": "Other" });
    let policy = Policy::from_document(&document).unwrap();
    assert_eq!(shown(&policy, "en")["is_choice"], false);
}

#[test]
fn whoever_reads_none_of_the_languages_of_the_answers_is_told_which_they_are() {
    let note = |id, locale| shown(&policy(id, None), locale)["languages"].clone();
    for (id, locale, said) in [
        ("memsource", "de", Some("Wir antworten auf Englisch.")),
        ("memsource", "en", None),
        ("meteorage", "fr", None),
        ("meteorage", "en", None),
        (
            "meteorage",
            "cs",
            Some("Jazyk odpovědí: francouzština, angličtina."),
        ),
        (
            "meteorage",
            "de",
            Some("Wir antworten auf Französisch und Englisch."),
        ),
        ("meteorage", "ja", Some("回答の言語：フランス語、英語。")),
        ("m3ter", "de", None),
    ] {
        assert_eq!(note(id, locale).as_str(), said, "{id} {locale}");
    }
}

#[test]
fn hours_stand_in_the_form_where_they_are_the_same_for_everybody_and_known() {
    let hours = |id, overlay| shown(&policy(id, overlay), "en")["hours"].clone();
    assert_eq!(
        hours("meteorage", Some("meteorage-fr")),
        "Our team answers Monday–Friday, 08:00–17:00 (Europe/Paris). Closed on some public holidays."
    );
    // No zone, no hours at all.
    for (id, overlay) in [("meteorage", None), ("meiro", None)] {
        assert_eq!(hours(id, overlay), "", "{id}");
    }
    let by_plan = "Your plan decides how fast we answer.";
    assert_eq!(
        hours("m3ter", Some("m3ter-no-holidays")),
        format!("Our team answers Monday–Friday, 10:00–18:00 (CET). {by_plan}")
    );
    for id in ["m3ter", "memsource"] {
        assert_eq!(hours(id, None), by_plan, "{id}");
    }
}
