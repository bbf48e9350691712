//! What the installation signs with: made once, the same for every process on the database, and in the database only as the key seals it that is not there
//! ([`Sealing`]). Whoever has a copy of the database can make no link, no address to answer to, and no return path.
//!
//! A row of 32 octets is from a time when they stood there as they are; it is sealed by whoever reads it first.

use std::path::Path;

use jiff::Timestamp;

use crate::{
    ids,
    staff::sealing::{Mark, Sealing, SealingError},
    store::{self, Store, StoreError, Tx},
};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// For what the installation signs: links to the pages of requests, tokens of forms, digests of addresses.
    Signing,
    /// For return paths, by which a mail that comes back finds its ticket.
    ReturnPath,
    /// For the addresses that people answer to.
    ReplyAddress,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Signing, Self::ReturnPath, Self::ReplyAddress];

    /// The name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::ReturnPath => "return-path",
            Self::ReplyAddress => "reply-address",
        }
    }

    /// For whom it is sealed: a row that is put in another's place does not open.
    fn whom(self) -> String {
        format!("secret of the installation: {}", self.as_str())
    }
}

/// A secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Another key sealed it.
    #[error(
        "what the installation signs with was sealed with the key {sealed_with}, and the file {file} holds the key {ours}. All processes on one database need the same key file (storage.key_file, or CORNERDESK_KEY_FILE): copy it from the machine where the service runs, or from where you keep it apart from the backups. If it is lost for good, `cornerdesk secrets renew` makes new secrets; docs/operations.md says what that costs"
    )]
    OtherKey {
        /// The mark of the key that sealed it.
        sealed_with: Mark,
        /// The mark of ours.
        ours: Mark,
        /// Where ours is.
        file: String,
    },
    /// The row is neither sealed nor a secret, or was changed.
    #[error("the row \"{}\" of secrets was changed: it opens with no key", .0.as_str())]
    Broken(Name),
    /// The library refused.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The secret of this name; made now where there is none, and sealed now where it stood as it is.
///
/// # Errors
/// [`SecretError`]; then nothing was changed.
pub async fn get_or_make(
    store: &Store,
    sealing: &Sealing,
    name: Name,
    now: Timestamp,
) -> Result<[u8; 32], SecretError> {
    let mut tx = store.write().await?;
    let key = name.as_str();
    // Of two processes that start at once one is first, and the other has what that made.
    let fresh = sealed(sealing, name, &ids::new_secret_bytes())?;
    store::secrets::put_if_none(&mut tx, key, &fresh).await?;
    let mut secret = there(&mut tx, sealing, name).await?;
    if let (true, clear) = secret {
        let closed = sealed(sealing, name, &clear)?;
        if store::secrets::replace(&mut tx, key, &clear, &closed).await? {
            // What stood there is not to lie about in the file.
            store::chores::ask_to_scrub(&mut tx, now).await?;
            tracing::info!(
                secret = key,
                "a secret was sealed with the key of storage.key_file"
            );
        } else {
            // Another process was first: with our key, or this fails.
            secret = there(&mut tx, sealing, name).await?;
        }
    }
    tx.commit().await?;
    Ok(secret.1)
}

/// Does the secret stand there as it is, and which is it?
async fn there(
    tx: &mut Tx,
    sealing: &Sealing,
    name: Name,
) -> Result<(bool, [u8; 32]), SecretError> {
    let row = store::secrets::get(tx, name.as_str()).await?;
    let row = row.ok_or(SecretError::Broken(name))?;
    Ok((row.len() == 32, read(sealing, name, &row)?))
}

/// The secret of this name; nothing where none was ever made.
///
/// # Errors
/// [`SecretError`].
pub async fn get(
    tx: &mut Tx,
    sealing: &Sealing,
    name: Name,
) -> Result<Option<[u8; 32]>, SecretError> {
    let row = store::secrets::get(tx, name.as_str()).await?;
    row.map(|row| read(sealing, name, &row)).transpose()
}

/// The secret of this name for a command that runs beside the service; nothing where none was ever made. The key file is looked at only if it is needed.
///
/// # Errors
/// [`SecretError`].
pub async fn find(
    tx: &mut Tx,
    key_file: &Path,
    name: Name,
) -> Result<Option<[u8; 32]>, SecretError> {
    let row = store::secrets::get(tx, name.as_str()).await?;
    let open = |row: Vec<u8>| match <[u8; 32]>::try_from(&*row) {
        Ok(clear) => Ok(clear),
        Err(_) => read(&Sealing::open_file(key_file)?, name, &row),
    };
    row.map(open).transpose()
}

/// Makes a new secret in the place of one that no key opens any more.
///
/// # Errors
/// When the database fails, or the library refuses.
pub async fn renew(tx: &mut Tx, sealing: &Sealing, name: Name) -> Result<(), SecretError> {
    let fresh = sealed(sealing, name, &ids::new_secret_bytes())?;
    Ok(store::secrets::put(tx, name.as_str(), &fresh).await?)
}

/// The mark of the key, and what it sealed.
fn sealed(sealing: &Sealing, name: Name, secret: &[u8; 32]) -> Result<Vec<u8>, SealingError> {
    let closed = sealing.seal(name.whom().as_bytes(), secret)?;
    Ok([&sealing.mark().0[..], &closed].concat())
}

fn read(sealing: &Sealing, name: Name, row: &[u8]) -> Result<[u8; 32], SecretError> {
    if let Ok(clear) = row.try_into() {
        return Ok(clear);
    }
    let (mark, closed) = row.split_first_chunk().ok_or(SecretError::Broken(name))?;
    let mark = Mark(*mark);
    if mark != sealing.mark() {
        return Err(SecretError::OtherKey {
            sealed_with: mark,
            ours: sealing.mark(),
            file: sealing.file().to_owned(),
        });
    }
    let opened = sealing.open(name.whom().as_bytes(), closed);
    let secret = opened.ok().and_then(|opened| opened.try_into().ok());
    secret.ok_or(SecretError::Broken(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealing(byte: u8) -> Sealing {
        Sealing::with_key(&[byte; 32]).unwrap()
    }

    #[test]
    fn a_secret_opens_under_its_name_with_its_key_only() {
        let (ours, secret) = (sealing(1), [7; 32]);
        let row = sealed(&ours, Name::Signing, &secret).unwrap();
        assert!(!row.windows(4).any(|octets| octets == [7; 4]));
        assert_eq!(read(&ours, Name::Signing, &row).unwrap(), secret);
        assert!(matches!(
            read(&ours, Name::ReturnPath, &row),
            Err(SecretError::Broken(_))
        ));
        let told = read(&sealing(2), Name::Signing, &row).unwrap_err();
        assert!(matches!(told, SecretError::OtherKey { .. }));
        let words = told.to_string();
        for mark in [ours.mark(), sealing(2).mark()] {
            assert!(words.contains(&mark.to_string()), "{words}");
        }
        for at in 0..row.len() {
            let mut changed = row.clone();
            changed[at] ^= 1;
            assert!(read(&ours, Name::Signing, &changed).is_err(), "{at}");
        }
    }

    #[test]
    fn what_stood_there_as_it_is_is_read() {
        assert_eq!(read(&sealing(1), Name::Signing, &[9; 32]).unwrap(), [9; 32]);
        for row in [&[][..], &[1; 31], &[1; 33]] {
            assert!(read(&sealing(1), Name::Signing, row).is_err());
        }
    }
}
