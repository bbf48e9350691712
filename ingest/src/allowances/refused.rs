//! The stage before the database: who was refused is refused again without asking it.
//!
//! Only a refusal brings a subject in here, so that a flood of addresses that stay below their limit takes no room, and forgetting one
//! resets nothing: the database still knows. There is room for [`MOST`]; who is in stays in until his time is over, and for who then does
//! not get in the database is asked.

use std::collections::HashMap;

use crate::store::allowances::Subject;

/// Subjects at the most: about 5 MiB.
pub const MOST: usize = 65_536;
/// How often room is looked for when there is none, in microseconds: it means looking at all of them.
const LOOK_EVERY_US: i64 = 1_000_000;

/// Until when whose allowance is used, as far as this process was told.
#[derive(Debug, Default)]
pub struct Refused {
    used_until_us: HashMap<Subject, i64>,
    looked_at_us: i64,
}

impl Refused {
    /// Until when the allowance is used, as far as we know.
    #[must_use]
    pub fn used_until_us(&self, subject: &Subject) -> Option<i64> {
        self.used_until_us.get(subject).copied()
    }

    /// Remembers a refusal, if there is room.
    pub fn remember(&mut self, subject: Subject, used_until_us: i64, now_us: i64) {
        let is_full = self.used_until_us.len() >= MOST;
        if is_full && (self.looked_at_us + LOOK_EVERY_US <= now_us || now_us < self.looked_at_us) {
            self.looked_at_us = now_us;
            self.used_until_us.retain(|_, until| *until > now_us);
        }
        if self.used_until_us.len() < MOST || self.used_until_us.contains_key(&subject) {
            self.used_until_us.insert(subject, used_until_us);
        }
    }

    /// Forgets a subject: it was given something back.
    pub fn forget(&mut self, subject: &Subject) {
        self.used_until_us.remove(subject);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(number: u32) -> Subject {
        let mut subject = [0; 32];
        subject[..4].copy_from_slice(&number.to_le_bytes());
        subject
    }

    /// What the table takes up, from above: each place has a key, a value and an octet of control.
    fn bytes(refused: &Refused) -> usize {
        let places = refused.used_until_us.capacity() * 8 / 7;
        places.next_power_of_two() * (size_of::<(Subject, i64)>() + 1)
    }

    #[test]
    fn a_million_subjects_take_no_more_than_32_mib_and_reset_nobody() {
        let mut refused = Refused::default();
        refused.remember(subject(0), 3_600_000_000, 0);
        for number in 1..=1_000_000 {
            refused.remember(subject(number), 3_600_000_000, i64::from(number));
        }
        assert_eq!(refused.used_until_us(&subject(0)), Some(3_600_000_000));
        assert_eq!(refused.used_until_us.len(), MOST);
        assert!(bytes(&refused) <= 6 << 20, "{} bytes", bytes(&refused));
    }

    #[test]
    fn whose_time_is_over_makes_room() {
        let mut refused = Refused::default();
        for number in 0..100_000 {
            refused.remember(subject(number), 1_000, 0);
        }
        refused.remember(subject(200_000), 9_000_000, 2_000_000);
        assert_eq!(refused.used_until_us.len(), 1);
    }

    #[test]
    fn a_clock_that_went_back_does_not_shut_the_room() {
        let mut refused = Refused {
            looked_at_us: 1 << 50,
            ..Refused::default()
        };
        for number in 0..=100_000 {
            refused.remember(subject(number), -1, 0);
        }
        assert!(refused.used_until_us.len() < MOST);
    }
}
