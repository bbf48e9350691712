//! Request bodies: none that is encoded, none that comes too slowly.
//!
//! An encoded body is refused, because a few kilobytes of gzip become gigabytes. A slow one is ended, because each open request holds a
//! connection and memory (Slowloris' second form, `R-U-Dead-Yet`); hyper and axum wait for ever.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cornerdesk_shared::problem::ProblemKind;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::{
    pace::{Pace, Rules, Slow},
    problem::HttpError,
};
use crate::{app::App, config::Server};

/// Refuses encoded bodies and ends slow ones with 408.
pub async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    if is_encoded(request.headers()) {
        let detail = "Bodies are read as they are: send this one without Content-Encoding.";
        // RFC 9110 §15.5.16: so that the client knows that the coding is what was refused.
        return HttpError::new(ProblemKind::UnsupportedMediaType, detail)
            .with_header("accept-encoding", "identity")
            .into_response();
    }
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let server = &app.config.server;
    let fault = Arc::new(OnceLock::new());
    let request = request.map(|body| {
        Body::new(PacedBody {
            body,
            pace: Pace::new(server.body_pace(), Instant::now()),
            alarm: None,
            fault: Arc::clone(&fault),
        })
    });
    let response = next.run(request).await;
    match fault.get() {
        Some(slow) => cut(response, *slow, server),
        None => response,
    }
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|coding| {
            !coding
                .as_bytes()
                .trim_ascii()
                .eq_ignore_ascii_case(b"identity")
        })
}

/// To the handler a slow body is one that broke off. What it made of that becomes 408; an answer for which the rest was not needed stays.
fn cut(response: Response, slow: Slow, server: &Server) -> Response {
    let mut answer = if response.status().is_client_error() {
        let mut answer =
            HttpError::new(ProblemKind::RequestTimeout, detail(slow, server)).into_response();
        for (name, value) in response.headers() {
            if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
                answer.headers_mut().append(name, value.clone());
            }
        }
        answer
    } else {
        response
    };
    // The rest of the body may still come, and is not the next request.
    answer
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn detail(slow: Slow, server: &Server) -> String {
    let what = match slow {
        Slow::Idle => format!(
            "Nothing of the body arrived for {} ms (server.body_idle_ms).",
            server.body_idle_ms
        ),
        Slow::BelowRate => format!(
            "The body came with less than {} bytes a second (server.body_least_bytes_per_second).",
            server.body_least_bytes_per_second
        ),
        Slow::TooLong => format!(
            "The body took longer than {} ms (server.request_most_ms).",
            server.request_most_ms
        ),
    };
    format!(
        "{what} Send the same request again. Of an upload, what arrived is kept: ask with HEAD and go on from there."
    )
}

impl Server {
    /// How fast a request body must come.
    #[must_use]
    pub const fn body_pace(&self) -> Rules {
        use std::time::Duration;
        Rules {
            idle: Duration::from_millis(self.body_idle_ms),
            grace: Duration::from_millis(self.body_grace_ms),
            least_bytes_per_second: self.body_least_bytes_per_second,
            most: Some(Duration::from_millis(self.request_most_ms)),
        }
    }
}

/// A body that ends with an error when it comes too slowly.
struct PacedBody {
    body: Body,
    pace: Pace,
    /// Made at the first wait: most bodies are there with their head.
    alarm: Option<Pin<Box<Sleep>>>,
    /// Tells [`guard`], because no handler passes a body's error on as it is.
    fault: Arc<OnceLock<Slow>>,
}

/// The error in which a slow body ends.
#[derive(Debug, thiserror::Error)]
#[error("the body comes too slowly")]
struct TooSlow;

impl PacedBody {
    fn end(&self, slow: Slow) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let _ = self.fault.set(slow);
        Poll::Ready(Some(Err(axum::Error::new(TooSlow))))
    }
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if let Some(slow) = this.fault.get() {
            return this.end(*slow);
        }
        let now = Instant::now();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            let arrived = match &frame {
                Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
                // The end, whichever, is not slow.
                None | Some(Err(_)) => return Poll::Ready(frame),
            };
            this.pace.moved(arrived, now);
            return match this.pace.fault(now) {
                Some(slow) => this.end(slow),
                None => Poll::Ready(frame),
            };
        }
        this.pace.waits(now);
        let Some(deadline) = this.pace.deadline() else {
            return Poll::Pending;
        };
        let alarm = this
            .alarm
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if alarm.deadline() != deadline {
            alarm.as_mut().reset(deadline);
        }
        ready!(alarm.as_mut().poll(cx));
        let slow = this.pace.fault(Instant::now()).unwrap_or(Slow::Idle);
        this.end(slow)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bodies_as_they_are_are_read() {
        let encoded = |codings: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for coding in codings {
                headers.append(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
            is_encoded(&headers)
        };
        assert!(!encoded(&[]));
        assert!(!encoded(&["identity"]));
        assert!(!encoded(&["Identity "]));
        assert!(encoded(&["gzip"]));
        assert!(encoded(&["identity", "br"]));
        assert!(encoded(&["identity, gzip"]));
    }
}
