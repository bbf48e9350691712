//! What jobs work with.

use std::sync::Arc;

use super::lane::NewJobs;
use crate::{
    blobs::Blobs,
    clock::Clock,
    config,
    mail::{Mailer, rules::Rules},
    metrics::Metrics,
    pages::Pages,
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
    /// Where the scanner for malware is.
    pub clamav: config::Clamav,
    /// Wakes the runner of this process.
    pub new_jobs: NewJobs,
    /// Counters.
    pub metrics: Arc<Metrics>,
}
