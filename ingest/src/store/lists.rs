//! The tickets of the desk's lists by a filter. Each statement walks one index in the order of its list; what else the filter asks is looked
//! at on the way, and the way is bounded: see [`page`].

mod merged;
mod walk;

use jiff::Timestamp;
use uuid::Uuid;

use self::{merged::merged, walk::Walk};
use super::{
    StoreError, Tx, instant, list_statements,
    queue::{Position, Queued, QueuedRow},
    tickets::NEVER,
    tx::on,
};
use crate::{
    lists::{List, Wanted},
    staff::VisibleSites,
};

/// What a row shows.
macro_rules! columns {
    () => {
        "select tickets.site_id, tickets.ticket_id, reference, summary, description, email, locale, category, plan, context, status, held, received_at,
            requester_sub, requester_name, account, channel, priority, impact, policy_version, queue_at, awaits, snoozed_until,
            (select count(*) from attachments where attachments.site_id = tickets.site_id and attachments.ticket_id = tickets.ticket_id)
                + (select count(*) from attachment_shares where attachment_shares.site_id = tickets.site_id and attachment_shares.ticket_id = tickets.ticket_id) as attachments,
            (select staff.name from staff where staff.staff_id = tickets.assignee) as assignee_name,
            (select string_agg(t.tag, ' ' order by t.tag) from tags t where t.site_id = tickets.site_id and t.ticket_id = tickets.ticket_id) as tag_line "
    };
}

/// What a filter asks beside the index. A parameter that is null, or a flag that is 0, asks for nothing. A tag is counted, since PostgreSQL
/// answers `exists` from a table of all tickets that have it, which it makes each time.
macro_rules! filtered {
    () => {
        " and (tickets.site_id = $5 or $5 is null)
            and (tickets.status = $6 or $6 is null)
            and (tickets.category = $7 or $7 is null)
            and (tickets.priority = $8 or $8 is null)
            and (tickets.plan = $9 or $9 is null)
            and (tickets.assignee = $10 or $10 is null)
            and ($11 = 0 or tickets.assignee is null)
            and (cast($12 as text) is null or (
                select count(*) from tags asked where asked.site_id = tickets.site_id and asked.ticket_id = tickets.ticket_id and asked.tag = $12
            ) > 0)
            and ((
                tickets.queue_at <= $13 and (tickets.awaits is null or tickets.awaits <> 'answer') and tickets.status in ('new', 'open', 'waiting')
            ) or $13 is null)
            and ($14 = 0 or tickets.queue_at = 9223372036854775807 or tickets.awaits = 'answer' or tickets.status in ('solved', 'closed'))
            and ($15 <> 0 or tickets.snoozed_until is null or tickets.snoozed_until <= $16)
            and ($15 <> 1 or tickets.snoozed_until > $16)
            and ($18 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $19)) "
    };
}

/// Open tickets between two positions.
macro_rules! in_queue {
    ($from:literal, $driver:literal) => {
        concat!(
            " from ",
            $from,
            " where tickets.held is null and tickets.status in ('new', 'open', 'waiting') ",
            $driver,
            " and (tickets.queue_at, tickets.received_at, tickets.ticket_id) > ($20, $1, $2)
              and (tickets.queue_at, tickets.received_at, tickets.ticket_id) <= ($21, $3, $4) ",
            filtered!()
        )
    };
}

/// All tickets between two positions.
macro_rules! in_all {
    ($from:literal, $driver:literal) => {
        concat!(
            " from ", $from, " where tickets.held is null ", $driver,
            " and (tickets.received_at, tickets.ticket_id) < ($1, $2) and (tickets.received_at, tickets.ticket_id) >= ($3, $4) ",
            filtered!()
        )
    };
}

macro_rules! queue_page {
    ($from:literal, $driver:literal) => {
        concat!(
            columns!(),
            in_queue!($from, $driver),
            " order by tickets.queue_at, tickets.received_at, tickets.ticket_id limit $17"
        )
    };
}
macro_rules! all_page {
    ($from:literal, $driver:literal) => {
        concat!(
            columns!(),
            in_all!($from, $driver),
            " order by tickets.received_at desc, tickets.ticket_id desc limit $17"
        )
    };
}
macro_rules! queue_count {
    ($from:literal, $driver:literal) => {
        concat!(
            "select count(*) from (select 1 ",
            in_queue!($from, $driver),
            " limit $17) as counted"
        )
    };
}
macro_rules! all_count {
    ($from:literal, $driver:literal) => {
        concat!(
            "select count(*) from (select 1 ",
            in_all!($from, $driver),
            " limit $17) as counted"
        )
    };
}
/// Where so many tickets of the index end.
macro_rules! queue_end {
    ($driver:literal) => {
        concat!(
            "select queue_at, received_at, ticket_id from tickets where held is null and status in ('new', 'open', 'waiting') ", $driver,
            " and (queue_at, received_at, ticket_id) > ($4, $1, $2) order by queue_at, received_at, ticket_id limit 1 offset $3"
        )
    };
}
macro_rules! all_end {
    ($driver:literal) => {
        concat!(
            "select received_at, received_at, ticket_id from tickets where held is null ", $driver,
            " and (received_at, ticket_id) < ($1, $2) order by received_at desc, ticket_id desc limit 1 offset $3"
        )
    };
}

list_statements! {
    QUEUE = queue_page!("tickets", "");
    QUEUE_OF_SITE = queue_page!("tickets", "and tickets.site_id = $5");
    QUEUE_OF_PERSON = queue_page!("tickets", "and tickets.assignee = $10");
    QUEUE_TAGGED = queue_page!("tags cross join tickets", "and tags.tag = $12 and tickets.site_id = tags.site_id and tickets.ticket_id = tags.ticket_id");
    COUNT_QUEUE = queue_count!("tickets", "");
    COUNT_QUEUE_OF_SITE = queue_count!("tickets", "and tickets.site_id = $5");
    COUNT_QUEUE_OF_PERSON = queue_count!("tickets", "and tickets.assignee = $10");
    COUNT_QUEUE_TAGGED = queue_count!("tags cross join tickets", "and tags.tag = $12 and tickets.site_id = tags.site_id and tickets.ticket_id = tags.ticket_id");
    END_QUEUE = queue_end!("");
    END_QUEUE_OF_SITE = queue_end!("and site_id = $5");
    END_QUEUE_OF_PERSON = queue_end!("and assignee = $5");
    ALL = all_page!("tickets", "");
    ALL_OF_SITE = all_page!("tickets", "and tickets.site_id = $5");
    ALL_OF_CATEGORY = all_page!("tickets", "and tickets.category = $7");
    ALL_OF_PRIORITY = all_page!("tickets", "and tickets.priority = $8");
    ALL_OF_PLAN = all_page!("tickets", "and tickets.plan = $9");
    ALL_OF_PERSON = all_page!("tickets", "and tickets.assignee = $10");
    ALL_TAGGED = all_page!("tags cross join tickets", "and tags.tag = $12 and tickets.site_id = tags.site_id and tickets.ticket_id = tags.ticket_id");
    COUNT_ALL = all_count!("tickets", "");
    COUNT_ALL_OF_SITE = all_count!("tickets", "and tickets.site_id = $5");
    COUNT_ALL_OF_CATEGORY = all_count!("tickets", "and tickets.category = $7");
    COUNT_ALL_OF_PRIORITY = all_count!("tickets", "and tickets.priority = $8");
    COUNT_ALL_OF_PLAN = all_count!("tickets", "and tickets.plan = $9");
    COUNT_ALL_OF_PERSON = all_count!("tickets", "and tickets.assignee = $10");
    COUNT_ALL_TAGGED = all_count!("tags cross join tickets", "and tags.tag = $12 and tickets.site_id = tags.site_id and tickets.ticket_id = tags.ticket_id");
    END_ALL = all_end!("");
    END_ALL_OF_SITE = all_end!("and site_id = $4");
    END_ALL_OF_CATEGORY = all_end!("and category = $4");
    END_ALL_OF_PRIORITY = all_end!("and priority = $4");
    END_ALL_OF_PLAN = all_end!("and plan = $4");
    END_ALL_OF_PERSON = all_end!("and assignee = $4");
    COUNT_TAG = "
        select count(*) from (select 1 from tags where tag = $1 limit 2001) as counted
    ";
}

/// A page looks at so many tickets for those that a filter asks for, and no further: then it says how far it came, and the next begins there.
const LOOKED_AT_MOST: u32 = 5_000;
/// And at so many for a tag: whether a ticket has it stands in another table.
const LOOKED_AT_FOR_A_TAG: u32 = 2_000;
/// Somebody who sees so many sites at the most has the indexes of these walked; who sees more, the one of all.
const WALKS_MOST: usize = 8;
/// A filtered list counts so far.
pub const MOST_COUNTED: u64 = 1_000;
/// Fewer tickets are ordered by themselves; a tag that more have is looked for on the way.
const RARE: i64 = 2_000;

/// A ticket in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The ticket with its place.
    pub queued: Queued,
    /// Who has it.
    pub assignee: Option<String>,
    /// Its tags, by name.
    pub tags: Vec<String>,
    /// Until when it is out of the queue.
    pub snoozed_until: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct FlatRow {
    #[sqlx(flatten)]
    queued: QueuedRow,
    assignee_name: Option<String>,
    tag_line: Option<String>,
    snoozed_until: Option<i64>,
}

impl TryFrom<FlatRow> for Row {
    type Error = StoreError;

    fn try_from(row: FlatRow) -> Result<Self, StoreError> {
        let tags = row.tag_line.unwrap_or_default();
        let until = row.snoozed_until.map(|at| instant("tickets", at));
        Ok(Self {
            queued: row.queued.try_into()?,
            assignee: row.assignee_name,
            tags: tags
                .split(' ')
                .filter(|tag| !tag.is_empty())
                .map(str::to_owned)
                .collect(),
            snoozed_until: until.transpose()?,
        })
    }
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its tickets.
    pub rows: Vec<Row>,
    /// Where it stopped to look, when there is more below that was not looked at.
    pub end: Option<Position>,
}

/// Binds what every statement of a list has; those of the queue have two parameters more.
macro_rules! bound {
    ($query:expr, $list:expr, $visible:expr, $wanted:expr, $above:expr, $end:expr, $most:expr) => {{
        let (wanted, above, end): (&Wanted<'_>, Position, Position) = ($wanted, $above, $end);
        let snoozed: i32 = match ($list, wanted.is_snoozed) {
            (_, true) => 1,
            (List::Queue, false) => 0,
            (List::All, false) => 2,
        };
        let query = $query
            .bind(above.received_at.as_microsecond())
            .bind(above.id)
            .bind(end.received_at.as_microsecond())
            .bind(end.id)
            .bind(wanted.site)
            .bind(wanted.status.map(|status| status.as_str()))
            .bind(wanted.category)
            .bind(wanted.priority)
            .bind(wanted.plan)
            .bind(wanted.assignee)
            .bind(i32::from(wanted.is_nobodys))
            .bind(wanted.tag)
            .bind(wanted.due_before.map(Timestamp::as_microsecond))
            .bind(i32::from(wanted.is_never_due))
            .bind(snoozed)
            .bind(wanted.now.as_microsecond())
            .bind($most)
            .bind($visible.all_flag())
            .bind($visible.staff());
        match $list {
            List::Queue => query.bind(queue_at(above)).bind(queue_at(end)),
            List::All => query,
        }
    }};
}

fn queue_at(position: Position) -> i64 {
    position.due_at.map_or(NEVER, Timestamp::as_microsecond)
}

/// Below every ticket of a list.
const fn bottom(list: List) -> Position {
    match list {
        List::Queue => Position {
            due_at: None,
            received_at: Timestamp::MAX,
            id: Uuid::max(),
        },
        List::All => Position::TOP,
    }
}

/// Above every ticket of a list.
#[must_use]
pub const fn top(list: List) -> Position {
    match list {
        List::Queue => Position::TOP,
        List::All => Position {
            due_at: None,
            received_at: Timestamp::MAX,
            id: Uuid::max(),
        },
    }
}

/// At how many tickets a page looks at the most.
#[must_use]
pub const fn looked_at_most(wanted: &Wanted<'_>) -> u32 {
    match wanted.tag {
        Some(_) => LOOKED_AT_FOR_A_TAG,
        None => LOOKED_AT_MOST,
    }
}

/// At most `most` tickets of a list below `above` that are wanted. What is looked at is bounded by [`looked_at_most`]: a filter that fits one
/// ticket of a million answers as fast as any other, and says where it stopped.
///
/// # Errors
/// When the database fails.
pub async fn page(
    tx: &mut Tx,
    visible: &VisibleSites,
    list: List,
    wanted: &Wanted<'_>,
    above: Position,
    most: u32,
) -> Result<Page, StoreError> {
    let walks = Walk::all(tx, visible, list, wanted).await?;
    let mut parts = Vec::with_capacity(walks.len());
    for walk in &walks {
        let end = walk.end(tx, visible, list, above).await?;
        let (statement, _) = walk.driver.statements(list);
        let found: Vec<FlatRow> = on!(tx, |conn| bound!(
            sqlx::query_as(statement),
            list,
            visible,
            &walk.wanted,
            above,
            end.unwrap_or(bottom(list)),
            i64::from(most)
        )
        .fetch_all(conn)
        .await)?;
        let rows = found.into_iter().map(Row::try_from);
        parts.push((rows.collect::<Result<Vec<_>, StoreError>>()?, end));
    }
    let (rows, end) = merged(list, parts, most as usize, |row: &Row| {
        row.queued.position()
    });
    Ok(Page { rows, end })
}

/// How many tickets of a list are wanted, as far as [`MOST_COUNTED`] and one more; nothing when there are too many to look at them all.
///
/// # Errors
/// When the database fails.
pub async fn count(
    tx: &mut Tx,
    visible: &VisibleSites,
    list: List,
    wanted: &Wanted<'_>,
) -> Result<Option<u64>, StoreError> {
    let most = i64::try_from(MOST_COUNTED + 1).unwrap_or(i64::MAX);
    let (mut all, mut is_cut) = (0, false);
    for walk in Walk::all(tx, visible, list, wanted).await? {
        let stop = walk.end(tx, visible, list, top(list)).await?;
        // So few are looked at for a tag that hardly ever enough of them have it, and each is a look into another table.
        if stop.is_some() && wanted.tag.is_some() {
            return Ok(None);
        }
        let (_, statement) = walk.driver.statements(list);
        let count: i64 = on!(tx, |conn| bound!(
            sqlx::query_scalar(statement),
            list,
            visible,
            &walk.wanted,
            top(list),
            stop.unwrap_or(bottom(list)),
            most
        )
        .fetch_one(conn)
        .await)?;
        all += super::unsigned("tickets", count)?;
        is_cut |= stop.is_some();
        if all > MOST_COUNTED {
            break;
        }
    }
    Ok(Some(all).filter(|all| !is_cut || *all > MOST_COUNTED))
}
