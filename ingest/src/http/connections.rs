//! Accepts connections and ends the ones that cost too much.
//!
//! `axum::serve` sets no deadline at all, and hyper's own is for heads only and counts the pause between requests too. So the bytes of each
//! connection are watched here ([`watched`]), by rules that are functions of numbers ([`stage`], [`admission`], [`super::pace`]).

pub mod admission;
pub mod stage;
pub mod watched;

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    response::Response,
};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{HttpService, service_fn},
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use self::{
    admission::{Door, Limits},
    stage::Patience,
    watched::{Answer, SharedStage, Watched},
};
use super::{client_address::Peer, pace::Rules};
use crate::{config::Server, stop::Stop};

/// What one connection may hold in memory of a head, and of a body or an answer that somebody is not ready for. Heads of browsers with
/// many cookies have about 16 KiB.
const BUFFER_BYTES: usize = 64 * 1024;
/// What of an answer the kernel takes beyond what is on its way. Without this limit it takes megabytes at once, and we would never learn
/// that nobody fetches them. The speed does not suffer: what is on its way does not count.
#[cfg(target_os = "linux")]
const UNSENT_MOST_BYTES: u32 = 64 * 1024;
/// Connections over a limit that are told so at the same time; further ones are closed without a word, because telling costs a
/// connection too.
const REFUSED_AT_ONCE: usize = 128;
/// How long a connection over a limit may take for its request and our refusal.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(2);
/// How long a connection that was just made may take, at the end, to say what it came for.
const HEARING: Duration = Duration::from_secs(1);
/// Wait after a failure that is ours (no more open files, no memory): the listener would be ready again at once, and fail again.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(250);

/// Who answers.
#[derive(Clone, Debug)]
pub struct Routers {
    /// The service.
    pub service: Router,
    /// What connections over a limit are told.
    pub refusal: Router,
}

/// Answers connections until `stop` closes, then lets the requests that have begun end.
pub async fn serve(listener: TcpListener, routers: Routers, server: &Server, stop: Stop) {
    let reception = Reception::new(routers, server, stop);
    loop {
        tokio::select! {
            (stream, peer) = accept(&listener) => reception.receive(stream, peer),
            () = reception.stop.closing() => break,
        }
    }
    reception.receive_the_last(listener);
    reception.open.close();
    reception.open.wait().await;
}

/// Receives connections: each is answered by a task of its own.
struct Reception {
    routers: Routers,
    terms: Terms,
    terms_of_refusal: Terms,
    door: Door,
    refusals: Arc<Semaphore>,
    open: TaskTracker,
    stop: Stop,
}

impl Reception {
    fn new(routers: Routers, server: &Server, stop: Stop) -> Self {
        Self {
            routers,
            terms: Terms::new(server),
            terms_of_refusal: Terms::of_refusal(server),
            door: Door::new(server.connection_limits()),
            refusals: Arc::new(Semaphore::new(REFUSED_AT_ONCE)),
            open: TaskTracker::new(),
            stop,
        }
    }

    fn receive(&self, stream: TcpStream, peer: SocketAddr) {
        let stop = self.stop.clone();
        let caller = (stream, Peer(peer.ip()));
        if let Some(admission) = self.door.admit(peer.ip()) {
            let (terms, router) = (self.terms.clone(), self.routers.service.clone());
            self.open
                .spawn(answer(caller, router, terms, stop, admission));
        } else if let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() {
            // An answer rather than a closed door: a program knows when to come back, and a proxy that it is not our end.
            let (terms, router) = (self.terms_of_refusal.clone(), self.routers.refusal.clone());
            let refused = answer(caller, router, terms, stop, permit);
            self.open
                .spawn(tokio::time::timeout(REFUSAL_PATIENCE, refused));
        }
    }

    /// Receives who is connected by now without being received, and closes the door: closing it alone would reset them. The runtime may
    /// not have heard of them yet, so the socket itself is asked.
    fn receive_the_last(&self, listener: TcpListener) {
        let Ok(listener) = listener.into_std() else {
            return;
        };
        while let Ok((stream, peer)) = listener.accept() {
            let stream = stream
                .set_nonblocking(true)
                .and_then(|()| TcpStream::from_std(stream));
            if let Ok(stream) = stream {
                self.receive(stream, peer);
            }
        }
    }
}

/// The next connection. Failures of one connection are its own; others are waited out.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(error = %error, "connections cannot be accepted");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// Under which conditions a connection is answered.
#[derive(Clone, Debug)]
struct Terms {
    http: http1::Builder,
    patience: Patience,
    rules_of_answers: Rules,
}

impl Terms {
    fn new(server: &Server) -> Self {
        let patience = Patience {
            first_byte: Duration::from_millis(server.first_byte_ms),
            head: Duration::from_millis(server.head_ms),
            keep_alive: Duration::from_millis(server.keep_alive_ms),
        };
        let mut http = http1::Builder::new();
        // The second lock. It is hyper's sign, too, to look at a quiet connection at all, without which our deadline would not be seen.
        let quiet_most = patience.first_byte.max(patience.keep_alive);
        http.timer(TokioTimer::new())
            .header_read_timeout(quiet_most + patience.head)
            .max_buf_size(BUFFER_BYTES);
        // How long an answer takes is for its size to say, which is ours.
        let rules_of_answers = Rules {
            most: None,
            ..server.body_pace()
        };
        Self {
            http,
            patience,
            rules_of_answers,
        }
    }

    /// For one request, of which nothing but the head is read.
    fn of_refusal(server: &Server) -> Self {
        let mut terms = Self::new(server);
        terms.http.keep_alive(false);
        terms
    }
}

/// Answers the requests of one connection. `held` is what it takes up, until it ends.
async fn answer<T>(
    (stream, peer): (TcpStream, Peer),
    router: Router,
    terms: Terms,
    stop: Stop,
    held: T,
) {
    let _held = held;
    if let Err(error) = set_options(&stream) {
        tracing::debug!(error = %error, "an option of TCP cannot be set");
    }
    let stage = SharedStage::new(terms.patience);
    let io = Watched::new(stream, stage.clone(), terms.rules_of_answers);
    let service =
        service_fn(|request| respond(router.clone(), stage.clone(), peer, &stop, request));
    let mut connection = pin!(terms.http.serve_connection(TokioIo::new(io), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.closing() => last_request(connection, &stage).await,
    };
    if let Err(error) = ended {
        let error = &error as &dyn std::error::Error;
        let cause = error.source().map(ToString::to_string);
        tracing::debug!(error = %error, cause, "a connection ended early");
    }
}

/// Lets the request that has begun end. A connection that is new is heard first, for a moment: hyper would close it, and what it has
/// sent by now would be answered by a reset.
async fn last_request<S>(
    mut connection: Pin<&mut http1::Connection<TokioIo<Watched<TcpStream>>, S>>,
    stage: &SharedStage,
) -> hyper::Result<()>
where
    S: HttpService<Incoming, ResBody = Answer, Error = Infallible>,
{
    if stage.requests() == 0
        && let Ok(ended) = tokio::time::timeout(HEARING, connection.as_mut()).await
    {
        return ended;
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

fn set_options(stream: &TcpStream) -> io::Result<()> {
    // Answers are small and written at once; waiting to fill a packet (Nagle) would only add a round trip.
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_MOST_BYTES)?;
    Ok(())
}

async fn respond(
    router: Router,
    stage: SharedStage,
    peer: Peer,
    stop: &Stop,
    mut request: Request<Incoming>,
) -> Result<Response<Answer>, Infallible> {
    stage.head_came();
    request.extensions_mut().insert(peer);
    let mut response = router.oneshot(request.map(Body::new)).await?;
    if stop.is_told() {
        // So that nobody sends a further request into a connection that is being closed.
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Answer::new(body, stage)))
}

impl Server {
    fn connection_limits(&self) -> Limits {
        Limits {
            whole: self.connections,
            each_source: self.connections_per_address,
            proxies: self.proxies.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_is_not_taken_for_the_clients() {
        // EMFILE, ENFILE, ENOMEM, ECONNABORTED.
        for (code, is_its_own) in [(24, false), (23, false), (12, false), (103, true)] {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(is_of_one_connection(&error), is_its_own, "{error}");
        }
    }
}
