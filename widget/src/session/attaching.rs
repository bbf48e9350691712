//! Files come, move and go.

use cornerdesk_shared::validation::{Field, validate_attachment_count, validate_attachment_size};
use wasm_bindgen::JsCast;
use web_sys::{File, HtmlElement};

use super::{FieldError, Session, State};
use crate::{
    announcements::announce,
    draft,
    focus::focus,
    form::all,
    messages,
    phase::{Event, Phase},
    transport,
    uploads::{Chosen, Failure, Outcome, Step, Upload, UploadNumber, UploadState, transfer},
    words,
};

impl Session {
    /// Files were chosen, dropped or pasted. Those within the limits start to upload at once; the others are named with their reason.
    ///
    /// The texts of folders say what to do instead: browsers hand over no folder as a file.
    pub fn add_files(self, files: Vec<File>, folders: &[String]) {
        let page = self.page();
        if page.form.element.hidden() || files.len() + folders.len() == 0 {
            return;
        }
        let mut turned_away: Vec<_> = folders
            .iter()
            .map(|name| words::filled("file.folder", &[("name", name)]))
            .collect();
        let mut added = Vec::new();
        let mut refused = Vec::new();
        let mut beyond = Vec::new();
        for file in files {
            let chosen = chosen(&file);
            let name = chosen.name.clone();
            match self.peek(|state| state.uploads.same_as(&chosen)) {
                // It had failed; perhaps its bytes could not be read any more, or not be kept through a reload.
                Some((number, true)) => {
                    self.take_again(number, file, chosen);
                    added.push(name);
                }
                Some(_) => turned_away.push(words::filled("file.same", &[("name", &name)])),
                None if self.is_one_too_many() => beyond.push(name),
                None if validate_attachment_size(chosen.size_bytes, &page.options.limits)
                    .is_some() =>
                {
                    let text =
                        too_large_text(&chosen.size_text, page.options.limits.attachment_bytes);
                    refused.push(named(&name, &text));
                    self.change(|state| state.uploads.add_failed(chosen, Failure::TooLarge));
                }
                None => {
                    let number = self.change(|state| state.uploads.add(chosen));
                    draft::keep_file(number, &file);
                    self.ask_for_smaller(number, &file);
                    page.transfers.keep(number, Some(file));
                    added.push(name);
                }
            }
        }
        self.change(forget_file_errors);
        refused.extend(turned_away.iter().cloned());
        if !beyond.is_empty() {
            let limit = words::digits(page.options.limits.attachments.into());
            let reason = words::filled("file.too_many", &[("limit", &limit)]);
            let text = named(&words::list(&beyond), &reason);
            refused.push(text.clone());
            let field = Field::Attachments;
            self.change(|state| {
                state.beyond = beyond.len();
                state.errors.push(FieldError { field, text });
            });
        }
        self.change(|state| state.turned_away = turned_away);
        match added.as_slice() {
            [] => {}
            [name] => refused.push(words::filled("file.added", &[("name", name)])),
            several => refused.push(words::counted("file.added_many", several.len())),
        }
        announce("files", &words::sentences(&refused));
        self.go_on_uploading();
    }

    /// A file comes in place of the one that an upload had.
    fn take_again(self, number: UploadNumber, file: File, chosen: Chosen) {
        draft::keep_file(number, &file);
        self.page().transfers.keep(number, Some(file));
        if let Some(location) = self.change(|state| state.uploads.found_again(number, chosen)) {
            transfer::delete(&location);
        }
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
            // The file is kept for a retry, and for the case that the service loses it.
            UploadState::Done { .. } | UploadState::Failed(_) => {
                if !upload.can_go_on() {
                    self.keep_focus(number);
                }
            }
            _ => {
                // The connection may be lost, or be there again.
                self.say_notice();
                self.note_uploads();
                return;
            }
        }
        self.go_on_uploading();
    }

    /// The button by which a file was paused goes away when there is nothing to pause: the focus must not go with it.
    fn keep_focus(self, number: UploadNumber) {
        let (place, left) = self.peek(|state| {
            let uploads = &state.uploads;
            (uploads.place_of(number).unwrap_or(0), uploads.list().len())
        });
        // Lists of the style sheet begin with 1.
        let row = words::digits(place as u64 + 1);
        let pressed = ["#files li:nth-child(", &row, ") .file__act:focus"].concat();
        if !all(&pressed).is_empty() {
            transport::after(0, Box::new(move || focus_after_removal(place, left)));
        }
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

    /// A large photo can be sent smaller, if the person likes.
    fn ask_for_smaller(self, number: UploadNumber, file: &File) {
        let original = chosen(file);
        let on_copy = messages::callback(Box::new(move |copy| {
            let copy: File = copy.unchecked_into();
            let offer = chosen(&copy);
            // The picture may have been edited meanwhile; a copy of the one before is not to go in its place.
            if !self.change(|state| state.uploads.offer(number, &original, offer)) {
                return;
            }
            self.page().transfers.offer(number, copy);
            if let Some((label, _)) = self.peek(|state| size_choice(state.uploads.get(number)?)) {
                announce("files", &label);
            }
        }));
        messages::make_smaller(file, &on_copy);
    }

    /// The person wants to send a picture in its other size.
    pub fn swap_size(self, number: UploadNumber) {
        if let Some(file) = self.page().transfers.swap(number) {
            draft::keep_file(number, &file);
        }
        if let Some(location) = self.change(|state| state.uploads.swap(number)) {
            transfer::delete(&location);
        }
        self.go_on_uploading();
    }

    /// The picture of an upload, if it can be marked.
    pub(crate) fn picture(self, number: UploadNumber) -> Option<File> {
        self.page().transfers.picture(number)
    }

    /// The person wants to mark a picture, or black out a part of it. Neither it nor a request that waits for files leaves meanwhile; the
    /// marked picture takes the place of what has.
    pub(crate) fn mark_picture(self, number: UploadNumber) {
        let Some(picture) = self.picture(number) else {
            return;
        };
        let waits = self.change(|state| {
            // What is on its way with the request cannot be changed any more. And one editor at a time: this may be the second click.
            let is_late = matches!(
                state.phase,
                Phase::Sending { .. } | Phase::Proving { .. } | Phase::Sent(_)
            );
            if is_late {
                return None;
            }
            state.uploads.mark(number)
        });
        let Some(waits) = waits else {
            return;
        };
        // What was to be sent again by itself, now or after a reload, is not what the person wants to send.
        self.page().resumes.set(false);
        self.dispatch(Event::Edited);
        if waits {
            self.pause_upload(number);
        }
        let on_marked = messages::callback(Box::new(move |marked| {
            let goes_on = waits && marked.is_null();
            if !self.change(|state| state.uploads.unmark(number, goes_on)) {
                return;
            }
            if let Some(marked) = marked.dyn_ref::<File>() {
                self.take_again(number, marked.clone(), chosen(marked));
            } else if !marked.is_null() {
                let text = words::text("file.not_edited");
                announce("files", &text);
                self.change(|state| state.turned_away = vec![text]);
                // The person decides whether it goes as it is.
                self.dispatch(Event::CancelPressed);
            }
            self.go_on_uploading();
        }));
        messages::mark(&picture, &on_marked);
    }

    /// The person wants an upload to rest.
    pub fn pause_upload(self, number: UploadNumber) {
        self.page().transfers.stop(number);
        self.change(|state| state.uploads.pause(number));
        self.go_on_uploading();
    }

    /// The person does not want the file any more.
    pub fn remove_upload(self, number: UploadNumber) {
        self.page().transfers.drop(number);
        draft::drop_file(number);
        let removed = self.change(|state| {
            forget_file_errors(state);
            let place = state.uploads.place_of(number)?;
            Some((place, state.uploads.remove(number)?))
        });
        let Some((place, removed)) = removed else {
            return;
        };
        if let Some(location) = removed.location {
            transfer::delete(&location);
        }
        let name = &removed.file.name;
        announce(name, &words::filled("file.removed", &[("name", name)]));
        // The button that was pressed is gone, or is now that of the next file.
        let left = self.peek(|state| state.uploads.list().len());
        transport::after(0, Box::new(move || focus_after_removal(place, left)));
        self.go_on_uploading();
    }

    /// The network is back: nothing waits for its pause to end.
    pub fn back_online(self) {
        for number in self.peek(|state| state.uploads.interrupted()) {
            self.upload_moved(number, Outcome::Rested);
        }
        self.dispatch(Event::TryNow);
    }

    pub(super) fn go_on_uploading(self) {
        for (number, step) in self.change(|state| state.uploads.start_next()) {
            self.take_step(number, &step);
        }
        self.note_uploads();
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

/// The choice of another size, if there is one: with the name of the file, and as it stands on the button.
pub(crate) fn size_choice(upload: &Upload) -> Option<(String, String)> {
    let (file, other) = (&upload.file, upload.other.as_ref()?);
    let values = [
        ("name", file.name.as_str()),
        ("size", &file.size_text),
        ("other", &other.size_text),
    ];
    let (label, short) = if other.size_bytes < file.size_bytes {
        ("file.smaller", "file.smaller_short")
    } else {
        ("file.original", "file.original_short")
    };
    Some((words::filled(label, &values), words::filled(short, &values)))
}

/// Files by their names, and what is said of them.
fn named(names: &str, reason: &str) -> String {
    words::filled("file.named", &[("names", names), ("reason", reason)])
}

/// What is said of a file that is larger than accepted.
pub(crate) fn too_large_text(size_text: &str, limit_bytes: u64) -> String {
    let values = [("size", size_text), ("limit", &words::size(limit_bytes))];
    words::filled("file.too_large", &values)
}

/// To the button that removes the next file, or the last one, or to the control for files.
fn focus_after_removal(place: usize, left: usize) {
    let buttons = all("#files .file__remove");
    let next = left
        .checked_sub(1)
        .and_then(|last| buttons.get(place.min(last)));
    match next.and_then(|button| button.dyn_ref::<HtmlElement>()) {
        // Fails only where elements cannot have focus at all.
        Some(button) => button.focus().unwrap_or_default(),
        None => focus("attachments"),
    }
}

fn chosen(file: &File) -> Chosen {
    // Whole numbers below 2⁵³.
    let size_bytes = file.size() as u64;
    Chosen {
        name: file.name(),
        size_bytes,
        size_text: words::size(size_bytes),
        modified_ms: file.last_modified() as u64,
    }
}

fn forget_file_errors(state: &mut State) {
    state.beyond = 0;
    state.turned_away.clear();
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
        ("name", upload.file.name.as_str()),
        ("percent", &words::digits(quarter)),
    ];
    announce(&upload.file.name, &words::filled(key, &values));
}
