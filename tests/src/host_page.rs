//! A product's own pages, on an origin that is not the service's.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{host_files, local_server::LocalServer};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// One answer: what is at a path.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) body: Vec<u8>,
    pub(crate) headers: HeaderMap,
}

impl Page {
    /// `body`, told to be of `media_type`.
    pub(crate) fn new(body: impl Into<Vec<u8>>, media_type: &'static str) -> Self {
        let media_type = HeaderValue::from_static(media_type);
        Self {
            body: body.into(),
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, media_type)]),
        }
    }

    /// Sets a header, such as a policy.
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        let value = value.parse().expect("a header's value");
        self.headers.insert(name, value);
    }
}

type Pages = Arc<Mutex<HashMap<String, Page>>>;

/// A web server for one test. Its origin is `http://localhost:PORT`: another *site* than the service's `127.0.0.1`, so that the browser
/// treats the panel as a third party.
#[derive(Debug)]
pub struct HostPage {
    server: LocalServer,
    pages: Pages,
}

impl HostPage {
    /// Opens the port; there is no page yet.
    pub async fn bind() -> Self {
        let pages = Pages::default();
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&pages));
        Self {
            server: LocalServer::start(app).await,
            pages,
        }
    }

    /// The origin, for a site's `allowed_origins`.
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.server.port())
    }

    /// Shows `html` at `path` under a Content Security Policy (empty: none), and returns the page's URL.
    pub fn show(&self, path: &str, html: &str, content_security_policy: &str) -> String {
        let mut page = Page::new(html, "text/html; charset=utf-8");
        if !content_security_policy.is_empty() {
            page.header("content-security-policy", content_security_policy);
        }
        self.put(path, page)
    }

    /// Shows `html` at `path` with a header, and returns the page's URL.
    pub fn show_with(&self, path: &str, html: &str, (name, value): (&str, &str)) -> String {
        let mut page = Page::new(html, "text/html; charset=utf-8");
        page.header(name, value);
        self.put(path, page)
    }

    /// Shows a small product page that embeds the widget of `site`, and returns the page's URL.
    pub fn embed(&self, service_origin: &str, site: &str) -> String {
        self.show("/", &embedding_html(service_origin, site), "")
    }

    /// Shows every file of `tests/browser/hosts/pages` at `/NAME`, and what these pages load; see [`host_files`].
    pub fn show_files(&self, service_origin: &str) {
        for (path, page) in host_files::pages(service_origin, &self.origin()) {
            self.put(&path, page);
        }
    }

    fn put(&self, path: &str, page: Page) -> String {
        lock(&self.pages).insert(path.to_owned(), page);
        format!("{}{path}", self.origin())
    }
}

/// A product page with one script tag of ours.
pub fn embedding_html(service_origin: &str, site: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Invoices – Acme</title>
</head>
<body>
<h1>Invoices</h1>
<p><label>Search <input id="search" name="search"></label></p>
<script async src="{service_origin}/widget.js" data-site="{site}"></script>
</body>
</html>
"#
    )
}

async fn answer(State(pages): State<Pages>, request: Request) -> Response {
    if request.uri().path() == "/favicon.ico" {
        // Browsers ask by themselves and put a failure on the console.
        return StatusCode::NO_CONTENT.into_response();
    }
    let Some(page) = lock(&pages).get(request.uri().path()).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    (page.headers, page.body).into_response()
}

fn lock(pages: &Pages) -> MutexGuard<'_, HashMap<String, Page>> {
    pages.lock().unwrap_or_else(PoisonError::into_inner)
}
