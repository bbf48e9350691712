//! Ways for files to come in: the control, dropping, pasting.

use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, DragEvent, Event, File, FileList};

use crate::{
    form::{by_id, listen},
    session::Session,
};

/// Listens for chosen, dropped and pasted files, and takes those that were chosen before the panel came.
pub fn listen_for_files(session: Session) {
    let take_chosen = move || {
        let control = session.form().attachments;
        let files = files_of(control.files());
        if !files.is_empty() {
            // They are the list's now; left in the control they would be sent twice by a plain POST.
            control.set_value("");
            session.add_files(files);
        }
    };
    take_chosen();
    listen(&session.form().attachments, "change", move |_| {
        take_chosen();
    });

    let Some(document) = web_sys::window().and_then(|window| window.document()) else {
        return;
    };
    for name in ["dragenter", "dragover"] {
        listen(&document, name, |event| {
            if carries_files(&event) {
                event.prevent_default();
                mark_drop_area(true);
            }
        });
    }
    listen(&document, "dragleave", |event| {
        // Only when the pointer has left the document: between its elements it leaves and enters all the time.
        if event
            .dyn_ref::<DragEvent>()
            .is_some_and(|event| event.related_target().is_none())
        {
            mark_drop_area(false);
        }
    });
    listen(&document, "drop", move |event| {
        mark_drop_area(false);
        if carries_files(&event) {
            event.prevent_default();
            session.add_files(files_of(dragged(&event).and_then(|data| data.files())));
        }
    });
    listen(&document, "paste", move |event| {
        let Some(data) = event
            .dyn_ref::<ClipboardEvent>()
            .and_then(ClipboardEvent::clipboard_data)
        else {
            return;
        };
        // Office programs put a picture of copied text beside the text; the text is what is meant.
        if !data.types().includes(&"text/plain".into(), 0) {
            session.add_files(files_of(data.files()));
        }
    });
}

fn files_of(list: Option<FileList>) -> Vec<File> {
    let Some(list) = list else { return Vec::new() };
    (0..list.length()).filter_map(|at| list.get(at)).collect()
}

fn dragged(event: &Event) -> Option<DataTransfer> {
    event.dyn_ref::<DragEvent>()?.data_transfer()
}

fn carries_files(event: &Event) -> bool {
    dragged(event).is_some_and(|data| data.types().includes(&"Files".into(), 0))
}

fn mark_drop_area(over: bool) {
    if let Some(area) = by_id("drop") {
        // Fails only for names with white space.
        area.class_list().toggle_with_force("drop--over", over).ok();
    }
}
