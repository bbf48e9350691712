//! The receipt: its markup is in the document, hidden; here it gets its words and its buttons.

use cornerdesk_shared::{receipt::Receipt, validation::Field};
use leptos::prelude::*;

use crate::{
    focus::announce,
    form::by_id,
    phase::{Event, Phase},
    session::Session,
    words,
};

/// Fills the receipt's slots and shows it in place of the form.
pub fn mount(session: Session) {
    super::mount("receipt-lead", move || {
        with_receipt(session, move |_| lead(session))
    });
    super::mount("receipt-reference", move || {
        with_receipt(session, reference)
    });
    super::mount("receipt-details", move || {
        with_receipt(session, |receipt| details(&receipt))
    });
    super::mount("receipt-actions", move || {
        with_receipt(session, move |receipt| actions(session, receipt))
    });
    Effect::new(move |_| {
        let sent = session.phase.with(|phase| matches!(phase, Phase::Sent(_)));
        session.form().element.set_hidden(sent);
        if let Some(section) = by_id("receipt") {
            section.set_hidden(!sent);
        }
    });
}

fn with_receipt(session: Session, view: impl Fn(Receipt) -> AnyView + Send + 'static) -> AnyView {
    (move || match session.phase.get() {
        Phase::Sent(receipt) => Some(view(receipt)),
        _ => None,
    })
    .into_any()
}

fn lead(session: Session) -> AnyView {
    let email = session.form().value(Field::Email);
    words::filled("receipt.lead", &[("{email}", email.trim())]).into_any()
}

fn reference(receipt: Receipt) -> AnyView {
    let copied = RwSignal::new(false);
    let reference = receipt.reference;
    let label = words::filled("receipt.copy_label", &[("{reference}", &reference)]);
    let text = reference.clone();
    let copy = move |_| {
        if let Some(window) = web_sys::window() {
            // Where the browser refuses, the reference is still there to be selected.
            drop(window.navigator().clipboard().write_text(&text));
            copied.set(true);
            announce(&words::text("receipt.copied"));
        }
    };
    view! {
        <output class="receipt__code" aria-labelledby="receipt-label" data-reference=reference>
            {reference.clone()}
        </output>
        <button type="button" class="button button--quiet button--small" aria-label=label on:click=copy>
            {move || words::text(if copied.get() { "receipt.copied" } else { "receipt.copy" })}
        </button>
    }
    .into_any()
}

fn details(receipt: &Receipt) -> AnyView {
    let promise = receipt
        .answer_by
        .as_deref()
        .map(|instant| view! { <strong>{words::filled("receipt.answer_by", &[("{time}", &words::time(instant))])}</strong> });
    view! {
        {promise}
        {words::filled("receipt.received", &[("{time}", &words::time(&receipt.received_at))])}
    }
    .into_any()
}

fn actions(session: Session, receipt: Receipt) -> AnyView {
    let status = receipt.status_url.map(|url| {
        view! {
            <a class="button button--quiet" href=url target="_blank" rel="noopener">
                {words::text("receipt.status_link")}
            </a>
        }
    });
    view! {
        {status}
        <button type="button" class="button button--quiet" on:click=move |_| session.dispatch(Event::AnotherPressed)>
            {words::text("receipt.again")}
        </button>
    }
    .into_any()
}
