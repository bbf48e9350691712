//! What happened to tickets lately, of all sites.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, instant, list_statements, tx::on};

list_statements! {
    SINCE = "
        select timeline.site_id, timeline.ticket_id, tickets.reference, timeline.seq, timeline.kind, timeline.at
        from timeline
        join tickets on tickets.site_id = timeline.site_id and tickets.ticket_id = timeline.ticket_id
        where timeline.at > $1 and tickets.held is null
        order by timeline.at, timeline.ticket_id, timeline.seq
        limit 500
    ";
}

/// A fact that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// Of which site.
    pub site: String,
    /// To which ticket.
    pub ticket: Uuid,
    /// Its reference.
    pub reference: String,
    /// The fact's place on its timeline.
    pub seq: i32,
    /// The fact's kind.
    pub kind: String,
    /// When.
    pub at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    site_id: String,
    ticket_id: Uuid,
    reference: String,
    seq: i32,
    kind: String,
    at: i64,
}

/// The facts of tickets that are not held, written after an instant, at most 500, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn since(tx: &mut Tx, after: Timestamp) -> Result<Vec<Happened>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(SINCE)
        .bind(after.as_microsecond())
        .fetch_all(conn)
        .await)?;
    let happened = |row: Row| {
        Ok(Happened {
            site: row.site_id,
            ticket: row.ticket_id,
            reference: row.reference,
            seq: row.seq,
            kind: row.kind,
            at: instant("timeline", row.at)?,
        })
    };
    rows.into_iter().map(happened).collect()
}
