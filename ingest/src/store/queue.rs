//! The tickets that somebody is to work on, of all sites, in the order of the desk.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    StoreError, Tx, instant, list_statements,
    tickets::{AN_ANSWER, Listed, ListedRow, NEVER, counted},
    tx::on,
};
use crate::staff::VisibleSites;

list_statements! {
    DUE_NEXT = "
        select site_id, ticket_id, reference, summary, description, email, locale, category, plan, context, status, held, received_at,
            requester_sub, requester_name, account, channel, priority, impact, policy_version, queue_at, awaits,
            (select count(*) from attachments where attachments.site_id = tickets.site_id and attachments.ticket_id = tickets.ticket_id)
                + (select count(*) from attachment_shares where attachment_shares.site_id = tickets.site_id and attachment_shares.ticket_id = tickets.ticket_id) as attachments
        from tickets
        where held is null and status in ('new', 'open', 'waiting') and (queue_at, received_at, ticket_id) > ($1, $2, $3)
            and ($5 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $6))
        order by queue_at, received_at, ticket_id
        limit $4
    ";
    COUNT_DUE_NEXT = "
        select count(*) from (select 1 from tickets where held is null and status in ('new', 'open', 'waiting') limit 10001) as counted
    ";
    COUNT_DUE_NEXT_OF_SOME = "
        select count(*) from (
            select 1 from tickets
            where held is null and status in ('new', 'open', 'waiting') and site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $1)
                -- Always so. It is the second field of the index of open tickets: SQLite would take the one of all tickets of a site otherwise.
                and queue_at > -1
            limit 10001
        ) as counted
    ";
    UNCLASSIFIED = "
        select site_id, ticket_id, reference, summary, description, email, locale, category, plan, context, status, held, received_at,
            requester_sub, requester_name, account, channel, priority, impact, policy_version, queue_at, awaits,
            (select count(*) from attachments where attachments.site_id = tickets.site_id and attachments.ticket_id = tickets.ticket_id)
                + (select count(*) from attachment_shares where attachment_shares.site_id = tickets.site_id and attachment_shares.ticket_id = tickets.ticket_id) as attachments
        from tickets
        where awaits = 'classification' and held is null and status in ('new', 'open', 'waiting') and (received_at, ticket_id) > ($1, $2)
            and ($4 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
        order by received_at, ticket_id
        limit $3
    ";
    COUNT_UNCLASSIFIED = "
        select count(*) from (
            select 1 from tickets where awaits = 'classification' and held is null and status in ('new', 'open', 'waiting') limit 10001
        ) as counted
    ";
    COUNT_UNCLASSIFIED_OF_SOME = "
        select count(*) from (
            select 1 from tickets
            where awaits = 'classification' and held is null and status in ('new', 'open', 'waiting') and site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $1)
            limit 10001
        ) as counted
    ";
}

/// A ticket in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The ticket with what a list shows.
    pub listed: Listed,
    /// By when a person is to answer.
    pub due_at: Option<Timestamp>,
    /// Since when the requester waits for an answer to what they wrote, where no clock says by when.
    pub asked_at: Option<Timestamp>,
}

impl Queued {
    /// Where a page ends whose last ticket this is.
    #[must_use]
    pub fn position(&self) -> Position {
        Position {
            due_at: self.due_at.or(self.asked_at),
            received_at: self.listed.ticket.received_at,
            id: self.listed.ticket.id,
        }
    }
}

/// Where a page of the queue ends. The next begins below, also when the ticket has moved on since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// When it was due.
    pub due_at: Option<Timestamp>,
    /// When it came.
    pub received_at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

impl Position {
    /// Above everything.
    pub const TOP: Self = Self {
        due_at: Some(Timestamp::MIN),
        received_at: Timestamp::MIN,
        id: Uuid::nil(),
    };
}

#[derive(sqlx::FromRow)]
pub(super) struct QueuedRow {
    #[sqlx(flatten)]
    listed: ListedRow,
    queue_at: i64,
    awaits: Option<String>,
}

impl TryFrom<QueuedRow> for Queued {
    type Error = StoreError;

    fn try_from(row: QueuedRow) -> Result<Self, StoreError> {
        let at = (row.queue_at != NEVER).then(|| instant("tickets", row.queue_at));
        let at = at.transpose()?;
        let is_asked = row.awaits.as_deref() == Some(AN_ANSWER);
        Ok(Self {
            listed: row.listed.try_into()?,
            due_at: at.filter(|_| !is_asked),
            asked_at: at.filter(|_| is_asked),
        })
    }
}

/// The open tickets below `above` that are not held, what is due next first; then those for which nothing is due, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn due_next(
    tx: &mut Tx,
    visible: &VisibleSites,
    above: Position,
    most: u32,
) -> Result<Vec<Queued>, StoreError> {
    let rows: Vec<QueuedRow> = on!(tx, |conn| sqlx::query_as(DUE_NEXT)
        .bind(above.due_at.map_or(NEVER, Timestamp::as_microsecond))
        .bind(above.received_at.as_microsecond())
        .bind(above.id)
        .bind(i64::from(most))
        .bind(visible.all_flag())
        .bind(visible.staff())
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Queued::try_from).collect()
}

/// How many open tickets there are; counted as far as [`super::tickets::MOST_COUNTED`], and one more.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx, visible: &VisibleSites) -> Result<u64, StoreError> {
    counted(tx, visible, COUNT_DUE_NEXT, COUNT_DUE_NEXT_OF_SOME).await
}

/// The open tickets below `above` for which nothing is due because staff have not classified them, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn unclassified(
    tx: &mut Tx,
    visible: &VisibleSites,
    above: Position,
    most: u32,
) -> Result<Vec<Queued>, StoreError> {
    let rows: Vec<QueuedRow> = on!(tx, |conn| sqlx::query_as(UNCLASSIFIED)
        .bind(above.received_at.as_microsecond())
        .bind(above.id)
        .bind(i64::from(most))
        .bind(visible.all_flag())
        .bind(visible.staff())
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Queued::try_from).collect()
}

/// How many there are to classify; counted as far as [`super::tickets::MOST_COUNTED`], and one more.
///
/// # Errors
/// When the database fails.
pub async fn count_unclassified(tx: &mut Tx, visible: &VisibleSites) -> Result<u64, StoreError> {
    let of_some = COUNT_UNCLASSIFIED_OF_SOME;
    counted(tx, visible, COUNT_UNCLASSIFIED, of_some).await
}
