//! Is this an address of the public Internet? Pure. What is not known to be public is not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Is it one that everybody reaches, and no way around to one that not everybody does?
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Is it one of those that people give to machines of their own: private, shared, unique local, or this very machine? Never one where a cloud
/// tells secrets to its machines, or one that stands for no machine.
#[must_use]
pub(super) fn is_own(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let is_shared = a == 100 && (b & 0xc0) == 64;
            let is_alibaba = v4 == Ipv4Addr::new(100, 100, 100, 200);
            v4.is_private() || v4.is_loopback() || (is_shared && !is_alibaba)
        }
        IpAddr::V6(v6) => {
            let is_amazon = v6 == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
            v6.is_loopback() || (v6.is_unique_local() && !is_amazon)
        }
    }
}

/// The registry of special addresses (RFC 6890 and its successors).
fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    !(v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && (b & 0xc0) == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b & 0xfe) == 18))
}

/// Only what is handed out, without the parts of it that lead to an address of the old Internet or nowhere.
fn is_public_v6(v6: Ipv6Addr) -> bool {
    let segments = v6.segments();
    let is_handed_out = segments[0] & 0xe000 == 0x2000;
    // Teredo, ORCHID and the like are in 2001::/23; documentation; 6to4.
    let is_special = match segments[0] {
        0x2001 => segments[1] < 0x0200 || segments[1] == 0x0db8,
        0x2002 => true,
        0x3fff => segments[1] < 0x1000,
        _ => false,
    };
    // ISATAP: an old address at the end.
    let is_isatap = segments[4] & 0xfdff == 0 && segments[5] == 0x5efe;
    is_handed_out && !is_special && !is_isatap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_no_machine_of_ones_own_is_never_allowed() {
        for (address, wanted) in [
            ("10.0.0.1", true),
            ("172.16.0.1", true),
            ("192.168.1.1", true),
            ("100.64.0.1", true),
            ("127.0.0.1", true),
            ("::1", true),
            ("::ffff:10.0.0.1", true),
            ("fd12::1", true),
            ("100.100.100.200", false),
            ("169.254.169.254", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("0.0.0.0", false),
            ("::", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("192.0.0.192", false),
            ("64:ff9b::a00:1", false),
            ("2002:a00:1::", false),
        ] {
            assert_eq!(is_own(address.parse().unwrap()), wanted, "{address}");
        }
    }

    #[test]
    fn only_what_everybody_reaches_is_public() {
        for (address, wanted) in [
            ("1.1.1.1", true),
            ("93.184.215.14", true),
            ("100.63.255.255", true),
            ("172.32.0.1", true),
            ("2606:4700::1111", true),
            ("2a00:1450:4001::1", true),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("100.100.100.200", false),
            ("127.0.0.1", false),
            ("127.9.9.9", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.192", false),
            ("192.0.2.1", false),
            ("192.88.99.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("198.19.255.255", false),
            ("198.51.100.1", false),
            ("203.0.113.1", false),
            ("224.0.0.1", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:1.1.1.1", true),
            ("::7f00:1", false),
            ("64:ff9b::a00:1", false),
            ("64:ff9b:1::1", false),
            ("100::1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:a00:1::", false),
            ("2606:4700::5efe:a00:1", false),
            ("3fff::1", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), wanted, "{address}");
        }
    }
}
