//! Uploads that go away with the request that brought them.

use super::Uploads;
use crate::{store::uploads::Upload, telemetry::chain};

/// Uploads that are deleted unless somebody claims them: a request that is refused or breaks off, at whatever
/// moment, leaves nothing behind.
#[derive(Debug)]
pub struct Unclaimed {
    uploads: Uploads,
    files: Vec<Upload>,
}

impl Unclaimed {
    /// Nothing yet.
    #[must_use]
    pub fn new(uploads: &Uploads) -> Self {
        Self {
            uploads: uploads.clone(),
            files: Vec::new(),
        }
    }

    /// One more.
    pub fn push(&mut self, upload: Upload) {
        self.files.push(upload);
    }

    /// What there is.
    #[must_use]
    pub fn files(&self) -> &[Upload] {
        &self.files
    }

    /// They belong to somebody now.
    pub fn claim(&mut self) -> Vec<Upload> {
        std::mem::take(&mut self.files)
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        let files = self.claim();
        // Without a runtime the service is ending; the uploads expire by themselves.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        if files.is_empty() {
            return;
        }
        let uploads = self.uploads.clone();
        runtime.spawn(async move {
            for file in files {
                if let Err(error) = uploads.delete(&file.site, file.id).await {
                    tracing::warn!(
                        error = chain(&error),
                        "an unclaimed upload cannot be deleted now; it expires"
                    );
                }
            }
        });
    }
}
