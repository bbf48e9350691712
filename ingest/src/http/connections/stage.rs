//! Where a connection stands between one request and the next, and until when the client must have gone on: a decision on numbers.

use std::time::Duration;

use tokio::time::Instant;

/// How long a client may take until its next request is complete but for its body.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until the first byte of a new connection.
    pub first_byte: Duration,
    /// From the first byte of a head to its end.
    pub head: Duration,
    /// Between an answer and the next request.
    pub keep_alive: Duration,
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Now {
    /// Nothing has come of the next request.
    Quiet,
    /// A head is coming.
    Head,
    /// A request is being answered: its body has a pace of its own, and the rest is up to us.
    Request,
}

/// The stage of one connection.
#[derive(Debug)]
pub struct Stage {
    patience: Patience,
    now: Now,
    until: Option<Instant>,
    requests: u64,
}

impl Stage {
    /// A new connection.
    #[must_use]
    pub fn new(patience: Patience, now: Instant) -> Self {
        Self {
            patience,
            now: Now::Quiet,
            until: Some(now + patience.first_byte),
            requests: 0,
        }
    }

    /// Bytes came.
    pub fn bytes_came(&mut self, now: Instant) {
        if self.now == Now::Quiet {
            self.now = Now::Head;
            self.until = Some(now + self.patience.head);
        }
    }

    /// The head is complete.
    pub const fn head_came(&mut self) {
        self.now = Now::Request;
        self.until = None;
        self.requests += 1;
    }

    /// The answer is written, or will be with the next flush.
    pub fn answered(&mut self, now: Instant) {
        self.now = Now::Quiet;
        self.until = Some(now + self.patience.keep_alive);
    }

    /// When the connection is closed unless bytes or a head have come; `None` while it is our turn.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.until
    }

    /// How many requests there were.
    #[must_use]
    pub const fn requests(&self) -> u64 {
        self.requests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        first_byte: Duration::from_secs(10),
        head: Duration::from_secs(5),
        keep_alive: Duration::from_secs(75),
    };

    fn in_seconds(opened: Instant, stage: &Stage) -> Option<u64> {
        stage.deadline().map(|until| (until - opened).as_secs())
    }

    #[test]
    fn each_stage_has_its_own_deadline() {
        let opened = Instant::now();
        let at = |second| opened + Duration::from_secs(second);
        let mut stage = Stage::new(PATIENCE, opened);
        assert_eq!(in_seconds(opened, &stage), Some(10));
        stage.bytes_came(at(9));
        assert_eq!(in_seconds(opened, &stage), Some(14));
        stage.head_came();
        assert_eq!(in_seconds(opened, &stage), None);
        stage.answered(at(20));
        assert_eq!(in_seconds(opened, &stage), Some(95));
        stage.bytes_came(at(90));
        assert_eq!(in_seconds(opened, &stage), Some(95));
    }

    #[test]
    fn a_head_that_drips_gains_no_time() {
        let opened = Instant::now();
        let mut stage = Stage::new(PATIENCE, opened);
        for second in 1..5 {
            stage.bytes_came(opened + Duration::from_secs(second));
        }
        assert_eq!(in_seconds(opened, &stage), Some(6));
    }

    #[test]
    fn the_bytes_of_a_body_are_no_new_request() {
        let opened = Instant::now();
        let mut stage = Stage::new(PATIENCE, opened);
        stage.bytes_came(opened);
        stage.head_came();
        stage.bytes_came(opened);
        assert_eq!(in_seconds(opened, &stage), None);
        assert_eq!(stage.requests(), 1);
    }
}
