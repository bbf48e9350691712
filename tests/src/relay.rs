//! A relay in front of the service that records every request, and can hold or cut answers.
//!
//! The browser knows the service by the relay's origin, so that what it records is exactly what the browser sent, whichever frame or
//! process of the browser sent it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{TryStreamExt, stream};
use tokio::sync::watch;

use crate::local_server::LocalServer;

/// A request that came by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Such as `GET`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The key under which something was sent.
    pub idempotency_key: Option<String>,
}

struct Hold {
    path_part: String,
    released: watch::Receiver<bool>,
}

/// What the relay answers in place of the service.
#[derive(Clone)]
struct StandIn {
    path_end: String,
    status: StatusCode,
    retry_after_s: Option<u32>,
    problem: String,
}

/// Whose answers are cut short, after the service has done what was asked.
#[derive(Clone)]
struct Cut {
    path_end: String,
    only_once: bool,
}

struct Traffic {
    upstream: String,
    seen: Vec<Seen>,
    referers: Vec<String>,
    hold: Option<Hold>,
    cut: Option<Cut>,
    stand_in: Option<StandIn>,
}

#[derive(Clone)]
struct Shared {
    http: reqwest::Client,
    traffic: Arc<Mutex<Traffic>>,
}

/// A relay on a free port of the loopback address.
pub struct Relay {
    server: LocalServer,
    shared: Shared,
}

impl Relay {
    /// Opens the port; nothing is behind it yet.
    pub async fn bind() -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let shared = Shared {
            http: http.expect("a client without TLS can be built"),
            traffic: Arc::new(Mutex::new(Traffic {
                upstream: String::new(),
                seen: Vec::new(),
                referers: Vec::new(),
                hold: None,
                cut: None,
                stand_in: None,
            })),
        };
        let app = Router::new().fallback(pass).with_state(shared.clone());
        Self {
            server: LocalServer::start(app).await,
            shared,
        }
    }

    /// The origin under which the browser knows the service.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port())
    }

    /// Passes everything on to the service with `origin`.
    pub fn pass_to(&self, origin: &str) {
        origin.clone_into(&mut self.shared.traffic().upstream);
    }

    /// The requests so far, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.traffic().seen.clone()
    }

    /// What the requests so far said they came from, where they said it.
    pub fn referers(&self) -> Vec<String> {
        self.shared.traffic().referers.clone()
    }

    /// Holds requests whose path contains `path_part` until the returned sender sends `true` or is dropped.
    pub fn hold(&self, path_part: &str) -> watch::Sender<bool> {
        let (release, released) = watch::channel(false);
        self.shared.traffic().hold = Some(Hold {
            path_part: path_part.to_owned(),
            released,
        });
        release
    }

    /// From now on requests whose path ends with `path_end` are answered by the relay, with a problem of the API.
    pub fn answer_instead(
        &self,
        path_end: &str,
        status: u16,
        problem: &str,
        retry_after_s: Option<u32>,
    ) {
        self.shared.traffic().stand_in = Some(StandIn {
            path_end: path_end.to_owned(),
            status: StatusCode::from_u16(status).expect("a status"),
            retry_after_s,
            problem: problem.to_owned(),
        });
    }

    /// The service answers everything again, and all its answers arrive.
    pub fn step_aside(&self) {
        let mut traffic = self.shared.traffic();
        traffic.stand_in = None;
        traffic.cut = None;
    }

    /// Lets the service answer the next request whose path ends with `path_end`, and cuts that answer short.
    pub fn cut_next_answer(&self, path_end: &str) {
        self.cut(path_end, true);
    }

    /// Lets the service answer requests whose path ends with `path_end`, and cuts all those answers short until
    /// [`Self::step_aside`].
    pub fn cut_answers(&self, path_end: &str) {
        self.cut(path_end, false);
    }

    fn cut(&self, path_end: &str, only_once: bool) {
        self.shared.traffic().cut = Some(Cut {
            path_end: path_end.to_owned(),
            only_once,
        });
    }
}

impl Shared {
    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IntoResponse for StandIn {
    fn into_response(self) -> Response {
        let body = format!(
            r#"{{"type":"https://cornerdesk.dev/problems/{}","title":"-"}}"#,
            self.problem
        );
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, kind, body).into_response();
        if let Some(seconds) = self.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

async fn pass(
    State(shared): State<Shared>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Response {
    name_client(request.headers_mut(), client.ip());
    let path = request.uri().path().to_owned();
    let target = request
        .uri()
        .path_and_query()
        .map_or(path.clone(), ToString::to_string);
    let (url, held, cut, stand_in) = {
        let mut traffic = shared.traffic();
        traffic.seen.push(Seen {
            method: request.method().to_string(),
            path: target.clone(),
            idempotency_key: request
                .headers()
                .get("idempotency-key")
                .map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned()),
        });
        let referer = request.headers().get(header::REFERER);
        traffic
            .referers
            .extend(referer.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let held = traffic
            .hold
            .as_ref()
            .filter(|hold| path.contains(&hold.path_part))
            .map(|hold| hold.released.clone());
        let cut = traffic
            .cut
            .clone()
            .filter(|cut| path.ends_with(&cut.path_end));
        if cut.as_ref().is_some_and(|cut| cut.only_once) {
            traffic.cut = None;
        }
        let stand_in = traffic
            .stand_in
            .clone()
            .filter(|stand_in| path.ends_with(&stand_in.path_end));
        (format!("{}{target}", traffic.upstream), held, cut, stand_in)
    };
    if let Some(mut released) = held {
        // An error says that the sender is gone, which releases too.
        let _ = released.wait_for(|released| *released).await;
    }
    if let Some(stand_in) = stand_in {
        return stand_in.into_response();
    }
    match forward(&shared.http, &url, request).await {
        Ok(response) if cut.is_some() => cut_short(response),
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn forward(http: &reqwest::Client, url: &str, request: Request) -> reqwest::Result<Response> {
    let (parts, body) = request.into_parts();
    let mut outgoing = http
        .request(parts.method, url)
        .headers(end_to_end(parts.headers));
    let has_body = http_body_size(&body) != Some(0);
    if has_body {
        outgoing = outgoing.body(reqwest::Body::wrap_stream(body.into_data_stream()));
    }
    let incoming = outgoing.send().await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = incoming.status();
    *response.headers_mut() = end_to_end(incoming.headers().clone());
    *response.body_mut() =
        Body::from_stream(incoming.bytes_stream().map_err(std::io::Error::other));
    Ok(response)
}

/// What every reverse proxy does: it adds whom it asks for at the right of what it was told.
fn name_client(headers: &mut HeaderMap, client: IpAddr) {
    const NAME: HeaderName = HeaderName::from_static("x-forwarded-for");
    let mut hops: Vec<Vec<u8>> = headers
        .get_all(&NAME)
        .iter()
        .map(|line| line.as_bytes().to_vec())
        .collect();
    hops.push(client.to_string().into_bytes());
    let hops = HeaderValue::from_bytes(&hops.join(&b", "[..])).expect("a header of headers");
    headers.insert(NAME, hops);
}

fn http_body_size(body: &Body) -> Option<u64> {
    use axum::body::HttpBody;
    body.size_hint().exact()
}

/// The headers that do not belong to one connection. `Host` stays: the service must see what the browser said.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in [
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ] {
        headers.remove(name);
    }
    headers
}

fn cut_short(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let broken =
        stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("cut by the test")) });
    Response::from_parts(parts, Body::from_stream(broken))
}
