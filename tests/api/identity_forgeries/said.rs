//! What a token says, well signed and yet not to be believed.

use cornerdesk_tests::{
    product::{Product, SECRET_KID, hs256, now_s},
    service::SITE,
};
use serde_json::json;

use super::{CANARY, Forgery, OTHER_SITE, claims, hs, with, without};

/// Claims that the product's own key has signed and that are not what they must be.
pub fn of_claims(product: &Product) -> Vec<Forgery> {
    let (now, email) = (now_s(), format!("{CANARY}@customer.example"));
    let long = "x".repeat(256);
    let mut said: Vec<(String, String)> = ["aud", "exp", "sub", "email"]
        .map(|name| (format!("without {name}"), without(product, name)))
        .to_vec();
    for (name, values) in [
        (
            "aud",
            vec![
                json!(null),
                json!(""),
                json!("ACME"),
                json!("acme "),
                json!(" acme"),
                json!("аcme"),
                json!("acme\u{0}"),
                json!("acme\u{200b}"),
                json!("acme/"),
                json!("second"),
                json!("*"),
                json!([SITE]),
                json!([OTHER_SITE, SITE]),
                json!([]),
                json!({ "acme": true }),
                json!(true),
            ],
        ),
        (
            "exp",
            vec![
                json!(null),
                json!(now - 120),
                json!(now + 90_000),
                json!(1_795_000_000.5),
                json!((now + 60).to_string()),
                json!("never"),
                json!(-1),
                json!(0),
                json!(u64::MAX),
                json!(1e30),
                json!(true),
                json!([now + 60]),
            ],
        ),
        (
            "nbf",
            vec![json!(now + 3600), json!("now"), json!(1.5), json!(i64::MAX)],
        ),
        ("iat", vec![json!(now + 3600), json!("now")]),
        (
            "sub",
            vec![
                json!(null),
                json!(""),
                json!("   "),
                json!(long),
                json!("u\r\nBcc: x@y.example"),
                json!("u\u{0}"),
                json!(42),
                json!(["u"]),
            ],
        ),
        (
            "email",
            vec![
                json!(null),
                json!(""),
                json!("mara"),
                json!(format!("{email}, x@y.example")),
                json!(format!("{email}\r\nBcc: x@y.example")),
                json!(format!(" {email}")),
                json!(format!("Mara <{email}>")),
                json!(format!("{}@x.example", "m".repeat(250))),
                json!([email]),
                json!("mära@exämple.org"),
            ],
        ),
        ("name", vec![json!("n".repeat(101)), json!(["Mara"])]),
        ("plan", vec![json!("gold or 1=1"), json!("g".repeat(65))]),
        ("locale", vec![json!("de_DE;q=1")]),
    ] {
        said.extend(values.into_iter().map(|value| {
            let shown: String = value.to_string().chars().take(40).collect();
            (format!("{name} {shown}"), with(product, name, &value))
        }));
    }
    let whole = claims(product).to_string();
    let open = whole.trim_end_matches('}');
    for twice in [
        "\"email\":\"x@y.example\"",
        "\"aud\":\"acme\"",
        "\"\\u0065xp\":9999999999",
        "\"sub\":\"root\"",
    ] {
        said.push((format!("twice {twice}"), format!("{open},{twice}}}")));
    }
    for text in ["", "null", "[]", "\"acme\"", "{", "{}{}"] {
        said.push((format!("claims {text:?}"), text.to_owned()));
    }
    let list = format!(
        "[\"acme\",{},null,null,\"{CANARY}\",\"{email}\",null,null,null]",
        now + 60
    );
    said.push(("claims by position".into(), list));
    said.push(("claims with more behind them".into(), format!("{whole} x")));
    let sign = |claims: &str| hs256(&hs(SECRET_KID), claims, product.secret.as_bytes());
    said.push(("a token in a token".into(), format!("\"{}\"", sign(&whole))));
    said.into_iter()
        .map(|(name, claims)| (name, sign(&claims)))
        .collect()
}
