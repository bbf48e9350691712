//! What is known of each destination: whether it works, its sealed secrets, and how far a ticket was handed on.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};

list_statements! {
    DECLARE = "
        insert into destination_states (destination, kind, declared_at)
        values ($1, $2, $3)
        on conflict (destination) do update set kind = $2, removed_at = null
    ";
    REMOVE = "
        update destination_states set removed_at = $2
        where destination = $1 and removed_at is null
    ";
    LIST = "
        select destination, kind, declared_at, removed_at, paused_at, paused_by, disabled_at, disabled_why, asked_until
        from destination_states
        order by destination
    ";
    FIND = "
        select destination, kind, declared_at, removed_at, paused_at, paused_by, disabled_at, disabled_why, asked_until
        from destination_states
        where destination = $1
    ";
    PAUSE = "
        update destination_states set paused_at = $2, paused_by = $3
        where destination = $1 and paused_at is null
    ";
    RESUME = "
        update destination_states set paused_at = null, paused_by = null, disabled_at = null, disabled_why = null
        where destination = $1 and (paused_at is not null or disabled_at is not null)
    ";
    DISABLE = "
        update destination_states set disabled_at = $2, disabled_why = $3
        where destination = $1 and disabled_at is null
    ";
    ASKED = "
        update destination_states set asked_until = $2
        where destination = $1
    ";
    CLAIM_POLL = "
        update destination_states set polled_at = $2
        where destination = $1 and (polled_at is null or polled_at <= $3)
    ";
    SECRETS = "
        select field, sealed from destination_secrets
        where destination = $1
        order by field
    ";
    SECRETS_SET = "
        select field, set_at, set_by from destination_secrets
        where destination = $1
        order by field
    ";
    PUT_SECRET = "
        insert into destination_secrets (destination, field, sealed, set_at, set_by)
        values ($1, $2, $3, $4, $5)
        on conflict (destination, field) do update set sealed = $3, set_at = $4, set_by = $5
    ";
    FORGET_SECRET = "
        delete from destination_secrets where destination = $1 and field = $2
    ";
    CURSOR = "
        select seq from destination_cursors where site_id = $1 and ticket_id = $2
    ";
    MOVE_CURSOR = "
        insert into destination_cursors (site_id, ticket_id, seq)
        values ($1, $2, $3)
        on conflict (site_id, ticket_id) do update set seq = $3
        where destination_cursors.seq < $3
    ";
}

/// What is known of a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Its name in the configuration.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// When a service first had it in its configuration.
    pub declared_at: Timestamp,
    /// When none had it any more.
    pub removed_at: Option<Timestamp>,
    /// Since when it is paused, and by whom.
    pub paused: Option<(Timestamp, String)>,
    /// Since when nothing can come of it, and why.
    pub disabled: Option<(Timestamp, String)>,
    /// Up to when it was asked what changed over there.
    pub asked_until: Option<Timestamp>,
}

impl State {
    /// May anything be sent to it?
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.removed_at.is_none() && self.paused.is_none() && self.disabled.is_none()
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    destination: String,
    kind: String,
    declared_at: i64,
    removed_at: Option<i64>,
    paused_at: Option<i64>,
    paused_by: Option<String>,
    disabled_at: Option<i64>,
    disabled_why: Option<String>,
    asked_until: Option<i64>,
}

impl TryFrom<Row> for State {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let at = |at: Option<i64>| at.map(|at| instant("destination_states", at)).transpose();
        let since = |since: Option<i64>, words: Option<String>| -> Result<_, StoreError> {
            Ok(at(since)?.map(|since| (since, words.unwrap_or_default())))
        };
        Ok(Self {
            name: row.destination,
            kind: row.kind,
            declared_at: instant("destination_states", row.declared_at)?,
            removed_at: at(row.removed_at)?,
            paused: since(row.paused_at, row.paused_by)?,
            disabled: since(row.disabled_at, row.disabled_why)?,
            asked_until: at(row.asked_until)?,
        })
    }
}

/// Says which destinations a service has in its configuration: names and kinds. Others that were known are not used any more.
///
/// # Errors
/// When the database fails.
pub async fn declare(
    tx: &mut Tx,
    configured: &[(&str, &str)],
    now: Timestamp,
) -> Result<(), StoreError> {
    for known in list(tx).await? {
        if known.removed_at.is_none() && !configured.iter().any(|(name, _)| *name == known.name) {
            on!(tx, |conn| sqlx::query(REMOVE)
                .bind(&known.name)
                .bind(now.as_microsecond())
                .execute(conn)
                .await
                .map(drop))?;
        }
    }
    for (name, kind) in configured {
        on!(tx, |conn| sqlx::query(DECLARE)
            .bind(*name)
            .bind(*kind)
            .bind(now.as_microsecond())
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Every destination that was ever known, by its name.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<State>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(LIST).fetch_all(conn).await)?;
    rows.into_iter().map(State::try_from).collect()
}

/// What is known of a destination.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, name: &str) -> Result<Option<State>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(name)
        .fetch_optional(conn)
        .await)?;
    row.map(State::try_from).transpose()
}

/// Stops it; `false` when it is stopped already, or not known.
///
/// # Errors
/// When the database fails.
pub async fn pause(tx: &mut Tx, name: &str, by: &str, now: Timestamp) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PAUSE)
        .bind(name)
        .bind(now.as_microsecond())
        .bind(by)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Lets it go on, whether somebody stopped it or it stopped itself; `false` when it is neither. Its jobs are made due by
/// [`super::jobs::begin_anew`].
///
/// # Errors
/// When the database fails.
pub async fn resume(tx: &mut Tx, name: &str) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(RESUME)
        .bind(name)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// It stops itself: nothing can come of it until somebody changes something. `false` when it did before.
///
/// # Errors
/// When the database fails.
pub async fn disable(
    tx: &mut Tx,
    name: &str,
    why: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(DISABLE)
        .bind(name)
        .bind(now.as_microsecond())
        .bind(why)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Keeps up to when it was asked what changed over there.
///
/// # Errors
/// When the database fails.
pub async fn asked(tx: &mut Tx, name: &str, until: Timestamp) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(ASKED)
        .bind(name)
        .bind(until.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Takes the turn to ask it what changed, unless somebody has taken one since `before`.
///
/// # Errors
/// When the database fails.
pub async fn claim_poll(
    tx: &mut Tx,
    name: &str,
    now: Timestamp,
    before: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(CLAIM_POLL)
        .bind(name)
        .bind(now.as_microsecond())
        .bind(before.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Its sealed secrets by the names of their fields.
///
/// # Errors
/// When the database fails.
pub async fn secrets(tx: &mut Tx, name: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(SECRETS)
        .bind(name)
        .fetch_all(conn)
        .await)?)
}

/// Which of its secrets are kept, since when, and who gave them.
///
/// # Errors
/// When the database fails.
pub async fn secrets_set(
    tx: &mut Tx,
    name: &str,
) -> Result<Vec<(String, Timestamp, String)>, StoreError> {
    let rows: Vec<(String, i64, String)> = on!(tx, |conn| sqlx::query_as(SECRETS_SET)
        .bind(name)
        .fetch_all(conn)
        .await)?;
    let given = rows.into_iter().map(|(field, at, by)| {
        let at = instant("destination_secrets", at)?;
        Ok((field, at, by))
    });
    given.collect()
}

/// Keeps a sealed secret in place of the one before.
///
/// # Errors
/// When the database fails.
pub async fn put_secret(
    tx: &mut Tx,
    (name, field): (&str, &str),
    sealed: &[u8],
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUT_SECRET)
        .bind(name)
        .bind(field)
        .bind(sealed)
        .bind(now.as_microsecond())
        .bind(by)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Forgets a secret; `false` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn forget_secret(tx: &mut Tx, name: &str, field: &str) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(FORGET_SECRET)
        .bind(name)
        .bind(field)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The number of the last fact of a ticket that was handed on; nothing when none was.
///
/// # Errors
/// When the database fails.
pub async fn cursor(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Option<i32>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(CURSOR)
        .bind(site)
        .bind(ticket)
        .fetch_optional(conn)
        .await)?)
}

/// Moves it on; `false` when somebody has moved it as far, or further, meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn move_cursor(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    seq: i32,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(MOVE_CURSOR)
        .bind(site)
        .bind(ticket)
        .bind(seq)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
