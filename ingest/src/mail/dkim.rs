//! Signs mails (DKIM, RFC 6376), so that the recipient's server sees that the domain stands behind them.
//!
//! Pure but for [`Signer::load`]. Relaxed canonicalisation of headers and body; all headers that mean something are signed, and signed once more than
//! they stand there, so that nobody can add a second one below a signature that still holds.

use std::{fs, sync::Arc};

use aws_lc_rs::{
    digest,
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa,
    signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};

use crate::config::Mail;

/// What is signed where it stands, and whose addition breaks the signature: RFC 6376 §5.4.1, the headers of an automatic mail, and those with which a
/// mail program decides what it shows or does.
const SIGNED: [&str; 19] = [
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-language",
    "auto-submitted",
    "x-auto-response-suppress",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
];

/// Signs for one domain.
#[derive(Clone)]
pub struct Signer {
    domain: String,
    selector: String,
    key: Arc<Key>,
}

enum Key {
    Rsa(rsa::KeyPair),
    Ed25519(Ed25519KeyPair),
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

/// Mails cannot be signed as the configuration wishes.
#[derive(Debug, thiserror::Error)]
pub enum DkimError {
    /// Only some of the keys are set.
    #[error("mail.dkim_domain, mail.dkim_selector and mail.dkim_key_file: all three or none")]
    Incomplete,
    /// There is no such file, or we may not read it.
    #[error("mail.dkim_key_file: {0}: {1}")]
    File(String, std::io::Error),
    /// The file holds something else.
    #[error(
        "mail.dkim_key_file: {0}: no RSA key of 2048 to 4096 bits and no Ed25519 key in PEM, as openssl genpkey writes it"
    )]
    Key(String),
    /// The crypto library refused.
    #[error("the mail cannot be signed")]
    Signature,
}

impl Signer {
    /// Reads the key that the configuration names; `None` when it names none.
    ///
    /// # Errors
    /// Says which key of the configuration is wrong.
    pub fn load(config: &Mail) -> Result<Option<Self>, DkimError> {
        let set = [
            &config.dkim_domain,
            &config.dkim_selector,
            &config.dkim_key_file,
        ];
        if set.iter().all(|value| value.is_empty()) {
            return Ok(None);
        }
        if set.iter().any(|value| value.is_empty()) {
            return Err(DkimError::Incomplete);
        }
        let path = &config.dkim_key_file;
        let pem = fs::read(path).map_err(|error| DkimError::File(path.clone(), error))?;
        let key = Key::read(&pem).ok_or_else(|| DkimError::Key(path.clone()))?;
        Ok(Some(Self {
            domain: config.dkim_domain.clone(),
            selector: config.dkim_selector.clone(),
            key: Arc::new(key),
        }))
    }

    /// The mail with its signature in front.
    ///
    /// # Errors
    /// When the crypto library fails.
    pub fn sign(&self, mail: &[u8]) -> Result<Vec<u8>, DkimError> {
        let text = String::from_utf8_lossy(mail);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let fields = fields(head);
        let names = signed_names(&fields);
        let body_hash = STANDARD.encode(digest::digest(
            &digest::SHA256,
            relaxed_body(body).as_bytes(),
        ));
        let unsigned = format!(
            "DKIM-Signature: v=1; a={}; c=relaxed/relaxed; d={};\r\n\ts={}; h={};\r\n\tbh={body_hash};\r\n\tb=",
            self.key.algorithm(),
            self.domain,
            self.selector,
            folded(&names, ':'),
        );
        let mut signed = String::new();
        for (place, name) in names.iter().enumerate() {
            let before = names[..place].iter().filter(|other| *other == name).count();
            // From the last one upwards (§5.4.2); one that does not exist adds nothing.
            if let Some(value) = instances(&fields, name).rev().nth(before) {
                signed.push_str(&relaxed_field(name, value));
                signed.push_str("\r\n");
            }
        }
        let (name, value) = unsigned.split_once(':').unwrap_or_default();
        signed.push_str(&relaxed_field(name, value));
        let signature = STANDARD.encode(self.key.sign(signed.as_bytes())?);
        let pieces: Vec<&str> = signature
            .as_bytes()
            .chunks(70)
            .filter_map(|piece| std::str::from_utf8(piece).ok())
            .collect();
        let mut whole = format!("{unsigned}{}\r\n", pieces.join("\r\n\t")).into_bytes();
        whole.extend_from_slice(mail);
        Ok(whole)
    }

    /// Where the key belongs in the DNS, and what stands there.
    #[must_use]
    pub fn dns_record(&self) -> (String, String) {
        let name = format!("{}._domainkey.{}", self.selector, self.domain);
        let (kind, key) = self.key.public();
        (
            name,
            format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(key)),
        )
    }
}

impl Key {
    fn read(pem: &[u8]) -> Option<Self> {
        let rsa = |key: rsa::KeyPair| {
            (256..=512)
                .contains(&key.public_modulus_len())
                .then_some(Self::Rsa(key))
        };
        match PrivateKeyDer::from_pem_slice(pem).ok()? {
            PrivateKeyDer::Pkcs1(der) => rsa(rsa::KeyPair::from_der(der.secret_pkcs1_der()).ok()?),
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                match rsa::KeyPair::from_pkcs8(der) {
                    Ok(key) => rsa(key),
                    Err(_) => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
                        .ok()
                        .map(Self::Ed25519),
                }
            }
            _ => None,
        }
    }

    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa-sha256",
            Self::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn sign(&self, signed: &[u8]) -> Result<Vec<u8>, DkimError> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    signed,
                    &mut signature,
                )
                .map_err(|_| DkimError::Signature)?;
                Ok(signature)
            }
            // The digest is what is signed, not the headers (RFC 8463 §3).
            Self::Ed25519(key) => {
                let digest = digest::digest(&digest::SHA256, signed);
                Ok(key.sign(digest.as_ref()).as_ref().to_vec())
            }
        }
    }

    /// An RSA key with its wrapping (RFC 6376 §3.6.1), an Ed25519 key as its 32 bytes (RFC 8463 §4).
    fn public(&self) -> (&'static str, Vec<u8>) {
        match self {
            Self::Rsa(key) => {
                let der: Result<PublicKeyX509Der<'_>, _> = key.public_key().as_der();
                (
                    "rsa",
                    der.map(|der| der.as_ref().to_vec()).unwrap_or_default(),
                )
            }
            Self::Ed25519(key) => ("ed25519", key.public_key().as_ref().to_vec()),
        }
    }
}

/// Names and values of the header, folds and all.
fn fields(head: &str) -> Vec<(String, &str)> {
    let mut fields = Vec::new();
    let mut rest = head;
    while !rest.is_empty() {
        let end = rest
            .match_indices("\r\n")
            .find(|(at, _)| !rest[at + 2..].starts_with([' ', '\t']))
            .map_or(rest.len(), |(at, _)| at);
        if let Some((name, value)) = rest[..end].split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value));
        }
        rest = rest.get(end + 2..).unwrap_or_default();
    }
    fields
}

fn instances<'a>(
    fields: &'a [(String, &'a str)],
    wanted: &'a str,
) -> impl DoubleEndedIterator<Item = &'a str> {
    fields
        .iter()
        .filter(move |(name, _)| name == wanted)
        .map(|(_, value)| *value)
}

/// Each name as often as it stands there, and once more.
fn signed_names<'a>(fields: &'a [(String, &'a str)]) -> Vec<&'static str> {
    SIGNED
        .iter()
        .flat_map(|name| std::iter::repeat_n(*name, instances(fields, name).count() + 1))
        .collect()
}

/// A list in lines that no mail server breaks.
fn folded(names: &[&str], separator: char) -> String {
    names
        .chunks(4)
        .map(|some| some.join(&separator.to_string()))
        .collect::<Vec<_>>()
        .join(&format!("{separator}\r\n\t"))
}

/// §3.4.2.
fn relaxed_field(name: &str, value: &str) -> String {
    let value: Vec<&str> = value
        .split([' ', '\t', '\r', '\n'])
        .filter(|word| !word.is_empty())
        .collect();
    format!("{}:{}", name.to_ascii_lowercase(), value.join(" "))
}

/// §3.4.4.
fn relaxed_body(body: &str) -> String {
    let lines = body.split("\r\n").map(|line| {
        let mut relaxed = String::with_capacity(line.len());
        let mut words = line.split([' ', '\t']).peekable();
        while let Some(word) = words.next() {
            relaxed.push_str(word);
            let is_gap = words.peek().is_some() && !relaxed.ends_with(' ');
            if is_gap {
                relaxed.push(' ');
            }
        }
        relaxed.truncate(relaxed.trim_end_matches(' ').len());
        relaxed
    });
    let mut lines: Vec<String> = lines.collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    if lines.is_empty() {
        return String::new();
    }
    lines.join("\r\n") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_relaxed_as_the_rfc_shows_it() {
        // §3.4.5 and §3.4.4.
        for (body, relaxed) in [
            (" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"),
            ("", ""),
            ("\r\n\r\n", ""),
            ("a", "a\r\n"),
            ("a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n"),
        ] {
            assert_eq!(relaxed_body(body), relaxed, "{body:?}");
        }
    }

    #[test]
    fn header_fields_are_relaxed_as_the_rfc_shows_it() {
        let fields = fields("A: X\r\nB : Y\t\r\n\tZ  ");
        let relaxed: Vec<String> = fields
            .iter()
            .map(|(name, value)| relaxed_field(name, value))
            .collect();
        assert_eq!(relaxed, ["a:X", "b:Y Z"]);
    }

    #[test]
    fn each_header_is_signed_once_more_than_it_stands_there() {
        let fields = fields("From: a\r\nTo: b\r\nTo: c\r\nX: y");
        let names = signed_names(&fields);
        let count = |wanted: &str| names.iter().filter(|name| **name == wanted).count();
        assert_eq!(
            (count("from"), count("to"), count("subject"), count("x")),
            (2, 3, 1, 0)
        );
    }

    #[test]
    fn a_file_without_a_key_is_told_with_its_name() {
        let defaults: crate::config::Config = toml::from_str(crate::config::DEFAULTS).unwrap();
        let mut mail = defaults.mail;
        assert!(Signer::load(&mail).unwrap().is_none());
        mail.dkim_domain = "example.com".into();
        assert!(matches!(Signer::load(&mail), Err(DkimError::Incomplete)));
        mail.dkim_selector = "cd".into();
        mail.dkim_key_file = "/nowhere/dkim.pem".into();
        let told = Signer::load(&mail).unwrap_err().to_string();
        assert!(
            told.starts_with("mail.dkim_key_file: /nowhere/dkim.pem: "),
            "{told}"
        );
        mail.dkim_key_file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into();
        assert!(matches!(Signer::load(&mail), Err(DkimError::Key(_))));
    }
}
