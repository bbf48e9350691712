//! The parts of the panel that change, each in its slot of the form.
//!
//! Markup and events only: what happens is decided in [`phase`](crate::phase) and [`uploads`](crate::uploads).

mod document;
mod error_summary;
mod file_list;
mod receipt;
pub mod send_status;
mod text_slots;

use leptos::prelude::*;

use crate::{form::by_id, session::Session};

/// What a slot shows, for each state anew. One boxed type for all slots: each type of its own costs a kilobyte and a half.
type SlotView = Box<dyn Fn() -> Option<AnyView> + Send>;

/// Puts a view into its slot in place of what the service has rendered there. A slot that is missing stays missing.
fn mount(slot: &str, view: SlotView) {
    if let Some(slot) = by_id(slot) {
        slot.set_text_content(None);
        leptos::mount::mount_to(slot, move || view).forget();
    }
}

/// Fills all slots.
pub fn mount_all(session: Session) {
    mount(
        "error-summary",
        Box::new(move || error_summary::view(session)),
    );
    mount("files", Box::new(move || file_list::view(session)));
    mount("send-status", Box::new(move || send_status::view(session)));
    mount(
        "receipt-reference",
        Box::new(move || receipt::reference(session)),
    );
    mount(
        "receipt-actions",
        Box::new(move || receipt::actions(session)),
    );
    text_slots::mount_all(session);
    document::keep_in_step(session);
}
