//! Packs what is kept of a person into an archive (ZIP), ticket by ticket and file by file, so that no more than one of each is in memory.

use std::io::{self, BufWriter, Write};

use futures_util::StreamExt;
use tokio::runtime::Handle;
use uuid::Uuid;
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{
    Held, Whose,
    export::{self, Packed, Whole},
};
use crate::{
    audit::{Act, By},
    blobs::{BlobError, Blobs},
    clock::Clock,
    store::{self, Store, StoreError},
};

/// Tickets of one archive: more are for an operator, site by site.
const MOST: u32 = 100_000;
const BUFFER_BYTES: usize = 64 * 1024;

/// What packing works with.
#[derive(Clone, Debug)]
pub struct Packer {
    /// The database.
    pub store: Store,
    /// Bytes of files.
    pub blobs: Blobs,
    /// The time.
    pub clock: Clock,
    /// Whose data.
    pub whose: Whose,
    /// Also what staff wrote for each other.
    pub has_notes: bool,
}

/// It was not packed to the end.
#[derive(Debug, thiserror::Error)]
pub enum NotPacked {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The blob store failed.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The archive cannot be written.
    #[error("the archive cannot be written")]
    Archive(#[from] ZipError),
    /// The archive cannot be written.
    #[error("the archive cannot be written")]
    Io(#[from] io::Error),
    /// A text cannot be written as JSON.
    #[error("a ticket cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl Packer {
    /// Says in the log of what staff did that it is handed over; answers how much it is. Before the first byte leaves.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn write_down(&self, by: By) -> Result<Held, StoreError> {
        let mut tx = self.store.write().await?;
        let mut held = Held::default();
        for (_, of_site) in store::privacy::held(&mut tx, &self.whose).await? {
            held += of_site;
        }
        let site = self.whose.site();
        let site = (!site.is_empty()).then(|| site.to_owned());
        let act = Act::PersonExported { site, held };
        store::audit::append(&mut tx, by, &act, self.clock.now()).await?;
        tx.commit().await?;
        Ok(held)
    }

    /// Writes the archive; on a thread that may wait.
    ///
    /// # Errors
    /// [`NotPacked`]; then the archive has no end, and no program takes it for whole.
    pub fn pack<W: Write>(&self, out: W) -> Result<(), NotPacked> {
        let waiting = Handle::current();
        let now = self.clock.now();
        let mut archive = ZipWriter::new_stream(BufWriter::with_capacity(BUFFER_BYTES, out));
        let texts = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        archive.start_file(export::README, texts)?;
        archive.write_all(export::readme(now, self.has_notes).as_bytes())?;
        archive.start_file(export::DOCUMENT, texts)?;
        archive.write_all(export::head(now).as_bytes())?;
        let mut files: Vec<(String, Packed)> = Vec::new();
        let mut separator = "\n";
        for (site, ticket) in waiting.block_on(self.tickets())? {
            // Erased meanwhile.
            let Some(whole) = waiting.block_on(self.whole(&site, ticket))? else {
                continue;
            };
            archive.write_all(separator.as_bytes())?;
            serde_json::to_writer(&mut archive, &whole.document())?;
            separator = ",\n";
            files.extend(whole.files().into_iter().map(|file| (site.clone(), file)));
        }
        archive.write_all(export::TAIL.as_bytes())?;
        // Most files are packed already; one may be larger than what older programs read without a longer head.
        let bytes = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(true);
        for (site, file) in files {
            self.pack_file(&waiting, &mut archive, bytes, &site, &file)?;
        }
        archive.finish()?.into_inner().flush()?;
        Ok(())
    }

    async fn tickets(&self) -> Result<Vec<(String, Uuid)>, StoreError> {
        let mut tx = self.store.read().await?;
        let tickets = store::privacy::tickets(&mut tx, &self.whose, MOST).await?;
        tx.rollback().await?;
        Ok(tickets)
    }

    async fn whole(&self, site: &str, id: Uuid) -> Result<Option<Whole>, StoreError> {
        let mut tx = self.store.read_for(site).await?;
        let Some(ticket) = store::tickets::find(&mut tx, site, id).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        let whole = Whole {
            timeline: store::timeline::list(&mut tx, site, id).await?,
            messages: store::messages::list(&mut tx, site, id).await?,
            attachments: store::attachments::list(&mut tx, site, id).await?,
            rating: store::ratings::find(&mut tx, site, id).await?,
            tags: store::tags::of(&mut tx, site, id).await?,
            first_mail: store::first_mails::find(&mut tx, site, id).await?,
            quoted: store::messages::quoted(&mut tx, site, id).await?,
            ticket,
        };
        tx.rollback().await?;
        Ok(Some(if self.has_notes {
            whole
        } else {
            whole.without_notes()
        }))
    }

    fn pack_file<W: Write>(
        &self,
        waiting: &Handle,
        archive: &mut ZipWriter<zip::write::StreamWriter<W>>,
        options: SimpleFileOptions,
        site: &str,
        file: &Packed,
    ) -> Result<(), NotPacked> {
        // Looked up again: an examination may have put other bytes in its place.
        let Some(blob) = waiting.block_on(self.blob(site, file.id))? else {
            return Ok(());
        };
        let mut reading = waiting.block_on(self.blobs.read(&blob))?;
        archive.start_file(&file.path, options)?;
        while let Some(chunk) = waiting.block_on(reading.next()) {
            archive.write_all(&chunk?)?;
        }
        Ok(())
    }

    async fn blob(&self, site: &str, id: Uuid) -> Result<Option<String>, StoreError> {
        let mut tx = self.store.read_for(site).await?;
        let found = store::attachments::get(&mut tx, site, id).await?;
        tx.rollback().await?;
        Ok(found.map(|file| file.blob))
    }
}
