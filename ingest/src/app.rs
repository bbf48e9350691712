//! What every request works with.

use std::{ops::Deref, sync::Arc};

use crate::{
    allowances::{Allowances, Buckets},
    blobs::Blobs,
    clock::Clock,
    config::{Config, ConfigError},
    desk::{live::Watchers, provider::Provider},
    grants::product::Products,
    http::{
        assets::Assets, client_address::misled::Warnings, loader::PackedLoaders, patience::Patience,
    },
    intake::Intake,
    live::Live,
    mail::{
        incoming::receive::{Means, Receiver},
        rules::Rules,
    },
    metrics::Metrics,
    outbox::{forwarding::Forwarding, lane::NewJobs},
    pages::Pages,
    policies::Policies,
    pressure::Pressure,
    quota::Quotas,
    sites::Sites,
    staff::sealing::Sealing,
    status::link::Links,
    stop::Stop,
    store::Store,
    upload::Uploads,
    words::Words,
};

/// A running service. Every layer that a request passes clones it, so a clone is one count and not one for each part.
#[derive(Clone, Debug)]
pub struct App {
    parts: Arc<Parts>,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// The parts of a running service.
#[derive(Debug)]
pub struct Parts {
    /// What the operator set.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// The sites.
    pub sites: Sites,
    /// Versions of policies.
    pub policies: Policies,
    /// Takes submissions.
    pub intake: Intake,
    /// Tells lists what happens meanwhile.
    pub live: Live,
    /// Which sites are under attack.
    pub pressure: Pressure,
    /// The key that is not in the database.
    pub sealing: Sealing,
    /// What calls destinations.
    pub forwarding: Forwarding,
    /// The provider that staff sign in with.
    pub provider: Option<Arc<Provider>>,
    /// The installation's secret, for what it signs.
    pub secret: Arc<[u8]>,
    /// Where people follow their requests.
    pub status_links: Links,
    /// Products that hear of access and ask about it.
    pub products: Arc<Products>,
    /// Counts what clients send.
    pub allowances: Allowances,
    /// Takes uploads.
    pub uploads: Uploads,
    /// Takes mails that come in.
    pub receiver: Arc<Receiver>,
    /// What mails may do.
    pub rules: Rules,
    /// What people read.
    pub words: Arc<Words>,
    /// Templates of pages.
    pub pages: Pages,
    /// The panel and other files.
    pub assets: Arc<Assets>,
    /// Loaders that were asked for, compressed.
    pub packed_loaders: Arc<PackedLoaders>,
    /// What each client has asked of late that is no request.
    pub patience: Arc<Patience>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Wakes the runner of this process.
    pub new_jobs: NewJobs,
    /// How many open pages of tickets are told what is new.
    pub watchers: Watchers,
    /// How far the end of the service has come.
    pub stop: Stop,
    /// What was said already of proxies that do not fit.
    pub proxy_warnings: Arc<Warnings>,
    /// Is this a demonstration?
    pub demo: bool,
}

/// What a service signs and seals with.
pub struct Keys<'a> {
    /// The installation's, for what it signs and for digests of addresses.
    pub secret: &'a [u8],
    /// For addresses that people answer to.
    pub reply_secret: &'a [u8; 32],
    /// The key that is not in the database.
    pub sealing: Sealing,
}

impl std::fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl App {
    /// Puts the parts together.
    ///
    /// # Errors
    /// When a table of words or the embedded files cannot be read.
    pub fn new(
        config: Config,
        clock: Clock,
        store: Store,
        blobs: Blobs,
        demo: bool,
        keys: Keys<'_>,
    ) -> anyhow::Result<Self> {
        let Keys {
            secret,
            reply_secret,
            sealing,
        } = keys;
        let new_jobs = NewJobs::default();
        let buckets = Buckets::of(&config.abuse);
        let allowances = Allowances::new(store.clone(), clock.clone(), buckets, secret);
        let expire_after = jiff::SignedDuration::from_hours(i64::from(config.uploads.expire_hours));
        let policies = Policies::default();
        let rules = Rules::new(&config);
        let environment = |name: &str| std::env::var(name).ok();
        let products = Products::load(&config.access, environment).map_err(ConfigError)?;
        let status_links = Links::new(secret, &rules);
        let forwarding = Forwarding::new(&config, &sealing).map_err(ConfigError)?;
        let stop = Stop::default();
        let uploads = Uploads::new(
            store.clone(),
            blobs,
            clock.clone(),
            config.limits,
            allowances.clone(),
            expire_after,
            Quotas::new(config.storage.quota_bytes_per_site),
        );
        let sites = Sites::new(store.clone(), policies.clone());
        let words = Arc::new(Words::load()?);
        let intake = Intake::new(
            store.clone(),
            clock.clone(),
            config.limits,
            allowances.clone(),
            new_jobs.clone(),
            status_links.clone(),
        );
        let metrics: Arc<Metrics> = Arc::default();
        let means = Means {
            store: store.clone(),
            clock: clock.clone(),
            uploads: uploads.clone(),
            policies: policies.clone(),
            new_jobs: new_jobs.clone(),
            sites: sites.clone(),
            intake: intake.clone(),
            words: Arc::clone(&words),
            metrics: Arc::clone(&metrics),
        };
        let receiver = Receiver::new(&config, reply_secret, means);
        let parts = Parts {
            sealing,
            forwarding,
            provider: Provider::new(&config, &clock).map(Arc::new),
            live: Live::new(store.clone(), clock.clone(), stop.clone()),
            receiver: Arc::new(receiver),
            sites,
            policies,
            intake,
            status_links,
            products: Arc::new(products),
            uploads,
            rules,
            allowances,
            pressure: Pressure::new(
                config.abuse.proof_of_work,
                config.abuse.attack_submissions_per_minute,
            ),
            secret: secret.into(),
            words,
            pages: Pages::new().with_destinations(!config.destinations.is_empty()),
            assets: Arc::new(Assets::load()),
            packed_loaders: Arc::default(),
            patience: Arc::default(),
            metrics,
            new_jobs,
            watchers: Watchers::default(),
            stop,
            proxy_warnings: Arc::default(),
            demo,
            config: Arc::new(config),
            clock,
            store,
        };
        Ok(Self {
            parts: Arc::new(parts),
        })
    }
}
