//! A server of a vendor, as far as all of them are alike: it keeps what it is asked, goes wrong as it is told to, and is held against the vendor's own
//! description. What it remembers and answers is its kind's affair ([`crate::pagerduty`], [`crate::slack`], [`crate::teams`],
//! [`crate::jsm_operations`]).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::stream;
use serde_json::Value;

use crate::{
    contract::{Contract, Exchange},
    local_server::LocalServer,
    scratch,
};

/// Longest body that is sent to it.
const BODY_MOST_BYTES: usize = 1 << 20;

/// A call that came.
#[derive(Clone, Debug)]
pub struct Call {
    /// Such as `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// After the question mark.
    pub query: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// What was sent.
    pub text: String,
}

impl Call {
    /// What was sent, read; `Null` where it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Headers beside its type.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body: JSON where it begins with a brace, else text.
    pub body: String,
}

impl Reply {
    /// An answer without headers of its own.
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// … of JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, body.to_string())
    }
}

/// How a call goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is done, and the answer does not come.
    LoseAnswer,
    /// It is not done, and answered so.
    Instead(Reply),
}

impl Fault {
    /// A failure of the server.
    pub fn failure() -> Self {
        Self::Instead(Reply::new(503, "<html>Service unavailable</html>"))
    }

    /// Too much at once; come again in a second.
    pub fn limit() -> Self {
        Self::Instead(Reply {
            headers: vec![("retry-after", "1")],
            ..Reply::new(429, "")
        })
    }
}

/// What of a call breaks the documentation, in words; the answer otherwise.
pub(crate) type Answered = Result<Reply, String>;
type Answering = Box<dyn FnMut(&Call) -> Answered + Send>;

struct Inside {
    answering: Answering,
    calls: Vec<Call>,
    faults: Vec<(usize, String, Fault)>,
    violations: Vec<String>,
}

#[derive(Clone)]
struct Shared {
    inside: Arc<Mutex<Inside>>,
    contract: Option<&'static Contract>,
    /// What comes before the paths of the description.
    base: &'static str,
}

impl Shared {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server for one test.
pub struct Vendor {
    server: LocalServer,
    shared: Shared,
}

impl std::fmt::Debug for Vendor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vendor(…)")
    }
}

impl Vendor {
    /// Opens the port. `judged` is the file of a description, and what comes before its paths here.
    pub(crate) async fn start(
        judged: Option<(&'static str, &'static str)>,
        answering: impl FnMut(&Call) -> Answered + Send + 'static,
    ) -> Self {
        let inside = Inside {
            answering: Box::new(answering),
            calls: Vec::new(),
            faults: Vec::new(),
            violations: Vec::new(),
        };
        let shared = Shared {
            inside: Arc::new(Mutex::new(inside)),
            contract: judged.and_then(|(file, _)| Contract::by(file)),
            base: judged.map_or("", |(_, base)| base),
        };
        let app = Router::new().fallback(answer).with_state(shared.clone());
        Self {
            server: LocalServer::start(app).await,
            shared,
        }
    }

    /// Its address, without a path.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port())
    }

    /// What came so far, in its order; what went wrong as well.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.inside().calls.clone()
    }

    /// The next calls whose path ends so go wrong.
    pub fn fail(&self, times: usize, path_end: &str, fault: Fault) {
        let scripted = (times, path_end.to_owned(), fault);
        self.shared.inside().faults.push(scripted);
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        let violations = std::mem::take(&mut self.shared.inside().violations);
        if !std::thread::panicking() {
            assert!(
                violations.is_empty(),
                "the documentation was broken: {violations:#?}"
            );
        }
    }
}

/// The section of a destination with one secret, kept in a file; `more` goes before the section of its kind, `settings` into it.
pub(crate) fn section(
    kind: &str,
    (field, secret): (&str, &str),
    more: &str,
    settings: &str,
) -> String {
    let file = scratch::folder(kind).join(field);
    std::fs::write(&file, secret).expect("a file");
    let file = file.display().to_string();
    format!(
        "[outbound]\nprivate_networks = [\"127.0.0.0/8\"]\n[[destinations]]\nname = \"{kind}\"\nkind = \"{kind}\"\nsecrets = {{ {field} = {{ file = {file:?} }} }}\n{more}\n[destinations.{kind}]\n{settings}\n"
    )
}

/// Expects something of a call.
pub(crate) fn expect(good: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if good { Ok(()) } else { Err(fault()) }
}

/// A text of at most so many characters, and of at least one.
pub(crate) fn expect_text(value: &Value, name: &str, most_chars: usize) -> Result<(), String> {
    let length = value.as_str().map(|text| text.chars().count());
    expect(
        length.is_some_and(|length| (1..=most_chars).contains(&length)),
        || format!("{name}: {length:?} characters, and {most_chars} are the most"),
    )
}

/// No member but these.
pub(crate) fn expect_members(value: &Value, known: &[&str]) -> Result<(), String> {
    let object = value.as_object().ok_or("no object")?;
    let unknown = object.keys().find(|key| !known.contains(&key.as_str()));
    expect(unknown.is_none(), || format!("it knows no {unknown:?}"))
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_MOST_BYTES).await.unwrap_or_default();
    let call = Call {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        text: String::from_utf8_lossy(&body).into_owned(),
    };
    let (reply, fault) = {
        let mut inside = shared.inside();
        inside.calls.push(call.clone());
        let mut faults = inside.faults.iter_mut();
        let found = faults.find(|(left, end, _)| *left > 0 && call.path.ends_with(end.as_str()));
        let fault = found.map(|(left, _, fault)| {
            *left -= 1;
            fault.clone()
        });
        let reply = match &fault {
            Some(Fault::Instead(reply)) => reply.clone(),
            _ => (inside.answering)(&call).unwrap_or_else(|violation| {
                inside
                    .violations
                    .push(format!("{}: {violation}", call.path));
                Reply::new(400, violation)
            }),
        };
        (reply, fault)
    };
    if let (Some(contract), None | Some(Fault::LoseAnswer)) = (shared.contract, &fault) {
        let target = parts.uri.to_string();
        let target = target.strip_prefix(shared.base).unwrap_or(&target);
        let exchange = Exchange {
            method: parts.method,
            target: target.to_owned(),
            headers: parts.headers,
            body: body.to_vec(),
            status: reply.status,
            answer_headers: headers_of(&reply),
            answer: reply.body.clone().into_bytes(),
        };
        let found = contract.violations(exchange).await;
        shared.inside().violations.extend(found);
    }
    if matches!(fault, Some(Fault::LoseAnswer)) {
        return lost();
    }
    let mut response = Response::new(Body::from(reply.body.clone()));
    *response.status_mut() = StatusCode::from_u16(reply.status).expect("a status");
    *response.headers_mut() = headers_of(&reply);
    response
}

fn headers_of(reply: &Reply) -> HeaderMap {
    let kind = if reply.body.starts_with('{') {
        "application/json"
    } else {
        "text/html"
    };
    let mut headers =
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
    for (name, value) in &reply.headers {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

/// The connection ends before there is an answer.
fn lost() -> Response {
    let broken = stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("lost")) });
    let mut response = Response::new(Body::from_stream(broken));
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from_static("10"));
    response
}
