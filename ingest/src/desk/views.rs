//! `/desk/views`: somebody gives a filter a name, for themselves or for all colleagues.

use axum::{
    Form,
    extract::{Path, State},
    response::Redirect,
};
use cornerdesk_shared::problem::ProblemKind;
use serde::Deserialize;
use uuid::Uuid;

use super::{lists::with_query, session::SignedIn};
use crate::{
    app::App,
    http::problem::HttpError,
    ids,
    lists::{Filter, List},
    store::{self, saved_views::View},
};

/// Longest name, in characters.
const NAME_MOST_CHARS: usize = 60;
/// Most views of one person: more than that nobody finds again.
const VIEWS_MOST: u64 = 50;

/// The form.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// As it is to be called.
    #[serde(default)]
    name: String,
    /// Path of the list.
    #[serde(default)]
    path: String,
    /// The filter.
    #[serde(default)]
    query: String,
    /// There when colleagues are to see it.
    is_shared: Option<String>,
}

impl Wish {
    fn name(&self) -> Result<&str, HttpError> {
        let name = self.name.trim();
        match name.chars().count() {
            1..=NAME_MOST_CHARS => Ok(name),
            0 => Err(refused("Give the view a name.")),
            _ => Err(refused("The name has at most 60 characters.")),
        }
    }
}

/// Saves the filter and shows it under its name.
///
/// # Errors
/// When it has no name, there is no such list, they have too many, or the database fails.
pub async fn post(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Form(wish): Form<Wish>,
) -> Result<Redirect, HttpError> {
    let list = List::at(&wish.path).ok_or_else(|| refused("There is no such list."))?;
    let view = View {
        id: ids::new_id(),
        staff: staff.id,
        name: wish.name()?.to_owned(),
        path: list.path().to_owned(),
        query: Filter::parse(&wish.query, list).query(),
        is_shared: i64::from(wish.is_shared.is_some()),
        owner: staff.name,
    };
    let mut tx = app.store.write().await?;
    if store::saved_views::count_of(&mut tx, staff.id).await? >= VIEWS_MOST {
        tx.rollback().await?;
        return Err(refused("You have 50 views. Delete one first."));
    }
    store::saved_views::insert(&mut tx, &view, app.clock.now()).await?;
    tx.commit().await?;
    Ok(shown(&view))
}

/// Gives a view another name, shares it or not, and shows it.
///
/// # Errors
/// When it has no name, is not theirs, or the database fails.
pub async fn change(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(id): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Redirect, HttpError> {
    let (id, name) = (id_of(&id)?, wish.name()?);
    let mut tx = app.store.write().await?;
    let is_shared = wish.is_shared.is_some();
    let changed = store::saved_views::change(&mut tx, id, staff.id, name, is_shared).await?;
    let views = store::saved_views::seen_by(&mut tx, staff.id).await?;
    tx.commit().await?;
    let view = views.iter().find(|view| view.id == id).filter(|_| changed);
    view.map(shown).ok_or_else(nobodys)
}

/// Takes a view away and shows its list.
///
/// # Errors
/// When it is not theirs, or the database fails.
pub async fn delete(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(id): Path<String>,
) -> Result<Redirect, HttpError> {
    let id = id_of(&id)?;
    let mut tx = app.store.write().await?;
    let views = store::saved_views::seen_by(&mut tx, staff.id).await?;
    let deleted = store::saved_views::delete(&mut tx, id, staff.id).await?;
    tx.commit().await?;
    let view = views.iter().find(|view| view.id == id).filter(|_| deleted);
    let view = view.ok_or_else(nobodys)?;
    Ok(Redirect::to(&with_query(&view.path, &view.query)))
}

fn shown(view: &View) -> Redirect {
    let id = format!("view={}", view.id.simple());
    let query = [view.query.as_str(), &id];
    let query: Vec<&str> = query.into_iter().filter(|part| !part.is_empty()).collect();
    Redirect::to(&with_query(&view.path, &query.join("&")))
}

fn id_of(text: &str) -> Result<Uuid, HttpError> {
    Uuid::try_parse(text).map_err(|_| nobodys())
}

/// A view of somebody else is as good as none.
fn nobodys() -> HttpError {
    HttpError::new(ProblemKind::NotFound, "You have no such view.")
}

fn refused(why: &str) -> HttpError {
    HttpError::new(
        ProblemKind::MalformedRequest,
        format!("Nothing was saved: {why} Go back and try again."),
    )
}
