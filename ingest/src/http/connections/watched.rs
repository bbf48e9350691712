//! A connection that ends with an error when the client is too slow, and an answer that tells it when it is over.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep},
};

use super::stage::{Patience, Stage};
use crate::http::pace::{Pace, Rules};

/// The stage of a connection, for its bytes and for its requests.
#[derive(Clone, Debug)]
pub struct SharedStage(Arc<Mutex<Stage>>);

impl SharedStage {
    /// A new connection.
    #[must_use]
    pub fn new(patience: Patience) -> Self {
        Self(Arc::new(Mutex::new(Stage::new(patience, Instant::now()))))
    }

    /// A request is complete but for its body.
    pub fn head_came(&self) {
        self.lock().head_came();
    }

    /// How many requests there were.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.lock().requests()
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream with deadlines: for reading the ones of its stage, for writing a pace.
#[derive(Debug)]
pub struct Watched<S> {
    stream: S,
    stage: SharedStage,
    silence: Alarm,
    rules_of_answers: Rules,
    /// Of the answer to the request with this number.
    answer: (u64, Pace),
    stall: Alarm,
}

impl<S> Watched<S> {
    /// Watches `stream`.
    pub fn new(stream: S, stage: SharedStage, rules_of_answers: Rules) -> Self {
        Self {
            stream,
            stage,
            silence: Alarm::default(),
            rules_of_answers,
            answer: (0, Pace::new(rules_of_answers, Instant::now())),
            stall: Alarm::default(),
        }
    }

    /// What a write came to, unless the client has taken too little for too long.
    fn written(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let now = Instant::now();
        let number = self.stage.lock().requests();
        if self.answer.0 != number {
            self.answer = (number, Pace::new(self.rules_of_answers, now));
        }
        let pace = &mut self.answer.1;
        match written {
            Poll::Ready(Ok(bytes)) => {
                pace.moved(bytes, now);
                if pace.fault(now).is_some() {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                pace.waits(now);
                let deadline = pace.deadline();
                self.stall.poll(deadline, cx).map(Err)
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(cx, buffer) {
            Poll::Ready(read) => {
                if buffer.filled().len() > before {
                    this.stage.lock().bytes_came(Instant::now());
                }
                // A head that always has one more byte at hand never waits, so this is looked at here too.
                match this.stage.lock().deadline() {
                    Some(deadline) if deadline <= Instant::now() => {
                        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
                    }
                    _ => Poll::Ready(read),
                }
            }
            Poll::Pending => {
                let deadline = this.stage.lock().deadline();
                this.silence.poll(deadline, cx).map(Err)
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.written(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Wakes at a deadline that moves.
#[derive(Debug, Default)]
struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    fn poll(&mut self, deadline: Option<Instant>, cx: &mut Context<'_>) -> Poll<io::Error> {
        let Some(deadline) = deadline else {
            return Poll::Pending;
        };
        let sleep = self
            .0
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        ready!(sleep.as_mut().poll(cx));
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }
}

/// An answer's body; the connection is quiet again when hyper has let go of it.
#[derive(Debug)]
pub struct Answer {
    body: Body,
    stage: SharedStage,
}

impl Answer {
    /// The body of the answer to the request of `stage`.
    #[must_use]
    pub const fn new(body: Body, stage: SharedStage) -> Self {
        Self { body, stage }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.stage.lock().answered(Instant::now());
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
