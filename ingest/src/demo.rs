//! The demonstration: `serve --demo` adds a site, a product page that embeds the widget, and a mailbox.

pub mod mailbox;
pub mod site;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use minijinja::context;

use self::site::KEY as SITE_KEY;

use crate::{
    app::App,
    desk::password,
    http::problem::HttpError,
    ids,
    staff::{Role, VisibleSites},
    store::{self, staff::Staff},
};

/// Who can sign in to the demonstration's desk.
pub const STAFF_EMAIL: &str = "demo@cornerdesk.example";

/// The addresses of the demonstration.
pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/demo") }))
        .route("/demo", get(page))
        .route("/demo/mail", get(mailbox::list))
        .route("/demo/mail/{id}", get(mailbox::show))
        .route("/demo/mail/{id}/html", get(mailbox::html))
}

/// A host page such as a product team has one.
async fn page(State(app): State<App>) -> Result<Response, HttpError> {
    let site = app.sites.find(SITE_KEY).await?;
    let name = site.map_or_else(|| SITE_KEY.to_owned(), |site| site.name.clone());
    let html = app.pages.render(
        "demo/page.html",
        context! { site => context! { key => SITE_KEY, name }, mail_url => "/demo/mail", desk_url => "/desk", help_url => format!("/help/{SITE_KEY}") },
    )?;
    const POLICY: HeaderValue = HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response())
}

/// Takes the demonstration's staff account out of data that are served in earnest.
///
/// # Errors
/// When the database fails.
pub async fn remove_staff(app: &App) -> anyhow::Result<()> {
    let mut tx = app.store.write().await?;
    if store::staff::delete(&mut tx, STAFF_EMAIL).await? {
        tracing::warn!("the staff account of an earlier demonstration was removed");
    }
    tx.commit().await?;
    Ok(())
}

/// Makes the demonstration's staff account and answers its password; nothing when the account was there already.
///
/// # Errors
/// When the database fails or the password cannot be hashed.
pub async fn ensure_staff(app: &App) -> anyhow::Result<Option<String>> {
    let mut tx = app.store.read().await?;
    let there = store::staff::find_by_email(&mut tx, STAFF_EMAIL)
        .await?
        .is_some();
    tx.rollback().await?;
    if there {
        return Ok(None);
    }
    let secret = ids::new_password();
    let staff = Staff {
        id: ids::new_id(),
        email: STAFF_EMAIL.to_owned(),
        name: "Demo".to_owned(),
        password_hash: password::hash(secret.clone()).await?,
        role: Role::Admin,
        visible: VisibleSites::All,
        has_codes: false,
    };
    let mut tx = app.store.write().await?;
    let is_new = store::staff::insert(&mut tx, &staff, app.clock.now()).await?;
    tx.commit().await?;
    Ok(is_new.then_some(secret))
}
