//! To the sign-in page and back to where somebody wanted to go. Pure.

/// The sign-in page that leads back to `path`.
#[must_use]
pub fn address(path: &str) -> String {
    if path == "/desk" {
        return "/desk/login".to_owned();
    }
    format!("/desk/login?next={}", encoded(path))
}

/// Where a sign-in with the provider begins that leads back to `path`.
#[must_use]
pub fn to_provider(path: &str) -> String {
    if path == "/desk" {
        return "/desk/login/oidc".to_owned();
    }
    format!("/desk/login/oidc?next={}", encoded(path))
}

fn encoded(path: &str) -> String {
    path.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"/-_.".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

/// Only our own pages: a link to the sign-in page must not lead elsewhere.
#[must_use]
pub fn own_page(next: &str) -> &str {
    let is_own = next == "/desk" || next.starts_with("/desk/") || next.starts_with("/desk?");
    let is_plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if is_own && is_plain && !next.contains("//") && !next.contains("..") {
        next
    } else {
        "/desk"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_our_own_pages_only() {
        for (next, to) in [
            ("/desk/tickets/CD-0000-0000", "/desk/tickets/CD-0000-0000"),
            ("/desk?before=CD-0000-0000", "/desk?before=CD-0000-0000"),
            ("", "/desk"),
            ("https://evil.example/", "/desk"),
            ("//evil.example/desk/", "/desk"),
            ("/desk//evil.example", "/desk"),
            ("/\\evil.example", "/desk"),
            ("/desk/\\evil", "/desk"),
            ("/deskevil", "/desk"),
            ("/desk/\u{1}", "/desk"),
            ("/desk/../demo", "/desk"),
        ] {
            assert_eq!(own_page(next), to, "{next}");
        }
    }

    #[test]
    fn the_way_back_is_one_value() {
        assert_eq!(
            address("/desk?page=2&before=x"),
            "/desk/login?next=/desk%3Fpage%3D2%26before%3Dx"
        );
    }
}
