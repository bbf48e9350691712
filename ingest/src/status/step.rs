//! What the requester sees of what happened. Pure.
//!
//! A fact is for staff only until [`step_of`] says otherwise, and nothing that a fact holds beside its kind comes out but what a [`Step`] has room for: no
//! names of colleagues, no reasons, no priorities.

use jiff::Timestamp;

use crate::{
    message::Kind,
    ticket::{Entry, Fact, Status, terms::PauseReason},
};

/// Something that the requester knows or should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The request arrived.
    Received,
    /// A mail said so.
    Acknowledged,
    /// The requester confirmed their address.
    Confirmed,
    /// Staff began to work on it.
    Started,
    /// Staff wrote down what can be done meanwhile.
    Workaround,
    /// It became several.
    Split,
    /// Staff say that it is done.
    Solved,
    /// It was closed.
    Closed,
    /// Staff answered.
    Answered,
    /// The requester wrote to staff.
    Wrote,
    /// What the requester did opened it again.
    Reopened,
    /// The requester says that it is solved.
    SaidSolved,
    /// The requester says that it is not.
    SaidUnsolved,
    /// Staff asked something and wait for the answer.
    Waiting,
    /// Staff asked for access.
    AccessRequested,
    /// The mail about it was not sent.
    AccessNotAsked,
    /// The requester granted it.
    AccessGranted,
    /// Staff used it.
    AccessUsed,
    /// The requester ended it.
    AccessRevoked,
    /// It ran out.
    AccessExpired,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 20] = [
        Self::Received,
        Self::Acknowledged,
        Self::Confirmed,
        Self::Started,
        Self::Workaround,
        Self::Split,
        Self::Solved,
        Self::Closed,
        Self::Answered,
        Self::Wrote,
        Self::Reopened,
        Self::SaidSolved,
        Self::SaidUnsolved,
        Self::Waiting,
        Self::AccessRequested,
        Self::AccessNotAsked,
        Self::AccessGranted,
        Self::AccessUsed,
        Self::AccessRevoked,
        Self::AccessExpired,
    ];

    /// The key of its words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Acknowledged => "acknowledged",
            Self::Confirmed => "confirmed",
            Self::Started => "started",
            Self::Workaround => "workaround",
            Self::Split => "split",
            Self::Solved => "solved",
            Self::Closed => "closed",
            Self::Answered => "answered",
            Self::Wrote => "wrote",
            Self::Reopened => "reopened",
            Self::SaidSolved => "said_solved",
            Self::SaidUnsolved => "said_unsolved",
            Self::Waiting => "waiting",
            Self::AccessRequested => "access_requested",
            Self::AccessNotAsked => "access_not_asked",
            Self::AccessGranted => "access_granted",
            Self::AccessUsed => "access_used",
            Self::AccessRevoked => "access_revoked",
            Self::AccessExpired => "access_expired",
        }
    }
}

/// What of a fact the requester sees. No wildcard here: whoever adds a kind of fact decides.
#[must_use]
pub const fn step_of(fact: &Fact) -> Option<Step> {
    match fact {
        Fact::Received { .. } => Some(Step::Received),
        Fact::Acknowledged => Some(Step::Acknowledged),
        Fact::Confirmed => Some(Step::Confirmed),
        Fact::Answered { .. } => Some(Step::Answered),
        Fact::Wrote { what, .. } => match what {
            Kind::Reply => Some(Step::Answered),
            Kind::Answer => Some(Step::Wrote),
            Kind::Note => None,
        },
        Fact::Judged { is_solved: true } => Some(Step::SaidSolved),
        Fact::Judged { is_solved: false } => Some(Step::SaidUnsolved),
        // What else a clock waits for is between staff and others.
        Fact::Paused { reason, .. } => match reason {
            PauseReason::Requester => Some(Step::Waiting),
            PauseReason::Access | PauseReason::ThirdParty | PauseReason::OtherDepartment => None,
        },
        Fact::Split { .. } => Some(Step::Split),
        Fact::Found { workaround, .. } => match workaround {
            Some(workaround) if workaround.is_shown && !workaround.text.is_empty() => {
                Some(Step::Workaround)
            }
            _ => None,
        },
        Fact::StatusChanged { to, .. } => match to {
            Status::Open => Some(Step::Started),
            Status::Solved => Some(Step::Solved),
            Status::Closed => Some(Step::Closed),
            Status::New | Status::Waiting => None,
        },
        Fact::AccessRequested { .. } => Some(Step::AccessRequested),
        Fact::AccessNotAsked { .. } => Some(Step::AccessNotAsked),
        Fact::AccessGranted { .. } => Some(Step::AccessGranted),
        Fact::AccessUsed { .. } => Some(Step::AccessUsed),
        Fact::AccessRevoked { .. } => Some(Step::AccessRevoked),
        Fact::AccessExpired { .. } => Some(Step::AccessExpired),
        Fact::Held { .. }
        | Fact::Released { .. }
        | Fact::AcknowledgementFailed { .. }
        | Fact::AcknowledgementWithheld { .. }
        | Fact::ConfirmationAsked
        | Fact::ConfirmationNotAsked { .. }
        | Fact::Disowned
        | Fact::MailUnanswered
        | Fact::DeliveryFailed { .. }
        | Fact::DeliveryDelayed { .. }
        | Fact::MalwareFound { .. }
        | Fact::FileUnblocked { .. }
        | Fact::AccessAsked { .. }
        | Fact::AccessRefused { .. }
        | Fact::Classified { .. }
        | Fact::PlanChanged { .. }
        | Fact::Resumed { .. }
        | Fact::EscalatedTo { .. }
        | Fact::SplitFrom { .. }
        | Fact::SplitTold
        | Fact::SplitNotTold { .. }
        | Fact::Repinned { .. }
        | Fact::ClosingTold
        | Fact::ClosingNotTold { .. }
        | Fact::Updated { .. }
        | Fact::MomentCame { .. }
        | Fact::MessageSkipped { .. }
        | Fact::Notified { .. }
        | Fact::NotificationFailed { .. }
        | Fact::ReplySent { .. }
        | Fact::ReplyNotSent { .. }
        | Fact::Assigned { .. }
        | Fact::Tagged { .. }
        | Fact::Untagged { .. }
        | Fact::Snoozed { .. }
        | Fact::Woken { .. }
        | Fact::MergedInto { .. }
        | Fact::Merged { .. }
        | Fact::Linked { .. }
        | Fact::Unlinked { .. }
        | Fact::Rated { .. }
        | Fact::FilesErased { .. }
        | Fact::Alarm { .. }
        | Fact::AlarmRepeated { .. }
        | Fact::AlarmResolved { .. }
        | Fact::AlarmsOverLimit { .. } => None,
    }
}

/// What happened, oldest first.
#[must_use]
pub fn steps(timeline: &[Entry]) -> Vec<(Timestamp, Step)> {
    let step = |(index, entry): (usize, &Entry)| {
        let step = match (cause_of(timeline, index), &entry.fact) {
            // The reply said so.
            (Some(Fact::Wrote { .. }), Fact::Answered { .. }) => None,
            (Some(cause), Fact::StatusChanged { to, .. }) if is_of_requester(cause) => {
                (*to == Status::Open).then_some(Step::Reopened)
            }
            (_, fact) => step_of(fact),
        };
        step.map(|step| (entry.at, step))
    };
    timeline.iter().enumerate().filter_map(step).collect()
}

/// What was written down just before an entry, and together with it.
pub(super) fn cause_of(timeline: &[Entry], index: usize) -> Option<&Fact> {
    let entry = timeline.get(index)?;
    let before = timeline.get(index.checked_sub(1)?)?;
    (before.at == entry.at).then_some(&before.fact)
}

/// Did the requester do it?
pub(super) const fn is_of_requester(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Judged { .. }
            | Fact::Wrote {
                what: Kind::Answer,
                ..
            }
    )
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::message::Via;

    fn timeline(facts: &[(i64, Fact)]) -> Vec<Entry> {
        let numbered = (1..).zip(facts);
        numbered
            .map(|(seq, (second, fact))| Entry {
                seq,
                at: Timestamp::from_second(*second).unwrap(),
                fact: fact.clone(),
            })
            .collect()
    }

    fn seen(facts: &[(i64, Fact)]) -> Vec<Step> {
        let steps = steps(&timeline(facts));
        steps.into_iter().map(|(_, step)| step).collect()
    }

    fn wrote(what: Kind) -> Fact {
        Fact::Wrote {
            message: Uuid::nil(),
            what,
            via: Via::Page,
            by: Some("canary".into()),
        }
    }

    fn to(status: Status) -> Fact {
        Fact::StatusChanged {
            to: status,
            by: "canary".into(),
            root_cause: None,
            reason: None,
        }
    }

    #[test]
    fn a_reply_is_one_step_and_a_note_is_none() {
        let by = || "canary".to_owned();
        let replies = [
            (1, wrote(Kind::Reply)),
            (1, Fact::Answered { by: by() }),
            (2, wrote(Kind::Note)),
            (3, wrote(Kind::Reply)),
            (3, Fact::Updated { by: by() }),
            (4, Fact::Answered { by: by() }),
        ];
        assert_eq!(
            seen(&replies),
            [Step::Answered; 3],
            "the last one by telephone"
        );
    }

    #[test]
    fn what_the_requester_opens_again_is_not_told_as_the_work_of_staff() {
        let answered = [(1, wrote(Kind::Answer)), (1, to(Status::Open))];
        assert_eq!(seen(&answered), [Step::Wrote, Step::Reopened]);
        let later = [(1, wrote(Kind::Answer)), (2, to(Status::Open))];
        assert_eq!(seen(&later), [Step::Wrote, Step::Started]);
        let judged = |is_solved| Fact::Judged { is_solved };
        let solved = [(1, judged(true)), (1, to(Status::Solved))];
        assert_eq!(seen(&solved), [Step::SaidSolved]);
        let not = [(1, judged(false)), (1, to(Status::Open))];
        assert_eq!(seen(&not), [Step::SaidUnsolved, Step::Reopened]);
        assert_eq!(seen(&[(1, judged(false))]), [Step::SaidUnsolved]);
    }
}
