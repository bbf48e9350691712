//! A product's own pages, on an origin that is not the service's.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use tokio::{net::TcpListener, task::JoinHandle};

#[derive(Clone, Debug)]
struct Page {
    html: String,
    content_security_policy: String,
}

type Pages = Arc<Mutex<HashMap<String, Page>>>;

/// A web server for one test. Its origin is `http://localhost:PORT`: another *site* than the service's `127.0.0.1`, so that the browser
/// treats the panel as a third party.
#[derive(Debug)]
pub struct HostPage {
    port: u16,
    pages: Pages,
    serving: JoinHandle<()>,
}

impl HostPage {
    /// Opens the port; there is no page yet.
    pub async fn bind() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a port is free");
        let port = listener
            .local_addr()
            .expect("a bound socket has an address")
            .port();
        let pages = Pages::default();
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&pages));
        let serving = tokio::spawn(async move {
            axum::serve(listener, app)
                .await
                .expect("serving never fails");
        });
        Self {
            port,
            pages,
            serving,
        }
    }

    /// The origin, for a site's `allowed_origins`.
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Shows `html` at `path` under a Content Security Policy (empty: none), and returns the page's URL.
    pub fn show(&self, path: &str, html: &str, content_security_policy: &str) -> String {
        let page = Page {
            html: html.to_owned(),
            content_security_policy: content_security_policy.to_owned(),
        };
        lock(&self.pages).insert(path.to_owned(), page);
        format!("{}{path}", self.origin())
    }

    /// Shows a small product page that embeds the widget of `site`, and returns the page's URL.
    pub fn embed(&self, service_origin: &str, site: &str) -> String {
        self.show("/", &embedding_html(service_origin, site), "")
    }
}

impl Drop for HostPage {
    fn drop(&mut self) {
        self.serving.abort();
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
    let mut response = Html(page.html).into_response();
    if !page.content_security_policy.is_empty() {
        let policy = page
            .content_security_policy
            .parse()
            .expect("a header value");
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn lock(pages: &Pages) -> MutexGuard<'_, HashMap<String, Page>> {
    pages.lock().unwrap_or_else(PoisonError::into_inner)
}
