//! Every function of the store on both databases.

mod attachments;
mod fixtures;
mod idempotency;
mod jobs;
mod sites;
mod staff;
mod statements;
mod tickets;
mod timeline;
mod transactions;
mod uploads;
