//! The configuration: `config.default.toml`, then the operator's file, then the environment, then the command line.

mod faults;
mod oidc;
mod reading;

use std::path::PathBuf;

use cornerdesk_shared::limits::Limits;
use ipnet::IpNet;
use serde::Deserialize;

use crate::{
    destination::DestinationConfig, grants::product::ProductConfig,
    http::client_address::ForwardedBy, notify::Route, outbound::Allowed, pressure::Asking,
    site::SiteConfig,
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
    pub abuse: Abuse,
    pub attachments: Attachments,
    pub clamav: Clamav,
    pub mail: Mail,
    pub acknowledge: Acknowledge,
    pub outbox: Outbox,
    pub policies: Policies,
    pub notify: Notify,
    pub desk: Desk,
    pub status: Status,
    pub outbound: Outbound,
    pub forwarding: Forwarding,
    pub log: Log,
    #[serde(default)]
    pub sites: Vec<SiteConfig>,
    #[serde(default)]
    pub access: Vec<ProductConfig>,
    #[serde(default)]
    pub destinations: Vec<DestinationConfig>,
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
    forwarded_by: ForwardedBy,
    first_byte_ms: u64,
    head_ms: u64,
    keep_alive_ms: u64,
    drain_ms: u64,
    body_idle_ms: u64,
    body_grace_ms: u64,
    body_least_bytes_per_second: u64,
    request_most_ms: u64,
});
section!(Storage {
    data_dir: PathBuf,
    key_file: PathBuf,
    blobs_url: String,
    s3_endpoint: String,
    s3_region: String,
    s3_access_key_id: Secret,
    s3_secret_access_key: Secret,
    spool_bytes: u64,
    quota_bytes_per_site: u64,
});
section!(Database {
    url: Secret,
    synchronous: String,
    max_connections: u32,
});
section!(Uploads { expire_hours: u32 });
section!(Abuse {
    submissions_per_address: u64,
    submissions_per_site: u64,
    upload_bytes_per_address: u64,
    identities_per_address: u32,
    alarms_per_source: u64,
    alarm_tickets_per_source: u64,
    least_fill_ms: u32,
    proof_of_work: Asking,
    attack_submissions_per_minute: u32,
});
section!(Clamav {
    address: String,
    timeout_ms: u64,
});
section!(Attachments {
    remove_metadata: bool,
    previews: bool,
});
section!(Mail {
    transport: String,
    smtp_url: Secret,
    from: String,
    reply_to: String,
    reply_address: String,
    bounce_address: String,
    verp: bool,
    dkim_domain: String,
    dkim_selector: String,
    dkim_key_file: String,
    folder: PathBuf,
    timeout_ms: u64,
    incoming: Incoming,
});
section!(Incoming {
    lmtp: String,
    imap_url: Secret,
    imap_folder: String,
    imap_done_folder: String,
    imap_poll_ms: u64,
    webhook_password: Secret,
    mailgun_signing_key: Secret,
    authserv_id: String,
});
section!(Acknowledge {
    per_hour: u32,
    per_day: u32,
    per_hour_and_site: u32,
    per_day_and_site: u32,
    everybody_per_hour: u32,
    objection_days: u32,
});
section!(Outbox {
    workers: usize,
    file_workers: usize,
    clock_workers: usize,
    lease_ms: u64,
    attempt_most_ms: u64,
    poll_ms: u64,
    backoff_base_ms: u64,
    backoff_cap_ms: u64,
    give_up_after_hours: u32,
});
section!(Policies {
    folder: String,
    warn_percent: Vec<u8>,
});
section!(Notify {
    per_hour: u32,
    routes: Vec<Route>,
});
section!(Desk {
    session_hours: u32,
    session_most_days: u32,
    oidc: Oidc,
});
section!(Oidc {
    issuer: String,
    client_id: String,
    client_secret: Secret,
    scopes: Vec<String>,
    name: String,
    required: bool,
    create: String,
    trust_email: bool,
});
section!(Status { link_days: u32 });
section!(Outbound {
    private_networks: Vec<IpNet>,
    allowed: Vec<Allowed>,
    ports: Vec<u16>,
});
section!(Forwarding {
    workers: usize,
    log_days: u32,
});
section!(Log {
    level: String,
    format: String,
});

/// A value that may hold a password: never printed.
#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A value that came from somewhere else than the configuration.
    #[must_use]
    pub const fn new(value: String) -> Self {
        Self(value)
    }

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
    /// `--allow-passwords`.
    pub allow_passwords: bool,
    /// The command sends nothing.
    pub needs_no_mail: bool,
}

impl Config {
    /// Where the key is that is not in the database.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.storage.data_dir.join(&self.storage.key_file)
    }

    /// Where the mails go with `transport = "file"`.
    #[must_use]
    pub fn mail_folder(&self) -> PathBuf {
        self.storage.data_dir.join(&self.mail.folder)
    }
}

#[cfg(test)]
mod tests;
