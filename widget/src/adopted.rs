//! What the service has rendered into a form that came back from a plain POST: mistakes, and files that it has kept.

use cornerdesk_shared::validation::Field;
use web_sys::Element;

use crate::{
    focus::focus,
    form::{all, control_id},
    phase::{Notice, Phase},
    session::{FieldError, Session},
    uploads::Chosen,
};

/// Takes it into the state, before the views take the slots.
pub fn read(session: Session) {
    let kept: Vec<_> = all("#files [data-upload]:has(:checked)")
        .iter()
        .map(kept_file)
        .collect();
    let mut errors = Vec::new();
    let mut phase = Phase::default();
    for link in all("#error-summary a") {
        let field = Field::from_wire(
            link.get_attribute("href")
                .unwrap_or_default()
                .trim_start_matches('#'),
        );
        match field {
            Some(field) => errors.push(FieldError {
                field,
                text: link.text_content().unwrap_or_default(),
            }),
            // Not a field: the service itself could not take it.
            None => {
                let told = link.text_content().unwrap_or_default();
                phase = Phase::Editing(Some(Notice::Told(told)));
            }
        }
    }
    // The summary is shown from two mistakes on, and it may hold the focus now.
    if let [only] = errors.as_slice() {
        focus(control_id(only.field));
    }
    let uploads_url = session.uploads_url();
    session.change(|state| {
        for (name, size_text, upload_id) in kept {
            let file = Chosen {
                name,
                size_text,
                ..Chosen::default()
            };
            let location = [&uploads_url, "/", &upload_id].concat();
            state.uploads.add_done(file, location);
        }
        state.summary.clone_from(&errors);
        state.errors = errors;
        state.phase = phase;
    });
}

fn kept_file(row: &Element) -> (String, String, String) {
    let text = |selector: &str| {
        row.query_selector(selector)
            .ok()
            .flatten()
            .and_then(|part| part.text_content())
            .unwrap_or_default()
    };
    (
        text(".file__name"),
        text(".file__size"),
        row.get_attribute("data-upload").unwrap_or_default(),
    )
}
