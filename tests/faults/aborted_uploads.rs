//! Clients that hang up in the middle of a file (R10): no ticket, and nothing of theirs on any disk in the end.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use cornerdesk_tests::{
    Database, Service,
    client::{File, RawConnection, noise},
    eventually,
    object_store::Bucket,
    service::Setup,
};
use futures_util::future::join_all;
use sqlx::SqlitePool;

use crate::long_form;

const AT_A_TIME: usize = 5;
const FILE_BYTES: usize = 200_000;
/// Bytes of a form are gone so soon.
const FORMS_GONE: Duration = Duration::from_secs(5);
const AROUND_BASELINE_BYTES: u64 = 1 << 20;

/// Begins a request with a file and hangs up at a random byte of its body.
async fn hang_up(service: &Service, number: usize, dice: &[u8]) {
    let file = File::binary("a.bin", FILE_BYTES, number as u64);
    let client = service.client();
    let (head, body) = if number.is_multiple_of(2) {
        let upload = client.create_upload(&file).await;
        let head = format!(
            "PATCH {upload} HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n"
        );
        (head, file.bytes)
    } else {
        let path = client.path("tickets");
        let head =
            format!("POST {path} HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\n");
        (head, form(&file))
    };
    let at = usize::from(dice[0]) << 16 | usize::from(dice[1]) << 8 | usize::from(dice[2]);
    let (length, host) = (body.len(), service.address());
    let mut connection = RawConnection::open(service.address()).await;
    connection
        .send(format!(
            "{head}Host: {host}\r\nContent-Length: {length}\r\n\r\n"
        ))
        .await;
    connection.send(&body[..at % length]).await;
}

fn form(file: &File) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in [
        ("summary", "Cut"),
        ("description", "Cut off in the middle."),
        ("email", "ada@customer.example"),
    ] {
        body.extend(
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .bytes(),
        );
    }
    body.extend(
        b"--b\r\nContent-Disposition: form-data; name=\"attachments\"; filename=\"a.bin\"\r\n\r\n",
    );
    body.extend(&file.bytes);
    body.extend(b"\r\n--b--\r\n");
    body
}

async fn hang_up_often(service: &Service, times: usize, seed: u64) {
    let dice = noise(3 * times, seed);
    let numbers: Vec<usize> = (0..times).collect();
    for some in numbers.chunks(AT_A_TIME) {
        let hanging_up = some
            .iter()
            .map(|number| hang_up(service, *number, &dice[3 * number..]));
        join_all(hanging_up).await;
    }
}

async fn database(service: &Service) -> SqlitePool {
    let file = service.data_folder().join("cornerdesk.db");
    let url = format!("sqlite://{}", file.display());
    let database = SqlitePool::connect(&url).await;
    database.expect("the database is there")
}

/// Lets every upload be over its time; the bytes of an upload stay until then, so that it can be resumed.
async fn expire_uploads(service: &Service) {
    let database = database(service).await;
    sqlx::query("update uploads set expires_at = 0")
        .execute(&database)
        .await
        .expect("it can be written");
    database.close().await;
}

/// How many uploads there are.
async fn uploads(service: &Service) -> i64 {
    let database = database(service).await;
    let count = sqlx::query_scalar("select count(*) from uploads")
        .fetch_one(&database)
        .await;
    database.close().await;
    count.expect("it can be read")
}

/// What the data folder takes, without what SQLite has not yet put in its place.
async fn disk_bytes(service: &Service) -> u64 {
    let database = database(service).await;
    let emptied = sqlx::query("pragma wal_checkpoint(truncate)")
        .execute(&database)
        .await;
    emptied.expect("the log can be emptied");
    database.close().await;
    size_bytes(&service.data_folder())
}

fn size_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a folder can be read");
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => size_bytes(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0, // gone by now
    });
    sizes.sum()
}

/// Hangs up so many times; in the end nothing is left.
async fn assert_nothing_is_left(service: &Service, times: usize) {
    // What the database keeps for itself it keeps after the first few.
    hang_up_often(service, 60, 41).await;
    expire_uploads(service).await;
    service.command(&["sweep"]);
    let baseline = disk_bytes(service).await;

    hang_up_often(service, times, 42).await;
    let ended = Instant::now();
    let of_tus = i64::try_from(times / 2).expect("a small number");
    eventually(FORMS_GONE, "the bytes of forms to be gone", async || {
        (uploads(service).await == of_tus).then_some(())
    })
    .await;
    let gone_after = ended.elapsed();
    expire_uploads(service).await;
    service.command(&["sweep"]);
    assert_eq!(service.tickets().len(), 0);
    assert_eq!(uploads(service).await, 0);
    assert_eq!(service.storage_bytes().await, 0);
    let left = disk_bytes(service).await.abs_diff(baseline);
    assert!(left <= AROUND_BASELINE_BYTES, "{left} bytes are left");
    let remark = format!(
        "0 tickets; forms gone {gone_after:.1?} after the last; {left} bytes from the baseline"
    );
    long_form::report("R10 clients hang up", times, 0, remark);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_leave_nothing_in_the_folder() {
    let service = Service::start(Database::Sqlite).await;
    assert_nothing_is_left(&service, long_form::rounds(500, 5_000)).await;
    let blobs = service.data_folder().join("blobs");
    assert_eq!(count_files(&blobs), 0, "a file is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_leave_nothing_in_the_bucket() {
    let bucket = Bucket::new().await;
    let setup = Setup::new(Database::Sqlite).section(&bucket.storage());
    let service = Service::start_with(setup).await;
    assert_nothing_is_left(&service, long_form::rounds(500, 5_000)).await;
    assert_eq!(bucket.objects().await.len(), 0);
    assert_eq!(bucket.open_multipart_uploads().await, 0);
    assert_eq!(count_files(&service.data_folder().join("spool")), 0);
}

/// How many files there are, at whatever depth.
fn count_files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).expect("a folder can be read");
    let counts = entries.flatten().map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => count_files(&entry.path()),
        Ok(_) => 1,
        Err(_) => 0,
    });
    counts.sum()
}
