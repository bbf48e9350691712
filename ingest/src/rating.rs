//! What requesters think of the help that they got: one rating for a ticket.

use cornerdesk_shared::validation::clean_text;
use jiff::{SignedDuration, Timestamp};

use crate::{
    store::{self, StoreError, Tx},
    ticket::{Fact, Status, Ticket},
};

/// Longest comment, in characters.
pub const COMMENT_MOST_CHARS: usize = 1_000;
/// So long after the first time it can be changed: long enough to find that it is not solved after all.
const CHANGES_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A rating.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// Was the help good?
    pub is_good: bool,
    /// What they wrote with it. Plain text.
    pub comment: Option<String>,
    /// When it was given first.
    pub rated_at: Timestamp,
    /// When it was changed last.
    pub changed_at: Timestamp,
}

impl Rating {
    /// May it be changed?
    #[must_use]
    pub fn may_change(&self, now: Timestamp) -> bool {
        now.duration_since(self.rated_at) <= CHANGES_FOR
    }
}

/// What is wrong with what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Neither good nor bad.
    NoChoice,
    /// The comment is longer than [`COMMENT_MOST_CHARS`].
    TooLong,
}

/// A comment as it is kept; nothing where nothing was typed.
///
/// # Errors
/// [`Fault::TooLong`].
pub fn comment_of(text: &str) -> Result<Option<String>, Fault> {
    let text = clean_text(text);
    if text.chars().count() > COMMENT_MOST_CHARS {
        return Err(Fault::TooLong);
    }
    Ok((!text.is_empty()).then_some(text))
}

/// Keeps what the requester says, where the ticket is over and the rating may be changed; staff see it on the timeline. The same again is no news.
/// `keeps` leaves the comment of before where there is none now.
///
/// # Errors
/// When the database fails.
pub async fn rate(
    tx: &mut Tx,
    ticket: &Ticket,
    is_good: bool,
    comment: Option<String>,
    keeps: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ticket = crate::handling::locked(tx, ticket).await?;
    let before = store::ratings::find(tx, &ticket.site, ticket.id).await?;
    let is_over = matches!(ticket.status, Status::Solved | Status::Closed);
    if !is_over
        || before
            .as_ref()
            .is_some_and(|before| !before.may_change(now))
    {
        return Ok(());
    }
    let kept = before.as_ref().filter(|_| keeps);
    let rating = Rating {
        is_good,
        comment: comment.or_else(|| kept.and_then(|kept| kept.comment.clone())),
        rated_at: before.as_ref().map_or(now, |before| before.rated_at),
        changed_at: now,
    };
    let is_same = before
        .is_some_and(|before| before.is_good == rating.is_good && before.comment == rating.comment);
    if is_same {
        return Ok(());
    }
    store::ratings::put(tx, &ticket.site, ticket.id, &rating).await?;
    let fact = Fact::Rated { is_good };
    store::timeline::append(tx, &ticket.site, ticket.id, now, &fact).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_short_and_may_be_left_out() {
        assert_eq!(comment_of(" \n"), Ok(None));
        assert_eq!(comment_of("Quick.\r\n"), Ok(Some("Quick.".to_owned())));
        let longest = "ä".repeat(COMMENT_MOST_CHARS);
        assert_eq!(comment_of(&longest), Ok(Some(longest.clone())));
        assert_eq!(comment_of(&format!("{longest}.")), Err(Fault::TooLong));
    }

    #[test]
    fn a_rating_can_be_changed_for_seven_days_after_the_first_time() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let rating = Rating {
            is_good: true,
            comment: None,
            rated_at: at(0),
            changed_at: at(600_000),
        };
        assert!(rating.may_change(at(604_800)));
        assert!(!rating.may_change(at(604_801)));
    }
}
