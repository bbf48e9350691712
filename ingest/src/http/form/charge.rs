//! Counting the files of a form against the allowance of whoever sent it.

use crate::{
    allowances::{Kind, OverLimit},
    app::App,
    site::Site,
    source::Source,
    telemetry::chain,
};

/// Bytes of files that are counted for a client: all of the request at once, when its first file begins.
#[derive(Debug)]
pub(super) struct Charge {
    source: Option<Source>,
    bytes: u64,
    is_made: bool,
}

impl Charge {
    pub(super) const fn new(source: Option<Source>, bytes: u64) -> Self {
        Self {
            source,
            bytes,
            is_made: false,
        }
    }

    /// Counts, once.
    pub(super) async fn make(&mut self, app: &App, site: &Site) -> Result<(), OverLimit> {
        if self.is_made {
            return Ok(());
        }
        let (kind, bytes) = (Kind::UploadBytes, self.bytes);
        app.allowances
            .ensure_not_refused(kind, &site.key, self.source, bytes)?;
        let mut tx = app.store.write().await?;
        app.allowances
            .charge(&mut tx, kind, &site.key, self.source, bytes)
            .await?;
        tx.commit().await?;
        self.is_made = true;
        Ok(())
    }

    /// Counts no more than `bytes` after all.
    pub(super) async fn give_back_beyond(&mut self, app: &App, site: &Site, bytes: u64) {
        let too_much = self.bytes.saturating_sub(bytes);
        if !self.is_made || too_much == 0 {
            return;
        }
        self.bytes = bytes;
        let given = app
            .allowances
            .give_back(Kind::UploadBytes, &site.key, self.source, too_much);
        if let Err(error) = given.await {
            tracing::warn!(
                error = chain(&error),
                "bytes that were not used stay counted"
            );
        }
    }
}
