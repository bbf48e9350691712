//! The help index of a site: articles of the product's own help, offered while somebody writes a summary. Pure.

pub mod markdown;
pub mod page;
pub mod query;
pub mod sitemap;

use cornerdesk_shared::validation::clean_line;
use uuid::Uuid;

/// An article as it is searched and offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// Follows from the address.
    pub id: Uuid,
    /// Where it is read.
    pub url: String,
    /// Its language.
    pub locale: String,
    /// What is offered.
    pub title: String,
    /// Its headings, one a line.
    pub headings: String,
    /// Its text.
    pub body: String,
    /// The plans that it is for; none: it is for everybody.
    pub plans: Vec<String>,
}

/// Longest title, in characters.
const TITLE_MOST_CHARS: usize = 200;
/// As much of a text is searched, in characters.
const BODY_MOST_CHARS: usize = 100_000;

impl Article {
    /// An article as the index takes it: an address that people can follow, a title in one line, and no more text than is searched.
    ///
    /// # Errors
    /// One sentence.
    pub fn parse(
        address: &str,
        locale: &str,
        title: &str,
        headings: &[String],
        body: &str,
    ) -> Result<Self, String> {
        let url = url::Url::parse(address).map_err(|_| format!("{address:?} is no address"))?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(format!(
                "{address:?} does not begin with https:// or http://"
            ));
        }
        let title: String = clean_line(title).chars().take(TITLE_MOST_CHARS).collect();
        if title.is_empty() {
            return Err("it has no title".to_owned());
        }
        let url = url.to_string();
        let headings: Vec<_> = headings.iter().map(|text| clean_line(text)).collect();
        Ok(Self {
            id: id_of(&url),
            url,
            locale: locale.to_owned(),
            title,
            headings: headings.join("\n"),
            body: clean_line(body).chars().take(BODY_MOST_CHARS).collect(),
            plans: Vec::new(),
        })
    }
}

/// What a reader said of an article.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It solved the problem.
    Helped,
    /// It is about something else.
    OffTopic,
    /// It is hard to follow.
    HardToFollow,
    /// The feature cannot do what is wanted.
    FeatureLacking,
    /// Something different.
    Other,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 5] = [
        Self::Helped,
        Self::OffTopic,
        Self::HardToFollow,
        Self::FeatureLacking,
        Self::Other,
    ];

    /// The name in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Helped => "helped",
            Self::OffTopic => "off_topic",
            Self::HardToFollow => "hard_to_follow",
            Self::FeatureLacking => "feature_lacking",
            Self::Other => "other",
        }
    }
}

/// The id of the article at an address: always the same, so that what readers said outlives a new import.
#[must_use]
pub fn id_of(url: &str) -> Uuid {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(url);
    let mut octets = [0; 16];
    octets.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(octets).into_uuid()
}
