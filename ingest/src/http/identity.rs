//! `POST /v1/sites/{site}/identity`: who a token says that the person is. And the token of a submission.
//!
//! Whoever sent a token that is not believed gets one answer, whatever is wrong with it; the reason is in the operator's log.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, header},
    response::IntoResponse,
};
use cornerdesk_shared::{problem::ProblemKind, submission::Submission};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{
    client_address::Client, described_problems::Problems, patience::Act, problem::HttpError,
    site::OfPath,
};
use crate::{
    app::App,
    identity::{
        self, Identity, Refusal,
        keys::{self, Key},
    },
    site::Site,
    source::Source,
};

/// The token. A header and no part of the submission: the same submission with a fresh token is the same.
pub const IDENTITY_TOKEN: HeaderName = HeaderName::from_static("identity-token");

/// A person for whom the product vouches.
#[derive(Debug, Serialize, ToSchema)]
pub struct Person {
    /// Their address: submissions with this token are theirs.
    email: String,
    /// What they are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Until when the token is good (RFC 3339).
    expires_at: String,
}

/// Says whom the product vouches for, so that a form need not ask. Nothing is kept.
#[utoipa::path(
    post, path = "/v1/sites/{site}/identity", tag = "site", operation_id = "identity",
    params(
        ("site" = String, Path, description = "The site's key"),
        ("Identity-Token" = String, Header, max_length = 4096, description = "A token (JWT) that the product's server has signed for this site"),
    ),
    responses((status = 200, body = Person, description = "The token is believed"), Problems),
)]
pub async fn post(
    State(app): State<App>,
    OfPath(site): OfPath,
    Client(source): Client,
    headers: HeaderMap,
) -> Result<impl IntoResponse, HttpError> {
    let most = app.config.abuse.identities_per_address;
    if most > 0 {
        app.patience
            .allow(Act::Identify, most, source, Instant::now())?;
    }
    let identity = of_headers(&app, &site, &headers)
        .await?
        .ok_or_else(required)?;
    let person = Person {
        email: identity.email,
        name: identity.name,
        expires_at: identity.expires_at.to_string(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(person)))
}

/// Who sends a request, if its token says so.
///
/// # Errors
/// [`ProblemKind::IdentityRefused`], [`ProblemKind::IdentityRequired`] where the site wants a token and there is none, or
/// [`ProblemKind::TooBusy`] when a key cannot be read.
pub async fn of_headers(
    app: &App,
    site: &Site,
    headers: &HeaderMap,
) -> Result<Option<Identity>, HttpError> {
    let mut tokens = headers.get_all(IDENTITY_TOKEN).iter();
    let Some(token) = tokens.next() else {
        return match site.identity_required {
            true => Err(required()),
            false => Ok(None),
        };
    };
    let verdict = match (token.to_str(), tokens.next()) {
        (Ok(token), None) if token.len() <= identity::TOKEN_MOST_OCTETS => {
            let keys = keys_of(site).await?;
            identity::verify(token, &keys, &site.key, app.clock.now())
        }
        (Ok(_), None) => Err(Refusal::TooLong),
        _ => Err(Refusal::Form),
    };
    match verdict {
        Ok(identity) => {
            app.metrics.identity("verified");
            Ok(Some(identity))
        }
        Err(refusal) => {
            app.metrics.identity("refused");
            tracing::info!(site = site.key, reason = %refusal, "an identity was refused");
            Err(refused())
        }
    }
}

/// The keys of a site as they are now. Reading a file blocks.
async fn keys_of(site: &Site) -> Result<Vec<Key>, HttpError> {
    let configured = site.identity.clone();
    let read = tokio::task::spawn_blocking(move || {
        keys::load(&configured, |name| std::env::var(name).ok())
    });
    let faults = match read.await {
        Ok(Ok(keys)) => return Ok(keys),
        Ok(Err(faults)) => faults,
        Err(_) => Vec::new(),
    };
    tracing::error!(
        site = site.key,
        ?faults,
        "the keys of the site cannot be read"
    );
    Err(HttpError::new(
        ProblemKind::TooBusy,
        "The identity cannot be examined now. Nothing was saved. Send the same request again in a moment.",
    ))
}

/// Puts the address of the person into a submission that leaves it out. One that names another address is not theirs.
///
/// # Errors
/// [`ProblemKind::IdentityRefused`].
pub fn complete(submission: &mut Submission, identity: Option<&Identity>) -> Result<(), HttpError> {
    let Some(identity) = identity else {
        return Ok(());
    };
    let typed = submission.email.trim();
    if !typed.is_empty() && !typed.eq_ignore_ascii_case(&identity.email) {
        return Err(refused());
    }
    submission.email.clone_from(&identity.email);
    Ok(())
}

/// Whose allowance a request counts against: people whom the product knows share none with others of their network.
#[must_use]
pub fn source(identity: Option<&Identity>, source: Option<Source>) -> Option<Source> {
    source.map(|source| identity.map_or(source, |identity| Source::of_person(&identity.sub)))
}

fn refused() -> HttpError {
    HttpError::new(
        ProblemKind::IdentityRefused,
        "The Identity-Token is not believed. Nothing was saved. Send a fresh one, or leave it out and give an e-mail address; the operator's log says what is wrong.",
    )
    .with_header("www-authenticate", "Identity-Token")
}

fn required() -> HttpError {
    HttpError::new(
        ProblemKind::IdentityRequired,
        "This site takes requests only of people who are signed in to its product. Nothing was saved. Send an Identity-Token.",
    )
    .with_header("www-authenticate", "Identity-Token")
}
