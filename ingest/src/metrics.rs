//! Counters for Prometheus. Label values are few and fixed.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::quota::Usage;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct JobLabels {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SiteLabels {
    site: String,
}

/// How the outbox stands at an instant.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing {
    /// Jobs that are not done, without timers.
    pub waiting: u64,
    /// Dead letters.
    pub dead: u64,
    /// Timers that are due and were not looked at.
    pub timers_overdue: u64,
    /// Since when the oldest of them is due, in seconds; 0 when none is.
    pub timers_lag_s: u64,
}

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    submissions: Family<OutcomeLabels, Counter>,
    mails: Family<OutcomeLabels, Counter>,
    identities: Family<OutcomeLabels, Counter>,
    jobs: Family<JobLabels, Counter>,
    jobs_waiting: Gauge,
    jobs_dead: Gauge,
    timers_overdue: Gauge,
    timers_lag_seconds: Gauge,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histogram,
    upload_bytes: Counter<u64, AtomicU64>,
    kept_no_longer: Family<OutcomeLabels, Counter>,
    storage_bytes: Family<SiteLabels, Gauge>,
    storage_quota_bytes: Family<SiteLabels, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("cornerdesk");
        let submissions = Family::default();
        let mails = Family::default();
        let identities = Family::default();
        let jobs = Family::default();
        let jobs_waiting = Gauge::default();
        let jobs_dead = Gauge::default();
        let timers_overdue = Gauge::default();
        let timers_lag_seconds = Gauge::default();
        let requests = Family::default();
        let request_seconds = Histogram::new([
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
        ]);
        let upload_bytes = Counter::default();
        registry.register(
            "submissions",
            "Submissions by outcome: new, replayed, refused, failed",
            submissions.clone(),
        );
        registry.register(
            "incoming_mails",
            "Mails that came in by outcome: request, answer, note, report, repeated, dropped, refused, later",
            mails.clone(),
        );
        registry.register(
            "identities",
            "Tokens by which a product vouches for somebody, by outcome: verified, refused",
            identities.clone(),
        );
        registry.register(
            "jobs",
            "Ended attempts of jobs by kind and outcome: done, again, dead",
            jobs.clone(),
        );
        registry.register(
            "jobs_waiting",
            "Jobs that are not done, without the timers of tickets",
            jobs_waiting.clone(),
        );
        registry.register("jobs_dead", "Dead letters", jobs_dead.clone());
        registry.register(
            "timers_overdue",
            "Timers of tickets that are due and were not looked at yet",
            timers_overdue.clone(),
        );
        registry.register(
            "timers_lag_seconds",
            "For how long the oldest of them has been due",
            timers_lag_seconds.clone(),
        );
        registry.register(
            "requests",
            "HTTP requests by route and status",
            requests.clone(),
        );
        registry.register(
            "request_seconds",
            "Time until the head of the answer",
            request_seconds.clone(),
        );
        registry.register(
            "upload_bytes",
            "Bytes of attachments that were received",
            upload_bytes.clone(),
        );
        let kept_no_longer = Family::default();
        registry.register(
            "kept_no_longer",
            "Erased since a site keeps what is over only for so long, by outcome: tickets, files",
            kept_no_longer.clone(),
        );
        let storage_bytes = Family::default();
        registry.register(
            "site_storage_bytes",
            "What the files of a site take up, uploads included",
            storage_bytes.clone(),
        );
        let storage_quota_bytes = Family::default();
        registry.register(
            "site_storage_quota_bytes",
            "The most that the files of a site may take up; 0: no quota",
            storage_quota_bytes.clone(),
        );
        Self {
            registry,
            submissions,
            mails,
            identities,
            jobs,
            jobs_waiting,
            jobs_dead,
            timers_overdue,
            timers_lag_seconds,
            requests,
            request_seconds,
            upload_bytes,
            kept_no_longer,
            storage_bytes,
            storage_quota_bytes,
        }
    }
}

impl Metrics {
    /// A submission ended.
    pub fn submission(&self, outcome: &'static str) {
        self.submissions
            .get_or_create(&OutcomeLabels { outcome })
            .inc();
    }

    /// A mail that came in was taken, or was not.
    pub fn mail(&self, outcome: &'static str) {
        self.mails.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// A token was examined.
    pub fn identity(&self, outcome: &'static str) {
        self.identities
            .get_or_create(&OutcomeLabels { outcome })
            .inc();
    }

    /// An attempt of a job ended. `kind` is one of ours, never what a row says.
    pub fn job_ended(&self, kind: &'static str, outcome: &'static str) {
        self.jobs.get_or_create(&JobLabels { kind, outcome }).inc();
    }

    /// A request was answered. `route` is the pattern, never the address.
    pub fn request(&self, route: &str, status: u16, seconds: f64) {
        self.requests
            .get_or_create(&RequestLabels {
                route: route.to_owned(),
                status,
            })
            .inc();
        self.request_seconds.observe(seconds);
    }

    /// So many tickets, and files of others, were erased because their time was over.
    pub fn kept_no_longer(&self, tickets: u64, files: u64) {
        for (outcome, count) in [("tickets", tickets), ("files", files)] {
            self.kept_no_longer
                .get_or_create(&OutcomeLabels { outcome })
                .inc_by(count);
        }
    }

    /// Bytes of an attachment arrived.
    pub fn uploaded(&self, bytes: u64) {
        self.upload_bytes.inc_by(bytes);
    }

    /// The text form, with the outbox and the sites as they stand now.
    ///
    /// # Errors
    /// Never in practice: writing to a string.
    pub fn encode(&self, outbox: Standing, usages: &[Usage]) -> Result<String, std::fmt::Error> {
        set(&self.jobs_waiting, outbox.waiting);
        set(&self.jobs_dead, outbox.dead);
        set(&self.timers_overdue, outbox.timers_overdue);
        set(&self.timers_lag_seconds, outbox.timers_lag_s);
        for usage in usages {
            let site = usage.site.clone();
            let labels = SiteLabels { site };
            set(&self.storage_bytes.get_or_create(&labels), usage.used_bytes);
            set(
                &self.storage_quota_bytes.get_or_create(&labels),
                usage.most_bytes.unwrap_or(0),
            );
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn set(gauge: &Gauge, number: u64) {
    gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
}
