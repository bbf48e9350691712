//! Versions of the policies of sites: published once, never changed.

use jiff::Timestamp;

use super::{StoreError, Tx, instant, list_statements, tx::on};

list_statements! {
    PUBLISH = "
        insert into policy_versions (site_id, version, policy_id, overlay, digest, document, published_at)
        select $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6
        from policy_versions
        where site_id = $1
        on conflict (site_id, version) do nothing
    ";
    NEWEST = "
        select version, policy_id, overlay, digest, published_at
        from policy_versions
        where site_id = $1 and overlay = $2
        order by version desc
        limit 1
    ";
    IN_FORCE = "
        select site_id, overlay, version, policy_id
        from policy_versions as newest
        where version = (
            select max(version) from policy_versions as other where other.site_id = newest.site_id and other.overlay = newest.overlay
        )
        order by site_id, overlay
    ";
    LIST = "
        select version, policy_id, overlay, digest, published_at
        from policy_versions
        where site_id = $1
        order by version
    ";
    DOCUMENT = "
        select document from policy_versions where site_id = $1 and version = $2
    ";
}

/// A version without its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// 1, 2, 3 … of the site.
    pub version: u32,
    /// Which policy.
    pub policy: String,
    /// Which overlay lies over it.
    pub overlay: Option<String>,
    /// SHA-256 of the document, in hexadecimal.
    pub digest: String,
    /// When it came into force.
    pub published_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    version: i32,
    policy_id: String,
    overlay: String,
    digest: String,
    published_at: i64,
}

const fn corrupt(fault: &'static str) -> StoreError {
    StoreError::Corrupt {
        table: "policy_versions",
        fault,
    }
}

fn number(version: i32) -> Result<u32, StoreError> {
    u32::try_from(version).map_err(|_| corrupt("a negative version"))
}

fn overlay_of(column: String) -> Option<String> {
    (!column.is_empty()).then_some(column)
}

impl TryFrom<Row> for Version {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            version: number(row.version)?,
            policy: row.policy_id,
            overlay: overlay_of(row.overlay),
            digest: row.digest,
            published_at: instant("policy_versions", row.published_at)?,
        })
    }
}

/// What is to be published.
#[derive(Clone, Copy, Debug)]
pub struct Publication<'a> {
    /// Which policy.
    pub policy: &'a str,
    /// Which overlay lies over it.
    pub overlay: Option<&'a str>,
    /// SHA-256 of the document, in hexadecimal.
    pub digest: &'a str,
    /// Policy, overlay and holidays in one, as it was digested.
    pub document: &'a str,
}

/// Adds a version after the newest of the site; `false` when somebody else added one at the same moment, and then nothing was added.
///
/// # Errors
/// When the database fails.
pub async fn publish(
    tx: &mut Tx,
    site: &str,
    publication: &Publication<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUBLISH)
        .bind(site)
        .bind(publication.policy)
        .bind(publication.overlay.unwrap_or_default())
        .bind(publication.digest)
        .bind(publication.document)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The version of a site that is in force under an overlay.
///
/// # Errors
/// When the database fails.
pub async fn newest(
    tx: &mut Tx,
    site: &str,
    overlay: Option<&str>,
) -> Result<Option<Version>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(NEWEST)
        .bind(site)
        .bind(overlay.unwrap_or_default())
        .fetch_optional(conn)
        .await)?;
    row.map(Version::try_from).transpose()
}

/// A version that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Of which site.
    pub site: String,
    /// Under which overlay.
    pub overlay: Option<String>,
    /// Its number.
    pub version: u32,
    /// Of which policy.
    pub policy: String,
}

/// What is in force at every site under each overlay.
///
/// # Errors
/// When the database fails.
pub async fn in_force(tx: &mut Tx) -> Result<Vec<InForce>, StoreError> {
    let rows: Vec<(String, String, i32, String)> =
        on!(tx, |conn| sqlx::query_as(IN_FORCE).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(site, overlay, version, policy)| {
            Ok(InForce {
                site,
                overlay: overlay_of(overlay),
                version: number(version)?,
                policy,
            })
        })
        .collect()
}

/// Every version of a site, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, site: &str) -> Result<Vec<Version>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(LIST)
        .bind(site)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Version::try_from).collect()
}

/// The document of a version.
///
/// # Errors
/// When the database fails.
pub async fn document(tx: &mut Tx, site: &str, version: u32) -> Result<Option<String>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(DOCUMENT)
        .bind(site)
        .bind(version.cast_signed())
        .fetch_optional(conn)
        .await)?)
}
