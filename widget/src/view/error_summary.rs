//! All mistakes at once, each leading to its field. The fields say themselves what is wrong; here their names are enough.

use leptos::prelude::*;

use crate::{focus::focus, form::control_id, session::Session, words};

/// Shown from two mistakes on; a single one is said at its field, where the focus goes.
pub fn view(session: Session) -> Option<AnyView> {
    let errors = session.read(|state| state.summary.clone());
    if errors.len() < 2 {
        return None;
    }
    let mut ids: Vec<_> = errors.iter().map(|error| control_id(error.field)).collect();
    ids.dedup();
    let links = ids.into_iter().map(|id| {
        let follow = move |event: web_sys::MouseEvent| {
            event.prevent_default();
            focus(id);
        };
        view! {
            <li>
                <a href=["#", id].concat() on:click=follow>
                    {words::text(&[id, "_label"].concat())}
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
