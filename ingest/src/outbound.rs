//! The only way by which the service calls an address that somebody configured: with a deadline, without redirects, to no private network unless the
//! operator says so. Of an answer to what is told, nothing is read but its status; of one to a question, only so much.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use ipnet::IpNet;
use reqwest::{
    Client, Response,
    header::{CONTENT_TYPE, HeaderMap},
    redirect,
};
use url::Url;

mod public;

pub use public::is_public;

/// Until there is an answer, from the question for its name on.
const DEADLINE: Duration = Duration::from_secs(15);

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

/// Calls others.
#[derive(Clone, Debug)]
pub struct Outbound {
    private: Vec<IpNet>,
    named: Option<String>,
}

/// Something that is asked.
#[derive(Debug)]
pub struct Question<'a> {
    /// Where.
    pub url: &'a Url,
    /// With which headers.
    pub headers: HeaderMap,
    /// What is posted, as forms are; nothing is got.
    pub form: Option<String>,
    /// An answer that is longer is none.
    pub answer_most_bytes: usize,
}

/// What is answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Outbound {
    /// Also calls addresses in these networks, which are not public.
    #[must_use]
    pub const fn new(private: Vec<IpNet>) -> Self {
        Self {
            private,
            named: None,
        }
    }

    /// Also calls this host, wherever it is: the operator named it.
    #[must_use]
    pub fn with_host(mut self, host: &str) -> Self {
        self.named = Some(host.to_owned());
        self
    }

    /// Posts `body`, and takes any 2xx for success.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn post(&self, url: &str, headers: HeaderMap, body: Vec<u8>) -> Result<(), Fault> {
        let url = Url::parse(url).map_err(|_| never("the address cannot be read"))?;
        let call = async {
            let http = self.client_for(&url).await?;
            let request = http.post(url.clone()).headers(headers).body(body);
            let response = request.send().await.map_err(without_address)?;
            match response.status().as_u16() {
                200..300 => Ok(()),
                410 => Err(never("the address is gone (410)")),
                status => Err(later(format!("it answers {status}"))),
            }
        };
        tokio::time::timeout(DEADLINE, call)
            .await
            .unwrap_or_else(|_| Err(later("it does not answer in time".to_owned())))
    }

    /// Asks, and reads the answer, whatever its status.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn ask(&self, question: Question<'_>) -> Result<Answer, Fault> {
        let call = async {
            let http = self.client_for(question.url).await?;
            let request = match question.form {
                None => http.get(question.url.clone()),
                Some(form) => http
                    .post(question.url.clone())
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(form),
            };
            let response = request.headers(question.headers).send().await;
            let response = response.map_err(without_address)?;
            Ok(Answer {
                status: response.status().as_u16(),
                body: read(response, question.answer_most_bytes).await?,
            })
        };
        tokio::time::timeout(DEADLINE, call)
            .await
            .unwrap_or_else(|_| Err(later("it does not answer in time".to_owned())))
    }

    /// A client that reaches nothing but this host, where it is allowed to be.
    async fn client_for(&self, url: &Url) -> Result<Client, Fault> {
        let places = self.places(url).await?;
        let host = url.host_str().unwrap_or_default();
        Client::builder()
            .user_agent(concat!("Cornerdesk/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            // A proxy would look names up by itself, and connections are to what was checked.
            .no_proxy()
            .resolve_to_addrs(host, &places)
            .build()
            .map_err(|error| later(error.to_string()))
    }

    /// Where a host is, if it may be called there. All of its addresses must be allowed: nobody knows which is taken.
    async fn places(&self, url: &Url) -> Result<Vec<SocketAddr>, Fault> {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(never("the address names no host"));
        };
        let name = host.trim_matches(['[', ']']);
        let places: Vec<SocketAddr> = tokio::net::lookup_host((name, port))
            .await
            .map_err(|_| later("its name is not found".to_owned()))?
            .collect();
        if places.is_empty() {
            return Err(later("its name leads nowhere".to_owned()));
        }
        let is_named = self.named.as_deref() == Some(host);
        if !is_named && places.iter().any(|place| !self.may_call(place.ip())) {
            return Err(never(
                "its name leads into a private network (outbound.private_networks)",
            ));
        }
        Ok(places)
    }

    fn may_call(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address)
            || self
                .private
                .iter()
                .any(|network| network.contains(&address))
    }
}

async fn read(mut response: Response, most_bytes: usize) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(without_address)? {
        if body.len() + chunk.len() > most_bytes {
            return Err(never("its answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The address may hold a secret.
fn without_address(error: reqwest::Error) -> Fault {
    later(error.without_url().to_string())
}

fn later(why: String) -> Fault {
    Fault::Later(why)
}

fn never(why: &str) -> Fault {
    Fault::Never(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_public_is_not_called_unless_it_is_allowed() {
        for url in [
            "http://127.0.0.1:9/",
            "http://[::1]:9/",
            "http://localhost:9/",
            "http://[::ffff:10.0.0.1]/",
            "http://2130706433/",
            "http://169.254.169.254/latest",
        ] {
            let refused = Outbound::new(Vec::new())
                .post(url, HeaderMap::new(), Vec::new())
                .await;
            assert!(
                matches!(refused, Err(Fault::Never(_))),
                "{url}: {refused:?}"
            );
        }
        let network = vec!["127.0.0.0/8".parse().unwrap()];
        for allowed in [
            Outbound::new(network),
            Outbound::new(Vec::new()).with_host("127.0.0.1"),
        ] {
            let tried = allowed
                .post("http://127.0.0.1:9/", HeaderMap::new(), Vec::new())
                .await;
            assert!(matches!(tried, Err(Fault::Later(_))), "{tried:?}");
        }
    }
}
