//! `GET /t/{token}`: where a request stands, for whoever sent it. No account, no script, and looking changes nothing.

mod access;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use cornerdesk_shared::file_name::stem_and_extension;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use minijinja::{Value, context};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::{
    checked::Checked, client_address::Client, mail_link, patience::Act, problem::HttpError,
};
use crate::{
    app::App,
    grants::{self, Lasting},
    show,
    site::Site,
    status::{self, link::Holder},
    store::{
        self, StoreError,
        clocks::{self, Clock},
    },
    ticket::{Attachment, Entry, Ticket, findings::Findings},
    words::{self, Table},
};

/// So often in a minute one address may look, in each process by itself.
const LOOKS_MOST: u32 = 120;
/// Largest form: a purpose and a time.
const FORM_MOST_BYTES: usize = 8 * 1024;

/// The addresses.
pub fn router() -> Router<App> {
    Router::new()
        .route("/t/{token}", get(get_page))
        .route("/t/{token}/code", post(access::post_code))
        .route("/t/{token}/sign-in", post(access::post_sign_in))
        .route("/t/{token}/access", post(access::post_grant))
        .route("/t/{token}/revoke", post(access::post_revoke))
        .layer(DefaultBodyLimit::max(FORM_MOST_BYTES))
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
            let shown = access::Shown {
                stage: access::stage(&app, &seen, &headers).await?,
                ..access::Shown::default()
            };
            page(&app, &seen, &shown).await
        }
        None => mail_link::gone(&app, &headers),
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
    tx.rollback().await?;
    let lasts = SignedDuration::from_hours(24 * i64::from(app.config.status.link_days));
    let is_open = status::is_open(&timeline, app.clock.now(), lasts);
    Ok(is_open.then_some(Seen {
        holder,
        ticket,
        timeline,
        attachments,
        clock,
    }))
}

/// How a page speaks.
struct Say<'a> {
    words: &'a Table,
    formats: &'a Table,
    zone: &'a TimeZone,
    values: &'a [(&'a str, &'a str)],
}

impl Say<'_> {
    fn text(&self, key: &str) -> String {
        words::fill(words::text(self.words, key), self.values)
    }

    /// With the name of the zone: for what somebody counts on.
    fn promised(&self, key: &str, at: Timestamp) -> String {
        let time = words::instant(self.formats, at, self.zone);
        words::fill(words::text(self.words, key), &[("time", &time)])
    }
}

async fn page(app: &App, seen: &Seen, shown: &access::Shown) -> Result<Response, HttpError> {
    let ticket = &seen.ticket;
    let sites = app.sites.all().await?;
    let site = sites.get(&ticket.site);
    let site_name = site.map_or(&ticket.site, |site| &site.name);
    let locale = words::shipped_or_english(&ticket.locale);
    let dir = app.words.direction(locale);
    let none = words::OwnWords::new();
    let own = site.map_or(&none, |site| &site.words);
    let words = &*app.words.of_site(own, "status", locale);
    let zone = zone_of(app, ticket).await?;
    let apart = words::apart(site_name, dir);
    let say = Say {
        words,
        formats: app.words.formats(locale),
        zone: &zone,
        values: &[("site_name", &apart)],
    };
    let state = status::state_of(ticket, &seen.timeline).as_str();
    let is_known = seen.holder == Holder::Sender || status::is_verified(ticket, &seen.timeline);
    let theme = theme_of(site.map(|site| &**site));
    let html = app.pages.render(
        "status.html",
        context! {
            locale,
            dir,
            site_name,
            theme => &theme,
            reference => ticket.reference.to_string(),
            words,
            state,
            heading => say.text(&format!("state.{state}.heading")),
            text => say.text(&format!("state.{state}.text")),
            summary => &ticket.summary,
            description => &ticket.description,
            is_known,
            somebody => say.text("somebody"),
            files => seen.attachments.iter().map(file).collect::<Vec<_>>(),
            steps => steps(&say, &seen.timeline),
            access => access_of(app, &say, seen, shown),
            promise => promise(&say, seen, app.clock.now()),
            closing => closing(&say, seen),
            workaround => workaround(&seen.timeline),
            further => status::further(&seen.timeline).into_iter().map(str::to_owned).collect::<Vec<_>>(),
            as_of => say.promised("as_of", app.clock.now()),
        },
    )?;
    let policy = format!(
        "default-src 'none'; style-src 'self' 'sha256-{}'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        STANDARD.encode(Sha256::digest(&theme))
    );
    let policy =
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response())
}

/// By when they will hear from us, and the truth when it is too late; nothing where nothing is promised, or the promise was kept.
fn promise(say: &Say, seen: &Seen, now: Timestamp) -> Option<Value> {
    let state = status::state_of(&seen.ticket, &seen.timeline);
    let clock = seen.clock.as_ref();
    let (due, is_late) = status::promise_of(state, clock?.status, clock?.due_at?, now)?;
    let key = if is_late {
        "promise.late"
    } else {
        "promise.by"
    };
    Some(context! { text => say.promised(key, due), is_late })
}

/// Why it was solved or closed, where somebody said so.
fn closing(say: &Say, seen: &Seen) -> Option<String> {
    let state = status::state_of(&seen.ticket, &seen.timeline);
    let is_over = matches!(state, status::State::Solved | status::State::Closed);
    let reason = Findings::of(&seen.timeline).closing_reason;
    let reason = reason.filter(|_| is_over)?;
    Some(say.text(&format!("closing.{}", reason.as_str())))
}

/// What they can do meanwhile, where staff marked it for them.
fn workaround(timeline: &[Entry]) -> Option<String> {
    Findings::of(timeline).shown_workaround().map(str::to_owned)
}

/// Has anybody to do with access: a product that would ask, staff who asked, or somebody who granted?
fn is_about_access(app: &App, seen: &Seen) -> bool {
    app.products.of(&seen.ticket.site).is_some()
        || !grants::of(&seen.timeline).is_empty()
        || grants::asked_for(&seen.timeline).is_some()
}

/// Who may enter the account; nothing where nobody has to do with that.
fn access_of(app: &App, say: &Say, seen: &Seen, shown: &access::Shown) -> Option<Value> {
    if !is_about_access(app, seen) {
        return None;
    }
    let (ticket, now) = (&seen.ticket, app.clock.now());
    let granted = grants::of(&seen.timeline);
    let asked = grants::asked_for(&seen.timeline).map(|asked| asked.purpose);
    let with = |key: &str, name: &str, value: &str| {
        words::fill(
            words::text(say.words, &format!("access.{key}")),
            &[(name, value)],
        )
    };
    let email = format!("\u{2068}{}\u{2069}", show::masked_email(&ticket.email));
    let open = granted
        .iter()
        .filter(|grant| grant.is_open(now))
        .map(|grant| {
            context! {
                id => grant.id.to_string(),
                until => say.promised("access.open", grant.until),
                purpose => with("open_for", "purpose", &grant.purpose),
            }
        });
    let used = granted
        .iter()
        .flat_map(|grant| &grant.uses)
        .rev()
        .map(|used| {
            let time = words::moment(say.formats, used.at, say.zone);
            let text = words::text(say.words, "access.used");
            words::fill(text, &[("time", &time), ("purpose", &used.purpose)])
        });
    let chosen = shown.lasting.unwrap_or(Lasting::Hour);
    let lasts = Lasting::ALL.map(|lasting| {
        let name = lasting.as_str();
        context! { value => name, text => say.text(&format!("access.lasts.{name}")), checked => lasting == chosen }
    });
    let (sign_in, form_token) = match &shown.stage {
        access::Stage::Stranger => (None, None),
        access::Stage::Coded(id) => (Some(id.to_string()), None),
        access::Stage::SignedIn(token) => (None, Some(token)),
    };
    let purpose = shown.purpose.as_deref().or(asked);
    Some(context! {
        asked,
        open => open.collect::<Vec<_>>(),
        uses => used.collect::<Vec<_>>(),
        fault => shown.fault.map(|key| say.text(&format!("access.{key}"))),
        action => format!("/t/{}", app.status_links.token(ticket.reference, seen.holder)),
        sign_in,
        form_token,
        purpose => purpose.map_or_else(|| say.text("access.purpose_default"), str::to_owned),
        lasts => lasts.to_vec(),
        until => &shown.until,
        until_label => with("until_label", "zone", &words::zone_name(say.zone)),
        code_sent => with("code_sent", "email", &email),
        code_why => with("code_why", "email", &email),
    })
}

fn theme_of(site: Option<&Site>) -> String {
    site.map(|site| site.accent.theme()).unwrap_or_default()
}

fn file(attachment: &Attachment) -> Value {
    let (stem, extension) = stem_and_extension(&attachment.name);
    context! { stem, extension }
}

/// The newest first: who comes back looks for what is new.
fn steps(say: &Say, timeline: &[Entry]) -> Vec<Value> {
    let step = |(at, step): &(Timestamp, status::Step)| {
        let text = say.text(&format!("step.{}", step.as_str()));
        let time = words::moment(say.formats, *at, say.zone);
        context! { kind => step.as_str(), text, time, iso => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() }
    };
    status::steps(timeline).iter().rev().map(step).collect()
}
