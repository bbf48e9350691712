//! A site: one embedding product. Pure.

use std::collections::{BTreeMap, BTreeSet};

use cornerdesk_shared::{limits::Limits, validation::validate_email};
use jiff::tz::TimeZone;
use lettre::Address;
use serde::Deserialize;

pub use crate::colour::Colour;
use crate::{
    accounts::{self, AccountConfig},
    alerts::source::{self, AlertsConfig},
    identity::keys::{self, KeyConfig},
    mail::permission::Mode,
    origin::{AllowedOrigin, Origin},
    policies::{InForce, Version},
    privacy::retention::Retention,
    words::{self, OwnWords},
};

/// A site as an operator writes it down.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct SiteConfig {
    /// Letters, digits, `-` and `_`; stands in the script tag.
    pub key: String,
    /// As requesters know the product.
    pub name: String,
    /// Pages that may embed the widget.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    /// Colour of buttons, `#rrggbb`.
    #[serde(default = "default_accent")]
    pub accent: String,
    /// Language when the page does not say one.
    #[serde(default = "default_locale")]
    pub locale: String,
    /// To whom the site writes by itself.
    #[serde(default)]
    pub acknowledge: Mode,
    /// Most bytes that its files may take up; 0 is no quota, nothing what `storage.quota_bytes_per_site` says.
    #[serde(default)]
    pub quota_bytes: Option<u64>,
    /// Time zone (IANA) of times in mails and on pages, where the requester's is not known.
    #[serde(default = "default_time_zone")]
    pub time_zone: String,
    /// What the site says in its own words, by language and key.
    #[serde(default, deserialize_with = "words::own::deserialize")]
    pub words: OwnWords,
    /// Keys with which its product vouches for its people.
    #[serde(default)]
    pub identity: Vec<KeyConfig>,
    /// Takes submissions only of people for whom the product vouches.
    #[serde(default)]
    pub identity_required: bool,
    /// The policy by whose terms it promises; without one it promises nothing.
    #[serde(default)]
    pub policy: Option<String>,
    /// What is laid over the policy.
    #[serde(default)]
    pub overlay: Option<String>,
    /// Our ways in by the channels of the policy: `widget`, `help_form`, `api` and `mail`.
    #[serde(default)]
    pub channels: BTreeMap<String, String>,
    /// Its customers.
    #[serde(default)]
    pub accounts: Vec<AccountConfig>,
    /// Monitoring systems that send it alarms.
    #[serde(default)]
    pub alerts: Vec<AlertsConfig>,
    /// How long it keeps what is over.
    #[serde(default)]
    pub retention: Retention,
    /// Who writes to one of these asks it for help.
    #[serde(default)]
    pub mail_addresses: Vec<String>,
}

impl SiteConfig {
    /// A site that leaves everything else as it is by default.
    #[must_use]
    pub fn new(key: &str, name: &str) -> Self {
        Self {
            key: key.to_owned(),
            name: name.to_owned(),
            allowed_origins: Vec::new(),
            accent: default_accent(),
            locale: default_locale(),
            acknowledge: Mode::default(),
            quota_bytes: None,
            time_zone: default_time_zone(),
            words: OwnWords::new(),
            identity: Vec::new(),
            identity_required: false,
            policy: None,
            overlay: None,
            channels: BTreeMap::new(),
            accounts: Vec::new(),
            alerts: Vec::new(),
            retention: Retention::default(),
            mail_addresses: Vec::new(),
        }
    }

    /// The overlays under which it may receive a ticket: its own, and the contracts of its customers.
    #[must_use]
    pub fn overlays(&self) -> Vec<Option<&str>> {
        let of_accounts = self
            .accounts
            .iter()
            .filter_map(|one| one.overlay.as_deref());
        let mut overlays = vec![self.overlay.as_deref()];
        overlays.extend(of_accounts.map(Some));
        overlays.sort_unstable();
        overlays.dedup();
        overlays
    }
}

/// Colour of buttons where a site does not choose.
#[must_use]
pub fn default_accent() -> String {
    Colour::STANDARD.to_hex()
}

/// Language where a site does not choose.
#[must_use]
pub fn default_locale() -> String {
    "en".to_owned()
}

/// Time zone where a site does not choose.
#[must_use]
pub fn default_time_zone() -> String {
    "UTC".to_owned()
}

/// A way in which requests come to us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// The widget's frame in a page of the product.
    Widget,
    /// The form as a page of its own.
    HelpForm,
    /// A program.
    #[default]
    Api,
    /// A mail to an address of the site.
    Mail,
}

impl Way {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Widget, Self::HelpForm, Self::Api, Self::Mail];

    /// Do people fill a form of ours there?
    #[must_use]
    pub const fn is_a_form(self) -> bool {
        matches!(self, Self::Widget | Self::HelpForm)
    }

    /// The name in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Widget => "widget",
            Self::HelpForm => "help_form",
            Self::Api => "api",
            Self::Mail => "mail",
        }
    }

    /// Channels that stand for the way where the site names none, the likeliest first.
    #[must_use]
    pub const fn channels(self) -> &'static [&'static str] {
        match self {
            Self::Widget => &["widget"],
            Self::HelpForm => &["help_form"],
            Self::Api => &["api"],
            Self::Mail => &["mail", "email"],
        }
    }

    /// The way with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == name)
    }
}

/// A site that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Stands in the script tag and in every row of the site.
    pub key: String,
    /// As requesters know the product.
    pub name: String,
    /// Pages that may embed the widget.
    pub allowed_origins: Vec<AllowedOrigin>,
    /// Colour of buttons.
    pub accent: Colour,
    /// Language when the page does not say one.
    pub locale: String,
    /// To whom the site writes by itself.
    pub acknowledge: Mode,
    /// Its own quota; see [`SiteConfig::quota_bytes`].
    pub quota_bytes: Option<u64>,
    /// Time zone where the requester's is not known.
    pub time_zone: TimeZone,
    /// What the site says in its own words.
    pub words: OwnWords,
    /// Keys with which its product vouches for its people.
    pub identity: Vec<KeyConfig>,
    /// Takes submissions only of people for whom the product vouches.
    pub identity_required: bool,
    /// The policy by whose terms it promises.
    pub policy: Option<String>,
    /// What is laid over the policy.
    pub overlay: Option<String>,
    /// Our ways in by the channels of the policy.
    pub channels: BTreeMap<String, String>,
    /// Its customers.
    pub accounts: Vec<AccountConfig>,
    /// Monitoring systems that send it alarms.
    pub alerts: Vec<AlertsConfig>,
    /// How long it keeps what is over.
    pub retention: Retention,
    /// Who writes to one of these asks it for help; in small letters.
    pub mail_addresses: Vec<String>,
    /// What is in force here, by overlay.
    pub in_force: InForce,
    /// Articles of its help are offered while somebody writes: some were imported.
    pub has_articles: bool,
}

/// Longest key and name of a site, in characters.
const KEY_MOST_CHARS: usize = 40;
const NAME_MOST_CHARS: usize = 80;

impl Site {
    /// Checks what an operator wrote.
    ///
    /// # Errors
    /// Every fault at once, one sentence each.
    pub fn parse(config: &SiteConfig) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let key_is_good = !config.key.is_empty()
            && config.key.len() <= KEY_MOST_CHARS
            && config
                .key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if !key_is_good {
            faults.push(format!(
                "key \"{}\": 1 to {KEY_MOST_CHARS} letters, digits, \"-\" or \"_\"",
                config.key
            ));
        }
        let name = config.name.trim();
        if name.is_empty()
            || name.chars().count() > NAME_MOST_CHARS
            || name.chars().any(char::is_control)
        {
            faults.push(format!(
                "name \"{name}\": 1 to {NAME_MOST_CHARS} characters on one line"
            ));
        }
        let mut allowed_origins = Vec::new();
        for entry in &config.allowed_origins {
            match AllowedOrigin::parse(entry) {
                Ok(origin) => allowed_origins.push(origin),
                Err(fault) => faults.push(format!("allowed_origins: {fault}")),
            }
        }
        let accent = Colour::parse(&config.accent);
        if accent.is_none() {
            faults.push(format!(
                "accent \"{}\": write it as \"#rrggbb\"",
                config.accent
            ));
        }
        if !crate::words::LOCALES.contains(&config.locale.as_str()) {
            faults.push(format!(
                "locale \"{}\": one of {}",
                config.locale,
                crate::words::LOCALES.join(", ")
            ));
        }
        let time_zone = TimeZone::get(&config.time_zone).ok();
        if time_zone.is_none() {
            faults.push(format!(
                "time_zone \"{}\": a name such as \"Europe/Vienna\", or \"UTC\"",
                config.time_zone
            ));
        }
        faults.extend(words::own::faults(&config.words));
        faults.extend(keys::faults(&config.identity));
        if config.identity_required && config.identity.is_empty() {
            faults.push("identity_required: needs a key in identity".to_owned());
        }
        faults.extend(terms_faults(config));
        faults.extend(config.retention.faults());
        faults.extend(mail_faults(&config.mail_addresses));
        faults.extend(source::faults(&config.alerts, config.policy.is_some()));
        match accent {
            Some(accent) if faults.is_empty() => Ok(Self {
                key: config.key.clone(),
                name: name.to_owned(),
                allowed_origins,
                accent,
                locale: config.locale.clone(),
                acknowledge: config.acknowledge,
                quota_bytes: config.quota_bytes,
                time_zone: time_zone.unwrap_or(TimeZone::UTC),
                words: config.words.clone(),
                identity: config.identity.clone(),
                identity_required: config.identity_required,
                policy: config.policy.clone(),
                overlay: config.overlay.clone(),
                channels: config.channels.clone(),
                accounts: config.accounts.clone(),
                alerts: config.alerts.clone(),
                retention: config.retention,
                mail_addresses: config
                    .mail_addresses
                    .iter()
                    .map(|address| spelling(address))
                    .collect(),
                in_force: InForce::new(),
                has_articles: false,
            }),
            _ => Err(faults),
        }
    }

    /// May a page of `origin` embed the widget of this site? `own` are the service's own origins.
    #[must_use]
    pub fn allows(&self, origin: &Origin, own: &[Origin]) -> bool {
        self.allowed_origins
            .iter()
            .any(|allowed| allowed.allows(origin, own))
    }

    /// The terms for a customer: its contract, else the site's.
    #[must_use]
    pub fn version_for(&self, account: Option<&AccountConfig>) -> Option<&Version> {
        let overlay = account.and_then(|account| account.overlay.clone());
        self.in_force.get(&overlay.or_else(|| self.overlay.clone()))
    }

    /// Is a plan believed that anybody could write? Only where the site has no other way to know it.
    #[must_use]
    pub fn believes_plans(&self) -> bool {
        self.identity.is_empty() && self.accounts.is_empty()
    }

    /// Does who writes there ask this site for help?
    #[must_use]
    pub fn is_written_to_at(&self, address: &str) -> bool {
        self.mail_addresses.contains(&spelling(address))
    }

    /// The sources of `frame-ancestors`; `'none'` where nothing is allowed.
    #[must_use]
    pub fn frame_ancestors(&self) -> String {
        if self.allowed_origins.is_empty() {
            return "'none'".to_owned();
        }
        self.allowed_origins
            .iter()
            .map(AllowedOrigin::frame_ancestor)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// An address as addresses of sites are compared: tags count, so that sites can share a mailbox.
fn spelling(address: &str) -> String {
    address.trim().to_lowercase()
}

/// What is wrong with the addresses of one site.
fn mail_faults(addresses: &[String]) -> Vec<String> {
    let is_address = |address: &String| {
        validate_email(address, &Limits::default()).is_none() && address.parse::<Address>().is_ok()
    };
    let wrong = addresses.iter().filter(|address| !is_address(address));
    let mut faults: Vec<String> = wrong
        .map(|address| {
            format!("mail_addresses: \"{address}\" is no address such as \"help@example.com\"")
        })
        .collect();
    let different: BTreeSet<String> = addresses.iter().map(|one| spelling(one)).collect();
    if different.len() < addresses.len() {
        faults.push("mail_addresses: an address stands there twice".to_owned());
    }
    faults
}

/// An address that more than one site has: nobody could say which of them is asked.
#[must_use]
pub fn shared_address<'a>(sites: impl IntoIterator<Item = &'a SiteConfig>) -> Option<String> {
    let mut seen = BTreeSet::new();
    let sites = sites.into_iter();
    let mut all = sites.flat_map(|site| site.mail_addresses.iter().map(|one| spelling(one)));
    all.find(|address| !seen.insert(address.clone()))
}

/// What is wrong with the terms of a site, as far as no policy has to be read for it.
fn terms_faults(config: &SiteConfig) -> Vec<String> {
    let mut faults = accounts::faults(&config.accounts);
    let has_overlay = config.overlays().iter().any(Option::is_some);
    if config.policy.is_none() && (has_overlay || !config.channels.is_empty()) {
        faults.push("overlay, channels: need policy, which they are about".to_owned());
    }
    for way in config.channels.keys() {
        if Way::from_name(way).is_none() {
            let ways = Way::ALL.map(Way::as_str).join(", ");
            faults.push(format!("channels: \"{way}\": one of {ways}"));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_site_is_said_at_once() {
        let config = SiteConfig {
            allowed_origins: vec!["*".into(), "https://a.example".into()],
            accent: "blue".into(),
            locale: "xx".into(),
            identity_required: true,
            channels: BTreeMap::from([("fax".to_owned(), "web".to_owned())]),
            mail_addresses: vec!["help".into(), "a@b.example".into(), "A@b.example".into()],
            ..SiteConfig::new("a b", "\n")
        };
        assert_eq!(Site::parse(&config).unwrap_err().len(), 10);
    }

    #[test]
    fn an_address_belongs_to_one_site_in_any_capital_letters_and_with_its_tag() {
        let with = |key: &str, address: &str| SiteConfig {
            mail_addresses: vec![address.to_owned()],
            ..SiteConfig::new(key, "Acme")
        };
        let (acme, other) = (
            with("acme", "Help+acme@example.com"),
            with("other", "help@example.com"),
        );
        let site = Site::parse(&acme).unwrap();
        assert!(site.is_written_to_at(" help+ACME@Example.com"));
        assert!(!site.is_written_to_at("help@example.com"));
        assert_eq!(shared_address([&acme, &other]), None);
        let third = with("third", "HELP@example.com");
        let shared = shared_address([&acme, &other, &third]);
        assert_eq!(shared.as_deref(), Some("help@example.com"));
    }
}
