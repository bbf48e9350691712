//! The panel: takes over the form that the service has sent, and sends it with progress, retries and words.
//!
//! Pure and tested on the host: [`phase`] and [`uploads`]. The rest touches the document or the network and is proven by the journeys in a
//! real browser. Everything compiles on the host, so the lints see it.

pub mod adopted;
pub mod announcements;
pub mod api;
pub mod draft;
pub mod focus;
pub mod form;
pub mod messages;
pub mod options;
pub mod phase;
pub mod session;
pub mod transport;
pub mod uploads;
pub mod view;
pub mod words;

use form::{Form, field_of, listen};
use leptos::prelude::Owner;
use session::Session;

/// Takes the form over. When it is not the form that this panel knows, it stays what it is: a form that works by itself.
pub fn start() {
    let Some(form) = Form::adopt() else { return };
    // Lives as long as the document: nothing is ever taken down.
    let owner = Owner::new();
    owner.with(|| take_over(&form));
    std::mem::forget(owner);
}

fn take_over(form: &Form) {
    let session = Session::new(form.clone());
    adopted::read(session);
    view::mount_all(session);
    listen(&form.element, "submit", move |event| {
        event.prevent_default();
        session.press_send();
    });
    listen(&form.element, "input", move |event| {
        if let Some(field) = field_of(&event) {
            session.edited(field);
        }
    });
    messages::on_files(Box::new(move |files, folders| {
        session.add_files(files, &folders);
    }));
    draft::listen(session);
    transport::on_online(move || session.back_online());
    if let Some(window) = web_sys::window() {
        // Only while the request is on its way: everything else is kept, and nobody is held back for it.
        listen(&window, "beforeunload", move |event| {
            if session.is_sending() {
                event.prevent_default();
            }
        });
    }
}
