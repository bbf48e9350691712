//! Files come, move and go.

use cornerdesk_shared::validation::{Field, validate_attachment_count, validate_attachment_size};
use web_sys::File;

use super::{FieldError, Session, State};
use crate::{
    announcements::announce,
    focus::focus,
    phase::Event,
    uploads::{Failure, Outcome, Step, Upload, UploadNumber, UploadState, transfer},
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
        let mut beyond = Vec::new();
        for file in files {
            // A whole number below 2⁵³.
            let size_bytes = file.size() as u64;
            let name = file.name();
            let size_text = words::size(size_bytes);
            if self.is_one_too_many() {
                beyond.push(name);
            } else if validate_attachment_size(size_bytes, &page.options.limits).is_some() {
                let text = too_large_text(&size_text, page.options.limits.attachment_bytes);
                refused.push([&name, ": ", &text].concat());
                self.change(|state| {
                    state.uploads.add_failed(name, size_text, Failure::TooLarge);
                });
            } else {
                let number =
                    self.change(|state| state.uploads.add(name.clone(), size_bytes, size_text));
                page.transfers.keep(number, file);
                added.push(name);
            }
        }
        self.change(forget_file_errors);
        if !beyond.is_empty() {
            let limit = words::digits(page.options.limits.attachments.into());
            let reason = words::filled("file.too_many", &[("limit", &limit)]);
            let text = [&beyond.join(", "), ": ", &reason].concat();
            refused.push(text.clone());
            let field = Field::Attachments;
            self.change(|state| {
                state.beyond = beyond.len();
                state.errors.push(FieldError { field, text });
            });
        }
        match added.as_slice() {
            [] => {}
            [name] => refused.push(words::filled("file.added", &[("name", name)])),
            several => refused.push(words::counted("file.added_many", several.len())),
        }
        announce("files", &refused.join(" "));
        self.go_on_uploading();
    }

    /// Whether there is no place for another file.
    fn is_one_too_many(self) -> bool {
        let count = self.peek(|state| state.uploads.count_going_along());
        validate_attachment_count(count + 1, &self.page().options.limits).is_some()
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
            _ => {
                // The connection may be lost, or be there again.
                self.say_notice();
                return;
            }
        }
        self.go_on_uploading();
    }

    /// The person wants to try an upload again.
    pub fn retry_upload(self, number: UploadNumber) {
        self.change(|state| state.uploads.retry(number));
        self.go_on_uploading();
    }

    /// Uploads that have stopped are tried again.
    pub(super) fn retry_stopped_uploads(self) {
        self.change(|state| state.uploads.retry_all());
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
        announce(
            &removed.name,
            &words::filled("file.removed", &[("name", &removed.name)]),
        );
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

/// What is said of a file that is larger than accepted.
pub(crate) fn too_large_text(size_text: &str, limit_bytes: u64) -> String {
    let values = [("size", size_text), ("limit", &words::size(limit_bytes))];
    words::filled("file.too_large", &values)
}

fn forget_file_errors(state: &mut State) {
    state.beyond = 0;
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
    let values = [
        ("name", upload.name.as_str()),
        ("percent", &words::digits(quarter)),
    ];
    announce(&upload.name, &words::filled(key, &values));
}
