//! `GET /t/{token}`: where a request stands, for whoever sent it. No account, no script, and looking changes nothing.

mod access;
mod answer;
mod files;
mod messages;
mod page;
mod rating;
mod sign_in;
mod verdict;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{Redirect, Response},
    routing::{get, post},
};
use cornerdesk_shared::reference::Reference;
use jiff::{SignedDuration, tz::TimeZone};
use tokio::time::Instant;

use self::page::page;
use super::{
    checked::Checked, client_address::Client, mail_link, patience::Act, problem::HttpError,
};
use crate::{
    app::App,
    joining,
    message::Message,
    rating::Rating,
    status::{self, link::Holder, reader::Reader},
    store::{
        self, StoreError, Tx,
        clocks::{self, Clock},
    },
    ticket::{Attachment, Entry, Ticket},
    words,
};

/// So often in a minute one address may look, in each process by itself.
const LOOKS_MOST: u32 = 120;
/// So often in a minute one address may send something: an answer, a verdict, a rating.
const WRITES_MOST: u32 = 20;
/// Largest form but that of an answer: a comment of a thousand characters, of four octets, of three letters each.
const FORM_MOST_BYTES: usize = 16 * 1024;

/// The addresses.
pub fn router() -> Router<App> {
    Router::new()
        .route("/t/{token}", get(get_page))
        .route("/t/{token}/code", post(sign_in::post_code))
        .route("/t/{token}/sign-in", post(sign_in::post_sign_in))
        .route("/t/{token}/access", post(access::post_grant))
        .route("/t/{token}/revoke", post(access::post_revoke))
        .route("/t/{token}/verdict", post(verdict::post))
        .route("/t/{token}/rating", post(rating::post))
        .route("/t/{token}/files/{id}", get(files::get))
        .layer(DefaultBodyLimit::max(FORM_MOST_BYTES))
        // Its files are streamed, with limits of their own.
        .merge(
            Router::new()
                .route("/t/{token}/answer", post(answer::post))
                .layer(DefaultBodyLimit::disable()),
        )
        .layer(middleware::from_fn(protect))
}

/// Like the other pages behind links in mails, but for a style of its own.
async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in mail_link::HEADERS {
        let headers = response.headers_mut();
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    // Ours says same-origin where nobody says anything.
    let no_referrer = HeaderValue::from_static("no-referrer");
    response
        .headers_mut()
        .insert(header::REFERRER_POLICY, no_referrer);
    response
}

/// What is known of a ticket for its page.
pub(super) struct Seen {
    pub(super) holder: Holder,
    pub(super) ticket: Ticket,
    pub(super) timeline: Vec<Entry>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) clock: Option<Clock>,
    /// Notes are among them: see [`Reader::may_read`].
    pub(super) messages: Vec<Message>,
    pub(super) rating: Option<Rating>,
    /// The ticket in which it goes on, for whoever may know of it.
    pub(super) goes_on: Option<Reference>,
}

impl Seen {
    fn is_verified(&self) -> bool {
        status::is_verified(&self.ticket, &self.timeline)
    }

    fn reader(&self, stage: &sign_in::Stage) -> Reader {
        let is_signed_in = matches!(stage, sign_in::Stage::SignedIn(_));
        Reader::of(self.holder, self.is_verified(), is_signed_in)
    }

    fn state(&self) -> status::State {
        status::state_of(&self.ticket, &self.timeline)
    }

    /// Is it solved or closed?
    fn is_over(&self) -> bool {
        matches!(self.state(), status::State::Solved | status::State::Closed)
    }
}

/// What the page shows beside what is kept: how far somebody has come, what they typed, and what is wrong with it.
#[derive(Debug, Default)]
struct Shown {
    status: StatusCode,
    stage: sign_in::Stage,
    /// Where, and the key of the words.
    sign_in_fault: Option<(sign_in::Part, &'static str)>,
    access: access::Typed,
    answer: answer::Typed,
    rating: rating::Typed,
}

/// The page.
///
/// # Errors
/// When the client asks too often or the database fails.
async fn get_page(
    State(app): State<App>,
    Checked(Path(token)): Checked<Path<String>>,
    Client(source): Client,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    app.patience
        .allow(Act::Follow, LOOKS_MOST, source, Instant::now())?;
    match look(&app, &token).await? {
        Some(seen) => {
            let shown = Shown {
                stage: sign_in::stage(&app, &seen, &headers).await?,
                ..Shown::default()
            };
            page(&app, &seen, &shown).await
        }
        None => mail_link::gone(&app, &headers).await,
    }
}

/// The zone in which times are written and read: the person's as their browser said it when they sent the request, else the site's.
async fn zone_of(app: &App, ticket: &Ticket) -> Result<TimeZone, StoreError> {
    let sites = app.sites.all().await?;
    let site = sites.get(&ticket.site);
    let of_site = site.map_or(TimeZone::UTC, |site| site.time_zone.clone());
    Ok(words::zone(ticket.context.time_zone.as_deref(), &of_site))
}

/// What a token shows. Nothing for one that we did not make, one that is too old, and one of a ticket that its mailbox disowned: they look alike.
pub(super) async fn look(app: &App, token: &str) -> Result<Option<Seen>, StoreError> {
    let Some((reference, holder)) = app.status_links.read(token) else {
        return Ok(None);
    };
    let mut tx = app.store.read().await?;
    let Some(ticket) = store::tickets::find_by_reference(&mut tx, reference).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let timeline = store::timeline::list(&mut tx, &ticket.site, ticket.id).await?;
    let attachments = store::attachments::list(&mut tx, &ticket.site, ticket.id).await?;
    let metric = clocks::FIRST_RESPONSE;
    let clock = clocks::find(&mut tx, &ticket.site, ticket.id, metric).await?;
    let messages = store::messages::list(&mut tx, &ticket.site, ticket.id).await?;
    let rating = store::ratings::find(&mut tx, &ticket.site, ticket.id).await?;
    let goes_on = goes_on(&mut tx, &ticket, &timeline, holder).await?;
    tx.rollback().await?;
    let lasts = SignedDuration::from_hours(24 * i64::from(app.config.status.link_days));
    let is_open = status::is_open(&timeline, app.clock.now(), lasts);
    Ok(is_open.then_some(Seen {
        holder,
        ticket,
        timeline,
        attachments,
        clock,
        messages,
        rating,
        goes_on,
    }))
}

/// Where a ticket goes on that staff have merged into another one.
async fn goes_on(
    tx: &mut Tx,
    ticket: &Ticket,
    timeline: &[Entry],
    holder: Holder,
) -> Result<Option<Reference>, StoreError> {
    let into = joining::merged_into(timeline).and_then(|into| Reference::parse(into).ok());
    let Some(into) = into else { return Ok(None) };
    let into = store::tickets::find_by_reference(tx, into).await?;
    let into = into.filter(|into| joining::is_shown_the_way(ticket, into, holder));
    Ok(into.map(|into| into.reference))
}

/// To a part of the page, so that a reload sends nothing again.
fn back(token: &str, part: &str) -> Redirect {
    // The token was ours: letters, digits, - and _.
    Redirect::to(&format!("/t/{token}{part}"))
}
