//! What a site accepts, in numbers.

/// The limits of one site. Sent to the panel in the settings so that they are said before a file is picked, and applied by the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields, default)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Limits {
    /// Longest summary, in characters (Unicode scalar values).
    pub summary_chars: u32,
    /// Longest description, in characters.
    pub description_chars: u32,
    /// Longest contact e-mail address, in octets. RFC 5321 §4.5.3.1.3 allows a path of 256 octets with its two angle brackets: 254.
    pub email_chars: u32,
    /// Most attachments of one submission.
    pub attachments: u32,
    /// Largest attachment, in bytes.
    pub attachment_bytes: u64,
    /// Largest request, all attachments and fields together, in bytes.
    pub request_bytes: u64,
}

/// One mebibyte in bytes.
const MIB: u64 = 1024 * 1024;

impl Default for Limits {
    /// 25 MiB a file is what mail systems accept at most, so a file that a requester can mail can also be sent here;
    /// 50 MiB a request is two such files, and further ones go by resumable upload, which has no limit on the sum beyond the count.
    fn default() -> Self {
        Self {
            summary_chars: 200,
            description_chars: 20_000,
            email_chars: 254,
            attachments: 10,
            attachment_bytes: 25 * MIB,
            request_bytes: 50 * MIB,
        }
    }
}
