//! The only way by which the service calls an address that somebody gave it: with a deadline, without redirects, with TLS, to no private network
//! and to no odd port unless the operator says so. An answer is read up to a limit and never shown.
//!
//! A name is looked up by us, once for each call. Its addresses are judged, and the connection goes to one of those that were: a name that leads
//! elsewhere a moment later leads nowhere.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use reqwest::{Certificate, Client, Method, Response, header::HeaderMap};
use url::{Host, Url};

mod call;
mod clients;
mod public;
mod rules;

pub use call::{ANSWER_MOST_BYTES, Call, DEADLINE, Missed, Reply};
pub use public::is_public;
pub use rules::{Allowed, Source};

use crate::config;
use clients::Clients;
use rules::Rules;

/// Until its name is found, and until there is a connection. What fails here was not heard, and can be said so.
const ARRIVAL: Duration = Duration::from_secs(6);

/// Why nothing was delivered, in words of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It may work another time.
    #[error("{0}")]
    Later(String),
    /// It will not.
    #[error("{0}")]
    Never(String),
}

/// A way to ask where a name leads.
type LookUp = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

/// Whom names are asked of.
#[derive(Clone)]
enum Names {
    /// The machine.
    System,
    /// Somebody else, in tests.
    Told(Arc<LookUp>),
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Told(_) => "Told",
        })
    }
}

/// Calls others. Copies share their connections.
#[derive(Clone, Debug)]
pub struct Outbound {
    rules: Rules,
    names: Names,
    clients: Arc<Clients>,
}

impl Outbound {
    /// Calls what the operator lets it.
    #[must_use]
    pub fn new(config: &config::Outbound) -> Self {
        Self {
            rules: Rules::new(config),
            names: Names::System,
            clients: Arc::default(),
        }
    }

    /// … and this host, although it is on the operator's own network: they named it.
    #[must_use]
    pub fn with_allowed(mut self, allowed: Allowed) -> Self {
        self.rules.allow(allowed);
        self
    }

    /// Also trusts whom these certificates name: an operator's own authority.
    #[must_use]
    pub fn with_roots(mut self, roots: Vec<Certificate>) -> Self {
        self.clients = Arc::new(Clients::trusting(roots));
        self
    }

    /// Asks somebody else where names lead.
    #[must_use]
    pub fn with_names(
        mut self,
        names: impl Fn(&str) -> Vec<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.names = Names::Told(Arc::new(names));
        self
    }

    /// Posts `body` to an address of the configuration, and takes any 2xx for success. The answer is not read.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn post(&self, url: &str, headers: HeaderMap, body: Vec<u8>) -> Result<(), Fault> {
        let status = in_time(DEADLINE, async {
            let url = address(url)?;
            let call = Call::new(Method::POST, &url).written_down();
            let response = self.send(call.with(headers).saying(body)).await?;
            Ok(response.status().as_u16())
        });
        match status.await {
            Ok(200..300) => Ok(()),
            Ok(410) => Err(Fault::Never("the address is gone (410)".to_owned())),
            Ok(status) => Err(Fault::Later(format!("it answers {status}"))),
            Err(Missed::NotHeard(why) | Missed::Unclear(why)) => Err(Fault::Later(why)),
            Err(Missed::Never(why)) => Err(Fault::Never(why)),
        }
    }

    /// Calls, and reads the answer, whatever its status. Redirects are answers.
    ///
    /// # Errors
    /// [`Missed`].
    pub async fn call(&self, call: Call<'_>) -> Result<Reply, Missed> {
        let (within, most_bytes) = (call.within, call.answer_most_bytes);
        let reply = async {
            let response = self.send(call).await?;
            Ok(Reply {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                body: call::read(response, most_bytes).await?,
            })
        };
        in_time(within, reply).await
    }

    /// Calls where nothing but the status and the headers of the answer count. Of its body the beginning is kept, and whatever is wrong with the rest
    /// (too long, too slow, cut off) does not make the answer another one.
    ///
    /// # Errors
    /// [`Missed`].
    pub async fn tell(&self, call: Call<'_>) -> Result<Reply, Missed> {
        let (within, most_bytes) = (call.within, call.answer_most_bytes);
        let ends = tokio::time::Instant::now() + within;
        let response = in_time(within, self.send(call)).await?;
        Ok(Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: call::beginning(response, most_bytes, ends).await,
        })
    }

    async fn send(&self, call: Call<'_>) -> Result<Response, Missed> {
        let (http, places) = self.client_for(call.url, call.source).await?;
        let request = http
            .request(call.method, call.url.clone())
            .headers(call.headers)
            .body(call.body);
        let response = request.send().await;
        let response = response.map_err(|error| Missed::because(&error))?;
        // It cannot be otherwise. If a new version of what is below makes it so, nothing of the answer is believed.
        let is_one_of_them = |place: SocketAddr| {
            let address = place.ip().to_canonical();
            places
                .iter()
                .any(|known| known.ip().to_canonical() == address)
        };
        if response.remote_addr().is_some_and(is_one_of_them) {
            Ok(response)
        } else {
            Err(Missed::never("it was reached where it is not"))
        }
    }

    /// A client that reaches nothing but where this host is now, if it may be called there.
    async fn client_for(
        &self,
        url: &Url,
        source: Source,
    ) -> Result<(Client, Vec<SocketAddr>), Missed> {
        let spelling = self.rules.judge_spelling(url, source);
        spelling.map_err(Missed::never)?;
        let places = self.places(url).await?;
        let addresses: Vec<IpAddr> = places.iter().map(SocketAddr::ip).collect();
        let verdict = self.rules.judge_places(url, source, &addresses);
        verdict.map_err(Missed::never)?;
        let client = self.clients.of(url, &places);
        let client = client.map_err(|error| Missed::NotHeard(error.to_string()))?;
        Ok((client, places))
    }

    /// Where a host is.
    async fn places(&self, url: &Url) -> Result<Vec<SocketAddr>, Missed> {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(Missed::never("the address names no host"));
        };
        let not_heard = |why: &str| Missed::NotHeard(why.to_owned());
        let addresses = match host {
            Host::Ipv4(v4) => vec![IpAddr::V4(v4)],
            Host::Ipv6(v6) => vec![IpAddr::V6(v6)],
            Host::Domain(name) => tokio::time::timeout(ARRIVAL, self.look_up(name))
                .await
                .map_err(|_| not_heard("its name is not found in time"))?
                .map_err(|_| not_heard("its name is not found"))?,
        };
        if addresses.is_empty() {
            return Err(not_heard("its name leads nowhere"));
        }
        let place = |address| SocketAddr::new(address, port);
        Ok(addresses.into_iter().map(place).collect())
    }

    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        match &self.names {
            Names::Told(told) => Ok(told(name)),
            Names::System => {
                let places = tokio::net::lookup_host((name, 0)).await?;
                Ok(places.map(|place| place.ip()).collect())
            }
        }
    }
}

/// An address as a text, which somebody wrote down or entered.
///
/// # Errors
/// When it is none.
pub fn address(text: &str) -> Result<Url, Missed> {
    Url::parse(text).map_err(|_| Missed::never("the address cannot be read"))
}

/// What takes longer was heard, for all we know: where it was not, the shorter deadlines say so before.
async fn in_time<T>(
    within: Duration,
    call: impl Future<Output = Result<T, Missed>>,
) -> Result<T, Missed> {
    let late = |_| Err(Missed::Unclear("it does not answer in time".to_owned()));
    let answered = tokio::time::timeout(within, call).await;
    answered.unwrap_or_else(late)
}
