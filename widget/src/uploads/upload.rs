//! One upload: what the outcome of a request leads to.

use std::mem;

use super::{Chosen, Failure, Outcome, Step, Upload, UploadState};
use crate::phase::retry_delay_s;

/// After so many interruptions without a byte of progress a file waits for the person.
pub(super) const INTERRUPTIONS_MOST: u32 = 6;
/// Without a network nothing is tried but this: some networks come back without a word of the browser.
const OFFLINE_PAUSE_S: u32 = 30;

impl UploadState {
    /// Complete, at this address.
    pub(super) fn done_at(location: &str) -> Self {
        let upload_id = location.rsplit('/').next().unwrap_or_default().to_owned();
        Self::Done { upload_id }
    }

    /// What has left, where some has and more may.
    fn sent_bytes(&self) -> Option<u64> {
        match *self {
            Self::Running { sent_bytes }
            | Self::Interrupted { sent_bytes }
            | Self::Paused { sent_bytes } => Some(sent_bytes),
            Self::Queued => Some(0),
            Self::Done { .. } | Self::Failed(_) => None,
        }
    }
}

impl Upload {
    /// What has left of it, in whole percent.
    #[must_use]
    pub fn percent(&self) -> u64 {
        match self.state.sent_bytes() {
            Some(sent_bytes) => sent_bytes * 100 / self.file.size_bytes.max(1),
            None if matches!(self.state, UploadState::Done { .. }) => 100,
            None => 0,
        }
    }

    /// Whether it is the upload of this file, in either size.
    pub(super) fn is_of(&self, file: &Chosen) -> bool {
        let is_lost = self.state == UploadState::Failed(Failure::Lost);
        let is_other = self.other.as_ref().is_some_and(|other| other.is_same(file));
        self.file.is_same(file) || is_other || (is_lost && self.file.name == file.name)
    }

    /// Whether it is on its way, or will be by itself, so that it can be paused.
    #[must_use]
    pub fn can_pause(&self) -> bool {
        matches!(
            self.state,
            UploadState::Queued | UploadState::Running { .. } | UploadState::Interrupted { .. }
        )
    }

    /// Whether it has stopped and can go on.
    #[must_use]
    pub fn can_go_on(&self) -> bool {
        match self.state {
            UploadState::Paused { .. } => true,
            UploadState::Failed(failure) => failure.may_pass(),
            _ => false,
        }
    }

    pub(super) fn pause(&mut self) {
        if let (true, Some(sent_bytes)) = (self.can_pause(), self.state.sent_bytes()) {
            self.state = UploadState::Paused { sent_bytes };
            self.is_cut = false;
        }
    }

    pub(super) fn retry(&mut self) {
        if self.can_go_on() && !self.is_marked {
            self.start_again();
        }
    }

    pub(super) fn start_again(&mut self) {
        self.state = UploadState::Queued;
        self.interruptions = 0;
        self.is_cut = false;
    }

    /// The file is there again, or another one in its place, which begins anew.
    pub(super) fn found_again(&mut self, file: Chosen) -> Option<String> {
        self.start_again();
        if self.file.is_same(&file) {
            return None;
        }
        self.file = file;
        self.other = None;
        self.arrived_most_bytes = 0;
        self.location.take()
    }

    /// The other size takes its place, and begins anew.
    pub(super) fn swap(&mut self) -> Option<String> {
        mem::swap(&mut self.file, self.other.as_mut()?);
        self.arrived_most_bytes = 0;
        self.start_again();
        self.location.take()
    }

    pub(super) fn first_step(&self) -> Step {
        if self.location.is_some() {
            Step::AskOffset
        } else {
            Step::Create
        }
    }

    pub(super) fn apply(&mut self, outcome: Outcome) -> Option<Step> {
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
            Outcome::Offline => {
                self.is_cut = true;
                self.state = UploadState::Interrupted { sent_bytes };
                Some(Step::Rest {
                    pause_s: OFFLINE_PAUSE_S,
                })
            }
            Outcome::Lost => self.failed(Failure::Lost),
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
        if offset_bytes < self.file.size_bytes {
            self.state = UploadState::Running {
                sent_bytes: offset_bytes,
            };
            return Some(Step::Append { offset_bytes });
        }
        self.state = UploadState::done_at(self.location.as_deref().unwrap_or_default());
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
