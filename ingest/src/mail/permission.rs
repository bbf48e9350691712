//! May this mail go out, and if not, why? Pure, and the only place that decides it (threat S1: an acknowledgement goes to whatever address
//! a stranger typed).
//!
//! A new reason is a field of [`Circumstances`], a variant of [`Withheld`], a line in [`decide`] and one in the truth table.

use serde::{Deserialize, Serialize};

/// What a mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Says that the request has arrived.
    Acknowledgement,
    /// Asks whether the request is really theirs.
    Confirmation,
    /// The code by which they prove on the request's page who they are.
    SignIn,
    /// Staff ask for access to their account.
    AccessRequest,
    /// The link to the request, which somebody lost.
    Link,
    /// Says why staff closed the ticket.
    Closing,
    /// What a person of staff wrote. What a site sends by itself is none of its business, nor is how much: but it counts.
    Reply,
}

/// To whom a site writes by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// To the address that was typed.
    #[default]
    Ack,
    /// Asks the address first; the ticket is held until it answers.
    ConfirmFirst,
    /// Only to somebody whose identity the product vouches for.
    VerifiedOnly,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Ack, Self::ConfirmFirst, Self::VerifiedOnly];

    /// The name in the configuration and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::ConfirmFirst => "confirm-first",
            Self::VerifiedOnly => "verified-only",
        }
    }

    /// The mode with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// Numbers of mails: most that may be, or how many there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mails {
    /// From one site to one recipient, in an hour.
    pub site_hour: u32,
    /// From one site to one recipient, in a day.
    pub site_day: u32,
    /// From the whole installation to one recipient, in an hour.
    pub hour: u32,
    /// From the whole installation to one recipient, in a day.
    pub day: u32,
    /// From the whole installation to anybody, in an hour.
    pub everybody_hour: u32,
}

/// Everything that counts.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// What the mail is for.
    pub purpose: Purpose,
    /// What the site wants.
    pub mode: Mode,
    /// The product vouches for the requester, or they confirmed the address for this very ticket.
    pub is_verified: bool,
    /// Somebody who reads the mailbox pressed the button that says that this very request is theirs, and so asked for this mail; or it is the code with
    /// which they end an access that they granted.
    pub is_asked_for: bool,
    /// Somebody who reads the mailbox said that they did not write to us.
    pub has_objected: bool,
    /// The address is one of ours, or of a program by its name.
    pub is_machine: bool,
    /// A mail server said within the last 30 days that it cannot deliver there.
    pub is_undeliverable: bool,
    /// The mail needs a link to us, and nobody knows under which address we are reached.
    pub lacks_public_url: bool,
    /// Mails to the recipient so far, without this one.
    pub sent: Mails,
    /// How many there may be.
    pub most: Mails,
}

/// What to do with the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send it; it counts among the mails that the recipient gets without having asked for them.
    Send,
    /// Send it; it does not count.
    SendUncounted,
    /// Not now: the installation sends too much.
    Later,
    /// Never.
    Withhold(Withheld),
}

/// Why a mail was not sent. A stable name, since it stands on the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// The site writes only to people whose identity is verified.
    NotVerified,
    /// The site writes only to people who confirmed the request.
    NotConfirmed,
    /// Somebody who reads the mailbox said that they did not write to us.
    Objected,
    /// A program answers there, or we do: a mail would come back.
    Machine,
    /// A mail server said that it cannot deliver there.
    Undeliverable,
    /// No address is configured that the link could lead to.
    NoPublicUrl,
    /// The recipient had as many mails as one gets in an hour or a day.
    RecipientBudget,
}

impl Withheld {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::NotVerified,
        Self::NotConfirmed,
        Self::Objected,
        Self::Machine,
        Self::Undeliverable,
        Self::NoPublicUrl,
        Self::RecipientBudget,
    ];

    /// For staff and for the log: one sentence without an address.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::NotVerified => {
                "This site writes only to people whose identity is verified (acknowledge = \"verified-only\")."
            }
            Self::NotConfirmed => {
                "This site writes only to people who have confirmed their request (acknowledge = \"confirm-first\")."
            }
            Self::Objected => "Somebody who reads this address said that they did not write to us.",
            Self::Machine => {
                "This is an address of ours, or one that no person reads (such as “noreply” or “postmaster”)."
            }
            Self::Undeliverable => {
                "A mail server said in the last 30 days that this address cannot be reached."
            }
            Self::NoPublicUrl => {
                "The mail needs a link, and server.public_url does not say where it should lead."
            }
            Self::RecipientBudget => {
                "This address has had as many mails as it may get in an hour or a day ([acknowledge] in the configuration)."
            }
        }
    }
}

/// Decides. Where several reasons hold, the one that lasts longest is told.
#[must_use]
pub fn decide(at: &Circumstances) -> Verdict {
    let withheld = match (at.mode, at.purpose) {
        (Mode::VerifiedOnly, purpose) if !at.is_verified && purpose != Purpose::Reply => {
            Some(Withheld::NotVerified)
        }
        (
            Mode::ConfirmFirst,
            Purpose::Acknowledgement
            | Purpose::SignIn
            | Purpose::AccessRequest
            | Purpose::Link
            | Purpose::Closing,
        ) if !at.is_verified => Some(Withheld::NotConfirmed),
        _ if at.has_objected => Some(Withheld::Objected),
        _ if at.is_machine => Some(Withheld::Machine),
        _ if at.is_undeliverable => Some(Withheld::Undeliverable),
        _ if at.lacks_public_url => Some(Withheld::NoPublicUrl),
        (_, purpose)
            if purpose != Purpose::Reply && !at.is_asked_for && is_spent(&at.sent, &at.most) =>
        {
            Some(Withheld::RecipientBudget)
        }
        _ => None,
    };
    match withheld {
        Some(reason) => Verdict::Withhold(reason),
        // There is one for each press, and a press for each mail that asked: those count.
        None if at.is_asked_for => Verdict::SendUncounted,
        // A person wrote it, one at a time. It does not wait behind what a flood has caused.
        None if at.purpose == Purpose::Reply => Verdict::Send,
        None if at.sent.everybody_hour < at.most.everybody_hour => Verdict::Send,
        // As long as any mail waits: after an outage of days thousands may be due at once, and each of them is owed to somebody.
        None => Verdict::Later,
    }
}

/// Has the recipient had as many mails as one may get?
const fn is_spent(sent: &Mails, most: &Mails) -> bool {
    sent.site_hour >= most.site_hour
        || sent.site_day >= most.site_day
        || sent.hour >= most.hour
        || sent.day >= most.day
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Mails = Mails {
        site_hour: 2,
        site_day: 4,
        hour: 3,
        day: 5,
        everybody_hour: 100,
    };

    /// Nothing speaks against the mail.
    const GOOD: Circumstances = Circumstances {
        purpose: Purpose::Acknowledgement,
        mode: Mode::Ack,
        is_verified: false,
        is_asked_for: false,
        has_objected: false,
        is_machine: false,
        is_undeliverable: false,
        lacks_public_url: false,
        sent: Mails {
            site_hour: 1,
            site_day: 3,
            hour: 2,
            day: 4,
            everybody_hour: 99,
        },
        most: MOST,
    };

    fn confirmed(at: &mut Circumstances) {
        (at.mode, at.purpose) = (Mode::ConfirmFirst, Purpose::Acknowledgement);
        (at.is_verified, at.is_asked_for) = (true, true);
    }

    #[test]
    fn the_truth_table() {
        use Purpose::Confirmation;
        use Verdict::{Later, Send, SendUncounted, Withhold};
        use Withheld::*;
        type Change = fn(&mut Circumstances);
        let table: &[(&str, Change, Verdict)] = &[
            ("nothing is against it", |_| {}, Send),
            ("objected", |at| at.has_objected = true, Withhold(Objected)),
            (
                "objected, though verified",
                |at| (at.has_objected, at.is_verified) = (true, true),
                Withhold(Objected),
            ),
            (
                "a program's address, or ours",
                |at| at.is_machine = true,
                Withhold(Machine),
            ),
            (
                "nobody can be reached there",
                |at| at.is_undeliverable = true,
                Withhold(Undeliverable),
            ),
            (
                "no public URL",
                |at| at.lacks_public_url = true,
                Withhold(NoPublicUrl),
            ),
            (
                "site, hour",
                |at| at.sent.site_hour = 2,
                Withhold(RecipientBudget),
            ),
            (
                "site, day",
                |at| at.sent.site_day = 4,
                Withhold(RecipientBudget),
            ),
            ("hour", |at| at.sent.hour = 3, Withhold(RecipientBudget)),
            ("day", |at| at.sent.day = 5, Withhold(RecipientBudget)),
            (
                "more than may be",
                |at| at.sent.day = 9,
                Withhold(RecipientBudget),
            ),
            (
                "a budget of none",
                |at| (at.most.day, at.sent.day) = (0, 0),
                Withhold(RecipientBudget),
            ),
            ("ceiling", |at| at.sent.everybody_hour = 100, Later),
            (
                "budget before ceiling",
                |at| (at.sent.everybody_hour, at.sent.day) = (100, 5),
                Withhold(RecipientBudget),
            ),
            (
                "verified-only, a stranger",
                |at| at.mode = Mode::VerifiedOnly,
                Withhold(NotVerified),
            ),
            (
                "verified-only, verified",
                |at| (at.mode, at.is_verified) = (Mode::VerifiedOnly, true),
                Send,
            ),
            (
                "confirm-first, acknowledged before",
                |at| at.mode = Mode::ConfirmFirst,
                Withhold(NotConfirmed),
            ),
            (
                "confirm-first, closed before anybody confirmed",
                |at| (at.mode, at.purpose) = (Mode::ConfirmFirst, Purpose::Closing),
                Withhold(NotConfirmed),
            ),
            (
                "confirm-first, the link asked for before anybody confirmed",
                |at| (at.mode, at.purpose) = (Mode::ConfirmFirst, Purpose::Link),
                Withhold(NotConfirmed),
            ),
            (
                "the link asked for, and as many mails as may be",
                |at| (at.purpose, at.sent.hour) = (Purpose::Link, 3),
                Withhold(RecipientBudget),
            ),
            (
                "closed, and as many mails as may be",
                |at| (at.purpose, at.sent.day) = (Purpose::Closing, 5),
                Withhold(RecipientBudget),
            ),
            (
                "a person's reply, though the budget and the fuse are spent",
                |at| (at.purpose, at.sent.day, at.sent.everybody_hour) = (Purpose::Reply, 9, 100),
                Send,
            ),
            (
                "a person's reply to a stranger whom the site writes nothing by itself",
                |at| (at.purpose, at.mode) = (Purpose::Reply, Mode::VerifiedOnly),
                Send,
            ),
            (
                "a person's reply to a stranger who confirmed nothing, let in by staff",
                |at| (at.purpose, at.mode) = (Purpose::Reply, Mode::ConfirmFirst),
                Send,
            ),
            (
                "a person's reply to somebody who objected",
                |at| (at.purpose, at.has_objected) = (Purpose::Reply, true),
                Withhold(Objected),
            ),
            (
                "a person's reply to a program",
                |at| (at.purpose, at.is_machine) = (Purpose::Reply, true),
                Withhold(Machine),
            ),
            (
                "a person's reply to where nobody can be reached",
                |at| (at.purpose, at.is_undeliverable) = (Purpose::Reply, true),
                Withhold(Undeliverable),
            ),
            (
                "confirm-first, asked",
                |at| (at.mode, at.purpose) = (Mode::ConfirmFirst, Confirmation),
                Send,
            ),
            (
                "confirm-first, asked too often",
                |at| {
                    (at.mode, at.purpose, at.sent.hour) = (Mode::ConfirmFirst, Confirmation, 3);
                },
                Withhold(RecipientBudget),
            ),
            ("confirm-first, confirmed", confirmed, SendUncounted),
            (
                "confirmed, though the budget and the fuse are spent",
                |at| {
                    confirmed(at);
                    (at.sent.hour, at.sent.everybody_hour) = (3, 100);
                },
                SendUncounted,
            ),
            (
                "confirmed, and then objected",
                |at| {
                    confirmed(at);
                    at.has_objected = true;
                },
                Withhold(Objected),
            ),
            (
                "verified by the product, and as many such mails as may be",
                |at| (at.is_verified, at.sent.hour) = (true, 3),
                Withhold(RecipientBudget),
            ),
        ];
        for (case, change, verdict) in table {
            let mut at = GOOD;
            change(&mut at);
            assert_eq!(decide(&at), *verdict, "{case}");
        }
    }

    #[test]
    fn every_reason_is_told_without_an_address_and_has_its_own_words() {
        let mut told: Vec<&str> = Withheld::ALL.map(Withheld::describe).to_vec();
        assert!(told.iter().all(|text| !text.contains('@')), "{told:?}");
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), Withheld::ALL.len());
    }

    #[test]
    fn a_mode_has_one_name_everywhere() {
        for mode in Mode::ALL {
            assert_eq!(Mode::from_name(mode.as_str()), Some(mode));
            assert_eq!(serde_json::json!(mode), mode.as_str());
        }
        assert_eq!(Mode::from_name("all"), None);
    }
}
