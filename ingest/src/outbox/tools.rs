//! What jobs work with.

use std::sync::Arc;

use super::{forwarding::Forwarding, lane::NewJobs};
use crate::{
    blobs::Blobs,
    clock::Clock,
    config,
    grants::product::Products,
    mail::{Mailer, rules::Rules},
    metrics::Metrics,
    outbound::Outbound,
    pages::Pages,
    policies::Policies,
    staff::sealing::Sealing,
    status::link::Links,
    store::Store,
    words::Words,
    workshop::Workshop,
};

/// What jobs work with.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The way out for mail.
    pub mailer: Arc<Mailer>,
    /// What mails may do.
    pub rules: Rules,
    /// Where people follow their requests.
    pub status_links: Links,
    /// So many days after the last step the page of a request can be seen.
    pub link_days: u32,
    /// The words of mails.
    pub words: Arc<Words>,
    /// The templates of mails.
    pub pages: Pages,
    /// Bytes of uploads and attachments.
    pub blobs: Blobs,
    /// Where strange files are worked on.
    pub workshop: Workshop,
    /// What is done with attachments.
    pub attachments: config::Attachments,
    /// Versions of policies.
    pub policies: Policies,
    /// Whom staff's notices go to.
    pub notify: Arc<config::Notify>,
    /// At which percentages of a budget staff are warned.
    pub warn_percent: Arc<[u8]>,
    /// Where the scanner for malware is.
    pub clamav: config::Clamav,
    /// Wakes the runner of this process.
    pub new_jobs: NewJobs,
    /// Products that hear of access.
    pub products: Arc<Products>,
    /// The way out to addresses that somebody configured.
    pub outbound: Outbound,
    /// What calls destinations.
    pub forwarding: Forwarding,
    /// For so many days the log of deliveries is kept.
    pub log_days: u32,
    /// The key that is not in the database.
    pub sealing: Sealing,
    /// Counters.
    pub metrics: Arc<Metrics>,
}
