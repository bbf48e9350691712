//! What an operator allows mails to do.

use std::sync::{Arc, OnceLock};

use jiff::SignedDuration;

use super::permission::Mails;
use crate::{config::Config, origin::Origin};

/// The rules of the installation; see `[acknowledge]` in `config.default.toml`.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Most mails to a recipient, and to everybody.
    pub most: Mails,
    /// For how long who said "I did not send this" gets no mail.
    pub objection: SignedDuration,
    public_origin: Arc<OnceLock<Origin>>,
}

impl Rules {
    /// The rules that the configuration states.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let set = &config.acknowledge;
        let public_origin = Origin::parse(&config.server.public_url);
        Self {
            most: Mails {
                site_hour: set.per_hour_and_site,
                site_day: set.per_day_and_site,
                hour: set.per_hour,
                day: set.per_day,
                everybody_hour: set.everybody_per_hour,
            },
            objection: SignedDuration::from_hours(24 * i64::from(set.objection_days)),
            public_origin: Arc::new(public_origin.map(OnceLock::from).unwrap_or_default()),
        }
    }

    /// Where links in mails lead: never to what a request's `Host` says, which is the sender's to choose.
    #[must_use]
    pub fn public_origin(&self) -> Option<&Origin> {
        self.public_origin.get()
    }

    /// For the demonstration, whose address nobody configures and which has no proxy.
    pub fn assume_public_origin(&self, origin: &str) {
        if let Some(origin) = Origin::parse(origin) {
            // One that is set stays.
            let _ = self.public_origin.set(origin);
        }
    }
}
