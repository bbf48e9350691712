//! Issues of GitHub, at github.com and on servers of one's own, as a desk elsewhere. What is alike in all trackers is in [`tracker`](super::tracker).
//!
//! | module | what |
//! |---|---|
//! | [`settings`] | what an operator writes down |
//! | [`issue`] | what is asked and what is answered: pure |
//! | [`elsewhere`] | what is done there for a ticket |
//! | [`check`] | what is wrong with the settings |
//! | [`hook`] | what GitHub posts |

mod check;
mod elsewhere;
pub mod hook;
pub mod issue;
pub mod settings;

use std::{sync::Arc, time::Duration};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use self::issue::User;
pub use self::settings::Settings;
use super::{
    Fault,
    hook::HOOK_SECRET,
    secret::Secrets,
    tracker::{
        Memory,
        api::{Api, Ask, token},
        memory::Account,
        refusal::Manner,
    },
};
use crate::{clock::Clock, outbound::Outbound};

/// How GitHub speaks.
const MANNER: Manner = Manner {
    name: "GitHub",
    section: "github",
    place: "github.repository",
    permission: "“Issues: read and write” for this repository",
    request_id: "x-github-request-id",
    // Of 80 a minute and 500 an hour, comments among them.
    rates: &[
        (70, Duration::from_secs(60)),
        (450, Duration::from_secs(3_600)),
    ],
};
/// What is asked for, and by whom: without these GitHub refuses, or answers as it did long ago.
const HEADERS: [(&str, &str); 3] = [
    ("accept", "application/vnd.github+json"),
    ("x-github-api-version", "2022-11-28"),
    ("user-agent", "Cornerdesk"),
];

/// A GitHub, as one job speaks to it.
#[derive(Debug)]
pub struct Github {
    settings: Settings,
    api: Api,
    /// Can it tell us when something changes?
    may_post: bool,
}

impl Github {
    /// The GitHub of these settings.
    ///
    /// # Errors
    /// When a setting or a secret is missing, or a file cannot be read.
    pub fn new(
        settings: &Settings,
        secrets: &Secrets,
        memory: Arc<Memory>,
        outbound: &Outbound,
        clock: &Clock,
    ) -> Result<Self, Fault> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, token(secrets, "Bearer ")?);
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let (url, ca_file) = (&settings.base_url, &settings.ca_file);
        Ok(Self {
            api: Api::new(&MANNER, url, ca_file, headers, memory, (outbound, clock))?,
            settings: settings.clone(),
            may_post: secrets.contains_key(HOOK_SECRET),
        })
    }

    /// Owner and name of the repository.
    ///
    /// # Errors
    /// When the setting is none.
    fn repository(&self) -> Result<(&str, &str), Fault> {
        let parts = self.settings.parts();
        parts.ok_or_else(|| Fault::disabled("github.repository is no repository"))
    }

    /// Who we are there.
    async fn account(&self) -> Result<Account, Fault> {
        if let Some(account) = self.api.memory.account.get() {
            return Ok(account);
        }
        let user: User = self.api.ask(Ask::get(&["user"])).await?;
        let account = Account {
            id: user.id,
            login: user.login,
        };
        self.api.memory.account.keep(&account);
        Ok(account)
    }
}
