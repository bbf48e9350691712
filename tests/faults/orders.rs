//! Orders: many submissions, each sent until it is acknowledged, and what must be true of them in the end.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use cornerdesk_tests::{
    Service,
    client::{Answer, Client, File, a_submission_with, form, new_key, noise, upload_id},
    eventually,
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::watch;

/// How many orders are on their way at a time: as many of each kind, so that none waits for another that is refused.
pub const SENDERS: usize = 3 * SENDERS_OF_A_KIND;
const SENDERS_OF_A_KIND: usize = 3;
/// For how long one order is tried.
const SENT: Duration = Duration::from_secs(120);
const LARGEST_FILE_BYTES: usize = 120_000;

/// How the file of an order travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Travels {
    /// There is none.
    Not,
    /// In the request itself.
    WithTheRequest,
    /// As an upload before the request.
    Ahead,
}

/// Always the same request, however often it has to be sent.
pub struct Order {
    pub number: usize,
    key: String,
    pub file: File,
    pub travels: Travels,
}

/// All orders of a test, and what came back.
pub struct Orders {
    orders: Vec<Order>,
    receipts: Mutex<BTreeMap<usize, String>>,
    /// Numbers of orders, the first acknowledged one first.
    sequence: Mutex<Vec<usize>>,
    refusals: Mutex<HashMap<Travels, usize>>,
    acknowledged: watch::Sender<usize>,
    has_proxy: bool,
}

impl Order {
    fn new(number: usize) -> Self {
        let size_bytes = 1_000 + number * 997 % LARGEST_FILE_BYTES;
        Self {
            number,
            key: new_key(),
            file: File::binary("evidence.bin", size_bytes, number as u64),
            travels: match number % 4 {
                0 => Travels::WithTheRequest,
                1 => Travels::Ahead,
                _ => Travels::Not,
            },
        }
    }

    /// What its ticket is called.
    pub fn summary(&self) -> String {
        format!("Order {}", self.number)
    }

    fn submission(&self) -> Value {
        a_submission_with(json!({
            "summary": self.summary(),
            "email": format!("order-{}@customer.example", self.number),
        }))
    }

    /// Announces the file and sends its bytes at once; `None` when there is no whole answer.
    async fn try_to_upload(&self, client: &Client) -> Option<Answer> {
        let file = &self.file;
        let request = client
            .announcement(&file.name, &file.media_type, file.bytes.len())
            .header("Content-Type", "application/offset+octet-stream")
            .body(file.bytes.clone());
        Answer::complete(request.send().await.ok()?).await
    }

    /// `None` when the service died before the whole answer was here, or was not there at all.
    pub async fn try_to_send(&self, client: &Client, upload_id: Option<&str>) -> Option<Answer> {
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
        Answer::complete(request.send().await.ok()?).await
    }
}

impl Orders {
    pub fn new(count: usize) -> Self {
        Self {
            orders: (0..count).map(Order::new).collect(),
            receipts: Mutex::default(),
            sequence: Mutex::default(),
            refusals: Mutex::default(),
            acknowledged: watch::Sender::new(0),
            has_proxy: false,
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.orders.len()
    }

    /// There is a proxy in between, which has words of its own for a service that is gone.
    pub fn behind_a_proxy(mut self) -> Self {
        self.has_proxy = true;
        self
    }

    /// Sends all orders, by a few senders at a time, until each is acknowledged.
    pub async fn send_all(&self, client: &Client) {
        let kinds = [Travels::Not, Travels::WithTheRequest, Travels::Ahead];
        join_all(kinds.map(|kind| self.send_kind(kind, client))).await;
    }

    async fn send_kind(&self, kind: Travels, client: &Client) {
        let of_this_kind = self.orders.iter().filter(|order| order.travels == kind);
        let waiting = Mutex::new(of_this_kind);
        let next = || locked(&waiting).next();
        let senders = (0..SENDERS_OF_A_KIND).map(|_| async {
            while let Some(order) = next() {
                let reference = self.send(order, client).await;
                locked(&self.receipts).insert(order.number, reference);
                locked(&self.sequence).push(order.number);
                self.acknowledged.send_modify(|count| *count += 1);
            }
        });
        join_all(senders).await;
    }

    /// [`Self::send_all`] while something `strikes` so many times, each time at another point of the work.
    pub async fn send_all_while(
        &self,
        client: &Client,
        strikes: usize,
        seed: u64,
        mut strike: impl AsyncFnMut(usize),
    ) {
        let strike_again_and_again = async {
            for (round, moment) in noise(strikes, seed).into_iter().enumerate() {
                self.acknowledged((round + 1) * self.orders.len() / (strikes + 2))
                    .await;
                // Somewhere within the few milliseconds that one submission takes.
                tokio::time::sleep(Duration::from_micros(u64::from(moment) * 100)).await;
                strike(round).await;
            }
        };
        tokio::join!(self.send_all(client), strike_again_and_again);
    }

    /// Waits until so many orders are acknowledged.
    pub async fn acknowledged(&self, at_least: usize) {
        let mut watched = self.acknowledged.subscribe();
        let enough = watched.wait_for(|count| *count >= at_least).await;
        drop(enough.expect("the sender of this channel is ours"));
    }

    /// Sends one order until there is a receipt, and returns the reference in it.
    async fn send(&self, order: &Order, client: &Client) -> String {
        let upload_id = match order.travels {
            Travels::Ahead => {
                let try_to_upload = async || order.try_to_upload(client).await;
                let answer = self.until_created(order, try_to_upload).await;
                Some(upload_id(answer.header("location").expect("a location")))
            }
            Travels::Not | Travels::WithTheRequest => None,
        };
        let try_to_send = async || order.try_to_send(client, upload_id.as_deref()).await;
        self.until_created(order, try_to_send).await.reference()
    }

    async fn until_created(
        &self,
        order: &Order,
        mut request: impl AsyncFnMut() -> Option<Answer>,
    ) -> Answer {
        eventually(SENT, "an acknowledgement", async || {
            let answer = request().await?;
            let status = answer.status;
            match status.as_u16() {
                201 | 409 => {}
                502..=504 if self.has_proxy && !answer.is_problem() => {}
                // What is the service's own trouble says so, and when to come back.
                503 => {
                    answer.problem(503, "too-busy");
                    assert!(answer.header("retry-after").is_some());
                    *locked(&self.refusals).entry(order.travels).or_default() += 1;
                }
                _ => panic!("order {}: {status} {}", order.number, answer.text),
            }
            (status == 201).then_some(answer)
        })
        .await
    }

    /// The orders that are acknowledged by now, each with its reference.
    pub fn receipts(&self) -> Vec<(&Order, String)> {
        let receipts = locked(&self.receipts);
        let with_order =
            |(number, reference): (&usize, &String)| (&self.orders[*number], reference.clone());
        receipts.iter().map(with_order).collect()
    }

    /// The same, in the order in which they were acknowledged.
    pub fn in_order_of_receipt(&self) -> Vec<(&Order, String)> {
        let receipts = locked(&self.receipts);
        let sequence = locked(&self.sequence);
        let with_reference = |number: &usize| (&self.orders[*number], receipts[number].clone());
        sequence.iter().map(with_reference).collect()
    }

    /// How often the service refused orders of a kind, with a problem and the time to come back.
    pub fn refusals(&self, kind: Travels) -> usize {
        locked(&self.refusals)
            .get(&kind)
            .copied()
            .unwrap_or_default()
    }

    /// Checks, when all are sent, that each order is one ticket and its file is whole, and that repeating one changes nothing.
    pub async fn assert_each_is_one_ticket(&self, service: &Service) {
        self.assert_each_is_one_ticket_with(service, &service.file_digests())
            .await;
    }

    /// The same, where the files with these digests are kept elsewhere than in the data folder.
    pub async fn assert_each_is_one_ticket_with(
        &self,
        service: &Service,
        digests: &HashSet<String>,
    ) {
        let tickets = self.assert_acknowledged_are_there(service, digests);
        // Every order was sent until it was acknowledged, so there is nothing else.
        assert_eq!(tickets, self.orders.len(), "orders are lost or doubled");
        self.assert_repeats_change_nothing(service).await;
    }

    /// The digests of all files.
    pub fn file_digests(&self) -> HashSet<String> {
        let with_file = |order: &&Order| order.travels != Travels::Not;
        let files = self.orders.iter().filter(with_file);
        files.map(|order| order.file.sha256()).collect()
    }

    fn assert_acknowledged_are_there(&self, service: &Service, digests: &HashSet<String>) -> usize {
        let tickets = service.tickets();
        let mut by_reference = HashMap::new();
        for ticket in &tickets {
            let doubled = by_reference.insert(&ticket["reference"], &ticket["summary"]);
            assert!(doubled.is_none(), "a reference stands twice");
        }
        for (order, reference) in self.receipts() {
            let summary = by_reference.get(&json!(reference));
            let name = order.summary();
            assert_eq!(summary, Some(&&json!(name)), "{name} ({reference}) is lost");
            let is_whole = order.travels == Travels::Not || digests.contains(&order.file.sha256());
            assert!(is_whole, "the file of {name} is lost or torn");
        }
        tickets.len()
    }

    async fn assert_repeats_change_nothing(&self, service: &Service) {
        let client = service.client();
        // A prime, so that every way to travel is among them; not more than about forty, for each is a program to run.
        let step = if self.orders.len() < 400 { 7 } else { 101 };
        for (order, reference) in self.receipts().into_iter().step_by(step) {
            if order.travels != Travels::Ahead {
                let repeated = order.try_to_send(&client, None).await;
                let repeated = repeated.expect("the service is up");
                assert_eq!(repeated.reference(), reference);
                assert_eq!(repeated.header("idempotency-replayed"), Some("true"));
            }
            if order.travels != Travels::Not {
                let ticket = service.ticket(&reference);
                assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(1));
                assert_eq!(ticket["attachments"][0]["sha256"], order.file.sha256());
            }
        }
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
