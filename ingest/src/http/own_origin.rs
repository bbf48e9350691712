//! Under which origin the service is reached.

use axum::http::{HeaderMap, header};

use crate::{config::Config, origin::Origin};

/// The service's own origins for this request: `server.public_url` where it is set, else what `Host` says. The scheme is then not known
/// (a proxy may speak TLS for us), so both count.
#[must_use]
pub fn of(config: &Config, headers: &HeaderMap) -> Vec<Origin> {
    if let Some(origin) = Origin::parse(&config.server.public_url) {
        return vec![origin];
    }
    let Some(host) = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
    else {
        return Vec::new();
    };
    ["http", "https"]
        .iter()
        .filter_map(|scheme| Origin::parse(&format!("{scheme}://{host}")))
        .collect()
}

/// The origin that a header names: `Origin`, or the page of a `Referer`.
#[must_use]
pub fn named(headers: &HeaderMap, name: header::HeaderName) -> Option<Origin> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .and_then(Origin::parse)
}
