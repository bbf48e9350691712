//! The demonstration's site. Pure: the configuration adds it.

use crate::mail::permission::Mode;
use crate::site::{SiteConfig, default_accent, default_locale};

/// Its key.
pub const KEY: &str = "demo";
/// The demonstration's site: allows the service's own pages.
#[must_use]
pub fn site() -> SiteConfig {
    SiteConfig {
        key: KEY.to_owned(),
        name: "Northlight".to_owned(),
        allowed_origins: vec!["self".to_owned()],
        accent: default_accent(),
        locale: default_locale(),
        acknowledge: Mode::Ack,
        quota_bytes: None,
    }
}
