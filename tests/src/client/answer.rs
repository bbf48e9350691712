//! What the service answers.

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    headers: reqwest::header::HeaderMap,
    /// The body.
    pub text: String,
}

impl Answer {
    /// Sends a request and reads what comes back to its end.
    pub async fn to(request: RequestBuilder) -> Self {
        Self::of(request.send().await.expect("an answer")).await
    }

    /// Reads a response to its end.
    pub async fn of(response: Response) -> Self {
        let answer = Self::complete(response).await;
        answer.expect("a complete answer")
    }

    /// Reads a response to its end; `None` when the connection breaks before.
    pub async fn complete(response: Response) -> Option<Self> {
        Some(Self {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.ok()?,
        })
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name)?;
        Some(value.to_str().expect("headers are ASCII"))
    }

    /// What it sets of cookies.
    pub fn cookies(&self) -> Vec<String> {
        let values = self.headers.get_all("set-cookie").iter();
        let text = |value: &reqwest::header::HeaderValue| {
            value.to_str().expect("headers are ASCII").to_owned()
        };
        values.map(text).collect()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text))
    }

    /// The reference in a receipt.
    ///
    /// # Panics
    ///
    /// When the answer is not `201`.
    pub fn reference(&self) -> String {
        assert_eq!(self.status, StatusCode::CREATED, "{}", self.text);
        let receipt = self.json();
        receipt["reference"]
            .as_str()
            .expect("a receipt has a reference")
            .to_owned()
    }

    /// Is it an answer of ours that says what went wrong, rather than one of a proxy?
    pub fn is_problem(&self) -> bool {
        self.header("content-type") == Some("application/problem+json")
    }

    /// Checks that this is a problem of `kind` with everything a problem must have, and returns it.
    pub fn problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let problem = self.json();
        assert_eq!(
            problem["type"],
            format!("https://cornerdesk.dev/problems/{kind}")
        );
        assert_eq!(problem["status"], status);
        for member in ["title", "detail", "request_id"] {
            let text = problem[member].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "a problem has a {member}: {problem}");
        }
        problem
    }
}
