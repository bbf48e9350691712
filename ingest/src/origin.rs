//! Web origins and which of them a site allows. Pure.

use std::fmt;

/// A page's origin: `scheme://host` with `:port` where it is not the scheme's own, in small letters (RFC 6454 §6.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// Reads an `Origin` header, or the origin of any other absolute http(s) address. `null` and everything else is no origin.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let authority = authority.rsplit('@').next()?;
        let scheme = scheme.to_ascii_lowercase();
        let own_port = match scheme.as_str() {
            "https" => ":443",
            "http" => ":80",
            _ => return None,
        };
        let authority = authority.to_ascii_lowercase();
        let authority = authority.strip_suffix(own_port).unwrap_or(&authority);
        let is_host_byte = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]*".contains(&b);
        (!authority.is_empty() && authority.bytes().all(is_host_byte))
            .then(|| Self(format!("{scheme}://{authority}")))
    }

    /// The text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn scheme_and_authority(&self) -> (&str, &str) {
        self.0.split_once("://").unwrap_or_default()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One entry of a site's `allowed_origins`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// The service's own origin, whatever it is.
    Own,
    /// Exactly this one.
    Exact(Origin),
    /// `https://*.example.com`: any host below, not the host itself.
    Below {
        /// `https` or `http`.
        scheme: String,
        /// `.example.com`, with the port where there is one.
        suffix: String,
    },
}

impl AllowedOrigin {
    /// Reads an entry: `self`, `https://app.example.com`, `https://*.example.com`.
    ///
    /// # Errors
    /// Says what is wrong with the entry.
    pub fn parse(entry: &str) -> Result<Self, String> {
        if entry == "self" {
            return Ok(Self::Own);
        }
        let origin = Origin::parse(entry).ok_or_else(|| {
            format!("\"{entry}\" is not an origin such as \"https://app.example.com\"")
        })?;
        let is_bare = entry.trim_end_matches('/').matches('/').count() == 2
            && !entry.contains(['?', '#', '@']);
        if !is_bare {
            return Err(format!(
                "\"{entry}\" has more than an origin: write \"{origin}\""
            ));
        }
        let (scheme, authority) = origin.scheme_and_authority();
        match authority.strip_prefix('*') {
            Some(suffix)
                if suffix.starts_with('.')
                    && suffix[1..].contains('.')
                    && !suffix.contains('*') =>
            {
                Ok(Self::Below {
                    scheme: scheme.to_owned(),
                    suffix: suffix.to_owned(),
                })
            }
            Some(_) => Err(format!(
                "\"{entry}\": a wildcard stands for whole labels in front of a domain, as in \"https://*.example.com\""
            )),
            None if authority.contains('*') => {
                Err(format!("\"{entry}\": a wildcard can only stand first"))
            }
            None => Ok(Self::Exact(origin)),
        }
    }

    /// Does this entry allow `origin`, when `own` are the service's own origins?
    #[must_use]
    pub fn allows(&self, origin: &Origin, own: &[Origin]) -> bool {
        match self {
            Self::Own => own.contains(origin),
            Self::Exact(exact) => exact == origin,
            Self::Below { scheme, suffix } => {
                let (page_scheme, page_authority) = origin.scheme_and_authority();
                page_scheme == scheme
                    && page_authority.len() > suffix.len()
                    && page_authority.ends_with(suffix.as_str())
            }
        }
    }

    /// The source expression for `frame-ancestors` (CSP 3 §2.3.1).
    #[must_use]
    pub fn frame_ancestor(&self) -> String {
        match self {
            Self::Own => "'self'".to_owned(),
            Self::Exact(origin) => origin.to_string(),
            Self::Below { scheme, suffix } => format!("{scheme}://*{suffix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    #[test]
    fn an_origin_is_the_same_however_it_is_spelled() {
        for text in [
            "https://app.example.com",
            "HTTPS://APP.example.com:443",
            "https://app.example.com/a?b#c",
            "https://user@app.example.com/",
        ] {
            assert_eq!(origin(text).as_str(), "https://app.example.com", "{text}");
        }
        assert_eq!(
            origin("http://127.0.0.1:8080/x").as_str(),
            "http://127.0.0.1:8080"
        );
    }

    #[test]
    fn what_is_no_web_origin_is_refused() {
        for text in [
            "null",
            "",
            "file:///tmp/a",
            "data:text/html,x",
            "https://",
            "app.example.com",
            "https://a b",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_is_listed_is_allowed() {
        let own = origin("http://127.0.0.1:8750");
        let allows = |entry: &str, page: &str| {
            AllowedOrigin::parse(entry)
                .unwrap()
                .allows(&origin(page), std::slice::from_ref(&own))
        };
        assert!(allows("https://app.example.com", "https://app.example.com"));
        assert!(allows("https://*.example.com", "https://a.b.example.com"));
        assert!(allows("self", "http://127.0.0.1:8750"));
        for (entry, page) in [
            ("https://app.example.com", "http://app.example.com"),
            ("https://app.example.com", "https://app.example.com:8443"),
            (
                "https://app.example.com",
                "https://app.example.com.evil.example",
            ),
            ("https://app.example.com", "https://evil-app.example.com"),
            ("https://*.example.com", "https://example.com"),
            ("https://*.example.com", "https://notexample.com"),
            ("https://*.example.com", "https://a.example.com:8443"),
            ("https://*.example.com", "http://a.example.com"),
            ("self", "http://localhost:8750"),
        ] {
            assert!(!allows(entry, page), "{entry} {page}");
        }
    }

    #[test]
    fn an_entry_that_says_too_much_or_too_little_is_refused() {
        for entry in [
            "*",
            "https://*",
            "https://*.com",
            "https://a.*.com",
            "https://app.example.com/path",
            "app.example.com",
            "null",
            "",
        ] {
            assert!(AllowedOrigin::parse(entry).is_err(), "{entry}");
        }
    }
}
