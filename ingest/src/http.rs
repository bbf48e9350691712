//! The HTTP surface: which address is answered by which file.

mod accepted_locale;
pub mod access;
pub mod alerts;
pub mod articles;
pub mod assets;
pub mod challenge;
pub mod checked;
pub mod client_address;
pub mod connections;
pub mod cookie;
pub mod cors;
pub mod described_problems;
pub mod destination_events;
pub mod find;
pub mod form;
pub mod health;
pub mod idempotency_key;
pub mod identity;
pub mod incoming_mail;
pub mod loader;
pub mod mail_link;
pub mod openapi;
pub mod own_forms;
pub mod own_origin;
pub mod pace;
pub mod panel;
pub mod patience;
pub mod problem;
pub mod promise;
pub mod request_log;
pub mod settings;
pub mod site;
pub mod slow_bodies;
pub mod status;
pub mod tickets;
pub mod tried;
pub mod uploads;
pub mod vetting;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderName, HeaderValue, header},
    middleware,
    routing::{get, head, post},
};
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
};

pub use accepted_locale::accepted_locale;

use crate::{app::App, demo, desk};

/// The router of the whole service.
pub fn router(app: &App) -> Router {
    let wire = Router::new()
        .route("/v1/sites/{site}/settings", get(settings::get))
        .route(
            "/v1/sites/{site}/articles/search",
            post(articles::search).route_layer(DefaultBodyLimit::max(articles::BODY_MOST_BYTES)),
        )
        .route(
            "/v1/sites/{site}/articles/{article}/votes",
            post(articles::vote).route_layer(DefaultBodyLimit::max(articles::BODY_MOST_BYTES)),
        )
        .route("/v1/sites/{site}/challenge", get(challenge::get))
        .route("/v1/sites/{site}/identity", post(identity::post))
        .route("/v1/sites/{site}/promise", get(promise::get))
        .route("/v1/sites/{site}/tickets", post(tickets::post))
        .route(
            "/v1/sites/{site}/alerts",
            post(alerts::post).route_layer(DefaultBodyLimit::max(alerts::BODY_MOST_BYTES)),
        )
        .route(
            "/v1/sites/{site}/access/uses",
            post(access::post).route_layer(DefaultBodyLimit::max(access::BODY_MOST_BYTES)),
        )
        .route(
            "/v1/sites/{site}/uploads",
            post(uploads::post).options(uploads::options),
        )
        .route(
            "/v1/sites/{site}/uploads/{upload}",
            head(uploads::head)
                .patch(uploads::patch)
                .delete(uploads::delete)
                .options(uploads::options),
        )
        // Before the layer, or a preflight would be answered without it.
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(middleware::from_fn_with_state(app.clone(), cors::guard))
        // Bodies are streamed here, with limits of their own that are known only when the site and the kind of body are. Everywhere
        // else axum's limit holds.
        .layer(DefaultBodyLimit::disable());
    let forms = Router::new()
        .route("/w/{site}", get(panel::get_frame).post(panel::post_frame))
        .route("/help/{site}", get(panel::get_page).post(panel::post_page))
        .layer(own_forms::layer(app))
        .layer(DefaultBodyLimit::disable());
    let incoming_mail = Router::new()
        .route("/v1/mail/postmark", post(incoming_mail::postmark))
        .route("/v1/mail/sendgrid", post(incoming_mail::sendgrid))
        .route("/v1/mail/mailgun/mime", post(incoming_mail::mailgun))
        .layer(DefaultBodyLimit::max(incoming_mail::BODY_MOST_BYTES));
    let events = Router::new()
        .route(
            "/v1/destinations/{name}/events",
            post(destination_events::signed),
        )
        .route(
            "/v1/destinations/{name}/events/{token}",
            post(destination_events::by_token),
        );
    let mut router = Router::new()
        .merge(wire)
        .merge(events)
        .merge(forms)
        .merge(incoming_mail)
        .route("/w/{site}/words/{module}", get(panel::words::get))
        .route("/widget.js", get(loader::get))
        .route("/assets/{*path}", get(assets::get))
        .route("/favicon.ico", get(assets::favicon))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::get))
        .merge(mail_link::router())
        .merge(status::router())
        .merge(find::router(app))
        .merge(desk::router(app));
    if app.demo {
        router = router.merge(demo::router());
    }
    let router = router
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed);
    around(router, app)
}

/// What a connection over a limit is told. The process is alive all the same: who restarts it makes things worse.
pub fn refusal(app: &App) -> Router {
    let router = Router::new()
        .route("/healthz", get(health::alive))
        .fallback(problem::too_many_connections);
    around(router, app)
}

/// What happens to every request and answer.
fn around(router: Router<App>, app: &App) -> Router {
    router
        .layer(CatchPanicLayer::custom(problem::from_panic))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            slow_bodies::guard,
        ))
        .layer(middleware::from_fn_with_state(app.clone(), problem::write))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            request_log::record,
        ))
        .layer(middleware::map_response_with_state(
            app.clone(),
            tell_browsers,
        ))
        .layer(middleware::from_fn(desk::attachment::apart::keep))
        // One level more than the default makes the form 6 % smaller for 0.3 ms; the next ones make nothing smaller.
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(5)))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(middleware::map_request(request_log::drop_unusable_id))
        .with_state(app.clone())
}

/// What browsers are told with every answer. It is what its type says, what is no page is in nobody's frame, and our addresses (which may name a
/// ticket) are not told to other origins. Where we are reached by TLS, browsers remember it for a year (RFC 6797): nobody on the way can be us without
/// it. Not for names below ours, which may be others'.
async fn tell_browsers(
    State(app): State<App>,
    mut response: axum::response::Response,
) -> axum::response::Response {
    let headers = response.headers_mut();
    if app.config.server.public_url.starts_with("https://") {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // No page, and nobody should frame it as if it were one.
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().ends_with(b"json"));
    if is_json {
        headers
            .entry(header::CONTENT_SECURITY_POLICY)
            .or_insert(HeaderValue::from_static(
                "default-src 'none'; frame-ancestors 'none'",
            ));
    }
    // Not `no-referrer`: with that, browsers send `Origin: null` with our own forms.
    headers
        .entry(header::REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("same-origin"));
    headers
        .entry(CROSS_ORIGIN_RESOURCE_POLICY)
        .or_insert(HeaderValue::from_static("same-origin"));
    response
}

/// What a document or worker may load from elsewhere.
pub const CROSS_ORIGIN_EMBEDDER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-embedder-policy");

/// Which origins may load an answer as a subresource.
pub const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");
