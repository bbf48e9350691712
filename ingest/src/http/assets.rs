//! Files that are served as they are: the panel's build output and everything in `public/`.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write};

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cornerdesk_shared::problem::ProblemKind;
use rust_embed::Embed;
use sha2::{Digest, Sha256};

use super::problem::HttpError;
use crate::app::App;

#[derive(Embed)]
#[folder = "../dist/"]
#[allow_missing = true]
struct Built;

#[derive(Embed)]
#[folder = "../public/"]
struct Public;

/// Every file by its path below `/assets/`.
#[derive(Debug, Default)]
pub struct Assets {
    files: BTreeMap<String, File>,
    /// The loader's source with `__CORNERDESK_SITES__` in it.
    pub loader: String,
    /// The panel's boot script with `__PANEL_GLUE__`, `__PANEL_WASM__`, `__PANEL_MODULES__` and `__PANEL_STYLE__` in it.
    pub boot: String,
    /// The panel's style: what the document carries. All of it when the panel was not built.
    pub style: String,
    /// Where the rest of the style is.
    pub later_style: Option<String>,
    /// The panel's two files, when the panel was built.
    pub panel: Option<PanelFiles>,
    /// Where the parts of the panel are that are fetched when they are used (`widget/modules/`), by name.
    pub modules: BTreeMap<String, String>,
}

/// Where the panel's two files are.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PanelFiles {
    /// Address of the JavaScript glue.
    pub glue: String,
    /// Address of the WebAssembly module.
    pub wasm: String,
}

#[derive(Debug)]
struct File {
    content_type: &'static str,
    identity: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    etag: HeaderValue,
    /// The name holds a hash of the content.
    is_immutable: bool,
}

impl File {
    /// Is it asked for by its content, as in `/assets/embed.js?0123456789abcdef01234567`? A page with a loader of yesterday asks for a
    /// version that is gone, and gets the one that is here, for a short time.
    fn is_version(&self, asked: Option<&str>) -> bool {
        let quoted = asked.map(|asked| format!("\"{asked}\""));
        quoted.is_some_and(|quoted| self.etag.as_bytes() == quoted.as_bytes())
    }
}

impl Assets {
    /// Reads the files that are part of the binary (in a debug build: from the source folders).
    #[must_use]
    pub fn load() -> Self {
        let mut raw: BTreeMap<String, Bytes> = BTreeMap::new();
        let mut put = |name: Cow<'static, str>, data: Option<rust_embed::EmbeddedFile>| {
            if let Some(file) = data {
                raw.insert(name.into_owned(), Bytes::from(file.data.into_owned()));
            }
        };
        // The loader is served at its own address, from its built form.
        Public::iter()
            .filter(|name| name != "widget.js")
            .for_each(|name| put(name.clone(), Public::get(&name)));
        Built::iter().for_each(|name| put(name.clone(), Built::get(&name)));
        Self::from_files(&raw)
    }

    fn from_files(raw: &BTreeMap<String, Bytes>) -> Self {
        let text = |name: &str| {
            raw.get(name)
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
                .unwrap_or_default()
        };
        let mut files = BTreeMap::new();
        for (name, identity) in raw {
            if let Some(content_type) = content_type(name) {
                let packed = |ending: &str| raw.get(&format!("{name}.{ending}")).cloned();
                files.insert(
                    name.clone(),
                    File {
                        content_type,
                        brotli: packed("br"),
                        gzip: packed("gz"),
                        etag: etag(identity),
                        is_immutable: is_hashed(name),
                        identity: identity.clone(),
                    },
                );
            }
        }
        let address = |ending: &str| {
            files
                .keys()
                .find(|name| name.starts_with("panel-") && name.ends_with(ending))
                .map(|name| format!("/assets/{name}"))
        };
        let panel = address("_bg.wasm").and_then(|wasm| {
            let glue = wasm.replace("_bg.wasm", ".js");
            files
                .contains_key(glue.trim_start_matches("/assets/"))
                .then_some(PanelFiles { glue, wasm })
        });
        let modules = files.keys().filter_map(|name| {
            let (_, module) = name.strip_prefix("panel-")?.split_once('_')?;
            let module = module.strip_suffix(".js")?;
            Some((module.to_owned(), format!("/assets/{name}")))
        });
        Self {
            loader: text("widget.js"),
            boot: text("boot.js"),
            style: raw.get("panel.css").map_or_else(
                || include_str!("../../../widget/panel.css").to_owned(),
                |_| text("panel.css"),
            ),
            panel,
            modules: modules.collect(),
            later_style: address("_later.css"),
            files,
        }
    }
}

/// `GET /assets/{path}`.
///
/// # Errors
/// When there is no such file.
pub async fn get(
    State(app): State<App>,
    Path(path): Path<String>,
    RawQuery(version): RawQuery,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let file = app
        .assets
        .files
        .get(&path)
        .ok_or_else(|| HttpError::new(ProblemKind::NotFound, "There is no such file."))?;
    let max_age = if file.is_immutable || file.is_version(version.as_deref()) {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=600"
    };
    let common = [
        (header::CACHE_CONTROL, HeaderValue::from_static(max_age)),
        (header::ETAG, file.etag.clone()),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
        (
            super::CROSS_ORIGIN_RESOURCE_POLICY,
            HeaderValue::from_static("cross-origin"),
        ),
        // Modules that a host page imports are asked for with CORS. There is nothing here but what everybody may have.
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
        // A worker of the panel's document must say of itself what the document says.
        (
            super::CROSS_ORIGIN_EMBEDDER_POLICY,
            HeaderValue::from_static("require-corp"),
        ),
    ];
    if headers.get(header::IF_NONE_MATCH) == Some(&file.etag) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let (coding, body) = match (&file.brotli, &file.gzip) {
        (Some(brotli), _) if accepts(&headers, "br") => (Some("br"), brotli),
        (_, Some(gzip)) if accepts(&headers, "gzip") => (Some("gzip"), gzip),
        _ => (None, &file.identity),
    };
    let mut response = (
        common,
        [(header::CONTENT_TYPE, file.content_type)],
        body.clone(),
    )
        .into_response();
    if let Some(coding) = coding {
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Ok(response)
}

/// Does the client take this content coding? A weight of zero means no (RFC 9110 §12.5.3).
#[must_use]
pub fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let offers = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    offers.unwrap_or_default().split(',').any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1").parse();
        name.trim().eq_ignore_ascii_case(coding) && weight.is_ok_and(|weight: f32| weight > 0.0)
    })
}

/// `GET /favicon.ico`, which browsers ask for by themselves.
///
/// # Errors
/// When the icon is missing from the build.
pub async fn favicon(app: State<App>, headers: HeaderMap) -> Result<Response, HttpError> {
    let icon = Path("icons/cornerdesk.svg".to_owned());
    get(app, icon, RawQuery(None), headers).await
}

/// `application/wasm` must stand alone: with a parameter browsers do not compile while loading.
fn content_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit('.').next()? {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        _ => return None,
    })
}

fn etag(bytes: &[u8]) -> HeaderValue {
    let mut text = String::from("\"");
    for byte in &Sha256::digest(bytes)[..12] {
        let _ = write!(text, "{byte:02x}");
    }
    text.push('"');
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"\""))
}

/// `panel-0123456789abcdef_bg.wasm`.
fn is_hashed(name: &str) -> bool {
    let stem = name
        .strip_prefix("panel-")
        .and_then(|rest| rest.split(['.', '_']).next())
        .unwrap_or_default();
    stem.len() >= 8 && stem.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_panel_is_found_by_its_names() {
        let files = [
            "panel-0123456789abcdef.js",
            "panel-0123456789abcdef_bg.wasm",
            "panel-0123456789abcdef_bg.wasm.br",
            "panel-fedcba9876543210_editor.js",
            "panel-fedcba9876543210_editor.js.br",
            "widget.js",
        ];
        let assets = Assets::from_files(
            &files
                .iter()
                .map(|name| ((*name).to_owned(), Bytes::from_static(b"x")))
                .collect(),
        );
        let panel = PanelFiles {
            glue: "/assets/panel-0123456789abcdef.js".into(),
            wasm: "/assets/panel-0123456789abcdef_bg.wasm".into(),
        };
        assert_eq!(assets.panel, Some(panel));
        let editor = "/assets/panel-fedcba9876543210_editor.js".to_owned();
        let modules = BTreeMap::from([("editor".to_owned(), editor)]);
        assert_eq!(assets.modules, modules);
        assert!(assets.files["panel-fedcba9876543210_editor.js"].is_immutable);
        assert!(
            assets.files["panel-0123456789abcdef_bg.wasm"]
                .brotli
                .is_some()
        );
        assert!(assets.files["panel-0123456789abcdef.js"].is_immutable);
        assert!(!assets.files["widget.js"].is_immutable);
        assert!(
            !assets
                .files
                .contains_key("panel-0123456789abcdef_bg.wasm.br"),
            "a packed form is no file of its own"
        );
    }

    #[test]
    fn a_file_asked_for_by_its_hash_is_a_version() {
        let files = [("embed.js".to_owned(), Bytes::from_static(b"x"))];
        let assets = Assets::from_files(&files.into());
        // sha256sum of "x", 12 bytes.
        let embed = &assets.files["embed.js"];
        assert!(embed.is_version(Some("2d711642b726b04401627ca9")));
        for other in [
            None,
            Some(""),
            Some("2d711642"),
            Some("000000000000000000000000"),
        ] {
            assert!(!embed.is_version(other), "{other:?}");
        }
    }

    #[test]
    fn a_coding_is_taken_when_it_is_offered_with_a_weight() {
        let taken = ["gzip, br", "br;q=0.5", "BR"];
        let refused = ["br;q=0", "br; q=0.0", "gzip", "", "brx", "br;q=x"];
        let accepts = |offers| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(offers));
            accepts(&headers, "br")
        };
        assert!(taken.into_iter().all(accepts));
        assert!(!refused.into_iter().any(accepts));
    }

    #[test]
    fn without_a_build_there_is_no_panel() {
        assert_eq!(Assets::from_files(&BTreeMap::new()).panel, None);
    }
}
