//! Who of staff has a ticket, and by which tags staff find it: each change with its fact, in one transaction of the caller.

use jiff::Timestamp;

use crate::{
    handling,
    policies::Policies,
    store::{self, StoreError, Tx, assignments::Person},
    ticket::{Fact, Ticket},
};

/// Longest tag, in characters.
pub const TAG_MOST_CHARS: usize = 40;
/// Most tags of a ticket.
pub const TAGS_MOST: usize = 20;

/// Gives a ticket to somebody, or to nobody; `false` when it is so already.
///
/// # Errors
/// When the database fails.
pub async fn assign(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    to: Option<&Person>,
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let ticket = handling::locked(tx, ticket).await?;
    let before = store::assignments::of(tx, &ticket.site, ticket.id).await?;
    if before.as_ref().map(|person| person.id) == to.map(|person| person.id) {
        return Ok(false);
    }
    store::assignments::assign(tx, &ticket.site, ticket.id, to.map(|person| person.id)).await?;
    let fact = Fact::Assigned {
        staff: to.map(|person| person.id),
        name: to.map(|person| person.name.clone()),
        by: by.to_owned(),
    };
    handling::record(tx, policies, &ticket, &fact, now).await?;
    Ok(true)
}

/// What is wrong with a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagFault {
    /// There is none.
    #[error("write a tag first")]
    Empty,
    /// It is longer than [`TAG_MOST_CHARS`].
    #[error("a tag has at most 40 characters")]
    TooLong,
    /// The ticket has [`TAGS_MOST`].
    #[error("a ticket has at most 20 tags: remove one first")]
    TooMany,
}

/// Why a tag was not changed.
#[derive(Debug, thiserror::Error)]
pub enum NotTagged {
    /// The tag.
    #[error(transparent)]
    Tag(#[from] TagFault),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A tag as it is kept: small letters, blanks and signs of lists as hyphens.
///
/// # Errors
/// [`TagFault`].
pub fn tag_of(text: &str) -> Result<String, TagFault> {
    let is_apart = |c: char| c.is_whitespace() || c.is_control() || ",;#".contains(c);
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(is_apart)
        .filter(|word| !word.is_empty())
        .collect();
    let tag = words.join("-");
    match tag.chars().count() {
        0 => Err(TagFault::Empty),
        1..=TAG_MOST_CHARS => Ok(tag),
        _ => Err(TagFault::TooLong),
    }
}

/// Gives a ticket a tag; `false` when it has it already.
///
/// # Errors
/// [`NotTagged`]; the caller rolls back.
pub async fn tag(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    text: &str,
    by: &str,
    now: Timestamp,
) -> Result<bool, NotTagged> {
    let tag = tag_of(text)?;
    let ticket = handling::locked(tx, ticket).await?;
    let before = store::tags::of(tx, &ticket.site, ticket.id).await?;
    if before.contains(&tag) {
        return Ok(false);
    }
    if before.len() >= TAGS_MOST {
        return Err(TagFault::TooMany.into());
    }
    store::tags::add(tx, &ticket.site, ticket.id, &tag).await?;
    let by = by.to_owned();
    handling::record(tx, policies, &ticket, &Fact::Tagged { tag, by }, now).await?;
    Ok(true)
}

/// Takes a tag away; `false` when the ticket does not have it.
///
/// # Errors
/// When the database fails.
pub async fn untag(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    tag: &str,
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let ticket = handling::locked(tx, ticket).await?;
    if !store::tags::remove(tx, &ticket.site, ticket.id, tag).await? {
        return Ok(false);
    }
    let (tag, by) = (tag.to_owned(), by.to_owned());
    handling::record(tx, policies, &ticket, &Fact::Untagged { tag, by }, now).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_one_word_in_small_letters() {
        for (text, tag) in [
            ("Billing", "billing"),
            (" two  Words ", "two-words"),
            ("#VIP, öffentlich", "vip-öffentlich"),
            ("請求", "請求"),
        ] {
            assert_eq!(tag_of(text).as_deref(), Ok(tag), "{text}");
        }
        assert_eq!(tag_of(" ,; "), Err(TagFault::Empty));
        assert_eq!(
            tag_of(&"x".repeat(TAG_MOST_CHARS + 1)),
            Err(TagFault::TooLong)
        );
    }
}
