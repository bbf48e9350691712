use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use super::{
    Identity, Refusal,
    keys::{Key, KeyConfig, faults, load},
    verify,
};
use jiff::Timestamp;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOW: i64 = 1_795_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn claims() -> Value {
    json!({ "aud": "acme", "exp": NOW + 3600, "sub": "u-1", "email": "mara@example.org" })
}

fn signed(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()));
    format!("{message}.{signature}")
}

fn verdict(claims: &Value) -> Result<Identity, Refusal> {
    let keys = [Key::of_secret("a", SECRET).unwrap()];
    let token = signed(&json!({ "alg": "HS256", "typ": "JWT" }), claims);
    verify(&token, &keys, "acme", now())
}

#[test]
fn a_person_is_who_the_token_says() {
    let mut all = claims();
    all["name"] = json!(" Mara\u{7}  Lind ");
    all["plan"] = json!("gold");
    all["role"] = json!({ "further": "claims are the product's business" });
    let identity = verdict(&all).unwrap();
    assert_eq!(identity.email, "mara@example.org");
    assert_eq!(identity.plan.as_deref(), Some("gold"));
    assert!(!identity.name.unwrap().contains('\u{7}'));
}

#[test]
fn times_are_held_to_a_minute() {
    let with = |name: &str, at: i64| {
        let mut claims = claims();
        claims[name] = json!(NOW + at);
        verdict(&claims).map(|_| ())
    };
    for (name, at, expected) in [
        ("exp", -59, Ok(())),
        ("exp", -60, Err(Refusal::Expired)),
        ("exp", 24 * 3600 + 60, Ok(())),
        ("exp", 24 * 3600 + 61, Err(Refusal::TooFarAhead)),
        ("exp", i64::MAX - NOW, Err(Refusal::Claims)),
        ("nbf", 60, Ok(())),
        ("nbf", 61, Err(Refusal::NotYet)),
        ("iat", 61, Err(Refusal::NotYet)),
        ("iat", -40 * 24 * 3600, Ok(())),
    ] {
        assert_eq!(with(name, at), expected, "{name} {at}");
    }
}

#[test]
fn a_token_names_its_key_or_any_of_the_same_kind_may_fit() {
    let other = "another secret that is long enough";
    let keys = ["old", "new"].map(|kid| {
        let secret = if kid == "old" { other } else { SECRET };
        Key::of_secret(kid, secret).unwrap()
    });
    for (header, expected) in [
        (json!({ "alg": "HS256" }), Ok(())),
        (json!({ "alg": "HS256", "kid": "new" }), Ok(())),
        (
            json!({ "alg": "HS256", "kid": "old" }),
            Err(Refusal::Signature),
        ),
        (
            json!({ "alg": "HS256", "kid": "none" }),
            Err(Refusal::NoKey),
        ),
        (json!({ "alg": "EdDSA", "kid": "new" }), Err(Refusal::NoKey)),
        (
            json!({ "alg": "HS256", "typ": "at+jwt" }),
            Err(Refusal::Form),
        ),
    ] {
        let token = signed(&header, &claims());
        let verdict = verify(&token, &keys, "acme", now()).map(|_| ());
        assert_eq!(verdict, expected, "{header}");
    }
}

#[test]
fn a_public_key_verifies_what_its_other_half_has_signed() {
    let pair = Ed25519KeyPair::generate().unwrap();
    let mut info = vec![
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0,
    ];
    info.extend_from_slice(pair.public_key().as_ref());
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(&info)
    );
    let key = Key::of_public_key("a", &pem).unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&json!({ "alg": "EdDSA" })), part(&claims()));
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()));
    let token = format!("{message}.{signature}");
    assert!(verify(&token, &[key], "acme", now()).is_ok());
}

#[test]
fn keys_that_are_weak_or_of_another_kind_are_refused() {
    assert!(Key::of_secret("a", "too short").is_err());
    assert!(Key::of_secret("a", &format!("{}\n", "x".repeat(31))).is_err());
    let pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n";
    assert!(Key::of_secret("a", pem).unwrap_err().contains("public_key"));
    assert!(Key::of_public_key("a", pem).is_err());
    assert!(Key::of_public_key("a", SECRET).is_err());
}

#[test]
fn every_fault_of_the_keys_of_a_site_is_said() {
    let key = |kid: &str| KeyConfig {
        kid: kid.into(),
        secret_env: Some("SECRET".into()),
        ..KeyConfig::default()
    };
    assert_eq!(faults(&[key("a"), key("b")]), Vec::<String>::new());
    assert_eq!(faults(&[key("a"), key("a")]).len(), 1, "twice");
    assert_eq!(faults(&[key("a"), key("b"), key("c")]).len(), 1, "three");
    assert_eq!(faults(&[key("a b")]).len(), 1, "no name");
    let mut both = key("a");
    both.secret_file = Some("secret".into());
    assert_eq!(faults(&[both]).len(), 1, "two sources");
    assert_eq!(
        faults(&[KeyConfig::default()]).len(),
        2,
        "no name, no source"
    );
}

#[test]
fn a_key_is_read_from_the_environment_or_a_file_and_a_fault_tells_nothing_of_it() {
    let key = KeyConfig {
        kid: "a".into(),
        secret_env: Some("SECRET".into()),
        ..KeyConfig::default()
    };
    let keys = [key];
    assert!(load(&keys, |_| Some(SECRET.to_owned())).is_ok());
    let fault = load(&keys, |_| Some("canary".to_owned())).unwrap_err();
    assert!(!fault[0].contains("canary"), "{fault:?}");
    assert!(load(&keys, |_| None).unwrap_err()[0].contains("SECRET"));
}
