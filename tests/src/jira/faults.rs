//! What goes wrong.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
};

/// How a call goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is done, and the answer does not come.
    LoseAnswer,
    /// It is not done, and nothing is answered.
    LoseCall,
    /// It is done, and answered with a failure.
    DoneAndFailed,
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
            status: 503,
            headers: Vec::new(),
            body: "<html>Service unavailable</html>",
        }
    }

    /// A limit, by its reason.
    pub fn limit(reason: &'static str, seconds: &'static str) -> Self {
        Self::Instead {
            status: 429,
            headers: vec![("ratelimit-reason", reason), ("retry-after", seconds)],
            body: "",
        }
    }

    pub(super) const fn is_done(&self) -> bool {
        matches!(self, Self::LoseAnswer | Self::DoneAndFailed)
    }

    pub(super) const fn status(&self) -> u16 {
        match self {
            Self::LoseAnswer | Self::LoseCall => 0,
            Self::DoneAndFailed => 500,
            Self::Instead { status, .. } => *status,
        }
    }

    pub(super) fn response(self) -> Response {
        let (status, headers, body) = match self {
            Self::LoseAnswer | Self::LoseCall => return super::lost(),
            Self::DoneAndFailed => (500, Vec::new(), "<html>Oops</html>"),
            Self::Instead {
                status,
                headers,
                body,
            } => (status, headers, body),
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        for (name, value) in headers {
            let name = HeaderName::from_static(name);
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// How many of a hundred calls go wrong, and how; the same ones each time.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// They are done, and their answers do not come.
    pub lost_answers: u64,
    /// They are too many (429), for one second: mostly of one kind, some for one request, some in all.
    pub limits: u64,
    /// The server fails; of two of them one is done.
    pub failures: u64,
}

impl Weather {
    /// Numbers that look like chance, and are the same each time (splitmix64).
    fn fault(self, call: u64) -> Option<Fault> {
        let mut z = call.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let dice = (z ^ (z >> 31)) % 100;
        let limited = self.lost_answers + self.limits;
        if dice < self.lost_answers {
            Some(Fault::LoseAnswer)
        } else if dice < limited {
            let reason = match dice - self.lost_answers {
                1 => "jira-per-issue-on-write",
                2 => "jira-quota-tenant-based",
                _ => "jira-burst-based",
            };
            Some(Fault::limit(reason, "1"))
        } else if dice < limited + self.failures {
            Some(if dice.is_multiple_of(2) {
                Fault::DoneAndFailed
            } else {
                Fault::failure()
            })
        } else {
            None
        }
    }
}

struct Scripted {
    left: usize,
    method: String,
    path_end: String,
    fault: Fault,
}

/// What will go wrong.
#[derive(Default)]
pub(super) struct Faults {
    scripted: Vec<Scripted>,
    pub weather: Option<Weather>,
    calls: u64,
}

impl Faults {
    pub fn script(&mut self, times: usize, method: &str, path_end: &str, fault: Fault) {
        self.scripted.push(Scripted {
            left: times,
            method: method.to_owned(),
            path_end: path_end.to_owned(),
            fault,
        });
    }

    pub fn next(&mut self, method: &str, path: &str) -> Option<Fault> {
        self.calls += 1;
        let mut scripted = self.scripted.iter_mut();
        let found = scripted
            .find(|one| one.left > 0 && one.method == method && path.ends_with(&one.path_end));
        if let Some(one) = found {
            one.left -= 1;
            return Some(one.fault.clone());
        }
        self.weather.and_then(|weather| weather.fault(self.calls))
    }
}
