//! What survives a reload: noted while the person writes, taken over when the panel is there again.

use js_sys::Map;
use wasm_bindgen::JsCast;
use web_sys::File;

use super::Session;
use crate::{
    draft::{self, Unanswered},
    phase::Event,
    uploads::kept,
    words,
};

impl Session {
    /// A draft was kept, with these uploads, the files that could be kept by the numbers of their uploads, and perhaps a request whose
    /// answer is missing. The texts are in their controls already.
    pub fn take_draft(self, uploads: &str, files: &Map, unanswered: Unanswered) {
        let page = self.page();
        // The service may have the request, and with it the uploads. Then it must be asked with the same ones.
        let believes = !unanswered.body.is_empty();
        if believes {
            page.unanswered.replace(Some(unanswered));
        }
        for mut kept in kept::read(uploads) {
            kept.file.size_text = words::size(kept.file.size_bytes);
            // The one that was there before lies there still when this one had no room, or no time.
            let file = files.get(&kept.number.into()).dyn_into::<File>().ok();
            let file = file.filter(|file| {
                // Whole numbers below 2⁵³.
                let found = (file.size() as u64, file.last_modified() as u64);
                found == (kept.file.size_bytes, kept.file.modified_ms)
            });
            page.transfers.keep(kept.number, file);
            self.change(|state| state.uploads.restore(kept, believes));
        }
        self.go_on_uploading();
    }

    /// The person has pressed Send before the reload: it goes on, unless they should know something first.
    pub fn resume(self) {
        let files = self.files();
        self.page().pending.set(true);
        if files.left_out == 0 {
            self.page().resumes.set(true);
            self.dispatch(Event::SendPressed(files, self.violations()));
        }
        self.tell_pending();
    }

    /// The texts were emptied and have a new key: the rest goes, too.
    pub fn emptied(self) {
        self.page().unanswered.take();
        self.dispatch(Event::Emptied);
    }

    /// Notes the uploads when they have changed.
    pub(super) fn note_uploads(self) {
        let lines = self.peek(|state| kept::write(state.uploads.list()));
        if self.page().noted_uploads.replace(lines.clone()) != lines {
            draft::note_uploads(&lines);
        }
    }

    /// Notes whether the request is to be sent after a reload, when that has changed.
    pub(super) fn tell_pending(self) {
        // Who edits a picture and reloads sees it unedited: that is not sent by itself.
        let pending = self.peek(|state| state.phase.is_busy() && !state.uploads.is_marking());
        if self.page().pending.replace(pending) != pending {
            draft::note_pending(pending);
        }
    }

    /// Empties the panel. The texts are the form's.
    pub(super) fn start_over(self) {
        let page = self.page();
        page.transfers.drop_all();
        self.change(super::State::start_over);
        self.note_uploads();
    }
}
