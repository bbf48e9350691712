//! Sites.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::types::Json;

use super::{StoreError, Tx, expect_rows, list_statements, signed, tx::on, unsigned};
use crate::{
    accounts::AccountConfig, alerts::source::AlertsConfig, identity::keys::KeyConfig,
    mail::permission::Mode, privacy::retention::Retention, site::SiteConfig, words::OwnWords,
};

list_statements! {
    PUT = "
        insert into sites (site_id, name, allowed_origins, accent, locale, source, created_at, acknowledge, quota_bytes, time_zone, words,
            identity, identity_required, policy, overlay, channels, accounts, alerts, closed_days, files_days, mail_addresses)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        on conflict (site_id) do update
        set name = excluded.name, allowed_origins = excluded.allowed_origins, accent = excluded.accent,
            locale = excluded.locale, source = excluded.source, acknowledge = excluded.acknowledge, quota_bytes = excluded.quota_bytes,
            time_zone = excluded.time_zone, words = excluded.words,
            identity = excluded.identity, identity_required = excluded.identity_required,
            policy = excluded.policy, overlay = excluded.overlay, channels = excluded.channels, accounts = excluded.accounts,
            alerts = excluded.alerts, closed_days = excluded.closed_days, files_days = excluded.files_days,
            mail_addresses = excluded.mail_addresses
    ";
    RETIRE = "
        update sites
        set source = 'retired'
        where site_id = $1 and source = 'file'
    ";
    LIST = "
        select site_id, name, allowed_origins, accent, locale, source, acknowledge, quota_bytes, time_zone, words, identity,
            identity_required, policy, overlay, channels, accounts, alerts, closed_days, files_days, mail_addresses
        from sites
        order by site_id
    ";
    FIND = "
        select site_id, name, allowed_origins, accent, locale, source, acknowledge, quota_bytes, time_zone, words, identity,
            identity_required, policy, overlay, channels, accounts, alerts, closed_days, files_days, mail_addresses
        from sites
        where site_id = $1
    ";
}

/// Who wrote a site down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The configuration file; the file wins at every start.
    File,
    /// `cornerdesk site add`.
    Command,
    /// Nobody any more: it was taken out of the configuration file. Its tickets are kept, and their mails go on.
    Retired,
}

impl Source {
    /// The name in the column.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Command => "command",
            Self::Retired => "retired",
        }
    }
}

impl Source {
    /// The source with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::File, Self::Command, Self::Retired]
            .into_iter()
            .find(|source| source.as_str() == name)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    site_id: String,
    name: String,
    allowed_origins: Json<Vec<String>>,
    accent: String,
    locale: String,
    source: String,
    acknowledge: String,
    quota_bytes: Option<i64>,
    time_zone: String,
    words: Json<OwnWords>,
    identity: Json<Vec<KeyConfig>>,
    identity_required: i32,
    policy: Option<String>,
    overlay: Option<String>,
    channels: Json<BTreeMap<String, String>>,
    accounts: Json<Vec<AccountConfig>>,
    alerts: Json<Vec<AlertsConfig>>,
    closed_days: Option<i64>,
    files_days: Option<i64>,
    mail_addresses: Json<Vec<String>>,
}

/// Makes a site or changes it.
///
/// # Errors
/// When the database fails.
pub async fn put(
    tx: &mut Tx,
    site: &SiteConfig,
    source: Source,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUT)
        .bind(&site.key)
        .bind(&site.name)
        .bind(Json(&site.allowed_origins))
        .bind(&site.accent)
        .bind(&site.locale)
        .bind(source.as_str())
        .bind(now.as_microsecond())
        .bind(site.acknowledge.as_str())
        .bind(site.quota_bytes.map(signed))
        .bind(&site.time_zone)
        .bind(Json(&site.words))
        .bind(Json(&site.identity))
        .bind(i32::from(site.identity_required))
        .bind(&site.policy)
        .bind(&site.overlay)
        .bind(Json(&site.channels))
        .bind(Json(&site.accounts))
        .bind(Json(&site.alerts))
        .bind(site.retention.closed_days.map(i64::from))
        .bind(site.retention.files_days.map(i64::from))
        .bind(Json(&site.mail_addresses))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Says that a site is not in the configuration file any more. One that was added by command stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn retire(tx: &mut Tx, site: &str) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(RETIRE)
        .bind(site)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Every site, ordered by key, with who wrote it down.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<(SiteConfig, Source)>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(LIST).fetch_all(conn).await)?;
    rows.into_iter().map(Row::site).collect()
}

/// One site, with who wrote it down.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, site: &str) -> Result<Option<(SiteConfig, Source)>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .fetch_optional(conn)
        .await)?;
    row.map(Row::site).transpose()
}

impl Row {
    fn site(self) -> Result<(SiteConfig, Source), StoreError> {
        let corrupt = |fault| StoreError::Corrupt {
            table: "sites",
            fault,
        };
        let source = Source::from_name(&self.source).ok_or_else(|| corrupt("an unknown source"))?;
        let acknowledge =
            Mode::from_name(&self.acknowledge).ok_or_else(|| corrupt("an unknown mode"))?;
        let days = |days: Option<i64>| {
            let days =
                days.map(|days| u32::try_from(days).map_err(|_| corrupt("days below nothing")));
            days.transpose()
        };
        let quota_bytes = self.quota_bytes.map(|bytes| unsigned("sites", bytes));
        let config = SiteConfig {
            key: self.site_id,
            name: self.name,
            allowed_origins: self.allowed_origins.0,
            accent: self.accent,
            locale: self.locale,
            acknowledge,
            quota_bytes: quota_bytes.transpose()?,
            time_zone: self.time_zone,
            words: self.words.0,
            identity: self.identity.0,
            identity_required: self.identity_required != 0,
            policy: self.policy,
            overlay: self.overlay,
            channels: self.channels.0,
            accounts: self.accounts.0,
            alerts: self.alerts.0,
            retention: Retention {
                closed_days: days(self.closed_days)?,
                files_days: days(self.files_days)?,
            },
            mail_addresses: self.mail_addresses.0,
        };
        Ok((config, source))
    }
}
