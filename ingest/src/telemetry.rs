//! The log. Fields are dotted by entity (`ticket.reference`); texts, addresses, names and tokens never stand in it.

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::config::Log;

/// Writes the log to standard error.
///
/// # Errors
/// When the level is no filter.
pub fn start(log: &Log) -> Result<(), String> {
    // Libraries that would log statements with their values, or mails, stay quiet whatever the level is.
    let filter = format!(
        "{},sqlx=warn,lettre=warn,hyper=warn,h2=warn,rustls=warn,mail_parser=warn",
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
