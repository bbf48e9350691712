//! Tokens as providers make them, and as others would.

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;

const EXPECTED: Expected<'static> = Expected {
    issuer: "https://id.example",
    client_id: "desk",
    nonce: "n-1",
};
const NOW: i64 = 1_795_000_000;

struct Provider(EcdsaKeyPair);

impl Provider {
    fn new() -> Self {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let pkcs8 = pkcs8.unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref());
        Self(pair.unwrap())
    }

    fn point(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn keys(&self) -> Keys {
        let point = self.point();
        let jwk = json!({ "kty": "EC", "crv": "P-256", "kid": "a", "use": "sig",
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]) });
        Keys::read(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap()
    }

    fn sign(&self, header: &Value, claims: &str) -> String {
        let signed = signed_part(header, claims);
        let signature = self
            .0
            .sign(&SystemRandom::new(), signed.as_bytes())
            .unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn signed_part(header: &Value, claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}", part(&header.to_string()), part(claims))
}

fn header() -> Value {
    json!({ "alg": "ES256", "kid": "a", "typ": "JWT" })
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example", "aud": "desk", "sub": "248289761001", "nonce": "n-1",
        "iat": NOW, "exp": NOW + 3600, "email": "Sam@Acme.Example", "email_verified": true, "name": " Sam\n",
    })
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn verified(provider: &Provider, change: impl FnOnce(&mut Value)) -> Result<Person, Refusal> {
    let mut claims = claims();
    change(&mut claims);
    let token = provider.sign(&header(), &claims.to_string());
    verify(&token, &provider.keys(), EXPECTED, now())
}

#[test]
fn a_good_token_names_a_person() {
    let provider = Provider::new();
    let person = verified(&provider, |_| ()).unwrap();
    assert_eq!(
        person,
        Person {
            subject: "248289761001".to_owned(),
            email: Some("sam@acme.example".to_owned()),
            is_verified: true,
            name: Some("Sam".to_owned()),
        }
    );
    // Several audiences, of which we are the one that asked; a clock that is a little off.
    for change in [
        |all: &mut Value| all["aud"] = json!(["desk"]),
        |all: &mut Value| {
            all["aud"] = json!(["desk", "other"]);
            all["azp"] = json!("desk");
        },
        |all: &mut Value| all["iat"] = json!(NOW + 60),
        |all: &mut Value| all["exp"] = json!(NOW - 59),
    ] {
        assert!(verified(&provider, change).is_ok());
    }
}

#[test]
fn only_true_is_verified_and_only_an_address_is_one() {
    let provider = Provider::new();
    for said in [json!("true"), json!(1), json!(null), json!(false)] {
        let person = verified(&provider, |all| all["email_verified"] = said.clone()).unwrap();
        assert!(!person.is_verified, "{said}");
    }
    let person = verified(&provider, |all| all["email"] = json!("nobody")).unwrap();
    assert_eq!(person.email, None);
}

#[test]
fn a_token_that_says_something_else_is_refused() {
    let provider = Provider::new();
    type Change = fn(&mut Value);
    let cases: [(Change, Refusal); 14] = [
        (
            |all| all["iss"] = json!("https://id.example/"),
            Refusal::Issuer,
        ),
        (|all| all["aud"] = json!("other"), Refusal::Audience),
        (
            |all| all["aud"] = json!(["desk", "other"]),
            Refusal::Audience,
        ),
        (|all| all["azp"] = json!("other"), Refusal::Audience),
        (|all| all["nonce"] = json!("n-2"), Refusal::Nonce),
        (
            |all| drop(all.as_object_mut().unwrap().remove("nonce")),
            Refusal::Nonce,
        ),
        (|all| all["exp"] = json!(NOW - 60), Refusal::Expired),
        (|all| all["iat"] = json!(NOW + 61), Refusal::NotNow),
        (|all| all["iat"] = json!(NOW - 601), Refusal::NotNow),
        (|all| all["nbf"] = json!(NOW + 61), Refusal::NotNow),
        (
            |all| drop(all.as_object_mut().unwrap().remove("exp")),
            Refusal::Claims,
        ),
        (
            |all| drop(all.as_object_mut().unwrap().remove("sub")),
            Refusal::Claims,
        ),
        (|all| all["sub"] = json!(""), Refusal::Subject),
        (|all| all["sub"] = json!("a\u{1}"), Refusal::Subject),
    ];
    for (at, (change, refusal)) in cases.into_iter().enumerate() {
        assert_eq!(verified(&provider, change), Err(refusal), "case {at}");
    }
    let twice = claims()
        .to_string()
        .replacen("\"sub\"", "\"sub\":\"1\",\"sub\"", 1);
    let token = provider.sign(&header(), &twice);
    let read = verify(&token, &provider.keys(), EXPECTED, now());
    assert_eq!(read, Err(Refusal::Claims));
}

#[test]
fn nobody_but_the_provider_signs() {
    let (provider, other) = (Provider::new(), Provider::new());
    let good = claims().to_string();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut header = header();
        change(&mut header);
        header
    };
    let by_secret = |header: &Value| {
        let signed = signed_part(header, &good);
        let key = hmac::Key::new(hmac::HMAC_SHA256, provider.point());
        let tag = hmac::sign(&key, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let hs256 = with(&|all| all["alg"] = json!("HS256"));
    let none = with(&|all| all["alg"] = json!("none"));
    let cases = [
        (other.sign(&header(), &good), Refusal::Signature),
        (by_secret(&hs256), Refusal::Algorithm),
        (signed_part(&none, &good) + ".", Refusal::Form),
        (signed_part(&header(), &good) + ".", Refusal::Signature),
        (
            provider.sign(&with(&|all| all["kid"] = json!("b")), &good),
            Refusal::NoKey,
        ),
        (
            provider.sign(&with(&|all| all["alg"] = json!("RS256")), &good),
            Refusal::NoKey,
        ),
        (
            provider.sign(&with(&|all| all["crit"] = json!(["x"])), &good),
            Refusal::Form,
        ),
        (
            provider.sign(&with(&|all| all["typ"] = json!("at+jwt")), &good),
            Refusal::Form,
        ),
        ("x".repeat(TOKEN_MOST_OCTETS + 1), Refusal::TooLong),
        ("a.b".to_owned(), Refusal::Form),
    ];
    for (at, (token, refusal)) in cases.into_iter().enumerate() {
        let read = verify(&token, &provider.keys(), EXPECTED, now());
        assert_eq!(read, Err(refusal), "case {at}");
    }
}

#[test]
fn what_is_said_beside_the_token_is_of_the_same_person() {
    let person = verified(&Provider::new(), |_| ()).unwrap();
    let told = |sub: &str| {
        let said = json!({ "sub": sub, "email": "sam@acme.example", "email_verified": true });
        beside(said.to_string().as_bytes(), &person)
    };
    assert_eq!(
        told("248289761001").and_then(|told| told.email),
        person.email
    );
    assert_eq!(told("other"), None);
}
