//! Several processes on one PostgreSQL and one store of attachments, behind HAProxy.

use std::{
    collections::HashSet,
    path::Path,
    time::{Duration, Instant},
};

use cornerdesk_tests::{
    Database, Service,
    client::{Client, a_submission},
    eventually,
    haproxy::Haproxy,
    object_store::Bucket,
    postgres::{Durability, Postgres},
    process::{self, Signal},
    scratch,
    service::{SITE, Setup},
    smtp::SmtpSink,
};

use crate::{
    crashes::assert_each_requester_is_told, long_form, orders::Orders, shutdown_under_load::Load,
};

const ORDERS_PER_KILL: usize = 150;
const ORDERS_PER_KILL_ON_A_BUCKET: usize = 50;
/// Mails of one test.
const COUNT: usize = 10;
/// What `config.default.toml` says.
const DEFAULT_LEASE_MS: u32 = 15_000;
const TAKEN_OVER_MOST: Duration = Duration::from_secs(30);

/// What all replicas of one installation share.
fn shared(sink: &SmtpSink, data_folder: &Path) -> Setup {
    let database = Postgres::shared(Durability::Full).create_database();
    Setup::durable(Database::Sqlite)
        .database_url(&database)
        .data_folder(data_folder)
        .mail_to(sink)
}

/// Two replicas of `setup` behind HAProxy, of which one is killed again and again, in turns. Both run in the end.
async fn kill_one_of_two(setup: &Setup, orders: &Orders, kills: usize) -> [Service; 2] {
    let mut replicas = [
        Service::start_with(setup.clone()).await,
        Service::start_with(setup.clone()).await,
    ];
    let balancer = Haproxy::start(&[replicas[0].address(), replicas[1].address()]).await;
    let client = Client::new(&balancer.origin(), SITE);
    let seed = 23;
    orders
        .send_all_while(&client, kills, seed, async |round| {
            let replica = &mut replicas[round % 2];
            replica.kill();
            // The other one alone, for a while.
            let some_more = orders.receipts().len() + 20;
            orders.acknowledged(some_more.min(orders.count())).await;
            replica.start_again().await;
        })
        .await;
    replicas
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_when_one_of_two_replicas_is_killed() {
    let sink = SmtpSink::start().await;
    let setup = shared(&sink, &scratch::folder("shared-data"));
    let kills = long_form::rounds(4, 50);
    let count = kills * ORDERS_PER_KILL;
    let orders = Orders::new(count).behind_a_proxy();
    let replicas = kill_one_of_two(&setup, &orders, kills).await;

    orders.assert_each_is_one_ticket(&replicas[0]).await;
    assert_each_requester_is_told(&sink, count, kills).await;
    let doubled = sink.count() - count;
    let remark = format!("0 lost, 0 doubled; {doubled} mails twice, with the same Message-ID");
    long_form::report("R6 one of two replicas killed", kills, count, remark);
}

/// They share a database and a bucket, and no disk.
#[tokio::test]
async fn nothing_is_lost_or_doubled_when_one_of_two_replicas_on_a_bucket_is_killed() {
    let (sink, bucket) = (SmtpSink::start().await, Bucket::new().await);
    let database = Postgres::shared(Durability::Full).create_database();
    let setup = Setup::durable(Database::Sqlite)
        .database_url(&database)
        .section(&bucket.storage())
        .mail_to(&sink);
    let kills = long_form::rounds(2, 30);
    let count = kills * ORDERS_PER_KILL_ON_A_BUCKET;
    let orders = Orders::new(count).behind_a_proxy();
    let replicas = kill_one_of_two(&setup, &orders, kills).await;

    let objects: HashSet<String> = bucket.objects().await.into_values().collect();
    orders
        .assert_each_is_one_ticket_with(&replicas[0], &objects)
        .await;
    assert_each_requester_is_told(&sink, count, kills).await;
    replicas[1].command(&["sweep", "--abandoned-after", "0"]);
    let left: HashSet<String> = bucket.objects().await.into_values().collect();
    assert_eq!(left, orders.file_digests(), "files are lost or nobody's");
    assert_eq!(bucket.open_multipart_uploads().await, 0);
    let remark = format!("0 lost, 0 doubled; {} files, none nobody's", left.len());
    long_form::report("R6 the same on a bucket", kills, count, remark);
}

#[tokio::test]
async fn a_rolling_restart_behind_a_proxy_fails_no_request() {
    let sink = SmtpSink::start().await;
    let setup = shared(&sink, &scratch::folder("shared-data")).drain_ms(3_000);
    let mut replicas = [
        Service::start_with(setup.clone()).await,
        Service::start_with(setup).await,
    ];
    let balancer = Haproxy::start(&[replicas[0].address(), replicas[1].address()]).await;
    let load = Load::start(Client::new(&balancer.origin(), SITE));
    for replica in &mut replicas {
        load.answers(load.count() + 20).await;
        assert!(replica.terminate().await.success());
        let log_before = replica.log().len();
        replica.start_again().await;
        // HAProxy has to notice before the other one goes.
        eventually(TAKEN_OVER_MOST, "a ticket at the new one", async || {
            let log = replica.log();
            log[log_before..].contains("ticket received").then_some(())
        })
        .await;
    }
    let references = load.end().await;
    assert_eq!(replicas[0].tickets().len(), references.len());
}

#[tokio::test]
async fn the_jobs_of_a_killed_replica_are_taken_over_within_half_a_minute() {
    let sink = SmtpSink::start().await;
    let setup = shared(&sink, &scratch::folder("shared-data")).leases(DEFAULT_LEASE_MS, 60_000);
    let mut service = Service::start_with(setup).await;
    let pid = service.pid();
    // It holds the job, and cannot learn that the mail is out.
    sink.before_next_acceptance(move || process::send(Signal::Stop, pid));
    service.client().submit(&a_submission()).await.reference();
    sink.messages(1).await;
    service.kill();
    let killed = Instant::now();
    let worker = service.start_worker();
    eventually(TAKEN_OVER_MOST, "the job to be taken over", async || {
        (sink.count() == 2).then_some(())
    })
    .await;
    let elapsed = killed.elapsed();
    assert!(worker.log().contains("running jobs"), "{}", worker.log());
    let remark = format!("taken over {elapsed:.0?} after the kill, default lease");
    long_form::report("R6 a job of a killed replica", 1, 1, remark);
}

#[tokio::test]
async fn what_one_process_takes_another_delivers() {
    let sink = SmtpSink::start().await;
    let setup = shared(&sink, &scratch::folder("shared-data")).without_jobs();
    let service = Service::start_with(setup).await;
    for _ in 0..COUNT {
        service.client().submit(&a_submission()).await.reference();
    }
    assert!(service.jobs("ready").iter().all(|job| job["attempts"] == 0));
    let worker = service.start_worker();
    sink.messages(COUNT).await;
    eventually(Duration::from_secs(10), "the jobs' ends", async || {
        (worker.log().matches("job done").count() == COUNT).then_some(())
    })
    .await;
    assert!(!service.log().contains("job done"));
}

#[tokio::test]
async fn addresses_that_a_replica_tells_are_the_proxys() {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(shared(&sink, &scratch::folder("shared-data"))).await;
    let balancer = Haproxy::start(&[service.address()]).await;
    let client = Client::new(&balancer.origin(), SITE);
    let request = client.announcement("a.txt", "text/plain", 1);
    let answer = request.send().await.expect("an answer");
    let location = answer.headers()["location"].to_str().expect("ASCII");
    let origin = balancer.origin();
    assert!(
        location.starts_with('/') || location.starts_with(&origin),
        "{location}"
    );
}
