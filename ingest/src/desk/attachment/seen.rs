//! That somebody saw the previews of a ticket is in the log once for each page with them, and not for each picture: the page writes it down and gives its
//! pictures a mark by which they know. A picture that is asked for without one is written down by itself. Pure.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    hexadecimal::{hex, unhex},
    staff::sealing::Sealing,
};

/// As long as a session rests: a page that stays open loads a picture when somebody comes to it.
const LASTS: SignedDuration = SignedDuration::from_hours(12);

/// The mark of a page on which this person sees the previews of this ticket.
#[must_use]
pub fn mark(sealing: &Sealing, staff: Uuid, ticket: Uuid, now: Timestamp) -> String {
    let second = now.as_second();
    format!(
        "{second}-{}",
        hex(&signature(sealing, staff, ticket, second))
    )
}

/// Is it the mark of such a page?
#[must_use]
pub fn is_marked(sealing: &Sealing, staff: Uuid, ticket: Uuid, mark: &str, now: Timestamp) -> bool {
    let Some((second, signed)) = mark.split_once('-') else {
        return false;
    };
    let Some((second, signed)) = second.parse::<i64>().ok().zip(unhex(signed)) else {
        return false;
    };
    let age = now.as_second().saturating_sub(second);
    // Who can compare marks octet by octet gains a picture that they may see anyway.
    (0..LASTS.as_secs()).contains(&age) && signed == signature(sealing, staff, ticket, second)
}

fn signature(sealing: &Sealing, staff: Uuid, ticket: Uuid, second: i64) -> [u8; 16] {
    let what = [
        &b"previews seen"[..],
        staff.as_bytes(),
        ticket.as_bytes(),
        &second.to_be_bytes(),
    ];
    sealing.sign(&what.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_of_one_person_one_ticket_and_half_a_day() {
        let sealing = Sealing::with_key(&[7; 32]).unwrap();
        let (kim, ticket) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let at = |second: i64| Timestamp::from_second(1_795_000_000 + second).unwrap();
        let made = mark(&sealing, kim, ticket, at(0));
        let is = |staff, ticket, mark: &str, second| {
            is_marked(&sealing, staff, ticket, mark, at(second))
        };
        assert!(is(kim, ticket, &made, 0) && is(kim, ticket, &made, 43_199));
        for (staff, ticket, mark, second) in [
            (ticket, ticket, made.as_str(), 0),
            (kim, kim, &made, 0),
            (kim, ticket, &made, 43_200),
            (kim, ticket, &made, -1),
            (kim, ticket, &made.replacen('1', "2", 1), 0),
            (kim, ticket, "", 0),
            (kim, ticket, "1795000000-", 0),
            (kim, ticket, "x-00", 0),
        ] {
            assert!(!is(staff, ticket, mark, second), "{mark} {second}");
        }
    }
}
