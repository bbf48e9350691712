//! The Cornerdesk service: submissions become tickets that cannot be lost, doubled or forgotten.
//!
//! Knowledge flows one way: `http`, `cli` → `intake`, `upload` → `ticket`, `store`, `outbox`; jobs → `store`, `mail`. The pure modules
//! (`ticket`, `care`, `file_type`, `site`, `origin`, `outbox::backoff`, `mail::acknowledgement`) know nobody.

pub mod allowances;
pub mod app;
pub mod backup;
pub mod blobs;
pub mod care;
pub mod cli;
pub mod clock;
pub mod config;
pub mod consent;
pub mod demo;
pub mod desk;
pub mod file_type;
pub mod form_token;
pub mod http;
pub mod ids;
pub mod intake;
pub mod mail;
pub mod metrics;
pub mod origin;
pub mod outbox;
pub mod pages;
pub mod pressure;
pub mod proof_of_work;
pub mod quota;
pub mod show;
pub mod site;
pub mod sites;
pub mod source;
pub mod stop;
pub mod store;
pub mod telemetry;
pub mod ticket;
pub mod upload;
pub mod words;
pub mod workshop;
