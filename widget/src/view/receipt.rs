//! The receipt's reference and what can be done next. Its markup is in the document, its lines are [`text_slots`](super::text_slots).

use leptos::prelude::*;

use crate::{
    announcements::announce,
    focus::focus,
    form::by_id,
    phase::Event,
    session::{Session, State},
    transport, words,
};

/// Did the browser take it? Pages without a secure connection have no clipboard, and a person or a policy may refuse.
async fn put_on_clipboard(text: &str) -> bool {
    let Some(window) = web_sys::window() else {
        return false;
    };
    let navigator = window.navigator();
    match js_sys::Reflect::get(&navigator, &"clipboard".into()) {
        Ok(clipboard) if clipboard.is_object() => {
            let promise = navigator.clipboard().write_text(text);
            wasm_bindgen_futures::JsFuture::from(promise).await.is_ok()
        }
        _ => false,
    }
}

/// Marks what an element says, so that the person can copy it by hand.
fn select(id: &str) {
    let selection = web_sys::window().and_then(|window| window.get_selection().ok().flatten());
    if let (Some(selection), Some(element)) = (selection, by_id(id)) {
        let code = element
            .first_element_child()
            .unwrap_or_else(|| element.into());
        // Fails only for a node that is in no document.
        selection.select_all_children(&code).ok();
    }
}

/// The reference and a button that copies it.
pub fn reference(session: Session) -> Option<AnyView> {
    let reference = session.read(State::receipt)?.reference;
    let copied = session.read(|state| state.copied);
    let code = reference.clone();
    let label = words::filled("receipt.copy_label", &[("reference", &reference)]);
    let text = reference.clone();
    let copy = move |_| {
        let text = text.clone();
        wasm_bindgen_futures::spawn_local(async move {
            if put_on_clipboard(&text).await {
                session.change(|state| state.copied = true);
                announce("reference", &words::text("receipt.copied"));
            } else {
                select("receipt-reference");
                announce("reference", &words::text("receipt.copy_failed"));
            }
        });
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
    let status = session.read(State::receipt)?.status_url.map(|url| {
        view! {
            <a class="button button--quiet" href=url target="_blank" rel="noopener">
                {words::text("receipt.status_link")}
            </a>
        }
    });
    let another = move |_| {
        session.dispatch(Event::AnotherPressed);
        // The form can take the focus once the views have shown it.
        transport::after(0, Box::new(|| focus("summary")));
    };
    let view = view! {
        {status}
        <button type="button" class="button button--quiet" on:click=another>
            {words::text("receipt.again")}
        </button>
    };
    Some(view.into_any())
}
