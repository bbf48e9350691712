//! The way in by LMTP (RFC 2033): a mail server on this machine or in this network hands mails over, and keeps what we cannot take now.
//!
//! `250` for a recipient comes after the commit. What we cannot write down now is `451`, with which the mail server comes again; what will never do is `550`, of
//! which it tells the sender. An address that we did not make is refused before the mail is sent.

mod command;
mod connection;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, UnixListener},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::receive::Receiver;

/// Most connections at a time; a mail server opens a few.
const MOST_CONNECTIONS: usize = 20;
/// How long a client may say nothing (RFC 5321 §4.5.3.2.7).
const IDLE: Duration = Duration::from_secs(300);

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Address and port.
    Tcp(String),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl Place {
    /// `127.0.0.1:2424`, or `unix:/run/cornerdesk/lmtp.sock`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return path.starts_with('/').then(|| Self::Unix(path.into()));
        }
        let (host, port) = text.rsplit_once(':')?;
        (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| Self::Tcp(text.to_owned()))
    }
}

/// A socket that mails come in by.
#[derive(Debug)]
pub enum Listener {
    /// Address and port.
    Tcp(TcpListener),
    /// A socket in the file system.
    Unix(UnixListener),
}

impl Listener {
    /// Binds it. A socket of the file system that nobody listens on any more is replaced.
    ///
    /// # Errors
    /// When it cannot be bound.
    pub async fn bind(place: &Place) -> io::Result<Self> {
        match place {
            Place::Tcp(address) => TcpListener::bind(address).await.map(Self::Tcp),
            Place::Unix(path) => {
                let is_left_over = std::os::unix::net::UnixStream::connect(path)
                    .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
                if is_left_over {
                    tokio::fs::remove_file(path).await?;
                }
                UnixListener::bind(path).map(Self::Unix)
            }
        }
    }

    /// Where it listens, for whoever started us.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Tcp(listener) => listener
                .local_addr()
                .map_or_else(|_| String::new(), |address| address.to_string()),
            Self::Unix(listener) => {
                let address = listener.local_addr().ok();
                let path = address.and_then(|address| Some(address.as_pathname()?.to_owned()));
                path.map_or_else(String::new, |path| format!("unix:{}", path.display()))
            }
        }
    }

    /// Serves until `stop`; mails that are being taken then are taken.
    pub async fn serve(self, receiver: Arc<Receiver>, stop: CancellationToken) {
        let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let running = TaskTracker::new();
        loop {
            let permit = tokio::select! {
                permit = Arc::clone(&room).acquire_owned() => permit,
                () = stop.cancelled() => break,
            };
            // The semaphore is never closed.
            let Ok(permit) = permit else { break };
            let (receiver, stop_one) = (Arc::clone(&receiver), stop.clone());
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.accept() => accepted,
            };
            match accepted {
                Ok(stream) => {
                    running.spawn(async move {
                        let ended = connection::serve(stream, &receiver, &stop_one, IDLE).await;
                        if let Err(error) = ended {
                            tracing::debug!(%error, "a connection of a mail server ended");
                        }
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection of a mail server can be accepted now");
                    // Mostly too many open files: at once it would fail again, and fill the log.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
        running.close();
        running.wait().await;
    }

    async fn accept(&self) -> io::Result<Box<dyn connection::Stream>> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
            Self::Unix(listener) => Box::new(listener.accept().await?.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_port_or_a_socket() {
        let tcp = |text: &str| Some(Place::Tcp(text.to_owned()));
        for (text, expected) in [
            ("127.0.0.1:2424", tcp("127.0.0.1:2424")),
            ("[::1]:2424", tcp("[::1]:2424")),
            ("localhost:2424", tcp("localhost:2424")),
            ("unix:/run/a.sock", Some(Place::Unix("/run/a.sock".into()))),
            ("unix:a.sock", None),
            ("2424", None),
            (":2424", None),
            ("127.0.0.1:mail", None),
            ("", None),
        ] {
            assert_eq!(Place::parse(text), expected, "{text}");
        }
    }
}
