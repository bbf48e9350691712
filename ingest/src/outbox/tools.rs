//! What jobs work with.

use std::sync::Arc;

use crate::{
    blobs::Blobs,
    clock::Clock,
    mail::{Mailer, rules::Rules},
    metrics::Metrics,
    pages::Pages,
    store::Store,
    words::Words,
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
    /// Bytes of uploads, for the sweep.
    pub blobs: Blobs,
    /// Counters.
    pub metrics: Arc<Metrics>,
}
