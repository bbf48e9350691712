//! The body of a problem, where the request is known: a page for somebody who asked for one, else problem details.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use cornerdesk_shared::problem::{PROBLEM_TYPE_BASE, Problem};

use super::{
    HttpError,
    page::{Reader, page},
};
use crate::app::App;

/// Writes the body of an error: a page for somebody who asked for a page, else problem details.
pub async fn write(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let reader = wants_page(&path, request.headers()).then(|| Reader::of(&request));
    let request_id = request_id(request.headers());
    let mut response = next.run(request).await;
    let Some(error) = response.extensions_mut().remove::<HttpError>() else {
        return response;
    };
    let status = response.status();
    if let Some(cause) = &error.cause {
        tracing::error!(
            request.id = request_id,
            problem = error.kind.as_str(),
            cause,
            "a request failed"
        );
    }
    let body = match reader {
        Some(reader) => page(&app, &reader, status, &error, &request_id),
        None => document(status, error, request_id),
    };
    let mut answer = body;
    *answer.status_mut() = status;
    for (name, value) in response.headers() {
        if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
            answer.headers_mut().append(name, value.clone());
        }
    }
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn document(status: StatusCode, error: HttpError, request_id: String) -> Response {
    let problem = Problem {
        problem_type: format!("{PROBLEM_TYPE_BASE}{}", error.kind.as_str()),
        title: error.kind.title().to_owned(),
        status: status.as_u16(),
        detail: error.detail.into(),
        request_id,
        violations: error.violations,
        address: error.address.map(Into::into),
    };
    let body = serde_json::to_string(&problem).unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
}

/// Pages are for the addresses that people open; the wire contract always answers problem details.
fn wants_page(path: &str, headers: &HeaderMap) -> bool {
    let accepts_html = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    accepts_html && !path.starts_with("/v1/")
}

/// The request's id, which the answer carries too.
#[must_use]
pub fn request_id(headers: &HeaderMap) -> String {
    headers
        .get("x-request-id")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_contract_never_answers_a_page() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("text/html,application/xhtml+xml"),
        );
        assert!(wants_page("/desk", &headers));
        assert!(!wants_page("/v1/sites/a/tickets", &headers));
        assert!(!wants_page("/desk", &HeaderMap::new()));
    }
}
