//! A product that vouches for its people: its server has two keys, and signs what a test wants.

use std::{fs, path::PathBuf};

use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use crate::scratch;

/// The name of the product's secret.
pub const SECRET_KID: &str = "2026-10";
/// The name of its Ed25519 key.
pub const PUBLIC_KID: &str = "2026-11";

/// The server of a product whose people ask for help at a site.
#[derive(Debug)]
pub struct Product {
    site: String,
    secret_file: PathBuf,
    /// The secret that it shares with the service.
    pub secret: String,
    /// Its own key; the service has the public half.
    pub pair: Ed25519KeyPair,
}

impl Product {
    /// A product with a secret of `site` in a file.
    pub fn new(site: &str) -> Self {
        let secret_file = scratch::folder("product").join("secret");
        let product = Self {
            site: site.to_owned(),
            secret_file,
            secret: format!("the secret of {site} that nobody else knows"),
            pair: Ed25519KeyPair::generate().expect("a key"),
        };
        product.write_secret(&product.secret);
        product
    }

    /// Puts another secret into the file that the service reads.
    pub fn write_secret(&self, secret: &str) {
        fs::write(&self.secret_file, format!("{secret}\n")).expect("the secret can be written");
    }

    /// The file that the service reads the secret from.
    pub fn secret_file(&self) -> String {
        self.secret_file.display().to_string()
    }

    /// The settings of its site.
    pub fn settings(&self) -> String {
        format!(
            "identity = [{{ kid = \"{SECRET_KID}\", secret_file = \"{}\" }}, {{ kid = \"{PUBLIC_KID}\", public_key = \"\"\"{}\"\"\" }}]",
            self.secret_file(),
            self.public_pem()
        )
    }

    /// The public half of its key (PEM).
    pub fn public_pem(&self) -> String {
        let der = BASE64_STANDARD.encode(self.public_der());
        format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n")
    }

    /// The same as DER (RFC 8410 §4).
    pub fn public_der(&self) -> Vec<u8> {
        let head = [
            0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0,
        ];
        [&head, self.pair.public_key().as_ref()].concat()
    }

    /// What a token says of Mara, good for an hour.
    pub fn claims(&self) -> Value {
        json!({ "aud": self.site, "exp": now_s() + 3600, "sub": "u-42", "email": "mara@customer.example", "name": "Mara Lind" })
    }

    /// Her token, signed with the secret.
    pub fn token(&self) -> String {
        self.token_of(&self.claims())
    }

    /// A token with these claims, signed with the secret.
    pub fn token_of(&self, claims: &Value) -> String {
        let header = json!({ "alg": "HS256", "typ": "JWT", "kid": SECRET_KID });
        hs256(&header, &claims.to_string(), self.secret.as_bytes())
    }

    /// A token with these claims, signed with its own key.
    pub fn ed_token_of(&self, claims: &Value) -> String {
        let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": PUBLIC_KID });
        eddsa(&header, &claims.to_string(), &self.pair)
    }
}

/// Seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the product has a clock of its own"
)]
pub fn now_s() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("after 1970").as_secs()
}

/// The header and the claims as they are signed.
pub fn message(header: &Value, claims: &str) -> String {
    let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}", part(header.to_string()), part(claims.to_owned()))
}

/// A token over exactly this text of claims.
pub fn hs256(header: &Value, claims: &str, secret: &[u8]) -> String {
    let message = message(header, claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signature = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// The same, signed with Ed25519.
pub fn eddsa(header: &Value, claims: &str, pair: &Ed25519KeyPair) -> String {
    let message = message(header, claims);
    let signature = pair.sign(message.as_bytes());
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}
