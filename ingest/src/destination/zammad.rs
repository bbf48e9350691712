//! Zammad as a desk elsewhere.
//!
//! | module | what |
//! |---|---|
//! | [`settings`] | what an operator writes down |
//! | [`build`], [`read`] | what is asked, and what is answered: pure |
//! | [`client`] | signs in, and asks for what the rest needs |
//! | [`elsewhere`] | what is done there for a ticket |
//! | [`check`] | what is wrong with the settings |
//! | [`hook`] | what Zammad posts |

pub mod build;
pub mod check;
pub mod client;
mod elsewhere;
pub mod hook;
pub mod read;
pub mod settings;

pub use client::{Memory, Zammad};
pub use settings::Settings;
