//! The mail that tells somebody of staff that the requester of a ticket of theirs wrote. Pure. In English, as the desk is; nothing in it was written by the
//! requester, so nothing of a ticket lies about in a mailbox.

use lettre::Message;
use minijinja::context;

use super::{
    draft::Draft,
    notice::{Frame, RenderError},
};
use crate::origin::Origin;

/// Which ticket.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Its reference.
    pub reference: &'a str,
    /// The product.
    pub site_name: &'a str,
    /// The origin under which people reach the desk.
    pub origin: Option<&'a Origin>,
}

/// Writes it.
///
/// # Errors
/// [`RenderError`].
pub fn render(frame: &Frame<'_>, about: &About<'_>) -> Result<Message, RenderError> {
    let at = |path: &str| about.origin.map(|origin| format!("{origin}/desk/{path}"));
    let values = context! {
        reference => about.reference,
        site_name => about.site_name,
        link => at(&format!("tickets/{}", about.reference)),
        account => at("account"),
    };
    let text = frame.pages.render("mail/answered.txt", values.clone())?;
    let html = frame.pages.render("mail/answered.html", values)?;
    let draft = Draft {
        thread: None,
        is_of_a_person: false,
        identity: frame.identity,
        to: frame.to,
        reply_to: None,
        subject: format!("{}: the requester wrote", about.reference),
        date: frame.now,
        id: &frame.id,
        locale: "en",
        text: &text,
        html: &html,
    };
    Ok(draft.into_message()?)
}
