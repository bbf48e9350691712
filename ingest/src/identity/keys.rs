//! The keys with which a product vouches for its people: how an operator names them, and how they are read.
//!
//! A secret stands in the environment or in a file, never in the configuration or the database, so that no copy of those vouches for anybody.

use jsonwebtoken::{Algorithm, DecodingKey};
use rustls_pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};
use serde::{Deserialize, Serialize};

/// Most keys of a site: the one in use, and the one before or after it.
pub const KEYS_MOST: usize = 2;
/// Fewest octets of a secret: as many as its digest has (RFC 7518 §3.2).
const SECRET_LEAST_OCTETS: usize = 32;
/// Longest name of a key.
const KID_MOST_OCTETS: usize = 64;

/// A key as an operator writes it down. Exactly one of the four sources.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    /// Its name, which tokens may carry as `kid`.
    pub kid: String,
    /// HS256: the environment variable that holds the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// HS256: the file that holds the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<String>,
    /// EdDSA: the Ed25519 public key (PEM).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// EdDSA: the file that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key_file: Option<String>,
}

/// A key that can verify.
#[derive(Clone)]
pub struct Key {
    /// Its name.
    pub kid: String,
    algorithm: Algorithm,
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
    /// A key that both sides know. One that is short can be guessed, and a public key is no secret.
    ///
    /// # Errors
    /// One sentence.
    pub fn of_secret(kid: &str, secret: &str) -> Result<Self, String> {
        let secret = secret.trim_end();
        if secret.len() < SECRET_LEAST_OCTETS {
            return Err(format!(
                "the secret has {} octets; at least {SECRET_LEAST_OCTETS} are needed, such as from `openssl rand -hex 32`",
                secret.len()
            ));
        }
        if secret.starts_with("-----BEGIN") {
            return Err(
                "a PEM is no secret: name a public key by public_key or public_key_file".to_owned(),
            );
        }
        Ok(Self {
            kid: kid.to_owned(),
            algorithm: Algorithm::HS256,
            verifier: DecodingKey::from_secret(secret.as_bytes()),
        })
    }

    /// A public key of Ed25519.
    ///
    /// # Errors
    /// One sentence.
    pub fn of_public_key(kid: &str, pem: &str) -> Result<Self, String> {
        // RFC 8410 §4: the head of a SubjectPublicKeyInfo of Ed25519; the 32 octets of the key follow.
        const HEAD: [u8; 12] = [
            0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0,
        ];
        const KEY_OCTETS: usize = 32;
        let fault = || "not an Ed25519 public key in PEM (-----BEGIN PUBLIC KEY-----)".to_owned();
        let info = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).map_err(|_| fault())?;
        let key = info
            .as_ref()
            .strip_prefix(&HEAD)
            .filter(|key| key.len() == KEY_OCTETS)
            .ok_or_else(fault)?;
        Ok(Self {
            kid: kid.to_owned(),
            algorithm: Algorithm::EdDSA,
            verifier: DecodingKey::from_ed_der(key),
        })
    }

    /// The one algorithm that the key is for.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) const fn verifier(&self) -> &DecodingKey {
        &self.verifier
    }
}

/// What is wrong with the keys of a site as they are written down, without reading any.
#[must_use]
pub fn faults(keys: &[KeyConfig]) -> Vec<String> {
    let mut faults = Vec::new();
    if keys.len() > KEYS_MOST {
        faults.push(format!("identity: {KEYS_MOST} keys at most"));
    }
    for (at, key) in keys.iter().enumerate() {
        let kid = &key.kid;
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if kid.is_empty() || kid.len() > KID_MOST_OCTETS || !kid.bytes().all(is_name) {
            faults.push(format!(
                "identity, kid \"{kid}\": 1 to {KID_MOST_OCTETS} letters, digits, \"-\", \"_\" or \".\""
            ));
        }
        if keys[..at].iter().any(|before| before.kid == *kid) {
            faults.push(format!("identity: the kid \"{kid}\" stands twice"));
        }
        let sources = [
            &key.secret_env,
            &key.secret_file,
            &key.public_key,
            &key.public_key_file,
        ];
        if sources.into_iter().flatten().count() != 1 {
            faults.push(format!(
                "identity, \"{kid}\": exactly one of secret_env, secret_file, public_key and public_key_file"
            ));
        }
    }
    faults
}

/// Reads the keys of a site. They are read whenever one is needed, so that a changed file counts at once.
///
/// # Errors
/// One sentence for each key that cannot be used, without anything of its content.
pub fn load(
    keys: &[KeyConfig],
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Vec<Key>, Vec<String>> {
    let read =
        |path: &String| std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let load_one = |key: &KeyConfig| {
        if let Some(name) = &key.secret_env {
            let secret = environment(name).ok_or_else(|| format!("{name} is not set"))?;
            Key::of_secret(&key.kid, &secret)
        } else if let Some(path) = &key.secret_file {
            Key::of_secret(&key.kid, &read(path)?)
        } else if let Some(pem) = &key.public_key {
            Key::of_public_key(&key.kid, pem)
        } else if let Some(path) = &key.public_key_file {
            Key::of_public_key(&key.kid, &read(path)?)
        } else {
            Err("it has no source".to_owned())
        }
    };
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for key in keys {
        match load_one(key) {
            Ok(key) => good.push(key),
            Err(fault) => faults.push(format!("identity, \"{}\": {fault}", key.kid)),
        }
    }
    if faults.is_empty() {
        Ok(good)
    } else {
        Err(faults)
    }
}
