//! `kill -9` at random moments under load: nothing that was acknowledged is lost or doubled.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use cornerdesk_tests::{
    Database, Service, eventually, on_both_databases, service::Setup, smtp::SmtpSink,
};

use crate::{long_form, orders::Orders};

const READY_MOST: Duration = Duration::from_secs(2);
/// The outbox sends ten mails a second at least.
const MAIL_SENT: Duration = Duration::from_millis(100);

/// Kills, and orders for each of them: in the long form more than 10,000 orders on each database.
fn kills_and_orders(database: Database) -> (usize, usize) {
    let long = match database {
        Database::Sqlite => 100,
        Database::Postgres => 50,
    };
    let kills = long_form::rounds(8, long);
    let orders = long_form::rounds(200, 10_200);
    (kills, orders)
}

on_both_databases! {
    async fn nothing_acknowledged_is_lost_or_doubled_by_kill_9(database: Database) {
        let sink = SmtpSink::start().await;
        let mut service = Service::start_with(Setup::durable(database).mail_to(&sink)).await;
        let client = service.client();
        let (kills, count) = kills_and_orders(database);
        let orders = Orders::new(count);
        let seed = 7;
        let mut slowest = Duration::ZERO;
        orders.send_all_while(&client, kills, seed, async |_| {
            service.kill();
            slowest = slowest.max(service.start_again().await);
        }).await;
        long_form::assert_within(READY_MOST, slowest, "ready");

        orders.assert_each_is_one_ticket(&service).await;
        service.assert_storage_is_counted();
        assert_each_requester_is_told(&sink, count, kills).await;
        let remark = format!("0 lost, 0 doubled, ready after {slowest:.1?} at most");
        long_form::report(&format!("R1 kill -9, {database:?}"), kills, count, remark);
    }
}

/// Everybody gets a mail; who gets two, because of a kill, gets the same one twice.
pub async fn assert_each_requester_is_told(sink: &SmtpSink, requesters: usize, kills: usize) {
    let told = || {
        let mut ids: HashMap<String, HashSet<String>> = HashMap::new();
        for message in sink.received() {
            let id = message.mail().header("Message-ID").to_owned();
            ids.entry(message.recipients[0].clone())
                .or_default()
                .insert(id);
        }
        ids
    };
    // The mails are read only when there may be enough of them: reading thousands again and again would hold up their arrival.
    let enough =
        Duration::from_secs(60) + MAIL_SENT * u32::try_from(requesters).unwrap_or(u32::MAX);
    let ids = eventually(enough, "a mail for each requester", async || {
        if sink.count() < requesters {
            return None;
        }
        let ids = told();
        (ids.len() == requesters).then_some(ids)
    })
    .await;
    assert!(
        ids.values().all(|ids| ids.len() == 1),
        "a doubled mail has another Message-ID"
    );
    let doubled = sink.received().len() - requesters;
    assert!(
        doubled <= kills * 4,
        "{doubled} mails were doubled by {kills} kills with 4 workers"
    );
}
