//! New identifiers and other random values. The only place that makes them; randomness comes from the operating system's seeded generator.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cornerdesk_shared::reference::Reference;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// An id for a row: UUID version 7, so that rows made together lie together. Never a credential: it tells when it was made.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that makes ids"
)]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// The id of what these parts name together: the same parts always have the same one. A custom one in the sense of RFC 9562 (version 8).
#[must_use]
pub fn derived(parts: &[&str]) -> Uuid {
    let mut digest = Sha256::new();
    for part in parts {
        // With their lengths, so that no two lists of parts read the same.
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    let digest: [u8; 32] = digest.finalize().into();
    let mut octets = [0; 16];
    octets.copy_from_slice(&digest[..16]);
    octets[6] = octets[6] & 0x0f | 0x80;
    octets[8] = octets[8] & 0x3f | 0x80;
    Uuid::from_bytes(octets)
}

/// An id that nobody can guess (122 random bits): for uploads and idempotency keys, where knowing the id is the permission.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that makes ids"
)]
pub fn new_secret_id() -> Uuid {
    Uuid::new_v4()
}

/// A reference that nobody can guess from others. The caller checks that no ticket has it yet.
#[must_use]
pub fn new_reference() -> Reference {
    Reference::from_number(rand::random())
}

/// 256 bits for a credential, as 43 characters that are safe in addresses and cookies.
#[must_use]
pub fn new_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// 256 bits for a secret of the installation.
#[must_use]
pub fn new_secret_bytes() -> [u8; 32] {
    rand::random()
}

/// A password that a person can copy by hand: five groups of four symbols of Crockford's alphabet, 100 bits.
#[must_use]
pub fn new_password() -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let symbols =
        rand::random::<[u8; 20]>().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    symbols
        .chunks(4)
        .map(String::from_iter)
        .collect::<Vec<_>>()
        .join("-")
}

/// A code for whoever has lost the device that makes theirs: four groups of four symbols of Crockford's alphabet, 80 bits.
#[must_use]
pub fn new_recovery_code() -> String {
    const GROUPS: usize = 4;
    let password = new_password();
    password
        .split('-')
        .take(GROUPS)
        .collect::<Vec<_>>()
        .join("-")
}

/// An even random number in 0..1, for jitter.
#[must_use]
pub fn new_fraction() -> f64 {
    rand::random()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_have_the_same_id_and_others_have_another() {
        assert_eq!(derived(&["a", "bc"]), derived(&["a", "bc"]));
        assert_ne!(derived(&["a", "bc"]), derived(&["ab", "c"]));
        assert_eq!(derived(&["a"]).get_version_num(), 8);
    }
}
