//! What may be called. Pure.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;
use url::{Host, Origin, Url};

use super::public::{is_own, is_public};
use crate::config;

/// Who says where something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Whoever runs the service, in its configuration.
    Written,
    /// Anybody else: a form of the desk, a document, an answer.
    Told,
}

/// Scheme, host and port that an operator allows, whoever names them and wherever they are.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct Allowed(Origin);

impl Allowed {
    /// Where this address is.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        Self(url.origin())
    }
}

impl TryFrom<String> for Allowed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url = Url::parse(&text).ok().filter(is_origin_alone);
        url.map(|url| Self::of(&url)).ok_or_else(|| {
            format!(
                "{text:?} is no scheme, host and port, such as \"https://jira.example.internal:8443\""
            )
        })
    }
}

fn is_origin_alone(url: &Url) -> bool {
    ["http", "https"].contains(&url.scheme())
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && !has_user(url)
}

/// `[outbound]` of the configuration, and what else it names.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    private_networks: Vec<IpNet>,
    ports: Vec<u16>,
    allowed: Vec<Allowed>,
}

impl Rules {
    pub(super) fn new(config: &config::Outbound) -> Self {
        Self {
            private_networks: config.private_networks.clone(),
            ports: config.ports.clone(),
            allowed: config.allowed.clone(),
        }
    }

    pub(super) fn allow(&mut self, allowed: Allowed) {
        self.allowed.push(allowed);
    }

    /// What can be said before anybody is asked where its name leads.
    pub(super) fn judge_spelling(&self, url: &Url, source: Source) -> Result<(), &'static str> {
        if !["http", "https"].contains(&url.scheme()) {
            return Err("the address does not begin with https://");
        }
        if url.host().is_none_or(|host| host == Host::Domain("")) {
            return Err("the address names no host");
        }
        // Where it was written down, a name and password may stand in it.
        if source == Source::Written {
            return Ok(());
        }
        if has_user(url) {
            return Err("the address has a name or a password in it");
        }
        if self.is_allowed(url) {
            return Ok(());
        }
        if url.scheme() != "https" {
            return Err("the address does not begin with https:// (outbound.allowed)");
        }
        let is_port = |port| self.ports.contains(&port);
        if !url.port_or_known_default().is_some_and(is_port) {
            return Err("its port is none of outbound.ports");
        }
        Ok(())
    }

    /// All of its addresses have to be allowed: nobody knows which one is taken.
    pub(super) fn judge_places(
        &self,
        url: &Url,
        source: Source,
        addresses: &[IpAddr],
    ) -> Result<(), &'static str> {
        let is_allowed = self.is_allowed(url);
        let is_here = |address: &IpAddr| source == Source::Written && self.is_private(*address);
        let is_open = |address: &IpAddr| {
            is_public(*address) || (is_allowed && is_own(*address)) || is_here(address)
        };
        if !addresses.iter().all(is_open) {
            return Err(match source {
                Source::Written => {
                    "its name leads into a private network (outbound.private_networks, outbound.allowed)"
                }
                Source::Told => "its name leads into a private network (outbound.allowed)",
            });
        }
        // Within networks that an operator calls their own, they know who listens.
        if url.scheme() != "https" && !is_allowed && !addresses.iter().all(is_here) {
            return Err("the address does not begin with https:// (outbound.allowed)");
        }
        Ok(())
    }

    fn is_allowed(&self, url: &Url) -> bool {
        self.allowed.contains(&Allowed::of(url))
    }

    fn is_private(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let mut networks = self.private_networks.iter();
        networks.any(|network| network.contains(&address))
    }
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "10.1.2.3";
    const PUBLIC: &str = "93.184.215.14";

    fn rules() -> Rules {
        let allowed = ["http://hooks.lan:8080", "https://jira.lan"];
        Rules {
            private_networks: vec!["10.1.0.0/16".parse().unwrap()],
            ports: vec![443, 8443],
            allowed: allowed
                .map(|text| Allowed::try_from(text.to_owned()).unwrap())
                .to_vec(),
        }
    }

    fn is_called(url: &str, source: Source, at: &[&str]) -> bool {
        let (rules, url) = (rules(), Url::parse(url).unwrap());
        let at: Vec<IpAddr> = at.iter().map(|address| address.parse().unwrap()).collect();
        rules.judge_spelling(&url, source).is_ok() && rules.judge_places(&url, source, &at).is_ok()
    }

    #[test]
    fn what_is_written_down_may_be_elsewhere_than_what_is_told() {
        for (url, at, written, told) in [
            ("https://a.example/", PUBLIC, true, true),
            ("https://a.example:8443/", PUBLIC, true, true),
            ("https://a.example:8080/", PUBLIC, true, false),
            ("http://a.example/", PUBLIC, false, false),
            ("https://u:p@a.example/", PUBLIC, true, false),
            ("ftp://a.example/", PUBLIC, false, false),
            ("https://a.example/", OWN, true, false),
            ("http://a.example/", OWN, true, false),
            ("https://a.example/", "10.2.0.1", false, false),
            ("http://hooks.lan:8080/x", "10.2.0.1", true, true),
            ("http://hooks.lan:8080/x", "127.0.0.1", true, true),
            ("http://hooks.lan:8080/x", PUBLIC, true, true),
            ("https://jira.lan/x", "fd00::1", true, true),
            ("https://jira.lan/x", "169.254.169.254", false, false),
            ("https://jira.lan/x", "0.0.0.0", false, false),
            ("https://jira.lan:22/x", "10.2.0.1", false, false),
            ("http://jira.lan/x", "10.2.0.1", false, false),
            ("https://jira.lan./x", "10.2.0.1", false, false),
        ] {
            assert_eq!(
                is_called(url, Source::Written, &[at]),
                written,
                "{url} {at}"
            );
            assert_eq!(is_called(url, Source::Told, &[at]), told, "{url} {at}");
        }
    }

    #[test]
    fn one_address_that_is_not_public_is_enough() {
        let both = [PUBLIC, "127.0.0.1"];
        for source in [Source::Written, Source::Told] {
            assert!(!is_called("https://a.example/", source, &both));
            assert!(!is_called("http://a.example/", source, &[OWN, PUBLIC]));
        }
    }

    #[test]
    fn only_scheme_host_and_port_are_allowed_at_once() {
        for bad in [
            "jira.lan",
            "https://",
            "https://a/b",
            "ftp://a",
            "https://u@a",
            "https://a?b",
        ] {
            assert!(Allowed::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
