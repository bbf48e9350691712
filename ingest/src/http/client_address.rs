//! Who is at the other end of a request, behind whatever proxies stand in front of us.
//!
//! Anybody can write a header. So one is read only from a proxy that the configuration names, only the one header that this proxy writes
//! (`server.forwarded_by`), and of its hops only the right-most one that is no such proxy: everything to the left of it was written by
//! somebody whom we do not know. `X-Real-IP`, `CF-Connecting-IP` and their like are never read.

pub mod misled;

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, request::Parts},
};
use ipnet::IpNet;
use serde::Deserialize;

use super::problem::HttpError;
use crate::{app::App, source::Source};

/// The address at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The header in which the proxies say for whom they ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedBy {
    /// `X-Forwarded-For`, what nearly every proxy writes.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl ForwardedBy {
    /// Its name.
    const fn header(self) -> HeaderName {
        match self {
            Self::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            Self::Forwarded => HeaderName::from_static("forwarded"),
        }
    }
}

/// The client of this request, as far as limits can tell one from another; `None` for one that no limit holds for, which is this
/// very machine in a demonstration.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub Option<Source>);

impl FromRequestParts<App> for Client {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, HttpError> {
        let Some(Peer(peer)) = parts.extensions.get::<Peer>().copied() else {
            return Ok(Self(None));
        };
        let server = &app.config.server;
        let (by, is_public) = (server.forwarded_by, !server.public_url.is_empty());
        if let Some(misled) = misled::sign(peer, &parts.headers, by, &server.proxies, is_public) {
            app.proxy_warnings.say(misled, by);
        }
        let address = of(peer, &parts.headers, server.forwarded_by, &server.proxies);
        let is_exempt = app.demo && address.is_loopback();
        Ok(Self((!is_exempt).then(|| Source::of(address))))
    }
}

/// Hops that are looked at, from the right. More proxies in a row than that nobody has.
const MOST_HOPS: usize = 16;

/// The address of the client of a request that came from `peer`.
#[must_use]
pub fn of(peer: IpAddr, headers: &HeaderMap, by: ForwardedBy, proxies: &[IpNet]) -> IpAddr {
    let is_proxy = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut known = peer.to_canonical();
    if !is_proxy(&known) {
        return known;
    }
    for hop in hops(headers, by).take(MOST_HOPS) {
        // What a proxy wrote that we cannot read: then it is the proxy whom we hold to account.
        let Some(address) = hop else { return known };
        known = address;
        if !is_proxy(&known) {
            break;
        }
    }
    known
}

/// The hops that a header names, the right-most first; `None` for one that is no address.
///
/// A line is cut at its commas from the right, quoted or not: a proxy adds its own hop at the right, so nothing that was written before,
/// such as a quotation mark that is never closed, can change how that hop is read.
fn hops(headers: &HeaderMap, by: ForwardedBy) -> impl Iterator<Item = Option<IpAddr>> {
    let lines: Vec<_> = headers.get_all(by.header()).iter().collect();
    lines.into_iter().rev().flat_map(move |line| {
        let text = line.to_str().unwrap_or("?");
        text.rsplit(',').map(move |hop| match by {
            ForwardedBy::XForwardedFor => address(hop.trim()),
            ForwardedBy::Forwarded => for_whom(hop),
        })
    })
}

/// The parameter `for` of one element of `Forwarded`. An element with a backslash or a quotation mark without its fellow was cut out of
/// the middle of a quoted text, which is not how a proxy writes its own.
fn for_whom(element: &str) -> Option<IpAddr> {
    if element.contains('\\') || !element.matches('"').count().is_multiple_of(2) {
        return None;
    }
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    let value = value.trim();
    let unquoted = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    address(unquoted.unwrap_or(value))
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let in_brackets = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .and_then(|text| text.parse().ok())
        .map(IpAddr::V6);
    let alone = || text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    in_brackets
        .or_else(alone)
        .or_else(with_port)
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests;
