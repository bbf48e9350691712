//! A provider that says whatever a test wants: tokens of others, for others, of yesterday, signed by whom they should not be.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{local_server::LocalServer, provider::CLIENT_ID};

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// With the provider's key.
    Well,
    /// With a key of somebody else, under the name of the provider's.
    ByAnother,
    /// Not at all (`alg: none`).
    Not,
    /// With the provider's public key as a secret (HS256).
    ByThePublicKey,
}

struct Said {
    pair: EcdsaKeyPair,
    kid: String,
    id_token: String,
    told: Value,
    names_itself: bool,
    /// What was posted for tokens, and the header that came with it.
    asked: Vec<(HashMap<String, String>, Option<String>)>,
    looks_at_keys: usize,
    /// Where it says that its keys are; nothing: where they are.
    keys_at: Option<String>,
}

/// A provider for one test.
pub struct HostileProvider {
    server: LocalServer,
    said: Arc<Mutex<Said>>,
}

fn new_pair() -> EcdsaKeyPair {
    let alg = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(alg, &SystemRandom::new()).expect("a key");
    EcdsaKeyPair::from_pkcs8(alg, document.as_ref()).expect("the same key")
}

fn lock(said: &Mutex<Said>) -> MutexGuard<'_, Said> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}

type Shared = (Arc<Mutex<Said>>, u16);

impl HostileProvider {
    /// Opens the port. It names itself in answers only when `names_itself`.
    pub async fn start(names_itself: bool) -> Self {
        let said = Arc::new(Mutex::new(Said {
            pair: new_pair(),
            kid: "first".to_owned(),
            id_token: String::new(),
            told: Value::Null,
            names_itself,
            asked: Vec::new(),
            looks_at_keys: 0,
            keys_at: None,
        }));
        // Its own port is in what it says of itself.
        let port = Arc::new(Mutex::new(0));
        let known = Arc::clone(&port);
        let shared = Arc::clone(&said);
        let state = move || (Arc::clone(&shared), *known.lock().expect("the port"));
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .route("/me", get(told))
            .with_state(Arc::new(state) as Lazy);
        let server = LocalServer::start(app).await;
        *port.lock().expect("the port") = server.port();
        Self { server, said }
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port())
    }

    /// Good claims for a sign-in with this nonce, of somebody with this id and address.
    pub fn claims(&self, nonce: &str, sub: &str, email: &str, now: i64) -> Value {
        json!({
            "iss": self.issuer(), "aud": CLIENT_ID, "sub": sub, "nonce": nonce, "iat": now, "exp": now + 300,
            "email": email, "email_verified": true, "name": "Somebody",
        })
    }

    /// The next code is answered with a token that says this.
    pub fn give(&self, claims: &Value, signed: Signed) {
        let mut said = lock(&self.said);
        let algorithm = match signed {
            Signed::Well | Signed::ByAnother => "ES256",
            Signed::Not => "none",
            Signed::ByThePublicKey => "HS256",
        };
        let header = json!({ "alg": algorithm, "kid": said.kid, "typ": "JWT" });
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(claims));
        let by = |pair: &EcdsaKeyPair| {
            let signature = pair.sign(&SystemRandom::new(), text.as_bytes());
            signature.expect("a signature").as_ref().to_vec()
        };
        let signature = match signed {
            Signed::Well => by(&said.pair),
            Signed::ByAnother => by(&new_pair()),
            Signed::Not => Vec::new(),
            Signed::ByThePublicKey => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, said.pair.public_key().as_ref());
                hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
        };
        said.id_token = format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature));
    }

    /// What it tells beside the token.
    pub fn tell(&self, told: Value) {
        lock(&self.said).told = told;
    }

    /// It signs with another key from now on; the one of before is known no more.
    pub fn turn_keys(&self, kid: &str) {
        let mut said = lock(&self.said);
        said.pair = new_pair();
        kid.clone_into(&mut said.kid);
    }

    /// Signs with its key under a name that it does not publish.
    pub fn call_its_key(&self, kid: &str) {
        kid.clone_into(&mut lock(&self.said).kid);
    }

    /// It says that its keys are elsewhere.
    pub fn say_its_keys_are_at(&self, url: &str) {
        lock(&self.said).keys_at = Some(url.to_owned());
    }

    /// What was posted for tokens so far, and the `Authorization` that came with it.
    pub fn asked(&self) -> Vec<(HashMap<String, String>, Option<String>)> {
        lock(&self.said).asked.clone()
    }

    /// How often its keys were looked at.
    pub fn looks_at_keys(&self) -> usize {
        lock(&self.said).looks_at_keys
    }
}

type Lazy = Arc<dyn Fn() -> Shared + Send + Sync>;

async fn document(State(state): State<Lazy>) -> Json<Value> {
    let (said, port) = state();
    let at = format!("http://127.0.0.1:{port}");
    let keys_at = lock(&said).keys_at.clone();
    Json(json!({
        "issuer": at,
        "authorization_endpoint": format!("{at}/auth?realm=staff"),
        "token_endpoint": format!("{at}/token"),
        "jwks_uri": keys_at.unwrap_or_else(|| format!("{at}/jwks")),
        "userinfo_endpoint": format!("{at}/me"),
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "authorization_response_iss_parameter_supported": lock(&said).names_itself,
    }))
}

async fn keys(State(state): State<Lazy>) -> Json<Value> {
    let (said, _) = state();
    let mut said = lock(&said);
    said.looks_at_keys += 1;
    let point = said.pair.public_key().as_ref();
    let part = |octets: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(octets);
    let published = if said.kid.starts_with("unpublished") {
        "first"
    } else {
        said.kid.as_str()
    };
    let secret = json!({ "kty": "oct", "kid": published, "k": part(b"a secret that is none") });
    let key = json!({ "kty": "EC", "crv": "P-256", "kid": published, "use": "sig", "x": part(&point[1..33]), "y": part(&point[33..]) });
    Json(json!({ "keys": [secret, key] }))
}

async fn token(
    State(state): State<Lazy>,
    headers: HeaderMap,
    Form(fields): Form<HashMap<String, String>>,
) -> Response {
    let (said, _) = state();
    let mut said = lock(&said);
    let by = headers.get(header::AUTHORIZATION);
    let by = by.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let is_good = fields.get("code").is_some_and(|code| code == "good");
    said.asked.push((fields, by));
    if !is_good {
        let trouble =
            Json(json!({ "error": "invalid_grant", "error_description": "no such code" }));
        return (StatusCode::BAD_REQUEST, trouble).into_response();
    }
    let tokens =
        json!({ "token_type": "Bearer", "access_token": "at-1", "id_token": said.id_token });
    Json(tokens).into_response()
}

async fn told(State(state): State<Lazy>, headers: HeaderMap) -> Response {
    let (said, _) = state();
    let is_asked = headers
        .get(header::AUTHORIZATION)
        .is_some_and(|by| by == "Bearer at-1");
    if !is_asked {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(lock(&said).told.clone()).into_response()
}
