//! Issues of GitLab, at gitlab.com and on servers of one's own, as a desk elsewhere. What is alike in all trackers is in [`tracker`](super::tracker).
//!
//! | module | what |
//! |---|---|
//! | [`settings`] | what an operator writes down |
//! | [`issue`] | what is asked and what is answered: pure |
//! | [`elsewhere`] | what is done there for a ticket |
//! | [`check`] | what is wrong with the settings |
//! | [`hook`] | what GitLab posts |

mod check;
mod elsewhere;
pub mod hook;
pub mod issue;
pub mod settings;

use std::{sync::Arc, time::Duration};

use reqwest::header::HeaderMap;

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

/// How GitLab speaks.
const MANNER: Manner = Manner {
    name: "GitLab",
    section: "gitlab",
    place: "gitlab.project",
    permission: "the scope “api” and the role Reporter in the project",
    request_id: "x-request-id",
    // Of 300 a minute, where nobody set it otherwise.
    rates: &[(270, Duration::from_secs(60))],
};

/// A GitLab, as one job speaks to it.
#[derive(Debug)]
pub struct Gitlab {
    settings: Settings,
    api: Api,
    /// Can it tell us when something changes?
    may_post: bool,
}

impl Gitlab {
    /// The GitLab of these settings.
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
        headers.insert("private-token", token(secrets, "")?);
        let base = format!("{}/api/v4", settings.base_url.trim_end_matches('/'));
        let ca_file = &settings.ca_file;
        Ok(Self {
            api: Api::new(&MANNER, &base, ca_file, headers, memory, (outbound, clock))?,
            settings: settings.clone(),
            may_post: secrets.contains_key(HOOK_SECRET),
        })
    }

    /// Who we are there.
    async fn account(&self) -> Result<Account, Fault> {
        if let Some(account) = self.api.memory.account.get() {
            return Ok(account);
        }
        let user: User = self.api.ask(Ask::get(&["user"])).await?;
        let account = Account {
            id: user.id,
            login: user.username,
        };
        self.api.memory.account.keep(&account);
        Ok(account)
    }
}
