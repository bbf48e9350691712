//! The log. Fields are dotted by entity (`ticket.reference`); texts, addresses, names and tokens never stand in it.

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::config::Log;

/// Is it a level or a filter? A bare word that is no level would be taken as the name of a module, and switch everything off.
#[must_use]
pub fn is_filter(text: &str) -> bool {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let is_level = |part: &str| LEVELS.contains(&part.trim().to_ascii_lowercase().as_str());
    let is_known = |part: &str| part.contains('=') || is_level(part);
    text.split(',').all(is_known) && EnvFilter::try_new(text).is_ok()
}

/// An error with everything that it was caused by, for one line of the log.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(below) = source {
        text = format!("{text}: {below}");
        source = below.source();
    }
    text
}

/// Writes the log to standard error.
///
/// # Errors
/// When the level is no filter.
pub fn start(log: &Log) -> Result<(), String> {
    // Libraries that would log statements with their values, or mails, stay quiet whatever the level is.
    let filter = format!(
        "{},sqlx=warn,lettre=warn,hyper=warn,h2=warn,rustls=warn,tower_http=warn,mail_parser=warn",
        log.level
    );
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("log.level: {error}"))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = if log.format == "json" {
        registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_writer(std::io::stderr),
            )
            .try_init()
    } else {
        registry
            .with(fmt::layer().with_ansi(false).with_writer(std::io::stderr))
            .try_init()
    };
    started.map_err(|error| error.to_string())
}
