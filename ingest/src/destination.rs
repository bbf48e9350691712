//! Where tickets go on: desks of others, chats, programs of the product. What an operator writes down, who gets which ticket, and what can be said about a
//! place that does not answer as it should. What is done there is in `outbox`.
//!
//! There are two families. An *event* destination is told of each thing that happens ([`webhook`]). A *mirror* holds the ticket a second time, and
//! the two are kept equal ([`mirror`], [`Elsewhere`]); [`any_mirror`] is one of whichever kind.

pub mod any_mirror;
mod config;
pub mod deeds;
mod elsewhere;
pub mod event;
mod fault;
pub mod hook;
pub mod jira;
pub mod mirror;
mod rule;
pub mod secret;
pub mod standard_webhook;
pub mod webhook;

pub use any_mirror::AnyMirror;
pub use config::{Destination, DestinationConfig, Destinations, Settings, faults};
pub use elsewhere::{
    Category, Comment, Elsewhere, FileToSend, Finding, Heard, Mirror, NewRequest, Remote, Saying,
    Share, SlaClock, Wanted,
};
pub use fault::{Fault, Scope, Seen, Verdict};
pub use rule::Rule;
