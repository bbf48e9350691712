//! `POST /v1/sites/{site}/access/uses`: the product asks whether somebody of staff may enter an account now. A yes is written down.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::IntoResponse,
};
use cornerdesk_shared::{problem::ProblemKind, reference::Reference, validation::clean_line};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{checked::CheckedBody, described_problems::Problems, problem::HttpError, site::OfPath};
use crate::{
    access::Access,
    app::App,
    grants::{PURPOSE_MOST_CHARS, Refusal},
    site::Site,
    store::{self, StoreError},
    ticket::Ticket,
};

/// Most octets of a question.
pub const BODY_MOST_BYTES: usize = 8 * 1024;
/// Longest name of somebody of staff, in characters.
const STAFF_MOST_CHARS: usize = 120;

/// Who wants to enter what, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The ticket's reference. Without one nobody enters.
    #[serde(default)]
    #[schema(max_length = 40)]
    reference: String,
    /// Who, as your staff are called. The requester is not told who.
    #[schema(min_length = 1, max_length = 120)]
    staff: String,
    /// What for; the requester reads it.
    #[serde(default)]
    #[schema(max_length = 300)]
    purpose: String,
    /// The person whose account it is, by the id that your identity tokens have (`sub`). It must be the requester of the ticket.
    #[serde(default)]
    #[schema(max_length = 255)]
    requester: Option<String>,
}

/// They may enter now, which has been written down as a use.
#[derive(Debug, Serialize, ToSchema)]
pub struct Permit {
    /// By which grant.
    grant: String,
    /// Until when the grant lasts, unless it is ended before (RFC 3339).
    until: String,
}

/// Says whether somebody may enter an account now, and writes a yes down.
#[utoipa::path(
    post, path = "/v1/sites/{site}/access/uses", tag = "site", operation_id = "enter",
    params(
        ("site" = String, Path, description = "The site's key"),
        ("Authorization" = String, Header, description = "`Bearer` and the API key of the site's product (`[[access]]` in the configuration)"),
    ),
    request_body = Question,
    responses((status = 200, body = Permit, description = "They may. Whoever may not is told so by 403, `access-refused`, with the reason at the beginning of `detail`: `not_granted`, `ended`, `revoked`, `no_purpose`, `other_account`, `no_ticket`"), Problems),
)]
pub async fn post(
    State(app): State<App>,
    OfPath(site): OfPath,
    headers: HeaderMap,
    CheckedBody(Json(question)): CheckedBody<Json<Question>>,
) -> Result<impl IntoResponse, HttpError> {
    check_key(&app, &site, &headers)?;
    let cut = |text: &str, most: usize| clean_line(text).chars().take(most).collect::<String>();
    let staff = cut(&question.staff, STAFF_MOST_CHARS);
    let purpose = cut(&question.purpose, PURPOSE_MOST_CHARS);
    if staff.is_empty() {
        return Err(HttpError::new(
            ProblemKind::MalformedRequest,
            "staff: say who wants to enter.",
        ));
    }
    let permitted = match ticket_of(&app, &site, &question).await? {
        Ok(ticket) => {
            let access = Access::at(&app.store, &app.products, app.clock.now());
            let permitted = access.enter(&ticket, &staff, &purpose).await?;
            app.new_jobs.announce();
            permitted
        }
        Err(refusal) => Err(refusal),
    };
    let grant = permitted.map_err(|refusal| {
        let detail = format!("{}: {}", refusal.as_str(), refusal.describe());
        HttpError::new(ProblemKind::AccessRefused, detail)
    })?;
    let permit = Permit {
        grant: grant.id.to_string(),
        until: grant.until.to_string(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(permit)))
}

/// What stands behind `Bearer`; nothing where nothing does.
pub(super) fn bearer(headers: &HeaderMap) -> &str {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map_or("", |(_, key)| key.trim())
}

/// Only the product of this site asks.
fn check_key(app: &App, site: &Site, headers: &HeaderMap) -> Result<(), HttpError> {
    let given = bearer(headers);
    let product = app.products.of(&site.key);
    if product.is_some_and(|product| product.is_key(given)) {
        return Ok(());
    }
    let detail = "The API key is not the one of this site's product (Authorization: Bearer …; [[access]] in the configuration).";
    Err(HttpError::new(ProblemKind::IdentityRefused, detail)
        .with_header("www-authenticate", "Bearer"))
}

async fn ticket_of(
    app: &App,
    site: &Site,
    question: &Question,
) -> Result<Result<Ticket, Refusal>, StoreError> {
    let Ok(reference) = Reference::parse(&question.reference) else {
        return Ok(Err(Refusal::NoTicket));
    };
    let mut tx = app.store.read_for(&site.key).await?;
    let ticket = store::tickets::find_by_reference(&mut tx, reference).await?;
    tx.rollback().await?;
    // A reference is unique over all sites, and SQLite does not keep sites apart by itself.
    let Some(ticket) = ticket.filter(|ticket| ticket.site == site.key) else {
        return Ok(Err(Refusal::NoTicket));
    };
    let is_other = question.requester.as_ref().is_some_and(|wanted| {
        let own = ticket.requester.as_ref();
        own.is_none_or(|own| own.sub != *wanted)
    });
    Ok(if is_other {
        Err(Refusal::OtherAccount)
    } else {
        Ok(ticket)
    })
}
