//! How often passwords and codes may be guessed (threat S23): of one account, whether it is there or not, and from one network.
//!
//! Five at once and one more every three minutes: never more than ten within any quarter of an hour. A guess is counted before it is looked
//! at, by one number in the database that all processes share, and given back when it was right.

use std::time::Duration;

use aws_lc_rs::hmac;

use crate::{
    allowances::bucket::Bucket,
    app::App,
    http::client_address::Client,
    store::{
        self, StoreError, Tx,
        guesses::{self, Subject},
    },
};

/// Half of what S23 allows at once; the rest comes back within the quarter of an hour.
const GUESSES: Bucket = Bucket {
    size: 5,
    filled_in_us: 15 * 60 * 1_000_000,
};

/// A guess that was counted.
#[derive(Debug)]
#[must_use]
pub struct Guess(Vec<Subject>);

/// Whether somebody may guess.
#[derive(Debug)]
pub enum Counted {
    /// They may.
    Yes(Guess),
    /// Not before this time has passed.
    Wait(Duration),
}

/// Counts a guess at what `at` names: of the account and of the client, together or not at all.
///
/// # Errors
/// When the database fails; then nobody may guess.
pub async fn count(app: &App, at: &str, client: Client) -> Result<Counted, StoreError> {
    let account = subject(app, b"at", at.as_bytes());
    let client = client
        .0
        .map(|source| subject(app, b"from", &source.octets()));
    let subjects: Vec<Subject> = [Some(account), client].into_iter().flatten().collect();
    let (now, cost) = (app.clock.now().as_microsecond(), GUESSES.cost_us(1));
    let mut tx = app.store.write().await?;
    for subject in &subjects {
        if !guesses::take(&mut tx, subject, now, cost, GUESSES.filled_in_us).await? {
            let used_until = guesses::used_until(&mut tx, subject).await?.unwrap_or(now);
            tx.rollback().await?;
            let wait = GUESSES.wait_us(used_until, now, cost).max(1);
            return Ok(Counted::Wait(Duration::from_micros(wait.unsigned_abs())));
        }
    }
    tx.commit().await?;
    Ok(Counted::Yes(Guess(subjects)))
}

impl Guess {
    /// It was right, so it does not count.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn was_right(self, tx: &mut Tx) -> Result<(), StoreError> {
        for subject in &self.0 {
            store::guesses::give_back(tx, subject, GUESSES.cost_us(1)).await?;
        }
        Ok(())
    }
}

/// What somebody reads who has to wait.
#[must_use]
pub fn words(wait: Duration) -> String {
    let minutes = wait.as_secs().div_ceil(60).max(1);
    let minutes = if minutes == 1 {
        "a minute".to_owned()
    } else {
        format!("{minutes} minutes")
    };
    format!("That was tried too often. Wait {minutes} and try again.")
}

fn subject(app: &App, what: &[u8], whom: &[u8]) -> Subject {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, &app.secret);
    let own = hmac::sign(&secret, b"guesses of staff");
    let mut digest = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, own.as_ref()));
    digest.update(what);
    digest.update(&[0]);
    digest.update(whom);
    let mut subject = Subject::default();
    subject.copy_from_slice(digest.sign().as_ref());
    subject
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_guesses_more_than_ten_times_within_a_quarter_of_an_hour() {
        let (minute, cost) = (60_000_000, GUESSES.cost_us(1));
        let mut used_until = 0;
        let mut taken = Vec::new();
        // As often as one can, for two hours, once a second.
        for second in 0..7_200 {
            let now = 1_000_000_000_000 + second * 1_000_000;
            if GUESSES.wait_us(used_until, now, cost) == 0 {
                used_until = used_until.max(now) + cost;
                taken.push(now);
            }
        }
        let most = taken
            .iter()
            .map(|from| {
                taken
                    .iter()
                    .filter(|at| (*from..=from + 15 * minute).contains(at))
                    .count()
            })
            .max();
        assert_eq!(most, Some(10));
    }

    #[test]
    fn who_waits_is_told_for_how_long() {
        for (seconds, said) in [
            (1, "a minute"),
            (60, "a minute"),
            (61, "2 minutes"),
            (180, "3 minutes"),
        ] {
            assert!(
                words(Duration::from_secs(seconds)).contains(said),
                "{seconds}"
            );
        }
    }
}
