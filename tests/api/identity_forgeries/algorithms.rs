//! Algorithms that a token must not choose.

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use cornerdesk_tests::product::{PUBLIC_KID, Product, SECRET_KID, eddsa, hs256, message};
use serde_json::json;

use super::{Forgery, claims, hs};

/// Algorithms that are none, not the key's, or not ours.
pub fn of_algorithms(product: &Product) -> Vec<Forgery> {
    let said = claims(product).to_string();
    let mut rows = Vec::new();
    for alg in [
        "none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS256", "ES256", "PS256", "hs256",
        "HS256 ", "dir",
    ] {
        let header = json!({ "alg": alg, "typ": "JWT", "kid": SECRET_KID });
        rows.push((
            format!("alg {alg:?}, unsigned"),
            format!("{}.", message(&header, &said)),
        ));
        rows.push((
            format!("alg {alg:?}, signed as HS256"),
            hs256(&header, &said, product.secret.as_bytes()),
        ));
    }
    for header in [
        json!({ "typ": "JWT", "kid": SECRET_KID }),
        json!({ "alg": null, "kid": SECRET_KID }),
        json!({ "alg": ["HS256"], "kid": SECRET_KID }),
        json!([{ "alg": "HS256" }]),
        json!("HS256"),
    ] {
        rows.push((
            format!("header {header}"),
            hs256(&header, &said, product.secret.as_bytes()),
        ));
    }
    let message = message(&json!({ "alg": "HS512", "kid": SECRET_KID }), &said);
    let key = hmac::Key::new(hmac::HMAC_SHA512, product.secret.as_bytes());
    let signature = BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()));
    rows.push((
        "HS512 with the right secret".into(),
        format!("{message}.{signature}"),
    ));
    let raw = &product.public_der()[12..];
    let pem = product.public_pem();
    for (name, secret) in [
        ("PEM", pem.as_bytes()),
        ("PEM trimmed", pem.trim().as_bytes()),
        ("DER", &product.public_der()),
        ("octets", raw),
        ("nothing", b""),
    ] {
        for kid in [PUBLIC_KID, SECRET_KID] {
            rows.push((
                format!("HS256 with the public key ({name}) as the secret of {kid}"),
                hs256(&hs(kid), &said, secret),
            ));
        }
    }
    let header = json!({ "alg": "EdDSA", "kid": SECRET_KID });
    rows.push((
        "EdDSA under the name of the secret".into(),
        eddsa(&header, &said, &product.pair),
    ));
    rows.push((
        "HS256 under the name of the public key".into(),
        hs256(&hs(PUBLIC_KID), &said, product.secret.as_bytes()),
    ));
    rows
}
