//! Colleagues whom a note names: `@kim` is the colleague who signs in with `kim@…`, and `@kim@acme.example` is that very address.
//!
//! What stands in the text stays as it was typed; whom it meant is kept by their id. Finding them is pure.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    ids,
    outbox::tell_mentioned,
    store::{self, StoreError, Tx},
    ticket::Ticket,
};

/// Most colleagues that one note tells: whoever means everybody has a team, and a mail to each of them is no note.
pub const MOST_TOLD: usize = 20;

/// Somebody whom a note may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    /// Their id.
    pub id: Uuid,
    /// As colleagues know them.
    pub name: String,
    /// The address with which they sign in, in small letters.
    pub email: String,
    /// Do they see the tickets of the site?
    pub sees_it: bool,
}

impl Colleague {
    /// What stands before the `@` of their address.
    #[must_use]
    pub fn handle(&self) -> &str {
        self.email.split('@').next().unwrap_or_default()
    }
}

/// Somebody whom a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meant {
    /// Who.
    pub staff: Uuid,
    /// As the text has it, in small letters and without the sign.
    pub handle: String,
}

/// Why nobody is told of what looks like a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// There is somebody, and they do not see the site.
    #[error("@{0} is a colleague who does not see the tickets of this site and would not be told")]
    SeesNothing(String),
    /// There are several.
    #[error("@{handle} can be {}", .addresses.join(" or "))]
    Several {
        /// As the text has it, in small letters.
        handle: String,
        /// How each of them is written.
        addresses: Vec<String>,
    },
    /// More than [`MOST_TOLD`].
    #[error("a note tells {most} colleagues at most, and this one names {0}", most = MOST_TOLD)]
    TooMany(usize),
}

impl Doubt {
    /// What the text has that is doubtful; nothing where that is the whole text.
    #[must_use]
    pub fn handle(&self) -> Option<&str> {
        match self {
            Self::SeesNothing(handle) | Self::Several { handle, .. } => Some(handle),
            Self::TooMany(_) => None,
        }
    }
}

/// Whom a text names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Those who are told, each once, in the order of the text.
    pub meant: Vec<Meant>,
    /// What the writer should know before it is kept.
    pub doubts: Vec<Doubt>,
}

/// Whom `text` names, among colleagues; nobody is told what they wrote themselves. What nobody is called is text.
#[must_use]
pub fn read(text: &str, colleagues: &[Colleague], writer: Uuid) -> Read {
    let mut read = Read::default();
    let mut known: Vec<&str> = Vec::new();
    for colleague in colleagues {
        known.extend([colleague.handle(), colleague.email.as_str()]);
    }
    let mut done: Vec<&str> = Vec::new();
    for (_, handle) in spots(text, known) {
        if done.contains(&handle) {
            continue;
        }
        done.push(handle);
        let called: Vec<&Colleague> = colleagues
            .iter()
            .filter(|one| one.handle() == handle || one.email == handle)
            .collect();
        let who_see_it: Vec<&Colleague> =
            (called.iter().copied()).filter(|one| one.sees_it).collect();
        match *who_see_it {
            [] => read.doubts.push(Doubt::SeesNothing(handle.to_owned())),
            [one] if one.id == writer || read.meant.iter().any(|it| it.staff == one.id) => {}
            [one] => read.meant.push(Meant {
                staff: one.id,
                handle: handle.to_owned(),
            }),
            _ => read.doubts.push(Doubt::Several {
                handle: handle.to_owned(),
                addresses: (who_see_it.iter())
                    .map(|one| format!("@{}", one.email))
                    .collect(),
            }),
        }
    }
    if read.meant.len() > MOST_TOLD {
        read.doubts.push(Doubt::TooMany(read.meant.len()));
    }
    read
}

/// Where a text has the sign and one of these handles behind it, and which: the longest that fits. In the order of the text; the range has the sign.
pub fn spots<'a>(
    text: &str,
    handles: impl IntoIterator<Item = &'a str>,
) -> Vec<(std::ops::Range<usize>, &'a str)> {
    let mut handles: Vec<&str> = handles.into_iter().collect();
    handles.retain(|handle| !handle.is_empty());
    handles.sort_by_key(|handle| std::cmp::Reverse(handle.len()));
    let mut spots = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices('@') {
        if at < from || (text[..at].chars()).next_back().is_some_and(is_before) {
            continue;
        }
        let rest = &text[at + 1..];
        let fits = |handle: &&'a str| {
            let length = length_of(rest, handle)?;
            ends(&rest[length..]).then_some((length, *handle))
        };
        if let Some((length, handle)) = handles.iter().find_map(fits) {
            from = at + 1 + length;
            spots.push((at..from, handle));
        }
    }
    spots
}

/// How much of `text` is `handle`, which is in small letters; nothing where it does not begin with it.
fn length_of(text: &str, handle: &str) -> Option<usize> {
    let mut letters = text.chars();
    for wanted in handle.chars() {
        let mut lower = letters.next()?.to_lowercase();
        if lower.next() != Some(wanted) || lower.next().is_some() {
            return None;
        }
    }
    Some(text.len() - letters.as_str().len())
}

/// May this not stand before the sign? Then it is in an address, a path or a word.
fn is_before(before: char) -> bool {
    before.is_alphanumeric() || "_.+-@/".contains(before)
}

/// Is a name at its end here?
fn ends(rest: &str) -> bool {
    let mut letters = rest.chars();
    match letters.next() {
        None => true,
        Some(next) if next.is_alphanumeric() || next == '_' => false,
        // At the end of a sentence they are no part of it.
        Some('.' | '-' | '+' | '@') => !letters.next().is_some_and(char::is_alphanumeric),
        Some(_) => true,
    }
}

/// Everybody of staff who can sign in, as far as a note of the site is concerned.
///
/// # Errors
/// When the database fails.
pub async fn colleagues(tx: &mut Tx, site: &str) -> Result<Vec<Colleague>, StoreError> {
    let everybody = store::staff::everybody(tx).await?;
    let colleague = |staff: store::staff::Staff| Colleague {
        id: staff.id,
        name: staff.name,
        email: staff.email,
        sees_it: staff.visible.contains(site),
    };
    Ok(everybody.into_iter().map(colleague).collect())
}

/// Writes down whom a note names, and sends for them.
///
/// Who has committed calls `NewJobs::announce`.
///
/// # Errors
/// When the database fails.
pub async fn tell(
    tx: &mut Tx,
    ticket: &Ticket,
    message: Uuid,
    meant: &[Meant],
    now: Timestamp,
) -> Result<(), StoreError> {
    let site = &ticket.site;
    for one in meant {
        let note = (ticket.id, message);
        store::mentions::add(tx, site, note, one.staff, &one.handle, now).await?;
        let (id, kind) = (ids::new_id(), tell_mentioned::KIND);
        let payload = tell_mentioned::payload(ticket.id, message, one.staff);
        store::jobs::insert(tx, site, id, kind, &payload, now, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colleague(number: u128, email: &str, sees_it: bool) -> Colleague {
        Colleague {
            id: Uuid::from_u128(number),
            name: format!("Number {number}"),
            email: email.to_owned(),
            sees_it,
        }
    }

    fn desk() -> Vec<Colleague> {
        vec![
            colleague(1, "sam@acme.example", true),
            colleague(2, "kim@acme.example", true),
            colleague(3, "kim.doe@acme.example", true),
            colleague(4, "lee@acme.example", false),
            colleague(5, "alex@acme.example", true),
            colleague(6, "alex@partner.example", true),
            colleague(7, "jo@acme.example", true),
            colleague(8, "jo@partner.example", false),
        ]
    }

    /// Numbers of those who are told, when Sam writes.
    fn told(text: &str) -> Vec<u128> {
        let read = read(text, &desk(), Uuid::from_u128(1));
        read.meant.iter().map(|one| one.staff.as_u128()).collect()
    }

    #[test]
    fn a_name_is_what_somebody_signs_in_with() {
        for (text, numbers) in [
            ("@kim can you look?", vec![2]),
            ("(@KIM)", vec![2]),
            ("Please, @Kim.", vec![2]),
            ("@kim's idea, @kim", vec![2]),
            ("@kim.doe and @kim", vec![3, 2]),
            ("@kim.doe.", vec![3]),
            ("@kim@acme.example, please", vec![2]),
            ("@jo", vec![7]),
            ("@alex@partner.example", vec![6]),
            // What nobody is called, and what is no name.
            (
                "@kimberly @kim_1 @kim-2 @kim@elsewhere.example @angular/core @",
                vec![],
            ),
            (
                "mail kim@acme.example, x@kim, https://chat.example/@kim, @@kim",
                vec![],
            ),
            // Nobody tells themselves.
            ("@sam", vec![]),
        ] {
            assert_eq!(told(text), numbers, "{text}");
        }
    }

    #[test]
    fn what_is_not_clear_is_said() {
        let doubts = |text: &str| read(text, &desk(), Uuid::from_u128(1)).doubts;
        assert_eq!(doubts("@lee @lee"), [Doubt::SeesNothing("lee".to_owned())]);
        let several = "@alex can be @alex@acme.example or @alex@partner.example";
        assert_eq!(doubts("@Alex")[0].to_string(), several);
        assert!(doubts("@kim @nobody lee@acme.example").is_empty());
        let many: Vec<_> = (0..=MOST_TOLD)
            .map(|number| {
                colleague(
                    number as u128 + 9,
                    &format!("c{number}x@acme.example"),
                    true,
                )
            })
            .collect();
        let text: Vec<_> = many
            .iter()
            .map(|one| format!("@{}", one.handle()))
            .collect();
        let read = read(&text.join(" "), &many, Uuid::nil());
        assert_eq!(read.doubts, [Doubt::TooMany(MOST_TOLD + 1)]);
    }

    #[test]
    fn a_spot_is_cut_between_letters() {
        let text = "ä@Kim ß@kim 漢 @KİM @kim\u{301}";
        for (range, _) in spots(text, ["kim"]) {
            assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
        }
        assert_eq!(
            spots("see @Kim, @kim", ["kim"]),
            [(4..8, "kim"), (10..14, "kim")]
        );
    }
}
