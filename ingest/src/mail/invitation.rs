//! The mail that invites somebody to the desk. Pure. In English, as the desk is; nothing in it was written by anybody else.

use lettre::Message;
use minijinja::context;

use super::{
    draft::Draft,
    notice::{Frame, RenderError},
};

/// Writes it.
///
/// # Errors
/// [`RenderError`].
pub fn render(frame: &Frame<'_>, link: &str) -> Result<Message, RenderError> {
    let values = context! { link };
    let text = frame.pages.render("mail/invitation.txt", values.clone())?;
    let html = frame.pages.render("mail/invitation.html", values)?;
    let draft = Draft {
        thread: None,
        is_of_a_person: false,
        identity: frame.identity,
        to: frame.to,
        reply_to: None,
        subject: "Your account for the support desk".to_owned(),
        date: frame.now,
        id: &frame.id,
        locale: "en",
        text: &text,
        html: &html,
    };
    Ok(draft.into_message()?)
}
