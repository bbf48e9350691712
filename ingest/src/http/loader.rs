//! `GET /widget.js`: the loader, with what it must know of the page's sites written into it.
//!
//! The loader may make no request before somebody means to use it, yet it must draw nothing for a site that is unknown or does not allow the
//! page. So the answer depends on the page: browsers name its origin in `Referer`, and the loader gets the sites that allow this origin.
//! Without a `Referer` (the page says `no-referrer`) it draws whatever site the tag names and finds out when the panel is opened; with
//! `?site=KEY` it gets that site's origins and looks for the page's own among them.

use std::{
    collections::{BTreeMap, HashMap},
    io::Write,
    sync::{PoisonError, RwLock},
};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cornerdesk_shared::problem::ProblemKind;
use serde::{Deserialize, Serialize};

use super::{
    CROSS_ORIGIN_RESOURCE_POLICY, accepted_locale, assets::accepts, checked::Checked, own_origin,
    problem::HttpError,
};
use crate::{
    app::App,
    origin::{AllowedOrigin, Origin},
    site::{Colour, Site},
    words::{self, LOCALES, OwnWords},
};

/// What the loader knows of a site.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    accent: String,
    accent_text: &'static str,
    label: String,
    /// In the other languages, for a page that speaks one of them.
    labels: BTreeMap<&'static str, String>,
}

/// Stands for every site where the page is not known.
const ANY_SITE: &str = "*";

/// `?site=KEY`.
#[derive(Debug, Deserialize)]
pub struct Wish {
    site: Option<String>,
}

/// Answers the loader for this page.
///
/// # Errors
/// When the panel was not built or the database fails.
pub async fn get(
    State(app): State<App>,
    Checked(Query(wish)): Checked<Query<Wish>>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    if app.assets.loader.is_empty() {
        return Err(HttpError::new(
            ProblemKind::NotFound,
            "The widget is not part of this build: run `make panel` first.",
        ));
    }
    let own = own_origin::of(&app.config, &headers);
    let page = own_origin::named(&headers, header::REFERER);
    // For a page that says no language, or one that is not shipped.
    let browser = accepted_locale(&headers);
    let all = app.sites.all().await?;
    let sites = match (&wish.site, &page) {
        (_, Some(page)) => {
            let asked = |site: &Site| wish.site.as_ref().is_none_or(|key| *key == site.key);
            let allowing = all
                .values()
                .filter(|site| asked(site) && site.allows(page, &own));
            script_json(
                &allowing
                    .map(|site| (site.key.as_str(), known(&app, site, browser)))
                    .collect::<BTreeMap<_, _>>(),
            )
        }
        (Some(key), None) => all.get(key).map_or_else(
            || "{}".to_owned(),
            |site| {
                only_for(
                    site,
                    &own,
                    &script_json(&BTreeMap::from([(&site.key, known(&app, site, browser))])),
                )
            },
        ),
        (None, None) => script_json(&BTreeMap::from([(ANY_SITE, unknown(&app, browser))])),
    };
    let body = app.assets.loader.replace("__CORNERDESK_SITES__", &sites);
    let takes_brotli = accepts(&headers, "br");
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/javascript; charset=utf-8"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=600, stale-while-revalidate=86400"),
        ),
        (
            header::VARY,
            HeaderValue::from_static("referer, accept-encoding, accept-language"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
        (
            CROSS_ORIGIN_RESOURCE_POLICY,
            HeaderValue::from_static("cross-origin"),
        ),
        (
            HeaderName::from_static("timing-allow-origin"),
            HeaderValue::from_static("*"),
        ),
    ];
    if takes_brotli && let Some(packed) = app.packed_loaders.of(&body).await {
        let coding = [(header::CONTENT_ENCODING, HeaderValue::from_static("br"))];
        return Ok((headers, coding, packed).into_response());
    }
    Ok((headers, body).into_response())
}

/// Loaders that were asked for, compressed as small as brotli can: too slow to do for each request, and there are as many
/// different ones as there are embedding pages' sets of sites.
#[derive(Debug, Default)]
pub struct PackedLoaders(RwLock<HashMap<String, Bytes>>);

impl PackedLoaders {
    /// More than this many are forgotten and made again.
    const MOST: usize = 1000;

    /// The packed form; nothing when packing failed, and then the loader goes out as it is.
    async fn of(&self, body: &str) -> Option<Bytes> {
        let known = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(body)
            .cloned();
        if known.is_some() {
            return known;
        }
        let source = body.to_owned();
        let packed = tokio::task::spawn_blocking(move || pack(source.as_bytes())).await;
        let packed = Bytes::from(packed.ok()?);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= Self::MOST {
            known.clear();
        }
        known.insert(body.to_owned(), packed.clone());
        Some(packed)
    }
}

/// Brotli at its highest quality; the window fits the text.
fn pack(text: &[u8]) -> Vec<u8> {
    const QUALITY: u32 = 11;
    const WINDOW_BITS: u32 = 18;
    let size = text.len().max(1);
    let mut writer = brotli::CompressorWriter::new(Vec::new(), size, QUALITY, WINDOW_BITS);
    // Writing to memory does not fail.
    let _ = writer.write_all(text);
    writer.into_inner()
}

fn known(app: &App, site: &Site, browser: Option<&str>) -> Known {
    with_labels(
        app,
        site.accent,
        browser.unwrap_or(&site.locale),
        &site.words,
    )
}

/// A site that is not known: the usual looks.
fn unknown(app: &App, browser: Option<&str>) -> Known {
    with_labels(
        app,
        Colour::STANDARD,
        browser.unwrap_or(LOCALES[0]),
        &OwnWords::new(),
    )
}

fn with_labels(app: &App, accent: Colour, locale: &str, own: &OwnWords) -> Known {
    let label_in = |locale: &str| {
        let words = app.words.of_site(own, "panel", locale);
        words::text(&words, "launcher_label").to_owned()
    };
    let label = label_in(locale);
    let labels = LOCALES
        .into_iter()
        .map(|locale| (locale, label_in(locale)))
        .filter(|(_, other)| *other != label)
        .collect();
    Known {
        accent: accent.to_hex(),
        accent_text: accent.text_on_it(),
        label,
        labels,
    }
}

/// An expression: the sites where the page is one of the site's, else none.
fn only_for(site: &Site, own: &[Origin], sites: &str) -> String {
    let patterns: Vec<String> = site
        .allowed_origins
        .iter()
        .flat_map(|allowed| patterns(allowed, own))
        .collect();
    format!("(/^(?:{})$/.test(origin)?{sites}:{{}})", patterns.join("|"))
}

fn patterns(allowed: &AllowedOrigin, own: &[Origin]) -> Vec<String> {
    match allowed {
        AllowedOrigin::Own => own
            .iter()
            .map(|origin| literally(&origin.to_string()))
            .collect(),
        AllowedOrigin::Exact(origin) => vec![literally(&origin.to_string())],
        AllowedOrigin::Below { scheme, suffix } => vec![format!(
            "{}[^/]+{}",
            literally(&format!("{scheme}://")),
            literally(suffix)
        )],
    }
}

/// A text as a regular expression in JavaScript.
fn literally(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if !character.is_ascii_alphanumeric() {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// JSON that may stand in a script, inline or not: nothing in it ends the script or begins a comment.
#[must_use]
pub fn script_json(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::script_json;

    #[test]
    fn what_was_packed_is_the_loader() {
        let text = include_str!("../../../public/widget.js");
        let mut unpacked = String::new();
        let packed = super::pack(text.as_bytes());
        let mut reader = brotli::Decompressor::new(packed.as_slice(), 4096);
        std::io::Read::read_to_string(&mut reader, &mut unpacked).unwrap();
        assert_eq!(unpacked, text);
    }

    #[test]
    fn a_value_cannot_leave_the_script() {
        assert_eq!(
            script_json(&"</script><!--"),
            r#""\u003c/script\u003e\u003c!--""#
        );
    }
}
