//! Where a service keeps attachments, for journeys that are the same in a folder and in a bucket.

use std::{collections::BTreeSet, time::Duration};

use super::Bucket;
use crate::{Service, eventually};

/// A place of attachments.
#[derive(Debug)]
pub enum Place {
    /// The folder of the service.
    Folder,
    /// A bucket.
    Bucket(Bucket),
}

impl Place {
    /// The digests of all files that lie there.
    pub async fn digests(&self, service: &Service) -> BTreeSet<String> {
        match self {
            Self::Folder => service.file_digests().into_iter().collect(),
            Self::Bucket(bucket) => bucket.objects().await.into_values().collect(),
        }
    }

    /// Waits until no file with this digest is there: what is deleted goes right after the commit that gives it up.
    pub async fn lacks(&self, service: &Service, digest: &str) {
        eventually(
            Duration::from_secs(20),
            "a file to be deleted",
            async || (!self.digests(service).await.contains(digest)).then_some(()),
        )
        .await;
    }
}
