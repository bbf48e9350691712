//! What people do about a destination, at the desk and on the command line. Each deed is one transaction, with its row in the log of what staff did.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Destination, secret::whom};
use crate::{
    audit::{Act, By, ToDestination},
    outbox::lane::{Lane, destination_of},
    staff::sealing::{Sealing, SealingError},
    store::{self, Store, StoreError, Tx},
};

/// Longest secret, in characters: a private key fits.
const SECRET_MOST_CHARS: usize = 4000;
/// So many dead letters are started again at once; whoever has more presses again.
const REPLAYED_MOST: u32 = 1000;

/// Who does it.
#[derive(Clone, Copy, Debug)]
pub struct Doer<'a> {
    /// For the log.
    pub by: By,
    /// As colleagues know them.
    pub name: &'a str,
}

impl Doer<'_> {
    async fn did(
        self,
        tx: &mut Tx,
        destination: &str,
        deed: ToDestination,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let act = Act::Destination {
            name: destination.to_owned(),
            deed,
        };
        store::audit::append(tx, self.by, &act, now).await
    }
}

/// Stops it; `false` when it was stopped already.
///
/// # Errors
/// When the database fails.
pub async fn pause(
    store: &Store,
    name: &str,
    doer: Doer<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut tx = store.write().await?;
    let is_done = store::destinations::pause(&mut tx, name, doer.name, now).await?;
    if is_done {
        doer.did(&mut tx, name, ToDestination::Paused, now).await?;
    }
    tx.commit().await?;
    Ok(is_done)
}

/// Lets it go on, whoever stopped it; what waits is due at once, with all of its attempts ahead. `false` when nothing had stopped it.
///
/// # Errors
/// When the database fails.
pub async fn resume(
    store: &Store,
    name: &str,
    doer: Doer<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut tx = store.write().await?;
    let is_done = store::destinations::resume(&mut tx, name).await?;
    if is_done {
        store::jobs::begin_anew(&mut tx, &Lane::to(name), now).await?;
        doer.did(&mut tx, name, ToDestination::Resumed, now).await?;
    }
    tx.commit().await?;
    Ok(is_done)
}

/// Starts again what was given up: one of it, or all. Answers how much.
///
/// # Errors
/// When the database fails.
pub async fn replay(
    store: &Store,
    name: &str,
    job: Option<Uuid>,
    doer: Doer<'_>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut tx = store.write().await?;
    let jobs = match job {
        Some(job) => vec![job],
        None => {
            let dead = store::jobs::dead_of(&mut tx, &Lane::to(name), REPLAYED_MOST).await?;
            dead.iter().map(|job| job.id).collect()
        }
    };
    let mut count = 0;
    for id in jobs {
        let Some(job) = store::jobs::revive(&mut tx, id, now).await? else {
            continue;
        };
        // Whoever names a job of something else has the wrong page.
        if destination_of(&job.payload) != Some(name) {
            tx.rollback().await?;
            return Ok(0);
        }
        count += 1;
    }
    if count > 0 {
        let deed = ToDestination::Replayed { count };
        doer.did(&mut tx, name, deed, now).await?;
    }
    tx.commit().await?;
    Ok(count)
}

/// A secret is not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// It cannot be one, or not here.
    #[error("{0}")]
    Refused(String),
    /// The key that seals cannot be used.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Seals a secret and keeps it in place of the one before.
///
/// # Errors
/// [`NotKept`]; no part of the secret is in it.
pub async fn keep_secret(
    (store, sealing): (&Store, &Sealing),
    destination: &Destination,
    (field, secret): (&str, &str),
    doer: Doer<'_>,
    now: Timestamp,
) -> Result<(), NotKept> {
    let secret = secret.trim();
    if let Some(fault) = fault_of(destination, field, secret) {
        return Err(NotKept::Refused(fault));
    }
    let name: &str = &destination.name;
    let sealed = sealing.seal(whom(name, field).as_bytes(), secret.as_bytes())?;
    let mut tx = store.write().await?;
    store::destinations::put_secret(&mut tx, (name, field), &sealed, doer.name, now).await?;
    let field = field.to_owned();
    let deed = ToDestination::SecretKept { field };
    doer.did(&mut tx, name, deed, now).await?;
    Ok(tx.commit().await?)
}

/// Why this is no secret of this destination.
fn fault_of(destination: &Destination, field: &str, secret: &str) -> Option<String> {
    let known = destination.settings.secrets();
    if !known.iter().any(|(name, _)| *name == field) {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        return Some(format!("its secrets are {}", names.join(", ")));
    }
    if destination.secrets.contains_key(field) {
        return Some("the configuration names it, and has the last word".to_owned());
    }
    if secret.is_empty() {
        return Some("nothing was given".to_owned());
    }
    let is_odd = |sign: char| sign.is_control() && !matches!(sign, '\n' | '\r');
    if secret.chars().count() > SECRET_MOST_CHARS || secret.chars().any(is_odd) {
        return Some(format!(
            "a secret has {SECRET_MOST_CHARS} characters at most, all of them visible"
        ));
    }
    destination.settings.fault_of_secret(secret)
}

/// Forgets a secret; `false` when there was none.
///
/// # Errors
/// When the database fails.
pub async fn forget_secret(
    store: &Store,
    name: &str,
    field: &str,
    doer: Doer<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut tx = store.write().await?;
    let is_done = store::destinations::forget_secret(&mut tx, name, field).await?;
    if is_done {
        let field = field.to_owned();
        let deed = ToDestination::SecretForgotten { field };
        doer.did(&mut tx, name, deed, now).await?;
    }
    tx.commit().await?;
    Ok(is_done)
}

/// Writes down that somebody sent something to see whether it arrives.
///
/// # Errors
/// When the database fails.
pub async fn tried(
    store: &Store,
    name: &str,
    doer: Doer<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    doer.did(&mut tx, name, ToDestination::Tried, now).await?;
    tx.commit().await
}
