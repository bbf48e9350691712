//! `kill -9` at random moments under load: nothing that was acknowledged is lost or doubled.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, File, a_submission_with, form, new_key, noise, upload_id},
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

/// How the file of an order travels.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Travels {
    /// There is none.
    Not,
    /// In the request itself.
    WithTheRequest,
    /// As an upload before the request.
    Ahead,
}

/// One of the 200: always the same request, however often it has to be sent.
struct Order {
    number: usize,
    key: String,
    file: File,
    travels: Travels,
}

impl Order {
    fn new(number: usize) -> Self {
        Self {
            number,
            key: new_key(),
            file: File::binary("evidence.bin", 1_000 + number * 997, number as u64),
            travels: match number % 4 {
                0 => Travels::WithTheRequest,
                1 => Travels::Ahead,
                _ => Travels::Not,
            },
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
        let upload_id = match self.travels {
            Travels::Ahead => Some(self.upload(client).await),
            Travels::Not | Travels::WithTheRequest => None,
        };
        eventually(ALL_SENT, "an acknowledgement", async || {
            let answer = self.try_to_send(client, upload_id.as_deref()).await?;
            (answer.status == 201).then(|| answer.reference())
        })
        .await
    }

    /// Uploads the file, again from the beginning when the service dies in between, and returns the upload's id.
    async fn upload(&self, client: &Client) -> String {
        let File {
            name,
            media_type,
            bytes,
        } = &self.file;
        eventually(ALL_SENT, "an upload", async || {
            let request = client
                .announcement(name, media_type, bytes.len())
                .header("Content-Type", "application/offset+octet-stream")
                .body(bytes.clone());
            let answer = Answer::complete(request.send().await.ok()?).await?;
            (answer.status == 201)
                .then(|| upload_id(answer.header("location").expect("a location")))
        })
        .await
    }

    /// `None` when the service died before the whole answer was here, or was not there at all.
    async fn try_to_send(&self, client: &Client, upload_id: Option<&str>) -> Option<Answer> {
        let mut submission = self.submission();
        if let Some(upload_id) = upload_id {
            submission["upload_ids"] = json!([upload_id]);
        }
        let request = match self.travels {
            Travels::WithTheRequest => client
                .request("POST", &client.path("tickets"))
                .header("Idempotency-Key", &self.key)
                .multipart(form(&submission, std::slice::from_ref(&self.file))),
            Travels::Not | Travels::Ahead => client.submission(&self.key, &submission),
        };
        let answer = Answer::complete(request.send().await.ok()?).await?;
        let may_be =
            answer.status == 201 || answer.status == 409 || answer.status.is_server_error();
        assert!(may_be, "order {}: {}", self.number, answer.text);
        Some(answer)
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
    let moments = noise(KILLS * 2, seed);
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
        assert_files_are_whole(&service, &orders);
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
fn assert_files_are_whole(service: &Service, orders: &[Order]) {
    let digests = service.file_digests();
    for order in orders {
        let is_there = order.travels == Travels::Not || digests.contains(&order.file.sha256());
        assert!(
            is_there,
            "the file of order {} is lost or torn",
            order.number
        );
    }
}

async fn assert_repeats_change_nothing(service: &Service, orders: &[Order], references: &[String]) {
    let sent = orders.iter().zip(references);
    for (order, reference) in sent
        .clone()
        .filter(|(order, _)| order.travels != Travels::Ahead)
        .step_by(9)
    {
        let repeated = order
            .try_to_send(&service.client(), None)
            .await
            .expect("the service is up");
        assert_eq!(repeated.reference(), *reference);
        assert_eq!(repeated.header("idempotency-replayed"), Some("true"));
    }
    for (order, reference) in sent
        .filter(|(order, _)| order.travels != Travels::Not)
        .step_by(9)
    {
        let ticket = service.ticket(reference);
        assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(1));
        assert_eq!(ticket["attachments"][0]["sha256"], order.file.sha256());
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
