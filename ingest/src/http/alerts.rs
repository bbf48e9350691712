//! `POST /v1/sites/{site}/alerts`: a monitoring system sends its alarms. The tickets are on disk before the answer.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::IntoResponse,
};
use cornerdesk_shared::problem::ProblemKind;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    access::bearer, checked::CheckedBody, described_problems::Problems, problem::HttpError,
    site::OfPath,
};
use crate::{
    alerts::{
        Alarms, Taken,
        notice::{self, Body},
        source::{self, AlertsConfig},
    },
    app::App,
    site::Site,
};

/// Most octets of a request: some 2,000 alarms of Alertmanager, which is to send fewer (`max_alerts`).
pub const BODY_MOST_BYTES: usize = 2 * 1024 * 1024;

/// What became of the alarms.
#[derive(Debug, Serialize, ToSchema)]
pub struct Answer {
    /// Each alarm: those that fire first.
    alarms: Vec<AnsweredAlarm>,
}

/// What became of an alarm.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnsweredAlarm {
    /// Its key; Alertmanager's fingerprint.
    key: String,
    /// `opened`: it made a ticket. `repeated`: it has one, which counts it. `resolved`: it is over, which its ticket says. `counted`: it is over the limit of
    /// tickets, and one ticket counts all of those. `ignored`: it said nothing new.
    outcome: &'static str,
    /// The ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

impl From<Taken> for AnsweredAlarm {
    fn from(taken: Taken) -> Self {
        Self {
            key: taken.key,
            outcome: taken.outcome.as_str(),
            reference: taken.reference.map(|reference| reference.to_string()),
        }
    }
}

/// Takes alarms: one alarm has one ticket while that is open, however often it is sent. All of a request are taken, or none.
#[utoipa::path(
    post, path = "/v1/sites/{site}/alerts", tag = "tickets", operation_id = "alarm",
    params(
        ("site" = String, Path, description = "The site's key"),
        ("Authorization" = String, Header, description = "`Bearer` and the token of the monitoring system (`[[sites.alerts]]` in the configuration)"),
    ),
    request_body(content = Body, content_type = "application/json", description = "Alertmanager's webhook (version 4), or one alarm of anything else"),
    responses((status = 200, body = Answer, description = "Taken"), Problems),
)]
pub async fn post(
    State(app): State<App>,
    OfPath(site): OfPath,
    headers: HeaderMap,
    CheckedBody(body): CheckedBody<Bytes>,
) -> Result<impl IntoResponse, HttpError> {
    let source = source_of(Arc::clone(&site), &headers).await?;
    let message = notice::read(&body, app.intake.limits())
        .map_err(|fault| HttpError::new(ProblemKind::MalformedRequest, fault))?;
    let alarms = Alarms {
        store: &app.store,
        clock: &app.clock,
        policies: &app.policies,
        allowances: &app.allowances,
        new_jobs: &app.new_jobs,
    };
    let taken = alarms.take(&site, &source, &message).await?;
    let answer = Answer {
        alarms: taken.into_iter().map(AnsweredAlarm::from).collect(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)))
}

/// The monitoring system of this site whose token it is. Reading a file blocks.
async fn source_of(site: Arc<Site>, headers: &HeaderMap) -> Result<AlertsConfig, HttpError> {
    let token = bearer(headers).to_owned();
    let key = site.key.clone();
    let look = move || {
        let environment = |name: &str| std::env::var(name).ok();
        source::find(&site.alerts, &token, environment).map(|found| found.cloned())
    };
    let faults = match tokio::task::spawn_blocking(look).await {
        Ok(Ok(Some(source))) => return Ok(source),
        Ok(Ok(None)) => {
            let detail = "The token is of no monitoring system of this site (Authorization: Bearer …; [[sites.alerts]] in the configuration). Nothing was saved.";
            return Err(HttpError::new(ProblemKind::IdentityRefused, detail)
                .with_header("www-authenticate", "Bearer"));
        }
        Ok(Err(faults)) => faults,
        Err(_) => Vec::new(),
    };
    tracing::error!(
        site = key,
        ?faults,
        "tokens of monitoring systems cannot be read"
    );
    Err(HttpError::new(
        ProblemKind::TooBusy,
        "The token cannot be examined now. Nothing was saved. Send the same alarms again in a moment.",
    ))
}
