//! How much the files of a site may take up in all: exact, and never in the way of a text.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{
        Answer, Client, File, RawConnection, a_submission, a_submission_with, form, new_key,
        upload_id,
    },
    eventually,
    object_store::Bucket,
    on_both_databases,
    service::{SITE, Setup},
};
use futures_util::future::join_all;
use serde_json::json;

/// A little more than the head of a form with one file.
const QUOTA: u64 = 1_000_000;

fn with_quota(database: Database) -> Setup {
    Setup::new(database).site_setting(&format!("quota_bytes = {QUOTA}"))
}

async fn announce(client: &Client, bytes: usize) -> Answer {
    let request = client.announcement("a.bin", "image/png", bytes);
    Answer::of(request.send().await.expect("an answer")).await
}

fn is_refused(answer: &Answer) {
    answer.problem(413, "storage-full");
}

/// A picture from which something is taken out, so that less of it is kept than came.
fn telling_picture() -> File {
    let dot = include_bytes!("files/dot.jpg");
    let comment = [&b"\xff\xfe\x04\x02"[..], &[b'x'; 1_024]].concat();
    let bytes = [&dot[..2], &comment, &dot[2..]].concat();
    File::of("dot.jpg", "image/jpeg", &bytes)
}

/// What the attachments of these tickets have by themselves, in bytes.
fn kept_bytes(service: &Service, references: &[String]) -> u64 {
    let tickets = service.tickets_by(references);
    let files = tickets
        .iter()
        .filter_map(|ticket| ticket["attachments"].as_array());
    let sizes = files.flatten().map(|file| file["size_bytes"].as_u64());
    sizes.map(|size| size.expect("a size")).sum()
}

on_both_databases! {
    async fn a_file_beyond_the_quota_is_refused_and_the_text_is_taken(database: Database) {
        let service = Service::start_with(with_quota(database)).await;
        let client = service.client();
        let first = client.submit_with(&[File::binary("a.bin", 900_000, 1)]).await;
        is_refused(&announce(&client, 100_001).await);
        let files = [File::binary("b.bin", 200_000, 2)];
        let answer = client.submit_form(&a_submission(), &files).await;
        let problem = answer.problem(413, "storage-full");
        assert_eq!(problem["violations"], json!([{ "field": "attachments", "code": "no_room" }]));
        assert_eq!(service.tickets().len(), 1);

        let second = client.submit(&a_submission()).await.reference();
        // What fits is taken, however it comes.
        let third = client.submit_form(&a_submission(), &[File::binary("c.bin", 40_000, 3)]).await.reference();
        let fourth = client.submit_with(&[File::binary("d.bin", 60_000, 4)]).await;
        is_refused(&announce(&client, 1).await);
        assert_eq!(kept_bytes(&service, &[first, second, third, fourth]), QUOTA);
        assert_eq!(service.storage_bytes().await, QUOTA);
        client.submit(&a_submission()).await.reference();
        let listed = service.command(&["site", "list"]);
        assert!(listed.contains("files: 977 KB of 977 KB"), "{listed}");
        service.assert_storage_is_counted();
    }

    async fn the_form_without_javascript_says_it_and_takes_the_text(database: Database) {
        let service = Service::start_with(with_quota(database).site_setting("quota_bytes = 1000")).await;
        let client = service.client();
        for (language, words) in [("en", "There is no room for more files at the moment"), ("de", "ist im Moment kein Platz")] {
            let submission = a_submission_with(json!({ "locale": language, "description": "Since <this> morning" }));
            let send = async |files: &[File]| {
                let request = client.request("POST", &format!("/help/{SITE}")).multipart(form(&submission, files));
                Answer::of(request.send().await.expect("an answer")).await
            };
            let answer = send(&[File::binary("a.bin", 5_000, 1)]).await;
            assert_eq!(answer.status, 422);
            assert!(answer.text.contains(words), "{}", answer.text);
            assert!(answer.text.contains("Since &lt;this&gt; morning"));
            assert_eq!(send(&[]).await.status, 201);
        }
        assert_eq!(service.tickets().len(), 2);
    }

    async fn what_is_taken_away_or_expires_makes_room(database: Database) {
        let setup = with_quota(database).section("[uploads]\nexpire_hours = 1");
        let service = Service::start_in_false_time(setup).await;
        let client = service.client();
        let upload = client.create_upload(&File::binary("a.bin", 1_000_000, 1)).await;
        client.append(&upload, 0, &[1; 500_000]).await;
        is_refused(&announce(&client, 500_001).await);
        assert_eq!(client.about_upload("DELETE", &upload).await.status, 204);
        assert_eq!(client.about_upload("DELETE", &upload).await.status, 404);
        let upload = client.create_upload(&File::binary("b.bin", 1_000_000, 2)).await;
        client.append(&upload, 0, &[1; 1_000_000]).await;
        is_refused(&announce(&client, 1).await);
        service.advance(Duration::from_secs(2 * 3_600));
        service.assert_storage_is_counted();
        assert_eq!(service.storage_bytes().await, 0);
        assert_eq!(announce(&client, 1_000_000).await.status, 201);
    }

    async fn who_announces_and_sends_nothing_keeps_nobody_out(database: Database) {
        let service = Service::start_with(with_quota(database)).await;
        let client = service.client();
        let announced = join_all((0..20).map(|_| announce(&client, 1_000_000))).await;
        assert!(announced.iter().all(|answer| answer.status == 201));
        assert_eq!(service.storage_bytes().await, 0, "what was not sent takes up nothing");
        client.submit_with(&[File::binary("a.bin", 500_000, 1)]).await;
        client.submit_form(&a_submission(), &[File::binary("b.bin", 400_000, 2)]).await.reference();
        assert_eq!(service.storage_bytes().await, 900_000);
        service.assert_storage_is_counted();
    }

    async fn an_upload_for_which_there_is_no_room_any_more_goes_away_with_its_bytes(database: Database) {
        let service = Service::start_with(with_quota(database)).await;
        let client = service.client();
        let late = client.create_upload(&File::binary("a.bin", 600_000, 1)).await;
        assert_eq!(client.append(&late, 0, &[1; 100_000]).await.status, 204);
        client.submit_with(&[File::binary("b.bin", 500_000, 2)]).await;
        assert_eq!(service.storage_bytes().await, 600_000);
        is_refused(&client.append(&late, 100_000, &[1; 500_000]).await);
        assert_eq!(client.about_upload("HEAD", &late).await.status, 404);
        assert_eq!(service.storage_bytes().await, 500_000);
        // Neither in the last piece nor in one before it.
        let late = client.create_upload(&File::binary("c.bin", 500_000, 3)).await;
        client.submit_with(&[File::binary("d.bin", 400_000, 4)]).await;
        is_refused(&client.append(&late, 0, &[1; 400_000]).await);
        assert_eq!(client.about_upload("HEAD", &late).await.status, 404);
        assert_eq!(announce(&client, 100_000).await.status, 201);
        assert_eq!(service.storage_bytes().await, 900_000);
        service.assert_storage_is_counted();
    }

    async fn two_processes_keep_to_one_quota(database: Database) {
        let setup = with_quota(database).database_url(&database.new_url());
        let services = [Service::start_with(setup.clone()).await, Service::start_with(setup).await];
        let clients = services.each_ref().map(Service::client);
        let files: Vec<File> = (0..60).map(|number| File::binary("a.bin", 50_000, number)).collect();
        let made = files.iter().zip(clients.iter().cycle()).map(|(file, client)| client.create_upload(file));
        let uploads = join_all(made).await;
        let sent = (0..60).map(|number| clients[number % 2].append(&uploads[number], 0, &files[number].bytes));
        let answers = join_all(sent).await;
        let taken = answers.iter().filter(|answer| answer.status == 204).count();
        assert_eq!(taken, 20);
        answers.iter().filter(|answer| answer.status != 204).for_each(is_refused);
        assert_eq!(services[1].storage_bytes().await, QUOTA);
        services[0].assert_storage_is_counted();
    }

    async fn the_number_is_the_truth_whatever_went_wrong(database: Database) {
        let mut service = Service::start_with(Setup::new(database)).await;
        let client = service.client();
        let mut references = Vec::new();
        references.push(client.submit_form(&a_submission(), &[telling_picture(), File::binary("a.bin", 70_000, 1)]).await.reference());
        references.push(client.submit_with(&[telling_picture(), File::text("short.txt", "a")]).await);
        // Refused with its files, and repeated with its files.
        client.submit_form(&a_submission_with(json!({ "email": "" })), &[File::binary("b.bin", 50_000, 2)]).await.problem(422, "invalid-submission");
        let (key, files) = (new_key(), [File::binary("c.bin", 30_000, 3)]);
        for _ in 0..3 {
            let request = client.request("POST", &client.path("tickets")).header("Idempotency-Key", &key).multipart(form(&a_submission(), &files));
            references.push(Answer::of(request.send().await.expect("an answer")).await.reference());
        }
        references.dedup();
        assert_eq!(references.len(), 3);
        // Hung up in the middle, and killed in the middle.
        for _ in 0..5 {
            break_off_a_form(&service).await;
        }
        for reference in &references {
            service.ticket_with_examined_files(reference).await;
        }
        let expected = kept_bytes(&service, &references);
        assert!(expected < 100_000 + 2 * telling_picture().bytes.len() as u64, "nothing was taken out");
        eventually(Duration::from_secs(10), "what came in forms to be given back", async || {
            (service.storage_bytes().await == expected).then_some(())
        })
        .await;
        let upload = client.create_upload(&File::binary("d.bin", 20_000, 4)).await;
        client.append(&upload, 0, &[1; 10_000]).await;
        break_off_a_form(&service).await;
        service.kill();
        service.start_again().await;
        service.assert_storage_is_counted();
        let submitted = client.submit(&a_submission_with(json!({ "upload_ids": [upload_id(&upload)] }))).await;
        submitted.problem(422, "invalid-submission");
        assert_eq!(client.about_upload("DELETE", &upload).await.status, 204);
        service.assert_storage_is_counted();
    }
}

/// Sends half of a form with a file and hangs up.
async fn break_off_a_form(service: &Service) {
    let part =
        "--b\r\nContent-Disposition: form-data; name=\"attachments\"; filename=\"a.bin\"\r\n\r\n";
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 200000\r\n\r\n{part}",
        service.client().path("tickets"),
        service.address()
    );
    let mut connection = RawConnection::open(service.address()).await;
    connection.send(head).await;
    connection.send(&[b'a'; 90_000]).await;
}

#[tokio::test]
async fn a_bucket_is_counted_like_a_folder() {
    let bucket = Bucket::new().await;
    let setup = with_quota(Database::Sqlite).section(&bucket.storage());
    let service = Service::start_with(setup).await;
    let client = service.client();
    let file = File::binary("a.bin", 300_000, 1);
    let upload = client.create_upload(&file).await;
    for (number, piece) in file.bytes.chunks(100_000).enumerate() {
        client.append(&upload, number * 100_000, piece).await;
    }
    let submission = a_submission_with(json!({ "upload_ids": [upload_id(&upload)] }));
    client.submit(&submission).await.reference();
    let late = client
        .create_upload(&File::binary("late.bin", 600_000, 3))
        .await;
    let in_form = [File::binary("b.bin", 400_000, 2)];
    client
        .submit_form(&a_submission(), &in_form)
        .await
        .reference();
    is_refused(&announce(&client, 300_001).await);
    is_refused(&client.append(&late, 0, &[1; 300_001]).await);
    assert_eq!(client.about_upload("HEAD", &late).await.status, 404);
    assert_eq!(service.storage_bytes().await, 700_000);
    service.assert_storage_is_counted();
}

#[tokio::test]
async fn the_default_of_the_installation_counts_where_a_site_says_nothing() {
    let setup = Setup::new(Database::Sqlite).section("[storage]\nquota_bytes_per_site = 1000");
    let service = Service::start_with(setup.clone()).await;
    is_refused(&announce(&service.client(), 1_001).await);
    assert_eq!(announce(&service.client(), 1_000).await.status, 201);
    let service = Service::start_with(setup.site_setting("quota_bytes = 0")).await;
    assert_eq!(announce(&service.client(), 1_000_000).await.status, 201);
    let metrics = service.client().get("/metrics").await.text().await;
    let metrics = metrics.expect("metrics");
    let none = format!("cornerdesk_site_storage_quota_bytes{{site=\"{SITE}\"}} 0");
    assert!(metrics.contains(&none), "{metrics}");
}
