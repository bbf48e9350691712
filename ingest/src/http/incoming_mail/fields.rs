//! The fields of a form that a provider posts, whichever way it is encoded.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request},
    http::{HeaderMap, header},
};
use bytes::Bytes;

/// Most fields; SendGrid posts some twenty.
const MOST_FIELDS: usize = 200;

/// Fields by their names; of two of one name the first.
#[derive(Debug, Default)]
pub(super) struct Fields(BTreeMap<String, Vec<u8>>);

impl Fields {
    /// Reads a body; nothing when it is no form.
    pub(super) async fn read(headers: &HeaderMap, body: &Bytes) -> Option<Self> {
        let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.to_owned();
        let mut fields = BTreeMap::new();
        if content_type.starts_with("multipart/form-data") {
            let mut request = Request::builder()
                .header(header::CONTENT_TYPE, content_type)
                .body(Body::from(body.clone()))
                .ok()?;
            // The body is there already, within its limit.
            DefaultBodyLimit::disable().apply(&mut request);
            let mut form = Multipart::from_request(request, &()).await.ok()?;
            while let Some(field) = form.next_field().await.ok()? {
                let name = field.name()?.to_owned();
                let bytes = field.bytes().await.ok()?;
                fields.entry(name).or_insert_with(|| bytes.to_vec());
                if fields.len() > MOST_FIELDS {
                    return None;
                }
            }
        } else if content_type.starts_with("application/x-www-form-urlencoded") {
            for (name, value) in url::form_urlencoded::parse(body).take(MOST_FIELDS) {
                let value = value.into_owned().into_bytes();
                fields.entry(name.into_owned()).or_insert(value);
            }
        } else {
            return None;
        }
        Some(Self(fields))
    }

    /// A field as it came.
    pub(super) fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.0.get(name).cloned()
    }

    /// A field that is text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        String::from_utf8(self.bytes(name)?).ok()
    }
}
