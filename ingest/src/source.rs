//! Whom one client can be told from another by. Pure.

use std::net::{IpAddr, Ipv6Addr};

use sha2::{Digest, Sha256};

use crate::{hexadecimal::hex, mail::recipient::Recipient};

/// A client: an IPv4 address, or the /64 of an IPv6 address, which is what one customer gets and in which
/// addresses cost nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source(IpAddr);

impl std::fmt::Debug for Source {
    /// Addresses are nobody's business in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source(…)")
    }
}

impl Source {
    /// The source of a connection.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        const INTERFACE_BITS: u32 = 64;
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.into()),
            IpAddr::V6(address) => {
                let network = address.to_bits() >> INTERFACE_BITS << INTERFACE_BITS;
                Self(Ipv6Addr::from_bits(network).into())
            }
        }
    }

    /// A person for whom a product vouches, wherever they are: who shares an address with others does not share their allowance. The `sub`
    /// is the product's own id of the person.
    #[must_use]
    pub fn of_person(sub: &str) -> Self {
        Self::of_text(sub)
    }

    /// Whoever writes by mail from a mailbox, in any of its spellings.
    #[must_use]
    pub fn of_mailbox(address: &str) -> Self {
        Self::of_text(&format!("mailbox\n{}", hex(&Recipient::of(address).key())))
    }

    fn of_text(text: &str) -> Self {
        let mut octets = [0; 16];
        octets.copy_from_slice(&Sha256::digest(text)[..16]);
        Self(Ipv6Addr::from(octets).into())
    }

    /// Its octets, for a digest.
    #[must_use]
    pub fn octets(&self) -> [u8; 16] {
        match self.0 {
            IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
            IpAddr::V6(address) => address.octets(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_source_is_an_ipv4_address_or_a_network_of_ipv6() {
        for (one, other, same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
        ] {
            let is_same = Source::of(address(one)) == Source::of(address(other));
            assert_eq!(is_same, same, "{one} {other}");
        }
    }
}
