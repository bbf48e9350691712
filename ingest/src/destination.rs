//! Where tickets go on: desks of others, chats, programs of the product. What an operator writes down, who gets which ticket, and what can be said about a
//! place that does not answer as it should. What is done there is in `outbox`.
//!
//! There are three families ([`Family`]). A *listener* is told of each thing that happens, each by itself ([`webhook`]). A *teller* of a chat or a pager says
//! one thing after another about a ticket ([`teller`]). A *mirror* holds the ticket a second time, and the two are kept equal ([`mirror`], [`Elsewhere`]);
//! [`any_mirror`] is one of whichever kind.

pub mod any_mirror;
mod brief;
mod chat;
mod config;
pub mod deeds;
mod elsewhere;
pub mod event;
mod fault;
pub mod github;
pub mod gitlab;
pub mod hook;
pub mod jira;
pub mod jsm_operations;
pub mod limits;
pub mod mirror;
pub mod pagerduty;
mod paging;
pub mod rest;
mod rule;
pub mod secret;
pub mod slack;
pub mod standard_webhook;
pub mod teams;
pub mod teller;
pub mod tracker;
pub mod webhook;
pub mod wording;
pub mod zammad;
pub mod zendesk;

pub use any_mirror::AnyMirror;
pub use config::{Destination, DestinationConfig, Destinations, Family, Settings, faults};
pub use elsewhere::{
    Category, Comment, Elsewhere, FileToSend, Finding, Heard, Mirror, NewRequest, Remote, Saying,
    Share, SlaClock, Wanted,
};
pub use fault::{Fault, Scope, Seen, Verdict};
pub use rule::Rule;
