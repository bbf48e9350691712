//! What the document says about the site.

use cornerdesk_shared::limits::Limits;
use web_sys::Element;

/// What the panel must know of its site; it comes with the form, so nothing is fetched.
#[derive(Clone, Debug)]
pub struct Options {
    /// The site's key.
    pub site: String,
    /// The site's name.
    pub site_name: String,
    /// Whether it takes requests only of people for whom its product vouches.
    pub identity_required: bool,
    /// What is accepted.
    pub limits: Limits,
}

impl Options {
    /// Reads the form's `data-` attributes.
    #[must_use]
    pub fn of(form: &Element) -> Self {
        let text = |name: &str| form.get_attribute(name).unwrap_or_default();
        // A limit that is missing limits nothing here: the service has the last word.
        let octets = |name: &str| text(name).parse().unwrap_or(u64::MAX);
        let count = |name: &str| text(name).parse().unwrap_or(u32::MAX);
        Self {
            site: text("data-site"),
            site_name: text("data-site-name"),
            identity_required: form.has_attribute("data-identity-required"),
            limits: Limits {
                summary_chars: count("data-summary-chars"),
                description_chars: count("data-description-chars"),
                email_chars: count("data-email-chars"),
                attachments: count("data-attachments"),
                attachment_bytes: octets("data-attachment-bytes"),
                request_bytes: octets("data-request-bytes"),
            },
        }
    }
}
