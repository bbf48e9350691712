//! The secrets of a destination: from a file or the environment, or given once and kept sealed.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Destination;
use crate::{
    config::Secret,
    staff::sealing::Sealing,
    store::{self, Store, StoreError},
};

/// Where a secret comes from that is not given at the command line or the desk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretSource {
    /// The environment variable that holds it.
    #[serde(default)]
    pub env: Option<String>,
    /// The file that holds it.
    #[serde(default)]
    pub file: Option<String>,
}

impl SecretSource {
    /// Reads it.
    ///
    /// # Errors
    /// One sentence.
    pub fn read(&self, environment: &impl Fn(&str) -> Option<String>) -> Result<Secret, String> {
        let text = match (&self.env, &self.file) {
            (Some(variable), None) => environment(variable)
                .ok_or_else(|| format!("the variable {variable} is not set"))?,
            (None, Some(file)) => {
                std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?
            }
            _ => return Err("env or file, one of the two".to_owned()),
        };
        match text.trim() {
            "" => Err("it is empty".to_owned()),
            text => Ok(Secret::new(text.to_owned())),
        }
    }
}

/// Secrets by the names of their fields.
pub type Secrets = BTreeMap<String, Secret>;

/// For whom a secret is sealed: it opens for this field of this destination only.
#[must_use]
pub fn whom(destination: &str, field: &str) -> String {
    format!("destination/{destination}/{field}")
}

/// A secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum NoSecret {
    /// The key that sealed it is another.
    #[error("the secret {0} was sealed with another key (storage.key_file): give it anew")]
    Sealed(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All secrets of a destination: what its configuration names, and what was given once. The configuration wins.
///
/// # Errors
/// [`NoSecret`].
pub async fn of(
    store: &Store,
    sealing: &Sealing,
    destination: &Destination,
) -> Result<Secrets, NoSecret> {
    let (name, configured) = (&*destination.name, &destination.secrets);
    let mut tx = store.read().await?;
    let sealed = store::destinations::secrets(&mut tx, name).await?;
    tx.rollback().await?;
    let mut secrets = Secrets::new();
    for (field, sealed) in sealed {
        if configured.contains_key(&field) {
            continue;
        }
        let opened = sealing.open(whom(name, &field).as_bytes(), &sealed);
        let text = opened
            .ok()
            .and_then(|octets| String::from_utf8(octets).ok());
        let text = text.ok_or_else(|| NoSecret::Sealed(field.clone()))?;
        secrets.insert(field, Secret::new(text));
    }
    secrets.extend(configured.clone());
    Ok(secrets)
}
