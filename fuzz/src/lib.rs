//! The parts of the service that a fuzzer drives, and what must hold for any input.

/// Files are looked for where they are.
#[path = "../../ingest/src"]
mod service {
    pub mod policy;
}

#[path = "../../ingest/src/policy/any_text.rs"]
pub mod any_text;

pub use service::policy;
