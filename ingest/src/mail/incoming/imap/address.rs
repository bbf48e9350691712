//! Where a mailbox is, as in `mail.incoming.imap_url`. Pure.

use url::Url;

use crate::config::Secret;

/// Where a mailbox is, and who we are there.
#[derive(Clone, PartialEq, Eq)]
pub struct ImapAddress {
    /// Name or number of the host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// From the first byte on.
    pub is_encrypted: bool,
    /// The user.
    pub user: String,
    /// Their password.
    pub password: Secret,
}

impl std::fmt::Debug for ImapAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImapAddress").finish_non_exhaustive()
    }
}

impl ImapAddress {
    /// Reads `imaps://user:password@host`. Without encryption a password goes to this machine only.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        let is_here = ["localhost", "127.0.0.1", "::1"].contains(&host.as_str());
        let (is_encrypted, usual_port) = match url.scheme() {
            "imaps" => (true, 993),
            "imap" if is_here => (false, 143),
            _ => return None,
        };
        let plain = |part: &str| {
            let decoded = percent_encoding::percent_decode_str(part)
                .decode_utf8()
                .ok()?;
            let is_good = !decoded.is_empty() && !decoded.contains(char::is_control);
            is_good.then(|| decoded.into_owned())
        };
        Some(Self {
            port: url.port().unwrap_or(usual_port),
            is_encrypted,
            user: plain(url.username())?,
            password: Secret::new(plain(url.password()?)?),
            host,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_host_user_and_password() {
        let read = ImapAddress::parse("imaps://reply%40acme.example:p%3Aw@mail.example").unwrap();
        assert_eq!(
            (read.host.as_str(), read.port, read.is_encrypted),
            ("mail.example", 993, true)
        );
        assert_eq!(
            (read.user.as_str(), read.password.reveal()),
            ("reply@acme.example", "p:w")
        );
        let here = ImapAddress::parse("imap://a:b@127.0.0.1:1143").unwrap();
        assert_eq!((here.port, here.is_encrypted), (1143, false));
        for wrong in [
            "imap://a:b@mail.example",
            "imaps://a@mail.example",
            "imaps://mail.example",
            "https://a:b@mail.example",
            "mail.example",
            "",
            "imaps://a:b%0d%0a@mail.example",
        ] {
            assert_eq!(ImapAddress::parse(wrong), None, "{wrong}");
        }
    }
}
