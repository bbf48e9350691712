//! `GET /desk`: the tickets of their sites that somebody is to work on, what is due next first.

use axum::{
    extract::{Query, State},
    response::Html,
};
use jiff::Timestamp;
use minijinja::{Value, context};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    destinations,
    lists::{Asked, Looked},
    session::SignedIn,
    tickets::{ON_A_PAGE, row},
};
use crate::{
    app::App,
    http::{checked::Checked, problem::HttpError},
    lists::{Filter, List},
    show::{self, Moment},
    sites,
    store::{
        self, StoreError, Tx,
        queue::{Position, Queued},
    },
};

/// Which page: below a position.
#[derive(Debug, Default, Deserialize)]
pub struct Page {
    below: Option<String>,
    page: Option<u32>,
}

impl Page {
    /// Where the page begins, and its number. What is no position begins at the top: a link that was cut still leads to work.
    pub(super) fn begins(&self) -> (Position, u32) {
        match self.below.as_deref().and_then(position) {
            Some(below) => (below, self.page.unwrap_or(2).max(2)),
            None => (Position::TOP, 1),
        }
    }
}

/// The position in an address: when it is due (`-`: never) and when it came, in microseconds, and the ticket's id.
pub(super) fn position(text: &str) -> Option<Position> {
    let mut parts = text.splitn(3, '_');
    let due = parts.next()?;
    let instant = |text: &str| Timestamp::from_microsecond(text.parse().ok()?).ok();
    Some(Position {
        due_at: match due {
            "-" => None,
            due => Some(instant(due)?),
        },
        received_at: instant(parts.next()?)?,
        id: Uuid::try_parse(parts.next()?).ok()?,
    })
}

/// The inverse of [`position`].
pub(super) fn address(position: Position) -> String {
    let due = position
        .due_at
        .map_or_else(|| "-".to_owned(), |due| due.as_microsecond().to_string());
    let received = position.received_at.as_microsecond();
    format!("{due}_{received}_{}", position.id.simple())
}

/// The queue.
///
/// # Errors
/// When the database fails.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Checked(Query(filter)): Checked<Query<Filter>>,
    Checked(Query(asked)): Checked<Query<Asked>>,
) -> Result<Html<String>, HttpError> {
    let now = app.clock.now();
    let mut tx = app.store.read().await?;
    let count = store::queue::count(&mut tx, &staff.visible).await?;
    let snoozed = store::snoozes::count(&mut tx, &staff.visible, now).await?;
    let unclassified = store::queue::count_unclassified(&mut tx, &staff.visible).await?;
    let held = store::tickets::count_held(&mut tx, &staff.visible).await?;
    let troubles = destinations::troubles::shown(&mut tx, &app, &staff, now).await?;
    let is_new = count == 0 && store::tickets::count(&mut tx, &staff.visible).await? == 0;
    let most = store::tickets::MOST_COUNTED;
    let beside = context! {
        unclassified => unclassified.min(most),
        held => held.min(most),
        snoozed,
        is_new,
        troubles,
    };
    let looked = Looked {
        app: &app,
        staff: &staff,
        list: List::Queue,
        filter: &filter.cleaned(List::Queue),
        asked: &asked,
        now,
    };
    // What is out of the queue for a while is not among its tickets.
    let count = if count > most {
        count
    } else {
        count.saturating_sub(snoozed)
    };
    looked
        .render(tx, "desk/queue.html", count, most, beside)
        .await
}

/// What a page of a queue shows beside its counts; `queued` has one ticket more than fits where there is another page.
///
/// # Errors
/// When the database fails.
pub(super) async fn list(
    tx: &mut Tx,
    path: &str,
    mut queued: Vec<Queued>,
    number: u32,
    sites: &sites::Table,
    now: Timestamp,
) -> Result<Value, StoreError> {
    let has_older = queued.len() > ON_A_PAGE as usize;
    queued.truncate(ON_A_PAGE as usize);
    let end = queued.last().filter(|_| has_older).map(Queued::position);
    let mut tickets = Vec::with_capacity(queued.len());
    for queued in &queued {
        let due = queued.due_at.map(|due| {
            context! { is_late => due <= now, said => show::due(due, now), ..Value::from(Moment::new(due, now)) }
        });
        let priority = &queued.listed.ticket.priority;
        let row = row(tx, &queued.listed, sites, now).await?;
        let asked = queued.asked_at.map(|asked| Moment::new(asked, now));
        tickets.push(context! { due, asked, priority, ..row });
    }
    Ok(context! {
        tickets,
        page => number,
        has_older,
        has_newer => number > 1,
        older_url => end.map(|end| format!("{path}?below={}&page={}", address(end), number + 1)).unwrap_or_default(),
        newer_url => path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_survives_an_address() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for due_at in [None, Some(at(1_700_000_000)), Some(at(-5))] {
            let there = Position {
                due_at,
                received_at: at(1_600_000_000),
                id: Uuid::from_u128(7),
            };
            assert_eq!(position(&address(there)), Some(there));
        }
    }

    #[test]
    fn what_is_no_position_begins_at_the_top() {
        for text in ["", "-", "_", "x_1_2", "1_2_3", "-_99999999999999999999_0"] {
            let page = Page {
                below: Some(text.to_owned()),
                page: Some(9),
            };
            assert_eq!(page.begins(), (Position::TOP, 1), "{text}");
        }
    }
}
