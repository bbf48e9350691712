//! How much slower intake is while the mail server is away, puts everything off or answers too late (R7), beside one that answers.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    service::Setup,
    smtp::{Answer, SmtpSink},
};
use serde_json::{Value, json};

use crate::{
    Figures,
    intake::{Submitter, request},
    load::{Measured, at_rate},
    report::row,
};

/// A fifth and less of what two busy cores were seen to take with mails going out.
const PER_SECOND: f64 = 100.0;
const CLIENTS: usize = 48;
const ROUNDS: usize = 6;
const WARM_UP: Duration = Duration::from_secs(1);
const COUNTED: Duration = Duration::from_secs(4);
/// Longer than the service waits for a reply.
const TOO_LATE: Duration = Duration::from_secs(30);

/// What a mail server does all the time.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Answers,
    Away,
    PutsOff,
    TooLate,
}

/// A service with a mail server of its own, since what waits for one that is away would otherwise go out while the next one is measured.
struct Pair {
    manner: Manner,
    service: Service,
    _sink: SmtpSink,
    rounds: Vec<Measured>,
}

impl Pair {
    async fn start(manner: Manner, database: Database) -> Self {
        let mut sink = SmtpSink::start().await;
        match manner {
            Manner::Answers => {}
            Manner::Away => sink.go_down().await,
            Manner::PutsOff => sink.answer_with(Answer::NotNow),
            Manner::TooLate => sink.reply_after(TOO_LATE),
        }
        let setup = Setup::durable(database)
            .mail_to(&sink)
            .waits_as_in_production();
        Self {
            manner,
            service: Service::start_with(setup).await,
            _sink: sink,
            rounds: Vec::new(),
        }
    }

    async fn measure(&mut self) {
        let request = request(&self.service, None);
        let clients = Submitter::many(CLIENTS, self.service.address(), &request);
        let measured = at_rate(clients, PER_SECOND, WARM_UP, COUNTED).await;
        self.rounds.push(measured);
    }

    /// Of all rounds together, in milliseconds.
    fn percentile_ms(&self, percent: f64) -> f64 {
        let durations = self.rounds.iter().flat_map(|round| &round.durations);
        let mut all = Measured {
            per_second: PER_SECOND,
            durations: durations.copied().collect(),
            failed: 0,
        };
        all.durations.sort_unstable();
        all.percentile_ms(percent)
    }
}

/// Every manner in turn, round after round, each time in another order.
pub async fn measure(figures: &mut Figures, database: Database) {
    let manners = [
        Manner::Answers,
        Manner::Away,
        Manner::PutsOff,
        Manner::TooLate,
    ];
    let mut pairs = Vec::new();
    for manner in manners {
        pairs.push(Pair::start(manner, database).await);
    }
    for round in 0..ROUNDS {
        for turn in 0..pairs.len() {
            let next = (round + turn) % pairs.len();
            pairs[next].measure().await;
        }
    }
    for pair in &pairs {
        figures.add("away", row_of(database, pair, &pairs[0]));
    }
}

fn row_of(database: Database, pair: &Pair, answering: &Pair) -> Value {
    let failed: u64 = pair.rounds.iter().map(|round| round.failed).sum();
    let count: usize = pair.rounds.iter().map(|round| round.durations.len()).sum();
    let p95 = pair.percentile_ms(95.0);
    let by_round = pair.rounds.iter().map(|round| round.percentile_ms(95.0));
    let by_round: Vec<String> = by_round.map(|p95| format!("{p95:.1}")).collect();
    let change = (p95 / answering.percentile_ms(95.0) - 1.0) * 100.0;
    row(&[
        ("database", json!(format!("{database:?}"))),
        ("mail server", json!(format!("{:?}", pair.manner))),
        ("submissions", json!(count)),
        ("p50 ms", json!(pair.percentile_ms(50.0))),
        ("p95 ms", json!(p95)),
        ("change of p95 %", json!(change)),
        ("p95 by round ms", json!(by_round.join(" "))),
        ("failed", json!(failed)),
    ])
}
