//! `SIGTERM` while requests keep coming: whoever is let in is answered, and nothing that was acknowledged is lost.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, a_submission, new_key},
    eventually, on_both_databases,
    process::{self, Signal},
    service::Setup,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::{JoinHandle, JoinSet},
};

use crate::{long_form, shutdown};

const PAUSE_BETWEEN_REQUESTS: Duration = Duration::from_millis(10);
const DRAIN: Duration = Duration::from_millis(1_500);
const NOT_READY_MOST: Duration = Duration::from_secs(1);
const ENDED_MOST: Duration = Duration::from_secs(30);
/// Requests that are answered before the signal comes.
const BEFORE_THE_SIGNAL: usize = 60;

on_both_databases! {
    async fn sigterm_under_load_resets_nothing_and_loses_nothing(database: Database) {
        let setup = Setup::durable(database).drain_ms(DRAIN.as_millis());
        let mut service = Service::start_with(setup).await;
        let rounds = long_form::rounds(2, 20);
        let mut references = HashSet::new();
        let (mut slowest_word, mut slowest_end) = (Duration::ZERO, Duration::ZERO);
        for round in 0..rounds {
            if round > 0 {
                service.start_again().await;
            }
            let (word, end) = stop_under_load(&mut service, &mut references).await;
            slowest_word = slowest_word.max(word);
            slowest_end = slowest_end.max(end);
        }
        long_form::assert_within(NOT_READY_MOST, slowest_word, "not ready any more");
        assert!(slowest_end <= ENDED_MOST, "ended after {slowest_end:?}");

        service.start_again().await;
        let tickets = service.tickets();
        let kept: HashSet<_> = tickets.iter().filter_map(|ticket| ticket["reference"].as_str()).collect();
        let lost = references.iter().filter(|reference| !kept.contains(reference.as_str())).count();
        assert_eq!((lost, tickets.len()), (0, references.len()), "tickets are lost or doubled");
        let remark = format!("0 resets, 0 lost, 503 after {slowest_word:.1?}, ended after {slowest_end:.1?} at most");
        long_form::report(&format!("R12 SIGTERM, {database:?}"), rounds, references.len(), remark);
    }
}

/// One round: how long until `/readyz` said no, and until the process had ended.
async fn stop_under_load(
    service: &mut Service,
    references: &mut HashSet<String>,
) -> (Duration, Duration) {
    let load = Load::start(service.client());
    let body = a_submission().to_string();
    let (first, second) = body.split_at(body.len() / 2);
    let slow = shutdown::begin(service, body.len(), first).await;
    load.answers(BEFORE_THE_SIGNAL).await;

    let told = Instant::now();
    process::send(Signal::Terminate, service.pid());
    until_it_says_that_it_is_not_ready(service).await;
    let word = told.elapsed();
    let before = load.count();
    until_nobody_listens(service).await;
    assert!(load.count() > before, "nothing is answered while it drains");
    references.insert(finish(slow, second).await);
    let status = service.ended().await;
    let end = told.elapsed();
    assert!(status.success(), "{status}");
    references.extend(load.end().await);
    (word, end)
}

async fn until_it_says_that_it_is_not_ready(service: &Service) {
    let client = service.client();
    eventually(NOT_READY_MOST * 5, "a 503 of /readyz", async || {
        let answer = client.request("GET", "/readyz").send().await;
        let answer = answer.expect("the service listens while it drains");
        (answer.status() == 503).then_some(())
    })
    .await;
}

async fn until_nobody_listens(service: &Service) {
    eventually(ENDED_MOST, "the listener to be closed", async || {
        TcpStream::connect(service.address())
            .await
            .is_err()
            .then_some(())
    })
    .await;
}

/// Sends the rest of a submission and returns the reference.
async fn finish(mut stream: TcpStream, rest: &str) -> String {
    let sent = stream.write_all(rest.as_bytes()).await;
    sent.expect("the service still reads");
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer).await;
    read.expect("the service still answers");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a body");
    let receipt: serde_json::Value = serde_json::from_str(body).expect("a receipt");
    receipt["reference"]
        .as_str()
        .expect("a reference")
        .to_owned()
}

/// Submissions at a fixed rate, whatever becomes of the ones before: every second one in a connection of its own.
pub struct Load {
    references: Arc<Mutex<Vec<String>>>,
    sending: JoinHandle<()>,
    stop: Arc<tokio::sync::Notify>,
}

impl Load {
    pub fn start(client: Client) -> Self {
        let references = Arc::<Mutex<Vec<String>>>::default();
        let stop = Arc::<tokio::sync::Notify>::default();
        let (kept, told) = (Arc::clone(&references), Arc::clone(&stop));
        let sending = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(PAUSE_BETWEEN_REQUESTS);
            let mut requests = JoinSet::new();
            let mut number = 0_u32;
            loop {
                tokio::select! {
                    _ = ticks.tick() => {}
                    () = told.notified() => break,
                }
                number += 1;
                let (client, kept, alone) =
                    (client.clone(), Arc::clone(&kept), number.is_multiple_of(2));
                requests.spawn(async move {
                    if let Some(reference) = submit(&client, alone).await {
                        locked(&kept).push(reference);
                    }
                });
            }
            while let Some(ended) = requests.join_next().await {
                ended.expect("every request is refused at the door or answered");
            }
        });
        Self {
            references,
            sending,
            stop,
        }
    }

    pub fn count(&self) -> usize {
        locked(&self.references).len()
    }

    pub async fn answers(&self, count: usize) {
        eventually(ENDED_MOST, "answers", async || {
            (self.count() >= count).then_some(())
        })
        .await;
    }

    pub async fn end(self) -> Vec<String> {
        self.stop.notify_one();
        self.sending.await.expect("no request was cut off");
        std::mem::take(&mut locked(&self.references))
    }
}

/// The reference, or nothing when nobody listens any more. Whatever else happens breaks the promise.
async fn submit(client: &Client, alone: bool) -> Option<String> {
    let mut request = client.submission(&new_key(), &a_submission());
    if alone {
        request = request.header("Connection", "close");
    }
    match request.send().await {
        Ok(response) => {
            let answer = Answer::complete(response).await;
            Some(answer.expect("a whole answer").reference())
        }
        Err(error) if error.is_connect() => None,
        Err(error) => panic!("a request was let in and not answered: {error:?}"),
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
