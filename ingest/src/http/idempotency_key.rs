//! The client's key for one submission (draft-ietf-httpapi-idempotency-key-header-07), wherever it comes from.

use axum::http::{HeaderMap, HeaderName};
use cornerdesk_shared::problem::ProblemKind;

use super::problem::HttpError;

/// The header that carries it.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest key, in octets.
const MOST_OCTETS: usize = 255;

/// 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Reads a key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_good = !text.is_empty()
            && text.len() <= MOST_OCTETS
            && text.bytes().all(|b| b.is_ascii_graphic());
        is_good.then(|| Self(text.to_owned()))
    }

    /// The key of a request's header, if it has one.
    ///
    /// # Errors
    /// When it has one that is none.
    pub fn of_header(headers: &HeaderMap) -> Result<Option<Self>, HttpError> {
        let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
            return Ok(None);
        };
        let key = value.to_str().ok().and_then(Self::parse);
        key.map(Some).ok_or_else(Self::unusable)
    }

    /// What is answered to something that is no key.
    #[must_use]
    pub fn unusable() -> HttpError {
        let detail = format!(
            "Idempotency-Key: 1 to {MOST_OCTETS} visible ASCII characters, for example a UUID."
        );
        HttpError::new(ProblemKind::MalformedRequest, detail)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_key_is_short_and_visible() {
        let read = |key: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_bytes(key).unwrap());
            IdempotencyKey::of_header(&headers)
        };
        assert_eq!(IdempotencyKey::of_header(&HeaderMap::new()).unwrap(), None);
        assert_eq!(
            read(b"3f0e6f7a").unwrap(),
            IdempotencyKey::parse("3f0e6f7a")
        );
        for key in [b"".as_slice(), b"a b", &[b'a'; 256], "ü".as_bytes()] {
            assert!(read(key).is_err(), "{key:?}");
        }
        assert_eq!(IdempotencyKey::parse("a\0b"), None);
    }
}
