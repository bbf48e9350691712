//! Why a ticket was solved or closed. Pure.

use serde::{Deserialize, Serialize};

use super::Status;

/// Why it was solved or closed: standard terms, so that they can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum ClosingReason {
    /// What was wrong is right.
    Fixed,
    /// The question is answered.
    Answered,
    /// There is a way around it.
    Workaround,
    /// The policy does not cover it (requirement 29). The requester gets a mail that says so, and that mail is the first response.
    OutOfScope,
    /// It stays as it is: no policy guarantees a fix (requirement 52). No response by itself, and no breach.
    WillNotFix,
    /// It is dealt with in another ticket.
    Duplicate,
    /// The requester did not answer what was asked.
    NoReply,
    /// Nobody could make it happen again.
    NotReproducible,
}

impl ClosingReason {
    /// Every reason, in the order in which staff choose.
    pub const ALL: [Self; 8] = [
        Self::Fixed,
        Self::Answered,
        Self::Workaround,
        Self::OutOfScope,
        Self::WillNotFix,
        Self::Duplicate,
        Self::NoReply,
        Self::NotReproducible,
    ];

    /// The name on the timeline, on the command line and of the words for the requester.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Answered => "answered",
            Self::Workaround => "workaround",
            Self::OutOfScope => "out_of_scope",
            Self::WillNotFix => "will_not_fix",
            Self::Duplicate => "duplicate",
            Self::NoReply => "no_reply",
            Self::NotReproducible => "not_reproducible",
        }
    }

    /// The reason with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// For staff.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Answered => "answered",
            Self::Workaround => "there is a workaround",
            Self::OutOfScope => "out of scope",
            Self::WillNotFix => "will not be fixed",
            Self::Duplicate => "dealt with in another ticket",
            Self::NoReply => "no reply from the requester",
            Self::NotReproducible => "not reproducible",
        }
    }

    /// Whether it can be the reason to call a ticket `status`: whoever was not helped must not read that it is solved.
    #[must_use]
    pub const fn fits(self, status: Status) -> bool {
        match (status, self) {
            (Status::Closed, _)
            | (Status::Solved, Self::Fixed | Self::Answered | Self::Workaround) => true,
            (Status::Solved | Status::New | Status::Open | Status::Waiting, _) => false,
        }
    }

    /// Whether closing with it is itself the first response, since the requester gets a mail about it.
    #[must_use]
    pub const fn is_a_response(self) -> bool {
        matches!(self, Self::OutOfScope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_one_name_everywhere() {
        for reason in ClosingReason::ALL {
            assert_eq!(ClosingReason::from_name(reason.as_str()), Some(reason));
            assert_eq!(serde_json::json!(reason), reason.as_str());
            let value = clap::ValueEnum::to_possible_value(&reason).expect("a value");
            assert_eq!(value.get_name(), reason.as_str());
        }
        assert_eq!(ClosingReason::from_name("wontfix"), None);
    }

    #[test]
    fn what_did_not_help_is_closed_and_not_solved() {
        let solves = |reason: &ClosingReason| reason.fits(Status::Solved);
        let solving: Vec<_> = ClosingReason::ALL.into_iter().filter(solves).collect();
        use ClosingReason::{Answered, Fixed, Workaround};
        assert_eq!(solving, [Fixed, Answered, Workaround]);
        for reason in ClosingReason::ALL {
            assert!(reason.fits(Status::Closed));
            assert!(!reason.fits(Status::Open) && !reason.fits(Status::Waiting));
        }
    }

    #[test]
    fn only_the_mail_about_what_is_out_of_scope_is_a_response() {
        let answering = ClosingReason::ALL
            .into_iter()
            .filter(|it| it.is_a_response());
        assert_eq!(answering.collect::<Vec<_>>(), [ClosingReason::OutOfScope]);
    }
}
