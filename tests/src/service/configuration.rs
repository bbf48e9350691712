//! The configuration of a service under test.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use super::SITE;
use crate::{
    postgres::{Durability, Postgres},
    scratch,
    smtp::SmtpSink,
};

/// Which database the service keeps its tickets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file in the data folder.
    Sqlite,
    /// A new database of [`Postgres::shared`].
    Postgres,
}

impl Database {
    /// The URL of a new, empty database that writes as in production.
    pub fn new_durable_url(self) -> String {
        match self {
            Self::Sqlite => self.new_url(),
            Self::Postgres => Postgres::shared(Durability::Full).create_database(),
        }
    }

    /// The URL of a new, empty database.
    pub fn new_url(self) -> String {
        match self {
            Self::Sqlite => {
                let file = scratch::folder("database").join("cornerdesk.db");
                format!("sqlite://{}", file.display())
            }
            Self::Postgres => Postgres::shared(Durability::None).create_database(),
        }
    }
}

/// Most tests send as one requester, and far more often than a person would.
const PLENTY: &str = "per_hour = 1000000
per_day = 1000000
per_hour_and_site = 1000000
per_day_and_site = 1000000
everybody_per_hour = 1000000";
/// All tests come from one address and send as fast as they can.
const NO_LIMITS: &str = "submissions_per_address = 0\nsubmissions_per_site = 0\nupload_bytes_per_address = 0\nidentities_per_address = 0\nleast_fill_ms = 0\nproof_of_work = \"never\"\n";

/// How a service under test differs from the defaults. The timing of the outbox is always quick.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Address to listen on; a free port unless a test needs a certain one.
    pub listen: String,
    database_url: String,
    public_url: String,
    mail: String,
    allowed_origins: Vec<String>,
    sections: Vec<String>,
    log_level: String,
    log_format: String,
    settings_of_database: String,
    settings_of_server: String,
    settings_of_abuse: String,
    drain_ms: u128,
    lease_ms: u32,
    attempt_most_ms: u32,
    mail_timeout_ms: u32,
    give_up_after_hours: u32,
    backoff_base_ms: u32,
    backoff_cap_ms: u32,
    mails: String,
    settings_of_site: String,
    /// Whether this is `serve --demo`, which needs no configuration file.
    pub(super) is_demo: bool,
    /// Whether it runs jobs too.
    pub(super) runs_jobs: bool,
    /// Whether its key file is its own and not the one of all services under test.
    pub(super) has_own_key: bool,
    /// Where its data folder is, when other services share it.
    pub(super) data_folder: Option<PathBuf>,
    /// Environment variables.
    pub(super) variables: Vec<(String, String)>,
}

impl Setup {
    /// One site, mail written to a folder, a fast database.
    pub fn new(database: Database) -> Self {
        Self::with_durability(database, Durability::None)
    }

    /// Like [`Self::new`], on a PostgreSQL that writes as in production.
    pub fn durable(database: Database) -> Self {
        Self::with_durability(database, Durability::Full)
    }

    fn with_durability(database: Database, durability: Durability) -> Self {
        Self {
            listen: "127.0.0.1:0".to_owned(),
            database_url: match database {
                Database::Sqlite => String::new(),
                Database::Postgres => Postgres::shared(durability).create_ready_database(),
            },
            public_url: String::new(),
            mail: "transport = \"file\"\n".to_owned(),
            allowed_origins: vec!["self".to_owned()],
            sections: Vec::new(),
            log_level: "info".to_owned(),
            log_format: "text".to_owned(),
            settings_of_database: String::new(),
            settings_of_server: String::new(),
            settings_of_abuse: NO_LIMITS.to_owned(),
            drain_ms: 0,
            lease_ms: 2000,
            attempt_most_ms: 2100,
            mail_timeout_ms: 1000,
            give_up_after_hours: 120,
            backoff_base_ms: 200,
            backoff_cap_ms: 1_000,
            mails: PLENTY.to_owned(),
            settings_of_site: String::new(),
            is_demo: false,
            runs_jobs: true,
            has_own_key: false,
            data_folder: None,
            variables: Vec::new(),
        }
    }

    /// Has it an SQLite database of its own, in a data folder of its own, that need not be there before the first start?
    pub(super) const fn has_own_file(&self) -> bool {
        self.database_url.is_empty() && !self.is_demo && self.data_folder.is_none()
    }

    /// The demonstration, as somebody who has just cloned the project starts it.
    pub fn demo() -> Self {
        Self {
            is_demo: true,
            ..Self::new(Database::Sqlite)
        }
    }

    /// Sends mail to `sink`.
    pub fn mail_to(self, sink: &SmtpSink) -> Self {
        self.mail_to_server(&sink.url())
    }

    /// Sends mail to the server at this URL.
    pub fn mail_to_server(mut self, url: &str) -> Self {
        self.mail = format!("transport = \"smtp\"\nsmtp_url = \"{url}\"\n");
        self
    }

    /// Adds lines to the section `[mail]`; after [`Self::mail_to`].
    pub fn mail_setting(mut self, toml: &str) -> Self {
        self.mail.push_str(toml);
        self
    }

    /// Lets pages of `origin` embed [`SITE`].
    pub fn allow(mut self, origin: &str) -> Self {
        self.allowed_origins.push(origin.to_owned());
        self
    }

    /// Lets pages of `origin`, and no others, embed [`SITE`].
    pub fn allow_only(mut self, origin: &str) -> Self {
        self.allowed_origins = vec![origin.to_owned()];
        self
    }

    /// Is reached by people under `origin` rather than under the address it listens on.
    pub fn reached_at(mut self, origin: &str) -> Self {
        origin.clone_into(&mut self.public_url);
        self
    }

    /// Adds a section in TOML, such as `[limits]\nattachments = 2`.
    pub fn section(mut self, toml: &str) -> Self {
        self.sections.push(toml.to_owned());
        self
    }

    /// Keeps tickets in the database with this URL.
    pub fn database_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.database_url);
        self
    }

    /// Adds lines to the section `[database]`.
    pub fn database_setting(mut self, toml: &str) -> Self {
        toml.clone_into(&mut self.settings_of_database);
        self
    }

    /// The limits of the defaults, but for these lines of the section `[abuse]`; without this there are none.
    pub fn limited(mut self, toml: &str) -> Self {
        toml.clone_into(&mut self.settings_of_abuse);
        self
    }

    /// Adds lines to the section `[server]`.
    pub fn server_setting(mut self, toml: &str) -> Self {
        toml.clone_into(&mut self.settings_of_server);
        self
    }

    /// Answers only: `serve --no-jobs`.
    pub fn without_jobs(mut self) -> Self {
        self.runs_jobs = false;
        self
    }

    /// Shares the data folder with other services.
    pub fn data_folder(mut self, folder: &Path) -> Self {
        self.data_folder = Some(folder.to_owned());
        self
    }

    /// Goes on answering for so long after `SIGTERM`.
    pub fn drain_ms(mut self, milliseconds: u128) -> Self {
        self.drain_ms = milliseconds;
        self
    }

    /// Leases jobs for so long, and lets an attempt take `attempt_most_ms`.
    pub fn leases(mut self, lease_ms: u32, attempt_most_ms: u32) -> Self {
        self.lease_ms = lease_ms;
        self.attempt_most_ms = attempt_most_ms;
        self
    }

    /// Gives the mail server so long for all that comes before a mail, and as long again for the mail.
    pub fn mail_timeout_ms(mut self, milliseconds: u32) -> Self {
        self.mail_timeout_ms = milliseconds;
        self
    }

    /// Turns jobs that fail into dead letters after so many hours.
    pub fn give_up_after_hours(mut self, hours: u32) -> Self {
        self.give_up_after_hours = hours;
        self
    }

    /// Jobs that failed wait as long as the defaults say.
    pub fn waits_as_in_production(mut self) -> Self {
        self.backoff_base_ms = 5_000;
        self.backoff_cap_ms = 3_600_000;
        self
    }

    /// Waits so long before the second attempt, and so long at the most.
    pub fn waits_ms(mut self, base: u32, cap: u32) -> Self {
        self.backoff_base_ms = base;
        self.backoff_cap_ms = cap;
        self
    }

    /// As few mails to one recipient as an operator gets by default, with the lines of TOML in `settings` on top.
    pub fn few_mails(mut self, settings: &str) -> Self {
        settings.clone_into(&mut self.mails);
        self
    }

    /// Its key file is in its data folder; all other services under test share one, since many share a database.
    pub fn own_key(mut self) -> Self {
        self.has_own_key = true;
        self
    }

    /// Adds lines to the section of [`SITE`].
    pub fn site_setting(mut self, toml: &str) -> Self {
        toml.clone_into(&mut self.settings_of_site);
        self
    }

    /// Is started, and its commands are, with this environment variable.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Logs at `level`.
    pub fn log_level(mut self, level: &str) -> Self {
        level.clone_into(&mut self.log_level);
        self
    }

    /// Logs as `text` or `json`.
    pub fn log_format(mut self, format: &str) -> Self {
        format.clone_into(&mut self.log_format);
        self
    }

    /// The configuration file.
    pub fn to_toml(&self) -> String {
        let Self {
            database_url,
            public_url,
            mail,
            allowed_origins,
            log_level,
            log_format,
            settings_of_database,
            settings_of_server,
            settings_of_abuse,
            drain_ms,
            lease_ms,
            attempt_most_ms,
            mail_timeout_ms,
            give_up_after_hours,
            backoff_base_ms,
            backoff_cap_ms,
            mails,
            settings_of_site,
            ..
        } = self;
        let mut toml = format!(
            r##"
[server]
public_url = "{public_url}"
drain_ms = {drain_ms}
{settings_of_server}

[database]
url = "{database_url}"
{settings_of_database}

[abuse]
{settings_of_abuse}

[mail]
{mail}timeout_ms = {mail_timeout_ms}
from = "Acme Support <support@acme.example>"

[outbox]
lease_ms = {lease_ms}
attempt_most_ms = {attempt_most_ms}
poll_ms = 100
backoff_base_ms = {backoff_base_ms}
backoff_cap_ms = {backoff_cap_ms}
give_up_after_hours = {give_up_after_hours}

[acknowledge]
{mails}

[log]
level = "{log_level}"
format = "{log_format}"

[[sites]]
key = "{SITE}"
name = "Acme"
allowed_origins = {allowed_origins:?}
accent = "#2f5bea"
locale = "en"
{settings_of_site}
"##
        );
        for section in &self.sections {
            write!(toml, "\n{section}\n").expect("a string can always be written to");
        }
        toml
    }
}
