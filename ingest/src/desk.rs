//! Pages for staff. Everything works without JavaScript; a script adds keys.

pub mod access;
pub mod account;
mod act;
mod alarm;
pub mod answered;
pub mod attachment;
pub mod audit;
pub mod bulk;
pub mod canned;
pub mod classify;
pub mod clock;
pub mod destinations;
pub mod events;
pub mod found;
mod guesses;
pub mod held;
pub mod invitation;
mod lists;
pub mod live;
pub mod login;
pub mod mentions;
pub mod message;
pub mod password;
pub mod pause;
pub mod people;
pub mod privacy;
pub mod provider;
pub mod queue;
mod rating;
pub mod release;
pub mod reports;
pub mod search;
pub mod second_step;
pub mod session;
mod site;
pub mod sorting;
pub mod split;
pub mod status;
pub mod suggestion;
mod terms;
pub mod ticket;
pub mod tickets;
pub mod unclassified;
pub mod views;
pub mod way_back;
mod work;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, HeaderValue, header},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};

use crate::{app::App, http::own_forms};

/// Largest form: an address, a password and where to go.
const FORM_MOST_BYTES: usize = 8 * 1024;

/// The addresses below `/desk`.
pub fn router(app: &App) -> Router<App> {
    Router::new()
        .route("/desk", get(queue::get))
        .route("/desk/unclassified", get(unclassified::get))
        .route("/desk/tickets", get(tickets::get))
        .route("/desk/held", get(held::get))
        .route("/desk/reports", get(reports::get))
        .route("/desk/reports.csv", get(reports::csv))
        .route("/desk/reports.json", get(reports::json))
        .route("/desk/reports/tickets.csv", get(reports::tickets))
        .route("/desk/search", get(search::get))
        .route("/desk/mentions", get(mentions::get))
        .route("/desk/events", get(events::get))
        .route("/desk/bulk", post(bulk::post))
        .route("/desk/bulk/undo", post(bulk::undo))
        .route("/desk/views", post(views::post))
        .route("/desk/views/{id}", post(views::change))
        .route("/desk/views/{id}/delete", post(views::delete))
        .route("/desk/login", get(login::get).post(login::post))
        .route(
            "/desk/login/code",
            get(second_step::get).post(second_step::post),
        )
        .route("/desk/login/oidc", get(login::provider::get))
        .route("/desk/login/oidc/callback", get(login::provider::callback))
        .route("/desk/logout", post(login::logout))
        .route("/desk/people", get(people::get).post(people::invite))
        .route("/desk/people/codes", post(people::ask_codes))
        .route(
            "/desk/people/{id}",
            get(people::person::get).post(people::person::post),
        )
        .route("/desk/audit", get(audit::get))
        .route("/desk/audit.csv", get(audit::download::csv))
        .route("/desk/audit.json", get(audit::download::json))
        .route("/desk/destinations", get(destinations::get))
        .route(
            "/desk/destinations/{name}",
            get(destinations::one::get).post(destinations::one::post),
        )
        .route("/desk/privacy", get(privacy::get).post(privacy::post))
        .route("/desk/privacy/export", post(privacy::export))
        .route("/desk/privacy/erase", post(privacy::erase))
        .route(
            "/desk/invitation/{token}",
            get(invitation::get).post(invitation::post),
        )
        .route("/desk/account", get(account::get))
        .route("/desk/account/sessions", post(account::end_sessions))
        .route("/desk/account/password", post(account::change_password))
        .route("/desk/account/mails", post(account::choose_mails))
        .route(
            "/desk/account/codes",
            get(account::codes::get).post(account::codes::post),
        )
        .route("/desk/account/codes/off", post(account::codes::off))
        .route("/desk/tickets/{reference}", get(ticket::get))
        .route("/desk/tickets/{reference}/release", post(release::post))
        .route("/desk/tickets/{reference}/answered", post(answered::post))
        .route("/desk/tickets/{reference}/classify", post(classify::post))
        .route("/desk/tickets/{reference}/clock", get(clock::get))
        .route("/desk/tickets/{reference}/pause", post(pause::post))
        .route("/desk/tickets/{reference}/resume", post(pause::resume))
        .route("/desk/tickets/{reference}/status", post(status::post))
        .route(
            "/desk/tickets/{reference}/found",
            post(found::post).layer(DefaultBodyLimit::max(found::FORM_MOST_BYTES)),
        )
        .route(
            "/desk/tickets/{reference}/suggestion",
            post(suggestion::post),
        )
        .route(
            "/desk/tickets/{reference}/split",
            get(split::get)
                .post(split::post)
                .layer(DefaultBodyLimit::max(split::FORM_MOST_BYTES)),
        )
        .merge(ticket_router())
        .route(
            "/desk/tickets/{reference}/access/request",
            post(access::request),
        )
        .route("/desk/tickets/{reference}/access/use", post(access::enter))
        .route(
            "/desk/tickets/{reference}/attachments/{id}",
            get(attachment::get),
        )
        .route(
            "/desk/tickets/{reference}/attachments/{id}/preview",
            get(attachment::preview::get),
        )
        .route(
            "/desk/tickets/{reference}/attachments/{id}/unblock",
            post(attachment::unblock::post),
        )
        .layer(own_forms::layer(app))
        .layer(DefaultBodyLimit::max(FORM_MOST_BYTES))
        .layer(middleware::from_fn(protect))
}

/// What is done on the page of a ticket beside its clock.
fn ticket_router() -> Router<App> {
    let drafts = DefaultBodyLimit::max(live::FORM_MOST_BYTES);
    let answers = DefaultBodyLimit::max(canned::FORM_MOST_BYTES);
    Router::new()
        .route(
            "/desk/tickets/{reference}/messages",
            // Read as the forms of requesters are, with the limits of those.
            post(message::post).layer(DefaultBodyLimit::disable()),
        )
        .route(
            "/desk/tickets/{reference}/draft",
            post(live::draft).layer(drafts),
        )
        .route("/desk/tickets/{reference}/presence", post(live::presence))
        .route("/desk/tickets/{reference}/events", get(live::events))
        .route("/desk/tickets/{reference}/assign", post(sorting::assign))
        .route("/desk/tickets/{reference}/tags", post(sorting::tag))
        .route("/desk/tickets/{reference}/untag", post(sorting::untag))
        .route("/desk/tickets/{reference}/snooze", post(sorting::snooze))
        .route("/desk/tickets/{reference}/wake", post(sorting::wake))
        .route("/desk/tickets/{reference}/merge", post(sorting::merge))
        .route("/desk/tickets/{reference}/link", post(sorting::link))
        .route("/desk/tickets/{reference}/unlink", post(sorting::unlink))
        .route("/desk/tickets/{reference}/canned", get(canned::of_ticket))
        .route(
            "/desk/tickets/{reference}/colleagues",
            get(mentions::colleagues),
        )
        .route(
            "/desk/canned",
            get(canned::get).post(canned::post).layer(answers),
        )
        .route("/desk/canned/delete", post(canned::delete))
}

/// Only our own styles, images and the script for keys, in no frame, kept by no cache, seen by no opener.
async fn protect(request: Request, next: Next) -> Response {
    const POLICY: HeaderValue = HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(POLICY);
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}
