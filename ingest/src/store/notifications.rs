//! What staff were told about tickets, by keys that are used once, and what waits to be told in one mail.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, instant, list_statements, tx::on};
use crate::{hexadecimal::hex, mail::recipient::Key as Recipient};

/// A digest for a recipient that has not begun, so that it will gather what is postponed now. One that was begun, or revived, sends again what
/// it has claimed and gathers nothing new.
macro_rules! awaited_digest {
    ($locking:literal) => {
        concat!(
            "select job_id from jobs
            where site_id = $1 and lane = 'mail' and kind = 'notify_digest' and state = 'ready'
                and payload ->> 'to' = $2 and attempts = 0 and lease_token is null
                and not exists (
                    select 1 from postponed_notices p
                    where p.site_id = $1 and p.recipient = $3 and p.job_id = jobs.job_id
                )
            limit 1 ",
            $locking
        )
    };
}

list_statements! {
    USE_KEY = "
        insert into notifications (site_id, ticket_id, key, alarm_at, noticed_at)
        values ($1, $2, $3, $4, $5)
        on conflict (site_id, ticket_id, key) do nothing
    ";
    KEYS = "
        select key, alarm_at
        from notifications
        where site_id = $1 and ticket_id = $2
    ";
    POSTPONE = "
        insert into postponed_notices (site_id, recipient, ticket_id, key, alarm_at)
        values ($1, $2, $3, $4, $5)
        on conflict (site_id, recipient, ticket_id, key) do nothing
    ";
    AWAITED_DIGEST_SQLITE = awaited_digest!("");
    CLAIM = "
        update postponed_notices
        set job_id = $3
        where site_id = $1 and recipient = $2 and job_id is null
    ";
    CLAIMED = "
        select ticket_id, key, alarm_at
        from postponed_notices
        where site_id = $1 and recipient = $2 and job_id = $3
        order by alarm_at, ticket_id, key
    ";
    FORGET = "
        delete from postponed_notices
        where site_id = $1 and recipient = $2 and job_id = $3
    ";
}

/// PostgreSQL's form: nobody leases the job before this transaction has ended, since a lease skips rows that are locked. It would not see
/// what is postponed here.
const AWAITED_DIGEST_POSTGRES: &str = awaited_digest!("for share of jobs");

/// A notice that waits for the mail that gathers them.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
struct Row {
    ticket_id: Uuid,
    key: String,
    alarm_at: i64,
}

/// A notice that was not sent at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postponed {
    /// About this ticket.
    pub ticket: Uuid,
    /// The alarm's key.
    pub key: String,
    /// When it came true.
    pub alarm_at: Timestamp,
}

/// Uses up the key of an alarm, before anything is done about it; `false` when it was used before, and then nothing is to be done.
///
/// # Errors
/// When the database fails.
pub async fn use_key(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    key: &str,
    alarm_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(USE_KEY)
        .bind(site)
        .bind(ticket)
        .bind(key)
        .bind(alarm_at.as_microsecond())
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The keys that a ticket has used up, with the instants at which their alarms came true.
///
/// # Errors
/// When the database fails.
pub async fn keys(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
) -> Result<BTreeMap<String, Timestamp>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, |conn| sqlx::query_as(KEYS)
        .bind(site)
        .bind(ticket)
        .fetch_all(conn)
        .await)?;
    rows.into_iter()
        .map(|(key, at)| Ok((key, instant("notifications", at)?)))
        .collect()
}

/// Keeps a notice for the mail that gathers those of a recipient.
///
/// # Errors
/// When the database fails.
pub async fn postpone(
    tx: &mut Tx,
    site: &str,
    recipient: &Recipient,
    notice: &Postponed,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(POSTPONE)
        .bind(site)
        .bind(recipient.as_slice())
        .bind(notice.ticket)
        .bind(&notice.key)
        .bind(notice.alarm_at.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Whether a mail is ordered that will gather what this transaction postpones for a recipient.
///
/// # Errors
/// When the database fails.
pub async fn is_digest_awaited(
    tx: &mut Tx,
    site: &str,
    recipient: &Recipient,
) -> Result<bool, StoreError> {
    let sql = match &*tx {
        Tx::Sqlite(_) => AWAITED_DIGEST_SQLITE,
        Tx::Postgres(_) => AWAITED_DIGEST_POSTGRES,
    };
    let job: Option<Uuid> = on!(tx, |conn| sqlx::query_scalar(sql)
        .bind(site)
        .bind(hex(recipient))
        .bind(recipient.as_slice())
        .fetch_optional(conn)
        .await)?;
    Ok(job.is_some())
}

/// Gives everything that waits for a recipient to one mail, and answers what the mail holds. A second time it is the same.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    tx: &mut Tx,
    site: &str,
    recipient: &Recipient,
    job: Uuid,
) -> Result<Vec<Postponed>, StoreError> {
    let claimed = claimed(tx, site, recipient, job).await?;
    if !claimed.is_empty() {
        return Ok(claimed);
    }
    on!(tx, |conn| sqlx::query(CLAIM)
        .bind(site)
        .bind(recipient.as_slice())
        .bind(job)
        .execute(conn)
        .await
        .map(drop))?;
    self::claimed(tx, site, recipient, job).await
}

async fn claimed(
    tx: &mut Tx,
    site: &str,
    recipient: &Recipient,
    job: Uuid,
) -> Result<Vec<Postponed>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(CLAIMED)
        .bind(site)
        .bind(recipient.as_slice())
        .bind(job)
        .fetch_all(conn)
        .await)?;
    rows.into_iter()
        .map(|row| {
            Ok(Postponed {
                ticket: row.ticket_id,
                key: row.key,
                alarm_at: instant("postponed_notices", row.alarm_at)?,
            })
        })
        .collect()
}

/// Forgets what went out with a mail.
///
/// # Errors
/// When the database fails.
pub async fn forget(
    tx: &mut Tx,
    site: &str,
    recipient: &Recipient,
    job: Uuid,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(FORGET)
        .bind(site)
        .bind(recipient.as_slice())
        .bind(job)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
