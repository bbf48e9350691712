//! Acts on many tickets, taking them back, and what lists hear meanwhile.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::a_submission_with,
    on_both_databases,
    service::{SITE, Setup, Staff},
};
use serde_json::json;

use crate::lists::{leads_to, references, send};

const METEORAGE: &str = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"\n";

async fn ask(service: &Service, category: &str) -> String {
    let submission = a_submission_with(json!({ "category": category }));
    service.client().submit(&submission).await.reference()
}

fn kinds(service: &Service, reference: &str) -> Vec<String> {
    let ticket = service.ticket(reference);
    let facts = ticket["timeline"].as_array().expect("facts").iter();
    facts
        .filter_map(|fact| Some(fact["kind"].as_str()?.to_owned()))
        .collect()
}

/// The act in the address that a form led to.
fn act(address: &str) -> &str {
    address.split_once("did=").expect("an act").1
}

async fn undo(staff: &Staff, act: &str) -> String {
    let undone = send(
        staff,
        "/desk/bulk/undo",
        &format!("back=/desk/tickets&act={act}"),
    )
    .await;
    staff.get(leads_to(&undone)).await.text
}

on_both_databases! {
    async fn an_act_on_many_tickets_is_taken_back_but_for_what_changed_since(database: Database) {
        let service = Service::start_with(Setup::new(database).site_setting(METEORAGE)).await;
        let staff = service.sign_in_staff().await;
        let first = ask(&service, "technical_assistance").await;
        let second = ask(&service, "technical_assistance").await;
        let body = format!("ticket={first}&ticket={second}&ticket=CD-0000-0000&assignee=me&priority=high&tag=Storm+2026&outcome=closed%3Aduplicate&back=/desk/tickets%3Fpage%3D2");
        let done = send(&staff, "/desk/bulk", &body).await;
        let address = leads_to(&done);
        assert!(address.starts_with("/desk/tickets?page=2&did="), "{address}");
        let page = staff.get(address).await;
        assert!(page.text.contains("2 tickets were changed"), "{}", page.text);
        let both = |page: &cornerdesk_tests::client::Answer| { let mut found = references(page); found.sort(); found };
        let mut expected = vec![first.clone(), second.clone()];
        expected.sort();
        for filter in ["assignee=me", "priority=high", "tag=storm-2026", "status=closed"] {
            assert_eq!(both(&staff.get(&format!("/desk/tickets?{filter}")).await), expected, "{filter}");
        }

        service.command(&["ticket", "status", &second, "--to", "open", "--by", "Kim"]);
        let text = undo(&staff, act(address)).await;
        assert!(text.contains("Undone: 1 ticket is as before"), "{text}");
        assert!(text.contains("somebody has changed its status since"), "{text}");
        for filter in ["assignee=me", "priority=high", "tag=storm-2026", "status=closed"] {
            assert!(references(&staff.get(&format!("/desk/tickets?{filter}")).await).is_empty(), "{filter}");
        }
        assert_eq!(service.ticket(&second)["status"], "open", "as Kim left it");
        let facts = kinds(&service, &first);
        for fact in ["assigned", "tagged", "untagged", "classified", "status_changed"] {
            assert!(facts.iter().any(|kind| kind == fact), "{fact} in {facts:?}");
        }
        let before = kinds(&service, &first).len();
        undo(&staff, act(address)).await;
        assert_eq!(kinds(&service, &first).len(), before, "once");
    }

    async fn what_cannot_be_done_is_said_and_the_rest_is_done(database: Database) {
        let service = Service::start_with(Setup::new(database).site_setting(METEORAGE)).await;
        let staff = service.sign_in_staff().await;
        let reference = ask(&service, "technical_assistance").await;
        let done = send(&staff, "/desk/bulk", &format!("ticket={reference}&assignee=nobody&priority=nonsense&tag=x&back=https://evil.example/")).await;
        let address = leads_to(&done);
        assert!(address.starts_with("/desk?did="), "{address}");
        let page = staff.get(address).await;
        assert!(page.text.contains("1 ticket was changed") && page.text.contains("was not changed: "), "{}", page.text);
        for body in ["", "assignee=me", &format!("ticket={reference}"), &format!("ticket={reference}&outcome=closed:out_of_scope"), &format!("ticket={reference}&assignee=zzz")] {
            assert!(send(&staff, "/desk/bulk", body).await.status.is_client_error(), "{body}");
        }
        assert!(send(&staff, "/desk/bulk/undo", "act=00000000000000000000000000000007").await.status.is_client_error());
    }

    async fn a_ticket_of_a_site_that_somebody_does_not_see_is_left_alone(database: Database) {
        let second = "[[sites]]\nkey = \"second\"\nname = \"Second\"\nallowed_origins = [\"self\"]";
        let service = Service::start_with(Setup::new(database).section(second)).await;
        service.add_staff();
        let foreign = service.client().at_site("second").submit(&a_submission_with(json!({ "category": null, "summary": "buchfink" }))).await.reference();
        let staff = service.sign_in_as("kim@acme.example", &["--role", "agent", "--site", SITE]).await;
        let before = service.ticket(&foreign);
        let done = send(&staff, "/desk/bulk", &format!("ticket={foreign}&tag=x&outcome=closed:fixed")).await;
        let page = staff.get(leads_to(&done)).await;
        assert!(page.text.contains("Nothing was changed"), "{}", page.text);
        assert_eq!(service.ticket(&foreign), before);
        let found = staff.get("/desk/search?q=buchfink").await;
        assert!(found.text.contains("No ticket has these words"), "{}", found.text);
        assert_eq!(staff.get(&format!("/desk/search?q={foreign}")).await.status, 200, "and not the ticket");
        assert!(!staff.get("/desk/tickets").await.text.contains("Second"));
    }

    async fn a_list_hears_what_happens_until_the_session_ends(database: Database) {
        let service = Service::start(database).await;
        let staff = service.sign_in_staff().await;
        let request = staff.request("GET", "/desk/events?since=0").timeout(Duration::from_secs(60));
        let mut stream = request.send().await.expect("an answer");
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        let reference = service.client().submit(&a_submission_with(json!({ "summary": "kolibri" }))).await.reference();
        let mut heard = String::new();
        while !heard.contains(&reference) {
            let chunk = stream.chunk().await.expect("it goes on").expect("more");
            heard.push_str(&String::from_utf8_lossy(&chunk));
        }
        assert!(heard.contains("event: tickets") && heard.contains("\"new\":["), "{heard}");
        assert!(!heard.contains("kolibri"), "references alone");
        staff.post("/desk/logout").await;
        while stream.chunk().await.expect("an end, not a fault").is_some() {}
    }
}

#[tokio::test]
async fn one_person_has_six_lists_open_that_hear_something() {
    let service = Service::start(Database::Sqlite).await;
    let staff = service.sign_in_staff().await;
    let mut open = Vec::new();
    for _ in 0..6 {
        let stream = staff
            .request("GET", "/desk/events")
            .send()
            .await
            .expect("an answer");
        assert_eq!(stream.status(), 200);
        open.push(stream);
    }
    let seventh = staff
        .request("GET", "/desk/events")
        .send()
        .await
        .expect("an answer");
    assert_eq!(seventh.status(), 204, "a browser does not ask again");
}

#[tokio::test]
async fn a_list_that_listens_keeps_no_service_from_ending() {
    let mut service = Service::start(Database::Sqlite).await;
    let staff = service.sign_in_staff().await;
    let mut stream = staff
        .request("GET", "/desk/events")
        .send()
        .await
        .expect("an answer");
    assert!(service.terminate().await.success(), "nothing was cut off");
    while stream.chunk().await.expect("an end, not a fault").is_some() {}
}
