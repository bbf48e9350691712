//! `kill -9` at random moments under load: nothing that was acknowledged is lost or doubled.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, File, a_submission_with, new_key, sha256},
    eventually, on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::watch;

const SUBMISSIONS: usize = 200;
const SENDERS: usize = 8;
const KILLS: usize = 8;
const READY_MOST: Duration = Duration::from_secs(2);
const ALL_SENT: Duration = Duration::from_secs(120);

/// One of the 200: always the same request, however often it has to be sent.
struct Order {
    number: usize,
    key: String,
    file: Option<File>,
}

impl Order {
    fn new(number: usize) -> Self {
        let size_bytes = 1_000 + number * 997;
        Self {
            number,
            key: new_key(),
            file: number
                .is_multiple_of(4)
                .then(|| File::binary("evidence.bin", size_bytes, number as u64)),
        }
    }

    fn submission(&self) -> Value {
        a_submission_with(json!({
            "summary": format!("Order {}", self.number),
            "email": format!("order-{}@customer.example", self.number),
        }))
    }

    /// Sends until there is an answer, and returns the reference in it.
    async fn send(&self, client: &Client) -> String {
        eventually(ALL_SENT, "an acknowledgement", async || {
            let answer = self.try_to_send(client).await?;
            (answer.status == 201).then(|| answer.reference())
        })
        .await
    }

    /// `None` when the service died before the whole answer was here, or was not there at all.
    async fn try_to_send(&self, client: &Client) -> Option<Answer> {
        let request = match &self.file {
            None => client.submission(&self.key, &self.submission()),
            Some(file) => {
                let part = reqwest::multipart::Part::bytes(file.bytes.clone())
                    .file_name(file.name.clone());
                let form = ["summary", "description", "email"].iter().fold(
                    reqwest::multipart::Form::new().part("attachments", part),
                    |form, field| {
                        form.text(
                            *field,
                            self.submission()[field]
                                .as_str()
                                .unwrap_or_default()
                                .to_owned(),
                        )
                    },
                );
                let path = client.path("tickets");
                client
                    .request("POST", &path)
                    .header("Idempotency-Key", &self.key)
                    .multipart(form)
            }
        };
        let response = request.send().await.ok()?;
        let status = response.status();
        if status.is_server_error() {
            return None;
        }
        assert!(
            status == 201 || status == 409,
            "order {}: {status}",
            self.number
        );
        Answer::complete(response).await
    }
}

/// Sends all orders by a few senders at a time; returns the acknowledged reference of each.
async fn send_all(
    orders: &[Order],
    client: &Client,
    acknowledged: &watch::Sender<usize>,
) -> Vec<String> {
    let next = Arc::new(AtomicUsize::new(0));
    let senders = (0..SENDERS).map(|_| async {
        let mut references = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(order) = orders.get(number) else {
                return references;
            };
            references.push((number, order.send(client).await));
            acknowledged.send_modify(|count| *count += 1);
        }
    });
    let mut references: Vec<_> = join_all(senders).await.into_iter().flatten().collect();
    references.sort();
    references
        .into_iter()
        .map(|(_, reference)| reference)
        .collect()
}

/// Kills the service again and again while the orders come in, each time at another point of its work.
async fn kill_again_and_again(
    service: &mut Service,
    mut acknowledged: watch::Receiver<usize>,
    seed: u64,
) {
    let moments = cornerdesk_tests::client::noise(KILLS * 2, seed);
    for (round, moment) in moments.chunks(2).enumerate() {
        let enough = (round + 1) * SUBMISSIONS / (KILLS + 2);
        acknowledged
            .wait_for(|count| *count >= enough)
            .await
            .expect("orders are still coming");
        // Somewhere within the few milliseconds that one submission takes.
        tokio::time::sleep(Duration::from_micros(u64::from(moment[0]) * 100)).await;
        service.kill();
        let until_ready = service.start_again().await;
        assert!(until_ready <= READY_MOST, "ready after {until_ready:?}");
    }
}

on_both_databases! {
    async fn nothing_acknowledged_is_lost_or_doubled_by_kill_9(database: Database) {
        let sink = SmtpSink::start().await;
        let mut service = Service::start_with(Setup::durable(database).mail_to(&sink)).await;
        let client = service.client();
        let orders: Vec<_> = (0..SUBMISSIONS).map(Order::new).collect();
        let (acknowledged, watched) = watch::channel(0);
        let seed = 7;
        let (references, ()) = tokio::join!(
            send_all(&orders, &client, &acknowledged),
            kill_again_and_again(&mut service, watched, seed),
        );

        assert_every_order_is_one_ticket(&service, &references);
        assert_files_are_whole(&service.data_folder(), &orders);
        assert_repeats_change_nothing(&service, &orders, &references).await;
        assert_each_requester_is_told(&sink, &references).await;
    }
}

fn assert_every_order_is_one_ticket(service: &Service, references: &[String]) {
    let tickets = service.tickets();
    let mut by_reference = HashMap::new();
    for ticket in &tickets {
        let reference = ticket["reference"]
            .as_str()
            .expect("a reference")
            .to_owned();
        let doubled = by_reference.insert(reference, ticket["summary"].clone());
        assert!(doubled.is_none(), "a reference stands twice");
    }
    for (number, reference) in references.iter().enumerate() {
        let summary = by_reference
            .get(reference)
            .unwrap_or_else(|| panic!("order {number} ({reference}) is lost"));
        assert_eq!(*summary, format!("Order {number}"));
    }
    // Every order was sent until it was acknowledged, so there is nothing else.
    assert_eq!(tickets.len(), references.len(), "orders are doubled");
}

/// Each file that was sent is in the data folder with every byte.
fn assert_files_are_whole(data_folder: &Path, orders: &[Order]) {
    let mut digests = HashSet::new();
    digests_below(data_folder, &mut digests);
    for order in orders {
        if let Some(file) = &order.file {
            assert!(
                digests.contains(&file.sha256()),
                "the file of order {} is lost or torn",
                order.number
            );
        }
    }
}

fn digests_below(folder: &Path, digests: &mut HashSet<String>) {
    for entry in fs::read_dir(folder)
        .expect("a folder can be read")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            digests_below(&path, digests);
        } else if let Ok(bytes) = fs::read(&path) {
            digests.insert(sha256(&bytes));
        }
    }
}

async fn assert_repeats_change_nothing(service: &Service, orders: &[Order], references: &[String]) {
    for (order, reference) in orders.iter().zip(references).step_by(9) {
        let repeated = order
            .try_to_send(&service.client())
            .await
            .expect("the service is up");
        assert_eq!(repeated.reference(), *reference);
        assert_eq!(repeated.header("idempotency-replayed"), Some("true"));
    }
    let with_file = (0..orders.len()).step_by(20);
    for number in with_file {
        let file = orders[number]
            .file
            .as_ref()
            .expect("every fourth has a file");
        let ticket = service.ticket(&references[number]);
        assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(1));
        assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
    }
}

/// Everybody gets a mail; who gets two, because of a kill, gets the same one twice.
async fn assert_each_requester_is_told(sink: &SmtpSink, references: &[String]) {
    let told = async || {
        let mut ids: HashMap<String, HashSet<String>> = HashMap::new();
        for message in sink.received() {
            let id = message.mail().header("Message-ID").to_owned();
            ids.entry(message.recipients[0].clone())
                .or_default()
                .insert(id);
        }
        ids
    };
    let ids = eventually(
        Duration::from_secs(60),
        "a mail for each requester",
        async || {
            let ids = told().await;
            (ids.len() == references.len()).then_some(ids)
        },
    )
    .await;
    assert!(
        ids.values().all(|ids| ids.len() == 1),
        "a doubled mail has another Message-ID"
    );
    let doubled = sink.received().len() - references.len();
    assert!(
        doubled <= KILLS * 4,
        "{doubled} mails were doubled by {KILLS} kills with 4 workers"
    );
}
