//! Under which terms a submission is received: its account, plan, category and channel by the site's policy. Pure.

use cornerdesk_shared::{
    submission::Submission,
    validation::{Code, Field, Violation},
};

use super::Arrival;
use crate::{
    accounts::{self, AccountConfig, Found},
    policies::Version,
    policy::Policy,
    site::Site,
    ticket::terms::{PlanSource, Terms},
};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Agreed<'a> {
    /// What the ticket's clocks start from.
    pub(super) terms: Terms,
    /// The version that holds for it; nothing where the site has no policy.
    pub(super) version: Option<&'a Version>,
}

/// Why there is no ticket.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoTicket {
    /// Fields do not fit the policy.
    Invalid(Vec<Violation>),
    /// Requests of the category go to this address.
    Redirected(String),
    /// The account's requests come from others: whom to ask, for somebody whose identity is verified.
    NotEntitled(Option<String>),
}

/// Looks at what a submission says by the terms of its site.
pub(super) fn agreed<'a>(
    site: &'a Site,
    submission: &Submission,
    arrival: &Arrival<'_>,
) -> Result<Agreed<'a>, NoTicket> {
    let named = arrival
        .identity
        .and_then(|identity| identity.account.as_deref());
    let found = accounts::find(&site.accounts, named, &submission.email);
    let account = found.map(|(account, _)| account);
    if let Some(account) = account.filter(|account| !account.entitles(&submission.email)) {
        // Whoever typed an address of the account is not told who its people are.
        let told = account.administrator.clone();
        let told = told.filter(|_| arrival.identity.is_some());
        return Err(NoTicket::NotEntitled(told));
    }
    let version = site.version_for(account);
    let plan = plan(site, submission, arrival, found);
    let mut terms = Terms {
        policy_version: version.map(|version| version.number),
        category: submission.category.clone(),
        plan_from: plan.as_ref().map(|(_, from)| *from),
        plan: plan.map(|(plan, _)| plan),
        account: account.map(|account| account.key.clone()),
        channel: None,
    };
    let Some(policy) = version.map(|version| &*version.policy) else {
        return match submission.channel {
            Some(_) => Err(NoTicket::Invalid(vec![UNKNOWN_CHANNEL])),
            None => Ok(Agreed { terms, version }),
        };
    };
    let mut violations = Vec::new();
    match category_fault(policy, submission.category.as_deref(), arrival) {
        Err(redirected) => return Err(redirected),
        Ok(fault) => violations.extend(fault.map(|code| Violation::new(Field::Category, code))),
    }
    match channel(site, policy, submission, arrival, terms.plan.as_deref()) {
        Ok(channel) => terms.channel = channel,
        Err(violation) => violations.push(violation),
    }
    if violations.is_empty() {
        Ok(Agreed { terms, version })
    } else {
        Err(NoTicket::Invalid(violations))
    }
}

const UNKNOWN_CHANNEL: Violation = Violation::new(Field::Channel, Code::Unknown);

/// What the product says wins over what the account has, and that over what anybody could write.
fn plan(
    site: &Site,
    submission: &Submission,
    arrival: &Arrival<'_>,
    found: Option<(&AccountConfig, Found)>,
) -> Option<(String, PlanSource)> {
    let of_identity = || {
        let plan = arrival.identity?.plan.clone()?;
        Some((plan, PlanSource::Identity))
    };
    let of_account = || {
        let (account, found) = found?;
        let from = match (found, arrival.identity) {
            (Found::Named, _) => PlanSource::Account,
            (Found::ByDomain, Some(_)) => PlanSource::VerifiedDomain,
            (Found::ByDomain, None) => PlanSource::ClaimedDomain,
        };
        Some((account.plan.clone()?, from))
    };
    let written = || {
        let plan = submission.plan.clone().filter(|_| site.believes_plans())?;
        Some((plan, PlanSource::Submission))
    };
    of_identity().or_else(of_account).or_else(written)
}

/// What is wrong with a category. People choose one where there are several; a program may leave it to staff.
fn category_fault(
    policy: &Policy,
    category: Option<&str>,
    arrival: &Arrival<'_>,
) -> Result<Option<Code>, NoTicket> {
    let Some(id) = category.filter(|id| !id.is_empty()) else {
        let offered = policy.categories().iter().filter(|one| one.offered).count();
        let is_asked = offered > 1 && arrival.way.is_a_form();
        return Ok(is_asked.then_some(Code::Required));
    };
    let Some(category) = policy.category(id) else {
        return Ok(Some(Code::Unknown));
    };
    if let Some(address) = &category.redirect {
        return Err(NoTicket::Redirected(address.clone()));
    }
    Ok((!category.offered).then_some(Code::NotAllowed))
}

/// The channel of the policy: the one that a program names, else the one that stands for our way in.
fn channel(
    site: &Site,
    policy: &Policy,
    submission: &Submission,
    arrival: &Arrival<'_>,
    plan: Option<&str>,
) -> Result<Option<String>, Violation> {
    if let Some(named) = &submission.channel {
        let entitlement = policy.channel(plan, named).ok_or(UNKNOWN_CHANNEL)?;
        return match entitlement.entitled {
            true => Ok(Some(named.clone())),
            false => Err(Violation::new(Field::Channel, Code::NotAllowed)),
        };
    }
    let chosen = site.channels.get(arrival.way.as_str());
    let found = match chosen {
        Some(chosen) => policy.find_channel(chosen),
        None => (arrival.way.channels().iter()).find_map(|name| policy.find_channel(name)),
    };
    Ok(found.map(|channel| channel.id.clone()))
}
