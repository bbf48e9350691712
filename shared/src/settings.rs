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
    /// What the site's policy asks in a form; absent where it has none.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub policy: Option<PolicySettings>,
}

/// What a form needs of the site's policy. Titles and definitions are shown as the policy says them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PolicySettings {
    /// What it is called.
    pub title: String,
    /// The fields of the form in their order, by their names on the wire.
    pub fields: Vec<String>,
    /// The kinds of request that are offered, in the policy's order; one of them is required where there are several.
    pub categories: Vec<CategorySettings>,
    /// Languages (BCP 47) in which requests are answered; empty where the policy does not say.
    pub languages: Vec<String>,
}

/// A kind of request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CategorySettings {
    /// The value of `category` in a submission.
    pub id: String,
    /// What people read.
    pub title: String,
    /// What it means.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub definition: Option<String>,
    /// Such requests become no tickets: where they go instead.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub redirect: Option<String>,
    /// Whether the policy's response times hold for it.
    pub has_response_times: bool,
}
