//! The sites as the service knows them: read from the database now and then, so that `cornerdesk site add` needs no restart.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::{sync::Mutex, time::Instant};

use crate::{
    clock::Clock,
    config::Config,
    policies::Policies,
    site::Site,
    store::{self, Store, StoreError, sites::Source},
    telemetry::chain,
};

/// All sites by key.
pub type Table = BTreeMap<String, Arc<Site>>;

/// A table and when it was read.
type Read = (Instant, Arc<Table>);

/// The sites of the database, at most [`FRESH`] old.
#[derive(Clone, Debug)]
pub struct Sites {
    store: Store,
    policies: Policies,
    known: Arc<RwLock<Option<Read>>>,
    /// Held by whoever reads them: one is enough.
    reading: Arc<Mutex<()>>,
}

/// How long a read of the table is good for.
const FRESH: Duration = Duration::from_secs(2);

impl Sites {
    /// The sites of `store`, each with what is in force there.
    #[must_use]
    pub fn new(store: Store, policies: Policies) -> Self {
        Self {
            store,
            policies,
            known: Arc::default(),
            reading: Arc::default(),
        }
    }

    /// Writes the sites of the configuration file to the database. The file wins over an earlier `site add` of the same
    /// key, and a site that was taken out of the file is retired.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_configured(&self, config: &Config, clock: &Clock) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        for (known, _) in store::sites::list(&mut tx).await? {
            if config.sites.iter().all(|site| site.key != known.key) {
                store::sites::retire(&mut tx, &known.key).await?;
            }
        }
        for site in &config.sites {
            store::sites::put(&mut tx, site, Source::File, clock.now()).await?;
        }
        tx.commit().await
    }

    /// The site with this key.
    ///
    /// # Errors
    /// When the database fails and nothing is known yet.
    pub async fn find(&self, key: &str) -> Result<Option<Arc<Site>>, StoreError> {
        Ok(self.all().await?.get(key).cloned())
    }

    /// Every site. While the database is away, the sites that were known last.
    ///
    /// While somebody reads them anew, everybody else goes on with what is known: whoever asks may hold a connection, and if all who do waited
    /// for another one, none would come free.
    ///
    /// # Errors
    /// When the database fails and nothing is known yet.
    pub async fn all(&self) -> Result<Arc<Table>, StoreError> {
        let Some((read_at, table)) = self.known() else {
            let _alone = self.reading.lock().await;
            return match self.known() {
                Some((_, table)) => Ok(table),
                None => self.renew().await,
            };
        };
        if read_at.elapsed() < FRESH {
            return Ok(table);
        }
        let Ok(_alone) = self.reading.try_lock() else {
            return Ok(table);
        };
        Ok(self.renew().await.unwrap_or_else(|error| {
            tracing::warn!(
                error = chain(&error),
                "the sites cannot be read; going on with the last known ones"
            );
            table
        }))
    }

    fn known(&self) -> Option<Read> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    /// Reads them, and keeps them as what is known.
    async fn renew(&self) -> Result<Arc<Table>, StoreError> {
        let table = Arc::new(self.read().await?);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), Arc::clone(&table)));
        Ok(table)
    }

    async fn read(&self) -> Result<Table, StoreError> {
        let mut tx = self.store.read().await?;
        let rows = store::sites::list(&mut tx).await?;
        let with_articles = store::articles::sites(&mut tx).await?;
        let mut in_force = self.policies.all_in_force(&mut tx).await?;
        tx.rollback().await?;
        let mut table = Table::new();
        for (config, source) in rows {
            if source == Source::Retired {
                continue;
            }
            match Site::parse(&config) {
                Ok(mut site) => {
                    let versions = in_force.remove(&site.key).unwrap_or_default();
                    let of_policy = (versions.into_iter())
                        .filter(|(policy, ..)| site.policy.as_ref() == Some(policy))
                        .map(|(_, overlay, version)| (overlay, version));
                    site.in_force = of_policy.collect();
                    site.has_articles = with_articles.contains(&site.key);
                    table.insert(site.key.clone(), Arc::new(site));
                }
                Err(faults) => {
                    tracing::error!(site = config.key, ?faults, "the site cannot be used");
                }
            }
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn whoever_holds_a_connection_does_not_wait_for_another_while_the_sites_are_read() {
        let folder = std::env::temp_dir().join(format!("cornerdesk-sites-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let url = Store::sqlite_url(&folder.join("cornerdesk.db"));
        let store = Store::open(&url, 2).await.unwrap();
        let sites = Sites::new(store.clone(), Policies::default());
        let _ = sites.all().await.unwrap();
        let old = Instant::now() - FRESH;
        *sites.known.write().unwrap() = Some((old, Arc::default()));
        let held = [store.read().await.unwrap(), store.read().await.unwrap()];
        let reading = tokio::spawn({
            let sites = sites.clone();
            async move { sites.all().await }
        });
        while sites.reading.try_lock().is_ok() {
            tokio::task::yield_now().await;
        }
        let at_once = sites.all().now_or_never().expect("no wait");
        assert!(at_once.unwrap().is_empty());
        for tx in held {
            tx.rollback().await.unwrap();
        }
        let _ = reading.await.unwrap().unwrap();
        assert!(sites.known().unwrap().0 > old);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
