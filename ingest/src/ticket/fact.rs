//! The facts of a ticket, as its timeline keeps them. Pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    ClosingReason, HoldReason, Releaser, Status,
    findings::{Reproduced, Workaround},
    snooze::Waking,
    terms::{PauseReason, Terms},
};
use crate::{agenda, mail::permission::Withheld, message};

/// One fact of a ticket. Facts are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// The submission was accepted.
    Received {
        /// How many files came with it.
        attachments: u32,
        /// What the policy's clocks start from; nothing where the ticket is older than policies.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        terms: Option<Box<Terms>>,
    },
    /// It is kept apart.
    Held {
        /// Why.
        reason: HoldReason,
    },
    /// It was let in.
    Released {
        /// By whom.
        by: Releaser,
    },
    /// The acknowledgement was handed to the mail server.
    Acknowledged,
    /// The acknowledgement cannot be delivered.
    AcknowledgementFailed {
        /// Why, in words of ours.
        reason: String,
    },
    /// The acknowledgement must not be sent.
    AcknowledgementWithheld {
        /// Why.
        reason: Withheld,
    },
    /// The requester was asked by mail whether the request is theirs.
    ConfirmationAsked,
    /// The requester could not be asked.
    ConfirmationNotAsked {
        /// Why, in words of ours.
        reason: String,
    },
    /// Somebody who reads the requester's address said that they did not send this.
    Disowned,
    /// Somebody who reads the requester's address said that the request is theirs.
    Confirmed,
    /// The mail server got all of a mail and did not say whether it took it.
    MailUnanswered,
    /// A mail server that had taken the mail says that it cannot be delivered.
    DeliveryFailed {
        /// Its code (RFC 3463), such as `5.1.1`.
        status: Option<String>,
    },
    /// A mail server that had taken the mail is still trying.
    DeliveryDelayed {
        /// Its code, such as `4.4.1`.
        status: Option<String>,
    },
    /// Malware was found in a file.
    MalwareFound {
        /// The file's name.
        file: String,
        /// What the scanner calls it.
        name: String,
    },
    /// A file in which malware was found is handed out all the same.
    FileUnblocked {
        /// The file's name.
        file: String,
        /// Who wanted it.
        by: String,
        /// What for.
        reason: String,
    },
    /// Staff said what kind of request it is or how urgent. What is absent stays as it was; `null` is nothing.
    Classified {
        /// Key of a category of the pinned policy.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "said"
        )]
        category: Option<Option<String>>,
        /// Key of a priority of the pinned policy.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "said"
        )]
        priority: Option<Option<String>>,
        /// Who.
        by: String,
    },
    /// Staff said which plan it is under.
    PlanChanged {
        /// Key of a plan of the pinned policy, or nothing.
        plan: Option<String>,
        /// Who.
        by: String,
    },
    /// A colleague answered in public. The first of these ends the clock of the first response.
    Answered {
        /// Who.
        by: String,
    },
    /// The clock stands still.
    Paused {
        /// What it waits for.
        reason: PauseReason,
        /// Who said so.
        by: String,
    },
    /// The clock goes on.
    Resumed {
        /// Who said so.
        by: String,
    },
    /// It was handed on to a further step of the policy's workflow.
    EscalatedTo {
        /// Number of the step.
        step: u32,
        /// Its title in the pinned policy.
        title: String,
        /// Who.
        by: String,
    },
    /// Requests in it go on under references of their own.
    Split {
        /// Their references.
        into: Vec<String>,
        /// Who.
        by: String,
    },
    /// It was split off another ticket.
    SplitFrom {
        /// The reference of that ticket.
        whole: String,
        /// Who.
        by: String,
    },
    /// The mail that names the references of all parts was handed to the mail server.
    SplitTold,
    /// That mail was not sent.
    SplitNotTold {
        /// Why, in words of ours.
        reason: String,
    },
    /// Other terms hold from here on, as if they had held from the start.
    Repinned {
        /// The version of the site's policy that it was pinned to.
        from: Option<u32>,
        /// The version that it is pinned to.
        version: u32,
        /// Who.
        by: String,
        /// Why.
        because: String,
    },
    /// The work came to another state.
    StatusChanged {
        /// Which.
        to: Status,
        /// Who said so.
        by: String,
        /// What the cause was, as far as it is known; `unknown` said in so many words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root_cause: Option<String>,
        /// Why it was solved or closed; nothing when nobody said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<ClosingReason>,
    },
    /// The mail by which the requester hears why it was closed was handed to the mail server.
    ClosingTold,
    /// That mail was not sent.
    ClosingNotTold {
        /// Why, in words of ours.
        reason: String,
    },
    /// Staff found something out. What is absent stays as it was.
    Found {
        /// Whether it happens again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reproduced: Option<Reproduced>,
        /// A way around it; with an empty text there is none any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workaround: Option<Workaround>,
        /// The cause, or `unknown`; empty when it turned out to be another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root_cause: Option<String>,
        /// Who.
        by: String,
    },
    /// A colleague wrote to the requester in public.
    Updated {
        /// Who.
        by: String,
    },
    /// Something happened at which the policy asks for a message: `workaround_found`.
    MomentCame {
        /// The moment, as the policy names it.
        moment: String,
        /// Who said so.
        by: String,
    },
    /// The message that a moment asks for is left out on purpose.
    MessageSkipped {
        /// The moment.
        moment: String,
        /// Who.
        by: String,
        /// Why.
        because: String,
    },
    /// Staff were told by mail what had become due.
    Notified {
        /// The keys of the alarms.
        keys: Vec<String>,
        /// How many people were told.
        people: u32,
    },
    /// Somebody of staff could not be told.
    NotificationFailed {
        /// Why, in words of ours.
        reason: String,
    },
    /// Staff asked the requester for access to their account.
    AccessRequested {
        /// Who asked.
        by: String,
        /// What for; the requester reads it.
        purpose: String,
    },
    /// A mail that asks the requester for access was handed to the mail server.
    AccessAsked {
        /// Which request it is of: when it was made.
        asked_at: Timestamp,
    },
    /// A mail that asks the requester for access was not sent.
    AccessNotAsked {
        /// Which request it was of: when it was made.
        asked_at: Timestamp,
        /// Why, in words of ours.
        reason: String,
    },
    /// The requester granted access.
    AccessGranted {
        /// Its id.
        grant: Uuid,
        /// What for.
        purpose: String,
        /// Until when.
        until: Timestamp,
    },
    /// Somebody used it.
    AccessUsed {
        /// Which.
        grant: Uuid,
        /// Who.
        by: String,
        /// What for; the requester reads it.
        purpose: String,
    },
    /// Somebody wanted to use access that there was not.
    AccessRefused {
        /// Who.
        by: String,
        /// Why not: the name of a refusal of `grants`.
        reason: String,
    },
    /// The requester ended it.
    AccessRevoked {
        /// Which.
        grant: Uuid,
    },
    /// It ran out.
    AccessExpired {
        /// Which.
        grant: Uuid,
    },
    /// Somebody wrote a message; its text is kept apart.
    Wrote {
        /// Which.
        message: Uuid,
        /// Who speaks to whom.
        what: message::Kind,
        /// The way it came.
        via: message::Via,
        /// Who of staff; nobody where the requester did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// The mail with a reply was handed to the mail server.
    ReplySent {
        /// Which.
        message: Uuid,
    },
    /// The mail with a reply was not sent; the reply is on the page of the request all the same.
    ReplyNotSent {
        /// Which.
        message: Uuid,
        /// Why, in words of ours.
        reason: String,
    },
    /// Somebody of staff has it from now on, or nobody.
    Assigned {
        /// Who; nothing is nobody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        staff: Option<Uuid>,
        /// As colleagues knew them then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Who said so.
        by: String,
    },
    /// It has a tag.
    Tagged {
        /// Which.
        tag: String,
        /// Who said so.
        by: String,
    },
    /// It has a tag no more.
    Untagged {
        /// Which.
        tag: String,
        /// Who said so.
        by: String,
    },
    /// It is out of the queue for a while.
    Snoozed {
        /// Until when at the latest.
        until: Timestamp,
        /// Who said so.
        by: String,
    },
    /// It is in the queue again.
    Woken {
        /// Why.
        because: Waking,
        /// Who of staff, where it was somebody's wish.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// It is the same as another ticket, in which it goes on.
    MergedInto {
        /// The other's reference.
        into: String,
        /// Who said so.
        by: String,
    },
    /// Another ticket is the same and goes on in this one.
    Merged {
        /// The other's reference.
        from: String,
        /// Who said so.
        by: String,
    },
    /// It has to do with another ticket, which says the same.
    Linked {
        /// The other's reference.
        to: String,
        /// Who said so.
        by: String,
    },
    /// It has nothing to do with it after all.
    Unlinked {
        /// The other's reference.
        from: String,
        /// Who said so.
        by: String,
    },
    /// The requester said whether it is solved.
    Judged {
        /// Is it?
        is_solved: bool,
    },
    /// The requester said what they think of the help; what they wrote with it is kept apart.
    Rated {
        /// Was it good?
        is_good: bool,
    },
    /// Its files were kept for as long as the site keeps them, and are gone.
    FilesErased {
        /// How many.
        files: u32,
    },
    /// A monitoring system's alarm made the ticket.
    Alarm {
        /// The monitoring system, as it is called in the configuration.
        source: String,
        /// How grave it says the alarm is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        severity: Option<String>,
        /// The reference of the ticket that the same alarm made before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        former: Option<String>,
    },
    /// The alarm came again. One fact counts until a person does something: see [`Fact::is_counted`].
    AlarmRepeated {
        /// How often.
        times: u64,
        /// When it came last.
        last_at: Timestamp,
    },
    /// The monitoring system said that the alarm is over. Counted likewise.
    AlarmResolved {
        /// How often.
        times: u64,
        /// When it said so last.
        last_at: Timestamp,
    },
    /// Further alarms came than may make tickets. Counted likewise.
    AlarmsOverLimit {
        /// How many different ones.
        alarms: u64,
        /// How many more one message said that it left out, at the most.
        left_out: u64,
        /// When the last of them came.
        last_at: Timestamp,
    },
}

/// A member that is there, `null` included.
fn said<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl Fact {
    /// The name of its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Received { .. } => "received",
            Self::Held { .. } => "held",
            Self::Released { .. } => "released",
            Self::Acknowledged => "acknowledged",
            Self::AcknowledgementFailed { .. } => "acknowledgement_failed",
            Self::MalwareFound { .. } => "malware_found",
            Self::FileUnblocked { .. } => "file_unblocked",
            Self::AcknowledgementWithheld { .. } => "acknowledgement_withheld",
            Self::ConfirmationAsked => "confirmation_asked",
            Self::ConfirmationNotAsked { .. } => "confirmation_not_asked",
            Self::Disowned => "disowned",
            Self::Confirmed => "confirmed",
            Self::MailUnanswered => "mail_unanswered",
            Self::DeliveryFailed { .. } => "delivery_failed",
            Self::DeliveryDelayed { .. } => "delivery_delayed",
            Self::Classified { .. } => "classified",
            Self::PlanChanged { .. } => "plan_changed",
            Self::Answered { .. } => "answered",
            Self::Paused { .. } => "paused",
            Self::Resumed { .. } => "resumed",
            Self::EscalatedTo { .. } => "escalated_to",
            Self::Split { .. } => "split",
            Self::SplitFrom { .. } => "split_from",
            Self::SplitTold => "split_told",
            Self::SplitNotTold { .. } => "split_not_told",
            Self::Repinned { .. } => "repinned",
            Self::StatusChanged { .. } => "status_changed",
            Self::ClosingTold => "closing_told",
            Self::ClosingNotTold { .. } => "closing_not_told",
            Self::Found { .. } => "found",
            Self::Updated { .. } => "updated",
            Self::MomentCame { .. } => "moment_came",
            Self::MessageSkipped { .. } => "message_skipped",
            Self::Notified { .. } => "notified",
            Self::NotificationFailed { .. } => "notification_failed",
            Self::AccessRequested { .. } => "access_requested",
            Self::AccessAsked { .. } => "access_asked",
            Self::AccessNotAsked { .. } => "access_not_asked",
            Self::AccessGranted { .. } => "access_granted",
            Self::AccessUsed { .. } => "access_used",
            Self::AccessRefused { .. } => "access_refused",
            Self::AccessRevoked { .. } => "access_revoked",
            Self::AccessExpired { .. } => "access_expired",
            Self::Wrote { .. } => "wrote",
            Self::ReplySent { .. } => "reply_sent",
            Self::ReplyNotSent { .. } => "reply_not_sent",
            Self::Assigned { .. } => "assigned",
            Self::Tagged { .. } => "tagged",
            Self::Untagged { .. } => "untagged",
            Self::Snoozed { .. } => "snoozed",
            Self::Woken { .. } => "woken",
            Self::MergedInto { .. } => "merged_into",
            Self::Merged { .. } => "merged",
            Self::Linked { .. } => "linked",
            Self::Unlinked { .. } => "unlinked",
            Self::Judged { .. } => "judged",
            Self::Rated { .. } => "rated",
            Self::FilesErased { .. } => "files_erased",
            Self::Alarm { .. } => "alarm",
            Self::AlarmRepeated { .. } => "alarm_repeated",
            Self::AlarmResolved { .. } => "alarm_resolved",
            Self::AlarmsOverLimit { .. } => "alarms_over_limit",
        }
    }

    /// Can it matter to whoever has the ticket elsewhere? What is only about our own mails and alarms does not, except for the promise of
    /// a first answer.
    #[must_use]
    pub fn concerns_destinations(&self) -> bool {
        if let Self::Notified { keys, .. } = self {
            return agenda::first_response::Told::of(keys).is_some();
        }
        !(self.is_counted()
            || matches!(
                self,
                Self::Held { .. }
                    | Self::Acknowledged
                    | Self::AcknowledgementFailed { .. }
                    | Self::AcknowledgementWithheld { .. }
                    | Self::ConfirmationAsked
                    | Self::ConfirmationNotAsked { .. }
                    | Self::Confirmed
                    | Self::MailUnanswered
                    | Self::DeliveryFailed { .. }
                    | Self::DeliveryDelayed { .. }
                    | Self::SplitTold
                    | Self::SplitNotTold { .. }
                    | Self::ClosingTold
                    | Self::ClosingNotTold { .. }
                    | Self::MomentCame { .. }
                    | Self::MessageSkipped { .. }
                    | Self::NotificationFailed { .. }
                    | Self::AccessRequested { .. }
                    | Self::AccessAsked { .. }
                    | Self::AccessNotAsked { .. }
                    | Self::AccessGranted { .. }
                    | Self::AccessUsed { .. }
                    | Self::AccessRefused { .. }
                    | Self::AccessRevoked { .. }
                    | Self::AccessExpired { .. }
                    | Self::ReplySent { .. }
                    | Self::ReplyNotSent { .. }
                    | Self::Tagged { .. }
                    | Self::Untagged { .. }
                    | Self::Snoozed { .. }
                    | Self::Woken { .. }
                    | Self::Linked { .. }
                    | Self::Unlinked { .. }
                    | Self::Rated { .. }
                    | Self::FilesErased { .. }
            ))
    }

    /// Is it a count that goes on? These alone are ever written anew; no clock hears them.
    #[must_use]
    pub const fn is_counted(&self) -> bool {
        matches!(
            self,
            Self::AlarmRepeated { .. } | Self::AlarmResolved { .. } | Self::AlarmsOverLimit { .. }
        )
    }
}

/// An entry of the timeline: a fact, its place and when it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 1, 2, 3 …
    pub seq: i32,
    /// When.
    pub at: Timestamp,
    /// What.
    pub fact: Fact,
}
