//! What requester and staff write to each other on the page of a request, and what the requester says of it.

mod answers;
mod finding;
mod messages;
mod opinions;

use cornerdesk_tests::{
    client::{Answer, File, form},
    service::Staff,
};
use serde_json::json;

use crate::access::{Place, value};

/// Staff write: `reply` or `note`.
pub async fn write(place: &Place, staff: &Staff, kind: &str, text: &str, files: &[File]) {
    let path = format!("/desk/tickets/{}/messages", place.reference);
    let fields = json!({ "kind": kind, "text": text });
    let request = staff.request("POST", &path);
    let answer = request.multipart(form(&fields, files)).send().await;
    let answer = Answer::of(answer.expect("an answer")).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
}

/// The requester writes with what the page gave them.
pub async fn answer(place: &Place, key: &str, text: &str, files: &[File]) -> Answer {
    let fields = json!({ "idempotency_key": key, "text": text });
    let path = format!("{}/answer", place.page);
    let request = place.request("POST", &path);
    let answer = request.multipart(form(&fields, files)).send().await;
    Answer::of(answer.expect("an answer")).await
}

/// The key of the form on the page.
pub async fn key(place: &Place) -> String {
    value(&place.look("").await, "idempotency_key")
}

/// The kinds of the facts that somebody made, oldest first, from the first one of these kinds on.
pub fn told(place: &Place) -> Vec<String> {
    let facts = place.facts();
    let kinds = facts
        .iter()
        .map(|fact| fact["kind"].as_str().expect("a kind"));
    let of_people = [
        "wrote",
        "judged",
        "rated",
        "status_changed",
        "answered",
        "updated",
        "resumed",
    ];
    kinds
        .filter(|kind| of_people.contains(kind))
        .map(str::to_owned)
        .collect()
}

pub async fn close(place: &Place, staff: &Staff, outcome: &str) {
    let path = format!("/desk/tickets/{}/status", place.reference);
    let request = staff
        .request("POST", &path)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(format!("outcome={outcome}"));
    assert_eq!(request.send().await.expect("an answer").status(), 303);
}
