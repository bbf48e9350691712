//! What a provider says of a person: an ID token (OpenID Connect Core 1.0 section 3.1.3.7).
//!
//! `jsonwebtoken` takes the compact form apart and verifies the signature; what the claims must be is decided here.

use cornerdesk_shared::{
    limits::Limits,
    validation::{clean_line, validate_email},
};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;

use super::keys::Keys;

/// Longest token, in octets: those of providers that list groups take some thousands.
pub const TOKEN_MOST_OCTETS: usize = 32 * 1024;
/// How much two clocks may differ.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);
/// A token is made for the code that was just used.
const AGE_MOST: SignedDuration = SignedDuration::from_mins(10);
/// Longest `sub`, in octets (OpenID Connect Core section 2).
const SUBJECT_MOST_OCTETS: usize = 255;
/// Longest name, in characters.
const NAME_MOST_CHARS: usize = 100;

/// Whom the provider means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The provider's own id of the person, which is never given to another.
    pub subject: String,
    /// Their address in small letters, where it is one.
    pub email: Option<String>,
    /// Does the provider say that the address is theirs?
    pub is_verified: bool,
    /// What they are called.
    pub name: Option<String>,
}

/// What a token has to say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// Us.
    pub client_id: &'a str,
    /// This very sign-in.
    pub nonce: &'a str,
}

/// Why a token was not believed: for the log of the operator. Whoever brings it is never told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Over [`TOKEN_MOST_OCTETS`].
    #[error("the token is too long")]
    TooLong,
    /// Not a signed token in compact form, or a header that asks for more than we do.
    #[error("it is no signed token of the form that is read here")]
    Form,
    /// Signed in a way in which no provider signs for others.
    #[error("its algorithm is none of those that are believed")]
    Algorithm,
    /// The provider has no such key, as far as we know.
    #[error("the provider has no key of this name and algorithm")]
    NoKey,
    /// Signed with another key, or changed.
    #[error("the signature does not fit")]
    Signature,
    /// A claim is missing, stands there twice or is not of its type.
    #[error("a claim is missing or malformed")]
    Claims,
    /// Of another provider.
    #[error("iss is another provider")]
    Issuer,
    /// For somebody else.
    #[error("aud or azp is another client")]
    Audience,
    /// Of another sign-in.
    #[error("nonce is of another sign-in")]
    Nonce,
    /// Over.
    #[error("it has expired; compare the clocks")]
    Expired,
    /// Not good yet, or made long ago.
    #[error("iat or nbf is not of now; compare the clocks")]
    NotNow,
    /// `sub` is empty, too long or has control characters.
    #[error("sub is not usable")]
    Subject,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn holds(&self, client_id: &str) -> bool {
        match self {
            Self::One(one) => one == client_id,
            Self::Many(many) => many.iter().any(|one| one == client_id),
        }
    }

    const fn is_one(&self) -> bool {
        match self {
            Self::One(_) => true,
            Self::Many(many) => many.len() == 1,
        }
    }
}

/// What is read of the claims. One that stands there twice is an error (RFC 7519 section 4).
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    #[serde(default)]
    azp: Option<String>,
    /// Whole seconds, as are the next two.
    exp: i64,
    iat: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(flatten)]
    said: Said,
}

/// What is said of a person, in a token or beside it.
#[derive(Deserialize)]
struct Said {
    sub: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    email_verified: Option<serde_json::Value>,
    #[serde(default)]
    name: Option<String>,
}

/// The person of whom `token` tells, if the provider has signed it for this sign-in.
///
/// # Errors
/// [`Refusal`].
pub fn verify(
    token: &str,
    keys: &Keys,
    expected: Expected<'_>,
    now: Timestamp,
) -> Result<Person, Refusal> {
    if token.len() > TOKEN_MOST_OCTETS {
        return Err(Refusal::TooLong);
    }
    let claims = signed_claims(token, keys)?;
    if claims.iss != expected.issuer {
        return Err(Refusal::Issuer);
    }
    let party = claims.azp.as_deref();
    let is_ours = claims.aud.holds(expected.client_id)
        && party.is_none_or(|party| party == expected.client_id)
        && (claims.aud.is_one() || party.is_some());
    if !is_ours {
        return Err(Refusal::Audience);
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(Refusal::Nonce);
    }
    is_of_now(&claims, now)?;
    person(claims.said)
}

/// What the provider says of a person beside the token (section 5.3): of the same one.
#[must_use]
pub fn beside(json: &[u8], person: &Person) -> Option<Person> {
    let said: Said = serde_json::from_slice(json).ok()?;
    let told = self::person(said).ok()?;
    (told.subject == person.subject).then_some(told)
}

fn signed_claims(token: &str, keys: &Keys) -> Result<Claims, Refusal> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::Form)?;
    // Nobody but us says with which key a token is verified, and what is critical is nothing that we know.
    let asks_for_more = header.crit.is_some()
        || header.cty.is_some()
        || header.enc.is_some()
        || header.zip.is_some()
        || header.jku.is_some()
        || header.jwk.is_some()
        || header.x5u.is_some();
    let is_jwt = header.typ.is_none_or(|typ| typ.eq_ignore_ascii_case("jwt"));
    if asks_for_more || !is_jwt {
        return Err(Refusal::Form);
    }
    if !is_believed(header.alg) {
        return Err(Refusal::Algorithm);
    }
    let key = keys.find(header.kid.as_deref(), header.alg);
    let key = key.ok_or(Refusal::NoKey)?;
    let decoded =
        jsonwebtoken::decode::<Claims>(token, key.verifier(), &signature_only(header.alg));
    decoded
        .map(|decoded| decoded.claims)
        .map_err(|error| match error.kind() {
            // Read only after the signature was found good.
            jsonwebtoken::errors::ErrorKind::Json(_) => Refusal::Claims,
            _ => Refusal::Signature,
        })
}

/// With a key of their own, which nobody else has: never a secret, which we would have as well, and never none.
const fn is_believed(algorithm: Algorithm) -> bool {
    !matches!(
        algorithm,
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512
    )
}

/// The library checks the signature; the claims are our own matter, since its clock cannot be told the time.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn is_of_now(claims: &Claims, now: Timestamp) -> Result<(), Refusal> {
    let since = |seconds| {
        let at = Timestamp::from_second(seconds).map_err(|_| Refusal::Claims)?;
        Ok(now.duration_since(at))
    };
    if since(claims.exp)? >= LEEWAY {
        return Err(Refusal::Expired);
    }
    let age = since(claims.iat)?;
    let is_early = match claims.nbf {
        Some(nbf) => since(nbf)? < -LEEWAY,
        None => false,
    };
    if is_early || age < -LEEWAY || age > AGE_MOST {
        return Err(Refusal::NotNow);
    }
    Ok(())
}

fn person(said: Said) -> Result<Person, Refusal> {
    let subject = said.sub;
    let is_usable = !subject.trim().is_empty()
        && subject.len() <= SUBJECT_MOST_OCTETS
        && !subject.chars().any(char::is_control);
    if !is_usable {
        return Err(Refusal::Subject);
    }
    let email = said.email.map(|email| email.trim().to_lowercase());
    let email = email.filter(|email| validate_email(email, &Limits::default()).is_none());
    let name = said.name.map(|name| clean_line(&name));
    let name = name.filter(|name| !name.is_empty());
    Ok(Person {
        subject,
        email,
        is_verified: said.email_verified == Some(serde_json::Value::Bool(true)),
        name: name.map(|name| name.chars().take(NAME_MOST_CHARS).collect()),
    })
}

#[cfg(test)]
mod tests;
