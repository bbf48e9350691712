//! Sessions of staff. The cookie holds a token, the database its hash.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};

list_statements! {
    OPEN = "
        insert into staff_sessions (token_hash, staff_id, created_at, expires_at, last_used_at, device, by_provider)
        values ($1, $2, $3, $4, $3, $5, $6)
    ";
    FORGET_EXPIRED = "
        delete from staff_sessions where expires_at <= $1 or coalesce(last_used_at, created_at) <= $2
    ";
    USE = "
        update staff_sessions set last_used_at = $2 where token_hash = $1
    ";
    OF_STAFF = "
        select token_hash, created_at, last_used_at, device, by_provider
        from staff_sessions
        where staff_id = $1 and expires_at > $2 and coalesce(last_used_at, created_at) > $3
        order by coalesce(last_used_at, created_at) desc, token_hash
    ";
    CLOSE = "
        delete from staff_sessions where token_hash = $1
    ";
    CLOSE_ONE_OF = "
        delete from staff_sessions where staff_id = $1 and token_hash = $2
    ";
    CLOSE_OTHERS_OF = "
        delete from staff_sessions where staff_id = $1 and token_hash <> $2
    ";
}

/// What is kept of a session's token.
pub type TokenHash = [u8; 32];

/// A session, as its owner sees it in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What is kept of its token.
    pub token_hash: TokenHash,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last, to within some minutes.
    pub last_used_at: Timestamp,
    /// Browser and system by name; unknown for those that began before this was kept.
    pub device: Option<String>,
    /// Did it begin with the word of a provider?
    pub by_provider: bool,
}

/// How a session begins.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    /// Browser and system by name.
    pub device: &'a str,
    /// With the word of a provider?
    pub by_provider: bool,
}

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Without use.
    pub idle: SignedDuration,
    /// At the most.
    pub most: SignedDuration,
}

impl Limits {
    /// What was used last before this instant has ended.
    #[must_use]
    pub fn used_after(&self, now: Timestamp) -> Timestamp {
        now.saturating_sub(self.idle).unwrap_or(Timestamp::MIN)
    }
}

/// Opens a session, and forgets those that have ended.
///
/// # Errors
/// When the database fails.
pub async fn open(
    tx: &mut Tx,
    token_hash: TokenHash,
    staff: Uuid,
    beginning: Beginning<'_>,
    limits: Limits,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(FORGET_EXPIRED)
        .bind(now.as_microsecond())
        .bind(limits.used_after(now).as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    let expires_at = now.saturating_add(limits.most).unwrap_or(now);
    let rows = on!(tx, |conn| sqlx::query(OPEN)
        .bind(token_hash.as_slice())
        .bind(staff)
        .bind(now.as_microsecond())
        .bind(expires_at.as_microsecond())
        .bind(beginning.device)
        .bind(i32::from(beginning.by_provider))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Writes down that a session was used.
///
/// # Errors
/// When the database fails.
pub async fn used(tx: &mut Tx, token_hash: TokenHash, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(USE)
        .bind(token_hash.as_slice())
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    token_hash: Vec<u8>,
    created_at: i64,
    last_used_at: Option<i64>,
    device: Option<String>,
    by_provider: Option<i32>,
}

impl TryFrom<Row> for Session {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let token_hash = row.token_hash.try_into().map_err(|_| StoreError::Corrupt {
            table: "staff_sessions",
            fault: "a digest of another length",
        })?;
        Ok(Self {
            token_hash,
            created_at: instant("staff_sessions", row.created_at)?,
            last_used_at: instant("staff_sessions", row.last_used_at.unwrap_or(row.created_at))?,
            device: row.device,
            by_provider: row.by_provider == Some(1),
        })
    }
}

/// Somebody's sessions that have not ended, what was used last first.
///
/// # Errors
/// When the database fails.
pub async fn of_staff(
    tx: &mut Tx,
    staff: Uuid,
    limits: Limits,
    now: Timestamp,
) -> Result<Vec<Session>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(OF_STAFF)
        .bind(staff)
        .bind(now.as_microsecond())
        .bind(limits.used_after(now).as_microsecond())
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Session::try_from).collect()
}

/// Ends a session, if it is there.
///
/// # Errors
/// When the database fails.
pub async fn close(tx: &mut Tx, token_hash: TokenHash) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(CLOSE)
        .bind(token_hash.as_slice())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Ends a session of somebody; `false` when they have no such session.
///
/// # Errors
/// When the database fails.
pub async fn close_one_of(
    tx: &mut Tx,
    staff: Uuid,
    token_hash: TokenHash,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(CLOSE_ONE_OF)
        .bind(staff)
        .bind(token_hash.as_slice())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Ends all sessions of somebody but one, or all of them; answers how many that were.
///
/// # Errors
/// When the database fails.
pub async fn close_others_of(
    tx: &mut Tx,
    staff: Uuid,
    but: Option<TokenHash>,
) -> Result<u64, StoreError> {
    // No token has an empty hash.
    let but = but.map(|hash| hash.to_vec()).unwrap_or_default();
    let rows = on!(tx, |conn| sqlx::query(CLOSE_OTHERS_OF)
        .bind(staff)
        .bind(but)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows)
}
