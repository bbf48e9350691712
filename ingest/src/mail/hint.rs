//! The mail that tells somebody of staff that there is something for them to read on a ticket. Pure. In English, as the desk is; nothing in it was written by
//! anybody, so nothing of a ticket lies about in a mailbox.

use lettre::Message;
use minijinja::context;
use uuid::Uuid;

use super::{
    draft::Draft,
    notice::{Frame, RenderError},
};
use crate::origin::Origin;

/// What there is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The requester of a ticket of theirs wrote.
    Answered,
    /// A colleague names them in this note.
    Mentioned(Uuid),
}

impl Hint {
    /// Text and HTML.
    const fn templates(self) -> [&'static str; 2] {
        match self {
            Self::Answered => ["mail/answered.txt", "mail/answered.html"],
            Self::Mentioned(_) => ["mail/mentioned.txt", "mail/mentioned.html"],
        }
    }

    /// Behind the reference.
    const fn subject(self) -> &'static str {
        match self {
            Self::Answered => "the requester wrote",
            Self::Mentioned(_) => "a colleague mentions you",
        }
    }
}

/// On which ticket.
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
pub fn render(frame: &Frame<'_>, hint: Hint, about: &About<'_>) -> Result<Message, RenderError> {
    let reference = about.reference;
    let at = |path: &str| about.origin.map(|origin| format!("{origin}/desk/{path}"));
    let place = match hint {
        Hint::Answered => format!("tickets/{reference}"),
        Hint::Mentioned(note) => format!("tickets/{reference}#message-{note}"),
    };
    let values = context! {
        reference,
        site_name => about.site_name,
        link => at(&place),
        account => at("account"),
    };
    let [text, html] = hint.templates();
    let text = frame.pages.render(text, values.clone())?;
    let html = frame.pages.render(html, values)?;
    let draft = Draft {
        thread: None,
        is_of_a_person: false,
        identity: frame.identity,
        to: frame.to,
        reply_to: None,
        subject: format!("{reference}: {}", hint.subject()),
        date: frame.now,
        id: &frame.id,
        locale: "en",
        text: &text,
        html: &html,
    };
    Ok(draft.into_message()?)
}
