//! `GET /w/{site}/words/{module}?locale=de`: the words of a part of the panel: `panel` itself, and those that are fetched when they are used.
//! The document carries only those that stand in it.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    Json,
    extract::{Path, Query, State},
    http::header,
    response::IntoResponse,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cornerdesk_shared::problem::ProblemKind;
use sha2::{Digest, Sha256};

use super::{Wish, policy_form::PolicyForm};
use crate::{
    app::App,
    http::{checked::Checked, problem::HttpError, site::OfPath},
    site::Site,
    terms,
    words::{self, Table},
};

/// The panel itself.
const PANEL: &str = "panel";

/// Where the words of the panel are. Another text, another address: no cache has yesterday's words for today's panel.
pub(super) fn url(
    site: &str,
    locale: &str,
    form: Option<&str>,
    words: &BTreeMap<String, String>,
) -> String {
    let digest = Sha256::digest(serde_json::json!(words).to_string());
    let version = URL_SAFE_NO_PAD.encode(&digest[..9]);
    let form = form.map_or(String::new(), |form| format!("&form={form}"));
    format!("/w/{site}/words/{PANEL}?locale={locale}{form}&v={version}")
}

/// The panel's words as the site says them, with those of its policy's form where it has one.
pub(super) fn of_form<'a>(
    app: &'a App,
    site: &Site,
    form: Option<&PolicyForm>,
    locale: &str,
) -> Cow<'a, Table> {
    let panel = app.words.of_site(&site.words, PANEL, locale);
    match form {
        None => panel,
        Some(form) => {
            let of_policy = app.words.of_site(&site.words, "form", locale);
            let own = site.words.get(words::shipped_or_english(locale));
            Cow::Owned(form.words(&panel, &of_policy, own, locale))
        }
    }
}

/// The words by their keys, as a JSON object.
///
/// # Errors
/// When no part of the panel has this name.
pub async fn get(
    State(app): State<App>,
    OfPath(site): OfPath,
    Path((_, module)): Path<(String, String)>,
    Checked(Query(wish)): Checked<Query<Wish>>,
) -> Result<impl IntoResponse, HttpError> {
    let wished = wish.locale.as_deref().and_then(words::shipped_locale);
    let locale = wished.unwrap_or(&site.locale);
    let of_module: BTreeMap<_, _> = if module == PANEL {
        let policy = terms::in_force(&site);
        let form = wish.form.as_deref().zip(policy.as_deref());
        let form = form.map(|(name, policy)| PolicyForm::of(policy, name));
        of_form(&app, &site, form.as_ref(), locale).into_owned()
    } else {
        let prefix = format!("{module}.");
        let table = app.words.of_site(&site.words, "modules", locale);
        let text_of = |(key, text): (&String, &String)| {
            Some((key.strip_prefix(&prefix)?.to_owned(), text.clone()))
        };
        table.iter().filter_map(text_of).collect()
    };
    if of_module.is_empty() {
        return Err(HttpError::new(
            ProblemKind::NotFound,
            "No part of the panel has this name.",
        ));
    }
    Ok((
        [(header::CACHE_CONTROL, "public, max-age=600")],
        Json(serde_json::json!(of_module)),
    ))
}
