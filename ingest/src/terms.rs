//! By whose terms a site promises, before there is a ticket: the policy that its form shows, and the plan of whoever asks. Pure.

use std::sync::Arc;

use crate::{accounts, identity::Identity, policy::Policy, site::Site};

/// The policy of a site's form; nothing where the site has none.
#[must_use]
pub fn in_force(site: &Site) -> Option<Arc<Policy>> {
    let version = site.version_for(None)?;
    Some(Arc::clone(&version.policy))
}

/// The policy and the plan of somebody who has not sent yet: as the product says it of those for whom it vouches, else as their account has it;
/// `named` counts only where the site has neither.
#[must_use]
pub fn of_requester(
    site: &Site,
    identity: Option<&Identity>,
    named: Option<&str>,
) -> Option<(Arc<Policy>, Option<String>)> {
    let email = identity.map_or("", |identity| identity.email.as_str());
    let of_token = identity.and_then(|identity| identity.account.as_deref());
    let account = accounts::find(&site.accounts, of_token, email).map(|(account, _)| account);
    let version = site.version_for(account)?;
    let plan = identity
        .and_then(|identity| identity.plan.clone())
        .or_else(|| account?.plan.clone())
        .or_else(|| named.filter(|_| site.believes_plans()).map(str::to_owned));
    Some((Arc::clone(&version.policy), plan))
}
