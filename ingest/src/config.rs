//! The configuration: `config.default.toml`, then the operator's file, then the environment, then the command line.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use cornerdesk_shared::limits::Limits;
use ipnet::IpNet;
use serde::Deserialize;

use crate::{
    origin::AllowedOrigin,
    site::{Site, SiteConfig},
};

/// The manual and the defaults.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Everything that an operator can set; the fields are described in `config.default.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "config.default.toml is the manual; a second text would drift"
)]
pub struct Config {
    pub server: Server,
    pub storage: Storage,
    pub database: Database,
    pub limits: Limits,
    pub uploads: Uploads,
    pub mail: Mail,
    pub outbox: Outbox,
    pub desk: Desk,
    pub log: Log,
    #[serde(default)]
    pub sites: Vec<SiteConfig>,
}

macro_rules! section {
    ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        /// The section of this name in `config.default.toml`.
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(missing_docs, reason = "config.default.toml is the manual; a second text would drift")]
        pub struct $name { $(pub $field: $type,)* }
    };
}

section!(Server {
    listen: String,
    public_url: String,
    connections: usize,
    connections_per_address: usize,
    proxies: Vec<IpNet>,
    first_byte_ms: u64,
    head_ms: u64,
    keep_alive_ms: u64,
    body_idle_ms: u64,
    body_grace_ms: u64,
    body_least_bytes_per_second: u64,
    request_most_ms: u64,
});
section!(Storage { data_dir: PathBuf });
section!(Database {
    url: Secret,
    synchronous: String,
    max_connections: u32,
});
section!(Uploads { expire_hours: u32 });
section!(Mail {
    transport: String,
    smtp_url: Secret,
    from: String,
    reply_to: String,
    bounce_address: String,
    folder: PathBuf,
    timeout_ms: u64,
});
section!(Outbox {
    workers: usize,
    lease_ms: u64,
    poll_ms: u64,
    backoff_base_ms: u64,
    backoff_cap_ms: u64,
    give_up_after_hours: u32,
});
section!(Desk { session_hours: u32 });
section!(Log {
    level: String,
    format: String,
});

impl Server {
    fn faults(&self, expect: &mut impl FnMut(bool, &str)) {
        expect(
            self.connections_per_address > 0,
            "server.connections_per_address: at least 1",
        );
        expect(
            self.connections >= self.connections_per_address,
            "server.connections: at least server.connections_per_address",
        );
        for (key, number) in [
            ("first_byte_ms", self.first_byte_ms),
            ("head_ms", self.head_ms),
            ("keep_alive_ms", self.keep_alive_ms),
            ("body_idle_ms", self.body_idle_ms),
            (
                "body_least_bytes_per_second",
                self.body_least_bytes_per_second,
            ),
            ("request_most_ms", self.request_most_ms),
        ] {
            expect(number > 0, &format!("server.{key}: at least 1"));
        }
    }
}

/// A value that may hold a password: never printed.
#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value, for the one call that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "\"\"" } else { "\"…\"" })
    }
}

/// The configuration cannot be used. Every fault at once.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used:\n  - {}", .0.join("\n  - "))]
pub struct ConfigError(pub Vec<String>);

/// What comes from outside the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--listen`.
    pub listen: Option<String>,
    /// `--data`.
    pub data_dir: Option<PathBuf>,
    /// `--demo`.
    pub demo: bool,
    /// The command sends nothing.
    pub needs_no_mail: bool,
}

impl Config {
    /// Reads the defaults, the operator's file and the environment, puts the command line on top and checks the whole.
    ///
    /// # Errors
    /// Every fault with the key it is at.
    pub fn load(
        file: Option<&Path>,
        environment: impl Fn(&str) -> Option<String>,
        overrides: &Overrides,
    ) -> Result<Self, ConfigError> {
        let mut text = String::new();
        if let Some(path) = file {
            text = std::fs::read_to_string(path)
                .map_err(|error| ConfigError(vec![format!("{}: {error}", path.display())]))?;
        }
        let mut config = Self::from_text(&text)?;
        config.apply_environment(environment)?;
        config.apply(overrides);
        let faults = config.faults();
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(faults))
        }
    }

    /// Like [`Self::load`], but without a way out for mail: for commands that only look at records or change them.
    ///
    /// # Errors
    /// Every fault with the key it is at.
    pub fn load_for_records(
        file: Option<&Path>,
        environment: impl Fn(&str) -> Option<String>,
        overrides: &Overrides,
    ) -> Result<Self, ConfigError> {
        let overrides = Overrides {
            needs_no_mail: true,
            ..overrides.clone()
        };
        Self::load(file, environment, &overrides)
    }

    /// Lays the operator's text over the defaults.
    fn from_text(text: &str) -> Result<Self, ConfigError> {
        // Not the whole of the library's words: they quote the line, and the line may hold a password.
        let fault = |error: toml::de::Error| {
            let before = |at: usize| text.get(..at).unwrap_or_default();
            let line = error
                .span()
                .map(|span| before(span.start).matches('\n').count() + 1);
            let place = line
                .map(|line| format!("line {line}: "))
                .unwrap_or_default();
            ConfigError(vec![format!("{place}{}", error.message().trim_end())])
        };
        let mut merged: toml::Table = toml::from_str(DEFAULTS).map_err(fault)?;
        merge(&mut merged, toml::from_str(text).map_err(fault)?);
        merged.try_into().map_err(fault)
    }

    fn apply_environment(
        &mut self,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<(), ConfigError> {
        // An empty variable is one that somebody forgot to fill, not a wish for the default.
        let environment = |name: &str| environment(name).filter(|value| !value.is_empty());
        let secret = |name: &str| match (environment(name), environment(&format!("{name}_FILE"))) {
            (Some(value), _) => Ok(Some(Secret(value))),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(value) => Ok(Some(Secret(value.trim_end().to_owned()))),
                Err(error) => Err(ConfigError(vec![format!("{name}_FILE: {path}: {error}")])),
            },
            (None, None) => Ok(None),
        };
        if let Some(url) = secret("CORNERDESK_DATABASE_URL")? {
            self.database.url = url;
        }
        if let Some(url) = secret("CORNERDESK_SMTP_URL")? {
            self.mail.smtp_url = url;
        }
        if let Some(level) = environment("CORNERDESK_LOG") {
            self.log.level = level;
        }
        Ok(())
    }

    fn apply(&mut self, overrides: &Overrides) {
        if let Some(listen) = &overrides.listen {
            self.server.listen.clone_from(listen);
        }
        if let Some(data_dir) = &overrides.data_dir {
            self.storage.data_dir.clone_from(data_dir);
        }
        if (overrides.demo || overrides.needs_no_mail) && self.mail.transport.is_empty() {
            "file".clone_into(&mut self.mail.transport);
        }
        if overrides.demo {
            self.sites.retain(|site| site.key != crate::demo::site::KEY);
            self.sites.push(crate::demo::site::site());
        }
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut expect = |good: bool, fault: &str| {
            if !good {
                faults.push(fault.to_owned());
            }
        };
        expect(
            self.database.synchronous == "full",
            "database.synchronous: only \"full\" is safe; with anything else a power cut loses tickets that were already acknowledged",
        );
        let url = self.database.url.reveal();
        expect(
            url.is_empty()
                || ["sqlite:", "postgres:", "postgresql:"]
                    .iter()
                    .any(|scheme| url.starts_with(scheme)),
            "database.url: begins with \"sqlite:\" or \"postgres:\"",
        );
        expect(
            self.database.max_connections > 0,
            "database.max_connections: at least 1",
        );
        expect(
            ["smtp", "file"].contains(&self.mail.transport.as_str()),
            "mail.transport: \"smtp\" to send acknowledgements, or \"file\" to write them to a folder",
        );
        expect(
            self.mail.transport != "smtp" || !self.mail.smtp_url.reveal().is_empty(),
            "mail.smtp_url: needed with mail.transport = \"smtp\"",
        );
        for (key, address) in [
            ("mail.from", &self.mail.from),
            ("mail.reply_to", &self.mail.reply_to),
            ("mail.bounce_address", &self.mail.bounce_address),
        ] {
            let may_be_empty = key != "mail.from";
            expect(
                (may_be_empty && address.is_empty()) || crate::mail::is_mailbox(address),
                &format!("{key}: an address such as \"Support <support@example.com>\""),
            );
        }
        let public_url = self.server.public_url.trim_end_matches('/');
        let is_origin = matches!(
            AllowedOrigin::parse(public_url),
            Ok(AllowedOrigin::Exact(_))
        );
        expect(
            public_url.is_empty() || is_origin,
            "server.public_url: scheme, host and port only, such as \"https://help.example.com\"",
        );
        expect(
            url.is_empty() || crate::store::is_address(url),
            "database.url: cannot be read as the address of a database",
        );
        let smtp_url = self.mail.smtp_url.reveal();
        let is_smtp = self.mail.transport == "smtp";
        expect(
            !is_smtp || smtp_url.is_empty() || crate::mail::is_smtp_address(smtp_url),
            "mail.smtp_url: an address such as smtp://host:25 or smtp://user:password@host:587?tls=required",
        );
        expect(
            !crate::mail::sends_password_in_plain(smtp_url),
            "mail.smtp_url: the password would travel unencrypted; add ?tls=required, or write smtps://",
        );
        expect(
            !is_smtp || !self.mail.from.contains("@localhost"),
            "mail.from: needed with mail.transport = \"smtp\"; nobody can answer support@localhost",
        );
        for (key, number) in [
            ("uploads.expire_hours", u64::from(self.uploads.expire_hours)),
            ("desk.session_hours", u64::from(self.desk.session_hours)),
            ("outbox.poll_ms", self.outbox.poll_ms),
            ("outbox.backoff_base_ms", self.outbox.backoff_base_ms),
            ("mail.timeout_ms", self.mail.timeout_ms),
            ("limits.summary_chars", u64::from(self.limits.summary_chars)),
            (
                "limits.description_chars",
                u64::from(self.limits.description_chars),
            ),
            ("limits.email_chars", u64::from(self.limits.email_chars)),
        ] {
            expect(number > 0, &format!("{key}: at least 1"));
        }
        expect(
            crate::telemetry::is_filter(&self.log.level),
            "log.level: error, warn, info, debug, trace, or a filter such as info,cornerdesk_ingest=debug",
        );
        self.server.faults(&mut expect);
        expect(self.outbox.workers > 0, "outbox.workers: at least 1");
        expect(
            self.outbox.lease_ms > self.mail.timeout_ms,
            "outbox.lease_ms: more than mail.timeout_ms, or a slow mail server gets every mail twice",
        );
        expect(
            ["text", "json"].contains(&self.log.format.as_str()),
            "log.format: \"text\" or \"json\"",
        );
        expect(
            self.limits.attachment_bytes <= self.limits.request_bytes,
            "limits.request_bytes: at least limits.attachment_bytes",
        );
        let mut keys = HashSet::new();
        for site in &self.sites {
            expect(
                keys.insert(&site.key),
                &format!("sites: the key \"{}\" stands twice", site.key),
            );
            if let Err(site_faults) = Site::parse(site) {
                for fault in site_faults {
                    expect(false, &format!("sites, \"{}\": {fault}", site.key));
                }
            }
        }
        faults
    }

    /// Where the mails go with `transport = "file"`.
    #[must_use]
    pub fn mail_folder(&self) -> PathBuf {
        self.storage.data_dir.join(&self.mail.folder)
    }
}

fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(over)) => merge(below, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let config = Config::from_text(text)?;
        let faults = config.faults();
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(faults))
        }
    }

    #[test]
    fn the_defaults_lack_nothing_but_a_mail_transport() {
        let ConfigError(faults) = load("").unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].starts_with("mail.transport"), "{faults:?}");
    }

    #[test]
    fn the_default_limits_are_the_ones_of_the_panel() {
        assert_eq!(
            load("mail.transport = \"file\"").unwrap().limits,
            Limits::default()
        );
    }

    #[test]
    fn the_documentation_holds_the_defaults_word_for_word() {
        let page = include_str!("../../docs/configuration.md");
        let block = page
            .rsplit_once("```toml\n")
            .and_then(|(_, rest)| rest.split_once("```"))
            .unwrap()
            .0;
        assert_eq!(block.trim(), DEFAULTS.trim());
    }

    #[test]
    fn the_example_of_the_documentation_is_good() {
        let page = include_str!("../../docs/configuration.md");
        let block = page
            .split_once("```toml\n")
            .and_then(|(_, rest)| rest.split_once("```"))
            .unwrap()
            .0;
        let config = load(block).unwrap();
        assert_eq!(config.sites.len(), 1);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let fault = load("[mail]\ntransprot = \"file\"")
            .unwrap_err()
            .to_string();
        assert!(fault.contains("transprot"), "{fault}");
    }

    #[test]
    fn anything_but_full_is_refused_with_the_reason() {
        let fault = load("mail.transport = \"file\"\ndatabase.synchronous = \"normal\"")
            .unwrap_err()
            .to_string();
        assert!(fault.contains("power cut"), "{fault}");
    }

    #[test]
    fn every_fault_is_said_at_once() {
        let text = "[outbox]\nworkers = 0\n[log]\nformat = \"xml\"\n[[sites]]\nkey = \"a\"\nname = \"A\"\nallowed_origins = [\"*\"]";
        let ConfigError(faults) = load(text).unwrap_err();
        assert_eq!(faults.len(), 4, "{faults:?}");
    }

    #[test]
    fn what_would_fail_silently_is_refused() {
        let smtp = "[mail]\ntransport = \"smtp\"\nfrom = \"a@b.example\"\nsmtp_url = ";
        let cases = [
            ("log.level = \"inof\"".to_owned(), "log.level"),
            ("log.level = \"\"".to_owned(), "log.level"),
            ("server.public_url = \"self\"".to_owned(), "public_url"),
            (
                "server.public_url = \"https://*.acme.example\"".to_owned(),
                "public_url",
            ),
            (
                "database.url = \"postgres://h:x/d\"".to_owned(),
                "database.url",
            ),
            ("desk.session_hours = 0".to_owned(), "session_hours"),
            (format!("{smtp}\"nonsense\""), "smtp_url"),
            (format!("{smtp}\"smtp://a:b@mail.example\""), "unencrypted"),
            (
                "[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtp://localhost\"".to_owned(),
                "mail.from",
            ),
        ];
        for (text, key) in cases {
            let fault = load(&text).unwrap_err().to_string();
            assert!(fault.contains(key), "{text}: {fault}");
        }
        assert!(
            load(&format!(
                "{smtp}\"smtp://a:b@mail.example:587?tls=required\""
            ))
            .is_ok()
        );
    }

    #[test]
    fn a_fault_of_the_text_names_its_line_and_not_its_password() {
        let text = "[log]\nlevel = \"info\"\n[database]\nurl = \"postgres://u:hunter2@h/db";
        let fault = load(text).unwrap_err().to_string();
        assert!(
            fault.contains("line 4") && !fault.contains("hunter2"),
            "{fault}"
        );
    }

    #[test]
    fn a_server_that_could_serve_nobody_is_refused() {
        let text = "[mail]\ntransport = \"file\"\n[server]\nhead_ms = 0\nconnections = 10";
        let ConfigError(faults) = load(text).unwrap_err();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].starts_with("server.connections:"), "{faults:?}");
        assert!(faults[1].starts_with("server.head_ms:"), "{faults:?}");
    }

    #[test]
    fn a_secret_is_never_printed() {
        let config =
            load("[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtp://a:hunter2@b?tls=required\"\nfrom = \"a@b.example\"").unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
