//! What is wrong with a field, below its control.

use cornerdesk_shared::validation::Field;
use leptos::prelude::*;

use crate::{form::control_id, session::Session};

/// Shows the errors of a field in its slot and marks its control.
pub fn mount(session: Session, field: Field) {
    let is_here = move |other: Field| control_id(other) == control_id(field);
    let slot = [control_id(field), "-error"].concat();
    super::mount(&slot, move || {
        (move || {
            session
                .errors
                .get()
                .into_iter()
                .filter(|error| is_here(error.field))
                .map(|error| view! { <span>{error.text}</span> })
                .collect_view()
        })
        .into_any()
    });
    Effect::new(move |_| {
        let wrong = session
            .errors
            .with(|errors| errors.iter().any(|error| is_here(error.field)));
        session.form().mark(field, wrong);
    });
}
