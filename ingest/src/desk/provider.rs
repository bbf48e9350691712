//! The provider that staff sign in with, asked over the network: where it is, its keys, whom a code is for.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use reqwest::{
    Method,
    header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue},
};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::{Url, form_urlencoded};

use crate::{
    allowances::bucket::Bucket,
    clock::Clock,
    config::{Config, Oidc},
    outbound::{Allowed, Call, Missed, Outbound, Reply},
    staff::provider::{
        attempt::Words,
        document::{self, Document},
        keys::Keys,
        token::{self, Expected, Person, Refusal},
    },
};

/// Where people come back to, below our own address.
pub const CALLBACK: &str = "/desk/login/oidc/callback";
/// Longest answer of a provider: its keys come with chains of certificates.
const ANSWER_MOST_BYTES: usize = 256 * 1024;
/// What it says of itself and its keys are asked for anew after this.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);
/// A provider that did not answer is not asked again for so long, so that nobody waits behind others for it.
const REST: SignedDuration = SignedDuration::from_secs(2);
/// Keys that we do not know are looked for so often: a new key is found at once, and whoever makes names of keys up is no load on the provider.
const LOOKS: Bucket = Bucket {
    size: 6,
    filled_in_us: 10 * 60 * 1_000_000,
};

/// Why nobody came of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The provider does not answer, or not as one does; it may work another time.
    #[error("{0}")]
    Away(String),
    /// It does not take the code, or what it says is not believed.
    #[error("{0}")]
    Refused(String),
}

/// The provider of the configuration.
#[derive(Debug)]
pub struct Provider {
    oidc: Oidc,
    redirect_uri: String,
    outbound: Outbound,
    clock: Clock,
    known: Mutex<Known>,
}

/// What was learned of it.
#[derive(Debug, Default)]
struct Known {
    document: Option<(Timestamp, Arc<Document>)>,
    keys: Option<(Timestamp, Arc<Keys>)>,
    failed: Option<(Timestamp, Fault)>,
    /// Of [`LOOKS`].
    used_until_us: i64,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    #[serde(default)]
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct Trouble {
    error: String,
}

impl Provider {
    /// The provider of the configuration, if it names one.
    #[must_use]
    pub fn new(config: &Config, clock: &Clock) -> Option<Self> {
        let oidc = config.desk.oidc.clone();
        if !oidc.is_on() {
            return None;
        }
        // Whoever runs the service wrote it down: it may be on their own network. What it then names itself may not.
        let issuer = Url::parse(&oidc.issuer).ok()?;
        let outbound = Outbound::new(&config.outbound).with_allowed(Allowed::of(&issuer));
        let public_url = config.server.public_url.trim_end_matches('/');
        Some(Self {
            redirect_uri: format!("{public_url}{CALLBACK}"),
            oidc,
            outbound,
            clock: clock.clone(),
            known: Mutex::default(),
        })
    }

    /// What the operator wrote down.
    #[must_use]
    pub const fn config(&self) -> &Oidc {
        &self.oidc
    }

    /// The page of the provider on which somebody signs in.
    ///
    /// # Errors
    /// [`Fault::Away`].
    pub async fn page(&self, words: &Words) -> Result<Url, Fault> {
        let mut url = self.document().await?.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.oidc.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", &self.oidc.scopes.join(" "))
            .append_pair("state", &words.state)
            .append_pair("nonce", &words.nonce)
            .append_pair("code_challenge", &words.challenge())
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// May an answer that names this issuer, or none, be the provider's (RFC 9207)? With one of another, a code would be carried to the wrong place.
    ///
    /// # Errors
    /// [`Fault::Away`].
    pub async fn may_say(&self, issuer: Option<&str>) -> Result<bool, Fault> {
        Ok(match issuer {
            Some(issuer) => issuer == self.oidc.issuer,
            None => !self.document().await?.names_itself,
        })
    }

    /// Whom a code is for. What the token does not say of the address is asked beside it.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn person(&self, code: &str, words: &Words) -> Result<Person, Fault> {
        let tokens = self.exchange(code, words).await?;
        let person = self.verified(&tokens.id_token, &words.nonce).await?;
        if person.email.is_some() {
            return Ok(person);
        }
        let document = self.document().await?;
        let (Some(url), Some(access)) = (&document.user_info, tokens.access_token) else {
            return Ok(person);
        };
        let told = self.told(url, &access).await?;
        Ok(token::beside(&told, &person).unwrap_or(person))
    }

    async fn verified(&self, id_token: &str, nonce: &str) -> Result<Person, Fault> {
        let expected = Expected {
            issuer: &self.oidc.issuer,
            client_id: &self.oidc.client_id,
            nonce,
        };
        let now = self.clock.now();
        let (since, keys) = self.keys(None).await?;
        let verified = match token::verify(id_token, &keys, expected, now) {
            // It has a new one, perhaps.
            Err(Refusal::NoKey) => {
                let (_, keys) = self.keys(Some(since)).await?;
                token::verify(id_token, &keys, expected, now)
            }
            other => other,
        };
        verified.map_err(|refusal| Fault::Refused(refusal.to_string()))
    }

    /// What is posted for tokens, and how we show that it is us.
    fn claim(
        &self,
        document: &Document,
        code: &str,
        words: &Words,
    ) -> Result<(HeaderMap, String), Fault> {
        let (id, secret) = (&self.oidc.client_id, self.oidc.client_secret.reveal());
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("code_verifier", &words.verifier);
        let mut headers = json();
        if secret.is_empty() {
            form.append_pair("client_id", id);
        } else if document.secret_in_header {
            // RFC 6749 section 2.3.1: each encoded as in a form, before they are joined.
            let part = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect();
            let (id, secret): (String, String) = (part(id), part(secret));
            let pair = STANDARD.encode(format!("{id}:{secret}"));
            headers.insert(AUTHORIZATION, header("Basic", &pair)?);
        } else {
            form.append_pair("client_id", id)
                .append_pair("client_secret", secret);
        }
        Ok((headers, form.finish()))
    }

    /// Gives the code back for tokens.
    async fn exchange(&self, code: &str, words: &Words) -> Result<Tokens, Fault> {
        let document = self.document().await?;
        let (headers, form) = self.claim(&document, code, words)?;
        let call = Call::new(Method::POST, &document.token)
            .with_form(form)
            .with(headers);
        let answer = self.ask(call).await?;
        if (200..300).contains(&answer.status) {
            return serde_json::from_slice(&answer.body)
                .map_err(|_| Fault::Refused("it gives no token for the code".to_owned()));
        }
        let why = named(&answer.body);
        let fault = format!("it answers {} ({why}) to a code", answer.status);
        Err(match why.as_str() {
            "invalid_grant" | "invalid_request" => Fault::Refused(fault),
            _ => Fault::Away(fault),
        })
    }

    /// What it says of whoever has this token.
    async fn told(&self, url: &Url, access: &str) -> Result<Vec<u8>, Fault> {
        let mut headers = json();
        headers.insert(AUTHORIZATION, header("Bearer", access)?);
        self.get(url, headers).await
    }

    async fn document(&self) -> Result<Arc<Document>, Fault> {
        let mut known = self.known.lock().await;
        self.document_of(&mut known).await
    }

    /// One asks at a time; the others find what it has learned.
    async fn document_of(&self, known: &mut Known) -> Result<Arc<Document>, Fault> {
        let now = self.clock.now();
        if let Some((since, document)) = &known.document
            && is_within(*since, now, GOOD_FOR)
        {
            return Ok(Arc::clone(document));
        }
        if let Some((since, fault)) = &known.failed
            && is_within(*since, now, REST)
        {
            return Err(fault.clone());
        }
        match self.fresh_document().await {
            Ok(document) => {
                let document = Arc::new(document);
                known.document = Some((now, Arc::clone(&document)));
                known.failed = None;
                Ok(document)
            }
            Err(fault) => {
                known.failed = Some((self.clock.now(), fault.clone()));
                Err(fault)
            }
        }
    }

    async fn fresh_document(&self) -> Result<Document, Fault> {
        let issuer = &self.oidc.issuer;
        let url = document::address(issuer).map_err(|error| Fault::Away(error.to_string()))?;
        let body = self.get(&url, json()).await?;
        Document::read(&body, issuer).map_err(|fault| Fault::Away(fault.to_string()))
    }

    /// Its keys and since when they are known; newer ones than `before`, if we may look again.
    async fn keys(&self, before: Option<Timestamp>) -> Result<(Timestamp, Arc<Keys>), Fault> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if let Some((since, keys)) = &known.keys {
            let is_good = match before {
                None => is_within(*since, now, GOOD_FOR),
                Some(before) => {
                    *since > before
                        || LOOKS.wait_us(
                            known.used_until_us,
                            now.as_microsecond(),
                            LOOKS.cost_us(1),
                        ) > 0
                }
            };
            if is_good {
                return Ok((*since, Arc::clone(keys)));
            }
        }
        if before.is_some() {
            known.used_until_us = known.used_until_us.max(now.as_microsecond()) + LOOKS.cost_us(1);
        }
        let document = self.document_of(&mut known).await?;
        let body = self.get(&document.keys, json()).await?;
        let keys = Keys::read(&body);
        let keys = keys.ok_or_else(|| Fault::Away("its keys cannot be read".to_owned()))?;
        let learned = (now, Arc::new(keys));
        known.keys = Some(learned.clone());
        Ok(learned)
    }

    async fn get(&self, url: &Url, headers: HeaderMap) -> Result<Vec<u8>, Fault> {
        let answer = self.ask(Call::new(Method::GET, url).with(headers)).await?;
        match answer.status {
            200..300 => Ok(answer.body),
            status => Err(Fault::Away(format!("it answers {status}"))),
        }
    }

    async fn ask(&self, mut call: Call<'_>) -> Result<Reply, Fault> {
        call.answer_most_bytes = ANSWER_MOST_BYTES;
        let answer = self.outbound.call(call).await;
        answer.map_err(|missed: Missed| Fault::Away(missed.to_string()))
    }
}

fn is_within(since: Timestamp, now: Timestamp, span: SignedDuration) -> bool {
    let age = now.duration_since(since);
    !age.is_negative() && age < span
}

fn json() -> HeaderMap {
    HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))])
}

/// A header that no log shows.
fn header(scheme: &str, secret: &str) -> Result<HeaderValue, Fault> {
    let value = HeaderValue::try_from(format!("{scheme} {secret}"));
    let mut value = value.map_err(|_| Fault::Refused("its token is no header".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The name of a trouble, which is a word of the standard; anything longer stays out of the log.
fn named(body: &[u8]) -> String {
    let trouble: Option<Trouble> = serde_json::from_slice(body).ok();
    let is_word = |error: &String| {
        let is_plain = error
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_');
        is_plain && error.len() <= 40
    };
    trouble
        .map(|trouble| trouble.error)
        .filter(is_word)
        .unwrap_or_else(|| "no reason".to_owned())
}
