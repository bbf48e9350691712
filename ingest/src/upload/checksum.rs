//! The digest that a sender announces for the bytes of one request (tus 1.0, checksum extension). Pure.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The algorithms, as `Tus-Checksum-Algorithm` lists them. The protocol asks for SHA-1; it guards against accidents, not against
/// somebody.
pub const ALGORITHMS: &str = "sha1,sha256";

/// What the bytes of a request must digest to.
#[derive(Clone, Debug)]
pub enum Checksum {
    /// 160 bits.
    Sha1(Sha1, Vec<u8>),
    /// 256 bits.
    Sha256(Sha256, Vec<u8>),
}

impl Checksum {
    /// Reads `Upload-Checksum`: an algorithm, a blank, and the digest in base64.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (algorithm, digest) = text.trim().split_once(' ')?;
        let digest = STANDARD.decode(digest.trim()).ok()?;
        match algorithm {
            "sha1" if digest.len() == 20 => Some(Self::Sha1(Sha1::new(), digest)),
            "sha256" if digest.len() == 32 => Some(Self::Sha256(Sha256::new(), digest)),
            _ => None,
        }
    }

    /// Bytes came.
    pub fn update(&mut self, chunk: &[u8]) {
        match self {
            Self::Sha1(digest, _) => digest.update(chunk),
            Self::Sha256(digest, _) => digest.update(chunk),
        }
    }

    /// Are they the announced ones?
    #[must_use]
    pub fn holds(self) -> bool {
        match self {
            Self::Sha1(digest, expected) => digest.finalize().as_slice() == expected,
            Self::Sha256(digest, expected) => digest.finalize().as_slice() == expected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(header: &str, chunks: &[&[u8]]) -> bool {
        let mut checksum = Checksum::parse(header).unwrap();
        for chunk in chunks {
            checksum.update(chunk);
        }
        checksum.holds()
    }

    #[test]
    fn only_the_announced_bytes_hold() {
        // FIPS 180 test vector "abc".
        let sha1 = "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=";
        let sha256 = "sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
        for header in [sha1, sha256] {
            assert!(holds(header, &[b"a", b"bc"]), "{header}");
            assert!(!holds(header, &[b"abd"]), "{header}");
        }
    }

    #[test]
    fn what_cannot_be_checked_is_no_checksum() {
        for header in [
            "",
            "sha1",
            "md5 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=",
            "sha1 !!",
            "sha1 YWJj",
            "sha256 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=",
        ] {
            assert!(Checksum::parse(header).is_none(), "{header}");
        }
    }
}
