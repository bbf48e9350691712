//! What desks of others that remember are made of: calls, answers, and what goes wrong with them. Each such desk is strict: what its maker's description does not
//! allow is kept, and fails the test.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::stream;
use jiff::Timestamp;
use serde_json::Value;

/// Longest body that is sent to one.
pub(crate) const BODY_MOST_BYTES: usize = 64 << 20;

/// How a call goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is done, and the answer does not come.
    LoseAnswer,
    /// It is not done, and nothing is answered.
    LoseCall,
    /// It is not done, and answered so.
    Instead {
        /// The status.
        status: u16,
        /// Headers.
        headers: Vec<(&'static str, &'static str)>,
        /// The body.
        body: &'static str,
    },
}

impl Fault {
    /// A failure of the server, nothing done.
    pub fn failure() -> Self {
        Self::Instead {
            status: 503,
            headers: Vec::new(),
            body: "<html>Service unavailable</html>",
        }
    }

    /// Too many calls.
    pub fn limit(headers: &[(&'static str, &'static str)]) -> Self {
        Self::Instead {
            status: 429,
            headers: headers.to_vec(),
            body: "Number of allowed API requests per minute exceeded",
        }
    }

    pub(crate) const fn is_done(&self) -> bool {
        matches!(self, Self::LoseAnswer)
    }

    pub(crate) const fn status(&self) -> u16 {
        match self {
            Self::LoseAnswer | Self::LoseCall => 0,
            Self::Instead { status, .. } => *status,
        }
    }

    pub(crate) fn response(self) -> Response {
        match self {
            Self::LoseAnswer | Self::LoseCall => lost(),
            Self::Instead {
                status,
                headers,
                body,
            } => {
                let mut reply = Reply::empty(status);
                reply.body = body.as_bytes().to_vec();
                reply.headers = headers;
                reply.response()
            }
        }
    }
}

/// The connection ends before there is an answer.
fn lost() -> Response {
    let broken = stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("lost")) });
    let mut response = Response::new(Body::from_stream(broken));
    let length = HeaderValue::from_static("10");
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length);
    response
}

/// What will go wrong.
#[derive(Default)]
pub(crate) struct Faults(Vec<(usize, String, String, Fault)>);

impl Faults {
    pub fn script(&mut self, times: usize, method: &str, path_end: &str, fault: Fault) {
        (self.0).push((times, method.to_owned(), path_end.to_owned(), fault));
    }

    pub fn next(&mut self, asked_method: &str, path: &str) -> Option<Fault> {
        let mut all = self.0.iter_mut();
        let (left, .., fault) = all.find(|(left, method, end, _)| {
            *left > 0 && method == asked_method && path.ends_with(end.as_str())
        })?;
        *left -= 1;
        Some(fault.clone())
    }
}

/// A call that came.
#[derive(Clone, Debug)]
pub struct Call {
    /// Such as `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// What was answered; nothing where the answer was lost.
    pub status: u16,
    /// What was sent.
    pub body: String,
}

/// A question.
pub(crate) struct Asked<'a> {
    pub method: &'a str,
    /// Below the API.
    pub path: Vec<&'a str>,
    pub query: Vec<(String, String)>,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

impl Asked<'_> {
    pub fn query(&self, name: &str) -> Option<&str> {
        let mut all = self.query.iter();
        let found = all.find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or_default()
    }
}

/// What an answer is made of.
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json; charset=utf-8")],
            body: value.to_string().into_bytes(),
        }
    }

    pub const fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub fn response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).expect("a status");
        for (name, value) in self.headers {
            let name = HeaderName::from_static(name);
            let value = HeaderValue::from_static(value);
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// What keeps to a description, or not.
#[derive(Default)]
pub(crate) struct Rules(pub Vec<String>);

impl Rules {
    /// Something has to hold.
    pub fn expect(&mut self, holds: bool, what: &str) {
        if !holds {
            self.0.push(what.to_owned());
        }
    }

    /// An object has no other keys than these.
    pub fn keys(&mut self, object: &Value, known: &[&str], what: &str) {
        let keys = object.as_object().into_iter().flatten();
        for (key, _) in keys {
            if !known.contains(&key.as_str()) {
                self.0.push(format!("{what}: {key} is not described"));
            }
        }
        self.expect(object.is_object(), &format!("{what} is an object"));
    }

    /// What a key holds, where it is there, is of a kind.
    pub fn is(&mut self, object: &Value, key: &str, fits: fn(&Value) -> bool) {
        let good = object.get(key).is_none_or(fits);
        self.expect(good, &format!("{key}: {} is of another kind", object[key]));
    }
}

/// Now, by the clock of somebody else's server.
#[expect(
    clippy::disallowed_methods,
    reason = "dates of somebody else's server, which has a clock of its own"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A date as both makers write it: to the second, with Z.
pub(crate) fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
