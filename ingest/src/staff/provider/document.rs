//! What a provider says of itself (OpenID Connect Discovery 1.0): where its pages and answers are.

use serde::Deserialize;
use url::{Host, Url};

/// Where a provider says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Where people sign in.
    pub authorization: Url,
    /// Where a code becomes a token.
    pub token: Url,
    /// Its keys.
    pub keys: Url,
    /// What it says of people beside the token.
    pub user_info: Option<Url>,
    /// Does it take the client's secret in the header? Otherwise in the form.
    pub secret_in_header: bool,
    /// Does it say in the answer who it is (RFC 9207)?
    pub names_itself: bool,
}

/// Why the document cannot be used, for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not JSON, or a member is missing.
    #[error("what it says of itself cannot be read")]
    Form,
    /// It is another.
    #[error("it says that it is another: desk.oidc.issuer has to be its issuer, letter by letter")]
    Issuer,
    /// A member is no address that may be called.
    #[error("its {0} is no address with https")]
    Address(&'static str),
    /// It cannot do what keeps a stolen code useless.
    #[error("it knows PKCE, and not S256")]
    Challenge,
}

#[derive(Deserialize)]
struct Members {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: Option<bool>,
    #[serde(default)]
    code_challenge_methods_supported: Option<Vec<String>>,
}

/// Is it an address that may be asked for secrets: with TLS, or on this very machine?
#[must_use]
pub fn is_safe(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

/// Where the document of an issuer is.
///
/// # Errors
/// When the issuer is no address.
pub fn address(issuer: &str) -> Result<Url, url::ParseError> {
    let issuer = issuer.trim_end_matches('/');
    Url::parse(&format!("{issuer}/.well-known/openid-configuration"))
}

impl Document {
    /// Reads it.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn read(json: &[u8], issuer: &str) -> Result<Self, Fault> {
        let members: Members = serde_json::from_slice(json).map_err(|_| Fault::Form)?;
        if members.issuer != issuer {
            return Err(Fault::Issuer);
        }
        let address = |name: &'static str, text: &str| {
            let url = Url::parse(text).ok().filter(is_safe);
            url.ok_or(Fault::Address(name))
        };
        let knows = |methods: &Option<Vec<String>>, wanted: &str| {
            let methods = methods.as_ref();
            methods.is_none_or(|methods| methods.iter().any(|method| method == wanted))
        };
        if !knows(&members.code_challenge_methods_supported, "S256") {
            return Err(Fault::Challenge);
        }
        let user_info = members.userinfo_endpoint.as_deref();
        Ok(Self {
            authorization: address("authorization_endpoint", &members.authorization_endpoint)?,
            token: address("token_endpoint", &members.token_endpoint)?,
            keys: address("jwks_uri", &members.jwks_uri)?,
            user_info: match user_info {
                Some(text) => Some(address("userinfo_endpoint", text)?),
                None => None,
            },
            secret_in_header: knows(
                &members.token_endpoint_auth_methods_supported,
                "client_secret_basic",
            ),
            names_itself: members.authorization_response_iss_parameter_supported == Some(true),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://id.example/staff";

    fn members() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example/auth",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://keys.example/jwks",
        })
    }

    fn read(change: impl FnOnce(&mut Value)) -> Result<Document, Fault> {
        let mut members = members();
        change(&mut members);
        Document::read(members.to_string().as_bytes(), ISSUER)
    }

    #[test]
    fn a_document_says_where_everything_is() {
        let document = read(|_| ()).unwrap();
        assert_eq!(document.keys.as_str(), "https://keys.example/jwks");
        assert!(document.secret_in_header && !document.names_itself);
        let document = read(|members| {
            members["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
            members["authorization_response_iss_parameter_supported"] = json!(true);
            members["code_challenge_methods_supported"] = json!(["plain", "S256"]);
        });
        let document = document.unwrap();
        assert!(!document.secret_in_header && document.names_itself);
        for issuer in ["https://id.example/staff", "https://id.example/staff/"] {
            let place = "https://id.example/staff/.well-known/openid-configuration";
            assert_eq!(address(issuer).unwrap().as_str(), place);
        }
    }

    #[test]
    fn a_document_of_another_or_without_tls_is_refused() {
        type Change = fn(&mut Value);
        let cases: [(Change, Fault); 6] = [
            (
                |all| all["issuer"] = json!("https://id.example/staff/"),
                Fault::Issuer,
            ),
            (
                |all| all["issuer"] = json!("https://evil.example"),
                Fault::Issuer,
            ),
            (
                |all| all["jwks_uri"] = json!("http://id.example/jwks"),
                Fault::Address("jwks_uri"),
            ),
            (
                |all| all["token_endpoint"] = json!("file:///token"),
                Fault::Address("token_endpoint"),
            ),
            (
                |all| all["code_challenge_methods_supported"] = json!(["plain"]),
                Fault::Challenge,
            ),
            (|all| all["token_endpoint"] = json!(7), Fault::Form),
        ];
        for (change, fault) in cases {
            assert_eq!(read(change), Err(fault));
        }
    }

    #[test]
    fn without_tls_a_provider_is_on_this_machine() {
        for (address, expected) in [
            ("https://id.example", true),
            ("http://localhost:8080/realms/a", true),
            ("http://127.0.0.1", true),
            ("http://[::1]:9", true),
            ("http://id.example", false),
            ("http://localhost.evil.example", false),
            ("ftp://localhost", false),
        ] {
            assert_eq!(
                is_safe(&Url::parse(address).unwrap()),
                expected,
                "{address}"
            );
        }
    }
}
