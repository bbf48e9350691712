//! What the person gets for a submission.

/// In [`Receipt::mail`]: a link that has to be confirmed first.
pub const MAIL_CONFIRM: &str = "confirm";
/// In [`Receipt::mail`]: nothing.
pub const MAIL_NONE: &str = "none";

/// The answer to an accepted submission: the ticket exists and is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// The ticket's public number, for example `CD-7K3F-92XQ`.
    pub reference: String,
    /// When the service received it (RFC 3339, UTC).
    pub received_at: String,
    /// When the vendor's policy promises an answer by (RFC 3339, UTC); absent where the policy promises nothing.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub answer_by: Option<String>,
    /// Where the person can follow the ticket.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub status_url: Option<String>,
    /// What the person finds in their mailbox: `confirm`, a link without which nobody works on the request; `none`, nothing; absent, an
    /// acknowledgement.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub mail: Option<String>,
}
