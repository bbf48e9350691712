//! Two kinds of load: as much as goes, and so much each second.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::sync::{Mutex, mpsc};

/// What a load measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// How many ended well in the measured time, for each second of it.
    pub per_second: f64,
    /// How long each of them took, sorted.
    pub durations: Vec<Duration>,
    /// How many ended otherwise.
    pub failed: u64,
}

impl Measured {
    /// The duration that so many per cent did not exceed, in milliseconds.
    pub fn percentile_ms(&self, percent: f64) -> f64 {
        let Some(last) = self.durations.len().checked_sub(1) else {
            return f64::NAN;
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index of a list"
        )]
        let index = (last as f64 * percent / 100.0).round() as usize;
        self.durations[index].as_secs_f64() * 1000.0
    }
}

/// What is repeated: does something and says whether it ended well.
pub trait Work: Send + 'static {
    /// Once.
    fn once(&mut self) -> impl Future<Output = bool> + Send;
}

/// Each of the workers begins again as soon as it has ended; the first part of the time does not count.
pub async fn as_much_as_goes<W: Work>(
    workers: Vec<W>,
    warm_up: Duration,
    counted: Duration,
) -> Measured {
    let began = Instant::now();
    let (from, to) = (began + warm_up, began + warm_up + counted);
    let tasks = workers.into_iter().map(|mut worker| {
        tokio::spawn(async move {
            let (mut durations, mut failed) = (Vec::new(), 0);
            while Instant::now() < to {
                let begun = Instant::now();
                let is_good = worker.once().await;
                let ended = Instant::now();
                if ended < from || ended > to {
                    continue;
                }
                if is_good {
                    durations.push(ended - begun);
                } else {
                    failed += 1;
                }
            }
            (durations, failed)
        })
    });
    let (mut all, mut failed) = (Vec::new(), 0);
    for task in join_all(tasks).await {
        let (durations, faults) = task.expect("a worker ends");
        all.extend(durations);
        failed += faults;
    }
    measured(all, failed, counted)
}

/// Begins so many each second, whether the ones before have ended or not; a duration begins when its turn was, so that waiting for a
/// free worker counts.
pub async fn at_rate<W: Work>(
    workers: Vec<W>,
    per_second: f64,
    warm_up: Duration,
    counted: Duration,
) -> Measured {
    let (turns, queue) = mpsc::unbounded_channel::<Instant>();
    let queue = Arc::new(Mutex::new(queue));
    let failed = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let from = began + warm_up;
    let tasks: Vec<_> = workers
        .into_iter()
        .map(|mut worker| {
            let (queue, failed) = (Arc::clone(&queue), Arc::clone(&failed));
            tokio::spawn(async move {
                let mut durations = Vec::new();
                loop {
                    let turn = queue.lock().await.recv().await;
                    let Some(turn) = turn else { break durations };
                    let is_good = worker.once().await;
                    if turn < from {
                        continue;
                    }
                    if is_good {
                        durations.push(turn.elapsed());
                    } else {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    let (mut next, step) = (began, Duration::from_secs_f64(1.0 / per_second));
    while next < from + counted {
        tokio::time::sleep_until(next.into()).await;
        turns.send(next).expect("workers wait for their turns");
        next += step;
    }
    drop(turns);
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.expect("a worker ends"));
    }
    measured(all, failed.load(Ordering::Relaxed), counted)
}

fn measured(mut durations: Vec<Duration>, failed: u64, counted: Duration) -> Measured {
    durations.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a count of some thousands")]
    let per_second = durations.len() as f64 / counted.as_secs_f64();
    Measured {
        per_second,
        durations,
        failed,
    }
}
