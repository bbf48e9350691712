//! Whom a product vouches for: a token that its server has signed (JWT, RFC 7519) says who the person is. Pure.
//!
//! `jsonwebtoken` reads the compact form and verifies the signature, with the algorithm of our key and never the token's. What the claims
//! must be is decided here, more strictly than the standard asks: see decision 0028.

pub mod keys;

use cornerdesk_shared::{
    limits::Limits,
    submission::{KEY_MOST_OCTETS, LOCALE_MOST_OCTETS},
    validation::{clean_line, validate_email},
};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Validation;
use serde::Deserialize;

use self::keys::Key;

/// Longest token, in octets. A person's claims and a signature take some 400.
pub const TOKEN_MOST_OCTETS: usize = 4096;
/// How far ahead a token may be good, so that a leaked one is of use for a day at most (threat S8).
const LIFE_MOST: SignedDuration = SignedDuration::from_hours(24);
/// How much two clocks may differ.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);
/// Longest `sub`, in octets (as in OpenID Connect Core §2).
const SUB_MOST_OCTETS: usize = 255;
/// Longest name, in characters.
const NAME_MOST_CHARS: usize = 100;

/// A person for whom the product vouches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The product's own id of the person.
    pub sub: String,
    /// Their address.
    pub email: String,
    /// What they are called.
    pub name: Option<String>,
    /// Their support plan, by the key of the site's policy.
    pub plan: Option<String>,
    /// The account of the site that they belong to, by its key.
    pub account: Option<String>,
    /// Their language.
    pub locale: Option<String>,
    /// Until when the token is good.
    pub expires_at: Timestamp,
}

/// Why a token was not believed: for the log of the operator. Whoever sent the token is never told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Over [`TOKEN_MOST_OCTETS`].
    #[error("the token is too long")]
    TooLong,
    /// Not a signed token in compact form, or a header that asks for more than we do.
    #[error("it is no token of the form that is read here")]
    Form,
    /// The site has no key of this name and kind.
    #[error("no key of the site has this kid and algorithm")]
    NoKey,
    /// Signed with another key, or changed.
    #[error("the signature does not fit")]
    Signature,
    /// A claim is missing, stands there twice or is not of its type.
    #[error("a claim is missing or malformed")]
    Claims,
    /// For another site.
    #[error("aud is not the key of the site")]
    Audience,
    /// Over.
    #[error("it has expired")]
    Expired,
    /// Good for too long.
    #[error("exp is more than 24 hours ahead")]
    TooFarAhead,
    /// Not good yet: `nbf` or `iat` is in the future.
    #[error("it is not good yet; compare the clocks")]
    NotYet,
    /// `sub` is empty, too long or has control characters.
    #[error("sub is not usable")]
    Subject,
    /// `email` is no address.
    #[error("email is not an address")]
    Email,
    /// `name`, `plan`, `account` or `locale` is too long or not of its form.
    #[error("name, plan, account or locale is not usable")]
    Rest,
}

/// What is read of the claims; further ones are the product's business. A claim that stands there twice is an error (RFC 7519 §4).
#[derive(Deserialize)]
struct Claims {
    /// One text, and not a list: a token is for one site.
    aud: String,
    /// Whole seconds.
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    iat: Option<i64>,
    sub: String,
    email: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    plan: Option<String>,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    locale: Option<String>,
}

/// Who the person is of whom `token` tells, if one of `keys` has signed it for `site` and it is good `now`.
///
/// # Errors
/// [`Refusal`].
pub fn verify(token: &str, keys: &[Key], site: &str, now: Timestamp) -> Result<Identity, Refusal> {
    if token.len() > TOKEN_MOST_OCTETS {
        return Err(Refusal::TooLong);
    }
    let claims = signed_claims(token, keys)?;
    let expires_at = good_until(&claims, now)?;
    if claims.aud != site {
        return Err(Refusal::Audience);
    }
    person(claims, expires_at)
}

/// The claims, once a key has verified the signature over them.
fn signed_claims(token: &str, keys: &[Key]) -> Result<Claims, Refusal> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::Form)?;
    // Nobody but us says with which key a token is verified, and what is critical is nothing that we know.
    let asks_for_more = header.crit.is_some()
        || header.cty.is_some()
        || header.enc.is_some()
        || header.zip.is_some()
        || header.jku.is_some()
        || header.jwk.is_some()
        || header.x5u.is_some()
        || header.x5c.is_some();
    let is_jwt = header.typ.is_none_or(|typ| typ.eq_ignore_ascii_case("jwt"));
    if asks_for_more || !is_jwt {
        return Err(Refusal::Form);
    }
    let mut fits = keys
        .iter()
        .filter(|key| key.algorithm() == header.alg)
        .filter(|key| header.kid.as_ref().is_none_or(|kid| *kid == key.kid))
        .peekable();
    fits.peek().ok_or(Refusal::NoKey)?;
    let mut refusal = Refusal::Signature;
    for key in fits {
        match jsonwebtoken::decode::<Claims>(token, key.verifier(), &signature_only(key)) {
            Ok(decoded) => return Ok(decoded.claims),
            // Read only after the signature was found good.
            Err(error) if matches!(error.kind(), jsonwebtoken::errors::ErrorKind::Json(_)) => {
                refusal = Refusal::Claims;
            }
            Err(_) => {}
        }
    }
    Err(refusal)
}

/// The library checks the signature, with the algorithm of the key; the claims are our own matter, since its clock cannot be told the time.
fn signature_only(key: &Key) -> Validation {
    let mut validation = Validation::new(key.algorithm());
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn good_until(claims: &Claims, now: Timestamp) -> Result<Timestamp, Refusal> {
    let instant = |seconds| Timestamp::from_second(seconds).map_err(|_| Refusal::Claims);
    let until = instant(claims.exp)?;
    if until.duration_since(now) <= -LEEWAY {
        return Err(Refusal::Expired);
    }
    if until.duration_since(now) > LIFE_MOST + LEEWAY {
        return Err(Refusal::TooFarAhead);
    }
    for from in [claims.nbf, claims.iat].into_iter().flatten() {
        if instant(from)?.duration_since(now) > LEEWAY {
            return Err(Refusal::NotYet);
        }
    }
    Ok(until)
}

fn person(claims: Claims, expires_at: Timestamp) -> Result<Identity, Refusal> {
    let is_line = |text: &str| !text.chars().any(char::is_control);
    let Claims { sub, email, .. } = claims;
    if sub.trim().is_empty() || sub.len() > SUB_MOST_OCTETS || !is_line(&sub) {
        return Err(Refusal::Subject);
    }
    if email.trim() != email || validate_email(&email, &Limits::default()).is_some() {
        return Err(Refusal::Email);
    }
    let name = claims
        .name
        .map(|name| clean_line(&name))
        .filter(|name| !name.is_empty());
    let is_key = |key: &String, most| {
        key.len() <= most
            && key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let is_good = name
        .as_ref()
        .is_none_or(|name| name.chars().count() <= NAME_MOST_CHARS)
        && (claims.plan.as_ref()).is_none_or(|plan| is_key(plan, KEY_MOST_OCTETS))
        && (claims.account.as_ref()).is_none_or(|account| is_key(account, KEY_MOST_OCTETS))
        && (claims.locale.as_ref()).is_none_or(|locale| is_key(locale, LOCALE_MOST_OCTETS));
    if !is_good {
        return Err(Refusal::Rest);
    }
    Ok(Identity {
        sub,
        email,
        name,
        plan: claims.plan.filter(|plan| !plan.is_empty()),
        account: claims.account.filter(|account| !account.is_empty()),
        locale: claims.locale.filter(|locale| !locale.is_empty()),
        expires_at,
    })
}

#[cfg(test)]
mod tests;
