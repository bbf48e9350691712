//! Files on their way to the service, before the request itself: which one runs, how far it is, what comes next.
//!
//! Pure: outcomes of requests go in, the next requests come out. [`transfer`] makes the requests (tus 1.0: create,
//! append from an offset, ask for the offset after an interruption).

#[cfg(test)]
mod tests;
pub mod transfer;

use crate::phase::{Files, retry_delay_s};

/// How many files are transferred at the same time.
const AT_ONCE: usize = 2;
/// After so many interruptions without a byte of progress a file waits for the person.
const INTERRUPTIONS_MOST: u32 = 6;

/// Names an upload in this document.
pub type UploadNumber = u32;

/// A file on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its name in this document.
    pub number: UploadNumber,
    /// What it is called.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its size for people.
    pub size_text: String,
    /// How far it is.
    pub state: UploadState,
    /// Where the service keeps it, once it was created there.
    pub location: Option<String>,
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

    /// Adds a file at the end; it waits for [`Self::start_next`].
    pub fn add(&mut self, name: String, size_bytes: u64, size_text: String) -> UploadNumber {
        self.last_number += 1;
        self.list.push(Upload {
            number: self.last_number,
            name,
            size_bytes,
            size_text,
            state: UploadState::Queued,
            location: None,
            interruptions: 0,
            arrived_most_bytes: 0,
            is_cut: false,
        });
        self.last_number
    }

    /// Adds a file that the service already has.
    pub fn add_done(&mut self, name: String, size_text: String, upload_id: String) {
        let number = self.add(name, 0, size_text);
        if let Some(upload) = self.find(number) {
            upload.state = UploadState::Done { upload_id };
        }
    }

    /// Adds a file that cannot go along, so that the person sees that it does not.
    pub fn add_failed(&mut self, name: String, size_text: String, failure: Failure) {
        let number = self.add(name, 0, size_text);
        if let Some(upload) = self.find(number) {
            upload.state = UploadState::Failed(failure);
        }
    }

    /// How many files go along, or may.
    #[must_use]
    pub fn count_going_along(&self) -> usize {
        self.list.len() - self.files().left_out
    }

    /// Takes an upload out.
    pub fn remove(&mut self, number: UploadNumber) -> Option<Upload> {
        let at = self
            .list
            .iter()
            .position(|upload| upload.number == number)?;
        Some(self.list.remove(at))
    }

    /// Puts a stopped upload back into the queue. What has arrived of it is not sent again.
    pub fn retry(&mut self, number: UploadNumber) {
        if let Some(upload) = self.find(number) {
            upload.retry();
        }
    }

    /// Puts all stopped uploads back into the queue.
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
            .filter(|upload| upload.state == UploadState::Queued)
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
                UploadState::Done { .. } => {}
                UploadState::Failed(failure) if failure.may_pass() => files.stopped += 1,
                UploadState::Failed(_) => files.left_out += 1,
                _ => {
                    files.on_their_way += 1;
                    files.cut += usize::from(upload.is_cut);
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
                UploadState::Done { upload_id } => Some(upload_id.clone()),
                _ => None,
            })
            .collect()
    }

    fn find(&mut self, number: UploadNumber) -> Option<&mut Upload> {
        self.list.iter_mut().find(|upload| upload.number == number)
    }
}

impl Upload {
    /// What has left of it, in whole percent.
    #[must_use]
    pub fn percent(&self) -> u64 {
        match self.state {
            UploadState::Running { sent_bytes } | UploadState::Interrupted { sent_bytes } => {
                sent_bytes * 100 / self.size_bytes.max(1)
            }
            UploadState::Done { .. } => 100,
            UploadState::Queued | UploadState::Failed(_) => 0,
        }
    }

    fn retry(&mut self) {
        if matches!(self.state, UploadState::Failed(failure) if failure.may_pass()) {
            self.state = UploadState::Queued;
            self.interruptions = 0;
            self.is_cut = false;
        }
    }

    fn first_step(&self) -> Step {
        if self.location.is_some() {
            Step::AskOffset
        } else {
            Step::Create
        }
    }

    fn apply(&mut self, outcome: Outcome) -> Option<Step> {
        let sent_bytes = match self.state {
            UploadState::Running { sent_bytes } | UploadState::Interrupted { sent_bytes } => {
                sent_bytes
            }
            _ => return None,
        };
        match outcome {
            Outcome::Progress { sent_bytes } => {
                self.is_cut = false;
                self.state = UploadState::Running { sent_bytes };
                None
            }
            Outcome::Created { location } => {
                self.location = Some(location);
                self.arrived(0)
            }
            Outcome::Arrived { offset_bytes } => {
                // The same offset again is no progress: else a service that answers but takes no more would be tried for ever.
                if offset_bytes > self.arrived_most_bytes {
                    self.arrived_most_bytes = offset_bytes;
                    self.interruptions = 0;
                }
                self.arrived(offset_bytes)
            }
            Outcome::Rested => {
                self.state = UploadState::Running { sent_bytes };
                Some(self.first_step())
            }
            Outcome::Gone => {
                self.location = None;
                self.interrupted(0)
            }
            Outcome::OffsetMismatch | Outcome::Interrupted => self.interrupted(sent_bytes),
            Outcome::TooMany => self.failed(Failure::TooMany),
            Outcome::NoRoom => self.failed(Failure::NoRoom),
            Outcome::Refused => self.failed(Failure::Refused),
        }
    }

    fn failed(&mut self, failure: Failure) -> Option<Step> {
        self.state = UploadState::Failed(failure);
        None
    }

    fn arrived(&mut self, offset_bytes: u64) -> Option<Step> {
        self.is_cut = false;
        if offset_bytes < self.size_bytes {
            self.state = UploadState::Running {
                sent_bytes: offset_bytes,
            };
            return Some(Step::Append { offset_bytes });
        }
        let location = self.location.as_deref().unwrap_or_default();
        let upload_id = location.rsplit('/').next().unwrap_or_default().to_owned();
        self.state = UploadState::Done { upload_id };
        None
    }

    fn interrupted(&mut self, sent_bytes: u64) -> Option<Step> {
        self.interruptions += 1;
        if self.interruptions > INTERRUPTIONS_MOST {
            return self.failed(Failure::Unreachable);
        }
        // A first break of a second is nobody's concern.
        self.is_cut = self.interruptions > 1;
        self.state = UploadState::Interrupted { sent_bytes };
        let pause_s = retry_delay_s(self.interruptions - 1, 0);
        Some(Step::Rest { pause_s })
    }
}
