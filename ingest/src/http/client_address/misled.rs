//! Signs that the proxies in front of us and the configuration do not fit, so that all people share one allowance (threat S22). Pure but for
//! saying it once.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering},
};

use axum::http::HeaderMap;
use ipnet::IpNet;

use super::ForwardedBy;

/// What does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misled {
    /// Somebody in an inner network names for whom they ask, and is no proxy of ours.
    UnknownProxy,
    /// A proxy of ours does not name for whom it asks.
    SilentProxy,
}

/// What a request from `peer` shows. `is_public`: people reach the service under an address of its own (`server.public_url`), so that
/// whoever comes from this machine is more likely its proxy than a person.
#[must_use]
pub fn sign(
    peer: IpAddr,
    headers: &HeaderMap,
    by: ForwardedBy,
    proxies: &[IpNet],
    is_public: bool,
) -> Option<Misled> {
    let peer = peer.to_canonical();
    let is_proxy = proxies.iter().any(|network| network.contains(&peer));
    let names = |by: ForwardedBy| headers.contains_key(by.header());
    if is_proxy {
        let counts = is_public || !peer.is_loopback();
        return (counts && !names(by)).then_some(Misled::SilentProxy);
    }
    let says = names(ForwardedBy::XForwardedFor) || names(ForwardedBy::Forwarded);
    (says && is_inner(peer)).then_some(Misled::UnknownProxy)
}

/// An address that nobody has on the Internet. From others a header like this may be anybody's invention.
fn is_inner(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            // RFC 6598: between a provider and its customers, and in some clouds.
            let is_shared = first == 100 && (64..128).contains(&second);
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || is_shared
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Says each once in the life of a process: it is true of every request.
#[derive(Debug, Default)]
pub struct Warnings {
    unknown_proxy: AtomicBool,
    silent_proxy: AtomicBool,
}

impl Warnings {
    /// Writes to the log, the first time.
    pub fn say(&self, misled: Misled, by: ForwardedBy) {
        let header = by.header();
        match misled {
            Misled::UnknownProxy if is_first(&self.unknown_proxy) => {
                tracing::warn!("{UNKNOWN_PROXY}");
            }
            Misled::SilentProxy if is_first(&self.silent_proxy) => {
                tracing::warn!(header = header.as_str(), "{SILENT_PROXY}");
            }
            Misled::UnknownProxy | Misled::SilentProxy => {}
        }
    }
}

const UNKNOWN_PROXY: &str = "a request from an inner network names another client, but comes from no proxy of server.proxies and is not \
    believed: if it is a proxy's, all people behind it share one allowance. Add the proxy's address to server.proxies";
const SILENT_PROXY: &str = "a request from an address of server.proxies does not name its client by server.forwarded_by: all people \
    behind that proxy share one allowance. Make the proxy set the header";

fn is_first(said: &AtomicBool) -> bool {
    !said.swap(true, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn sign_of(peer: &str, header: Option<&'static str>, is_public: bool) -> Option<Misled> {
        let mut headers = HeaderMap::new();
        if let Some(name) = header {
            headers.insert(name, HeaderValue::from_static("192.0.2.1"));
        }
        let proxies = ["127.0.0.0/8", "::1/128", "10.0.0.9/32"].map(|net| net.parse().unwrap());
        let by = ForwardedBy::XForwardedFor;
        sign(peer.parse().unwrap(), &headers, by, &proxies, is_public)
    }

    #[test]
    fn a_stranger_in_an_inner_network_who_names_another_is_a_forgotten_proxy() {
        let unknown = Some(Misled::UnknownProxy);
        for peer in [
            "10.0.0.1",
            "172.16.3.4",
            "192.168.0.1",
            "100.64.0.1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(
                sign_of(peer, Some("x-forwarded-for"), true),
                unknown,
                "{peer}"
            );
            assert_eq!(sign_of(peer, Some("forwarded"), false), unknown, "{peer}");
            assert_eq!(sign_of(peer, None, true), None, "{peer}");
        }
        for peer in ["203.0.113.7", "2001:db8::7"] {
            assert_eq!(
                sign_of(peer, Some("x-forwarded-for"), true),
                None,
                "{peer}: anybody can write it"
            );
        }
    }

    #[test]
    fn a_proxy_that_names_nobody_is_silent() {
        let silent = Some(Misled::SilentProxy);
        for (peer, header, is_public, expected) in [
            ("10.0.0.9", None, false, silent),
            ("10.0.0.9", Some("forwarded"), false, silent),
            ("10.0.0.9", Some("x-forwarded-for"), true, None),
            ("127.0.0.1", None, true, silent),
            // Somebody tries it out on their own machine.
            ("127.0.0.1", None, false, None),
            ("::1", Some("x-forwarded-for"), true, None),
        ] {
            assert_eq!(
                sign_of(peer, header, is_public),
                expected,
                "{peer} {header:?}"
            );
        }
    }
}
