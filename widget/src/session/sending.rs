//! From the controls to the service, and from its verdict back to the controls.

use cornerdesk_shared::{
    limits::Limits,
    submission::Submission,
    validation::{Code, Field, Violation},
};

use wasm_bindgen::JsValue;

use super::{FieldError, Session};
use crate::{
    api,
    focus::focus,
    form::control_id,
    messages::{self, WorkerSaid},
    phase::{Answer, Event, Work},
    transport, words,
};

/// What the header `Proof-Of-Work` says when the work is not done: the ticket is then held until staff have looked at it.
const CANNOT_WORK: &str = "none";

impl Session {
    /// Send was pressed.
    pub fn press_send(self) {
        // Uploads that are not complete are the phase's matter.
        let violations = self.violations();
        self.dispatch(Event::SendPressed(self.files(), violations));
    }

    /// The person does not want to wait for the work.
    pub fn press_skip(self) {
        let violations = self.violations();
        self.dispatch(Event::SkipPressed(self.files(), violations));
    }

    /// A text was changed. A mistake that was pointed out goes as soon as it is corrected; new ones are not pointed out while typing.
    pub fn edited(self, field: Field) {
        self.change(|state| state.edits += 1);
        if self.peek(|state| state.errors.iter().any(|error| error.field == field)) {
            let still = self
                .violations()
                .into_iter()
                .filter(|violation| violation.field == field);
            let errors: Vec<_> = still.map(|violation| self.error(violation)).collect();
            self.change(|state| {
                state.errors.retain(|error| error.field != field);
                state.errors.extend(errors);
            });
        }
        self.dispatch(Event::Edited);
    }

    /// Shows exactly these mistakes and leads the person to them.
    pub(super) fn show_violations(self, violations: &[Violation]) {
        let errors = violations
            .iter()
            .map(|violation| self.error(*violation))
            .collect();
        self.change(|state| state.errors = errors);
        let target = match violations {
            [] => return,
            // One mistake: straight to the field. More: to the summary, which leads to each of them.
            [only] => control_id(only.field),
            _ => "error-summary",
        };
        transport::after(0, Box::new(move || focus(target)));
    }

    /// Sends the form as it is now. The same text goes out under the same key however often it is sent; a text that was changed after an
    /// attempt without an answer is another submission and gets a key of its own.
    pub(super) fn send(self) {
        let page = self.page();
        let (submission, is_another) =
            after_silence(self.submission(), page.unanswered.take().as_ref());
        if is_another {
            page.form.renew_key();
        }
        let on_answer = Box::new(move |answer| {
            if !matches!(answer, Answer::Trouble { .. }) {
                self.page().unanswered.take();
            }
            // Below 100, so the cast keeps everything.
            let random = (js_sys::Math::random() * 100.0) as u32;
            self.dispatch(Event::Answered(answer, random));
        });
        let proof = match page.skips_work.get() {
            true => Some(CANNOT_WORK.to_owned()),
            false => page.proof.take(),
        };
        let token = page.form.token();
        let mut evidence = vec![("Form-Token", token.as_str())];
        if page.form.is_trapped() {
            evidence.push(("Form-Trap", "filled"));
        }
        if let Some(proof) = &proof {
            evidence.push(("Proof-Of-Work", proof));
        }
        let (site, key) = (&page.options.site, page.form.key());
        api::send(site, &key, &evidence, &submission, on_answer);
        page.unanswered.replace(Some(submission));
    }

    /// Does the work that the service asks for.
    pub(super) fn work(self) {
        let page = self.page();
        let challenge = ["/v1/sites/", &page.options.site, "/challenge"].concat();
        let on_message = move |said| {
            let work = match said {
                WorkerSaid::Percent(likely) => Work::GoesOn(likely),
                WorkerSaid::Unreachable => Work::Unreachable,
                WorkerSaid::Impossible => Work::Impossible,
                WorkerSaid::Proof(proof) => {
                    self.page().proof.replace(Some(proof));
                    Work::Done
                }
            };
            self.dispatch(Event::Worked(work));
        };
        let stop = messages::work(&challenge, Box::new(on_message));
        page.stop_work.replace(Some(stop));
    }

    /// Stops it.
    pub(super) fn stop_work(self) {
        if let Some(stop) = self.page().stop_work.take() {
            // The function is the boot script's and throws nothing.
            stop.call0(&JsValue::NULL).ok();
        }
    }

    fn submission(self) -> Submission {
        let form = &self.page().form;
        let (upload_ids, context) =
            self.peek(|state| (state.uploads.upload_ids(), state.context.clone()));
        Submission {
            summary: form.value(Field::Summary),
            description: form.value(Field::Description),
            email: form.value(Field::Email),
            upload_ids,
            context,
            locale: Some(words::locale()),
            category: None,
            plan: None,
        }
    }

    fn violations(self) -> Vec<Violation> {
        self.submission().violations(0, &self.page().options.limits)
    }

    fn error(self, violation: Violation) -> FieldError {
        FieldError {
            field: violation.field,
            text: text_of(violation, &self.page().options.limits),
        }
    }
}

/// What to send after an attempt without an answer, and whether it is another submission than the one of that attempt.
///
/// The service may have the first one. So the page's details stay those of the first attempt (the person may have gone to another page
/// meanwhile): the same request must stay the same to the letter, or it would become a second ticket.
fn after_silence(mut now: Submission, unanswered: Option<&Submission>) -> (Submission, bool) {
    let Some(before) = unanswered else {
        return (now, false);
    };
    now.context.clone_from(&before.context);
    let is_another = now != *before;
    (now, is_another)
}

/// The words for a broken rule: those of the field, else those of the rule.
fn text_of(violation: Violation, limits: &Limits) -> String {
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
        &[("limit", &words::number(f64::from(limit))), ("size", &size)],
    )
}

#[cfg(test)]
mod tests {
    use cornerdesk_shared::page_context::PageContext;

    use super::*;

    fn from_page(url: &str) -> Submission {
        Submission {
            summary: "Export fails".into(),
            context: Some(PageContext {
                page_url: Some(url.into()),
                ..PageContext::default()
            }),
            ..Submission::default()
        }
    }

    #[test]
    fn a_page_that_has_changed_meanwhile_does_not_make_a_second_ticket() {
        let first = from_page("https://app.example.com/orders");
        let now = from_page("https://app.example.com/invoices");
        assert_eq!(after_silence(now, Some(&first)), (first, false));
    }

    #[test]
    fn a_text_that_was_changed_after_silence_is_another_submission() {
        let first = from_page("https://app.example.com/orders");
        let now = Submission {
            description: "More".into(),
            ..first.clone()
        };
        assert!(after_silence(now, Some(&first)).1);
    }

    #[test]
    fn the_first_attempt_is_sent_as_it_is() {
        let first = from_page("https://app.example.com/orders");
        assert_eq!(after_silence(first.clone(), None), (first, false));
    }
}
