//! What the panel needs to know of a site.

use crate::limits::Limits;

/// The public settings of one site.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Settings {
    /// The site's key.
    pub site: String,
    /// The product's name, as the requester knows it.
    pub name: String,
    /// Colour of buttons, `#rrggbb`.
    pub accent: String,
    /// Language when the page does not say one (BCP 47).
    pub locale: String,
    /// What is accepted.
    pub limits: Limits,
}
