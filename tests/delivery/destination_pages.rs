//! The pages about destinations, done step by step as they are written, by somebody who has read nothing else.
//!
//! What a page says to write into the configuration is taken from it, but for the vendor's address; its commands are run in their order, and have to answer what
//! the page says.

mod chats_and_pagers;
mod desks_and_trackers;
mod every_page;
mod jira_and_webhook;
mod page;
mod trial;
