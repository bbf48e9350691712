//! A receiver of webhooks: records what it gets, and fails as often as it is told to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
};

use crate::local_server::LocalServer;

/// A webhook as it came.
#[derive(Clone, Debug)]
pub struct Webhook {
    headers: HeaderMap,
    /// The body, as it was signed.
    pub body: String,
}

impl Webhook {
    /// The value of a header.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        let value = value.unwrap_or_else(|| panic!("no {name} in {:?}", self.headers));
        value.to_str().expect("headers are ASCII")
    }
}

#[derive(Debug, Default)]
struct Received {
    webhooks: Vec<Webhook>,
    failures: usize,
}

/// A receiver for one test.
#[derive(Debug)]
pub struct Receiver {
    server: LocalServer,
    received: Arc<Mutex<Received>>,
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
}

fn lock(received: &Mutex<Received>) -> MutexGuard<'_, Received> {
    received.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take(State(received): State<Arc<Mutex<Received>>>, request: Request) -> StatusCode {
    let headers = request.headers().clone();
    let body = to_bytes(request.into_body(), 1 << 20)
        .await
        .expect("a body");
    let body = String::from_utf8(body.to_vec()).expect("text");
    let mut received = lock(&received);
    received.webhooks.push(Webhook { headers, body });
    if received.failures == 0 {
        return StatusCode::NO_CONTENT;
    }
    received.failures -= 1;
    StatusCode::SERVICE_UNAVAILABLE
}
