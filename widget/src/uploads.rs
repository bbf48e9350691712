//! Files on their way to the service, before the request itself: which one runs, how far it is, what comes next.
//!
//! Pure: outcomes of requests go in, the next requests come out. [`transfer`] makes the requests (tus 1.0: create,
//! append from an offset, ask for the offset after an interruption).

pub mod kept;
#[cfg(test)]
mod tests;
pub mod transfer;
mod upload;

use std::mem;

use crate::phase::Files;
use kept::Kept;

/// How many files are transferred at the same time.
const AT_ONCE: usize = 2;

/// Names an upload in this document.
pub type UploadNumber = u32;

/// What is known of a chosen file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// What it is called.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its size for people.
    pub size_text: String,
    /// When it was changed last, in milliseconds since 1970. With name and size it tells one file from another.
    pub modified_ms: u64,
}

impl Chosen {
    fn is_same(&self, other: &Self) -> bool {
        self.name == other.name
            && (self.size_bytes, self.modified_ms) == (other.size_bytes, other.modified_ms)
    }
}

/// A file on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its name in this document.
    pub number: UploadNumber,
    /// What it is.
    pub file: Chosen,
    /// The same picture in another size, for the person to choose.
    pub other: Option<Chosen>,
    /// How far it is.
    pub state: UploadState,
    /// Where the service keeps it, once it was created there.
    pub location: Option<String>,
    /// The person marks the picture: neither it nor the request leaves before they are done.
    pub is_marked: bool,
    interruptions: u32,
    /// The most that the service ever said it has: only beyond that is there progress.
    arrived_most_bytes: u64,
    /// The connection was lost and not found again at once.
    is_cut: bool,
}

/// How far an upload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadState {
    /// Waits for its turn.
    Queued,
    /// Is being transferred.
    Running {
        /// What has left.
        sent_bytes: u64,
    },
    /// Was interrupted and goes on by itself.
    Interrupted {
        /// What had left.
        sent_bytes: u64,
    },
    /// Waits until the person wants it to go on.
    Paused {
        /// What had left.
        sent_bytes: u64,
    },
    /// Is complete on the service.
    Done {
        /// The service's name for it.
        upload_id: String,
    },
    /// Has stopped.
    Failed(Failure),
}

/// Why an upload has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Too much came from this network of late.
    TooMany,
    /// Larger than is accepted; it was never sent.
    TooLarge,
    /// The site has no room for more files.
    NoRoom,
    /// The service does not take this file.
    Refused,
    /// The service could not be reached, often.
    Unreachable,
    /// The file cannot be read: it is gone, was changed, or could not be kept through a reload.
    Lost,
}

/// The next request of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Create it on the service.
    Create,
    /// Send the bytes from here to the end.
    Append {
        /// The first byte to send.
        offset_bytes: u64,
    },
    /// Ask how much has arrived.
    AskOffset,
    /// Report [`Outcome::Rested`] after a pause.
    Rest {
        /// How long.
        pause_s: u32,
    },
}

/// How a request of an upload ended, or how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It exists on the service.
    Created {
        /// Its address there.
        location: String,
    },
    /// So much has left.
    Progress {
        /// From the file's beginning.
        sent_bytes: u64,
    },
    /// So much has arrived.
    Arrived {
        /// From the file's beginning.
        offset_bytes: u64,
    },
    /// No answer, or one that asks for patience.
    Interrupted,
    /// No answer, and the browser says that there is no network.
    Offline,
    /// The file cannot be read.
    Lost,
    /// The service knows another offset.
    OffsetMismatch,
    /// The service no longer has it.
    Gone,
    /// The service does not take it.
    Refused,
    /// Too much came from this network of late.
    TooMany,
    /// The site has no room for more files.
    NoRoom,
    /// The pause is over.
    Rested,
}

impl Failure {
    /// Whether trying again may help.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::TooMany | Self::Unreachable)
    }
}

/// All uploads of a request, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uploads {
    list: Vec<Upload>,
    last_number: UploadNumber,
}

impl Uploads {
    /// The uploads in order.
    #[must_use]
    pub fn list(&self) -> &[Upload] {
        &self.list
    }

    /// One upload.
    #[must_use]
    pub fn get(&self, number: UploadNumber) -> Option<&Upload> {
        self.list.iter().find(|upload| upload.number == number)
    }

    /// No documents share numbers, as far as chance can help it: a file is kept under the number of its upload.
    pub fn number_from(&mut self, random: UploadNumber) {
        self.last_number = random;
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        self.list.clear();
    }

    /// Adds a file at the end; it waits for [`Self::start_next`].
    pub fn add(&mut self, file: Chosen) -> UploadNumber {
        self.last_number = self.last_number.wrapping_add(1);
        self.push(self.last_number, file, UploadState::Queued, None)
    }

    /// Adds a file that the service has already, at this address.
    pub fn add_done(&mut self, file: Chosen, location: String) {
        self.last_number = self.last_number.wrapping_add(1);
        let state = UploadState::done_at(&location);
        self.push(self.last_number, file, state, Some(location));
    }

    /// Adds a file that cannot go along, so that the person sees that it does not.
    pub fn add_failed(&mut self, file: Chosen, failure: Failure) {
        let number = self.add(file);
        if let Some(upload) = self.find(number) {
            upload.state = UploadState::Failed(failure);
        }
    }

    /// Adds an upload that was kept through a reload. `believes` that the service still has what it had: else it is asked.
    pub fn restore(&mut self, kept: Kept, believes: bool) {
        let state = match &kept.location {
            Some(location) if kept.is_done && believes => UploadState::done_at(location),
            _ => UploadState::Queued,
        };
        self.push(kept.number, kept.file, state, kept.location);
    }

    fn push(
        &mut self,
        number: UploadNumber,
        file: Chosen,
        state: UploadState,
        location: Option<String>,
    ) -> UploadNumber {
        self.list.push(Upload {
            number,
            file,
            other: None,
            state,
            location,
            is_marked: false,
            interruptions: 0,
            arrived_most_bytes: 0,
            is_cut: false,
        });
        number
    }

    /// The upload of the same file, and whether choosing it again can help. Files are the same by name, size and time of the last change;
    /// to a file that was lost, another state of it by its name.
    #[must_use]
    pub fn same_as(&self, file: &Chosen) -> Option<(UploadNumber, bool)> {
        let found = self.list.iter().find(|upload| upload.is_of(file))?;
        let can_help = match found.state {
            UploadState::Failed(failure) => failure != Failure::TooLarge,
            _ => false,
        };
        Some((found.number, can_help))
    }

    /// There is a smaller copy of a file. Says whether that is still the file of this upload.
    pub fn offer(&mut self, number: UploadNumber, original: &Chosen, copy: Chosen) -> bool {
        match self.find(number) {
            Some(upload) if upload.file.is_same(original) => {
                upload.other = Some(copy);
                true
            }
            _ => false,
        }
    }

    /// The person begins to mark a picture. Says whether it was on its way; nothing while there is another one, or this one, in the editor.
    pub fn mark(&mut self, number: UploadNumber) -> Option<bool> {
        if self.is_marking() {
            return None;
        }
        let upload = self.find(number)?;
        upload.is_marked = true;
        Some(upload.can_pause())
    }

    /// The person is done with it; `goes_on` when it was on its way and is to go as it is. Says whether it was marked at all: it may have been
    /// removed, or the list may be somebody else's by now.
    pub fn unmark(&mut self, number: UploadNumber, goes_on: bool) -> bool {
        let Some(upload) = self.find(number) else {
            return false;
        };
        let was_marked = mem::take(&mut upload.is_marked);
        if was_marked && goes_on {
            upload.retry();
        }
        was_marked
    }

    /// Whether a picture is being marked.
    #[must_use]
    pub fn is_marking(&self) -> bool {
        self.list.iter().any(|upload| upload.is_marked)
    }

    /// The person wants the other size. Gives what the service has of this one.
    pub fn swap(&mut self, number: UploadNumber) -> Option<String> {
        self.find(number)?.swap()
    }

    /// The person has chosen a failed file again: it goes on where it was, unless it has changed meanwhile; or they have changed a picture
    /// here. Gives what the service has of the one before.
    pub fn found_again(&mut self, number: UploadNumber, file: Chosen) -> Option<String> {
        self.find(number)?.found_again(file)
    }

    /// The place of an upload in the list.
    #[must_use]
    pub fn place_of(&self, number: UploadNumber) -> Option<usize> {
        self.list.iter().position(|upload| upload.number == number)
    }

    /// How many files go along, or may.
    #[must_use]
    pub fn count_going_along(&self) -> usize {
        self.list.len() - self.files().left_out
    }

    /// Takes an upload out.
    pub fn remove(&mut self, number: UploadNumber) -> Option<Upload> {
        let place = self.place_of(number)?;
        Some(self.list.remove(place))
    }

    /// Lets an upload rest until the person wants it to go on.
    pub fn pause(&mut self, number: UploadNumber) {
        if let Some(upload) = self.find(number) {
            upload.pause();
        }
    }

    /// Puts a stopped or paused upload back into the queue. What has arrived of it is not sent again.
    pub fn retry(&mut self, number: UploadNumber) {
        if let Some(upload) = self.find(number) {
            upload.retry();
        }
    }

    /// Puts all stopped and paused uploads back into the queue.
    pub fn retry_all(&mut self) {
        self.list.iter_mut().for_each(Upload::retry);
    }

    /// Ends the pauses of interrupted uploads: the network is back.
    pub fn interrupted(&self) -> Vec<UploadNumber> {
        self.list
            .iter()
            .filter(|upload| matches!(upload.state, UploadState::Interrupted { .. }))
            .map(|upload| upload.number)
            .collect()
    }

    /// Starts queued uploads while there is room for them.
    pub fn start_next(&mut self) -> Vec<(UploadNumber, Step)> {
        let running = self
            .list
            .iter()
            .filter(|upload| {
                matches!(
                    upload.state,
                    UploadState::Running { .. } | UploadState::Interrupted { .. }
                )
            })
            .count();
        self.list
            .iter_mut()
            .filter(|upload| upload.state == UploadState::Queued && !upload.is_marked)
            .take(AT_ONCE.saturating_sub(running))
            .map(|upload| {
                upload.state = UploadState::Running { sent_bytes: 0 };
                (upload.number, upload.first_step())
            })
            .collect()
    }

    /// What a request's outcome leads to. Outcomes of uploads that have ended or were removed change nothing.
    pub fn apply(&mut self, number: UploadNumber, outcome: Outcome) -> Option<Step> {
        self.find(number)?.apply(outcome)
    }

    /// How the uploads stand, as far as sending cares.
    #[must_use]
    pub fn files(&self) -> Files {
        let mut files = Files::default();
        for upload in &self.list {
            match upload.state {
                // Whatever it was: another picture may come in its place.
                _ if upload.is_marked => files.on_their_way += 1,
                UploadState::Done { .. } => {}
                UploadState::Failed(failure) if failure.may_pass() => files.stopped += 1,
                UploadState::Failed(_) => files.left_out += 1,
                _ => {
                    files.on_their_way += 1;
                    files.cut += usize::from(upload.is_cut);
                    let is_paused = matches!(upload.state, UploadState::Paused { .. });
                    files.paused += usize::from(is_paused);
                }
            }
        }
        files
    }

    /// The service's names of the complete uploads.
    #[must_use]
    pub fn upload_ids(&self) -> Vec<String> {
        self.list
            .iter()
            .filter_map(|upload| match &upload.state {
                UploadState::Done { upload_id } if !upload.is_marked => Some(upload_id.clone()),
                _ => None,
            })
            .collect()
    }

    fn find(&mut self, number: UploadNumber) -> Option<&mut Upload> {
        self.list.iter_mut().find(|upload| upload.number == number)
    }
}
