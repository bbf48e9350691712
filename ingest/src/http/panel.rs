//! The form as a document: `/w/{site}` in the widget's frame, `/help/{site}` as a page; `POST` is the form without JavaScript.

use std::time::Duration;

use axum::{
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use cornerdesk_shared::{
    problem::ProblemKind,
    receipt::{MAIL_CONFIRM, MAIL_NONE, Receipt},
    submission::Submission,
    validation::{Violation, clean_line},
};
use jiff::Timestamp;
use minijinja::{Value, context};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::vetting::{self, Vetted};
use super::{
    checked::Checked,
    client_address::Client,
    form,
    idempotency_key::IdempotencyKey,
    loader,
    problem::{HttpError, status_of},
    site::OfPath,
    tickets,
};
use crate::{
    app::App,
    form_token, ids,
    intake::{self, Accepted, Arrival, Refused},
    show,
    site::Site,
    source::Source,
    store::uploads::Upload,
    words::{self, Table},
};

/// The panel's styles; the document carries them, so that the form is drawn without a second round trip.
const CSS: &str = include_str!("../../../widget/panel.css");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// In the widget's frame.
    Frame,
    /// As a page of its own.
    Page,
}

/// `?locale=de&theme=dark`.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Wish {
    locale: Option<String>,
    theme: Option<String>,
}

/// `GET /w/{site}`.
///
/// # Errors
/// When the template is at fault.
pub async fn get_frame(
    State(app): State<App>,
    OfPath(site): OfPath,
    Checked(Query(wish)): Checked<Query<Wish>>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    empty(&app, &site, Mode::Frame, &wish, &headers)
}

/// `GET /help/{site}`.
///
/// # Errors
/// When the template is at fault.
pub async fn get_page(
    State(app): State<App>,
    OfPath(site): OfPath,
    Checked(Query(wish)): Checked<Query<Wish>>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    empty(&app, &site, Mode::Page, &wish, &headers)
}

/// `POST /w/{site}`.
///
/// # Errors
/// When the form cannot be read or nothing could be saved.
pub async fn post_frame(
    State(app): State<App>,
    OfPath(site): OfPath,
    Checked(Query(wish)): Checked<Query<Wish>>,
    Client(source): Client,
    request: Request,
) -> Result<Response, HttpError> {
    submit(&app, &site, Mode::Frame, wish, source, request).await
}

/// `POST /help/{site}`.
///
/// # Errors
/// When the form cannot be read or nothing could be saved.
pub async fn post_page(
    State(app): State<App>,
    OfPath(site): OfPath,
    Checked(Query(wish)): Checked<Query<Wish>>,
    Client(source): Client,
    request: Request,
) -> Result<Response, HttpError> {
    submit(&app, &site, Mode::Page, wish, source, request).await
}

/// Why the form came back.
#[derive(Debug, Default)]
enum Trouble {
    /// It did not: this is the first round.
    #[default]
    None,
    /// Fields break rules.
    Fields(Vec<Violation>),
    /// Nothing could be saved.
    Server,
    /// The client has sent too much of late; again after so long.
    TooMany(Duration),
}

/// What a document shows.
#[derive(Debug, Default)]
struct Shown {
    submission: Submission,
    trouble: Trouble,
    uploads: Vec<Upload>,
    key: String,
    /// The token of the round before.
    token: Option<String>,
    receipt: Option<(Receipt, String)>,
}

fn empty(
    app: &App,
    site: &Site,
    mode: Mode,
    wish: &Wish,
    headers: &HeaderMap,
) -> Result<Response, HttpError> {
    let shown = Shown {
        key: new_key().as_str().to_owned(),
        ..Shown::default()
    };
    document(
        app,
        site,
        mode,
        wish,
        locale(site, mode, wish, headers),
        StatusCode::OK,
        &shown,
    )
}

/// The form without JavaScript. The same page comes back until everything is right, with every word and every file that
/// was already sent.
async fn submit(
    app: &App,
    site: &Site,
    mode: Mode,
    wish: Wish,
    source: Option<Source>,
    request: Request,
) -> Result<Response, HttpError> {
    let accepted_locale = locale(site, mode, &wish, request.headers());
    let mut form = form::read(app, site, source, request).await?;
    let wished = form
        .submission
        .locale
        .as_deref()
        .and_then(words::shipped_locale);
    let locale = wished.unwrap_or(accepted_locale);
    let key = form
        .key
        .as_deref()
        .and_then(IdempotencyKey::parse)
        .unwrap_or_else(new_key);
    let vetted = vetting::vet(app, site, source, &form.evidence, true).await?;
    match accept(app, site, source, &form, &key, &vetted).await {
        Ok(accepted) => {
            form.settle(app, site, &accepted).await;
            let (Accepted::New(receipt) | Accepted::Replayed(receipt)) = accepted;
            let receipt = Some((receipt, form.submission.email.clone()));
            let shown = Shown {
                receipt,
                ..Shown::default()
            };
            document(app, site, mode, &wish, locale, StatusCode::CREATED, &shown)
        }
        Err(refused) => {
            let (status, trouble) = trouble(refused);
            let wait = match trouble {
                Trouble::TooMany(wait) => Some(wait),
                _ => None,
            };
            // Who corrects one word is not faster than a person: the form is as old as it was.
            let is_ours = |token: &String| form_token::issued_at(&app.secret, &site.key, token);
            let token = form.evidence.token.take();
            let token = token.filter(|token| is_ours(token).is_some());
            let uploads = keep_uploads(app, site, &mut form).await;
            let shown = Shown {
                submission: form.submission,
                trouble,
                uploads,
                key: key.as_str().to_owned(),
                token,
                receipt: None,
            };
            let mut page = document(app, site, mode, &wish, locale, status, &shown)?;
            if let Some(wait) = wait {
                page.headers_mut()
                    .insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
            }
            Ok(page)
        }
    }
}

/// Who goes back in the browser, changes the text and sends again means a new request, although the page has the old key. Its
/// key follows from the old one and the new text, so that a double click is still one request.
async fn accept(
    app: &App,
    site: &Site,
    source: Option<Source>,
    form: &form::Form,
    key: &IdempotencyKey,
    vetted: &Vetted,
) -> Result<Accepted, Refused> {
    if let Some(wait) = form.limited {
        return Err(Refused::TooMany(wait));
    }
    if !form.violations.is_empty() {
        return Err(Refused::Invalid(tickets::all_violations(app, form)));
    }
    let (submission, files) = (&form.submission, form.files.files());
    let arrival = |key| Arrival {
        key: Some(key),
        source,
        hold: vetted.hold,
        proof: vetted.proof.as_ref(),
    };
    match tickets::accept(app, site, submission, files, &arrival(key.as_str())).await {
        Err(Refused::KeyReused) => {
            let edited = intake::key_of_edited(key.as_str(), submission, files);
            let edited = IdempotencyKey::parse(&edited).unwrap_or_else(new_key);
            tickets::accept(app, site, submission, files, &arrival(edited.as_str())).await
        }
        accepted => accepted,
    }
}

fn trouble(refused: Refused) -> (StatusCode, Trouble) {
    match refused {
        Refused::Invalid(violations) => (
            status_of(ProblemKind::InvalidSubmission),
            Trouble::Fields(violations),
        ),
        Refused::TooMany(wait) => (
            status_of(ProblemKind::TooManyRequests),
            Trouble::TooMany(wait),
        ),
        Refused::KeyReused => (
            status_of(ProblemKind::IdempotencyKeyReused),
            Trouble::Server,
        ),
        Refused::ProofUsed => (status_of(ProblemKind::ProofOfWorkRequired), Trouble::Server),
        Refused::StillRunning => (status_of(ProblemKind::StillRunning), Trouble::Server),
        Refused::Store(error) => {
            tracing::error!(
                error = crate::telemetry::chain(&error),
                "a form could not be saved"
            );
            (status_of(ProblemKind::TooBusy), Trouble::Server)
        }
    }
}

fn new_key() -> IdempotencyKey {
    let id = ids::new_secret_id().simple().to_string();
    // An id has the form of a key.
    IdempotencyKey::parse(&id).unwrap_or_else(new_key)
}

/// The files of earlier rounds that are still there, and the ones of this round: the next round names them.
async fn keep_uploads(app: &App, site: &Site, form: &mut form::Form) -> Vec<Upload> {
    let mut uploads = Vec::new();
    let named = form
        .submission
        .upload_ids
        .iter()
        .filter_map(|id| Uuid::try_parse(id).ok());
    for id in named {
        if let Ok(upload) = app.uploads.find(&site.key, id).await {
            uploads.push(upload);
        }
    }
    uploads.extend(form.files.claim());
    uploads
}

/// The language: the page's wish, on a page of its own the browser's, else the site's.
fn locale(site: &Site, mode: Mode, wish: &Wish, headers: &HeaderMap) -> &'static str {
    let browser = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .filter(|_| mode == Mode::Page);
    let wished = wish.locale.as_deref().and_then(words::shipped_locale);
    wished
        .or_else(|| browser.and_then(words::shipped_locale))
        .or_else(|| words::shipped_locale(&site.locale))
        .unwrap_or(words::LOCALES[0])
}

fn document(
    app: &App,
    site: &Site,
    mode: Mode,
    wish: &Wish,
    locale: &str,
    status: StatusCode,
    shown: &Shown,
) -> Result<Response, HttpError> {
    let words = app.words.panel(locale);
    let theme = wish
        .theme
        .as_deref()
        .filter(|theme| ["light", "dark"].contains(theme))
        .unwrap_or("auto");
    let inline_theme = format!(
        ":root{{--cd-accent:{};--cd-accent-text:{}}}",
        site.accent.to_hex(),
        site.accent.text_on_it()
    );
    let inline_boot = boot(app);
    let path = if mode == Mode::Frame { "w" } else { "help" };
    let limits = app.intake.limits();
    let page = app.pages.render(
        "panel.html",
        context! {
            site => context! { key => &site.key, name => &site.name },
            mode => if mode == Mode::Frame { "frame" } else { "page" },
            action => format!("/{path}/{}?locale={locale}&theme={theme}", site.key),
            locale,
            dir => "ltr",
            theme,
            words,
            words_json => loader::script_json(words),
            limits => context! {
                summary_chars => limits.summary_chars, description_chars => limits.description_chars, email_chars => limits.email_chars,
                attachments => limits.attachments, attachment_bytes => limits.attachment_bytes, request_bytes => limits.request_bytes,
            },
            key => &shown.key,
            values => context! { summary => clean_line(&shown.submission.summary), description => &shown.submission.description, email => &shown.submission.email },
            form_token => shown.token.clone().unwrap_or_else(|| form_token::issue(&app.secret, &site.key, app.clock.now())),
            errors => errors(words, &shown.trouble),
            uploads => uploads(&shown.uploads),
            receipt => shown.receipt.as_ref().map(|(receipt, email)| receipt_shown(app, locale, receipt, email)),
            inline_css => CSS,
            inline_theme => &inline_theme,
            inline_boot => &inline_boot,
            assets => app.assets.panel.as_ref().map(|files| context! { glue => &files.glue, wasm => &files.wasm }),
            home_url => Option::<String>::None,
        },
    )?;
    let policy = content_security_policy(site, mode, &[CSS, &inline_theme], &inline_boot);
    let headers = [
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_str(&policy)
                .unwrap_or(HeaderValue::from_static("default-src 'none'")),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // A host page with COEP require-corp frames only documents that say the same.
        (
            HeaderName::from_static("cross-origin-embedder-policy"),
            HeaderValue::from_static("require-corp"),
        ),
        (
            super::CROSS_ORIGIN_RESOURCE_POLICY,
            HeaderValue::from_static("cross-origin"),
        ),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
        ),
    ];
    Ok((status, headers, Html(page)).into_response())
}

/// The boot script. Without a built panel it knows of none: Close, Esc and the handshake work, and the form stays a form.
fn boot(app: &App) -> String {
    let panel = app.assets.panel.as_ref();
    let glue = loader::script_json(&panel.map(|files| &files.glue));
    let wasm = loader::script_json(&panel.map(|files| &files.wasm));
    app.assets
        .boot
        .replace("__PANEL_GLUE__", &glue)
        .replace("__PANEL_WASM__", &wasm)
}

/// Nothing but our own files and exactly these inline texts; framed only by the site's origins (a page of its own: by nobody).
fn content_security_policy(site: &Site, mode: Mode, styles: &[&str], script: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let styles = styles
        .iter()
        .map(|style| hash(style))
        .collect::<Vec<_>>()
        .join(" ");
    let ancestors = if mode == Mode::Frame {
        site.frame_ancestors()
    } else {
        "'none'".to_owned()
    };
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {}; style-src {styles}; connect-src 'self'; img-src 'self' blob: data:; \
         form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}",
        hash(script)
    )
}

/// The words for what is wrong: the field's own, else the rule's.
fn errors(words: &Table, trouble: &Trouble) -> Vec<Value> {
    match trouble {
        Trouble::None => Vec::new(),
        Trouble::Server => vec![context! { field => "send", text => words.get("too_busy") }],
        Trouble::TooMany(wait) => {
            let minutes = wait.as_secs().div_ceil(60).max(1);
            vec![context! { field => "send", text => too_many(words, minutes) }]
        }
        Trouble::Fields(violations) => violations
            .iter()
            .map(|violation| {
                context! { field => violation.field.as_str(), text => error_text(words, *violation) }
            })
            .collect(),
    }
}

fn too_many(words: &Table, minutes: u64) -> String {
    let again = if minutes == 1 {
        "again_in_minutes_one"
    } else {
        "again_in_minutes"
    };
    let texts = ["too_many", again].map(|key| words.get(key).cloned().unwrap_or_default());
    texts.join(" ").replace("{minutes}", &minutes.to_string())
}

fn error_text(words: &Table, violation: Violation) -> String {
    let (field, code) = (violation.field.as_str(), violation.code.as_str());
    let own = words.get(&format!("error.{field}.{code}"));
    let general = || words.get(&format!("error.{code}"));
    own.or_else(general)
        .cloned()
        .unwrap_or_else(|| format!("{field}: {code}"))
}

fn uploads(uploads: &[Upload]) -> Vec<Value> {
    uploads.iter().map(|upload| context! { id => upload.id.to_string(), name => &upload.name, size_text => show::size(upload.length_bytes) }).collect()
}

fn receipt_shown(app: &App, locale: &str, receipt: &Receipt, email: &str) -> Value {
    let format = app
        .words
        .acknowledge(locale)
        .get("instant_format")
        .map_or(show::INSTANT, String::as_str);
    let at = receipt.received_at.parse::<Timestamp>();
    let received = at.map_or_else(
        |_| receipt.received_at.clone(),
        |at| show::instant_as(at, format),
    );
    let (title, lead) = match receipt.mail.as_deref() {
        Some(MAIL_CONFIRM) => ("receipt.title_confirm", "receipt.lead_confirm"),
        Some(MAIL_NONE) => ("receipt.title", "receipt.lead_none"),
        _ => ("receipt.title", "receipt.lead"),
    };
    let waits = receipt.mail.as_deref() == Some(MAIL_CONFIRM);
    context! { reference => &receipt.reference, received_text => received, email_masked => show::masked_email(email.trim()), title, lead, waits }
}

#[cfg(test)]
mod tests {
    use cornerdesk_shared::validation::{Code, Field};

    use super::*;
    use crate::{site::SiteConfig, words::Words};

    #[test]
    fn every_broken_rule_has_words_in_every_language() {
        let tables = Words::load().unwrap();
        for locale in words::LOCALES {
            for (field, code) in Field::ALL
                .into_iter()
                .flat_map(|field| Code::ALL.map(|code| (field, code)))
            {
                let text = error_text(tables.panel(locale), Violation::new(field, code));
                assert!(
                    !text.contains('_') && text.len() > 8,
                    "{locale} {field:?} {code:?}: {text}"
                );
            }
        }
    }

    #[test]
    fn only_the_allowed_origins_may_frame_the_panel() {
        let config = SiteConfig {
            key: "a".into(),
            name: "A".into(),
            allowed_origins: vec!["https://app.example.com".into(), "self".into()],
            accent: "#2f5bea".into(),
            locale: "en".into(),
            acknowledge: crate::mail::permission::Mode::Ack,
            quota_bytes: None,
        };
        let site = Site::parse(&config).unwrap();
        assert!(
            content_security_policy(&site, Mode::Frame, &[], "")
                .ends_with("frame-ancestors https://app.example.com 'self'")
        );
        assert!(
            content_security_policy(&site, Mode::Page, &[], "").ends_with("frame-ancestors 'none'")
        );
    }
}
