//! A client for each host and the places where it is: connections are kept, and go nowhere else.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::{
    Certificate, Client, ClientBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect, retry,
};
use url::{Origin, Url};

use super::ARRIVAL;

/// So many are kept; whoever was not called for longest goes first.
const KEPT_MOST: usize = 32;
/// Shorter than what servers commonly wait, so that a request does not meet a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(4);

/// Where, and at which addresses.
type Key = (Origin, Vec<SocketAddr>);

/// The clients so far.
#[derive(Debug, Default)]
pub(super) struct Clients {
    roots: Vec<Certificate>,
    /// Whoever was called last is at the end.
    kept: Mutex<Vec<(Key, Client)>>,
}

impl Clients {
    /// Ones that also trust whom these name.
    pub(super) fn trusting(roots: Vec<Certificate>) -> Self {
        Self {
            roots,
            kept: Mutex::default(),
        }
    }

    /// The client for a host that is at these places.
    pub(super) fn of(&self, url: &Url, places: &[SocketAddr]) -> Result<Client, reqwest::Error> {
        let mut sorted = places.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let key = (url.origin(), sorted);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let client = match kept.iter().position(|(known, _)| *known == key) {
            Some(at) => kept.remove(at).1,
            None => self.new_client(places)?,
        };
        kept.push((key, client.clone()));
        if kept.len() > KEPT_MOST {
            kept.remove(0);
        }
        Ok(client)
    }

    fn new_client(&self, places: &[SocketAddr]) -> Result<Client, reqwest::Error> {
        ClientBuilder::new()
            .user_agent(concat!("Cornerdesk/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            // Whether something is sent twice is for the caller to say.
            .retry(retry::never())
            // A proxy would look names up by itself, and connections are to what was judged.
            .no_proxy()
            .dns_resolver(Pinned(places.to_vec()))
            .tls_certs_merge(self.roots.iter().cloned())
            .connect_timeout(ARRIVAL)
            .pool_idle_timeout(IDLE)
            .build()
    }
}

/// Knows one answer, whatever it is asked.
struct Pinned(Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _: Name) -> Resolving {
        let places: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(places)))
    }
}
