//! The ticket that a submission becomes, and its receipt. Pure but for the draw of its id and reference.

use cornerdesk_shared::{
    page_context::PageContext,
    receipt::{self, Receipt},
    submission::Submission,
    validation::{clean_line, clean_text},
};
use jiff::Timestamp;

use crate::{
    ids,
    mail::permission::Mode,
    site::Site,
    ticket::{HoldReason, Status, Ticket},
    words,
};

/// The ticket, under a reference that another may have already.
pub(super) fn of(
    site: &Site,
    submission: &Submission,
    hold: Option<HoldReason>,
    now: Timestamp,
) -> Ticket {
    let locale = submission
        .locale
        .as_deref()
        .and_then(words::shipped_locale)
        .unwrap_or(&site.locale);
    Ticket {
        site: site.key.clone(),
        id: ids::new_id(),
        reference: ids::new_reference(),
        summary: clean_line(&submission.summary),
        description: clean_text(&submission.description),
        email: submission.email.trim().to_owned(),
        locale: locale.to_owned(),
        category: submission.category.clone(),
        plan: submission.plan.clone(),
        context: submission
            .context
            .as_ref()
            .map(PageContext::cleaned)
            .unwrap_or_default(),
        status: Status::New,
        held: hold.map(HoldReason::held),
        received_at: now,
    }
}

/// What its requester gets to know.
pub(super) fn receipt_of(ticket: &Ticket, mode: Mode) -> Receipt {
    Receipt {
        reference: ticket.reference.to_string(),
        received_at: ticket.received_at.to_string(),
        answer_by: None,
        status_url: None,
        mail: match mode {
            Mode::Ack => None,
            Mode::ConfirmFirst => Some(receipt::MAIL_CONFIRM.to_owned()),
            Mode::VerifiedOnly => Some(receipt::MAIL_NONE.to_owned()),
        },
    }
}
