//! The key that is not in the database: what it seals cannot be read by whoever has a copy of the database alone.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Arc,
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hmac,
};

use crate::{
    hexadecimal::{hex, unhex},
    ids,
};

/// Seals small secrets and makes links that only we can make. Clones share the key.
#[derive(Clone)]
pub struct Sealing(Arc<Keys>);

struct Keys {
    seal: RandomizedNonceKey,
    sign: hmac::Key,
    mark: Mark,
    file: String,
}

/// Tells one key from another, and nothing else about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(pub [u8; 4]);

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl std::fmt::Debug for Sealing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealing(…)")
    }
}

/// The key cannot be used, or something was not sealed with it.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// The file cannot be read or made.
    #[error("the key file {path} cannot be used: {error}")]
    File {
        /// Where it is.
        path: String,
        /// Why not.
        error: io::Error,
    },
    /// It holds something else.
    #[error("the key file {0} does not hold 64 hexadecimal digits")]
    Content(String),
    /// The library refused.
    #[error("the key cannot be used")]
    Key,
    /// It was sealed with another key, for somebody else, or changed since.
    #[error("a sealed secret cannot be opened: it was sealed with another key")]
    NotOurs,
}

impl Sealing {
    /// With the key in a file, which is made when it is not there: 32 random octets in hexadecimal, readable by its owner alone.
    ///
    /// # Errors
    /// When the file cannot be read or made, or holds something else.
    pub fn load(path: &Path) -> Result<Self, SealingError> {
        // On a file system that is only read there may be a key all the same.
        if !path.exists() {
            make(path).map_err(|error| SealingError::File {
                path: path.display().to_string(),
                error,
            })?;
        }
        Self::open_file(path)
    }

    /// With the key in a file that is there.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else.
    pub fn open_file(path: &Path) -> Result<Self, SealingError> {
        let named = || path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| SealingError::File {
            path: named(),
            error,
        })?;
        let octets = unhex(text.trim()).and_then(|octets| <[u8; 32]>::try_from(octets).ok());
        let octets = octets.ok_or_else(|| SealingError::Content(named()))?;
        Self::with_key_of(&octets, named())
    }

    /// With this key. Sealing and signing have keys of their own that follow from it.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn with_key(key: &[u8; 32]) -> Result<Self, SealingError> {
        Self::with_key_of(key, String::new())
    }

    fn with_key_of(key: &[u8; 32], file: String) -> Result<Self, SealingError> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, key);
        let derived = |purpose: &[u8]| hmac::sign(&root, purpose);
        let seal = RandomizedNonceKey::new(&AES_256_GCM, derived(b"seal").as_ref())
            .map_err(|_| SealingError::Key)?;
        let sign = hmac::Key::new(hmac::HMAC_SHA256, derived(b"sign").as_ref());
        let mut mark = [0; 4];
        mark.copy_from_slice(&derived(b"mark").as_ref()[..4]);
        Ok(Self(Arc::new(Keys {
            seal,
            sign,
            mark: Mark(mark),
            file,
        })))
    }

    /// Tells our key from others.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.0.mark
    }

    /// Where our key is.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// Seals a secret for `whom`: it opens for nobody else. The nonce stands before it.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn seal(&self, whom: &[u8], secret: &[u8]) -> Result<Vec<u8>, SealingError> {
        let mut sealed = secret.to_vec();
        let nonce = (self.0.seal)
            .seal_in_place_append_tag(Aad::from(whom), &mut sealed)
            .map_err(|_| SealingError::Key)?;
        Ok([&nonce.as_ref()[..], &sealed].concat())
    }

    /// Opens what was sealed for `whom`.
    ///
    /// # Errors
    /// When it was not.
    pub fn open(&self, whom: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealingError> {
        let (nonce, sealed) = sealed
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(SealingError::NotOurs)?;
        let mut octets = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = (self.0.seal)
            .open_in_place(nonce, Aad::from(whom), &mut octets)
            .map_err(|_| SealingError::NotOurs)?;
        Ok(opened.to_vec())
    }

    /// A signature of 128 bits under something, which nobody without the key can make.
    #[must_use]
    pub fn sign(&self, what: &[u8]) -> [u8; 16] {
        let tag = hmac::sign(&self.0.sign, what);
        let mut signature = [0; 16];
        signature.copy_from_slice(&tag.as_ref()[..16]);
        signature
    }
}

/// Makes the file, whole and durable, unless another process was first: what the key seals is in the database, which outlives a power cut.
fn make(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let beside = folder.join(format!(".sealing-{}", ids::new_token()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)?;
    let made = file
        .write_all(hex(&ids::new_secret_bytes()).as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&beside, path));
    fs::remove_file(&beside)?;
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_for_the_same_person_with_the_same_key_only() {
        let (ours, other) = (
            Sealing::with_key(&[1; 32]).unwrap(),
            Sealing::with_key(&[2; 32]).unwrap(),
        );
        let sealed = ours.seal(b"kim", b"secret").unwrap();
        assert_eq!(ours.open(b"kim", &sealed).unwrap(), b"secret");
        assert_ne!(
            ours.seal(b"kim", b"secret").unwrap(),
            sealed,
            "a nonce of its own each time"
        );
        assert!(!sealed.windows(6).any(|octets| octets == b"secret"));
        let mut changed = sealed.clone();
        changed[14] ^= 1;
        for (sealing, whom, sealed) in [
            (&other, &b"kim"[..], &sealed[..]),
            (&ours, b"sam", &sealed),
            (&ours, b"kim", &changed),
            (&ours, b"kim", &sealed[..10]),
            (&ours, b"kim", b""),
        ] {
            assert!(sealing.open(whom, sealed).is_err());
        }
        assert_ne!(ours.sign(b"x"), other.sign(b"x"));
    }

    #[test]
    fn a_key_file_is_made_once_and_kept_to_its_owner() {
        use std::os::unix::fs::PermissionsExt;
        let folder =
            std::env::temp_dir().join(format!("cornerdesk-sealing-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("sealing.key");
        let sealed = Sealing::load(&path)
            .unwrap()
            .seal(b"kim", b"secret")
            .unwrap();
        assert_eq!(
            Sealing::load(&path).unwrap().open(b"kim", &sealed).unwrap(),
            b"secret"
        );
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::write(&path, "something else").unwrap();
        assert!(matches!(
            Sealing::load(&path),
            Err(SealingError::Content(_))
        ));
        fs::remove_dir_all(&folder).unwrap();
    }
}
