//! The address of a mail server, as in `mail.smtp_url`.

use lettre::transport::smtp::authentication::Credentials;
use url::{Host, Url};

/// How the conversation is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    None,
    /// With STARTTLS where the server offers it.
    Opportunistic,
    /// With STARTTLS, or not at all.
    Required,
    /// From the first byte on.
    Immediate,
}

/// Where the mail server is and how to talk to it.
#[derive(Clone)]
pub struct SmtpAddress {
    /// Name or number of the host; an IPv6 number without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the conversation is encrypted.
    pub encryption: Encryption,
    /// Who we are for the server, if it wants to know.
    pub credentials: Option<Credentials>,
    /// The name for `EHLO`; the machine's own when it is not said.
    pub hello: Option<String>,
}

impl std::fmt::Debug for SmtpAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpAddress")
            .field("port", &self.port)
            .field("encryption", &self.encryption)
            .finish_non_exhaustive()
    }
}

impl SmtpAddress {
    /// Reads `smtp://user:password@host:587?tls=required`, `smtps://host` or `smtp://host/our.name`. `None` when it is none of these.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let tls = url.query_pairs().find(|(key, _)| key == "tls");
        let (encryption, usual_port) = match (url.scheme(), tls.as_ref().map(|(_, how)| &**how)) {
            ("smtp", None) => (Encryption::None, 25),
            ("smtp", Some("opportunistic")) => (Encryption::Opportunistic, 587),
            ("smtp", Some("required")) => (Encryption::Required, 587),
            ("smtps", _) => (Encryption::Immediate, 465),
            _ => return None,
        };
        let host = match Host::parse(url.host_str()?).ok()? {
            Host::Domain(name) => name,
            Host::Ipv4(number) => number.to_string(),
            Host::Ipv6(number) => number.to_string(),
        };
        let credentials = match url.password() {
            Some(password) => Some(Credentials::new(plain(url.username())?, plain(password)?)),
            None => None,
        };
        let hello = url.path().trim_matches('/');
        Some(Self {
            host,
            port: url.port().unwrap_or(usual_port),
            encryption,
            credentials,
            hello: (!hello.is_empty()).then(|| hello.to_owned()),
        })
    }
}

/// A part of the address without its percent signs.
fn plain(part: &str) -> Option<String> {
    let decoded = percent_encoding::percent_decode_str(part).decode_utf8();
    decoded.ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_port_and_encryption() {
        for (text, host, port, encryption) in [
            (
                "smtp://relay.example",
                "relay.example",
                25,
                Encryption::None,
            ),
            (
                "smtp://relay.example:2525",
                "relay.example",
                2525,
                Encryption::None,
            ),
            (
                "smtp://relay.example?tls=required",
                "relay.example",
                587,
                Encryption::Required,
            ),
            (
                "smtp://127.0.0.1:26?tls=opportunistic",
                "127.0.0.1",
                26,
                Encryption::Opportunistic,
            ),
            ("smtps://[::1]", "::1", 465, Encryption::Immediate),
        ] {
            let address = SmtpAddress::parse(text).expect(text);
            assert_eq!(
                (address.host.as_str(), address.port, address.encryption),
                (host, port, encryption),
                "{text}"
            );
            assert!(address.credentials.is_none(), "{text}");
        }
    }

    #[test]
    fn a_password_may_hold_anything_and_is_never_printed() {
        let address = SmtpAddress::parse("smtps://user%40a:p%40%3Aw@host/our.name").unwrap();
        assert_eq!(
            address.credentials,
            Some(Credentials::new("user@a".into(), "p@:w".into()))
        );
        assert_eq!(address.hello.as_deref(), Some("our.name"));
        assert!(!format!("{address:?}").contains("p@"));
    }

    #[test]
    fn what_is_no_mail_server_is_refused() {
        for text in [
            "",
            "relay.example",
            "http://relay.example",
            "smtp://",
            "smtp://host?tls=maybe",
        ] {
            assert!(SmtpAddress::parse(text).is_none(), "{text}");
        }
    }
}
