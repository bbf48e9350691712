//! Signing in with an account of a provider, as an operator writes it down.

use url::Url;

use super::Oidc;
use crate::staff::{Role, provider::document};

/// Longest name on the button, in characters.
const NAME_MOST_CHARS: usize = 40;

impl Oidc {
    /// Is there a provider?
    #[must_use]
    pub const fn is_on(&self) -> bool {
        !self.issuer.is_empty()
    }

    /// May people sign in by password?
    #[must_use]
    pub const fn allows_passwords(&self) -> bool {
        !self.is_on() || !self.required
    }

    /// The role of an account that is made for somebody whom nobody knows; `None`: none is made.
    #[must_use]
    pub fn created_role(&self) -> Option<Role> {
        Role::from_name(&self.create)
    }

    pub(super) fn faults(&self, public_url: &str, expect: &mut impl FnMut(bool, &str)) {
        expect(
            self.create == "never" || self.created_role().is_some(),
            "desk.oidc.create: \"never\", \"agent\", \"lead\" or \"admin\"",
        );
        if !self.is_on() {
            expect(
                !self.required,
                "desk.oidc.required: needs desk.oidc.issuer, or nobody could sign in",
            );
            return;
        }
        let issuer = Url::parse(&self.issuer).ok();
        let is_issuer = issuer.is_some_and(|issuer| {
            document::is_safe(&issuer) && issuer.query().is_none() && issuer.fragment().is_none()
        });
        expect(
            is_issuer,
            "desk.oidc.issuer: an address such as \"https://id.example.com/realms/staff\"; without TLS only on this machine",
        );
        expect(
            !public_url.is_empty(),
            "desk.oidc.issuer: needs server.public_url, where the provider sends people back to",
        );
        expect(
            !self.client_id.is_empty(),
            "desk.oidc.client_id: needed with desk.oidc.issuer; the provider gives it",
        );
        expect(
            self.scopes.iter().any(|scope| scope == "openid"),
            "desk.oidc.scopes: \"openid\" has to be among them",
        );
        let length = self.name.chars().count();
        expect(
            (1..=NAME_MOST_CHARS).contains(&length),
            "desk.oidc.name: 1 to 40 characters",
        );
    }
}
