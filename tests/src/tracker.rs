//! What the trackers of the tests have in common: who writes there, what goes wrong, what came.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::stream;
use serde_json::Value;

/// How a call goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is done, and the answer does not come.
    LoseAnswer,
    /// It is not done, and nothing is answered.
    LoseCall,
    /// It is not done, and answered so.
    Instead {
        /// The status.
        status: u16,
        /// Headers.
        headers: Vec<(&'static str, &'static str)>,
        /// The body.
        body: &'static str,
    },
}

impl Fault {
    /// A failure of the server, nothing done.
    pub fn failure() -> Self {
        Self::Instead {
            status: 502,
            headers: Vec::new(),
            body: "<html>Unicorn!</html>",
        }
    }

    /// Is it done nevertheless?
    pub(crate) const fn is_done(&self) -> bool {
        matches!(self, Self::LoseAnswer)
    }

    pub(crate) const fn status(&self) -> u16 {
        match self {
            Self::LoseAnswer | Self::LoseCall => 0,
            Self::Instead { status, .. } => *status,
        }
    }

    pub(crate) fn response(self) -> Response {
        let Self::Instead {
            status,
            headers,
            body,
        } = self
        else {
            return lost();
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        for (name, value) in headers {
            let name = HeaderName::from_static(name);
            (response.headers_mut()).insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// The connection ends before there is an answer.
pub(crate) fn lost() -> Response {
    let broken = stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("lost")) });
    let mut response = Response::new(Body::from_stream(broken));
    (response.headers_mut()).insert(header::CONTENT_LENGTH, HeaderValue::from_static("10"));
    response
}

struct Scripted {
    left: usize,
    method: String,
    path_end: String,
    fault: Fault,
}

/// What will go wrong.
#[derive(Default)]
pub(crate) struct Faults(Vec<Scripted>);

impl Faults {
    pub fn script(&mut self, times: usize, method: &str, path_end: &str, fault: Fault) {
        self.0.push(Scripted {
            left: times,
            method: method.to_owned(),
            path_end: path_end.to_owned(),
            fault,
        });
    }

    pub fn next(&mut self, method: &str, path: &str) -> Option<Fault> {
        let is_it = |one: &&mut Scripted| {
            one.left > 0 && one.method == method && path.ends_with(&one.path_end)
        };
        let one = self.0.iter_mut().find(is_it)?;
        one.left -= 1;
        Some(one.fault.clone())
    }
}

/// A call that came.
#[derive(Clone, Debug)]
pub struct Call {
    /// Such as `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// What was answered; nothing where the answer was lost.
    pub status: u16,
    /// What was sent, as text.
    pub body: String,
}

/// Somebody there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their number.
    pub id: i64,
    /// What they are called.
    pub login: &'static str,
    /// What they are to the project.
    pub association: &'static str,
    /// Are they a program?
    pub is_program: bool,
}

/// Whose token we have.
pub const BOT: Person = Person {
    id: 7,
    login: "acme-support",
    association: "COLLABORATOR",
    is_program: false,
};
/// Somebody who works there.
pub const ENGINEER: Person = Person {
    id: 9,
    login: "octocat",
    association: "MEMBER",
    is_program: false,
};
/// Anybody.
pub const STRANGER: Person = Person {
    id: 11,
    login: "anybody",
    association: "NONE",
    is_program: false,
};
/// A program that tidies up.
pub const BROOM: Person = Person {
    id: 13,
    login: "stale[bot]",
    association: "NONE",
    is_program: true,
};

/// What an answer is made of.
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json; charset=utf-8".to_owned())],
            body: value.to_string(),
        }
    }

    pub fn header_map(&self) -> HeaderMap {
        let pair = |(name, value): &(&'static str, String)| {
            let value = HeaderValue::from_str(value).expect("a header");
            (HeaderName::from_static(name), value)
        };
        self.headers.iter().map(pair).collect()
    }

    pub fn response(self) -> Response {
        let headers = self.header_map();
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).expect("a status");
        *response.headers_mut() = headers;
        response
    }
}

/// A question.
pub(crate) struct Asked<'a> {
    pub method: &'a str,
    /// The parts of the path, decoded.
    pub path: Vec<&'a str>,
    pub query: Vec<(String, String)>,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

impl Asked<'_> {
    pub fn query(&self, name: &str) -> Option<&str> {
        let mut all = self.query.iter();
        let found = all.find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The page of a list that is asked for.
    pub fn page(&self, all: &[Value]) -> Value {
        let number = |name: &str, usual: usize| {
            (self.query(name)).map_or(usual, |value| value.parse().expect("a number"))
        };
        let per_page = number("per_page", 20);
        assert!(per_page <= 100, "nobody gets more than a hundred");
        let start = (number("page", 1) - 1) * per_page;
        let page: Vec<Value> = all.iter().skip(start).take(per_page).cloned().collect();
        Value::Array(page)
    }
}
