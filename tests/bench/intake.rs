//! Submissions per second against the running binary, beside an answer that costs nothing (`/healthz`): the ratio says what intake costs
//! whatever the machine.
//!
//! `cargo bench -p cornerdesk-tests`; build the binary with the same profile.

use cornerdesk_tests::{
    Database, Service,
    client::{Client, a_submission, new_key},
    service::Setup,
};
use criterion::{Criterion, Throughput};
use futures_util::future::join_all;
use tokio::runtime::Runtime;

/// Clients at the same time: commits can be shared between them.
const CLIENTS: usize = 8;

async fn submit(client: &Client) {
    let request = client.submission(&new_key(), &a_submission());
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 201);
}

async fn look(client: &Client) {
    assert_eq!(client.get("/healthz").await.status(), 200);
}

fn measure(criterion: &mut Criterion, runtime: &Runtime, name: &str, database: Database) {
    let service = runtime.block_on(Service::start_with(Setup::durable(database)));
    let client = service.client();
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20);
    group.throughput(Throughput::Elements(CLIENTS as u64));
    group.bench_function("submission", |bencher| {
        bencher
            .to_async(runtime)
            .iter(|| join_all((0..CLIENTS).map(|_| submit(&client))));
    });
    group.bench_function("healthz", |bencher| {
        bencher
            .to_async(runtime)
            .iter(|| join_all((0..CLIENTS).map(|_| look(&client))));
    });
    group.finish();
}

fn main() {
    let runtime = Runtime::new().expect("a runtime");
    let mut criterion = Criterion::default().configure_from_args();
    measure(&mut criterion, &runtime, "sqlite", Database::Sqlite);
    measure(&mut criterion, &runtime, "postgres", Database::Postgres);
    criterion.final_summary();
}
