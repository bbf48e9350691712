//! `GET /desk/reports/tickets.csv`: the tickets of a period.

use axum::{
    extract::{Query, State},
    response::Response,
};
use cornerdesk_shared::problem::ProblemKind;

use super::{Choice, Chosen, file};
use crate::{
    app::App,
    audit::{Act, By},
    desk::session::Lead,
    http::{checked::Checked, problem::HttpError},
    reports::export,
    store,
};

/// Most rows: what a spreadsheet opens at once, and a process holds without feeling it (about 15 MB).
const MOST_ROWS: usize = 50_000;

/// The table; that it was taken is in the log of what staff did. Nothing is left out in silence: what has more rows than it may is refused.
///
/// # Errors
/// When there are too many tickets or the database fails.
pub async fn tickets(
    State(app): State<App>,
    Lead(staff): Lead,
    Checked(Query(choice)): Checked<Query<Choice>>,
) -> Result<Response, HttpError> {
    let sites = app.sites.all().await?;
    let chosen = Chosen::of(&choice, &sites, &staff, &app);
    let mut tx = app.store.read().await?;
    let rows = store::reports::export(&mut tx, chosen.which(), MOST_ROWS + 1).await?;
    tx.rollback().await?;
    if rows.len() > MOST_ROWS {
        return Err(HttpError::new(
            ProblemKind::MalformedRequest,
            format!(
                "There are more than {MOST_ROWS} tickets in these days. Choose fewer days or one site."
            ),
        ));
    }
    let table = export::tickets(&rows)?;
    let act = Act::Exported {
        site: chosen.site.clone(),
        from: chosen.period.from,
        to: chosen.period.to,
        rows: rows.len() as u64,
    };
    let mut tx = app.store.write().await?;
    store::audit::append(&mut tx, By::Staff(staff.id), &act, app.clock.now()).await?;
    tx.commit().await?;
    Ok(file("tickets", &chosen.period, table))
}
