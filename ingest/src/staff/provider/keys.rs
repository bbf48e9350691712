//! The keys that a provider signs with (RFC 7517). What we cannot verify with is left out.

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use serde::Deserialize;

/// Most keys that are looked at; providers have two or three.
const KEYS_MOST: usize = 32;

/// A key.
#[derive(Clone)]
pub struct Key {
    kid: Option<String>,
    algorithms: Vec<Algorithm>,
    verifier: DecodingKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl Key {
    /// What verifies.
    pub(super) const fn verifier(&self) -> &DecodingKey {
        &self.verifier
    }
}

/// The keys of a provider.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<Key>);

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

impl Keys {
    /// Reads them; `None` when it is no set of keys.
    #[must_use]
    pub fn read(json: &[u8]) -> Option<Self> {
        let set: Set = serde_json::from_slice(json).ok()?;
        let keys = set.keys.into_iter().take(KEYS_MOST);
        let keys = keys.filter_map(|key| key_of(&serde_json::from_value(key).ok()?));
        Some(Self(keys.collect()))
    }

    /// The key for a token with this header. Without a name it must be the only one for the algorithm.
    pub(super) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&Key> {
        let mut fit = self.0.iter().filter(|key| {
            key.algorithms.contains(&algorithm) && (kid.is_none() || key.kid.as_deref() == kid)
        });
        let found = fit.next()?;
        (kid.is_some() || fit.next().is_none()).then_some(found)
    }
}

/// A public key that signs. A secret is none: whoever has the set could sign with it.
fn key_of(jwk: &Jwk) -> Option<Key> {
    let common = &jwk.common;
    if matches!(&common.public_key_use, Some(purpose) if *purpose != PublicKeyUse::Signature) {
        return None;
    }
    let mut algorithms = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => vec![
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::PS384,
            Algorithm::PS512,
        ],
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => vec![Algorithm::ES256],
            EllipticCurve::P384 => vec![Algorithm::ES384],
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            vec![Algorithm::EdDSA]
        }
        _ => return None,
    };
    if let Some(only) = common.key_algorithm {
        let only: Algorithm = only.to_string().parse().ok()?;
        algorithms.retain(|algorithm| *algorithm == only);
    }
    Some(Key {
        kid: common.key_id.clone(),
        algorithms,
        verifier: DecodingKey::from_jwk(jwk).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7517, appendix A.1: P-256.
    fn ec(kid: &str) -> serde_json::Value {
        json!({ "kty": "EC", "crv": "P-256", "kid": kid,
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM" })
    }

    fn keys(all: &[serde_json::Value]) -> Keys {
        Keys::read(json!({ "keys": all }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_key_is_for_its_own_algorithm() {
        let keys = keys(&[ec("a"), ec("b")]);
        assert!(keys.find(Some("a"), Algorithm::ES256).is_some());
        for algorithm in [Algorithm::RS256, Algorithm::HS256, Algorithm::EdDSA] {
            assert!(keys.find(Some("a"), algorithm).is_none(), "{algorithm:?}");
        }
        assert!(keys.find(Some("c"), Algorithm::ES256).is_none());
    }

    #[test]
    fn a_token_that_names_no_key_is_for_the_only_one() {
        assert!(keys(&[ec("a")]).find(None, Algorithm::ES256).is_some());
        assert!(
            keys(&[ec("a"), ec("b")])
                .find(None, Algorithm::ES256)
                .is_none()
        );
    }

    #[test]
    fn what_does_not_verify_signatures_is_left_out() {
        let mut sealing = ec("a");
        sealing["use"] = json!("enc");
        let mut other = ec("a");
        other["alg"] = json!("ES384");
        let secret = json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "HS256" });
        let strange = json!({ "kty": "PQC", "kid": "a" });
        let keys = keys(&[sealing, other, secret, strange]);
        for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::HS256] {
            assert!(keys.find(Some("a"), algorithm).is_none(), "{algorithm:?}");
        }
        assert!(Keys::read(b"[]").is_none());
    }
}
