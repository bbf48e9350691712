//! Bodies that nobody sends by accident: they cost neither memory nor time, and nobody's ticket.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, File, a_submission, a_submission_with, new_key, upload_id},
    on_both_databases,
};
use futures_util::future::join_all;
use reqwest::multipart::Form;
use serde_json::json;
use uuid::Uuid;

/// The form as a browser without JavaScript sends it.
async fn send_page_form(client: &Client, description: &str, key: &str) -> Answer {
    let form = Form::new()
        .text("summary", "Totals are wrong")
        .text("description", description.to_owned())
        .text("email", "ada@customer.example")
        .text("idempotency_key", key.to_owned());
    let request = client.request("POST", "/help/acme").multipart(form);
    Answer::of(request.send().await.expect("an answer")).await
}

on_both_databases! {
    async fn a_key_in_a_form_field_is_held_to_the_rule_of_the_header(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        for key in ["a\0b", &"k".repeat(6_400)] {
            let form = Form::new()
                .text("summary", "a")
                .text("description", "b")
                .text("email", "ada@customer.example")
                .text("idempotency_key", key.to_owned());
            let request = client.request("POST", &client.path("tickets")).multipart(form);
            let answer = Answer::of(request.send().await.expect("an answer")).await;
            answer.problem(400, "malformed-request");
            // The page of a person makes a key of its own instead.
            assert_eq!(send_page_form(&client, "b", key).await.status, 201);
        }
    }

    async fn a_double_click_after_an_edit_is_one_ticket(database: Database) {
        let service = Service::start(database).await;
        let (client, key) = (service.client(), new_key());
        assert_eq!(send_page_form(&client, "first", &key).await.status, 201);
        let clicks = join_all((0..2).map(|_| send_page_form(&client, "edited", &key))).await;
        assert!(clicks.iter().all(|answer| answer.status == 201));
        assert_eq!(service.tickets().len(), 2);
    }

    async fn two_submissions_that_name_the_same_uploads_do_not_block_each_other(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        for round in 0..5 {
            let files = (0..6).map(|number| File::binary("a.bin", 10, round * 10 + number));
            let mut ids = Vec::new();
            for file in files {
                ids.push(client.upload(&file).await);
            }
            let forward = a_submission_with(json!({ "upload_ids": ids }));
            ids.reverse();
            let backward = a_submission_with(json!({ "upload_ids": ids }));
            let answers = join_all([client.submit(&forward), client.submit(&backward)]).await;
            let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 422], "{answers:?}");
        }
    }

    async fn odd_characters_in_every_field_are_no_fault_of_ours(database: Database) {
        let service = Service::start(database).await;
        let odd = "a\u{0}\u{1}\u{7f}\u{202e}\u{feff}\u{fffe}🙂\"'<b>{{x}}%s";
        let submission = a_submission_with(json!({
            "summary": odd, "description": odd,
            "context": { "page_title": odd, "browser": odd, "page_url": odd },
        }));
        let reference = service.client().submit(&submission).await.reference();
        assert!(service.ticket(&reference)["summary"].as_str().is_some_and(|text| text.contains("🙂")));
        for field in ["email", "category", "plan", "locale"] {
            let submission = a_submission_with(json!({ field: odd }));
            service.client().submit(&submission).await.problem(422, "invalid-submission");
        }
    }

    async fn any_number_of_upload_ids_is_refused_without_looking_for_them(database: Database) {
        let service = Service::start(database).await;
        let ids: Vec<String> = (0..6_000_u128).map(|number| Uuid::from_u128(number).to_string()).collect();
        let answer = service.client().submit(&a_submission_with(json!({ "upload_ids": ids }))).await;
        let problem = answer.problem(422, "invalid-submission");
        assert_eq!(problem["violations"], json!([{ "field": "attachments", "code": "too_many" }]));
    }
}

#[tokio::test]
async fn a_form_that_never_comes_to_a_part_is_refused_before_it_is_kept() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let before = service.peak_memory_bytes();
    let request = client
        .request("POST", &client.path("tickets"))
        .header("Content-Type", "multipart/form-data; boundary=x")
        .body(vec![b'a'; 40_000_000]);
    // It may be told, or cut off while it still sends.
    if let Ok(response) = request.send().await {
        assert_eq!(response.status(), 400);
    }
    let grown = service.peak_memory_bytes() - before;
    assert!(grown < 20_000_000, "{grown} bytes");
    client.submit(&a_submission()).await.reference();
}

#[tokio::test]
async fn the_sign_in_form_takes_no_more_than_a_sign_in() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let before = service.peak_memory_bytes();
    let password = "p".repeat(20_000_000);
    let body = format!("email=sam@acme.example&password={password}");
    let request = client
        .request("POST", "/desk/login")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body);
    if let Ok(response) = request.send().await {
        assert_eq!(response.status(), 413);
    }
    let grown = service.peak_memory_bytes() - before;
    assert!(grown < 10_000_000, "{grown} bytes");
}

#[tokio::test]
async fn an_upload_whose_row_lags_behind_its_bytes_after_a_crash_can_be_finished() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let file = File::binary("a.bin", 50_000, 1);
    let upload = client.create_upload(&file).await;
    assert_eq!(
        client
            .append(&upload, 0, &file.bytes[..20_000])
            .await
            .status,
        204
    );
    // What a crash leaves between moving the bytes to their place and writing the row.
    let blob = upload_id(&upload).replace('-', "");
    let blobs = service.data_folder().join("blobs");
    let kept = blobs.join("kept").join(&blob[30..]);
    std::fs::create_dir_all(&kept).expect("a folder");
    std::fs::remove_file(blobs.join("incoming").join(&blob)).expect("the bytes that came in");
    std::fs::write(kept.join(&blob), &file.bytes).expect("the whole file");

    let answer = client.append(&upload, 20_000, &file.bytes[20_000..]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("upload-offset")),
        (204, Some("50000"))
    );
    let submission = a_submission_with(json!({ "upload_ids": [upload_id(&upload)] }));
    let ticket = service.ticket(&client.submit(&submission).await.reference());
    assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
    assert!(
        !blobs.join("incoming").join(&blob).exists(),
        "nothing is left behind"
    );
}
