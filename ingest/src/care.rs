//! What is known of a file of a ticket, and who may have it. Pure.

/// A value of a closed set with a name in the database.
macro_rules! named {
    ($(#[$doc:meta])* $set:ident { $($(#[$member_doc:meta])* $member:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $set { $($(#[$member_doc])* $member,)+ }

        impl $set {
            /// The name in the database and in answers.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$member => $name,)+ }
            }

            /// The member with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$member),)+ _ => None }
            }
        }
    };
}

named! {
    /// Whether the file was looked at.
    Examination {
        /// It came before files were examined.
        Earlier = "earlier",
        /// It will be in a moment.
        Pending = "pending",
        /// It was.
        Done = "done",
    }
}

named! {
    /// What the content is, in the words in which people think.
    Kind {
        /// A picture.
        Image = "image",
        /// A film.
        Video = "video",
        /// Something to hear.
        Audio = "audio",
        /// Something to read in a program of its own.
        Document = "document",
        /// Other files.
        Archive = "archive",
        /// Plain text.
        Text = "text",
        /// What a browser would take for a page or a drawing and run the scripts of.
        Markup = "markup",
        /// What a computer would run.
        Program = "program",
        /// We cannot say.
        Unknown = "unknown",
    }
}

named! {
    /// What became of the data in a picture that tells where, when and with what it was made.
    Metadata {
        /// None was there.
        Clean = "clean",
        /// It was taken out.
        Removed = "removed",
        /// It may be there.
        Kept = "kept",
    }
}

named! {
    /// What the scanner for malware says.
    Scan {
        /// It will be asked.
        Pending = "pending",
        /// Nothing was found.
        Clean = "clean",
        /// Something was found.
        Infected = "infected",
        /// It was not asked, or did not answer.
        Unscanned = "unscanned",
    }
}

/// What was done with a file since it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Care {
    /// Whether it was looked at.
    pub examination: Examination,
    /// What it is.
    pub kind: Kind,
    /// What the sender called it, where that is something else.
    pub declared_type: Option<String>,
    /// What became of its metadata.
    pub metadata: Metadata,
    /// SHA-256 of what was sent, where something was taken out.
    pub sent_sha256: Option<[u8; 32]>,
    /// What the scanner says.
    pub scan: Scan,
    /// The name of what was found, or why it was not scanned.
    pub scan_detail: Option<String>,
    /// Did somebody of staff open it for download although it is infected?
    pub is_released: bool,
    /// Key of the preview.
    pub preview_blob: Option<String>,
    /// Why there is no preview, in words of ours.
    pub preview_fault: Option<String>,
}

impl Care {
    /// A file that has just arrived.
    pub const ARRIVED: Self = Self {
        examination: Examination::Pending,
        kind: Kind::Unknown,
        declared_type: None,
        metadata: Metadata::Kept,
        sent_sha256: None,
        scan: Scan::Unscanned,
        scan_detail: None,
        is_released: false,
        preview_blob: None,
        preview_fault: None,
    };

    /// May staff have the file?
    #[must_use]
    pub const fn opening(&self) -> Opening {
        match (self.examination, self.scan) {
            (Examination::Pending, _) | (_, Scan::Pending) => Opening::Waits,
            (_, Scan::Infected) if !self.is_released => Opening::Blocked,
            _ => Opening::Open,
        }
    }
}

/// Whether staff may have a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Yes.
    Open,
    /// It is being looked at.
    Waits,
    /// Something was found in it, and nobody has said that it is wanted nevertheless.
    Blocked,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_opens_when_it_is_examined_and_not_infected() {
        for (examination, scan, is_released, opening) in [
            (Examination::Pending, Scan::Unscanned, false, Opening::Waits),
            (Examination::Pending, Scan::Clean, true, Opening::Waits),
            (Examination::Earlier, Scan::Unscanned, false, Opening::Open),
            (Examination::Done, Scan::Pending, false, Opening::Waits),
            (Examination::Done, Scan::Pending, true, Opening::Waits),
            (Examination::Done, Scan::Clean, false, Opening::Open),
            (Examination::Done, Scan::Unscanned, false, Opening::Open),
            (Examination::Done, Scan::Infected, false, Opening::Blocked),
            (Examination::Done, Scan::Infected, true, Opening::Open),
        ] {
            let care = Care {
                examination,
                scan,
                is_released,
                ..Care::ARRIVED
            };
            assert_eq!(
                care.opening(),
                opening,
                "{examination:?} {scan:?} {is_released}"
            );
        }
    }
}
