//! How much one client, and everybody together, may send to a site.
//!
//! The counts are in the database, so that all processes share them, and an address's is changed in the very transaction that makes its
//! ticket or upload: what is not counted is not accepted, and what is not accepted does not count. When the database fails, nothing is
//! accepted at all, so a limit is never off by accident; who was refused before is still refused, by [`refused`], without asking it.
//!
//! What a site takes in all would be one row that every submission waits for. So a process takes a hundredth of it at a time, and hands
//! that out by itself.

pub mod bucket;
pub mod refused;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::hmac;

use self::{bucket::Bucket, refused::Refused};
use crate::{
    clock::Clock,
    config::Abuse,
    source::Source,
    store::{self, Store, StoreError, Tx, allowances::Subject},
};

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Submissions of one client.
    Submissions,
    /// Bytes of files of one client.
    UploadBytes,
    /// Submissions of everybody to one site.
    SiteSubmissions,
    /// Alarms of one monitoring system.
    Alarms,
    /// Tickets that its alarms make.
    AlarmTickets,
}

/// Why something was not let through.
#[derive(Debug, thiserror::Error)]
pub enum OverLimit {
    /// The allowance is used up.
    #[error("the allowance is used up")]
    Wait(Duration),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The limits of an installation.
#[derive(Clone, Copy, Debug)]
pub struct Buckets {
    submissions: Bucket,
    upload_bytes: Bucket,
    site_submissions: Bucket,
    alarms: Bucket,
    alarm_tickets: Bucket,
}

impl Buckets {
    /// As the operator set them.
    #[must_use]
    pub const fn of(abuse: &Abuse) -> Self {
        Self {
            submissions: Bucket::hourly(abuse.submissions_per_address),
            upload_bytes: Bucket::hourly(abuse.upload_bytes_per_address),
            site_submissions: Bucket::hourly(abuse.submissions_per_site),
            alarms: Bucket::hourly(abuse.alarms_per_source),
            alarm_tickets: Bucket::hourly(abuse.alarm_tickets_per_source),
        }
    }

    const fn of_kind(&self, kind: Kind) -> Bucket {
        match kind {
            Kind::Submissions => self.submissions,
            Kind::UploadBytes => self.upload_bytes,
            Kind::SiteSubmissions => self.site_submissions,
            Kind::Alarms => self.alarms,
            Kind::AlarmTickets => self.alarm_tickets,
        }
    }
}

/// Counts. Clones count together.
#[derive(Clone, Debug)]
pub struct Allowances {
    store: Store,
    clock: Clock,
    buckets: Buckets,
    key: Arc<hmac::Key>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    refused: Mutex<Refused>,
    /// What of a site's submissions this process has taken and not handed out yet.
    in_hand: Mutex<HashMap<String, u64>>,
}

impl Allowances {
    /// `secret` makes digests of addresses that nobody else can make.
    #[must_use]
    pub fn new(store: Store, clock: Clock, buckets: Buckets, secret: &[u8]) -> Self {
        Self {
            store,
            clock,
            buckets,
            key: Arc::new(hmac::Key::new(hmac::HMAC_SHA256, secret)),
            shared: Arc::default(),
        }
    }

    /// Asks for room for one submission: of the client as far as this process knows, and of the site. What the [`Pass`] is not used for is
    /// handed out again.
    ///
    /// # Errors
    /// [`OverLimit`].
    pub async fn enter(&self, site: &str, source: Option<Source>) -> Result<Pass, OverLimit> {
        self.ensure_not_refused(Kind::Submissions, site, source, 1)?;
        if self.buckets.site_submissions.is_bottomless() {
            return Ok(Pass(None));
        }
        if self.hand_out(site) {
            return Ok(self.pass(site));
        }
        self.ensure_not_refused(Kind::SiteSubmissions, site, None, 1)?;
        let handful = (self.buckets.site_submissions.size / 100).max(1);
        let mut tx = self.store.write().await?;
        let taken = match self
            .take(&mut tx, Kind::SiteSubmissions, site, None, handful)
            .await
        {
            Ok(()) => handful,
            Err(OverLimit::Wait(_)) if handful > 1 => {
                self.take(&mut tx, Kind::SiteSubmissions, site, None, 1)
                    .await?;
                1
            }
            Err(refused) => return Err(refused),
        };
        tx.commit().await?;
        *lock(&self.shared.in_hand)
            .entry(site.to_owned())
            .or_default() += taken - 1;
        Ok(self.pass(site))
    }

    /// Counts `amount` for a client in the transaction of the caller, who rolls it back when this fails.
    ///
    /// # Errors
    /// [`OverLimit`].
    pub async fn charge(
        &self,
        tx: &mut Tx,
        kind: Kind,
        site: &str,
        source: Option<Source>,
        amount: u64,
    ) -> Result<(), OverLimit> {
        if source.is_none() {
            return Ok(());
        }
        self.take(tx, kind, site, source, amount).await
    }

    /// Is the client known to have used up what it may, so that the database need not be asked?
    ///
    /// # Errors
    /// [`OverLimit::Wait`].
    pub fn ensure_not_refused(
        &self,
        kind: Kind,
        site: &str,
        source: Option<Source>,
        amount: u64,
    ) -> Result<(), OverLimit> {
        let bucket = self.buckets.of_kind(kind);
        if bucket.is_bottomless() || (source.is_none() && kind != Kind::SiteSubmissions) {
            return Ok(());
        }
        let subject = self.subject(kind, site, source);
        let Some(used_until) = lock(&self.shared.refused).used_until_us(&subject) else {
            return Ok(());
        };
        let now = self.clock.now().as_microsecond();
        match bucket.wait_us(used_until, now, bucket.cost_us(amount)) {
            0 => Ok(()),
            wait => Err(waiting(wait)),
        }
    }

    /// Gives back what was counted for a client and not used.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_back(
        &self,
        kind: Kind,
        site: &str,
        source: Option<Source>,
        amount: u64,
    ) -> Result<(), StoreError> {
        let bucket = self.buckets.of_kind(kind);
        if bucket.is_bottomless() || source.is_none() {
            return Ok(());
        }
        let subject = self.subject(kind, site, source);
        lock(&self.shared.refused).forget(&subject);
        let mut tx = self.store.write().await?;
        store::allowances::give_back(&mut tx, site, &subject, bucket.cost_us(amount)).await?;
        tx.commit().await
    }

    async fn take(
        &self,
        tx: &mut Tx,
        kind: Kind,
        site: &str,
        source: Option<Source>,
        amount: u64,
    ) -> Result<(), OverLimit> {
        let bucket = self.buckets.of_kind(kind);
        if bucket.is_bottomless() {
            return Ok(());
        }
        let (subject, cost) = (self.subject(kind, site, source), bucket.cost_us(amount));
        let now = self.clock.now().as_microsecond();
        let filled_in = bucket.filled_in_us;
        if store::allowances::take(tx, site, &subject, now, cost, filled_in).await? {
            return Ok(());
        }
        let used_until = store::allowances::used_until(tx, site, &subject).await?;
        let used_until = used_until.unwrap_or(now);
        lock(&self.shared.refused).remember(subject, used_until, now);
        Err(waiting(bucket.wait_us(used_until, now, cost)))
    }

    fn hand_out(&self, site: &str) -> bool {
        match lock(&self.shared.in_hand).get_mut(site) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    fn pass(&self, site: &str) -> Pass {
        Pass(Some((site.to_owned(), Arc::clone(&self.shared))))
    }

    fn subject(&self, kind: Kind, site: &str, source: Option<Source>) -> Subject {
        let mut digest = hmac::Context::with_key(&self.key);
        digest.update(&[kind as u8]);
        digest.update(&source.map_or([0; 16], |source| source.octets()));
        digest.update(site.as_bytes());
        let mut subject = Subject::default();
        subject.copy_from_slice(digest.sign().as_ref());
        subject
    }
}

/// Room for one submission to a site.
#[derive(Debug)]
#[must_use]
pub struct Pass(Option<(String, Arc<Shared>)>);

impl Pass {
    /// A ticket was made: the room is used.
    pub fn use_up(mut self) {
        self.0 = None;
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some((site, shared)) = self.0.take() {
            *lock(&shared.in_hand).entry(site).or_default() += 1;
        }
    }
}

/// Never zero: who waits for nothing would come back at once and be refused again.
fn waiting(wait_us: i64) -> OverLimit {
    OverLimit::Wait(Duration::from_micros(wait_us.max(1).unsigned_abs()))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
