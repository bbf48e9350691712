//! Ties the parts together: events of the document go into the state, the state's effects go out to document and network.
//!
//! The decisions are in [`phase`](crate::phase) and [`uploads`](crate::uploads); here they are only carried out.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use cornerdesk_shared::{
    page_context::PageContext,
    submission::Submission,
    upload::display_name,
    validation::{Code, Field, Violation, validate_attachment_count, validate_attachment_size},
};
use leptos::prelude::*;
use web_sys::File;

use crate::{
    api,
    focus::{announce, focus},
    form::{Form, control_id},
    messages,
    options::Options,
    phase::{Effect, Event, Phase},
    transport,
    uploads::{Outcome, Step, UploadNumber, UploadState, Uploads, transfer::Transfers},
    view::send_status::notice_text,
    words,
};

/// Something that is wrong with a field, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field whose control is marked.
    pub field: Field,
    /// What to do about it.
    pub text: String,
}

/// The state of the panel. Copies are the same session.
#[derive(Clone, Copy)]
pub struct Session {
    /// Where the request stands.
    pub phase: RwSignal<Phase>,
    /// The files.
    pub uploads: RwSignal<Uploads>,
    /// What is wrong with which field.
    pub errors: RwSignal<Vec<FieldError>>,
    /// What is said about the host page.
    pub context: RwSignal<Option<PageContext>>,
    page: StoredValue<Rc<Page>, LocalStorage>,
}

/// What belongs to the document and never changes, or is nobody's to watch.
struct Page {
    form: Form,
    options: Options,
    transfers: Transfers,
    /// The submission whose fate is unknown, because no answer came.
    unanswered: RefCell<Option<Submission>>,
    countdown: Cell<i32>,
    busy: Cell<bool>,
}

impl Session {
    /// A session for the adopted form.
    #[must_use]
    pub fn new(form: Form) -> Self {
        let options = Options::of(&form.element);
        let page = Page {
            form,
            options,
            transfers: Transfers::default(),
            unanswered: RefCell::default(),
            countdown: Cell::new(0),
            busy: Cell::new(false),
        };
        Self {
            phase: RwSignal::new(Phase::Editing(None)),
            uploads: RwSignal::default(),
            errors: RwSignal::default(),
            context: RwSignal::default(),
            page: StoredValue::new_local(Rc::new(page)),
        }
    }

    fn page(&self) -> Rc<Page> {
        self.page.get_value()
    }

    /// The adopted form.
    #[must_use]
    pub fn form(&self) -> Form {
        self.page().form.clone()
    }

    /// What the document says about the site.
    #[must_use]
    pub fn options(&self) -> Options {
        self.page().options.clone()
    }

    /// Where uploads are created.
    #[must_use]
    pub fn uploads_url(&self) -> String {
        ["/v1/sites/", &self.page().options.site, "/uploads"].concat()
    }

    /// Whether something would be lost if the page were left now.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.page().busy.get()
    }

    /// Takes an event, moves to the next phase and does what that demands.
    pub fn dispatch(self, event: Event) {
        let before = self.phase.get_untracked();
        let (after, effects) = before.clone().next(event);
        if after != before {
            self.phase.set(after.clone());
            if let Some(text) = notice_text(
                &after,
                self.uploads.with_untracked(Uploads::files),
                &self.page().options.site_name,
            ) && notice_text(
                &before,
                self.uploads.with_untracked(Uploads::files),
                &self.page().options.site_name,
            )
            .as_ref()
                != Some(&text)
            {
                announce(&text);
            }
        }
        for effect in effects {
            self.carry_out(effect);
        }
        self.tell_busy();
    }

    fn carry_out(self, effect: Effect) {
        let page = self.page();
        match effect {
            Effect::ShowViolations(violations) => self.show_violations(&violations),
            Effect::Send => self.send(),
            Effect::CountSecond => {
                transport::cancel(page.countdown.get());
                page.countdown.set(transport::after(
                    1,
                    Box::new(move || self.dispatch(Event::SecondPassed)),
                ));
            }
            Effect::RenewKey => page.form.renew_key(),
            Effect::ShowReceipt => {
                if let Phase::Sent(receipt) = self.phase.get_untracked() {
                    messages::post_sent(&receipt.reference);
                }
                // The heading can take the focus once the views have shown it.
                transport::after(0, Box::new(|| focus("receipt-title")));
            }
            Effect::StartOver => {
                page.form.clear();
                page.transfers.drop_all();
                self.uploads.set(Uploads::default());
                self.errors.set(Vec::new());
                transport::after(0, Box::new(|| focus("summary")));
            }
        }
    }

    /// Send was pressed.
    pub fn press_send(self) {
        let submission = self.submission();
        // Uploads that are not complete are the phase's matter.
        let violations = submission.violations(0, &self.page().options.limits);
        self.dispatch(Event::SendPressed(
            self.uploads.with_untracked(Uploads::files),
            violations,
        ));
    }

    fn submission(self) -> Submission {
        let page = self.page();
        Submission {
            summary: page.form.value(Field::Summary),
            description: page.form.value(Field::Description),
            email: page.form.value(Field::Email),
            upload_ids: self.uploads.with_untracked(Uploads::upload_ids),
            context: self.context.get_untracked(),
            locale: Some(words::locale()),
            category: None,
            plan: None,
        }
    }

    /// Sends the form as it is now. The same text goes out under the same key however often it is sent; a text that was changed after an
    /// attempt without an answer is another submission and gets a key of its own.
    fn send(self) {
        let page = self.page();
        let submission = self.submission();
        let changed = page
            .unanswered
            .borrow()
            .as_ref()
            .is_some_and(|unanswered| *unanswered != submission);
        if changed {
            page.form.renew_key();
        }
        let on_answer = move |answer| {
            let answered = !matches!(answer, crate::phase::Answer::Trouble { .. });
            if answered {
                self.page().unanswered.take();
            }
            // Below 100, so the cast keeps everything.
            let random = (js_sys::Math::random() * 100.0) as u32;
            self.dispatch(Event::Answered(answer, random));
        };
        api::send(&page.options.site, &page.form.key(), &submission, on_answer);
        page.unanswered.replace(Some(submission));
    }

    fn show_violations(self, violations: &[Violation]) {
        let limits = self.page().options.limits;
        let errors: Vec<_> = violations
            .iter()
            .map(|violation| FieldError {
                field: violation.field,
                text: violation_text(*violation, &limits),
            })
            .collect();
        let only = (errors.len() == 1).then(|| errors[0].field);
        let none = errors.is_empty();
        self.errors.set(errors);
        if !none {
            // One mistake: straight to the field. More: to the summary, which leads to each of them.
            let target = only.map_or("error-summary", control_id);
            transport::after(0, Box::new(move || focus(target)));
        }
    }

    /// A text was changed.
    pub fn edited(self, field: Field) {
        if self
            .errors
            .with_untracked(|errors| errors.iter().any(|error| error.field == field))
        {
            let page = self.page();
            let still = self
                .submission()
                .violations(0, &page.options.limits)
                .into_iter()
                .find(|violation| violation.field == field);
            self.errors.update(|errors| {
                errors.retain(|error| error.field != field);
                errors.extend(still.map(|violation| FieldError {
                    field,
                    text: violation_text(violation, &page.options.limits),
                }));
            });
        }
        self.dispatch(Event::Edited);
    }

    /// Files were chosen, dropped or pasted. Those within the limits start to upload at once.
    pub fn add_files(self, files: Vec<File>) {
        if self.form().element.hidden() {
            return;
        }
        let page = self.page();
        let limits = page.options.limits;
        let mut refused = Vec::new();
        let mut added = Vec::new();
        for file in files {
            // A whole number below 2⁵³.
            let size_bytes = file.size() as u64;
            let name = display_name(&file.name());
            if validate_attachment_count(
                self.uploads.with_untracked(|uploads| uploads.list().len()) + 1,
                &limits,
            )
            .is_some()
            {
                refused.push(
                    [
                        &name,
                        ": ",
                        &words::filled(
                            "file.too_many",
                            &[("{limit}", &limits.attachments.to_string())],
                        ),
                    ]
                    .concat(),
                );
            } else if validate_attachment_size(size_bytes, &limits).is_some() {
                let values = [
                    ("{size}", words::size(size_bytes)),
                    ("{limit}", words::size(limits.attachment_bytes)),
                ];
                refused.push(
                    [
                        &name,
                        ": ",
                        &words::filled(
                            "file.too_large",
                            &[(values[0].0, &values[0].1), (values[1].0, &values[1].1)],
                        ),
                    ]
                    .concat(),
                );
            } else {
                let mut number = 0;
                self.uploads.update(|uploads| {
                    number = uploads.add(name.clone(), size_bytes, words::size(size_bytes));
                });
                page.transfers.keep(number, file);
                added.push(name);
            }
        }
        self.errors.update(|errors| {
            errors.retain(|error| !matches!(error.field, Field::Attachments | Field::UploadIds));
            errors.extend(refused.iter().map(|text| FieldError {
                field: Field::Attachments,
                text: text.clone(),
            }));
        });
        match added.as_slice() {
            [] => {}
            [name] => refused.push(words::filled("file.added", &[("{name}", name)])),
            several => refused.push(words::counted("file.added_many", several.len())),
        }
        announce(&refused.join(" "));
        self.go_on_uploading();
    }

    /// An upload's request ended, or its bytes move.
    pub fn upload_moved(self, number: UploadNumber, outcome: Outcome) {
        let before = self
            .uploads
            .with_untracked(|uploads| uploads.get(number).cloned());
        let mut step = None;
        self.uploads
            .update(|uploads| step = uploads.apply(number, outcome));
        let after = self
            .uploads
            .with_untracked(|uploads| uploads.get(number).cloned());
        let (Some(before), Some(after)) = (before, after) else {
            return;
        };
        announce_progress(&before, &after);
        if let Some(step) = step {
            self.take_step(number, &step);
        }
        if before.state != after.state
            && matches!(
                after.state,
                UploadState::Done { .. } | UploadState::Failed(_)
            )
        {
            if matches!(after.state, UploadState::Done { .. }) {
                self.page().transfers.drop(number);
            }
            self.go_on_uploading();
        }
    }

    /// The person wants to try an upload again.
    pub fn retry_upload(self, number: UploadNumber) {
        self.uploads.update(|uploads| uploads.retry(number));
        self.go_on_uploading();
    }

    /// The person does not want the file any more.
    pub fn remove_upload(self, number: UploadNumber) {
        let mut removed = None;
        self.uploads
            .update(|uploads| removed = uploads.remove(number));
        self.page().transfers.drop(number);
        let Some(removed) = removed else { return };
        if let Some(location) = removed.location {
            crate::uploads::transfer::delete(&location);
        }
        self.errors.update(|errors| {
            errors.retain(|error| !matches!(error.field, Field::Attachments | Field::UploadIds));
        });
        announce(&words::filled("file.removed", &[("{name}", &removed.name)]));
        if self
            .uploads
            .with_untracked(|uploads| uploads.list().is_empty())
        {
            focus("attachments");
        }
        self.go_on_uploading();
    }

    /// The network is back: nothing waits for its pause to end.
    pub fn back_online(self) {
        for number in self.uploads.with_untracked(Uploads::interrupted) {
            self.upload_moved(number, Outcome::Rested);
        }
        self.dispatch(Event::TryNow);
    }

    fn go_on_uploading(self) {
        let mut steps = Vec::new();
        self.uploads.update(|uploads| steps = uploads.start_next());
        for (number, step) in steps {
            self.take_step(number, &step);
        }
        self.dispatch(Event::FilesChanged(
            self.uploads.with_untracked(Uploads::files),
        ));
    }

    fn take_step(self, number: UploadNumber, step: &Step) {
        let location = self.uploads.with_untracked(|uploads| {
            uploads
                .get(number)
                .and_then(|upload| upload.location.clone())
        });
        self.page()
            .transfers
            .take_step(self, number, location.as_deref(), step);
    }

    fn tell_busy(self) {
        let page = self.page();
        let busy = self.phase.with_untracked(Phase::is_busy)
            || self.uploads.with_untracked(Uploads::files).on_their_way > 0;
        if page.busy.replace(busy) != busy {
            messages::post_busy(busy);
        }
    }
}

/// The words for a broken rule: those of the field, else those of the rule.
fn violation_text(violation: Violation, limits: &cornerdesk_shared::limits::Limits) -> String {
    let code = violation.code.as_str();
    let of_field = ["error.", violation.field.as_str(), ".", code].concat();
    let key = if words::find(&of_field).is_some() {
        of_field
    } else {
        ["error.", code].concat()
    };
    let limit = match violation.field {
        Field::Summary => limits.summary_chars,
        Field::Description => limits.description_chars,
        Field::Email => limits.email_chars,
        _ => limits.attachments,
    };
    let size = if violation.code == Code::TooLarge {
        words::size(limits.attachment_bytes)
    } else {
        String::new()
    };
    words::filled(
        &key,
        &[
            ("{limit}", &words::number(f64::from(limit))),
            ("{size}", &size),
        ],
    )
}

/// Says each quarter of an upload, and its end: progress bars are not read out by themselves.
fn announce_progress(before: &crate::uploads::Upload, after: &crate::uploads::Upload) {
    let name = ("{name}", after.name.as_str());
    match after.state {
        UploadState::Done { .. } => announce(&words::filled("file.announce_done", &[name])),
        UploadState::Failed(_) => announce(&words::filled("file.announce_failed", &[name])),
        _ if before.percent() / 25 < after.percent() / 25 => {
            let percent = (after.percent() / 25 * 25).to_string();
            announce(&words::filled(
                "file.announce_progress",
                &[name, ("{percent}", &percent)],
            ));
        }
        _ => {}
    }
}
