//! The destinations as an operator writes them down.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;

use super::{
    Rule,
    any_mirror::Memory,
    github, gitlab,
    hook::HOOK_SECRET,
    jira, jsm_operations, pagerduty,
    secret::{SecretSource, Secrets},
    slack, teams,
    teller::Teller,
    tracker::api::TOKEN,
    webhook, zammad, zendesk,
};
use crate::{config::Secret, ticket::Ticket};

/// Longest name: it stands in addresses, and in the lane of its jobs.
const NAME_MOST_OCTETS: usize = 40;

/// A destination as an operator writes it down; `config.default.toml` is the manual.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestinationConfig {
    /// Its name, by which staff know it.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// Keys of the sites whose tickets it may get; empty: all.
    #[serde(default)]
    pub sites: Vec<String>,
    /// It gets the tickets for which one of these holds; empty: every ticket.
    #[serde(default)]
    pub when: Vec<Rule>,
    /// Where its secrets come from, by their names.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretSource>,
    /// What is said of one of the kind `webhook`.
    #[serde(default)]
    pub webhook: Option<webhook::Settings>,
    /// What is said of one of the kind `jira`.
    #[serde(default)]
    pub jira: Option<jira::Settings>,
    /// What is said of one of the kind `zammad`.
    #[serde(default)]
    pub zammad: Option<zammad::Settings>,
    /// What is said of one of the kind `zendesk`.
    #[serde(default)]
    pub zendesk: Option<zendesk::Settings>,
    /// What is said of one of the kind `slack`.
    #[serde(default)]
    pub slack: Option<slack::Settings>,
    /// What is said of one of the kind `teams`.
    #[serde(default)]
    pub teams: Option<teams::Settings>,
    /// What is said of one of the kind `pagerduty`.
    #[serde(default)]
    pub pagerduty: Option<pagerduty::Settings>,
    /// What is said of one of the kind `jsm_operations`.
    #[serde(default)]
    pub jsm_operations: Option<jsm_operations::Settings>,
    /// What is said of one of the kind `github`.
    #[serde(default)]
    pub github: Option<github::Settings>,
    /// What is said of one of the kind `gitlab`.
    #[serde(default)]
    pub gitlab: Option<gitlab::Settings>,
}

/// What is particular about a destination of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settings {
    /// A program that is told of events.
    Webhook(webhook::Settings),
    /// A Jira Service Management.
    Jira(Arc<jira::Settings>),
    /// A Zammad.
    Zammad(Arc<zammad::Settings>),
    /// A Zendesk.
    Zendesk(Arc<zendesk::Settings>),
    /// A channel of Slack.
    Slack(slack::Settings),
    /// A channel of Microsoft Teams.
    Teams(teams::Settings),
    /// A service of PagerDuty.
    PagerDuty(pagerduty::Settings),
    /// An integration of JSM Operations.
    JsmOperations(jsm_operations::Settings),
    /// Issues of a GitHub.
    Github(Arc<github::Settings>),
    /// Issues of a GitLab.
    Gitlab(Arc<gitlab::Settings>),
}

/// How a destination gets to know of tickets.
#[derive(Clone, Copy, Debug)]
pub enum Family<'a> {
    /// Each event is sent by itself.
    Listener(&'a webhook::Settings),
    /// It is told of a ticket, one thing after another.
    Teller(&'a dyn Teller),
    /// It holds the ticket a second time.
    Mirror,
}

impl Settings {
    /// The name of the kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Jira(_) => "jira",
            Self::Zammad(_) => "zammad",
            Self::Zendesk(_) => "zendesk",
            Self::Slack(_) => "slack",
            Self::Teams(_) => "teams",
            Self::PagerDuty(_) => "pagerduty",
            Self::JsmOperations(_) => "jsm_operations",
            Self::Github(_) => "github",
            Self::Gitlab(_) => "gitlab",
        }
    }

    /// To which family it belongs.
    #[must_use]
    pub fn family(&self) -> Family<'_> {
        match self {
            Self::Webhook(settings) => Family::Listener(settings),
            Self::Slack(settings) => Family::Teller(settings),
            Self::Teams(settings) => Family::Teller(settings),
            Self::PagerDuty(settings) => Family::Teller(settings),
            Self::JsmOperations(settings) => Family::Teller(settings),
            Self::Jira(_)
            | Self::Zammad(_)
            | Self::Zendesk(_)
            | Self::Github(_)
            | Self::Gitlab(_) => Family::Mirror,
        }
    }

    /// Does it hold tickets a second time? Otherwise it is told of events.
    #[must_use]
    pub fn is_mirror(&self) -> bool {
        matches!(self.family(), Family::Mirror)
    }

    /// The names of the secrets that it has; those with `true` it cannot do without.
    #[must_use]
    pub const fn secrets(&self) -> &'static [(&'static str, bool)] {
        match self {
            Self::Webhook(_) => &[
                (webhook::SIGNING_SECRET, true),
                (webhook::FORMER_SIGNING_SECRET, false),
            ],
            Self::Jira(_) => &[(jira::client::TOKEN, true), (HOOK_SECRET, false)],
            Self::Zammad(_) => &[(zammad::client::TOKEN, true), (HOOK_SECRET, false)],
            Self::Zendesk(_) => &[(zendesk::client::TOKEN, true), (HOOK_SECRET, false)],
            Self::Slack(settings) if settings.is_app() => &[(slack::BOT_TOKEN, true)],
            Self::Slack(_) => &[(slack::WEBHOOK_URL, true)],
            Self::Teams(_) => &[(teams::WEBHOOK_URL, true)],
            Self::PagerDuty(_) => &[(pagerduty::ROUTING_KEY, true)],
            Self::JsmOperations(_) => &[(jsm_operations::API_KEY, true)],
            Self::Github(_) | Self::Gitlab(_) => &[(TOKEN, true), (HOOK_SECRET, false)],
        }
    }

    /// How often it is asked what changed there, in milliseconds; nothing where it is told of events.
    #[must_use]
    pub fn poll_ms(&self) -> Option<u64> {
        match self {
            Self::Jira(settings) => Some(settings.poll_ms),
            Self::Zammad(settings) => Some(settings.poll_ms),
            Self::Zendesk(settings) => Some(settings.poll_ms),
            Self::Github(settings) => Some(settings.poll_ms),
            Self::Gitlab(settings) => Some(settings.poll_ms),
            _ => None,
        }
    }

    fn faults(&self) -> Vec<String> {
        match self {
            Self::Webhook(settings) => settings.faults(),
            Self::Jira(settings) => settings.faults(),
            Self::Zammad(settings) => settings.faults(),
            Self::Zendesk(settings) => settings.faults(),
            Self::Slack(settings) => settings.faults(),
            Self::Teams(settings) => settings.faults(),
            Self::PagerDuty(settings) => settings.faults(),
            Self::JsmOperations(settings) => settings.faults(),
            Self::Github(settings) => settings.faults(),
            Self::Gitlab(settings) => settings.faults(),
        }
    }

    /// What is wrong with the secrets that the configuration names; those that it does not name may be given later.
    fn faults_of(&self, secrets: &Secrets) -> Vec<String> {
        let fault = |(field, secret): (&String, &Secret)| {
            let fault = self.fault_of_secret(secret.reveal())?;
            Some(format!("secrets.{field}: {fault}"))
        };
        secrets.iter().filter_map(fault).collect()
    }

    /// Why this cannot be a secret of it; nothing of the secret is said.
    #[must_use]
    pub fn fault_of_secret(&self, secret: &str) -> Option<String> {
        match self {
            Self::Webhook(_) => webhook::fault_of(secret),
            Self::Slack(settings) if settings.is_app() => slack::fault_of_token(secret),
            Self::Slack(_) | Self::Teams(_) => slack::fault_of_webhook_url(secret),
            Self::PagerDuty(_) => pagerduty::fault_of_routing_key(secret),
            Self::JsmOperations(_) => jsm_operations::fault_of_api_key(secret),
            Self::Jira(_)
            | Self::Zammad(_)
            | Self::Zendesk(_)
            | Self::Github(_)
            | Self::Gitlab(_) => None,
        }
    }

    fn of(config: &DestinationConfig) -> Result<Self, String> {
        let sections = [
            ("webhook", config.webhook.is_some()),
            ("jira", config.jira.is_some()),
            ("zammad", config.zammad.is_some()),
            ("zendesk", config.zendesk.is_some()),
            ("slack", config.slack.is_some()),
            ("teams", config.teams.is_some()),
            ("pagerduty", config.pagerduty.is_some()),
            ("jsm_operations", config.jsm_operations.is_some()),
            ("github", config.github.is_some()),
            ("gitlab", config.gitlab.is_some()),
        ];
        let strange = sections
            .iter()
            .find(|(kind, is_there)| *is_there && *kind != config.kind);
        if let Some((kind, _)) = strange {
            return Err(format!(
                "[destinations.{kind}] belongs to one with kind = \"{kind}\""
            ));
        }
        let settings = match config.kind.as_str() {
            "webhook" => config.webhook.clone().map(Self::Webhook),
            "jira" => config.jira.clone().map(Arc::new).map(Self::Jira),
            "zammad" => config.zammad.clone().map(Arc::new).map(Self::Zammad),
            "zendesk" => config.zendesk.clone().map(Arc::new).map(Self::Zendesk),
            "slack" => config.slack.clone().map(Self::Slack),
            "teams" => config.teams.clone().map(Self::Teams),
            "pagerduty" => config.pagerduty.clone().map(Self::PagerDuty),
            "jsm_operations" => config.jsm_operations.clone().map(Self::JsmOperations),
            "github" => config.github.clone().map(Arc::new).map(Self::Github),
            "gitlab" => config.gitlab.clone().map(Arc::new).map(Self::Gitlab),
            _ => {
                let known: Vec<&str> = sections.iter().map(|(kind, _)| *kind).collect();
                return Err(format!("kind: one of {}", known.join(", ")));
            }
        };
        settings.ok_or_else(|| format!("[destinations.{}] is missing", config.kind))
    }
}

/// A destination that is used.
#[derive(Clone, Debug)]
pub struct Destination {
    /// Its name.
    pub name: Arc<str>,
    /// Keys of the sites whose tickets it may get; empty: all.
    sites: Vec<String>,
    /// Which tickets it gets; empty: every one.
    rules: Vec<Rule>,
    /// What is particular about it.
    pub settings: Settings,
    /// The secrets that the configuration names. See [`super::secret::of`].
    pub secrets: Secrets,
    /// What is remembered of a mirror between calls.
    pub memory: Memory,
}

impl Destination {
    /// Reads what an operator wrote down, and the secrets.
    ///
    /// # Errors
    /// Every fault, one sentence each.
    pub fn load(
        config: &DestinationConfig,
        environment: &impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Vec<String>> {
        let mut faults = config.faults();
        let settings = match Settings::of(config) {
            Ok(settings) => settings,
            Err(_) => return Err(faults),
        };
        let mut secrets = Secrets::new();
        for (field, source) in &config.secrets {
            match source.read(environment) {
                Ok(secret) => drop(secrets.insert(field.clone(), secret)),
                Err(fault) => faults.push(format!("secrets.{field}: {fault}")),
            }
        }
        faults.extend(settings.faults_of(&secrets));
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            name: config.name.as_str().into(),
            sites: config.sites.clone(),
            rules: config.when.clone(),
            settings,
            secrets,
            memory: Memory::default(),
        })
    }

    /// May it ever get tickets of a site?
    #[must_use]
    pub fn serves(&self, site: &str) -> bool {
        let may = |rule: &Rule| rule.sites.is_empty() || rule.sites.iter().any(|one| one == site);
        (self.sites.is_empty() || self.sites.iter().any(|one| one == site))
            && (self.rules.is_empty() || self.rules.iter().any(may))
    }

    /// Does it get a ticket as that is now?
    #[must_use]
    pub fn wants(&self, ticket: &Ticket) -> bool {
        self.serves(&ticket.site)
            && (self.rules.is_empty() || self.rules.iter().any(|rule| rule.holds(ticket)))
    }
}

impl DestinationConfig {
    /// What is wrong with it as it is written down, without reading any secret.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !(1..=NAME_MOST_OCTETS).contains(&self.name.len()) || !self.name.bytes().all(is_name) {
            faults.push(format!(
                "name: 1 to {NAME_MOST_OCTETS} letters, digits, \"-\" and \"_\""
            ));
        }
        if self.when.iter().any(Rule::is_empty) {
            faults.push(
                "when: a rule that names nothing holds for every ticket; leave it out".to_owned(),
            );
        }
        match Settings::of(self) {
            Err(fault) => faults.push(fault),
            Ok(settings) => {
                faults.extend(settings.faults());
                let known = settings.secrets();
                for field in self.secrets.keys() {
                    if !known.iter().any(|(name, _)| name == field) {
                        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                        faults.push(format!("secrets.{field}: one of {}", names.join(", ")));
                    }
                }
            }
        }
        faults
    }
}

/// What is wrong with all of them, without reading any secret.
#[must_use]
pub fn faults(configs: &[DestinationConfig]) -> Vec<String> {
    let mut faults = Vec::new();
    for (position, config) in configs.iter().enumerate() {
        let named = |fault: &str| format!("destinations, \"{}\": {fault}", config.name);
        faults.extend(config.faults().iter().map(|fault| named(fault)));
        let before = &configs[..position];
        // A lane and an address are the same for both spellings on some systems.
        if (before.iter()).any(|one| one.name.eq_ignore_ascii_case(&config.name)) {
            faults.push(named("the name stands twice"));
        }
    }
    faults
}

/// All destinations of the installation, in the order of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Destinations(Arc<[Destination]>);

impl Destinations {
    /// Reads what an operator wrote down, and the secrets.
    ///
    /// # Errors
    /// Every fault, one sentence each.
    pub fn load(
        configs: &[DestinationConfig],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Vec<String>> {
        let (mut destinations, mut all) = (Vec::new(), faults(configs));
        if !all.is_empty() {
            return Err(all);
        }
        for config in configs {
            match Destination::load(config, &environment) {
                Ok(destination) => destinations.push(destination),
                Err(found) => {
                    let named = |fault| format!("destinations, \"{}\": {fault}", config.name);
                    all.extend(found.into_iter().map(named));
                }
            }
        }
        if all.is_empty() {
            Ok(Self(destinations.into()))
        } else {
            Err(all)
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<&Destination> {
        self.0.iter().find(|destination| &*destination.name == name)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Destination> {
        self.0.iter()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOOK: &str =
        "name = \"a\"\nkind = \"webhook\"\n[webhook]\nurl = \"https://a.example/\"\n";

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn config(text: &str) -> DestinationConfig {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn every_fault_of_a_destination_is_said() {
        for (text, words) in [
            (HOOK.to_owned(), ""),
            (HOOK.replace("\"a\"", "\"a b\""), "name: 1 to"),
            (
                HOOK.replace("\"webhook\"", "\"carrier-pigeon\""),
                "belongs to one with",
            ),
            (
                "name = \"a\"\nkind = \"x\"".to_owned(),
                "kind: one of webhook, jira, zammad, zendesk, slack, teams, pagerduty, jsm_operations, github, gitlab",
            ),
            ("name = \"a\"\nkind = \"webhook\"".to_owned(), "is missing"),
            (HOOK.replace("https:", "ftp:"), "begins with https"),
            (format!("{HOOK}[[when]]\n"), "holds for every ticket"),
            (
                format!("{HOOK}[secrets]\ntoken = {{ env = \"X\" }}"),
                "secrets.token: one of signing_secret",
            ),
        ] {
            let faults = config(&text).faults();
            if words.is_empty() {
                assert!(faults.is_empty(), "{faults:?}");
            } else {
                assert!(
                    faults.len() == 1 && faults[0].contains(words),
                    "{text}: {faults:?}"
                );
            }
        }
        let twice = [config(HOOK), config(&HOOK.replace("\"a\"", "\"A\""))];
        assert!(faults(&twice)[0].contains("stands twice"));
    }

    #[test]
    fn a_secret_is_read_from_one_place_and_is_something() {
        let load = |secret: &str| {
            let text = format!("{HOOK}[secrets]\nsigning_secret = {secret}");
            let environment = |name: &str| match name {
                "GOOD" => Some(format!(" {SECRET}\n")),
                "BAD" => Some("hunter2".to_owned()),
                "EMPTY" => Some(String::new()),
                _ => None,
            };
            Destinations::load(&[config(&text)], environment)
        };
        let good = load("{ env = \"GOOD\" }").unwrap();
        let secrets = &good.of("a").unwrap().secrets;
        assert_eq!(secrets["signing_secret"].reveal(), SECRET);
        assert!(!format!("{good:?}").contains(SECRET));
        for bad in [
            "{ env = \"GONE\" }",
            "{ env = \"EMPTY\" }",
            "{ env = \"BAD\" }",
            "{}",
            "{ env = \"GOOD\", file = \"x\" }",
            "{ file = \"/no/such/file\" }",
        ] {
            assert_eq!(load(bad).unwrap_err().len(), 1, "{bad}");
        }
    }

    #[test]
    fn a_destination_serves_the_sites_that_its_list_and_its_rules_allow() {
        let load = |more: &str| {
            let text = format!("sites = ['acme', 'beta']\n{HOOK}{more}");
            Destination::load(&config(&text), &|_| None).unwrap()
        };
        let plain = load("");
        assert!(plain.serves("acme") && !plain.serves("other"));
        let ruled = load("[[when]]\nsites = ['beta']\n[[when]]\nsites = ['other']\n");
        assert!(ruled.serves("beta") && !ruled.serves("acme") && !ruled.serves("other"));
        assert!(load("[[when]]\nplans = ['gold']\n").serves("acme"));
    }
}
