//! The log of what staff did: who, when, what, to whom; ids and kinds, no texts and no addresses. Pure.
//!
//! Each row holds the digest of the one before. Whoever changes a row, takes one out or puts one in between has to write all later ones anew,
//! and then the digest of the last one, which `cornerdesk audit verify` prints, is another than the one that somebody has noted elsewhere.

use jiff::{Timestamp, civil::Date};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    privacy::Held,
    staff::{Role, VisibleSites},
};

/// A digest.
pub type Hash = [u8; 32];

/// What stands before the first row.
pub const BEGINNING: Hash = [0; 32];

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Somebody who was signed in.
    Staff(Uuid),
    /// Somebody at the command line of a machine of ours.
    CommandLine,
    /// Somebody of whom we do not know who it is.
    Nobody,
}

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By the password alone.
    Password,
    /// By password and code.
    Code,
    /// By password and one of the codes that were kept for the worst.
    RecoveryCode,
    /// By an invitation, with which they chose a password.
    Invitation,
    /// By their account at a provider.
    Provider,
}

impl Proof {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "code",
            Self::RecoveryCode => "recovery_code",
            Self::Invitation => "invitation",
            Self::Provider => "provider",
        }
    }
}

/// What was done about a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToDestination {
    /// It was stopped.
    Paused,
    /// It goes on.
    Resumed,
    /// Something was sent to see whether it works.
    Tried,
    /// What was given up goes again.
    Replayed {
        /// How much.
        count: u64,
    },
    /// A secret of it is kept from now on.
    SecretKept {
        /// Its name; never what it is.
        field: String,
    },
    /// A secret of it is kept no more.
    SecretForgotten {
        /// Its name.
        field: String,
    },
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A session began.
    SignedIn(Proof),
    /// A password or a code was wrong; `None`: nobody has the address.
    SignInFailed(Option<Uuid>),
    /// A session was ended by its owner.
    SignedOut,
    /// Sessions of somebody were ended.
    SessionsEnded {
        /// Whose.
        whose: Uuid,
        /// How many.
        count: u64,
    },
    /// Somebody has a new password, and all other sessions of theirs have ended.
    PasswordChanged(Uuid),
    /// An account of a provider is somebody's from now on.
    Linked(Uuid),
    /// None is any more.
    Unlinked(Uuid),
    /// Codes are asked of somebody from now on.
    CodesTurnedOn(Uuid),
    /// They are not any more.
    CodesTurnedOff(Uuid),
    /// Somebody may sign in who could not.
    Added {
        /// Who.
        whom: Uuid,
        /// With which role.
        role: Role,
        /// Whose tickets they see.
        visible: VisibleSites,
    },
    /// Somebody was sent a link by which they choose a password.
    Invited(Uuid),
    /// What somebody may do, or whose tickets they see, is another.
    AccessChanged {
        /// Whose.
        whose: Uuid,
        /// The role by now.
        role: Role,
        /// Whose tickets they see by now.
        visible: VisibleSites,
    },
    /// Somebody may not sign in any more.
    Removed(Uuid),
    /// A rule for everybody.
    RuleSet {
        /// Its name.
        rule: &'static str,
        /// Its value.
        value: i32,
    },
    /// A file of a ticket was handed out.
    FileRead {
        /// Key of the site.
        site: String,
        /// The ticket.
        ticket: Uuid,
        /// The file.
        attachment: Uuid,
    },
    /// Previews of files of a ticket were shown.
    PreviewsSeen {
        /// Key of the site.
        site: String,
        /// The ticket.
        ticket: Uuid,
        /// The files.
        attachments: Vec<Uuid>,
    },
    /// A file in which malware was found may be handed out from now on.
    FileUnblocked {
        /// Key of the site.
        site: String,
        /// The ticket.
        ticket: Uuid,
        /// The file.
        attachment: Uuid,
    },
    /// Tickets left as a table.
    Exported {
        /// Key of the site; nothing for all that whoever did it sees.
        site: Option<String>,
        /// Received on this day or later.
        from: Date,
        /// Received on this day or before.
        to: Date,
        /// How many.
        rows: u64,
    },
    /// This log was taken along.
    LogExported {
        /// As what.
        format: &'static str,
    },
    /// What is kept of a person was handed over.
    PersonExported {
        /// Key of the site; nothing for all that whoever did it sees.
        site: Option<String>,
        /// How much.
        held: Held,
    },
    /// Somebody began to erase what is kept of a person.
    ErasureBegun {
        /// Key of the site; nothing for all that whoever did it sees.
        site: Option<String>,
    },
    /// Something was done about a destination.
    Destination {
        /// Its name.
        name: String,
        /// What.
        deed: ToDestination,
    },
    /// It was erased.
    Erased {
        /// Key of the site; nothing for all that whoever did it sees.
        site: Option<String>,
        /// How much.
        held: Held,
    },
}

impl Act {
    /// The name in the database.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SignedIn(_) => "signed_in",
            Self::SignInFailed(_) => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::SessionsEnded { .. } => "sessions_ended",
            Self::PasswordChanged(_) => "password_changed",
            Self::Linked(_) => "provider_linked",
            Self::Unlinked(_) => "provider_unlinked",
            Self::CodesTurnedOn(_) => "codes_turned_on",
            Self::CodesTurnedOff(_) => "codes_turned_off",
            Self::Added { .. } => "added",
            Self::Invited(_) => "invited",
            Self::AccessChanged { .. } => "access_changed",
            Self::Removed(_) => "removed",
            Self::RuleSet { .. } => "rule_set",
            Self::FileRead { .. } => "file_read",
            Self::PreviewsSeen { .. } => "previews_seen",
            Self::FileUnblocked { .. } => "file_unblocked",
            Self::Exported { .. } => "exported",
            Self::LogExported { .. } => "log_exported",
            Self::PersonExported { .. } => "person_exported",
            Self::ErasureBegun { .. } => "erasure_begun",
            Self::Erased { .. } => "erased",
            Self::Destination { deed, .. } => match deed {
                ToDestination::Paused => "destination_paused",
                ToDestination::Resumed => "destination_resumed",
                ToDestination::Tried => "destination_tried",
                ToDestination::Replayed { .. } => "destination_replayed",
                ToDestination::SecretKept { .. } => "destination_secret_kept",
                ToDestination::SecretForgotten { .. } => "destination_secret_forgotten",
            },
        }
    }

    /// Ids and kinds.
    fn detail(&self) -> Value {
        let access = |whom: &Uuid, role: &Role, visible: &VisibleSites| {
            let sites = match visible {
                VisibleSites::All => None,
                VisibleSites::Of { sites, .. } => Some(sites),
            };
            json!({ "staff": whom, "role": role.as_str(), "sites": sites })
        };
        match self {
            Self::SignedIn(proof) => json!({ "with": proof.as_str() }),
            Self::SignedOut => json!({}),
            Self::SessionsEnded { whose, count } => json!({ "staff": whose, "count": count }),
            Self::SignInFailed(whose) => json!({ "staff": whose }),
            Self::PasswordChanged(whose)
            | Self::Linked(whose)
            | Self::Unlinked(whose)
            | Self::CodesTurnedOn(whose)
            | Self::CodesTurnedOff(whose)
            | Self::Invited(whose)
            | Self::Removed(whose) => json!({ "staff": whose }),
            Self::Added {
                whom,
                role,
                visible,
            } => access(whom, role, visible),
            Self::AccessChanged {
                whose,
                role,
                visible,
            } => access(whose, role, visible),
            Self::RuleSet { rule, value } => json!({ "rule": rule, "value": value }),
            Self::FileRead {
                site,
                ticket,
                attachment,
            }
            | Self::FileUnblocked {
                site,
                ticket,
                attachment,
            } => json!({ "site": site, "ticket": ticket, "attachment": attachment }),
            Self::PreviewsSeen {
                site,
                ticket,
                attachments,
            } => json!({ "site": site, "ticket": ticket, "attachments": attachments }),
            Self::Destination { name, deed } => match deed {
                ToDestination::Paused | ToDestination::Resumed | ToDestination::Tried => {
                    json!({ "destination": name })
                }
                ToDestination::Replayed { count } => {
                    json!({ "destination": name, "count": count })
                }
                ToDestination::SecretKept { field } | ToDestination::SecretForgotten { field } => {
                    json!({ "destination": name, "field": field })
                }
            },
            Self::LogExported { format } => json!({ "format": format }),
            Self::Exported {
                site,
                from,
                to,
                rows,
            } => {
                let sites = site.as_ref().map(|site| [site]);
                json!({ "rows": rows, "from": from.to_string(), "to": to.to_string(), "sites": sites })
            }
            Self::ErasureBegun { site } => json!({ "sites": site.as_ref().map(|site| [site]) }),
            Self::Erased { site, held } | Self::PersonExported { site, held } => json!({
                "tickets": held.tickets, "messages": held.messages, "files": held.files, "sites": site.as_ref().map(|site| [site]),
            }),
        }
    }
}

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number; the first is 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who, where somebody was signed in.
    pub actor: Option<Uuid>,
    /// What.
    pub act: String,
    /// More about it, as JSON.
    pub detail: String,
    /// The digest of the row before.
    pub previous: Hash,
    /// The digest of this one.
    pub hash: Hash,
}

impl Row {
    /// The row that comes after one with this number and digest.
    #[must_use]
    pub fn after(seq: i64, previous: Hash, by: By, act: &Act, at: Timestamp) -> Self {
        let mut detail = act.detail();
        let actor = match by {
            By::Staff(id) => Some(id),
            By::CommandLine => {
                detail["by"] = json!("command_line");
                None
            }
            By::Nobody => None,
        };
        let mut row = Self {
            seq: seq + 1,
            at,
            actor,
            act: act.kind().to_owned(),
            detail: detail.to_string(),
            previous,
            hash: BEGINNING,
        };
        row.hash = row.digest();
        row
    }

    /// What its digest has to be. Each part says how long it is, so that no two rows are the same octets.
    #[must_use]
    pub fn digest(&self) -> Hash {
        let mut digest = Sha256::new();
        let mut add = |part: &[u8]| {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        };
        add(&self.previous);
        add(&self.seq.to_be_bytes());
        add(&self.at.as_microsecond().to_be_bytes());
        add(self.actor.as_ref().map_or(&[][..], |id| id.as_bytes()));
        add(self.act.as_bytes());
        add(self.detail.as_bytes());
        digest.finalize().into()
    }
}

/// What is wrong with the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The row was changed.
    #[error("row {0} was changed: its digest does not fit what it says")]
    Changed(i64),
    /// The row does not follow the one before.
    #[error("before row {0} something was taken out, put in or written anew")]
    Parted(i64),
    /// The end was cut off, or is not the one that was noted.
    #[error("the log ends with row {0}, and that is not the row that was written last")]
    Cut(i64),
}

/// Follows the log from its first row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The number of the last row; 0 before the first.
    pub seq: i64,
    /// Its digest.
    pub hash: Hash,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            seq: 0,
            hash: BEGINNING,
        }
    }
}

impl Chain {
    /// Takes the next row.
    ///
    /// # Errors
    /// [`Broken`] when it is not the next, or not as it was written.
    pub fn follow(&mut self, row: &Row) -> Result<(), Broken> {
        if row.seq != self.seq + 1 || row.previous != self.hash {
            return Err(Broken::Parted(row.seq));
        }
        if row.digest() != row.hash {
            return Err(Broken::Changed(row.seq));
        }
        *self = Self {
            seq: row.seq,
            hash: row.hash,
        };
        Ok(())
    }

    /// Is this the end that was noted?
    ///
    /// # Errors
    /// [`Broken::Cut`].
    pub fn ends_with(&self, noted: Self) -> Result<(), Broken> {
        if *self == noted {
            Ok(())
        } else {
            Err(Broken::Cut(self.seq))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let acts = [
            Act::SignedIn(Proof::Password),
            Act::Removed(Uuid::from_u128(2)),
            Act::SignedOut,
        ];
        let (mut rows, mut last) = (Vec::new(), Chain::default());
        for act in &acts {
            let by = By::Staff(Uuid::from_u128(1));
            let at = Timestamp::from_second(1_795_000_000 + last.seq).unwrap();
            let row = Row::after(last.seq, last.hash, by, act, at);
            last = Chain {
                seq: row.seq,
                hash: row.hash,
            };
            rows.push(row);
        }
        rows
    }

    fn followed(rows: &[Row]) -> Result<Chain, Broken> {
        let mut chain = Chain::default();
        for row in rows {
            chain.follow(row)?;
        }
        Ok(chain)
    }

    #[test]
    fn a_log_as_it_was_written_holds() {
        let rows = rows();
        let end = followed(&rows).unwrap();
        assert_eq!((end.seq, end.hash), (3, rows[2].hash));
        assert_eq!(end.ends_with(end), Ok(()));
    }

    #[test]
    fn the_first_broken_link_is_found() {
        let broken = |change: fn(&mut Vec<Row>)| {
            let mut rows = rows();
            change(&mut rows);
            followed(&rows).err()
        };
        type Change = fn(&mut Vec<Row>);
        let changes: [(Change, Broken); 7] = [
            (|rows| rows[1].act = "added".to_owned(), Broken::Changed(2)),
            (|rows| rows[1].detail.push(' '), Broken::Changed(2)),
            (|rows| rows[0].actor = None, Broken::Changed(1)),
            (
                |rows| rows[2].at = Timestamp::UNIX_EPOCH,
                Broken::Changed(3),
            ),
            (|rows| drop(rows.remove(1)), Broken::Parted(3)),
            (|rows| rows.swap(0, 1), Broken::Parted(2)),
            // Written anew as well as one can: the next row does not fit any more.
            (
                |rows| {
                    rows[1].actor = None;
                    rows[1].hash = rows[1].digest();
                },
                Broken::Parted(3),
            ),
        ];
        for (change, fault) in changes {
            assert_eq!(broken(change), Some(fault));
        }
    }

    #[test]
    fn an_end_that_was_cut_off_is_not_the_one_that_was_noted() {
        let rows = rows();
        let (whole, cut) = (followed(&rows).unwrap(), followed(&rows[..2]).unwrap());
        assert_eq!(cut.ends_with(whole), Err(Broken::Cut(2)));
    }

    #[test]
    fn the_log_holds_no_words_of_people() {
        let act = Act::FileRead {
            site: "acme".to_owned(),
            ticket: Uuid::from_u128(3),
            attachment: Uuid::from_u128(4),
        };
        let row = Row::after(0, BEGINNING, By::CommandLine, &act, Timestamp::UNIX_EPOCH);
        assert_eq!(
            row.detail,
            r#"{"attachment":"00000000-0000-0000-0000-000000000004","by":"command_line","site":"acme","ticket":"00000000-0000-0000-0000-000000000003"}"#
        );
    }
}
