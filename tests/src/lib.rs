//! The harness: everything a test needs to meet Cornerdesk as the world meets it.
//!
//! | module | gives |
//! |---|---|
//! | [`service`] | the real binary on a free port, with either database, its log, its command line |
//! | [`client`] | a caller of the public API: tickets, uploads, files with known digests |
//! | [`contract`] | a vendor's description of its API, against which calls are held |
//! | [`corpora`] | texts that have broken other people's programs |
//! | [`clamd`] | a real scanner for malware, with signatures of our own |
//! | [`postgres`] | our own PostgreSQL, one database per test |
//! | [`ready`] | databases whose schema is there already |
//! | [`disk`] | a disk whose power can be cut, and that can be filled |
//! | [`object_store`] | a bucket of a real object store, and a relay that lets the store fail |
//! | [`smtp`], [`mail`] | a mail server that records what arrives and can be told to misbehave, and a reader of mails |
//! | [`false_time`] | a time of day that a test puts forward |
//! | [`haproxy`] | a load balancer in front of several services |
//! | [`mod@postfix`] | a real mail server between the service and the sink |
//! | [`mod@dovecot`], [`mod@lmtp`] | a real mailbox, and a mail server's side of LMTP |
//! | [`host_page`], [`host_files`] | pages of another origin that embed the widget |
//! | [`website`] | a website of a product's help, with a sitemap |
//! | [`installed`] | where `tools/setup.sh` put what the tests use |
//! | [`ad_blocker`] | an extension of Chromium that refuses requests |
//! | [`product`] | a product that vouches for its people, and keys to forge that with |
//! | [`provider`], [`hostile_provider`] | a real provider that staff sign in with, and one that says whatever a test wants |
//! | [`jira`] | a Jira Service Management that remembers, and can be late, lose answers and refuse |
//! | [`pagerduty`], [`jsm_operations`], [`slack`], [`teams`] | pagers and chats that remember ([`vendor`]), and refuse what their documentation refuses |
//! | [`github`], [`gitlab`], [`tracker`] | a GitHub and a GitLab that remember, and what they have in common |
//! | [`own_network`] | a network in which every address of the world is this machine |
//! | [`receiver`] | a receiver of webhooks, which can fail |
//! | [`relay`] | a recording relay in front of the service, which can hold or lose answers |
//! | [`browser`], [`webdriver`], [`widget`] | Chromium and Firefox, and the widget and its form in it |
//!
//! Whatever is started here dies with the test process, even when that is killed, and leaves its files to be
//! swept by the next run. Waiting is done by [`eventually`] and nothing else. Linux only.

pub mod ad_blocker;
pub mod altcha;
pub mod awaiting;
pub mod browser;
pub mod clamd;
pub mod client;
pub mod contract;
pub mod corpora;
pub mod cutting;
pub mod disk;
pub mod dovecot;
pub mod embedded;
pub mod failing_disk;
pub mod false_time;
pub mod github;
pub mod gitlab;
pub mod haproxy;
pub mod help;
pub mod host_files;
pub mod host_page;
pub mod hostile_provider;
pub mod installed;
pub mod jira;
pub mod jsm_operations;
pub mod lmtp;
mod local_server;
pub mod mail;
pub mod monitoring;
pub mod object_store;
pub mod own_network;
pub mod pagerduty;
pub mod policy_folder;
pub mod postfix;
pub mod postgres;
pub mod process;
pub mod product;
pub mod provider;
pub mod ready;
pub mod receiver;
pub mod relay;
pub mod scratch;
pub mod service;
pub mod slack;
pub mod smtp;
pub mod teams;
pub mod tracker;
pub mod vendor;
pub mod vendor_server;
pub mod webdriver;
pub mod website;
pub mod widget;
pub mod widget_package;
pub mod zammad;
pub mod zendesk;

pub use awaiting::{eventually, eventually_blocking};
pub use service::{Database, Service};

/// Runs one test body on SQLite and on PostgreSQL.
///
/// Each statement becomes a module with the tests `sqlite` and `postgres`:
///
/// ```text
/// on_both_databases! {
///     async fn a_submission_becomes_a_ticket(database: Database) { … }
/// }
/// ```
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($database:ident: $kind:ty) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn check($database: $kind) $body

            #[tokio::test]
            async fn sqlite() {
                check($crate::Database::Sqlite).await;
            }

            #[tokio::test]
            async fn postgres() {
                check($crate::Database::Postgres).await;
            }
        }
    )+};
}
