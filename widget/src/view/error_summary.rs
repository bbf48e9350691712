//! All mistakes at once, each leading to its field.

use leptos::prelude::*;

use crate::{focus::focus, form::control_id, session::Session, words};

/// Shown from two mistakes on; a single one is said at its field, where the focus goes.
pub fn view(session: Session) -> Option<AnyView> {
    let errors = session.read(|state| state.errors.clone());
    if errors.len() < 2 {
        return None;
    }
    let links = errors.into_iter().map(|error| {
        let id = control_id(error.field);
        let follow = move |event: web_sys::MouseEvent| {
            event.prevent_default();
            focus(id);
        };
        view! {
            <li>
                <a href=["#", id].concat() on:click=follow>
                    {error.text}
                </a>
            </li>
        }
    });
    let view = view! {
        <h2 class="error-summary__title">{words::text("error.summary_title")}</h2>
        <ul>{links.collect_view()}</ul>
    };
    Some(view.into_any())
}
