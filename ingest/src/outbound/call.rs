//! A call and its answer. Of one that failed it is said whether the other side may have done what it was asked.

use std::{error::Error, fmt, time::Duration};

use reqwest::{
    Method, Response,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use tokio::time::Instant;
use url::Url;

use super::Source;

/// From the question for its name to the last byte of the answer.
pub const DEADLINE: Duration = Duration::from_secs(15);
/// A longer answer is none, unless the caller knows why it should be.
pub const ANSWER_MOST_BYTES: usize = 64 * 1024;

/// What is called, and with what.
pub struct Call<'a> {
    /// Such as `PUT`.
    pub method: Method,
    /// Where.
    pub url: &'a Url,
    /// Who says so.
    pub source: Source,
    /// With which headers. Whoever makes a secret one marks it as that.
    pub headers: HeaderMap,
    /// What is sent; its type is among the headers.
    pub body: Vec<u8>,
    /// An answer that is longer is none.
    pub answer_most_bytes: usize,
    /// In all, from the question for its name to the end of the answer.
    pub within: Duration,
}

/// Its address may hold a secret, and so may the rest.
impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.body.len();
        write!(f, "Call({}, {:?}, {bytes} bytes)", self.method, self.source)
    }
}

impl<'a> Call<'a> {
    /// Calls an address that anybody may have given.
    #[must_use]
    pub fn new(method: Method, url: &'a Url) -> Self {
        Self {
            method,
            url,
            source: Source::Told,
            headers: HeaderMap::new(),
            body: Vec::new(),
            answer_most_bytes: ANSWER_MOST_BYTES,
            within: DEADLINE,
        }
    }

    /// The address stands in the configuration of the server.
    #[must_use]
    pub const fn written_down(mut self) -> Self {
        self.source = Source::Written;
        self
    }

    /// … with these headers beside those that it has.
    #[must_use]
    pub fn with(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    /// … and with this body; its type is among the headers.
    #[must_use]
    pub fn saying(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// … or with a form.
    #[must_use]
    pub fn with_form(mut self, form: String) -> Self {
        let value = HeaderValue::from_static("application/x-www-form-urlencoded");
        self.headers.insert(CONTENT_TYPE, value);
        self.saying(form)
    }
}

/// An answer, whatever its status. One that leads elsewhere (3xx) is not followed.
#[derive(Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

/// What somebody answers may hold anything, and stays out of logs.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({}, {} bytes)", self.status, self.body.len())
    }
}

impl Reply {
    /// The value of a header, where it is ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why there is no answer, in words of ours: no address, no header, nothing of what was answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missed {
    /// Nobody heard the call: nothing was done, and it may work another time.
    #[error("{0}")]
    NotHeard(String),
    /// It was said, and perhaps done; the answer did not come, or not all of it.
    #[error("{0}")]
    Unclear(String),
    /// It is not allowed, or no call at all.
    #[error("{0}")]
    Never(String),
}

impl Missed {
    /// The address may hold a secret. The innermost reason is what an operator can do something about: a certificate, a closed port.
    pub(super) fn because(error: &reqwest::Error) -> Self {
        let mut innermost: &dyn Error = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        if error.is_builder() {
            return Self::never("the request cannot be made");
        }
        if error.is_connect() && error.is_timeout() {
            return Self::NotHeard("there is no connection to it in time".to_owned());
        }
        if error.is_connect() {
            return Self::NotHeard(format!("there is no connection to it: {innermost}"));
        }
        Self::Unclear("it ends the connection without an answer".to_owned())
    }

    pub(super) fn never(why: &str) -> Self {
        Self::Never(why.to_owned())
    }
}

/// The beginning of the body, as far as it comes in time: no more than `most_bytes`.
pub(super) async fn beginning(mut response: Response, most_bytes: usize, ends: Instant) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(ends, response.chunk()).await {
        body.extend_from_slice(&chunk[..chunk.len().min(most_bytes - body.len())]);
        if body.len() == most_bytes {
            break;
        }
    }
    body
}

/// The body, where it is not too long.
pub(super) async fn read(mut response: Response, most_bytes: usize) -> Result<Vec<u8>, Missed> {
    let too_long = || Missed::Unclear("its answer is too long".to_owned());
    let said = response.content_length().unwrap_or_default();
    if usize::try_from(said).map_or(true, |said| said > most_bytes) {
        return Err(too_long());
    }
    let half = |_| Missed::Unclear("its answer ends in the middle".to_owned());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(half)? {
        if body.len() + chunk.len() > most_bytes {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
