//! Mailboxes that we write to by ourselves: what they had, and who wants no more.
//!
//! Over all sites: a person has one mailbox, however many products write to it.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::mail::{permission::Mails, recipient::Key};

list_statements! {
    /// Writes the row even where nothing changes: from here to the end of the transaction no other one counts this recipient's mails.
    LOCK = "
        insert into recipients (recipient)
        values ($1)
        on conflict (recipient) do update
        set recipient = excluded.recipient
        returning objected_until
    ";
    OBJECT = "
        insert into recipients (recipient, objected_until)
        values ($1, $2)
        on conflict (recipient) do update
        set objected_until = excluded.objected_until
    ";
    COUNT = "
        select count(*) filter (where site_id = $2 and at > $4) as site_hour, count(*) filter (where site_id = $2) as site_day,
            count(*) filter (where at > $4) as hour, count(*) as day
        from sent_mails
        where recipient = $1 and at > $5 and not (site_id = $2 and job_id = $3) and is_verified >= $6
    ";
    COUNT_ALL = "
        select count(*) from (select 1 from sent_mails where at > $1 limit $2) as recent
    ";
    PUT_MAIL = "
        insert into sent_mails (site_id, job_id, recipient, at, is_verified)
        values ($1, $2, $3, $4, $5)
        on conflict (site_id, job_id) do update
        set recipient = excluded.recipient, at = excluded.at, is_verified = excluded.is_verified
    ";
    FORGET_MAILS = "
        delete from sent_mails where at <= $1 or at > $2
    ";
    FORGET_RECIPIENTS = "
        delete from recipients
        where (objected_until is null or objected_until <= $1)
            and not exists (select 1 from sent_mails where sent_mails.recipient = recipients.recipient)
    ";
}

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

#[derive(sqlx::FromRow)]
struct Counted {
    site_hour: i64,
    site_day: i64,
    hour: i64,
    day: i64,
}

/// Locks a recipient until the transaction ends, and answers until when they want no mail.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, recipient: &Key) -> Result<Option<Timestamp>, StoreError> {
    let until: Option<i64> = on!(tx, |conn| sqlx::query_scalar(LOCK)
        .bind(recipient.as_slice())
        .fetch_one(conn)
        .await)?;
    until.map(|at| instant("recipients", at)).transpose()
}

/// Writes down that a recipient wants no mail until then.
///
/// # Errors
/// When the database fails.
pub async fn object(tx: &mut Tx, recipient: &Key, until: Timestamp) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(OBJECT)
        .bind(recipient.as_slice())
        .bind(until.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// How many mails there were in the hour and the day before `now`, without the one of `job`. The recipient must be locked; the mails to
/// everybody are counted without a lock, and no further than to `everybody_most`.
///
/// For a mail to somebody for whom the product vouches only such mails count: strangers who type the address cannot use up that budget.
///
/// # Errors
/// When the database fails.
pub async fn count(
    tx: &mut Tx,
    recipient: &Key,
    site: &str,
    job: Uuid,
    is_verified: bool,
    everybody_most: u32,
    now: Timestamp,
) -> Result<Mails, StoreError> {
    let [hour_ago, day_ago] = [HOUR, DAY].map(|span| before(now, span));
    let counted: Counted = on!(tx, |conn| sqlx::query_as(COUNT)
        .bind(recipient.as_slice())
        .bind(site)
        .bind(job)
        .bind(hour_ago)
        .bind(day_ago)
        .bind(i32::from(is_verified))
        .fetch_one(conn)
        .await)?;
    let everybody: i64 = on!(tx, |conn| sqlx::query_scalar(COUNT_ALL)
        .bind(hour_ago)
        .bind(i64::from(everybody_most))
        .fetch_one(conn)
        .await)?;
    let number = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Mails {
        site_hour: number(counted.site_hour),
        site_day: number(counted.site_day),
        hour: number(counted.hour),
        day: number(counted.day),
        everybody_hour: number(everybody),
    })
}

/// Writes down that the mail of `job` is being sent; a repeated attempt is the same mail, at another time.
///
/// # Errors
/// When the database fails.
pub async fn put_mail(
    tx: &mut Tx,
    recipient: &Key,
    site: &str,
    job: Uuid,
    is_verified: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUT_MAIL)
        .bind(site)
        .bind(job)
        .bind(recipient.as_slice())
        .bind(now.as_microsecond())
        .bind(i32::from(is_verified))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Forgets mails that count no more, and recipients of whom nothing else is known. Mails of the far future go too: they come of a clock
/// that was set back, and would count for ever.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    let tomorrow = now.saturating_add(DAY).unwrap_or(Timestamp::MAX);
    on!(tx, |conn| sqlx::query(FORGET_MAILS)
        .bind(before(now, DAY))
        .bind(tomorrow.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    on!(tx, |conn| sqlx::query(FORGET_RECIPIENTS)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

fn before(now: Timestamp, span: SignedDuration) -> i64 {
    now.saturating_sub(span)
        .unwrap_or(Timestamp::MIN)
        .as_microsecond()
}
