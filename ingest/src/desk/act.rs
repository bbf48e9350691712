//! What every form does by which staff move a clock: the act in its transaction, and back to the ticket.

use axum::response::Redirect;
use cornerdesk_shared::problem::ProblemKind;

use super::ticket;
use crate::{
    app::App,
    handling::{self, Act, NotDone},
    http::problem::HttpError,
    store::staff::Staff,
    suggestions::Published,
};

/// Does it in the name of who is signed in, and shows the ticket. What a colleague has done meanwhile is shown as well.
///
/// # Errors
/// When there is no such ticket, its policy does not know what was chosen, or the database fails.
pub(super) async fn done(
    app: &App,
    staff: &Staff,
    reference: &str,
    act: Act,
) -> Result<Redirect, HttpError> {
    let ticket = ticket::read(app, staff, reference).await?;
    let mut tx = app.store.read_for(&ticket.site).await?;
    let published = Published::for_act(&mut tx, &ticket.site, &act).await?;
    tx.rollback().await?;
    let mut tx = app.store.write_for(&ticket.site).await?;
    // As it is now: whoever was faster has changed it.
    let ticket = ticket::find(&mut tx, staff, reference).await?;
    let now = app.clock.now();
    let (policies, by) = (&app.policies, &staff.name);
    match handling::act(&mut tx, policies, &published, &ticket, act, by, now).await {
        Ok(_) => {
            tx.commit().await?;
            app.new_jobs.announce();
        }
        Err(NotDone::Already(_)) => tx.rollback().await?,
        Err(not_done) => return Err(not_done.into()),
    }
    Ok(Redirect::to(&format!(
        "/desk/tickets/{}#terms",
        ticket.reference
    )))
}

impl From<NotDone> for HttpError {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Store(error) => error.into(),
            refused => Self::new(
                ProblemKind::MalformedRequest,
                format!("Nothing was changed: {refused}. Go back and reload the page."),
            ),
        }
    }
}
