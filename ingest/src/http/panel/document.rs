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

use super::{
    Mode, Wish,
    policy_form::{self, PolicyForm},
    texts,
};
use crate::{
    app::App,
    form_token,
    http::{accepted_locale, loader, problem::HttpError},
    site::Site,
    store::uploads::Upload,
    terms, words,
};

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
    /// The site takes requests only of people for whom its product vouches, which a form without JavaScript cannot tell.
    NotSignedIn,
    /// Requests of the account come from others: whom to ask, where somebody is named.
    NotEntitled(Option<String>),
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
    /// Of the person, as their browser says it.
    pub(super) time_zone: Option<String>,
}

/// The language: the page's wish, else the browser's, else the site's.
pub(super) fn locale(site: &Site, wish: &Wish, headers: &HeaderMap) -> &'static str {
    let wished = wish.locale.as_deref().and_then(words::shipped_locale);
    wished
        .or_else(|| accepted_locale(headers))
        .unwrap_or_else(|| words::shipped_or_english(&site.locale))
}

/// Where somebody finds a request that they sent before.
fn find(app: &App, site: &Site, locale: &str) -> minijinja::Value {
    let words = app.words.of_site(&site.words, "find", locale);
    let text = crate::words::text(&words, "link").to_owned();
    context! { url => format!("/find/{}?locale={locale}", site.key), text }
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
    let policy = terms::in_force(site);
    let form = policy
        .as_deref()
        .map(|policy| PolicyForm::of(policy, mode.form()));
    let words = &*super::words::of_form(app, site, form.as_ref(), locale);
    let zone = words::zone(shown.time_zone.as_deref(), &site.time_zone);
    let say = texts::Say {
        locale,
        direction: app.words.direction(locale),
        words,
        formats: app.words.formats(locale),
        zone: &zone,
    };
    let hours = crate::words::hours::Say {
        locale,
        words: &app.words.of_site(&site.words, "hours", locale),
        formats: app.words.formats(locale),
    };
    let languages = &app.words.of_site(&site.words, "language", locale);
    let policy_say = policy_form::Say {
        locale,
        words,
        languages,
        hours,
    };
    let now = app.clock.now();
    let theme = wish
        .theme
        .as_deref()
        .filter(|theme| ["light", "dark"].contains(theme))
        .unwrap_or("auto");
    let drafts_off = wish.drafts.as_deref() == Some("off");
    let inline_theme = site.accent.theme();
    let inline_boot = boot(app);
    let path = if mode == Mode::Frame { "w" } else { "help" };
    let limits = app.intake.limits();
    let page = app.pages.render(
        "panel.html",
        context! {
            site => context! { key => &site.key, name => &site.name, identity_required => site.identity_required, has_articles => site.has_articles },
            mode => if mode == Mode::Frame { "frame" } else { "page" },
            action => format!("/{path}/{}?locale={locale}&theme={theme}{}", site.key, if drafts_off { "&drafts=off" } else { "" }),
            drafts_off,
            find => (mode == Mode::Page && shown.receipt.is_none()).then(|| find(app, site, locale)),
            locale,
            dir => app.words.direction(locale),
            theme,
            words,
            words_url => super::words::url(&site.key, locale, form.as_ref().map(|_| mode.form()), words),
            fields => form.as_ref().map_or_else(|| policy_form::FIELDS.to_vec(), PolicyForm::fields),
            policy => form.as_ref().map(|form| form.shown(&policy_say, now)),
            later_style => &app.assets.later_style,
            limits => context! {
                summary_chars => limits.summary_chars, description_chars => limits.description_chars, email_chars => limits.email_chars,
                attachments => limits.attachments, attachment_bytes => limits.attachment_bytes, request_bytes => limits.request_bytes,
            },
            key => &shown.key,
            values => context! {
                summary => clean_line(&shown.submission.summary), description => &shown.submission.description, email => &shown.submission.email,
                category => &shown.submission.category, impact => &shown.submission.impact, tried => &shown.submission.tried,
            },
            form_token => shown.token.clone().unwrap_or_else(|| form_token::issue(&app.secret, &site.key, app.clock.now())),
            errors => texts::errors(&say, limits, &site.name, &shown.trouble),
            attachments_hint => texts::attachments_hint(&say, limits),
            uploads => texts::uploads(&say, &shown.uploads),
            receipt => shown.receipt.as_ref().map(|(receipt, email)| texts::receipt(&say, receipt, email)),
            inline_css => &app.assets.style,
            inline_theme => &inline_theme,
            inline_boot => &inline_boot,
            assets => app.assets.panel.as_ref().map(|files| context! { glue => &files.glue, wasm => &files.wasm }),
        },
    )?;
    let policy = content_security_policy(
        site,
        mode,
        &[&app.assets.style, &inline_theme],
        &inline_boot,
    );
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
    let modules = loader::script_json(&app.assets.modules);
    app.assets
        .boot
        .replace("__PANEL_MODULES__", &modules)
        .replace(
            "__PANEL_STYLE__",
            &loader::script_json(&app.assets.later_style),
        )
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
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {}; style-src 'self' {styles}; connect-src 'self'; img-src 'self' blob: data:; \
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
            allowed_origins: vec!["https://app.example.com".into(), "self".into()],
            ..SiteConfig::new("a", "A")
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
