//! What is announced to go, and from when on it may (rule P-1, requirement 63). Pure.

use jiff::civil::Date;
use uuid::Uuid;

use crate::policy::Policy;

/// Longest name of a feature, in characters.
const FEATURE_MOST_CHARS: usize = 200;

/// Something that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deprecation {
    /// Follows from site and feature, so that announcing it again is the same.
    pub id: Uuid,
    /// What goes, in the operator's words; customers read them.
    pub feature: String,
    /// The day of the written notice.
    pub notice_on: Date,
    /// The first day without it.
    pub ends_on: Date,
    /// Until when it is supported at least, where the policy says so.
    pub supported_until: Option<Date>,
}

/// Why nobody can be told any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLate {
    /// The day on which it was to go is past.
    #[error(
        "it was announced for {ends_on}, and that day has come: this notice can promise nothing. Keep it for whoever was not told, and announce it again by another name (--feature)"
    )]
    Over {
        /// The day that was announced.
        ends_on: Date,
    },
    /// The policy does not say any more how early a notice has to be.
    #[error(
        "the policy says nothing of deprecation any more ([deprecation] notice_months), so nobody knows what a late notice may promise: put the months back, then `cornerdesk deprecation check`"
    )]
    NoTerms,
}

impl Deprecation {
    /// What a notice may say that is given on `day` to somebody under `policy`: the days that were announced, or later ones where the months of the
    /// policy, counted from that day, end later. No notice promises less than the policy (P-1), however late it is.
    ///
    /// # Errors
    /// [`TooLate`].
    pub fn told_on(&self, day: Date, policy: &Policy) -> Result<Self, TooLate> {
        self.is_still_to_come(day)?;
        let is_late = day > self.notice_on;
        let notice_on = day.max(self.notice_on);
        let earliest = match policy.earliest_deprecation(notice_on) {
            Some(earliest) => earliest,
            None if is_late => return Err(TooLate::NoTerms),
            None => self.ends_on,
        };
        Ok(Self {
            notice_on,
            ends_on: self.ends_on.max(earliest),
            supported_until: self.supported_until.max(policy.supported_until(notice_on)),
            ..self.clone()
        })
    }

    /// # Errors
    /// [`TooLate::Over`] from the day on which it was to go.
    pub fn is_still_to_come(&self, today: Date) -> Result<(), TooLate> {
        let ends_on = self.ends_on;
        (today < ends_on)
            .then_some(())
            .ok_or(TooLate::Over { ends_on })
    }
}

/// Why it cannot be announced so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// There is no name, or a long one.
    #[error("say in 1 to {FEATURE_MOST_CHARS} characters what goes: customers read it")]
    Feature,
    /// The policy says nothing of notices.
    #[error("the policy \"{0}\" says nothing of deprecation ([deprecation] notice_months)")]
    NoTerms(String),
    /// A notice counts from the day on which it is sent.
    #[error(
        "a notice counts from the day on which it is sent: {today} at the earliest, not {wanted}"
    )]
    Past {
        /// The day that was wanted.
        wanted: Date,
        /// Today.
        today: Date,
    },
    /// It would go before the policy allows it.
    #[error(
        "after a notice of {notice_on} the policy allows {earliest} at the earliest, not {wanted}"
    )]
    TooEarly {
        /// The day of the notice.
        notice_on: Date,
        /// The first day that is allowed.
        earliest: Date,
        /// The day that was wanted.
        wanted: Date,
    },
}

/// What may be announced under a policy: to end on `ends_on`, or on the first day that is allowed.
///
/// # Errors
/// [`NotAllowed`].
pub fn announcement(
    site: &str,
    policy: &Policy,
    feature: &str,
    notice_on: Date,
    ends_on: Option<Date>,
    today: Date,
) -> Result<Deprecation, NotAllowed> {
    let feature = cornerdesk_shared::validation::clean_line(feature);
    if feature.is_empty() || feature.chars().count() > FEATURE_MOST_CHARS {
        return Err(NotAllowed::Feature);
    }
    let no_terms = || NotAllowed::NoTerms(policy.id().to_owned());
    let earliest = policy
        .earliest_deprecation(notice_on)
        .ok_or_else(no_terms)?;
    if notice_on < today {
        return Err(NotAllowed::Past {
            wanted: notice_on,
            today,
        });
    }
    let ends_on = ends_on.unwrap_or(earliest);
    if ends_on < earliest {
        return Err(NotAllowed::TooEarly {
            notice_on,
            earliest,
            wanted: ends_on,
        });
    }
    Ok(Deprecation {
        id: id_of(site, &feature),
        feature,
        notice_on,
        ends_on,
        supported_until: policy.supported_until(notice_on),
    })
}

/// One id for a feature of a site.
fn id_of(site: &str, feature: &str) -> Uuid {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("{site}\n{feature}"));
    let mut octets = [0; 16];
    octets.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(octets).into_uuid()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::policy::Library;

    fn m3ter() -> Policy {
        Library::embedded().policy("m3ter", None).expect("a policy")
    }

    #[test]
    fn a_notice_of_the_last_of_a_month_counts_calendar_months() {
        let announced = announcement(
            "acme",
            &m3ter(),
            " Old\nexport ",
            date(2026, 8, 31),
            None,
            date(2026, 8, 1),
        )
        .expect("allowed");
        assert_eq!(announced.feature, "Old export");
        assert_eq!(announced.ends_on, date(2026, 11, 30));
        assert_eq!(announced.supported_until, Some(date(2027, 11, 30)));
        let again = announcement(
            "acme",
            &m3ter(),
            "Old export",
            date(2026, 9, 30),
            None,
            date(2026, 8, 1),
        )
        .expect("allowed");
        assert_eq!(again.id, announced.id);
        assert_eq!(again.ends_on, date(2026, 12, 30));
    }

    #[test]
    fn a_day_that_the_policy_does_not_allow_is_refused_with_the_first_that_it_does() {
        let announce = |ends_on, today| {
            announcement(
                "acme",
                &m3ter(),
                "Export",
                date(2026, 8, 31),
                Some(ends_on),
                today,
            )
        };
        let (earliest, today) = (date(2026, 11, 30), date(2026, 8, 31));
        assert_eq!(
            announce(date(2026, 11, 29), today),
            Err(NotAllowed::TooEarly {
                notice_on: today,
                earliest,
                wanted: date(2026, 11, 29)
            })
        );
        assert_eq!(
            announce(earliest, today).expect("allowed").ends_on,
            earliest
        );
        let tomorrow = date(2026, 9, 1);
        assert_eq!(
            announce(earliest, tomorrow),
            Err(NotAllowed::Past {
                wanted: today,
                today: tomorrow
            })
        );
    }

    #[test]
    fn who_is_told_late_is_promised_the_months_of_the_policy_from_that_day() {
        let (day, policy) = (date(2026, 8, 31), m3ter());
        let announced = announcement(
            "acme",
            &policy,
            "Export",
            day,
            Some(date(2026, 12, 15)),
            day,
        )
        .expect("allowed");
        assert_eq!(announced.told_on(day, &policy), Ok(announced.clone()));
        // As long as the day that was announced is late enough, it stays.
        let told = announced.told_on(date(2026, 9, 15), &policy).expect("told");
        assert_eq!(told.notice_on, date(2026, 9, 15));
        assert_eq!(told.ends_on, date(2026, 12, 15));
        assert_eq!(told.supported_until, Some(date(2027, 12, 15)));
        let told = announced.told_on(date(2026, 9, 16), &policy).expect("told");
        assert_eq!(told.ends_on, date(2026, 12, 16));
        let told = announced
            .told_on(date(2026, 12, 14), &policy)
            .expect("told");
        assert_eq!(told.ends_on, date(2027, 3, 14));
        // A mail that is sent too early says the day of the notice all the same.
        assert_eq!(announced.told_on(date(2026, 8, 30), &policy), Ok(announced));
    }

    #[test]
    fn who_cannot_be_promised_anything_any_more_is_not_told() {
        let (day, policy) = (date(2026, 8, 31), m3ter());
        let announced = announcement("acme", &policy, "Export", day, None, day).expect("allowed");
        let ends_on = date(2026, 11, 30);
        assert_eq!(
            announced.told_on(ends_on, &policy),
            Err(TooLate::Over { ends_on })
        );
        let silent = Library::embedded()
            .policy("memsource", None)
            .expect("a policy");
        assert_eq!(announced.told_on(day, &silent), Ok(announced.clone()));
        assert_eq!(
            announced.told_on(date(2026, 9, 1), &silent),
            Err(TooLate::NoTerms)
        );
    }

    #[test]
    fn a_policy_that_is_silent_promises_nothing_and_allows_nothing() {
        let policy = Library::embedded()
            .policy("memsource", None)
            .expect("a policy");
        let (today, feature) = (date(2026, 8, 31), "Export");
        assert_eq!(
            announcement("acme", &policy, feature, today, None, today),
            Err(NotAllowed::NoTerms("memsource".to_owned()))
        );
        assert_eq!(
            announcement("acme", &m3ter(), " ", today, None, today),
            Err(NotAllowed::Feature)
        );
    }
}
