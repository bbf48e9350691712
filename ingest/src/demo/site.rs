//! The demonstration's site. Pure: the configuration adds it.

use crate::site::SiteConfig;

/// Its key.
pub const KEY: &str = "demo";
/// The demonstration's site: allows the service's own pages.
#[must_use]
pub fn site() -> SiteConfig {
    SiteConfig {
        allowed_origins: vec!["self".to_owned()],
        ..SiteConfig::new(KEY, "Northlight")
    }
}
