//! What a policy would have to say before something can be computed.

use std::fmt;

/// What is missing (`policy_incomplete`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incomplete {
    /// A calendar without hours.
    Windows {
        /// The calendar.
        calendar: String,
    },
    /// A calendar whose hours are in no zone.
    Zone {
        /// The calendar.
        calendar: String,
    },
    /// A set of holidays that nothing lists.
    Holidays {
        /// The set.
        set: String,
    },
    /// Hours are counted and nothing says of which calendar.
    Calendar,
    /// Civil days are counted, and the default calendar has no zone (K-6).
    DayZone,
    /// A row depends on the time of receipt, and no calendar decides it.
    Received,
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Windows { calendar } => write!(f, "hours of \"{calendar}\""),
            Self::Zone { calendar } => write!(f, "zone of \"{calendar}\""),
            Self::Holidays { set } => write!(f, "holidays of \"{set}\""),
            Self::Calendar => f.write_str("calendar of the plan, or default_calendar"),
            Self::DayZone => f.write_str("zone of default_calendar"),
            Self::Received => f.write_str("calendar of [received]"),
        }
    }
}
