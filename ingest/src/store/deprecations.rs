//! What is announced to go, and whether it was said.

use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::{deprecation::Deprecation, mail::recipient::Key};

list_statements! {
    ANNOUNCE = "
        insert into deprecations (site_id, deprecation_id, feature, notice_on, ends_on, supported_until, announced_by, announced_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (site_id, deprecation_id) do nothing
    ";
    LIST = "
        select deprecation_id, feature, notice_on, ends_on, supported_until
        from deprecations
        where site_id = $1
        order by ends_on, feature
    ";
    ORDER = "
        insert into deprecation_notices (site_id, deprecation_id, recipient, account)
        values ($1, $2, $3, $4)
        on conflict (site_id, deprecation_id, recipient) do update
        set fault = null
        where deprecation_notices.sent_at is null and deprecation_notices.fault is not null
    ";
    SENT = "
        update deprecation_notices
        set sent_at = $4, ends_on = $5, supported_until = $6, fault = null
        where site_id = $1 and deprecation_id = $2 and recipient = $3
    ";
    FAILED = "
        update deprecation_notices
        set fault = $4
        where site_id = $1 and deprecation_id = $2 and recipient = $3 and sent_at is null
    ";
    NOTICES = "
        select account, sent_at, ends_on, fault
        from deprecation_notices
        where site_id = $1 and deprecation_id = $2
        order by account, recipient
    ";
}

/// A notice to one address of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The account.
    pub account: String,
    /// When it was handed to the mail server.
    pub sent_at: Option<Timestamp>,
    /// The first day without it that it named; nothing before it was sent.
    pub ends_on: Option<Date>,
    /// Why it cannot be sent.
    pub fault: Option<String>,
}

/// Adds it; `false` when it was announced before, and then nothing was changed.
///
/// # Errors
/// When the database fails.
pub async fn announce(
    tx: &mut Tx,
    site: &str,
    announced: &Deprecation,
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(ANNOUNCE)
        .bind(site)
        .bind(announced.id)
        .bind(&announced.feature)
        .bind(announced.notice_on.to_string())
        .bind(announced.ends_on.to_string())
        .bind(announced.supported_until.map(|date| date.to_string()))
        .bind(by)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

#[derive(sqlx::FromRow)]
struct Row {
    deprecation_id: Uuid,
    feature: String,
    notice_on: String,
    ends_on: String,
    supported_until: Option<String>,
}

fn date(text: &str) -> Result<Date, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt {
        table: "deprecations",
        fault: "a day that is none",
    })
}

/// All of a site, what goes first at first.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, site: &str) -> Result<Vec<Deprecation>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(LIST)
        .bind(site)
        .fetch_all(conn)
        .await)?;
    rows.into_iter()
        .map(|row| {
            Ok(Deprecation {
                id: row.deprecation_id,
                feature: row.feature,
                notice_on: date(&row.notice_on)?,
                ends_on: date(&row.ends_on)?,
                supported_until: row.supported_until.as_deref().map(date).transpose()?,
            })
        })
        .collect()
}

/// A notice is to be sent; `false` when it is on its way or was sent. One that failed is to be sent again.
///
/// # Errors
/// When the database fails.
pub async fn order(
    tx: &mut Tx,
    site: &str,
    id: Uuid,
    recipient: &Key,
    account: &str,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(ORDER)
        .bind(site)
        .bind(id)
        .bind(recipient.as_slice())
        .bind(account)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// It was handed to the mail server, with the days that `told` has.
///
/// # Errors
/// When the database fails, or nobody ordered it.
pub async fn sent(
    tx: &mut Tx,
    site: &str,
    told: &Deprecation,
    recipient: &Key,
    at: Timestamp,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SENT)
        .bind(site)
        .bind(told.id)
        .bind(recipient.as_slice())
        .bind(at.as_microsecond())
        .bind(told.ends_on.to_string())
        .bind(told.supported_until.map(|date| date.to_string()))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// It cannot be sent. Nothing happens to one that was.
///
/// # Errors
/// When the database fails.
pub async fn failed(
    tx: &mut Tx,
    site: &str,
    id: Uuid,
    recipient: &Key,
    fault: &str,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(FAILED)
        .bind(site)
        .bind(id)
        .bind(recipient.as_slice())
        .bind(fault)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// The notices of something that goes.
///
/// # Errors
/// When the database fails.
pub async fn notices(tx: &mut Tx, site: &str, id: Uuid) -> Result<Vec<Notice>, StoreError> {
    let rows: Vec<NoticeRow> = on!(tx, |conn| sqlx::query_as(NOTICES)
        .bind(site)
        .bind(id)
        .fetch_all(conn)
        .await)?;
    rows.into_iter()
        .map(|row| {
            let at = row.sent_at.map(|at| instant("deprecation_notices", at));
            Ok(Notice {
                account: row.account,
                sent_at: at.transpose()?,
                ends_on: row.ends_on.as_deref().map(date).transpose()?,
                fault: row.fault,
            })
        })
        .collect()
}

#[derive(sqlx::FromRow)]
struct NoticeRow {
    account: String,
    sent_at: Option<i64>,
    ends_on: Option<String>,
    fault: Option<String>,
}
