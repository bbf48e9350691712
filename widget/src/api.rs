//! Sends the submission and reads the service's answer.
//!
//! The request is written by [`cornerdesk_shared::json`]; answers are read by the browser's own JSON parser.

use cornerdesk_shared::{
    json::to_json,
    problem::ProblemKind,
    receipt::Receipt,
    submission::Submission,
    validation::{Code, Field, Violation},
};
use js_sys::{Array, JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    form::has_control,
    phase::{Answer, Refusal, Trouble},
    transport::{self, Body, Request, Response},
};

/// The service is slow under load, but a minute without an answer is no answer.
const TIMEOUT_MS: u32 = 60_000;

/// Sends a submission under its key. The answer comes to `on_answer`, exactly once.
///
/// `evidence` are headers that say how the form was filled, and the work that was asked for.
pub fn send(
    site: &str,
    key: &str,
    evidence: &[(&str, &str)],
    submission: &Submission,
    on_answer: Box<dyn FnOnce(Answer)>,
) {
    let url = ["/v1/sites/", site, "/tickets"].concat();
    let own = [
        ("Content-Type", "application/json"),
        ("Idempotency-Key", key),
    ];
    let headers = [&own, evidence].concat();
    let request = Request {
        method: "POST",
        url: &url,
        headers: &headers,
        timeout_ms: TIMEOUT_MS,
    };
    let body = to_json(submission);
    transport::send(
        &request,
        &Body::Text(&body),
        None,
        Box::new(|response| on_answer(read(response))),
    );
}

fn read(response: &Response) -> Answer {
    let body = JSON::parse(&response.text()).unwrap_or(JsValue::NULL);
    let trouble = |trouble| Answer::Trouble {
        trouble,
        retry_after_s: response
            .number("Retry-After")
            .and_then(|seconds| u32::try_from(seconds).ok()),
    };
    match response.status() {
        201 => receipt(&body).map_or_else(|| trouble(Trouble::ServerFailed), Answer::Received),
        0 => trouble(Trouble::Unreachable),
        429 => trouble(Trouble::TooMany),
        408 | 409 | 425 | 503 => trouble(Trouble::TooBusy),
        500.. => trouble(Trouble::ServerFailed),
        _ => refusal(&body),
    }
}

/// The kind of problem that an answer tells of, if it does.
#[must_use]
pub fn problem_of(response: &Response) -> Option<ProblemKind> {
    kind_of(&JSON::parse(&response.text()).ok()?)
}

fn kind_of(body: &JsValue) -> Option<ProblemKind> {
    ProblemKind::from_type(&text(body, "type")?)
}

fn refusal(body: &JsValue) -> Answer {
    let kind = kind_of(body);
    let violations = violations(body);
    match kind {
        Some(ProblemKind::InvalidSubmission) if !violations.is_empty() => {
            Answer::Violated(violations)
        }
        Some(ProblemKind::ProofOfWorkRequired) => Answer::ProofRequired,
        Some(ProblemKind::IdempotencyKeyReused) => Answer::KeyReused,
        Some(ProblemKind::UnknownSite | ProblemKind::OriginNotAllowed) => {
            Answer::Refused(Refusal::Site)
        }
        _ => Answer::Refused(Refusal::Other(
            text(body, "detail")
                .or_else(|| text(body, "title"))
                .unwrap_or_default(),
        )),
    }
}

fn receipt(body: &JsValue) -> Option<Receipt> {
    Some(Receipt {
        reference: text(body, "reference")?,
        received_at: text(body, "received_at")?,
        answer_by: text(body, "answer_by"),
        status_url: text(body, "status_url"),
        mail: text(body, "mail"),
    })
}

/// The broken rules that a person can mend. Others speak of what the panel itself says; for them the service's words are shown.
fn violations(body: &JsValue) -> Vec<Violation> {
    let list = member(body, "violations")
        .dyn_into::<Array>()
        .unwrap_or_default();
    let violation = |entry: JsValue| {
        let field = Field::from_wire(&text(&entry, "field")?)?;
        let code = Code::from_wire(&text(&entry, "code")?)?;
        has_control(field).then_some(Violation::new(field, code))
    };
    list.iter().filter_map(violation).collect()
}

fn member(object: &JsValue, name: &str) -> JsValue {
    // Fails on values that are not objects; those have no members.
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

fn text(object: &JsValue, name: &str) -> Option<String> {
    member(object, name).as_string()
}
