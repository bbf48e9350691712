//! Principle 3: what is there can be understood, and mistakes cost nothing.

use cornerdesk_tests::{
    browser::{Visitor, journey},
    widget::{self, A_REQUEST, Request},
};
use serde_json::json;

use super::row;
use crate::states::Stage;

row!(
    LANGUAGE,
    the_document_says_its_language,
    "3.1.1 Language of Page",
    "`lang` and `dir` of the document are those of its words.",
    async {
        for (locale, direction) in [("en", "ltr"), ("de", "ltr"), ("ar", "rtl")] {
            let stage = Stage::set(locale).await;
            journey("language", Visitor::DESKTOP, async |session| {
                session.goto(&stage.help_page()).await?;
                let found = session
                    .run(
                        "const { lang, dir } = document.documentElement; return [lang, dir]",
                        &[],
                    )
                    .await?;
                assert_eq!(found, json!([locale, direction]));
                Ok(())
            })
            .await;
        }
    }
);

row!(
    HELP,
    help_is_at_the_same_place_on_every_page,
    "3.2.6 Consistent Help",
    "The launcher is the last element of every page and has the same name.",
    async {
        let stage = Stage::set("en").await;
        let html = cornerdesk_tests::host_page::embedding_html(
            &stage.relay().origin(),
            cornerdesk_tests::service::SITE,
        )
        .replace(
            "<h1>Invoices</h1>",
            "<h1>Customers</h1><p>Another page, and a longer one.</p>",
        );
        let other = stage.show("/customers", &html);
        journey("consistent", Visitor::DESKTOP, async |session| {
            let mut found = Vec::new();
            for page in [stage.page(), other.as_str()] {
                session.goto(page).await?;
                let launcher = widget::launcher(session).await?;
                let script = "const box = arguments[0].getBoundingClientRect();
                    return [document.documentElement.lastElementChild.localName, box.right, box.bottom]";
                let place = session.run(script, &[launcher.as_argument()]).await?;
                assert_eq!(place[0], widget::HOST_ELEMENT);
                found.push((place, launcher.accessible_name().await?));
            }
            assert_eq!(found[0], found[1]);
            Ok(())
        })
        .await;
    }
);

row!(
    ERRORS,
    a_mistake_is_told_at_its_field_with_what_to_do,
    "3.3.1 Error Identification, 3.3.3 Error Suggestion",
    "Each wrong field is marked, described by a text that says what to do, and named in a list above Send that leads to it.",
    async {
        let stage = Stage::set("en").await;
        journey("errors", Visitor::DESKTOP, async |session| {
            stage.open(session).await?;
            let wrong = Request { summary: "", description: "Twice.", email: "grace" };
            widget::fill(session, wrong).await?;
            widget::send_button(session).await?.click().await?;
            session.find("#error-summary a").await?;
            for (name, told) in [("summary", "Write in a few words"), ("email", "like name@example.com")] {
                let field = widget::field(session, name).await?;
                assert_eq!(field.attribute("aria-invalid").await?.as_deref(), Some("true"), "{name}");
                let script = "return arguments[0].getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).textContent).join(' ')";
                let description = session.run(script, &[field.as_argument()]).await?;
                assert!(description.as_str().is_some_and(|text| text.contains(told)), "{name}: {description}");
            }
            let description = widget::field(session, "description").await?;
            assert_ne!(description.attribute("aria-invalid").await?.as_deref(), Some("true"));
            let links = session.find_all("#error-summary a").await?;
            assert_eq!(links.len(), 2);
            links[1].click().await?;
            assert_eq!(session.focused().await?.attribute("id").await?.as_deref(), Some("email"));
            Ok(())
        })
        .await;
    }
);

row!(
    LABELS,
    each_field_has_a_label_that_is_seen_and_hints_where_they_help,
    "3.3.2 Labels or Instructions",
    "Labels stand above their fields and stay; limits are said before files are chosen.",
    async {
        let stage = Stage::set("en").await;
        journey("labels", Visitor::DESKTOP, async |session| {
            stage.open(session).await?;
            for name in ["summary", "description", "email", "attachments"] {
                let label = session.find(&format!("label[for={name}]")).await?;
                assert!(label.is_displayed().await?, "{name}");
            }
            let hint = session.find("#attachments-hint").await?;
            assert!(hint.is_displayed().await? && hint.text().await?.contains("1 MB"));
            Ok(())
        })
        .await;
    }
);

row!(
    REDUNDANT,
    after_a_failure_nothing_is_typed_again,
    "3.3.7 Redundant Entry, 2.2.6 Timeouts (AAA)",
    "What was typed stays through refusals and failures, and is sent from where it is.",
    async {
        let stage = Stage::set("en").await;
        journey("redundant", Visitor::DESKTOP, async |session| {
            stage.open(session).await?;
            widget::fill(session, A_REQUEST).await?;
            stage
                .relay()
                .answer_instead("/tickets", 503, "too-busy", Some(3_600));
            widget::send_button(session).await?.click().await?;
            session.find("#send-status .notice button").await?;
            for (name, text) in [
                ("summary", A_REQUEST.summary),
                ("description", A_REQUEST.description),
                ("email", A_REQUEST.email),
            ] {
                assert_eq!(widget::field(session, name).await?.value().await?, text);
            }
            stage.relay().step_aside();
            session
                .find("#send-status .notice button")
                .await?
                .click()
                .await?;
            let reference = widget::receipt(session).await?;
            assert_eq!(stage.service().ticket(&reference)["email"], A_REQUEST.email);
            Ok(())
        })
        .await;
    }
);

row!(
    PUZZLE,
    nobody_solves_a_puzzle,
    "3.3.8 Accessible Authentication (Minimum)",
    "No account and no puzzle: where a site asks for a proof of work, the browser does it, and it can be skipped.",
    async {
        let stage = Stage::set("en").await;
        journey("puzzle", Visitor::DESKTOP, async |session| {
            stage.open(session).await?;
            widget::fill(session, A_REQUEST).await?;
            session.run("window.Worker = class { postMessage() { setTimeout(() => this.onmessage({ data: null })) } terminate() {} }", &[]).await?;
            stage.relay().answer_instead("/tickets", 428, "proof-of-work-required", None);
            widget::send_button(session).await?.click().await?;
            widget::wait_for_text(session, "a way round", |text| {
                text.contains("Send without the check").then_some(())
            })
            .await;
            let way_round = session.find("#send-status .notice button").await?;
            stage.relay().step_aside();
            way_round.click().await?;
            widget::receipt(session).await?;
            Ok(())
        })
        .await;
    }
);
