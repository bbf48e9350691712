//! A relay in front of an object store that fails as object stores do.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{body::Body, extract::Request, http::StatusCode, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::client::noise;

/// What may become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// 500, and nothing was done.
    InternalError,
    /// 503, and nothing was done.
    SlowDown,
    /// The connection is closed, and nothing was done.
    ResetBefore,
    /// What was asked is done, and the connection is closed instead of an answer.
    ResetAfter,
    /// An answer with half of its body.
    HalfAnswer,
    /// It takes a second.
    Slow,
    /// What was asked is done, and the answer names another `ETag`.
    WrongTag,
    /// What is stored is not what was sent.
    Damaged,
}

impl Fault {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::InternalError,
        Self::SlowDown,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::HalfAnswer,
        Self::Slow,
        Self::WrongTag,
        Self::Damaged,
    ];
}

struct State {
    upstream: String,
    /// Of a hundred requests, so many fail.
    percent: u8,
    faults: Vec<Fault>,
    /// Random bytes, two for each request.
    dice: Vec<u8>,
    done: HashMap<Fault, usize>,
}

/// A relay on a free port of the loopback address.
pub struct Faulty {
    port: u16,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

const REQUESTS_MOST: usize = 200_000;

impl Faulty {
    /// Starts one in front of `upstream`; nothing fails yet. What will fail follows from `seed`.
    pub async fn start(upstream: &str, seed: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("a port is free");
        let address = listener.local_addr();
        let state = Arc::new(Mutex::new(State {
            upstream: upstream.to_owned(),
            percent: 0,
            faults: Vec::new(),
            dice: noise(2 * REQUESTS_MOST, seed),
            done: HashMap::new(),
        }));
        let http = reqwest::Client::builder().no_proxy().build();
        let http = http.expect("a client without TLS can be built");
        let serving = tokio::spawn(serve(listener, Arc::clone(&state), http));
        Self {
            port: address.expect("a bound socket has an address").port(),
            state,
            serving,
        }
    }

    /// Where it answers.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on so many of a hundred requests meet one of `faults`.
    pub fn fail(&self, percent: u8, faults: &[Fault]) {
        let mut state = locked(&self.state);
        state.percent = percent;
        state.faults = faults.to_vec();
    }

    /// From now on all is well.
    pub fn heal(&self) {
        self.fail(0, &[]);
    }

    /// How often each fault happened.
    pub fn done(&self) -> HashMap<Fault, usize> {
        locked(&self.state).done.clone()
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>, http: reqwest::Client) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        let (state, http) = (Arc::clone(&state), http.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                answer(request.map(Body::new), Arc::clone(&state), http.clone())
            });
            // An error is how a connection is reset here.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// An error closes the connection without an answer.
async fn answer(
    request: Request,
    state: Arc<Mutex<State>>,
    http: reqwest::Client,
) -> io::Result<Response> {
    let fault = draw(&state, request.method().as_str());
    let reset = || io::Error::other("reset by the test");
    match fault {
        Some(Fault::InternalError) => return Ok(only(StatusCode::INTERNAL_SERVER_ERROR)),
        Some(Fault::SlowDown) => return Ok(only(StatusCode::SERVICE_UNAVAILABLE)),
        Some(Fault::ResetBefore) => return Err(reset()),
        // Long enough for a test to catch a transfer in the middle, and within the patience of who waits for it.
        Some(Fault::Slow) => tokio::time::sleep(Duration::from_secs(1)).await,
        _ => {}
    }
    let upstream = locked(&state).upstream.clone();
    let damages = fault == Some(Fault::Damaged);
    let answer = forward(request, &upstream, &http, damages).await;
    let mut answer = answer.map_err(io::Error::other)?;
    match fault {
        Some(Fault::ResetAfter) => Err(reset()),
        Some(Fault::HalfAnswer) => Ok(halved(answer).await),
        Some(Fault::WrongTag) => {
            if let Some(tag) = answer.headers_mut().get_mut("etag") {
                *tag = "\"00000000000000000000000000000000\""
                    .parse()
                    .expect("a value");
            }
            Ok(answer)
        }
        _ => Ok(answer),
    }
}

fn draw(state: &Mutex<State>, method: &str) -> Option<Fault> {
    let mut state = locked(state);
    let (which, whether) = (state.dice.pop()?, state.dice.pop()?);
    if state.faults.is_empty() || u32::from(whether) * 100 >= u32::from(state.percent) * 256 {
        return None;
    }
    // The one that happened least, so that each happens however few requests there are; only what is written can be damaged.
    let mut fitting = state.faults.clone();
    fitting.retain(|fault| *fault != Fault::Damaged || method == "PUT");
    let first = usize::from(which) % fitting.len().max(1);
    fitting.rotate_left(first);
    let fault = fitting
        .into_iter()
        .min_by_key(|fault| state.done.get(fault).copied().unwrap_or_default())?;
    *state.done.entry(fault).or_default() += 1;
    Some(fault)
}

fn only(status: StatusCode) -> Response {
    let mut response = Response::new(Body::from("<Error><Code>Fault</Code></Error>"));
    *response.status_mut() = status;
    response
}

async fn forward(
    request: Request,
    upstream: &str,
    http: &reqwest::Client,
    damages: bool,
) -> anyhow::Result<Response> {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query();
    let url = format!("{upstream}{}", target.map_or("/", |target| target.as_str()));
    let mut bytes = axum::body::to_bytes(body, usize::MAX).await?.to_vec();
    if let (true, Some(last)) = (damages, bytes.last_mut()) {
        *last ^= 1;
    }
    let answer = http
        .request(parts.method, url)
        .headers(parts.headers)
        .body(bytes)
        .send()
        .await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    response.headers_mut().remove("transfer-encoding");
    response.headers_mut().remove("connection");
    *response.body_mut() = Body::from(answer.bytes().await?);
    Ok(response)
}

/// The head promises all of the body, and half of it comes.
async fn halved(answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    let half = bytes.slice(..bytes.len() / 2);
    let broken = futures_util::stream::iter([Ok(half), Err(io::Error::other("cut by the test"))]);
    Response::from_parts(parts, Body::from_stream(broken))
}
