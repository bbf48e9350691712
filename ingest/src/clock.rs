//! The time of day. The only place that reads it: everything else is handed a [`Clock`] or a timestamp.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;

/// Where the service takes the time from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands; for tests.
    Standing(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands at `at`.
    #[must_use]
    pub fn standing(at: Timestamp) -> Self {
        Self::Standing(Arc::new(Mutex::new(at)))
    }

    /// Now, cut to microseconds: PostgreSQL keeps no more, and both databases must answer the same.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the one place that reads the machine's clock"
            )]
            Self::System => Timestamp::now(),
            Self::Standing(at) => *at.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        };
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}
