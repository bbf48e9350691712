//! The public API of the real service, on both databases.

mod attachments;
mod bombs;
mod bucket;
mod commands;
mod description;
mod desk;
mod files;
mod headers;
mod held;
mod hostile_bodies;
mod idempotency;
mod limits;
mod malware;
mod metadata;
mod operations;
mod origins;
mod oversized;
mod slow_clients;
mod submissions;
mod too_many;
mod too_often;
mod tus_js_client;
mod uploads;
mod vetting;
mod violations;
mod widget_documents;
