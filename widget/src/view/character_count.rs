//! How many characters are left, once that begins to matter.

use cornerdesk_shared::validation::{Field, clean_line, clean_text};
use leptos::prelude::*;
use web_sys::Event;

use crate::{
    form::{by_id, listen},
    session::Session,
    words,
};

/// Shows the count of a text field in its slot from four fifths of the limit on.
pub fn mount(session: Session, field: Field) {
    let limits = session.options().limits;
    let (limit, clean): (u32, fn(&str) -> String) = match field {
        Field::Summary => (limits.summary_chars, clean_line),
        _ => (limits.description_chars, clean_text),
    };
    let limit = limit as usize;
    let used = RwSignal::new(0);
    let count = move || used.set(clean(&session.form().value(field)).chars().count());
    count();
    if let Some(control) = by_id(field.as_str()) {
        listen(&control, "input", move |_: Event| count());
    }
    // Another request begins with an empty field, and no key was pressed for that.
    Effect::new(move |_| {
        session.phase.track();
        count();
    });
    super::mount(&[field.as_str(), "-count"].concat(), move || {
        (move || {
            let used = used.get();
            let over = used > limit;
            (used * 5 >= limit * 4).then(|| {
                let text = if over {
                    words::counted("characters_over", used - limit)
                } else {
                    words::counted("characters_left", limit - used)
                };
                view! { <span class:field__count--over=over>{text}</span> }
            })
        })
        .into_any()
    });
}
