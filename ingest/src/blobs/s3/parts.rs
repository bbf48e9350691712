//! A stream of bytes, cut into parts that are as large as each other but for the last.

use bytes::Bytes;
use futures_util::StreamExt;
use object_store::PutPayload;
use sha2::{Digest, Sha256};

use super::super::{BlobError, Reading};

/// Parts of a multipart upload, but for the last, have at least 5 MiB (S3) and the same size (R2).
pub const PART_BYTES: usize = 8 * 1024 * 1024;

/// Parts, and what all of them together are.
pub struct Parts {
    bytes: Reading,
    /// The end of a chunk that went over the end of a part.
    rest: Bytes,
    digest: Sha256,
    size_bytes: u64,
}

impl Parts {
    /// Cuts `bytes`.
    pub fn of(bytes: Reading) -> Self {
        Self {
            bytes,
            rest: Bytes::new(),
            digest: Sha256::new(),
            size_bytes: 0,
        }
    }

    /// The next part; one shorter than [`PART_BYTES`], or empty, is the last.
    ///
    /// # Errors
    /// When the bytes cannot be read.
    pub async fn next(&mut self) -> Result<Vec<Bytes>, BlobError> {
        let mut part = Vec::new();
        let mut room = PART_BYTES;
        while room > 0 {
            if self.rest.is_empty() {
                match self.bytes.next().await {
                    Some(chunk) => self.rest = chunk?,
                    None => break,
                }
            }
            let chunk = self.rest.split_to(room.min(self.rest.len()));
            room -= chunk.len();
            self.digest.update(&chunk);
            self.size_bytes += chunk.len() as u64;
            part.push(chunk);
        }
        Ok(part)
    }

    /// Size and digest of all parts that were taken.
    pub fn told(self) -> (u64, [u8; 32]) {
        (self.size_bytes, self.digest.finalize().into())
    }
}

/// Is it the last one?
pub fn is_last(part: &[Bytes]) -> bool {
    part.iter().map(Bytes::len).sum::<usize>() < PART_BYTES
}

/// A part on its way.
pub fn payload(part: Vec<Bytes>) -> PutPayload {
    part.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    async fn sizes(chunks: &[usize]) -> Vec<usize> {
        let chunks: Vec<_> = chunks
            .iter()
            .map(|size| Ok(Bytes::from(vec![7; *size])))
            .collect();
        let mut parts = Parts::of(stream::iter(chunks).boxed());
        let mut sizes = Vec::new();
        loop {
            let part = parts.next().await.unwrap();
            sizes.push(part.iter().map(Bytes::len).sum());
            if is_last(&part) {
                return sizes;
            }
        }
    }

    #[tokio::test]
    async fn all_parts_but_the_last_have_the_same_size() {
        assert_eq!(sizes(&[]).await, [0]);
        assert_eq!(sizes(&[5, 6]).await, [11]);
        assert_eq!(sizes(&[PART_BYTES - 1, 3]).await, [PART_BYTES, 2]);
        assert_eq!(
            sizes(&[2 * PART_BYTES + 1]).await,
            [PART_BYTES, PART_BYTES, 1]
        );
        assert_eq!(sizes(&[PART_BYTES]).await, [PART_BYTES, 0]);
    }
}
