//! Tickets.

use cornerdesk_shared::{page_context::PageContext, reference::Reference};
use jiff::Timestamp;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::{
    queue::Place,
    staff::VisibleSites,
    ticket::{Fact, Held, Requester, Status, Ticket},
};

list_statements! {
    END_OF_PAGE = "
        select site_id, ticket_id
        from tickets
        where (site_id, ticket_id) > ($1, $2)
        order by site_id, ticket_id
        limit 1
        offset $3
    ";
    INSERT = "
        insert into tickets (site_id, ticket_id, reference, summary, description, email, locale, category, plan, context, status, held, received_at,
            requester_sub, requester_name, account, channel, priority, impact, policy_version, queue_at, awaits)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
        on conflict (reference) do nothing
    ";
    FIND = "
        select site_id, ticket_id, reference, summary, description, email, locale, category, plan, context, status, held, received_at,
            requester_sub, requester_name, account, channel, priority, impact, policy_version
        from tickets
        where site_id = $1 and ticket_id = $2
    ";
    FIND_BY_REFERENCE = "
        select site_id, ticket_id, reference, summary, description, email, locale, category, plan, context, status, held, received_at,
            requester_sub, requester_name, account, channel, priority, impact, policy_version
        from tickets
        where reference = $1
    ";
    LATEST = "
        select site_id, ticket_id, reference, summary, description, email, locale, category, plan, context, status, held, received_at,
            requester_sub, requester_name, account, channel, priority, impact, policy_version,
            (select count(*) from attachments where attachments.site_id = tickets.site_id and attachments.ticket_id = tickets.ticket_id)
                + (select count(*) from attachment_shares where attachment_shares.site_id = tickets.site_id and attachment_shares.ticket_id = tickets.ticket_id) as attachments
        from tickets
        where held is null and (received_at, ticket_id) < ($1, $2)
            and ($4 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
        order by received_at desc, ticket_id desc
        limit $3
    ";
    COUNT = "
        select count(*) from (select 1 from tickets where held is null limit 10001) as counted
    ";
    COUNT_OF_SOME = "
        select count(*) from (
            select 1 from tickets where held is null and site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $1) limit 10001
        ) as counted
    ";
    LATEST_HELD = "
        select site_id, ticket_id, reference, summary, description, email, locale, category, plan, context, status, held, received_at,
            requester_sub, requester_name, account, channel, priority, impact, policy_version,
            (select count(*) from attachments where attachments.site_id = tickets.site_id and attachments.ticket_id = tickets.ticket_id)
                + (select count(*) from attachment_shares where attachment_shares.site_id = tickets.site_id and attachment_shares.ticket_id = tickets.ticket_id) as attachments,
            (select data from timeline where timeline.site_id = tickets.site_id and timeline.ticket_id = tickets.ticket_id and kind = 'held' order by seq desc limit 1) as fact
        from tickets
        where held is not null and (received_at, ticket_id) < ($1, $2)
            and ($4 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
        order by received_at desc, ticket_id desc
        limit $3
    ";
    COUNT_HELD = "
        select count(*) from (select 1 from tickets where held is not null limit 10001) as counted
    ";
    COUNT_HELD_OF_SOME = "
        select count(*) from (
            select 1 from tickets where held is not null and site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $1) limit 10001
        ) as counted
    ";
    PLACE = "
        update tickets
        set queue_at = $3, awaits = $4
        where site_id = $1 and ticket_id = $2
    ";
    UPDATE = "
        update tickets
        set category = $3, plan = $4, priority = $5, status = $6, policy_version = $7
        where site_id = $1 and ticket_id = $2
    ";
    RELEASE = "
        update tickets
        set held = null
        where site_id = $1 and ticket_id = $2 and held is not null
    ";
    LOCK = "
        update tickets
        set status = status
        where site_id = $1 and ticket_id = $2
    ";
}

#[derive(sqlx::FromRow)]
struct Row {
    site_id: String,
    ticket_id: Uuid,
    reference: String,
    summary: String,
    description: String,
    email: String,
    locale: String,
    category: Option<String>,
    plan: Option<String>,
    context: Json<PageContext>,
    status: String,
    held: Option<String>,
    received_at: i64,
    requester_sub: Option<String>,
    requester_name: Option<String>,
    account: Option<String>,
    channel: Option<String>,
    priority: Option<String>,
    impact: Option<String>,
    policy_version: Option<i32>,
}

impl TryFrom<Row> for Ticket {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |fault| StoreError::Corrupt {
            table: "tickets",
            fault,
        };
        Ok(Self {
            site: row.site_id,
            id: row.ticket_id,
            reference: Reference::parse(&row.reference)
                .map_err(|_| corrupt("a reference with a wrong check symbol"))?,
            summary: row.summary,
            description: row.description,
            email: row.email,
            locale: row.locale,
            category: row.category,
            plan: row.plan,
            context: row.context.0,
            status: Status::from_name(&row.status).ok_or_else(|| corrupt("an unknown status"))?,
            held: row
                .held
                .map(|name| Held::from_name(&name).ok_or_else(|| corrupt("an unknown reason")))
                .transpose()?,
            received_at: instant("tickets", row.received_at)?,
            requester: row.requester_sub.map(|sub| Requester {
                sub,
                name: row.requester_name,
            }),
            account: row.account,
            channel: row.channel,
            priority: row.priority,
            impact: row.impact,
            policy_version: (row.policy_version)
                .map(|version| u32::try_from(version).map_err(|_| corrupt("a negative version")))
                .transpose()?,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct ListedRow {
    #[sqlx(flatten)]
    ticket: Row,
    attachments: i64,
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    #[sqlx(flatten)]
    listed: ListedRow,
    fact: Option<Json<Fact>>,
}

impl TryFrom<ListedRow> for Listed {
    type Error = StoreError;

    fn try_from(row: ListedRow) -> Result<Self, StoreError> {
        Ok(Self {
            ticket: row.ticket.try_into()?,
            attachments: super::unsigned("tickets", row.attachments)?,
        })
    }
}

/// Counting goes no further, so that a page with a count costs the same with a million tickets.
pub const MOST_COUNTED: u64 = 10_000;

/// A ticket in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The ticket.
    pub ticket: Ticket,
    /// How many attachments it has.
    pub attachments: u64,
}

/// Where a page of the list ends: its last ticket. The next page begins below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The ticket's arrival.
    pub received_at: Timestamp,
    /// The ticket's id.
    pub id: Uuid,
}

impl Cursor {
    /// Above the newest ticket.
    pub const TOP: Self = Self {
        received_at: Timestamp::MAX,
        id: Uuid::max(),
    };
}

/// Adds a ticket; `false` when another ticket has the reference, and then nothing was added.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, ticket: &Ticket) -> Result<bool, StoreError> {
    insert_at(tx, ticket, Place::default()).await
}

/// [`insert`], at a place in the queue.
///
/// # Errors
/// When the database fails.
pub async fn insert_at(tx: &mut Tx, ticket: &Ticket, place: Place) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(INSERT)
        .bind(&ticket.site)
        .bind(ticket.id)
        .bind(ticket.reference.to_string())
        .bind(&ticket.summary)
        .bind(&ticket.description)
        .bind(&ticket.email)
        .bind(&ticket.locale)
        .bind(&ticket.category)
        .bind(&ticket.plan)
        .bind(Json(&ticket.context))
        .bind(ticket.status.as_str())
        .bind(ticket.held.map(Held::as_str))
        .bind(ticket.received_at.as_microsecond())
        .bind(ticket.requester.as_ref().map(|requester| &requester.sub))
        .bind((ticket.requester.as_ref()).and_then(|requester| requester.name.as_ref()))
        .bind(&ticket.account)
        .bind(&ticket.channel)
        .bind(&ticket.priority)
        .bind(&ticket.impact)
        .bind(ticket.policy_version.map(u32::cast_signed))
        .bind(queue_at(place))
        .bind(awaits(place))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 {
        super::search::add_ticket(tx, ticket).await?;
    }
    Ok(rows == 1)
}

/// Moves a ticket to its place in the queue.
///
/// # Errors
/// When the database fails or has no such ticket.
pub async fn put_in_queue(
    tx: &mut Tx,
    site: &str,
    id: Uuid,
    place: Place,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PLACE)
        .bind(site)
        .bind(id)
        .bind(queue_at(place))
        .bind(awaits(place))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// What has to be done before something can be due, or what stands at this place although nothing is.
fn awaits(place: Place) -> Option<&'static str> {
    if place.is_unclassified {
        Some("classification")
    } else {
        place
            .asked_at
            .filter(|_| place.due_at.is_none())
            .map(|_| AN_ANSWER)
    }
}

/// The requester wrote, no clock runs, and `queue_at` says since when they wait.
pub(super) const AN_ANSWER: &str = "answer";

/// A place in the queue at which nothing is due.
pub(super) const NEVER: i64 = i64::MAX;

/// As it is kept, so that what is not due comes last without a case of its own in the index.
fn queue_at(place: Place) -> i64 {
    let at = place.due_at.or(place.asked_at);
    at.map_or(NEVER, Timestamp::as_microsecond)
}

/// A ticket by its id.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, site: &str, id: Uuid) -> Result<Option<Ticket>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .bind(id)
        .fetch_optional(conn)
        .await)?;
    row.map(Ticket::try_from).transpose()
}

/// A ticket by its reference, of whichever site: for staff of the installation.
///
/// # Errors
/// When the database fails.
pub async fn find_by_reference(
    tx: &mut Tx,
    reference: Reference,
) -> Result<Option<Ticket>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND_BY_REFERENCE)
        .bind(reference.to_string())
        .fetch_optional(conn)
        .await)?;
    row.map(Ticket::try_from).transpose()
}

/// The latest tickets of the visible sites below `cursor` that are not held, newest first.
///
/// # Errors
/// When the database fails.
pub async fn latest(
    tx: &mut Tx,
    visible: &VisibleSites,
    cursor: Cursor,
    most: u32,
) -> Result<Vec<Listed>, StoreError> {
    let rows: Vec<ListedRow> = on!(tx, |conn| sqlx::query_as(LATEST)
        .bind(cursor.received_at.as_microsecond())
        .bind(cursor.id)
        .bind(i64::from(most))
        .bind(visible.all_flag())
        .bind(visible.staff())
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Listed::try_from).collect()
}

/// The latest held tickets of the visible sites below `cursor`, newest first, each with the fact that says why.
///
/// # Errors
/// When the database fails.
pub async fn latest_held(
    tx: &mut Tx,
    visible: &VisibleSites,
    cursor: Cursor,
    most: u32,
) -> Result<Vec<(Listed, Option<Fact>)>, StoreError> {
    let rows: Vec<HeldRow> = on!(tx, |conn| sqlx::query_as(LATEST_HELD)
        .bind(cursor.received_at.as_microsecond())
        .bind(cursor.id)
        .bind(i64::from(most))
        .bind(visible.all_flag())
        .bind(visible.staff())
        .fetch_all(conn)
        .await)?;
    rows.into_iter()
        .map(|row| Ok((row.listed.try_into()?, row.fact.map(|fact| fact.0))))
        .collect()
}

/// Lets a held ticket in; `false` when it is not held, and then nothing changed.
///
/// # Errors
/// When the database fails.
pub async fn release(tx: &mut Tx, site: &str, id: Uuid) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(RELEASE)
        .bind(site)
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Writes down what facts have changed of a ticket: category, plan, priority, status and the version whose terms hold.
///
/// # Errors
/// When the database fails or has no such ticket.
pub async fn update(tx: &mut Tx, ticket: &Ticket) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(UPDATE)
        .bind(&ticket.site)
        .bind(ticket.id)
        .bind(&ticket.category)
        .bind(&ticket.plan)
        .bind(&ticket.priority)
        .bind(ticket.status.as_str())
        .bind(ticket.policy_version.map(u32::cast_signed))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// How many tickets of the visible sites are held. Nobody reads more than [`MOST_COUNTED`]: one above it says that there are more.
///
/// # Errors
/// When the database fails.
pub async fn count_held(tx: &mut Tx, visible: &VisibleSites) -> Result<u64, StoreError> {
    counted(tx, visible, COUNT_HELD, COUNT_HELD_OF_SOME).await
}

/// How many tickets of the visible sites there are that are not held. Nobody reads more than [`MOST_COUNTED`]: one above it says that there are more.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx, visible: &VisibleSites) -> Result<u64, StoreError> {
    counted(tx, visible, COUNT, COUNT_OF_SOME).await
}

/// Counts with a statement for all sites, which an index answers alone, or with one for some.
pub(super) async fn counted(
    tx: &mut Tx,
    visible: &VisibleSites,
    of_all: &'static str,
    of_some: &'static str,
) -> Result<u64, StoreError> {
    let count: i64 = if visible.is_all() {
        on!(tx, |conn| sqlx::query_scalar(of_all).fetch_one(conn).await)?
    } else {
        on!(tx, |conn| sqlx::query_scalar(of_some)
            .bind(visible.staff())
            .fetch_one(conn)
            .await)?
    };
    super::unsigned("tickets", count)
}

/// Makes others who do the same wait until this transaction ends: what is read of the ticket afterwards stays so.
///
/// # Errors
/// When the database fails, or there is no such ticket.
pub async fn lock(tx: &mut Tx, site: &str, id: Uuid) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(LOCK)
        .bind(site)
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// The last ticket of a page of `most` that begins after `after`, in the order of all; nothing when fewer are left.
///
/// # Errors
/// When the database fails.
pub async fn end_of_page(
    tx: &mut Tx,
    after: &(String, Uuid),
    most: u32,
) -> Result<Option<(String, Uuid)>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(END_OF_PAGE)
        .bind(&after.0)
        .bind(after.1)
        .bind(i64::from(most.saturating_sub(1)))
        .fetch_optional(conn)
        .await)?)
}
