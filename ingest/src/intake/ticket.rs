//! The ticket that a submission becomes, and its receipt. Pure but for the draw of its id and reference.

use cornerdesk_shared::{
    page_context::PageContext,
    receipt::{self, Receipt},
    submission::Submission,
    validation::{clean_line, clean_text},
};
use jiff::Timestamp;

use super::Arrival;
use crate::{
    ids,
    mail::permission::Mode,
    site::Site,
    status::link::{Holder, Links},
    ticket::{Held, HoldReason, Requester, Status, Ticket, terms::Terms},
    words,
};

/// The ticket, under a reference that another may have already.
pub(super) fn of(
    site: &Site,
    submission: &Submission,
    arrival: &Arrival<'_>,
    terms: &Terms,
    now: Timestamp,
) -> Ticket {
    let identity = arrival.identity;
    let wished = submission.locale.as_deref();
    let locale = wished
        .or_else(|| identity?.locale.as_deref())
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
        category: terms.category.clone(),
        plan: terms.plan.clone(),
        context: submission
            .context
            .as_ref()
            .map(PageContext::cleaned)
            .unwrap_or_default(),
        status: Status::New,
        held: arrival.hold.map(HoldReason::held),
        received_at: now,
        requester: identity.map(|identity| Requester {
            sub: identity.sub.clone(),
            name: identity.name.clone(),
        }),
        account: terms.account.clone(),
        channel: terms.channel.clone(),
        priority: None,
        impact: submission
            .impact
            .as_deref()
            .map(clean_text)
            .filter(|text| !text.is_empty()),
        policy_version: terms.policy_version,
    }
}

/// What its requester gets to know.
///
/// Nothing is promised while nobody works on it before the sender has confirmed the address.
pub(super) fn receipt_of(
    ticket: &Ticket,
    promised: Option<Timestamp>,
    mode: Mode,
    links: &Links,
) -> Receipt {
    let promised = promised.filter(|_| ticket.held != Some(Held::Unconfirmed));
    Receipt {
        reference: ticket.reference.to_string(),
        received_at: ticket.received_at.to_string(),
        answer_by: promised.map(|at| at.to_string()),
        status_url: links.url(ticket.reference, Holder::Sender),
        mail: match mode {
            // Nobody needs to be asked whether the address is theirs.
            _ if ticket.requester.is_some() => None,
            Mode::Ack => None,
            Mode::ConfirmFirst => Some(receipt::MAIL_CONFIRM.to_owned()),
            Mode::VerifiedOnly => Some(receipt::MAIL_NONE.to_owned()),
        },
    }
}
