//! A receiver of webhooks: records what it gets, and answers as it is told to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use serde_json::Value;

use crate::local_server::LocalServer;

/// A webhook as it came.
#[derive(Clone, Debug)]
pub struct Webhook {
    headers: HeaderMap,
    /// The body, as it was signed.
    pub body: String,
    /// When it came, on the machine's clock.
    pub at: std::time::Instant,
}

impl Webhook {
    /// The value of a header.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        let value = value.unwrap_or_else(|| panic!("no {name} in {:?}", self.headers));
        value.to_str().expect("headers are ASCII")
    }

    /// The body, read.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// The type of its event.
    pub fn kind(&self) -> String {
        self.json()["type"].as_str().expect("a type").to_owned()
    }
}

/// How a webhook is answered.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    /// With this status.
    Status(u16),
    /// 429, and in how many seconds to come again.
    ComeAgain(u32),
    /// Well, and with a body of so many bytes.
    Long(usize),
    /// Well, and the connection ends within the body.
    CutOff,
    /// Never.
    Nothing,
}

type Rule = Box<dyn Fn(&Webhook) -> Option<Reply> + Send>;
type Act = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Received {
    webhooks: Vec<Webhook>,
    failures: usize,
    rule: Option<Rule>,
    act: Option<Act>,
}

/// A receiver for one test.
pub struct Receiver {
    server: LocalServer,
    received: Arc<Mutex<Received>>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Receiver(…)")
    }
}

impl Receiver {
    /// Opens the port; the first `failures` webhooks are answered 503.
    pub async fn start(failures: usize) -> Self {
        let received = Arc::new(Mutex::new(Received {
            failures,
            ..Received::default()
        }));
        let app = Router::new()
            .fallback(take)
            .with_state(Arc::clone(&received));
        Self {
            server: LocalServer::start(app).await,
            received,
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.server.port())
    }

    /// What came so far, failures included.
    pub fn webhooks(&self) -> Vec<Webhook> {
        lock(&self.received).webhooks.clone()
    }

    /// From now on answers as `rule` says; where it says nothing, well.
    pub fn answer_by(&self, rule: impl Fn(&Webhook) -> Option<Reply> + Send + 'static) {
        lock(&self.received).rule = Some(Box::new(rule));
    }

    /// From now on answers everything so.
    pub fn answer_with(&self, reply: Reply) {
        self.answer_by(move |_| Some(reply));
    }

    /// Does this once, when the next webhook is there and before it is answered.
    pub fn before_next_answer(&self, act: impl FnOnce() + Send + 'static) {
        lock(&self.received).act = Some(Box::new(act));
    }
}

fn lock(received: &Mutex<Received>) -> MutexGuard<'_, Received> {
    received.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take(State(received): State<Arc<Mutex<Received>>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let body = to_bytes(request.into_body(), 1 << 20)
        .await
        .expect("a body");
    let body = String::from_utf8(body.to_vec()).expect("text");
    let at = std::time::Instant::now();
    let reply = keep(&mut lock(&received), Webhook { headers, body, at });
    match reply {
        Reply::Status(status) => StatusCode::from_u16(status)
            .expect("a status")
            .into_response(),
        Reply::ComeAgain(seconds) => {
            let wait = [(header::RETRY_AFTER, seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, wait).into_response()
        }
        Reply::Long(bytes) => "x".repeat(bytes).into_response(),
        Reply::CutOff => {
            let first = stream::once(async { Ok(b"cut".to_vec()) });
            // The head and the first part go out while the second is waited for.
            let broken = first.chain(stream::once(async {
                tokio::task::yield_now().await;
                Err(std::io::Error::other("cut"))
            }));
            let length = [(header::CONTENT_LENGTH, "10")];
            (length, Body::from_stream(broken)).into_response()
        }
        Reply::Nothing => std::future::pending().await,
    }
}

/// Keeps a webhook and says how it is answered.
fn keep(received: &mut Received, webhook: Webhook) -> Reply {
    let ruled = received.rule.as_ref().and_then(|rule| rule(&webhook));
    received.webhooks.push(webhook);
    if let Some(act) = received.act.take() {
        act();
    }
    if received.failures > 0 {
        received.failures -= 1;
        return Reply::Status(503);
    }
    ruled.unwrap_or(Reply::Status(204))
}
