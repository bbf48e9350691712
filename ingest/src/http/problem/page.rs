//! A problem as a page: for a person in their language, for staff in the words of the wire contract.

use axum::{
    extract::Request,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use minijinja::context;

use super::HttpError;
use crate::{app::App, http::accepted_locale, words};

/// Who reads a page about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// Staff, who see what happened in the words of the wire contract, and where they go on.
    Staff { home_url: &'static str },
    /// Anybody else: what to do, in their language.
    Person { locale: &'static str },
}

impl Reader {
    pub(super) fn of(request: &Request) -> Self {
        let uri = request.uri();
        if let Some(home_url) = home_of(uri.path()) {
            return Self::Staff { home_url };
        }
        let query = uri.query().unwrap_or_default();
        let wished = url::form_urlencoded::parse(query.as_bytes())
            .find_map(|(name, value)| words::shipped_locale(&value).filter(|_| name == "locale"));
        let locale = wished.or_else(|| accepted_locale(request.headers()));
        Self::Person {
            locale: locale.unwrap_or(words::LOCALES[0]),
        }
    }
}

pub(super) fn page(
    app: &App,
    reader: &Reader,
    status: StatusCode,
    error: &HttpError,
    request_id: &str,
) -> Response {
    let code = status.as_u16();
    let page = match *reader {
        Reader::Staff { home_url } => app.pages.render(
            "desk/error.html",
            context! { title => error.kind.title(), detail => &*error.detail, status => code, request_id, home_url },
        ),
        Reader::Person { locale } => {
            let words = app.words.pages(locale);
            let (title, text) = words_of(error.kind);
            app.pages.render(
                "error.html",
                context! {
                    locale,
                    dir => app.words.direction(locale),
                    status_text => words::fill(words::text(words, "status"), &[("status", &code.to_string())]),
                    title => words::text(words, title),
                    text => words::text(words, text),
                    request_label => words::text(words, "request_label"),
                    request_id,
                },
            )
        }
    };
    let policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    (
        [(header::CONTENT_SECURITY_POLICY, policy)],
        Html(page.unwrap_or_else(|_| error.detail.to_string())),
    )
        .into_response()
}

/// Which words a person reads: what it is, and what to do.
const fn words_of(kind: ProblemKind) -> (&'static str, &'static str) {
    match kind {
        ProblemKind::NotFound => ("not_found.title", "not_found.text"),
        ProblemKind::UnknownSite => ("unknown_site.title", "unknown_site.text"),
        ProblemKind::OriginNotAllowed | ProblemKind::AccessRefused => {
            ("forbidden.title", "forbidden.text")
        }
        ProblemKind::PayloadTooLarge | ProblemKind::StorageFull => {
            ("too_large.title", "too_large.text")
        }
        ProblemKind::RequestTimeout => ("too_slow.title", "too_slow.text"),
        ProblemKind::TooManyRequests => ("too_many.title", "too_many.text"),
        ProblemKind::TooBusy | ProblemKind::StillRunning => ("too_busy.title", "too_busy.text"),
        ProblemKind::Internal => ("internal.title", "internal.text"),
        ProblemKind::InvalidSubmission
        | ProblemKind::MalformedRequest
        | ProblemKind::UnsupportedMediaType
        | ProblemKind::IdempotencyKeyReused
        | ProblemKind::UploadOffsetMismatch
        | ProblemKind::ChecksumMismatch
        | ProblemKind::UnsupportedVersion
        | ProblemKind::MethodNotAllowed
        | ProblemKind::IdentityRefused
        | ProblemKind::IdentityRequired
        | ProblemKind::CategoryRedirected
        | ProblemKind::NotEntitled
        | ProblemKind::ProofOfWorkRequired => ("unreadable.title", "unreadable.text"),
    }
}

/// Where staff go on after an error.
fn home_of(path: &str) -> Option<&'static str> {
    ["/desk", "/demo"]
        .into_iter()
        .find(|home| path.starts_with(home))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_words_in_every_language() {
        let tables = words::Words::load().unwrap();
        for (kind, locale) in ProblemKind::ALL
            .into_iter()
            .flat_map(|kind| words::LOCALES.map(|locale| (kind, locale)))
        {
            let (title, text) = words_of(kind);
            for key in [title, text] {
                let text = words::text(tables.pages(locale), key);
                assert!(!text.is_empty(), "{locale} {key}");
            }
        }
    }

    #[test]
    fn a_person_reads_their_language_and_staff_read_english() {
        let reader = |uri: &str, accepted: &'static str| {
            let request = Request::builder().uri(uri);
            let request = request.header(header::ACCEPT_LANGUAGE, accepted);
            Reader::of(&request.body(axum::body::Body::empty()).unwrap())
        };
        for (uri, accepted, locale) in [
            ("/help/nobody", "de-AT", "de"),
            ("/help/nobody?theme=dark&locale=ja", "de-AT", "ja"),
            ("/help/nobody?locale=xx", "fr", "fr"),
            ("/", "xx", "en"),
        ] {
            assert_eq!(reader(uri, accepted), Reader::Person { locale }, "{uri}");
        }
        let staff = Reader::Staff { home_url: "/desk" };
        assert_eq!(reader("/desk/tickets/x", "de"), staff);
    }
}
