//! Keeps files of others apart from our pages (threat S11).
//!
//! Every answer below an attachment's address - the file, its preview, an error, an answer to a method that is not there - is for saving
//! only, is not guessed at, can be loaded by no other origin, and runs in a sandbox without anything in it for the case that a browser
//! shows it nevertheless.

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::http::CROSS_ORIGIN_RESOURCE_POLICY;

const SANDBOX: HeaderValue =
    HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");

/// Sets the headers, from outside of everything else that answers.
pub async fn keep(request: Request, next: Next) -> Response {
    let is_of_a_file = is_of_a_file(request.uri().path());
    let mut response = next.run(request).await;
    if is_of_a_file {
        let headers = response.headers_mut();
        headers
            .entry(header::CONTENT_DISPOSITION)
            .or_insert(HeaderValue::from_static("attachment"));
        headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        headers.insert(
            CROSS_ORIGIN_RESOURCE_POLICY,
            HeaderValue::from_static("same-origin"),
        );
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        );
    }
    response
}

/// Its own form, which answers a page of ours, is none.
fn is_of_a_file(path: &str) -> bool {
    let of_the_desk = path.starts_with("/desk/tickets/")
        && path.contains("/attachments/")
        && !path.ends_with("/unblock");
    of_the_desk || (path.starts_with("/t/") && path.contains("/files/"))
}

#[cfg(test)]
mod tests {
    use super::is_of_a_file;

    #[test]
    fn every_address_of_a_file_is_apart() {
        for (path, is) in [
            ("/desk/tickets/CD-7K3F-92XQ/attachments/5", true),
            ("/desk/tickets/CD-7K3F-92XQ/attachments/5/preview", true),
            ("/desk/tickets/x/attachments/", true),
            ("/desk/tickets/CD-7K3F-92XQ/attachments/5/unblock", false),
            ("/desk/tickets/CD-7K3F-92XQ", false),
            ("/v1/sites/a/attachments/5", false),
            ("/t/7K3F92XQabc/files/5", true),
            ("/t/7K3F92XQabc", false),
        ] {
            assert_eq!(is_of_a_file(path), is, "{path}");
        }
    }
}
