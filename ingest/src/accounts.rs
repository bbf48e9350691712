//! The accounts of a site: which of its customers a requester belongs to, and what that customer has agreed. Pure.

use std::collections::HashSet;

use cornerdesk_shared::{limits::Limits, validation::validate_email};
use serde::{Deserialize, Serialize};

/// A customer of a site, as an operator writes it down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    /// Letters, digits, `-`, `_` and `.`; the product names it in the claim `account`.
    pub key: String,
    /// Domains of its people's addresses.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Its plan: key, title or alias of a plan of the policy.
    #[serde(default)]
    pub plan: Option<String>,
    /// Its contract: an overlay of the site's policy that takes the place of the site's.
    #[serde(default)]
    pub overlay: Option<String>,
    /// Who may ask for help, by address; empty: everybody.
    #[serde(default)]
    pub entitled: Vec<String>,
    /// Whom everybody else is told to ask, as they are to read it.
    #[serde(default)]
    pub administrator: Option<String>,
    /// Who of us is told of what is urgent, by address: those who look after the customer.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// Who of the customer gets its written notices, by address.
    #[serde(default)]
    pub notices: Vec<String>,
    /// What its contract says beside the policy, for staff to read (requirement 46).
    #[serde(default)]
    pub note: Option<String>,
}

impl AccountConfig {
    /// May somebody with this address ask for help?
    #[must_use]
    pub fn entitles(&self, email: &str) -> bool {
        let is_them = |known: &String| known.eq_ignore_ascii_case(email.trim());
        self.entitled.is_empty() || self.entitled.iter().any(is_them)
    }
}

/// How an account was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The product names it.
    Named,
    /// By the domain of the address.
    ByDomain,
}

/// The account of a requester: the one that the product names for somebody for whom it vouches, else the one with the domain of their address.
#[must_use]
pub fn find<'a>(
    accounts: &'a [AccountConfig],
    named: Option<&str>,
    email: &str,
) -> Option<(&'a AccountConfig, Found)> {
    let by_name = || {
        let named = named?;
        let account = accounts.iter().find(|account| account.key == named)?;
        Some((account, Found::Named))
    };
    let by_domain = || {
        let (_, domain) = email.trim().rsplit_once('@')?;
        let has = |account: &&AccountConfig| {
            let mut domains = account.domains.iter();
            domains.any(|known| known.eq_ignore_ascii_case(domain))
        };
        Some((accounts.iter().find(has)?, Found::ByDomain))
    };
    by_name().or_else(by_domain)
}

/// What the contract of a ticket's account says beside the policy.
#[must_use]
pub fn note<'a>(accounts: &'a [AccountConfig], key: Option<&str>) -> Option<&'a str> {
    let account = accounts
        .iter()
        .find(|account| Some(account.key.as_str()) == key)?;
    account.note.as_deref()
}

/// What is wrong with the accounts of a site, one sentence each.
#[must_use]
pub fn faults(accounts: &[AccountConfig]) -> Vec<String> {
    let mut faults = Vec::new();
    let (mut keys, mut domains) = (HashSet::new(), HashSet::new());
    for account in accounts {
        let key = &account.key;
        let is_key = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if key.is_empty() || !key.bytes().all(is_key) {
            faults.push(format!(
                "accounts: key \"{key}\": letters, digits, \"-\", \"_\" or \".\""
            ));
        }
        if !keys.insert(key) {
            faults.push(format!("accounts: the key \"{key}\" stands twice"));
        }
        for domain in &account.domains {
            if !is_mailbox(&format!("somebody@{domain}")) {
                faults.push(format!(
                    "accounts, \"{key}\": domain \"{domain}\": a domain such as \"customer.example\""
                ));
            }
            if !domains.insert(domain.to_ascii_lowercase()) {
                faults.push(format!(
                    "accounts, \"{key}\": the domain \"{domain}\" stands twice"
                ));
            }
        }
        let people = account.entitled.iter().chain(&account.contacts);
        for address in people.chain(&account.notices) {
            if !is_mailbox(address) {
                faults.push(format!(
                    "accounts, \"{key}\": \"{address}\": an address such as \"jane@customer.example\""
                ));
            }
        }
        if !account.entitled.is_empty() && account.administrator.is_none() {
            faults.push(format!(
                "accounts, \"{key}\": entitled needs administrator, whom everybody else is told to ask"
            ));
        }
    }
    faults
}

fn is_mailbox(address: &str) -> bool {
    validate_email(address, &Limits::default()).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Vec<AccountConfig> {
        let account = |key: &str, domain: &str| AccountConfig {
            key: key.to_owned(),
            domains: vec![domain.to_owned()],
            ..AccountConfig::default()
        };
        vec![
            account("big", "big.example"),
            account("small", "Small.Example"),
        ]
    }

    #[test]
    fn what_the_product_names_wins_over_the_domain() {
        let accounts = accounts();
        let found = |named, email| {
            let found = find(&accounts, named, email);
            found.map(|(account, found)| (account.key.as_str(), found))
        };
        let (big, small) = (("big", Found::Named), ("small", Found::ByDomain));
        assert_eq!(found(Some("big"), "a@small.example"), Some(big));
        assert_eq!(found(None, " a@SMALL.example "), Some(small));
        assert_eq!(found(Some("nobody"), "a@small.example"), Some(small));
        // A domain below is somebody else's.
        assert_eq!(found(None, "a@mail.small.example"), None);
        assert_eq!(found(None, "nobody"), None);
    }

    #[test]
    fn who_is_not_on_the_list_is_not_entitled() {
        let mut account = accounts().remove(0);
        assert!(account.entitles("anybody@big.example"));
        account.entitled = vec!["Ada@big.example".to_owned()];
        assert!(account.entitles(" ada@BIG.example"));
        assert!(!account.entitles("bob@big.example"));
    }

    #[test]
    fn every_fault_is_told_at_once() {
        assert_eq!(faults(&accounts()), Vec::<String>::new());
        let mut wrong = accounts();
        wrong[0].key = "a b".to_owned();
        wrong[0].entitled = vec!["nobody".to_owned()];
        wrong[1].domains.push("BIG.example".to_owned());
        wrong[1].domains.push("@".to_owned());
        assert_eq!(faults(&wrong).len(), 5, "{:?}", faults(&wrong));
    }
}
