//! From the controls to the service, and from its verdict back to the controls.

use std::hint::black_box;

use cornerdesk_shared::{
    json::to_json,
    limits::Limits,
    submission::Submission,
    validation::{Code, Field, Violation},
};

use wasm_bindgen::JsValue;

use super::{FieldError, Session};
use crate::{
    api,
    draft::{self, Unanswered},
    focus::focus,
    form::control_id,
    messages::{self, Silence, WorkerSaid},
    phase::{Answer, Event, Phase, Refusal, Trouble, Work},
    transport, words,
};

/// What the header `Proof-Of-Work` says when the work is not done: the ticket is then held until staff have looked at it.
const CANNOT_WORK: &str = "none";

/// What it means when the browser says that there is no network. Only its "no" can be trusted.
const OFFLINE: Answer = Answer::Trouble {
    trouble: Trouble::Offline,
    retry_after_s: None,
};

impl Session {
    /// Send was pressed.
    pub fn press_send(self) {
        // Uploads that are not complete are the phase's matter.
        let violations = self.violations();
        if violations.is_empty() && !self.may_go(Self::press_send) {
            return;
        }
        self.dispatch(Event::SendPressed(self.files(), violations));
    }

    /// The person does not want to wait for the work.
    pub fn press_skip(self) {
        let violations = self.violations();
        if violations.is_empty() && !self.may_go(Self::press_skip) {
            return;
        }
        self.dispatch(Event::SkipPressed(self.files(), violations));
    }

    /// Whether nothing is in the way that the person should know of first; else it is pressed again when they have decided.
    fn may_go(self, press: fn(Self)) -> bool {
        let is_under_way = self.peek(|state| {
            matches!(
                state.phase,
                Phase::Sending { .. } | Phase::WaitingForFiles { .. } | Phase::Sent(_)
            )
        });
        is_under_way || messages::may_go(Box::new(move || press(self)))
    }

    /// A text was changed. A mistake that was pointed out goes as soon as it is corrected; new ones are not pointed out while typing.
    pub fn edited(self, field: Field) {
        self.change(|state| state.edits += 1);
        self.page().resumes.set(false);
        if !self.page().rehearsed.replace(true) {
            transport::after(0, Box::new(move || self.rehearse()));
        }
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

    /// What Send does before the request leaves, without any effect. Browsers compile a function when it is first called; who presses Send
    /// does not wait for that.
    fn rehearse(self) {
        let now = (messages::context(), messages::choices());
        let request = after_silence(&self.submission(), &now, None);
        let press = Event::SendPressed(self.files(), self.violations());
        black_box((request, Phase::default().next(press)));
        black_box(transport::open("POST", &self.uploads_url(), &[]));
    }

    /// Shows exactly these mistakes and leads the person to them.
    pub(super) fn show_violations(self, violations: &[Violation]) {
        let errors = violations
            .iter()
            .map(|violation| self.error(*violation))
            .collect();
        self.change(|state| {
            state.errors = errors;
            state.summary.clone_from(&state.errors);
        });
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
        if !transport::is_online() {
            // Nothing leaves, so nothing is unanswered that was not before.
            return self.dispatch(Event::Answered(OFFLINE, 0));
        }
        let before = page.unanswered.take();
        let (request, is_another) = match before {
            Some(before) if page.resumes.get() => (before, false),
            before => {
                let now = (messages::context(), messages::choices());
                after_silence(&self.submission(), &now, before.as_ref())
            }
        };
        if is_another {
            draft::renew_key();
        }
        draft::note_unanswered(&request);
        let on_answer = Box::new(move |answer| {
            let is_silence = matches!(answer, Answer::Trouble { .. });
            // Whose token is over may have been answered before, unheard: the same request is asked for again.
            if !is_silence && !matches!(answer, Answer::IdentityRefused) {
                self.page().unanswered.take();
                draft::note_unanswered(&Unanswered::default());
            }
            // Below 100, so the cast keeps everything.
            let random = (js_sys::Math::random() * 100.0) as u32;
            let say = move |answer: Answer| {
                if let Some(kind) = answer.failure() {
                    messages::post_error(kind);
                }
                self.dispatch(Event::Answered(answer, random));
            };
            match answer {
                _ if is_silence && !transport::is_online() => say(OFFLINE),
                Answer::Trouble {
                    trouble: Trouble::Unreachable,
                    retry_after_s,
                } => messages::why_silent(
                    None,
                    Box::new(move |silence| {
                        say(Answer::Trouble {
                            trouble: trouble_of(silence),
                            retry_after_s,
                        });
                    }),
                ),
                answer => say(answer),
            }
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
        messages::post_submit();
        let identity = messages::identity_token();
        if !identity.is_empty() {
            evidence.push(("Identity-Token", &identity));
        }
        let (site, key) = (&page.options.site, page.form.key());
        api::send(site, &key, &evidence, &request.body, on_answer);
        page.unanswered.replace(Some(request));
        self.draw_up_receipt();
    }

    /// Readies the receipt while the request is on its way. In tasks of their own: the browser's calendar, asked first, takes its time, and
    /// who has pressed Send sees that first.
    fn draw_up_receipt(self) {
        transport::after(
            0,
            Box::new(move || {
                black_box(words::time("2000-01-01"));
                black_box(api::receipt_of("{}"));
                transport::after(
                    0,
                    Box::new(move || self.change(|state| state.draws_up = true)),
                );
            }),
        );
    }

    /// A token ends while somebody writes, or there is none where one is wanted. The host page is asked for another one; without one the form
    /// asks for the address, or says where to sign in, and the text stays.
    pub(super) fn renew_identity(self) {
        messages::renew_identity(Box::new(move |is_fresh| {
            if is_fresh {
                return self.send();
            }
            let is_required = self.page().options.identity_required;
            let refusal = match is_required {
                true => Refusal::NotSignedIn,
                false => Refusal::Identity,
            };
            let answer = Answer::Refused(refusal);
            answer.failure().map(messages::post_error);
            self.dispatch(Event::Answered(answer, 0));
            if !is_required {
                // When the form is not disabled any more.
                transport::after(0, Box::new(|| focus(control_id(Field::Email))));
            }
        }));
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
        Submission {
            summary: form.value(Field::Summary),
            description: form.value(Field::Description),
            email: form.value(Field::Email),
            upload_ids: self.peek(|state| state.uploads.upload_ids()),
            locale: Some(words::locale()),
            category: given(Field::Category),
            impact: given(Field::Impact),
            tried: given(Field::Tried),
            // The part that shows the context writes it: [`messages::context`].
            ..Submission::default()
        }
    }

    pub(super) fn violations(self) -> Vec<Violation> {
        let submission = self.submission();
        let mut violations = submission.violations(0, &self.page().options.limits);
        // Whoever is asked for it has to say it; the service knows the policy, and so what may be said.
        if submission.category.is_none() && messages::field("category").is_some() {
            violations.push(Violation::new(Field::Category, Code::Required));
        }
        violations
    }

    fn error(self, violation: Violation) -> FieldError {
        FieldError {
            field: violation.field,
            text: text_of(violation, &self.page().options.limits),
        }
    }
}

/// What the person has said in a field that the site's policy has added.
fn given(field: Field) -> Option<String> {
    messages::field(field.as_str()).filter(|text| !text.is_empty())
}

/// What to send after an attempt without an answer, and whether it is another request than the one of that attempt. `context` is what goes
/// along about the page, as JSON, and what the person has decided about it.
///
/// The service may have the first one. So the page's details stay those of the first attempt (the person may have gone to another page
/// meanwhile): the same request must stay the same to the letter, or it would become a second ticket.
fn after_silence(
    now: &Submission,
    (context, choices): &(String, String),
    unanswered: Option<&Unanswered>,
) -> (Unanswered, bool) {
    let json = to_json(now);
    let essence = [json.as_str(), choices].concat();
    match unanswered {
        Some(before) if before.essence == essence => (before.clone(), false),
        before => {
            let body = with_context(json, context);
            (Unanswered { essence, body }, before.is_some())
        }
    }
}

/// The request with its last member.
fn with_context(mut json: String, context: &str) -> String {
    if !context.is_empty() && json.pop().is_some() {
        json.push_str(",\"context\":");
        json.push_str(context);
        json.push('}');
    }
    json
}

fn trouble_of(silence: Silence) -> Trouble {
    match silence {
        Silence::NoNetwork => Trouble::Offline,
        Silence::Blocked => Trouble::Blocked,
        Silence::NoFile | Silence::Unknown => Trouble::Unreachable,
    }
}

/// The words for a broken rule: those of the field, else those of the rule.
fn text_of(violation: Violation, limits: &Limits) -> String {
    let code = violation.code.as_str();
    let of_field = ["error.", control_id(violation.field), ".", code].concat();
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
    use super::*;

    const ORDERS: &str = r#"{"page_url":"https://app.example.com/orders"}"#;

    fn submission() -> Submission {
        Submission {
            summary: "Export fails".into(),
            ..Submission::default()
        }
    }

    fn about(context: &str) -> (String, String) {
        (context.into(), String::new())
    }

    fn sent() -> Unanswered {
        after_silence(&submission(), &about(ORDERS), None).0
    }

    #[test]
    fn a_page_that_has_changed_meanwhile_does_not_make_a_second_ticket() {
        let now = after_silence(&submission(), &about("{}"), Some(&sent()));
        assert_eq!(now, (sent(), false));
    }

    #[test]
    fn a_text_that_was_changed_after_silence_is_another_request() {
        let now = Submission {
            description: "More".into(),
            ..submission()
        };
        let (request, is_another) = after_silence(&now, &about(ORDERS), Some(&sent()));
        assert!(is_another);
        assert!(request.body.contains("More"));
    }

    #[test]
    fn what_was_left_out_after_silence_does_not_go_again() {
        let decided = ("{}".into(), "left out: page_url".into());
        let (request, is_another) = after_silence(&submission(), &decided, Some(&sent()));
        assert!(is_another);
        assert!(request.body.ends_with(r#""context":{}}"#));
    }

    #[test]
    fn the_first_attempt_is_sent_as_it_is() {
        let (request, is_another) = after_silence(&submission(), &about(""), None);
        assert_eq!((request.body, is_another), (to_json(&submission()), false));
        assert!(
            sent()
                .body
                .ends_with(&[r#","context":"#, ORDERS, "}"].concat())
        );
    }
}
