//! `POST /desk/tickets/{reference}/classify`: staff say what kind of request it is and how urgent.

use axum::{
    Form,
    extract::{Path, State},
    response::Redirect,
};
use serde::Deserialize;

use super::{act::done, session::SignedIn};
use crate::{app::App, handling::Act, http::problem::HttpError};

/// The form. A field that is not there stays as it was; an empty one is none of them.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// Key of a category.
    category: Option<String>,
    /// Key of a priority.
    priority: Option<String>,
}

/// Classifies and shows the ticket.
///
/// # Errors
/// When there is no such ticket or its policy does not know what was chosen.
pub async fn post(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Redirect, HttpError> {
    let chosen = |key: Option<String>| key.map(|key| Some(key).filter(|key| !key.is_empty()));
    let act = Act::Classify {
        category: chosen(wish.category),
        priority: chosen(wish.priority),
    };
    done(&app, &staff, &reference, act).await
}
