//! Sends the submission and reads the service's answer.
//!
//! The request was written by [`cornerdesk_shared::json`]; answers are read by the browser's own JSON parser.

use cornerdesk_shared::{
    problem::ProblemKind,
    receipt::Receipt,
    validation::{Code, Field, Violation},
};
use js_sys::{Array, JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    form::has_control,
    phase::{Answer, Refusal, Trouble},
    transport::{self, Body, Request, Response},
    words,
};

/// The service is slow under load, but a minute without an answer is no answer.
const TIMEOUT_MS: u32 = 60_000;

/// Sends a submission, as JSON, under its key. The answer comes to `on_answer`, exactly once.
///
/// `evidence` are headers that say how the form was filled, and the work that was asked for.
pub fn send(
    site: &str,
    key: &str,
    evidence: &[(&str, &str)],
    body: &str,
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
    transport::send(
        &request,
        &Body::Text(body),
        None,
        Box::new(|response| on_answer(read(response))),
    );
}

fn read(response: &Response) -> Answer {
    let text = response.text();
    let trouble = |trouble| Answer::Trouble {
        trouble,
        retry_after_s: response
            .number("Retry-After")
            .and_then(|seconds| u32::try_from(seconds).ok()),
    };
    match response.status() {
        201 => receipt_of(&text).map_or_else(|| trouble(Trouble::ServerFailed), Answer::Received),
        0 => trouble(Trouble::Unreachable),
        429 => trouble(Trouble::TooMany),
        408 | 409 | 425 | 503 => trouble(Trouble::TooBusy),
        500.. => trouble(Trouble::ServerFailed),
        _ => refusal(&JSON::parse(&text).unwrap_or(JsValue::NULL)),
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
        // The host page may bring a token that is believed.
        Some(ProblemKind::IdentityRefused | ProblemKind::IdentityRequired) => {
            Answer::IdentityRefused
        }
        Some(ProblemKind::UnknownSite | ProblemKind::OriginNotAllowed) => {
            Answer::Refused(Refusal::Site)
        }
        Some(ProblemKind::CategoryRedirected) => elsewhere("redirected", body),
        Some(ProblemKind::NotEntitled) => elsewhere("not_entitled", body),
        // What the service says of it is English, and for those who write programs.
        _ => Answer::Refused(Refusal::Other),
    }
}

/// Where to turn to instead. The words are those that come with the form of a site with a policy.
fn elsewhere(key: &str, body: &JsValue) -> Answer {
    let told = match text(body, "address") {
        Some(address) => words::filled(key, &[("address", &address)]),
        None => words::text("ask_administrator"),
    };
    Answer::Refused(Refusal::Elsewhere(told))
}

/// The receipt in an answer.
#[must_use]
pub fn receipt_of(answer: &str) -> Option<Receipt> {
    receipt(&JSON::parse(answer).ok()?)
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

/// The broken rules that a person can mend. Others speak of what the panel itself says.
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

/// A member of an object.
#[must_use]
pub fn member(object: &JsValue, name: &str) -> JsValue {
    // Fails on values that are not objects; those have no members.
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A member that is a text.
#[must_use]
pub fn text(object: &JsValue, name: &str) -> Option<String> {
    member(object, name).as_string()
}
