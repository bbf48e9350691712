//! The staff pages: closed to strangers, safe with files.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission_with},
    on_both_databases,
    service::{STAFF_EMAIL, STAFF_PASSWORD},
};
use serde_json::json;

async fn get(service: &Service, path: &str, cookie: &str) -> Answer {
    let request = service
        .client()
        .request("GET", path)
        .header("Cookie", cookie);
    Answer::of(request.send().await.expect("an answer")).await
}

on_both_databases! {
    async fn staff_see_tickets_and_get_files_safely(database: Database) {
        let service = Service::start(database).await;
        let file = File::text("page.html", "<script>alert(1)</script>");
        let upload = service.client().upload(&file).await;
        let submission = a_submission_with(json!({ "summary": "<b>bold</b> claim", "upload_ids": [upload] }));
        let reference = service.client().submit(&submission).await.reference();
        let staff = service.sign_in_staff().await;

        let list = staff.get("/desk").await;
        assert_eq!(list.status, 200);
        assert!(list.text.contains(&reference), "the list has the ticket");
        service.ticket_with_examined_files(&reference).await;
        let ticket = staff.get(&format!("/desk/tickets/{reference}")).await;
        assert!(ticket.text.contains("&lt;b&gt;bold"), "texts are escaped");
        let page = ticket.text.replace("&#x2f;", "/");
        let path = page.split('"').find(|text| text.contains("/attachments/")).expect("a link to the file");
        let served = staff.get(path).await;
        assert_eq!(served.text.as_bytes(), file.bytes);
        assert!(served.header("content-disposition").is_some_and(|found| found.starts_with("attachment")));
        assert_eq!(served.header("x-content-type-options"), Some("nosniff"));
        assert!(served.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")));
    }

    async fn strangers_see_nothing(database: Database) {
        let service = Service::start(database).await;
        let reference = service.client().submit(&a_submission_with(json!({}))).await.reference();
        for path in ["/desk".to_owned(), format!("/desk/tickets/{reference}")] {
            for cookie in ["", "__Host-cornerdesk_desk=forged"] {
                let answer = get(&service, &path, cookie).await;
                assert!(answer.status.is_redirection(), "{path}: {}", answer.status);
                assert!(answer.header("location").is_some_and(|to| to.starts_with("/desk/login")));
                assert!(!answer.text.contains(&reference));
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_password_opens_nothing() {
    let service = Service::start(Database::Sqlite).await;
    service.add_staff();
    let answer = service.try_to_sign_in("wrong").await;
    assert!(!answer.status.is_redirection(), "{}", answer.status);
    assert!(answer.header("set-cookie").is_none());
}

#[tokio::test]
async fn the_session_cookie_is_bound_to_this_host_and_out_of_reach_of_scripts() {
    let service = Service::start(Database::Sqlite).await;
    service.add_staff();
    let answer = service.try_to_sign_in(STAFF_PASSWORD).await;
    let cookie = answer.header("set-cookie").expect("a session");
    assert!(cookie.starts_with("__Host-"), "{cookie}");
    for attribute in ["Secure", "HttpOnly", "Path=/", "SameSite="] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    let service = Service::start(Database::Sqlite).await;
    let staff = service.sign_in_staff().await;
    let request = service
        .client()
        .request("POST", "/desk/logout")
        .header("Origin", service.origin())
        .header("Cookie", staff.cookie());
    request.send().await.expect("an answer");
    let answer = staff.get("/desk").await;
    assert!(answer.status.is_redirection(), "{}", answer.status);
}

#[tokio::test]
async fn a_form_of_another_origin_signs_nobody_in() {
    let service = Service::start(Database::Sqlite).await;
    service.add_staff();
    let request = service
        .client()
        .request("POST", "/desk/login")
        .header("Origin", "https://evil.example")
        .header("Sec-Fetch-Site", "cross-site")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(format!("email={STAFF_EMAIL}&password={STAFF_PASSWORD}"));
    let answer = Answer::of(request.send().await.expect("an answer")).await;
    assert!(answer.header("set-cookie").is_none(), "{}", answer.status);
}
