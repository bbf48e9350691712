//! `POST /v1/sites/{site}/articles/search`: articles of the site's help that fit what somebody writes. `POST …/articles/{article}/votes`: whether
//! one helped, without a word about who says so.
//!
//! What somebody writes is in a body and not in an address: addresses end up in logs and caches.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use cornerdesk_shared::problem::ProblemKind;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    checked::CheckedBody, client_address::Client, described_problems::Problems, identity,
    identity::IDENTITY_TOKEN, patience::Act, problem::HttpError, site::OfPath,
};
use crate::{app::App, articles::Verdict, site::Site, store, terms, words};

/// Longest text that is looked for, in characters; a summary is not longer.
const QUERY_MOST_CHARS: usize = 200;
/// Largest body of both, in bytes: a text of that length however it is written in JSON, and the rest.
pub const BODY_MOST_BYTES: usize = 8 * 1024;
/// So often in a minute a client may ask: a person who types without a pause asks some 40 times.
const ASKED_MOST: u32 = 120;
/// So often in a minute a client may vote: nobody reads so many articles, but several behind one address may.
const VOTED_MOST: u32 = 10;

/// What is looked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// What somebody writes; its first 200 characters count.
    q: String,
    /// Their language (BCP 47).
    locale: Option<String>,
}

/// What fits.
#[derive(Debug, Serialize, ToSchema)]
pub struct Offer {
    /// At most five, the best first.
    articles: Vec<Offered>,
}

/// An article.
#[derive(Debug, Serialize, ToSchema)]
pub struct Offered {
    /// Its id, for what a reader says of it.
    id: String,
    /// Its title.
    title: String,
    /// Where it is read.
    url: String,
}

/// Articles that fit: in the person's language, or else in the site's. Nothing of the question is kept.
#[utoipa::path(
    post, path = "/v1/sites/{site}/articles/search", tag = "site", operation_id = "articles",
    params(
        ("site" = String, Path, description = "The site's key"),
        ("Identity-Token" = Option<String>, Header, description = "A token (JWT) by which the product vouches for the person: articles of their plan are theirs, too. One that is not believed counts as none"),
    ),
    request_body = Wish,
    responses((status = 200, body = Offer, description = "Nothing fits: an empty list"), Problems),
)]
pub async fn search(
    State(app): State<App>,
    OfPath(site): OfPath,
    Client(source): Client,
    headers: HeaderMap,
    CheckedBody(Json(wish)): CheckedBody<Json<Wish>>,
) -> Result<impl IntoResponse, HttpError> {
    app.patience
        .allow(Act::Ask, ASKED_MOST, source, Instant::now())?;
    let plan = plan_of(&app, &site, &headers).await;
    let plan = plan.as_deref();
    let text: String = wish.q.chars().take(QUERY_MOST_CHARS).collect();
    let wished = wish.locale.as_deref().and_then(words::shipped_locale);
    let locale = wished.unwrap_or(&site.locale);
    let mut tx = app.store.read_for(&site.key).await?;
    let mut found = store::articles::search(&mut tx, &site.key, locale, &text, plan).await?;
    if found.is_empty() && locale != site.locale {
        found = store::articles::search(&mut tx, &site.key, &site.locale, &text, plan).await?;
    }
    tx.rollback().await?;
    let articles = found.into_iter().map(|article| Offered {
        id: article.article_id.to_string(),
        title: article.title,
        url: article.url,
    });
    let offer = Offer {
        articles: articles.collect(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(offer)))
}

/// The plan of whoever asks, by its id: of those for whom the product vouches, and of nobody else. A token that is not believed, or is over, is
/// none here: help that is for everybody is not refused because of it.
async fn plan_of(app: &App, site: &Site, headers: &HeaderMap) -> Option<String> {
    if !headers.contains_key(IDENTITY_TOKEN) {
        return None;
    }
    let identity = identity::of_headers(app, site, headers).await.ok()??;
    let (policy, named) = terms::of_requester(site, Some(&identity), None)?;
    Some(policy.plan(&named?)?.id.clone())
}

/// What a reader says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// Whether it helped, or why not.
    verdict: Verdict,
}

/// Counts what a reader says. Nothing of the reader is kept.
#[utoipa::path(
    post, path = "/v1/sites/{site}/articles/{article}/votes", tag = "site", operation_id = "vote",
    params(("site" = String, Path, description = "The site's key"), ("article" = String, Path, description = "The article's id"),
        ("Identity-Token" = Option<String>, Header, description = "A token (JWT) by which the product vouches for the person: articles of their plan are theirs, too. One that is not believed counts as none"),
    ),
    request_body = Vote,
    responses((status = 204, description = "Counted"), Problems),
)]
pub async fn vote(
    State(app): State<App>,
    OfPath(site): OfPath,
    Path((_, article)): Path<(String, String)>,
    Client(source): Client,
    headers: HeaderMap,
    CheckedBody(Json(vote)): CheckedBody<Json<Vote>>,
) -> Result<StatusCode, HttpError> {
    app.patience
        .allow(Act::Vote, VOTED_MOST, source, Instant::now())?;
    let none = || HttpError::new(ProblemKind::NotFound, "The site has no such article.");
    let article = Uuid::try_parse(&article).map_err(|_| none())?;
    let plan = plan_of(&app, &site, &headers).await;
    let plan = plan.as_deref();
    let mut tx = app.store.write_for(&site.key).await?;
    let is_there = store::articles::vote(&mut tx, &site.key, article, vote.verdict, plan).await?;
    tx.commit().await?;
    is_there.then_some(StatusCode::NO_CONTENT).ok_or_else(none)
}
