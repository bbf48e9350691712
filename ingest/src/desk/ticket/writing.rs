//! The box in which staff write: what is in it, and what it offers.

use minijinja::{Value, context};
use uuid::Uuid;

use crate::{
    ids,
    message::Kind,
    show,
    store::{drafts::Draft, uploads::Upload},
    ticket::{ClosingReason, Status, Ticket},
};

/// What is in the box.
#[derive(Clone, Debug)]
pub struct Writing {
    /// Of the message that it becomes.
    pub message: Uuid,
    /// To whom it is.
    pub kind: Kind,
    /// As typed.
    pub text: String,
    /// Value of the choice what happens then.
    pub then: String,
    /// Files of an earlier round.
    pub uploads: Vec<Upload>,
    /// Why it was not sent.
    pub fault: Option<String>,
    /// What others wrote meanwhile.
    pub news: Option<String>,
    /// Of which names the writer was told that they tell nobody, with blanks between them.
    pub warned: String,
    /// It was restored.
    pub is_draft: bool,
}

impl Writing {
    /// An empty box.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self {
            message: ids::new_secret_id(),
            kind,
            text: String::new(),
            then: String::new(),
            uploads: Vec::new(),
            fault: None,
            news: None,
            warned: String::new(),
            is_draft: false,
        }
    }

    /// What somebody had begun to write.
    #[must_use]
    pub fn of_draft(draft: Draft) -> Self {
        Self {
            message: draft.message,
            text: draft.body,
            is_draft: true,
            ..Self::new(draft.kind)
        }
    }

    /// For the template. `last_seq` is the number of the last fact on the page.
    #[must_use]
    pub fn shown(&self, ticket: &Ticket, last_seq: i32) -> Value {
        let no_reply = no_reply(ticket);
        let is_note = self.kind == Kind::Note || no_reply.is_some();
        let uploads: Vec<Value> = self
            .uploads
            .iter()
            .map(|upload| {
                let size_text = show::size(upload.length_bytes);
                context! { id => upload.id.to_string(), name => &upload.name, size_text }
            })
            .collect();
        context! {
            message => self.message.to_string(),
            seen => last_seq,
            is_note,
            no_reply,
            text => &self.text,
            thens => thens(ticket, &self.then),
            uploads,
            fault => &self.fault,
            news => &self.news,
            warned => &self.warned,
            is_draft => self.is_draft,
        }
    }
}

/// Why nobody can reply; nothing where somebody can.
const fn no_reply(ticket: &Ticket) -> Option<&'static str> {
    if ticket.held.is_some() {
        Some("The ticket is held, so nobody gets mail about it. Release it to reply.")
    } else if ticket.email.is_empty() {
        Some("An alarm made this ticket, so there is nobody to reply to.")
    } else {
        None
    }
}

/// What happens with the ticket once the message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Stay,
    /// It waits for the requester.
    Wait,
    /// It is solved.
    Solve(ClosingReason),
}

impl Then {
    /// What a form says; nothing for what it cannot say.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        match value {
            "" => Some(Self::Stay),
            "wait" => Some(Self::Wait),
            reason => {
                let reason = ClosingReason::from_name(reason)?;
                reason.fits(Status::Solved).then_some(Self::Solve(reason))
            }
        }
    }
}

fn thens(ticket: &Ticket, chosen: &str) -> Vec<Value> {
    // A reply to a new ticket opens it.
    let stay = match ticket.status {
        Status::New | Status::Open => "Keep it open",
        Status::Waiting | Status::Solved | Status::Closed => "Leave the ticket as it is",
    };
    let mut choices = vec![("", stay.to_owned())];
    if !matches!(ticket.status, Status::Solved | Status::Closed) {
        choices.push(("wait", "Wait for the requester".to_owned()));
        let reasons = ClosingReason::ALL.into_iter();
        let reasons = reasons.filter(|reason| reason.fits(Status::Solved));
        choices.extend(reasons.map(|reason| {
            let text = format!("Solve it: {}", reason.describe());
            (reason.as_str(), text)
        }));
    }
    let choice = |(value, text): &(&str, String)| context! { value => *value, text, is_chosen => *value == chosen };
    choices.iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_then_is_one_of_what_is_offered() {
        assert_eq!(Then::parse(""), Some(Then::Stay));
        assert_eq!(Then::parse("wait"), Some(Then::Wait));
        let solved = Then::Solve(ClosingReason::Fixed);
        assert_eq!(Then::parse("fixed"), Some(solved));
        for other in ["out_of_scope", "duplicate", "x"] {
            assert_eq!(Then::parse(other), None, "{other}");
        }
    }
}
