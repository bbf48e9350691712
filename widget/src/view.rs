//! The parts of the panel that change, each in its slot of the form.
//!
//! Markup and events only: what happens is decided in [`phase`](crate::phase) and [`uploads`](crate::uploads).

mod character_count;
mod error_summary;
mod field_error;
mod file_list;
mod page_context;
mod receipt;
pub mod send_status;

use cornerdesk_shared::validation::Field;
use leptos::prelude::*;

use crate::{form::by_id, session::Session};

/// Puts a view into its slot in place of what the service has rendered there. A slot that is missing stays missing.
fn mount(slot: &str, view: impl FnOnce() -> AnyView + 'static) {
    if let Some(slot) = by_id(slot) {
        slot.set_text_content(None);
        leptos::mount::mount_to(slot, view).forget();
    }
}

/// Fills all slots.
pub fn mount_all(session: Session) {
    mount("error-summary", move || error_summary::view(session));
    for field in [
        Field::Summary,
        Field::Description,
        Field::Attachments,
        Field::Email,
    ] {
        field_error::mount(session, field);
    }
    character_count::mount(session, Field::Summary);
    character_count::mount(session, Field::Description);
    mount("files", move || file_list::view(session));
    mount("page-context", move || page_context::view(session));
    mount("send-status", move || send_status::view(session));
    send_status::keep_button(session);
    receipt::mount(session);
}
