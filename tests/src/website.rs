//! A website of a product's help, for an import: pages, sitemaps, and what a website may answer instead of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::local_server::LocalServer;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
};

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

#[derive(Debug, Default)]
struct Pages {
    /// What is answered at a path; of several, each once, and the last one for good.
    answers: HashMap<String, Vec<Answer>>,
    /// Paths that were asked for.
    visits: Vec<String>,
    /// What visitors said they are.
    agents: Vec<String>,
}

/// A web server for one test.
#[derive(Debug)]
pub struct Website {
    server: LocalServer,
    pages: Arc<Mutex<Pages>>,
}

impl Website {
    /// Opens the port; there is no page yet.
    pub async fn bind() -> Self {
        let pages = Arc::<Mutex<Pages>>::default();
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&pages));
        Self {
            server: LocalServer::start(app).await,
            pages,
        }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.server.port())
    }

    /// Shows a page.
    pub fn show(&self, path: &str, html: &str) {
        let kind = [("content-type", "text/html; charset=utf-8".to_owned())];
        self.answer(path, 200, &kind, html.as_bytes());
    }

    /// Shows a page with a title and a text.
    pub fn show_article(&self, path: &str, title: &str, text: &str) {
        let html = format!(
            "<!DOCTYPE html><html lang=en><title>{title} – Acme</title><nav>Home</nav><main><h1>{title}</h1><p>{text}</main></html>"
        );
        self.show(path, &html);
    }

    /// Lists paths, or whole addresses, in a sitemap at `path`.
    pub fn list(&self, path: &str, addresses: &[&str]) {
        self.answer(
            path,
            200,
            &[],
            self.sitemap("urlset", "url", addresses).as_bytes(),
        );
    }

    /// The text of a sitemap.
    pub fn sitemap(&self, root: &str, entry: &str, addresses: &[&str]) -> String {
        let mut text = format!(
            "<?xml version=\"1.0\"?><{root} xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">"
        );
        for address in addresses {
            let address = match address.strip_prefix('/') {
                Some(_) => self.url(address),
                None => (*address).to_owned(),
            };
            text +=
                &format!("<{entry}><loc>{address}</loc><lastmod>2026-11-01</lastmod></{entry}>");
        }
        text + &format!("</{root}>")
    }

    /// Answers this from now on, whatever was there before.
    pub fn answer(&self, path: &str, status: u16, headers: &[(&'static str, String)], body: &[u8]) {
        let answer = Answer {
            status,
            headers: headers.to_vec(),
            body: body.to_vec(),
        };
        lock(&self.pages)
            .answers
            .insert(path.to_owned(), vec![answer]);
    }

    /// Answers this once, and then what was there before.
    pub fn answer_once(&self, path: &str, status: u16, headers: &[(&'static str, String)]) {
        let answer = Answer {
            status,
            headers: headers.to_vec(),
            body: Vec::new(),
        };
        let mut pages = lock(&self.pages);
        let answers = pages.answers.entry(path.to_owned()).or_default();
        answers.insert(0, answer);
    }

    /// How often a path was asked for.
    pub fn visits(&self, path: &str) -> usize {
        let pages = lock(&self.pages);
        pages.visits.iter().filter(|visit| *visit == path).count()
    }

    /// What the visitors so far said they are.
    pub fn agents(&self) -> Vec<String> {
        lock(&self.pages).agents.clone()
    }
}

async fn answer(State(pages): State<Arc<Mutex<Pages>>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let mut pages = lock(&pages);
    let agent = request.headers().get("user-agent");
    let agent = agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
    pages.agents.extend(agent);
    let answer = match pages.answers.get_mut(&path) {
        Some(answers) if answers.len() > 1 => Some(answers.remove(0)),
        Some(answers) => answers.first().cloned(),
        None => None,
    };
    pages.visits.push(path);
    let mut response = Response::new(Body::empty());
    let Some(answer) = answer else {
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    *response.status_mut() = StatusCode::from_u16(answer.status).expect("a status");
    for (name, value) in answer.headers {
        let value: HeaderValue = value.parse().expect("a header's value");
        response
            .headers_mut()
            .append(HeaderName::from_static(name), value);
    }
    *response.body_mut() = answer.body.into();
    response
}

fn lock(pages: &Mutex<Pages>) -> MutexGuard<'_, Pages> {
    pages.lock().unwrap_or_else(PoisonError::into_inner)
}
