//! Where the focus goes, and what is said to those who do not see the page.

use crate::form::by_id;

/// Moves the focus.
pub fn focus(id: &str) {
    if let Some(element) = by_id(id) {
        // Fails only where elements cannot have focus at all.
        element.focus().ok();
    }
}

/// Says something through the document's live region, when the screen reader has time.
pub fn announce(text: &str) {
    if let Some(region) = by_id("announcer") {
        region.set_text_content(Some(text));
    }
}
