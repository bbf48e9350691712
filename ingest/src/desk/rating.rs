//! What the requester thinks of the help, on the page of a ticket.

use jiff::Timestamp;
use minijinja::{Value, context};

use crate::{rating::Rating, show::Moment};

/// For the template.
pub(super) fn view(rating: Option<&Rating>, now: Timestamp) -> Option<Value> {
    let rating = rating?;
    Some(context! {
        is_good => rating.is_good,
        comment => &rating.comment,
        at => Moment::new(rating.changed_at, now),
    })
}
