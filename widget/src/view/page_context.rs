//! What is sent about the host page, for the person to see before sending.

use leptos::prelude::*;

use crate::{session::Session, words};

/// A closed disclosure with every line that is sent. Nothing where nothing is sent.
pub fn view(session: Session) -> Option<AnyView> {
    let lines = session.read(|state| {
        let entries = state.context.as_ref()?.entries();
        let line = |(name, value): (&str, Option<&str>)| {
            let value = value?.to_owned();
            Some(view! { <dt>{words::text(&["context.", name].concat())}</dt><dd>{value}</dd> })
        };
        Some(entries.into_iter().filter_map(line).collect_view())
    })?;
    let view = view! {
        <details class="page-context">
            <summary>{words::text("context.title")}</summary>
            <dl>{lines}</dl>
        </details>
    };
    Some(view.into_any())
}
