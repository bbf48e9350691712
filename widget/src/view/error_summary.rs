//! All mistakes at once, each leading to its field.

use leptos::prelude::*;

use crate::{focus::focus, form::control_id, session::Session, words};

/// Shown from two mistakes on; a single one is said at its field, where the focus goes.
pub fn view(session: Session) -> AnyView {
    let link = move |field, text: String| {
        let id = control_id(field);
        view! {
            <li>
                <a
                    href=["#", id].concat()
                    on:click=move |event| {
                        event.prevent_default();
                        focus(id);
                    }
                >
                    {text}
                </a>
            </li>
        }
    };
    (move || {
        let errors = session.errors.get();
        (errors.len() > 1).then(|| {
            view! {
                <h2 class="error-summary__title">{words::text("error.summary_title")}</h2>
                <ul>
                    {errors.into_iter().map(|error| link(error.field, error.text)).collect_view()}
                </ul>
            }
        })
    })
    .into_any()
}
