//! Who reads the page of a request, and which of its messages they may read. Pure.
//!
//! The link alone is no proof of who holds it: mails are passed on and opened by scanners, and a stranger can send a request in the name of somebody
//! whose address they know.

use super::link::Holder;
use crate::message::{Kind, Message, Via};

/// Somebody who looks at the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// They have a link, and nothing says that they are the requester: that something was written, and when.
    Holder,
    /// They sent the request, and the mailbox or the product says that it is theirs: what was written at the desk and on this page.
    Sender,
    /// They read the mailbox within the last half hour: everything.
    SignedIn,
}

impl Reader {
    /// Whoever holds this link of a request that is verified or not, with a session or without.
    #[must_use]
    pub const fn of(holder: Holder, is_verified: bool, is_signed_in: bool) -> Self {
        match (holder, is_verified, is_signed_in) {
            (_, _, true) => Self::SignedIn,
            (Holder::Sender, true, false) => Self::Sender,
            (Holder::Sender | Holder::Mailbox, _, false) => Self::Holder,
        }
    }

    /// May they read this message? A note nobody.
    #[must_use]
    pub const fn may_read(self, message: &Message) -> bool {
        match (self, message.kind, message.via) {
            (_, Kind::Note, _) | (Self::Holder, ..) => false,
            (Self::SignedIn, ..) => true,
            // What came by mail may be anybody's: only who reads the mailbox sees it.
            (Self::Sender, Kind::Answer, via) => matches!(via, Via::Page),
            (Self::Sender, Kind::Reply, _) => true,
        }
    }

    /// May they open files?
    #[must_use]
    pub const fn may_open_files(self) -> bool {
        matches!(self, Self::SignedIn)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn nobody_but_whoever_proved_it_reads_what_was_written() {
        use Holder::{Mailbox, Sender};
        for (holder, is_verified, is_signed_in, reader) in [
            (Sender, false, false, Reader::Holder),
            (Sender, true, false, Reader::Sender),
            (Sender, false, true, Reader::SignedIn),
            (Sender, true, true, Reader::SignedIn),
            (Mailbox, false, false, Reader::Holder),
            (Mailbox, true, false, Reader::Holder),
            (Mailbox, false, true, Reader::SignedIn),
            (Mailbox, true, true, Reader::SignedIn),
        ] {
            let found = Reader::of(holder, is_verified, is_signed_in);
            assert_eq!(found, reader, "{holder:?} {is_verified} {is_signed_in}");
        }
    }

    #[test]
    fn a_note_is_for_nobody_and_a_mail_for_whoever_reads_the_mailbox() {
        let message = |kind, via| Message {
            id: Uuid::nil(),
            ticket: Uuid::nil(),
            kind,
            via,
            author: None,
            body: "canary".into(),
            mail_id: None,
            at: Timestamp::UNIX_EPOCH,
        };
        use Reader::{Holder, Sender, SignedIn};
        for (kind, via, readers) in [
            (Kind::Note, Via::Desk, vec![]),
            (Kind::Reply, Via::Desk, vec![Sender, SignedIn]),
            (Kind::Answer, Via::Page, vec![Sender, SignedIn]),
            (Kind::Answer, Via::Mail, vec![SignedIn]),
        ] {
            let may = |reader: &Reader| reader.may_read(&message(kind, via));
            let found: Vec<_> = [Holder, Sender, SignedIn].into_iter().filter(may).collect();
            assert_eq!(found, readers, "{kind:?} {via:?}");
        }
        assert!(SignedIn.may_open_files() && !Sender.may_open_files());
    }
}
