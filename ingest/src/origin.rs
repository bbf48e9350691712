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
        is_authority(authority).then(|| Self(format!("{scheme}://{authority}")))
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

/// A host, or an address in brackets, and perhaps a port of digits.
fn is_authority(authority: &str) -> bool {
    let colon = authority
        .rfind(':')
        .filter(|colon| !authority[*colon..].contains(']'));
    let (host, port) = colon.map_or((authority, None), |colon| {
        (&authority[..colon], Some(&authority[colon + 1..]))
    });
    let is_port =
        |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let address = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let is_address = address.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    let is_name = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    (is_name || is_address) && port.is_none_or(is_port)
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
        let is_bare = entry.trim_end_matches('/').matches('/').count() == 2
            && !entry.contains(['?', '#', '@']);
        if !entry.contains('*') {
            let no_origin =
                || format!("\"{entry}\" is not an origin such as \"https://app.example.com\"");
            let origin = Origin::parse(entry).ok_or_else(no_origin)?;
            let too_much = || format!("\"{entry}\" has more than an origin: write \"{origin}\"");
            return if is_bare {
                Ok(Self::Exact(origin.clone()))
            } else {
                Err(too_much())
            };
        }
        let wrong = || {
            format!(
                "\"{entry}\": a wildcard stands first and for whole labels, as in \"https://*.example.com\""
            )
        };
        let is_one = is_bare && entry.matches('*').count() == 1;
        let domain = Origin::parse(&entry.replacen("://*.", "://", 1))
            .filter(|_| is_one)
            .ok_or_else(wrong)?;
        let (scheme, authority) = domain.scheme_and_authority();
        if !authority.contains('.') {
            return Err(wrong());
        }
        Ok(Self::Below {
            scheme: scheme.to_owned(),
            suffix: format!(".{authority}"),
        })
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
            "https://*.a.example",
            "https://a.example:x",
            "https://evil.example:443.acme.example",
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
