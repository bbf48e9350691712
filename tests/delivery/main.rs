//! Acknowledgements by a real mail server that does not always behave.

mod acknowledgement;
mod bounces;
mod budget;
mod closing;
mod crash;
mod deprecation;
mod dkim;
mod lanes;
mod loops;
mod mail_cannon;
mod mails;
mod modes;
mod naughty_addresses;
mod naughty_texts;
mod objection;
mod outage;
mod poison;
mod postfix;
mod privacy;
mod promptness;
mod raw;
mod replies;
mod split;
mod timers;
mod trouble;
mod unanswered;
