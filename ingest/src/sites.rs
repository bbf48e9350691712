//! The sites as the service knows them: read from the database now and then, so that `cornerdesk site add` needs no restart.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::time::Instant;

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
    /// # Errors
    /// When the database fails and nothing is known yet.
    pub async fn all(&self) -> Result<Arc<Table>, StoreError> {
        let known = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match known {
            Some((read_at, table)) if read_at.elapsed() < FRESH => Ok(table),
            known => match (self.read().await, known) {
                (Ok(table), _) => {
                    let table = Arc::new(table);
                    *self.known.write().unwrap_or_else(PoisonError::into_inner) =
                        Some((Instant::now(), Arc::clone(&table)));
                    Ok(table)
                }
                (Err(error), Some((_, table))) => {
                    tracing::warn!(
                        error = chain(&error),
                        "the sites cannot be read; going on with the last known ones"
                    );
                    Ok(table)
                }
                (Err(error), None) => Err(error),
            },
        }
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
