//! SQL and nothing else: no decisions, no retries. [`tx`] alone knows that there are two databases.
//!
//! Every function takes an open [`Tx`] and runs its statements in it, so that the caller decides what commits together. A row count other
//! than expected is an error. Times are [`jiff::Timestamp`] here and microseconds in the database.

pub mod alarms;
pub mod allowances;
pub mod articles;
pub mod assignments;
pub mod attachments;
pub mod audit;
pub mod backup;
pub mod bulk_acts;
pub mod canned_answers;
pub mod chores;
pub mod classification;
pub mod clocks;
pub mod deliveries;
pub mod deprecations;
pub mod destination_links;
pub mod destinations;
pub mod drafts;
pub mod first_mails;
pub mod guesses;
pub mod hearing;
pub mod idempotency;
pub mod identities;
pub mod invitations;
pub mod jobs;
pub mod lately;
pub mod lists;
pub mod loose_blobs;
pub mod mail_links;
pub mod mentions;
pub mod messages;
pub mod moving;
pub mod notifications;
pub mod page_sign_ins;
pub mod piles;
pub mod policies;
pub mod postgres_tx;
pub mod presence;
pub mod pressure;
pub mod privacy;
pub mod queue;
pub mod ratings;
pub mod recipients;
pub mod repinning;
pub mod reports;
pub mod retention;
pub mod saved_views;
pub mod scope;
pub mod search;
pub mod second_factor;
pub mod secrets;
pub mod sessions;
pub mod shared_commit;
pub mod site_storage;
pub mod sites;
pub mod snoozes;
pub mod spent_proofs;
pub mod splits;
pub mod staff;
pub mod tags;
pub mod tickets;
pub mod timeline;
pub mod tx;
pub mod undeliverable;
pub mod uploads;

pub use tx::{Store, Tx, is_address};

use jiff::Timestamp;

/// A statement did not do what it is for.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another transaction holds what this one needs for longer than the wait.
    #[error("another transaction holds the row for too long")]
    Locked,
    /// No connection came free in time, or the database is not there.
    #[error("the database cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// The database would lose acknowledged tickets in a power cut.
    #[error("SQLite is not durable here: {0}")]
    NotDurable(String),
    /// A row does not hold what it should.
    #[error("a row of {table} does not hold what it should: {fault}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What is wrong, without the row's texts.
        fault: &'static str,
    },
    /// A statement touched another number of rows than it must.
    #[error("a statement touched {actual} rows instead of {expected}")]
    RowCount {
        /// How many it must touch.
        expected: u64,
        /// How many it touched.
        actual: u64,
    },
    /// The schema could not be brought up to date.
    #[error("the migrations failed")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Everything else that a database says.
    #[error("the database refused a statement")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(database) => match database.code().as_deref().map(Fault::of) {
                Some(Fault::Locked) => Self::Locked,
                Some(Fault::Passing) => Self::Unavailable(error),
                _ => Self::Database(error),
            },
            _ => Self::Database(error),
        }
    }
}

/// What a code of a database means for whoever sent the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Somebody else holds what is needed.
    Locked,
    /// The same may work in a moment.
    Passing,
    /// It will not.
    Lasting,
}

impl Fault {
    /// PostgreSQL's codes have five characters (appendix A of its manual), SQLite's are numbers whose lowest byte is the primary
    /// code.
    fn of(code: &str) -> Self {
        const SQLITE_BUSY: u32 = 5;
        const SQLITE_IOERR: u32 = 10;
        const SQLITE_FULL: u32 = 13;
        if code.len() == 5 {
            return match code {
                "55P03" => Self::Locked,
                // Deadlock, serialisation, cancelled (statement_timeout), read-only; no connection, no resource, going down.
                "40P01" | "40001" | "57014" | "25006" => Self::Passing,
                code if ["08", "53", "57P"]
                    .iter()
                    .any(|class| code.starts_with(class)) =>
                {
                    Self::Passing
                }
                _ => Self::Lasting,
            };
        }
        match code.parse::<u32>().map(|code| code & 0xff) {
            Ok(SQLITE_BUSY) => Self::Locked,
            Ok(SQLITE_FULL | SQLITE_IOERR) => Self::Passing,
            _ => Self::Lasting,
        }
    }
}

/// A statement that must touch exactly `expected` rows did.
const fn expect_rows(actual: u64, expected: u64) -> Result<(), StoreError> {
    if actual == expected {
        Ok(())
    } else {
        Err(StoreError::RowCount { expected, actual })
    }
}

/// The instant of a column.
fn instant(table: &'static str, microseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(microseconds).map_err(|_| StoreError::Corrupt {
        table,
        fault: "an instant out of range",
    })
}

/// A count or size of a column, which is never negative.
fn unsigned(table: &'static str, number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Corrupt {
        table,
        fault: "a negative size",
    })
}

/// A size for a column.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Every statement of the store with its name, for the test that prepares each on both databases.
#[must_use]
pub fn statements() -> Vec<(&'static str, &'static str)> {
    [
        alarms::STATEMENTS,
        allowances::STATEMENTS,
        articles::STATEMENTS,
        assignments::STATEMENTS,
        attachments::STATEMENTS,
        audit::STATEMENTS,
        backup::STATEMENTS,
        bulk_acts::STATEMENTS,
        canned_answers::STATEMENTS,
        chores::STATEMENTS,
        classification::STATEMENTS,
        clocks::STATEMENTS,
        deliveries::STATEMENTS,
        deprecations::STATEMENTS,
        destination_links::STATEMENTS,
        destinations::STATEMENTS,
        drafts::STATEMENTS,
        first_mails::STATEMENTS,
        guesses::STATEMENTS,
        hearing::STATEMENTS,
        idempotency::STATEMENTS,
        identities::STATEMENTS,
        invitations::STATEMENTS,
        jobs::STATEMENTS,
        jobs::orders::STATEMENTS,
        jobs::timers::STATEMENTS,
        lately::STATEMENTS,
        lists::STATEMENTS,
        loose_blobs::STATEMENTS,
        mail_links::STATEMENTS,
        mentions::STATEMENTS,
        messages::STATEMENTS,
        page_sign_ins::STATEMENTS,
        piles::STATEMENTS,
        notifications::STATEMENTS,
        policies::STATEMENTS,
        presence::STATEMENTS,
        pressure::STATEMENTS,
        privacy::STATEMENTS,
        queue::STATEMENTS,
        ratings::STATEMENTS,
        recipients::STATEMENTS,
        repinning::STATEMENTS,
        reports::STATEMENTS,
        retention::STATEMENTS,
        saved_views::STATEMENTS,
        search::STATEMENTS,
        second_factor::STATEMENTS,
        secrets::STATEMENTS,
        sessions::STATEMENTS,
        site_storage::STATEMENTS,
        sites::STATEMENTS,
        spent_proofs::STATEMENTS,
        splits::STATEMENTS,
        snoozes::STATEMENTS,
        staff::STATEMENTS,
        tags::STATEMENTS,
        tickets::STATEMENTS,
        timeline::STATEMENTS,
        undeliverable::STATEMENTS,
        uploads::STATEMENTS,
    ]
    .concat()
}

/// Declares statements as constants and lists them.
macro_rules! list_statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$doc])* const $name: &str = $sql;)+
        /// Every statement of this file with its name.
        pub(in crate::store) const STATEMENTS: &[(&str, &str)] = &[$((concat!(module_path!(), "::", stringify!($name)), $name)),+];
    };
}
use list_statements;

#[cfg(test)]
mod tests {
    use super::Fault;

    #[test]
    fn a_code_tells_whether_to_come_back() {
        for code in ["55P03", "5", "517", "261"] {
            assert_eq!(Fault::of(code), Fault::Locked, "{code}");
        }
        for code in [
            "40P01", "57014", "57P01", "53300", "08006", "25006", "13", "10", "778",
        ] {
            assert_eq!(Fault::of(code), Fault::Passing, "{code}");
        }
        for code in ["23505", "22021", "1", "19", "2067", ""] {
            assert_eq!(Fault::of(code), Fault::Lasting, "{code}");
        }
    }
}
