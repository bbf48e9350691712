//! The link by which somebody who was invited chooses a password. It follows from the id and the key that is not in the database, and is kept
//! nowhere: whoever has a copy of the database cannot make one. Pure.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use uuid::Uuid;

use super::sealing::Sealing;

/// So long an invitation is good.
pub const LASTS: SignedDuration = SignedDuration::from_hours(72);

/// The token of an invitation.
#[must_use]
pub fn token(sealing: &Sealing, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode([*id.as_bytes(), signature(sealing, id)].concat())
}

/// The invitation of a token; `None` when we did not make it.
#[must_use]
pub fn id_of(sealing: &Sealing, token: &str) -> Option<Uuid> {
    const MOST_OCTETS: usize = 64;
    if token.len() > MOST_OCTETS {
        return None;
    }
    let octets = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (id, signed) = octets.split_first_chunk::<16>()?;
    let id = Uuid::from_bytes(*id);
    verify_slices_are_equal(signed, &signature(sealing, id)).ok()?;
    Some(id)
}

fn signature(sealing: &Sealing, id: Uuid) -> [u8; 16] {
    sealing.sign(&[&b"invitation"[..], id.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_links_name_an_invitation() {
        let (ours, other) = (
            Sealing::with_key(&[1; 32]).unwrap(),
            Sealing::with_key(&[2; 32]).unwrap(),
        );
        let id = Uuid::from_u128(7);
        let token = token(&ours, id);
        assert_eq!(id_of(&ours, &token), Some(id));
        assert_eq!(id_of(&other, &token), None);
        let cut = &token[..token.len() - 2];
        let changed = token.replacen('A', "B", 1);
        for forged in ["", "x", cut, &changed, &"A".repeat(1000)] {
            assert_eq!(id_of(&ours, forged), None, "{forged}");
        }
    }
}
