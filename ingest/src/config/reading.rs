//! Where a configuration comes from: the defaults, the file of the operator, the environment, the command line.

use std::path::Path;

use super::{Config, ConfigError, DEFAULTS, Overrides, Secret};

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
    pub(super) fn from_text(text: &str) -> Result<Self, ConfigError> {
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
        if let Some(path) = environment("CORNERDESK_KEY_FILE") {
            self.storage.key_file = path.into();
        }
        let incoming = &mut self.mail.incoming;
        for (name, place) in [
            ("CORNERDESK_IMAP_URL", &mut incoming.imap_url),
            (
                "CORNERDESK_MAIL_WEBHOOK_PASSWORD",
                &mut incoming.webhook_password,
            ),
            (
                "CORNERDESK_MAILGUN_SIGNING_KEY",
                &mut incoming.mailgun_signing_key,
            ),
        ] {
            if let Some(value) = secret(name)? {
                *place = value;
            }
        }
        if let Some(value) = secret("CORNERDESK_OIDC_CLIENT_SECRET")? {
            self.desk.oidc.client_secret = value;
        }
        if let Some(key) = secret("CORNERDESK_S3_ACCESS_KEY_ID")? {
            self.storage.s3_access_key_id = key;
        }
        if let Some(key) = secret("CORNERDESK_S3_SECRET_ACCESS_KEY")? {
            self.storage.s3_secret_access_key = key;
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
        if overrides.allow_passwords {
            self.desk.oidc.required = false;
        }
        if overrides.demo {
            self.sites.retain(|site| site.key != crate::demo::site::KEY);
            self.sites.push(crate::demo::site::site());
        }
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
