//! Shapes on the wire and the rules that a person can break.
//!
//! The panel uses these for hints, the service for the verdict, so a rule is written once. No clocks, no HTTP status, no prose: codes cross
//! the wire, and the words for them are in the message tables of the surface that shows them.

#[cfg(feature = "names")]
pub mod file_name;
pub mod json;
pub mod limits;
pub mod page_context;
pub mod problem;
pub mod receipt;
pub mod reference;
pub mod settings;
pub mod submission;
pub mod upload;
pub mod validation;
