//! `GET /desk/unclassified`: the tickets for which nothing is promised until staff say what they are, the oldest first.

use axum::{
    extract::{Query, State},
    response::Html,
};
use minijinja::context;

use super::{
    queue,
    session::{self, SignedIn},
    tickets::ON_A_PAGE,
};
use crate::{
    app::App,
    http::{checked::Checked, problem::HttpError},
    store,
};

/// The list.
///
/// # Errors
/// When the database fails.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Checked(Query(page)): Checked<Query<queue::Page>>,
) -> Result<Html<String>, HttpError> {
    let (sites, now) = (app.sites.all().await?, app.clock.now());
    let mut tx = app.store.read().await?;
    let (above, number) = page.begins();
    let queued = store::queue::unclassified(&mut tx, &staff.visible, above, ON_A_PAGE + 1).await?;
    let count = store::queue::count_unclassified(&mut tx, &staff.visible).await?;
    let path = "/desk/unclassified";
    let list = queue::list(&mut tx, path, queued, number, &sites, now).await?;
    tx.rollback().await?;
    let html = app.pages.render(
        "desk/unclassified.html",
        context! {
            staff => session::shown(&staff),
            count => count.min(store::tickets::MOST_COUNTED),
            is_more => count > store::tickets::MOST_COUNTED,
            ..list
        },
    )?;
    Ok(Html(html))
}
