//! Which destinations a ticket went to, and what is there of it.

use jiff::Timestamp;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::destination::{Remote, mirror::Progress};

/// What every statement answers of a link.
macro_rules! columns {
    () => {
        "site_id, ticket_id, destination, begun_at, remote_id, remote_key, url, remote_status, cast(progress as text) as progress, cast(clocks as text) as clocks, linked_at, wanted, settled, pull_wanted, pull_settled"
    };
}

list_statements! {
    WANT = "
        insert into destination_links (site_id, ticket_id, destination, begun_at, progress, clocks, wanted, settled, pull_wanted, pull_settled)
        values ($1, $2, $3, $4, $5, $6, 1, 0, $7, 0)
        on conflict (site_id, ticket_id, destination) do update
        set wanted = destination_links.wanted + 1, pull_wanted = destination_links.pull_wanted + $7
    ";
    INTRODUCE = "
        insert into destination_links (site_id, ticket_id, destination, begun_at, progress, clocks, wanted, settled, pull_wanted, pull_settled)
        values ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0)
        on conflict (site_id, ticket_id, destination) do nothing
    ";
    FIND = concat!("select ", columns!(), "
        from destination_links
        where site_id = $1 and ticket_id = $2 and destination = $3
    ");
    OF_TICKET = concat!("select ", columns!(), "
        from destination_links
        where site_id = $1 and ticket_id = $2
        order by begun_at, destination
    ");
    BY_REMOTE = concat!("select ", columns!(), "
        from destination_links
        where destination = $1 and remote_id = $2
    ");
    SAVE = "
        update destination_links
        set progress = $4
        where site_id = $1 and ticket_id = $2 and destination = $3
    ";
    LINK = "
        update destination_links
        set remote_id = $4, remote_key = $5, url = $6, linked_at = $7
        where site_id = $1 and ticket_id = $2 and destination = $3
    ";
    SEEN = "
        update destination_links
        set remote_status = $4, clocks = $5, url = coalesce($6, url)
        where site_id = $1 and ticket_id = $2 and destination = $3
    ";
    SETTLE = "
        update destination_links
        set settled = $4, pull_settled = $5
        where site_id = $1 and ticket_id = $2 and destination = $3
    ";
}

/// A ticket and a destination that has got it.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The site's key.
    pub site: String,
    /// The ticket.
    pub ticket: Uuid,
    /// The name of the destination.
    pub destination: String,
    /// When it was first to go there.
    pub begun_at: Timestamp,
    /// What it is over there; nothing where it is not there yet, or nothing is kept there.
    pub remote: Option<Remote>,
    /// How its status is called over there.
    pub remote_status: Option<String>,
    /// What is there, and what was begun.
    pub progress: Progress,
    /// Clocks of theirs: a list.
    pub clocks: serde_json::Value,
    /// When it was made over there.
    pub linked_at: Option<Timestamp>,
    /// How often it was asked to be made equal.
    pub wanted: i32,
    /// As which of these it was.
    pub settled: i32,
    /// How often it was asked to be looked at over there.
    pub pull_wanted: i32,
    /// As which of these it was.
    pub pull_settled: i32,
}

impl Link {
    /// Was it asked for again since it was last made equal?
    #[must_use]
    pub const fn is_wanted(&self) -> bool {
        self.wanted != self.settled || self.is_pull_wanted()
    }

    /// Was it asked to be looked at over there since it last was?
    #[must_use]
    pub const fn is_pull_wanted(&self) -> bool {
        self.pull_wanted != self.pull_settled
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    site_id: String,
    ticket_id: Uuid,
    destination: String,
    begun_at: i64,
    remote_id: Option<String>,
    remote_key: Option<String>,
    url: Option<String>,
    remote_status: Option<String>,
    progress: String,
    clocks: String,
    linked_at: Option<i64>,
    wanted: i32,
    settled: i32,
    pull_wanted: i32,
    pull_settled: i32,
}

impl TryFrom<Row> for Link {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |fault| StoreError::Corrupt {
            table: "destination_links",
            fault,
        };
        let at = |at| instant("destination_links", at);
        let (key, url) = (row.remote_key.unwrap_or_default(), row.url);
        Ok(Self {
            site: row.site_id,
            ticket: row.ticket_id,
            destination: row.destination,
            begun_at: at(row.begun_at)?,
            remote: row.remote_id.map(|id| Remote { id, key, url }),
            remote_status: row.remote_status,
            progress: serde_json::from_str(&row.progress)
                .map_err(|_| corrupt("progress that cannot be read"))?,
            clocks: serde_json::from_str(&row.clocks)
                .map_err(|_| corrupt("clocks that cannot be read"))?,
            linked_at: row.linked_at.map(at).transpose()?,
            wanted: row.wanted,
            settled: row.settled,
            pull_wanted: row.pull_wanted,
            pull_settled: row.pull_settled,
        })
    }
}

/// Asks for a ticket to be made equal over there, and with `pull` to be looked at there. The first time makes the link.
///
/// # Errors
/// When the database fails.
pub async fn want(
    tx: &mut Tx,
    (site, ticket, destination): (&str, Uuid, &str),
    pull: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(WANT)
        .bind(site)
        .bind(ticket)
        .bind(destination)
        .bind(now.as_microsecond())
        .bind(Json(Progress::default()))
        .bind(Json(serde_json::json!([])))
        .bind(i32::from(pull))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// A destination that holds no tickets hears of one for the first time.
///
/// # Errors
/// When the database fails.
pub async fn introduce(
    tx: &mut Tx,
    (site, ticket, destination): (&str, Uuid, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(INTRODUCE)
        .bind(site)
        .bind(ticket)
        .bind(destination)
        .bind(now.as_microsecond())
        .bind(Json(Progress::default()))
        .bind(Json(serde_json::json!([])))
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// The link of a ticket and a destination.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut Tx,
    (site, ticket, destination): (&str, Uuid, &str),
) -> Result<Option<Link>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .bind(ticket)
        .bind(destination)
        .fetch_optional(conn)
        .await)?;
    row.map(Link::try_from).transpose()
}

/// Where a ticket went, the first first.
///
/// # Errors
/// When the database fails.
pub async fn of_ticket(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Vec<Link>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(OF_TICKET)
        .bind(site)
        .bind(ticket)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Link::try_from).collect()
}

/// The ticket that they call so, of whichever site.
///
/// # Errors
/// When the database fails.
pub async fn by_remote(
    tx: &mut Tx,
    destination: &str,
    remote_id: &str,
) -> Result<Option<Link>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(BY_REMOTE)
        .bind(destination)
        .bind(remote_id)
        .fetch_optional(conn)
        .await)?;
    row.map(Link::try_from).transpose()
}

/// Keeps how far it has come.
///
/// # Errors
/// When the database fails or has no such link.
pub async fn save(
    tx: &mut Tx,
    (site, ticket, destination): (&str, Uuid, &str),
    progress: &Progress,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SAVE)
        .bind(site)
        .bind(ticket)
        .bind(destination)
        .bind(Json(progress))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// It is over there now.
///
/// # Errors
/// When the database fails or has no such link, or another ticket has this id of theirs.
pub async fn link(
    tx: &mut Tx,
    (site, ticket, destination): (&str, Uuid, &str),
    remote: &Remote,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(LINK)
        .bind(site)
        .bind(ticket)
        .bind(destination)
        .bind(&remote.id)
        .bind(&remote.key)
        .bind(&remote.url)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Keeps how it stands over there: what they call its status, their clocks, where people open it.
///
/// # Errors
/// When the database fails or has no such link.
pub async fn seen(
    tx: &mut Tx,
    (site, ticket, destination): (&str, Uuid, &str),
    status: &str,
    clocks: &serde_json::Value,
    url: Option<&str>,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SEEN)
        .bind(site)
        .bind(ticket)
        .bind(destination)
        .bind(status)
        .bind(Json(clocks))
        .bind(url)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// It was made equal as it was asked for by then.
///
/// # Errors
/// When the database fails or has no such link.
pub async fn settle(
    tx: &mut Tx,
    (site, ticket, destination): (&str, Uuid, &str),
    (wanted, pull_wanted): (i32, i32),
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SETTLE)
        .bind(site)
        .bind(ticket)
        .bind(destination)
        .bind(wanted)
        .bind(pull_wanted)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}
