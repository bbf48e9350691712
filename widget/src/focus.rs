//! Where the focus goes.

use crate::form::by_id;

/// Moves the focus.
pub fn focus(id: &str) {
    if let Some(element) = by_id(id) {
        // Fails only where elements cannot have focus at all.
        element.focus().ok();
    }
}
