//! PostgreSQL is restarted under load, without a chance to end its transactions.

use std::time::{Duration, Instant};

use cornerdesk_tests::{
    Database, Service,
    postgres::{Durability, Postgres},
    service::Setup,
};

use crate::{
    long_form,
    orders::{Orders, SENDERS},
};

const ORDERS_PER_RESTART: usize = 60;
const WINDOW_MOST: Duration = Duration::from_secs(10);

#[tokio::test]
async fn nothing_acknowledged_is_lost_or_doubled_when_postgresql_restarts() {
    let mut postgres = Postgres::start(Durability::Full);
    let setup = Setup::new(Database::Sqlite).database_url(&postgres.create_database());
    let service = Service::start_with(setup).await;
    let client = service.client();
    let restarts = long_form::rounds(3, 10);
    let orders = Orders::new(restarts * ORDERS_PER_RESTART);
    let seed = 13;
    let mut longest = Duration::ZERO;
    orders
        .send_all_while(&client, restarts, seed, async |_| {
            let began = Instant::now();
            postgres.restart_immediately().await;
            // One more than can have been on their way back.
            let working = orders.receipts().len() + SENDERS + 1;
            orders.acknowledged(working).await;
            longest = longest.max(began.elapsed());
        })
        .await;
    assert!(
        longest <= WINDOW_MOST,
        "no acknowledgements for {longest:?}"
    );

    orders.assert_each_is_one_ticket(&service).await;
    let remark = format!("0 lost, 0 doubled, window {longest:.1?} at most");
    let count = orders.receipts().len();
    long_form::report("R5 restart of PostgreSQL", restarts, count, remark);
}
