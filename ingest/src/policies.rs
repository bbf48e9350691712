//! The policies of sites in force and of tickets pinned: published once as versions, read often.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use jiff::Timestamp;

use crate::{
    policy::{Fault, Library, Policy},
    site::SiteConfig,
    store::{self, Store, StoreError, Tx, policies::Publication},
};

/// A published version of a site's policy. It never changes.
#[derive(Clone, Debug)]
pub struct Version {
    /// 1, 2, 3 … of the site.
    pub number: u32,
    /// The terms.
    pub policy: Arc<Policy>,
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number && self.policy.digest() == other.policy.digest()
    }
}

impl Eq for Version {}

/// What is in force at a site, by overlay.
pub type InForce = BTreeMap<Option<String>, Version>;

/// Versions that were read before. There are few, and a version stays as it was published.
type Known = HashMap<(String, u32), Arc<Policy>>;

/// Versions of policies, read from the database once.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    known: Arc<RwLock<Known>>,
}

impl Policies {
    /// A version of a site, inside a transaction of the caller.
    ///
    /// # Errors
    /// When the database fails or has no such version.
    pub async fn pinned(
        &self,
        tx: &mut Tx,
        site: &str,
        number: u32,
    ) -> Result<Arc<Policy>, StoreError> {
        let key = (site.to_owned(), number);
        if let Some(known) = self.read().get(&key) {
            return Ok(Arc::clone(known));
        }
        let corrupt = |fault| StoreError::Corrupt {
            table: "policy_versions",
            fault,
        };
        let document = store::policies::document(tx, site, number)
            .await?
            .ok_or_else(|| corrupt("a version that a row names is not there"))?;
        let document = serde_json::from_str(&document).map_err(|_| corrupt("no JSON"))?;
        let policy = Policy::from_document(&document).map_err(|_| corrupt("no policy"))?;
        let policy = Arc::new(policy);
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, Arc::clone(&policy));
        Ok(policy)
    }

    /// What is in force at every site, inside a transaction of the caller. A version that cannot be used any more is left out and told in the log.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all_in_force(
        &self,
        tx: &mut Tx,
    ) -> Result<HashMap<String, Vec<(String, Option<String>, Version)>>, StoreError> {
        let mut all: HashMap<String, Vec<(String, Option<String>, Version)>> = HashMap::new();
        for row in store::policies::in_force(tx).await? {
            match self.pinned(tx, &row.site, row.version).await {
                Ok(policy) => {
                    let version = Version {
                        number: row.version,
                        policy,
                    };
                    let of_site = all.entry(row.site).or_default();
                    of_site.push((row.policy, row.overlay, version));
                }
                Err(StoreError::Corrupt { fault, .. }) => {
                    tracing::error!(
                        site = row.site,
                        policy.version = row.version,
                        fault,
                        "a policy cannot be used"
                    );
                }
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Policies could not be published; nothing was.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// What sites name is not there or has faults: all of it.
    #[error("policies of sites cannot be used:\n  - {}", .0.join("\n  - "))]
    Faults(Vec<String>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a site's terms come to: one document for each overlay under which it may receive a ticket.
type Documents<'a> = Vec<(Option<&'a str>, Policy)>;

/// Brings into force what the sites name. What is in force already stays; what differs is a new version, for new tickets.
///
/// # Errors
/// [`PublishError`]; then nothing was published. Every fault of every site is said at once.
pub async fn publish(
    tx: &mut Tx,
    library: &Library,
    sites: &[SiteConfig],
    now: Timestamp,
) -> Result<(), PublishError> {
    for (site, documents) in all_documents(library, sites)? {
        for (overlay, policy) in documents {
            publish_one(tx, site, overlay, &policy, now).await?;
        }
    }
    Ok(())
}

/// Looks whether what the sites name can be brought into force.
///
/// # Errors
/// [`PublishError::Faults`]: every fault of every site.
pub fn check(library: &Library, sites: &[SiteConfig]) -> Result<(), PublishError> {
    all_documents(library, sites).map(drop)
}

/// The terms of every site, or every fault of every site.
fn all_documents<'a>(
    library: &Library,
    sites: &'a [SiteConfig],
) -> Result<Vec<(&'a SiteConfig, Documents<'a>)>, PublishError> {
    let (mut faults, mut good) = (Vec::new(), Vec::new());
    for site in sites {
        match documents(library, site) {
            Ok(documents) => good.push((site, documents)),
            Err(found) => {
                let at_site = |fault| format!("sites, \"{}\": {fault}", site.key);
                faults.extend(found.into_iter().map(at_site));
            }
        }
    }
    if faults.is_empty() {
        Ok(good)
    } else {
        Err(PublishError::Faults(faults))
    }
}

/// The terms of a site, read and checked.
fn documents<'a>(library: &Library, site: &'a SiteConfig) -> Result<Documents<'a>, Vec<String>> {
    let Some(policy) = site.policy.as_deref() else {
        return Ok(Vec::new());
    };
    let (mut documents, mut faults) = (Vec::new(), Vec::new());
    for overlay in site.overlays() {
        match library.policy(policy, overlay) {
            Ok(policy) => documents.push((overlay, policy)),
            Err(found) => faults.extend(found.iter().map(Fault::to_string)),
        }
    }
    faults.extend(
        documents
            .iter()
            .flat_map(|(_, policy)| named_faults(site, policy)),
    );
    faults.sort();
    faults.dedup();
    if faults.is_empty() {
        Ok(documents)
    } else {
        Err(faults)
    }
}

/// What a site names and its policy does not know.
fn named_faults(site: &SiteConfig, policy: &Policy) -> Vec<String> {
    let channels = site.channels.values();
    let unknown_channels = channels
        .filter(|channel| policy.find_channel(channel).is_none())
        .map(|channel| {
            let known: Vec<&str> = policy
                .channels()
                .iter()
                .map(|one| one.id.as_str())
                .collect();
            format!(
                "channels: the policy \"{}\" has no channel \"{channel}\"; it has {}",
                policy.id(),
                known.join(", ")
            )
        });
    let plans = site.accounts.iter().filter_map(|account| {
        let plan = account.plan.as_deref()?;
        let is_unknown = !policy.plans().is_empty() && policy.plan(plan).is_none();
        is_unknown.then(|| {
            format!(
                "accounts, \"{}\": the policy \"{}\" has no plan \"{plan}\"",
                account.key,
                policy.id()
            )
        })
    });
    unknown_channels
        .chain(plans)
        .chain(alerts_faults(site, policy))
        .collect()
}

/// What monitoring systems of a site name and its policy does not know.
fn alerts_faults(site: &SiteConfig, policy: &Policy) -> Vec<String> {
    let mut faults = Vec::new();
    for source in &site.alerts {
        let fault = |what: String| format!("alerts, \"{}\": {what}", source.name);
        let category = source
            .category
            .as_deref()
            .map(|id| (id, policy.category(id)));
        match category {
            Some((id, None)) => faults.push(fault(format!(
                "the policy \"{}\" has no category \"{id}\"",
                policy.id()
            ))),
            Some((id, Some(category))) if category.redirect.is_some() => {
                faults.push(fault(format!(
                    "requests of the category \"{id}\" are no tickets"
                )));
            }
            _ => {}
        }
        let priorities = source.priority_by_severity.values();
        let unknown = priorities.filter(|id| policy.priority(id).is_none());
        faults.extend(unknown.map(|id| {
            fault(format!(
                "the policy \"{}\" has no priority \"{id}\"",
                policy.id()
            ))
        }));
    }
    faults
}

/// So many processes never start at the same moment.
const MOST_PUBLISHERS: usize = 100;

async fn publish_one(
    tx: &mut Tx,
    site: &SiteConfig,
    overlay: Option<&str>,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), StoreError> {
    let document = policy.document().to_string();
    let publication = Publication {
        policy: policy.id(),
        overlay,
        digest: policy.digest(),
        document: &document,
    };
    for _ in 0..MOST_PUBLISHERS {
        let newest = store::policies::newest(tx, &site.key, overlay).await?;
        if newest.is_some_and(|newest| newest.digest == policy.digest()) {
            return Ok(());
        }
        if store::policies::publish(tx, &site.key, &publication, now).await? {
            tracing::info!(
                site = site.key,
                policy = policy.id(),
                overlay,
                "a new version of the policy is in force"
            );
            return Ok(());
        }
    }
    Err(StoreError::Locked)
}

/// Brings into force what every site of the database names, but for the ones that were retired.
///
/// # Errors
/// [`PublishError`]; then nothing was published.
pub async fn publish_all(
    store: &Store,
    library: &Library,
    now: Timestamp,
) -> Result<(), PublishError> {
    let mut tx = store.write().await?;
    let sites = store::sites::list(&mut tx).await?;
    let in_use = sites
        .into_iter()
        .filter(|(_, source)| *source != store::sites::Source::Retired)
        .map(|(site, _)| site);
    let sites: Vec<SiteConfig> = in_use.collect();
    publish(&mut tx, library, &sites, now).await?;
    tx.commit().await?;
    Ok(())
}
