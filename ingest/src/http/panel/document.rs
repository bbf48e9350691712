//! The document with the form or the receipt, and what it may load.

use std::time::Duration;

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use cornerdesk_shared::{
    receipt::Receipt,
    submission::Submission,
    validation::{Violation, clean_line},
};
use minijinja::context;
use sha2::{Digest, Sha256};

use super::{Mode, Wish, texts};
use crate::{
    app::App,
    form_token,
    http::{loader, problem::HttpError},
    site::Site,
    store::uploads::Upload,
    words,
};

/// The panel's styles; the document carries them, so that the form is drawn without a second round trip.
const CSS: &str = include_str!("../../../../widget/panel.css");

/// Why the form came back.
#[derive(Debug, Default)]
pub(super) enum Trouble {
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
pub(super) struct Shown {
    pub(super) submission: Submission,
    pub(super) trouble: Trouble,
    pub(super) uploads: Vec<Upload>,
    pub(super) key: String,
    /// The token of the round before.
    pub(super) token: Option<String>,
    pub(super) receipt: Option<(Receipt, String)>,
}

/// The language: the page's wish, on a page of its own the browser's, else the site's.
pub(super) fn locale(site: &Site, mode: Mode, wish: &Wish, headers: &HeaderMap) -> &'static str {
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

/// Writes the document.
///
/// # Errors
/// When the template is at fault.
pub(super) fn document(
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
            errors => texts::errors(words, &shown.trouble),
            uploads => texts::uploads(&shown.uploads),
            receipt => shown.receipt.as_ref().map(|(receipt, email)| texts::receipt(app, locale, receipt, email)),
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
            crate::http::CROSS_ORIGIN_RESOURCE_POLICY,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::SiteConfig;

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
