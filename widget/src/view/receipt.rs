//! The receipt's reference and what can be done next. Its markup is in the document, its lines are [`text_slots`](super::text_slots).

use cornerdesk_shared::receipt::Receipt;
use leptos::prelude::*;

use crate::{
    focus::announce,
    phase::{Event, Phase},
    session::Session,
    words,
};

fn receipt(session: Session) -> Option<Receipt> {
    session.read(|state| match &state.phase {
        Phase::Sent(receipt) => Some(receipt.clone()),
        _ => None,
    })
}

/// The reference and a button that copies it.
pub fn reference(session: Session) -> Option<AnyView> {
    let reference = receipt(session)?.reference;
    let copied = session.read(|state| state.copied);
    let code = reference.clone();
    let label = words::filled("receipt.copy_label", &[("reference", &reference)]);
    let text = reference.clone();
    let copy = move |_| {
        let Some(window) = web_sys::window() else {
            return;
        };
        // Where the browser refuses, the reference is still there to be selected.
        drop(window.navigator().clipboard().write_text(&text));
        session.change(|state| state.copied = true);
        announce(&words::text("receipt.copied"));
    };
    let view = view! {
        <output class="receipt__code" aria-labelledby="receipt-label" data-reference=code>
            {reference}
        </output>
        <button type="button" class="button button--quiet button--small" aria-label=label on:click=copy>
            {words::text(if copied { "receipt.copied" } else { "receipt.copy" })}
        </button>
    };
    Some(view.into_any())
}

/// Following the ticket, where that is possible, and asking again.
pub fn actions(session: Session) -> Option<AnyView> {
    let status = receipt(session)?.status_url.map(|url| {
        view! {
            <a class="button button--quiet" href=url target="_blank" rel="noopener">
                {words::text("receipt.status_link")}
            </a>
        }
    });
    let view = view! {
        {status}
        <button type="button" class="button button--quiet" on:click=move |_| session.dispatch(Event::AnotherPressed)>
            {words::text("receipt.again")}
        </button>
    };
    Some(view.into_any())
}
