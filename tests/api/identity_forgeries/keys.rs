//! Keys that a token must not choose.

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use cornerdesk_tests::product::{PUBLIC_KID, Product, SECRET_KID, eddsa, hs256};
use serde_json::json;

use super::{Forgery, claims, hs};

/// Keys that are not the site's, or that the token brings along.
pub fn of_keys(product: &Product, other: &Product) -> Vec<Forgery> {
    let said = claims(product).to_string();
    let mine = Ed25519KeyPair::generate().expect("a key");
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64_URL_SAFE_NO_PAD.encode(aws_lc_rs::signature::KeyPair::public_key(&mine)) });
    let mut rows = vec![
        (
            "another secret".to_owned(),
            hs256(
                &hs(SECRET_KID),
                &said,
                b"a secret that the service does not have",
            ),
        ),
        (
            "another key".into(),
            eddsa(&json!({ "alg": "EdDSA", "kid": PUBLIC_KID }), &said, &mine),
        ),
        (
            "a retired secret".into(),
            hs256(
                &hs("2026-09"),
                &said,
                b"the secret of last month, taken out since",
            ),
        ),
        (
            "a retired secret without a name".into(),
            hs256(
                &json!({ "alg": "HS256" }),
                &said,
                b"the secret of last month, taken out since",
            ),
        ),
        (
            "the secret of the other site".into(),
            hs256(&hs(SECRET_KID), &said, other.secret.as_bytes()),
        ),
        ("the other site's own token".into(), other.token()),
        (
            "the secret with a blank".into(),
            hs256(
                &hs(SECRET_KID),
                &said,
                format!("{} ", product.secret).as_bytes(),
            ),
        ),
        (
            "the secret with the end of its line".into(),
            hs256(
                &hs(SECRET_KID),
                &said,
                format!("{}\n", product.secret).as_bytes(),
            ),
        ),
    ];
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://forger.example/keys.json")),
        ("x5u", json!("https://forger.example/key.pem")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("cty", json!("JWT")),
        ("zip", json!("DEF")),
        ("typ", json!("at+jwt")),
    ] {
        let mut header = json!({ "alg": "EdDSA", "kid": PUBLIC_KID });
        header[name] = value.clone();
        rows.push((
            format!("{name} with the forger's key"),
            eddsa(&header, &said, &mine),
        ));
        let mut header = hs(SECRET_KID);
        header[name] = value;
        rows.push((
            format!("{name} with the right secret"),
            hs256(&header, &said, product.secret.as_bytes()),
        ));
    }
    for kid in [
        "../../../../dev/null",
        "/dev/null",
        "' or 1=1 --",
        "2026-10' union select 'x",
        "",
        "2026-1",
        "2026-10 ",
        "2026-10\u{0}",
        "2026-10|id",
    ] {
        rows.push((
            format!("kid {kid:?}, empty secret"),
            hs256(&hs(kid), &said, b""),
        ));
        rows.push((
            format!("kid {kid:?}, right secret"),
            hs256(&hs(kid), &said, product.secret.as_bytes()),
        ));
    }
    for kid in [json!(["2026-10"]), json!(202_610), json!({})] {
        let header = json!({ "alg": "HS256", "kid": kid });
        rows.push((
            format!("kid {kid}"),
            hs256(&header, &said, product.secret.as_bytes()),
        ));
    }
    rows
}
