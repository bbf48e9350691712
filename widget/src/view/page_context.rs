//! What is sent about the host page, for the person to see before sending.

use leptos::prelude::*;

use crate::{session::Session, words};

/// A closed disclosure with every line that is sent.
pub fn view(session: Session) -> AnyView {
    (move || {
        session.context.get().map(|context| {
            let lines = context
                .entries()
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?.to_owned())))
                .map(|(name, value)| {
                    view! {
                        <dt>{words::text(&["context.", name].concat())}</dt>
                        <dd>{value}</dd>
                    }
                })
                .collect_view();
            view! {
                <details class="page-context">
                    <summary>{words::text("context.title")}</summary>
                    <dl>{lines}</dl>
                </details>
            }
        })
    })
    .into_any()
}
