//! For machines that watch the service.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};

use super::{described_problems::Problems, problem::HttpError};
use crate::{
    app::App,
    metrics::Standing,
    outbox::lane::Lane,
    quota::{Quotas, Usage},
    store,
    telemetry::chain,
};

/// `GET /healthz`: the process answers.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = String, description = "The process answers")))]
pub async fn alive() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n")
}

/// `GET /readyz`: a submission would be accepted now.
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, body = String, description = "Ready"), (status = 503, body = String, description = "Stopping, or the database does not answer")))]
pub async fn ready(State(app): State<App>) -> impl IntoResponse {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    if app.stop.is_told() {
        return (StatusCode::SERVICE_UNAVAILABLE, no_store, "stopping\n");
    }
    let fault = match tokio::join!(database_answers(&app), app.uploads.blobs().answers()) {
        (Ok(()), Ok(())) => return (StatusCode::OK, no_store, "ready\n"),
        (Err(error), _) => {
            tracing::warn!(
                error = chain(&error),
                "not ready: the database does not answer"
            );
            "the database does not answer\n"
        }
        (_, Err(error)) => {
            tracing::warn!(
                error = chain(&error),
                "not ready: the store of the attachments does not answer"
            );
            "the store of the attachments does not answer\n"
        }
    };
    (StatusCode::SERVICE_UNAVAILABLE, no_store, fault)
}

async fn database_answers(app: &App) -> Result<(), store::StoreError> {
    let mut tx = app.store.write().await?;
    tx.ping().await?;
    tx.rollback().await
}

/// `GET /metrics`: counters in OpenMetrics text.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, body = String, content_type = "application/openmetrics-text", description = "Counters"), Problems))]
pub async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, HttpError> {
    let mut tx = app.store.read().await?;
    let (waiting, dead) = store::jobs::count(&mut tx).await?;
    let now = app.clock.now();
    let (timers_overdue, since) = store::jobs::overdue(&mut tx, &Lane::Clock, now).await?;
    let used = store::site_storage::used(&mut tx).await?;
    let sites = store::sites::list(&mut tx).await?;
    tx.rollback().await?;
    let quotas = Quotas::new(app.config.storage.quota_bytes_per_site);
    let usages = Usage::of_sites(sites.iter().map(|(site, _)| site), &used, quotas);
    let lag_s = since.map_or(0, |since| now.duration_since(since).as_secs());
    let outbox = Standing {
        waiting,
        dead,
        timers_overdue,
        timers_lag_s: u64::try_from(lag_s).unwrap_or(0),
    };
    let text = app.metrics.encode(outbox, &usages);
    let text = text.unwrap_or_default();
    Ok((
        [
            (
                header::CONTENT_TYPE,
                "application/openmetrics-text; version=1.0.0; charset=utf-8",
            ),
            (header::CACHE_CONTROL, "no-store"),
        ],
        text,
    ))
}
