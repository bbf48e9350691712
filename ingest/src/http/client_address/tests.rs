//! What people write into headers, and what we make of it.

use axum::http::HeaderValue;

use super::*;

const STRANGER: &str = "203.0.113.9";
const PROXY: &str = "10.0.0.1";
const CLIENT: &str = "198.51.100.7";

fn proxies() -> Vec<IpNet> {
    ["10.0.0.0/8", "fd00::/8"]
        .map(|net| net.parse().unwrap())
        .to_vec()
}

fn seen(peer: &str, by: ForwardedBy, lines: &[(&str, &str)]) -> String {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    of(peer.parse().unwrap(), &headers, by, &proxies()).to_string()
}

/// Every way of claiming to be somebody else that we could think of.
const FORGERIES: [(&str, &str); 36] = [
    ("x-forwarded-for", "1.1.1.1"),
    ("x-forwarded-for", " 1.1.1.1 "),
    ("x-forwarded-for", "1.1.1.1, 1.1.1.1"),
    ("x-forwarded-for", "10.0.0.1"),
    ("x-forwarded-for", "10.0.0.1, 10.0.0.2"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-for", "::1"),
    ("x-forwarded-for", "[::1]:80"),
    ("x-forwarded-for", "::ffff:127.0.0.1"),
    ("x-forwarded-for", "::ffff:10.0.0.1"),
    ("x-forwarded-for", "localhost"),
    ("x-forwarded-for", "unknown"),
    ("x-forwarded-for", ""),
    ("x-forwarded-for", ","),
    ("x-forwarded-for", ",,,,1.1.1.1,,,"),
    ("x-forwarded-for", "1.1.1.1\t,\t10.0.0.1"),
    ("x-forwarded-for", "\"1.1.1.1"),
    ("x-forwarded-for", "1.1.1.1; for=1.1.1.1"),
    ("x-forwarded-for", "0x7f000001"),
    ("x-forwarded-for", "2130706433"),
    ("x-forwarded-for", "127.1"),
    ("x-forwarded-for", "010.0.0.1"),
    ("x-forwarded-for", "fe80::1%eth0"),
    ("x-forwarded-for", "1.1.1.1:99999"),
    ("x-forwarded-for", "1.1.1.1 10.0.0.1"),
    ("forwarded", "for=1.1.1.1"),
    ("forwarded", "For=\"[::1]:80\""),
    ("forwarded", "for=10.0.0.1, for=127.0.0.1"),
    ("forwarded", "for=\"1.1.1.1"),
    ("forwarded", "for=_hidden"),
    ("x-real-ip", "1.1.1.1"),
    ("cf-connecting-ip", "1.1.1.1"),
    ("true-client-ip", "1.1.1.1"),
    ("x-client-ip", "1.1.1.1"),
    ("x-cluster-client-ip", "1.1.1.1"),
    ("x-forwarded", "for=1.1.1.1"),
];

#[test]
fn a_stranger_is_who_connects_whatever_the_headers_say() {
    for by in [ForwardedBy::XForwardedFor, ForwardedBy::Forwarded] {
        for forgery in FORGERIES {
            assert_eq!(seen(STRANGER, by, &[forgery]), STRANGER, "{forgery:?}");
        }
        assert_eq!(seen(STRANGER, by, &FORGERIES), STRANGER);
    }
}

#[test]
fn behind_a_proxy_the_hop_that_it_wrote_counts_whatever_stands_before_it() {
    for (name, value) in FORGERIES {
        // A proxy either adds to the line or adds a line.
        let in_line = [value, CLIENT].join(", ");
        let forged = if name == "x-forwarded-for" {
            vec![(name, in_line.as_str())]
        } else {
            vec![(name, value), ("x-forwarded-for", CLIENT)]
        };
        assert_eq!(
            seen(PROXY, ForwardedBy::XForwardedFor, &forged),
            CLIENT,
            "{forged:?}"
        );
        let own_line = [(name, value), ("x-forwarded-for", CLIENT)];
        assert_eq!(
            seen(PROXY, ForwardedBy::XForwardedFor, &own_line),
            CLIENT,
            "{own_line:?}"
        );

        let hop = format!("for={CLIENT};proto=https");
        let in_line = [value, hop.as_str()].join(", ");
        let forged = if name == "forwarded" {
            vec![(name, in_line.as_str())]
        } else {
            vec![(name, value), ("forwarded", hop.as_str())]
        };
        assert_eq!(
            seen(PROXY, ForwardedBy::Forwarded, &forged),
            CLIENT,
            "{forged:?}"
        );
    }
}

#[test]
fn a_header_that_the_proxy_does_not_write_is_not_read() {
    for (by, forgery) in [
        (ForwardedBy::XForwardedFor, ("forwarded", "for=1.1.1.1")),
        (ForwardedBy::Forwarded, ("x-forwarded-for", "1.1.1.1")),
    ] {
        assert_eq!(seen(PROXY, by, &[forgery]), PROXY);
    }
}

#[test]
fn every_spelling_of_a_hop_is_read() {
    for (by, value, client) in [
        (ForwardedBy::XForwardedFor, "198.51.100.7", CLIENT),
        (ForwardedBy::XForwardedFor, "198.51.100.7:4711", CLIENT),
        (ForwardedBy::XForwardedFor, "::ffff:198.51.100.7", CLIENT),
        (ForwardedBy::XForwardedFor, "2001:db8::7", "2001:db8::7"),
        (ForwardedBy::XForwardedFor, "[2001:db8::7]", "2001:db8::7"),
        (
            ForwardedBy::XForwardedFor,
            "[2001:DB8::7]:4711",
            "2001:db8::7",
        ),
        (
            ForwardedBy::XForwardedFor,
            "1.1.1.1, 198.51.100.7, 10.0.0.2",
            CLIENT,
        ),
        (
            ForwardedBy::XForwardedFor,
            "198.51.100.7, fd00::2,10.0.0.2",
            CLIENT,
        ),
        // Everybody is a proxy: the one that is farthest away.
        (ForwardedBy::XForwardedFor, "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        // The proxy could not tell.
        (ForwardedBy::XForwardedFor, "1.1.1.1, unknown", PROXY),
        (
            ForwardedBy::XForwardedFor,
            "1.1.1.1, unknown, 10.0.0.2",
            "10.0.0.2",
        ),
        (ForwardedBy::Forwarded, "for=198.51.100.7", CLIENT),
        (
            ForwardedBy::Forwarded,
            "proto=https; FOR = \"198.51.100.7:80\"",
            CLIENT,
        ),
        (
            ForwardedBy::Forwarded,
            "for=\"[2001:db8::7]:4711\"",
            "2001:db8::7",
        ),
        (
            ForwardedBy::Forwarded,
            "for=\"_hidden\", for=unknown",
            PROXY,
        ),
        // A host name that the client chose, as a proxy quotes it.
        (
            ForwardedBy::Forwarded,
            "for=198.51.100.7;host=\"a, for=1.1.1.1;x=\"",
            PROXY,
        ),
        (
            ForwardedBy::Forwarded,
            "for=198.51.100.7;host=\"a, for=1.1.1.1;x=\\\"\"",
            PROXY,
        ),
    ] {
        let name = match by {
            ForwardedBy::XForwardedFor => "x-forwarded-for",
            ForwardedBy::Forwarded => "forwarded",
        };
        assert_eq!(seen(PROXY, by, &[(name, value)]), client, "{value}");
    }
}

#[test]
fn an_endless_row_of_proxies_ends() {
    let line = vec!["10.0.0.2"; 5_000].join(",");
    assert_eq!(
        seen(
            PROXY,
            ForwardedBy::XForwardedFor,
            &[("x-forwarded-for", &line)]
        ),
        "10.0.0.2"
    );
}
