//! Files come, move and go.

use cornerdesk_shared::validation::{Field, validate_attachment_count, validate_attachment_size};
use web_sys::File;

use super::{FieldError, Session, State};
use crate::{
    focus::{announce, focus},
    phase::Event,
    uploads::{Outcome, Step, Upload, UploadNumber, UploadState, transfer},
    words,
};

impl Session {
    /// Files were chosen, dropped or pasted. Those within the limits start to upload at once; the others are named with their reason.
    pub fn add_files(self, files: Vec<File>) {
        let page = self.page();
        if page.form.element.hidden() || files.is_empty() {
            return;
        }
        let mut added = Vec::new();
        let mut refused = Vec::new();
        for file in files {
            // A whole number below 2⁵³.
            let size_bytes = file.size() as u64;
            let name = file.name();
            if let Some(reason) = self.refusal(size_bytes) {
                refused.push([&name, ": ", &reason].concat());
            } else {
                let number = self.change(|state| {
                    state
                        .uploads
                        .add(name.clone(), size_bytes, words::size(size_bytes))
                });
                page.transfers.keep(number, file);
                added.push(name);
            }
        }
        self.change(|state| {
            forget_file_errors(state);
            state.errors.extend(refused.iter().map(|text| FieldError {
                field: Field::Attachments,
                text: text.clone(),
            }));
        });
        match added.as_slice() {
            [] => {}
            [name] => refused.push(words::filled("file.added", &[("name", name)])),
            several => refused.push(words::counted("file.added_many", several.len())),
        }
        announce(&refused.join(" "));
        self.go_on_uploading();
    }

    /// Why a file of this size cannot be added, if it cannot.
    fn refusal(self, size_bytes: u64) -> Option<String> {
        let limits = self.page().options.limits;
        let count = self.peek(|state| state.uploads.list().len());
        if validate_attachment_count(count + 1, &limits).is_some() {
            return Some(words::filled(
                "file.too_many",
                &[("limit", &words::digits(limits.attachments.into()))],
            ));
        }
        validate_attachment_size(size_bytes, &limits).map(|_| {
            words::filled(
                "file.too_large",
                &[
                    ("size", &words::size(size_bytes)),
                    ("limit", &words::size(limits.attachment_bytes)),
                ],
            )
        })
    }

    /// An upload's request ended, or its bytes move.
    pub fn upload_moved(self, number: UploadNumber, outcome: Outcome) {
        let moved = self.change(|state| {
            let before = state.uploads.get(number)?.percent();
            let step = state.uploads.apply(number, outcome);
            Some((before, step, state.uploads.get(number)?.clone()))
        });
        let Some((percent_before, step, upload)) = moved else {
            return;
        };
        announce_progress(percent_before, &upload);
        if let Some(step) = step {
            self.take_step(number, &step);
        }
        match upload.state {
            UploadState::Done { .. } => self.page().transfers.drop(number),
            // The file is kept for a retry.
            UploadState::Failed(_) => {}
            _ => return,
        }
        self.go_on_uploading();
    }

    /// The person wants to try an upload again.
    pub fn retry_upload(self, number: UploadNumber) {
        self.change(|state| state.uploads.retry(number));
        self.go_on_uploading();
    }

    /// The person does not want the file any more.
    pub fn remove_upload(self, number: UploadNumber) {
        self.page().transfers.drop(number);
        let removed = self.change(|state| {
            forget_file_errors(state);
            state.uploads.remove(number)
        });
        let Some(removed) = removed else { return };
        if let Some(location) = removed.location {
            transfer::delete(&location);
        }
        announce(&words::filled("file.removed", &[("name", &removed.name)]));
        if self.peek(|state| state.uploads.list().is_empty()) {
            focus("attachments");
        }
        self.go_on_uploading();
    }

    /// The network is back: nothing waits for its pause to end.
    pub fn back_online(self) {
        for number in self.peek(|state| state.uploads.interrupted()) {
            self.upload_moved(number, Outcome::Rested);
        }
        self.dispatch(Event::TryNow);
    }

    fn go_on_uploading(self) {
        for (number, step) in self.change(|state| state.uploads.start_next()) {
            self.take_step(number, &step);
        }
        self.dispatch(Event::FilesChanged(self.files()));
    }

    fn take_step(self, number: UploadNumber, step: &Step) {
        let location = self.peek(|state| {
            state
                .uploads
                .get(number)
                .and_then(|upload| upload.location.clone())
        });
        self.page()
            .transfers
            .take_step(self, number, location.as_deref(), step);
    }
}

fn forget_file_errors(state: &mut State) {
    state
        .errors
        .retain(|error| !matches!(error.field, Field::Attachments | Field::UploadIds));
}

/// Says each quarter of an upload, and its end: progress bars are not read out by themselves.
fn announce_progress(percent_before: u64, upload: &Upload) {
    let quarter = upload.percent() / 25 * 25;
    let key = match upload.state {
        UploadState::Done { .. } => "file.announce_done",
        UploadState::Failed(_) => "file.announce_failed",
        _ if percent_before < quarter => "file.announce_progress",
        _ => return,
    };
    announce(&words::filled(
        key,
        &[("name", &upload.name), ("percent", &words::digits(quarter))],
    ));
}
