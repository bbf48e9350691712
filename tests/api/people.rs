//! Who of staff may do what, and whose tickets they see.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, File, a_submission_with},
    on_both_databases,
    service::{SITE, Setup, Staff},
};
use serde_json::json;

use crate::sites_apart::matrix::{DESK, PAGES};

pub const OTHER_SITE: &str = "second";
const NO_TICKET: &str = "CD-0000-0000";

pub async fn two_sites(database: Database) -> Service {
    let second = format!(
        "[[sites]]\nkey = \"{OTHER_SITE}\"\nname = \"Second\"\nallowed_origins = [\"self\"]"
    );
    Service::start_with(Setup::new(database).section(&second)).await
}

/// A ticket with a file: its reference and the file's id.
async fn ask(service: &Service, client: &Client, canary: &str) -> (String, String) {
    let file = client.upload(&File::text(canary, canary)).await;
    let submission =
        a_submission_with(json!({ "summary": canary, "category": null, "upload_ids": [file] }));
    let reference = client.submit(&submission).await.reference();
    let ticket = service.ticket_with_examined_files(&reference).await;
    let file = ticket["attachments"][0]["id"].as_str().expect("an id");
    (reference, file.to_owned())
}

/// Everything at the desk that names a ticket.
fn operations_on_a_ticket() -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = DESK.iter().chain(PAGES);
    let all = all.filter_map(|operation| operation.split_once(' '));
    all.filter(|(_, path)| path.starts_with("/desk/") && path.contains("{reference}"))
}

async fn send(staff: &Staff, (method, path): (&str, &str), reference: &str, file: &str) -> Answer {
    let path = path.replace("{reference}", reference).replace("{id}", file);
    let request = staff.request(method, &path);
    let form = "application/x-www-form-urlencoded";
    let request = match method {
        "POST" => request
            .header("Content-Type", form)
            .body("outcome=open&purpose=x&reason=x"),
        _ => request,
    };
    Answer::of(request.send().await.expect("an answer")).await
}

on_both_databases! {
    async fn a_ticket_of_another_site_is_not_there(database: Database) {
        let service = two_sites(database).await;
        let (own, _) = ask(&service, &service.client(), "zilpzalp").await;
        let (foreign, file) = ask(&service, &service.client().at_site(OTHER_SITE), "buchfink").await;
        let before = service.ticket(&foreign);
        service.add_staff();
        for role in ["agent", "lead"] {
            let staff = service.sign_in_as(&format!("{role}@acme.example"), &["--role", role, "--site", SITE]).await;
            for page in ["/desk", "/desk/tickets", "/desk/unclassified", "/desk/held", &format!("/desk/tickets?before={foreign}&page=2")] {
                let answer = staff.get(page).await;
                assert_eq!(answer.status, 200, "{page}");
                assert!(!answer.text.contains("buchfink") && !answer.text.contains(&format!("/{foreign}")), "{page}: {}", answer.text);
            }
            for page in ["/desk", "/desk/tickets"] {
                let text = staff.get(page).await.text;
                assert!(text.contains(&own) && text.contains("1 "), "{page}: {text}");
            }
            let operations: Vec<_> = operations_on_a_ticket().collect();
            assert!(operations.len() >= 17, "{operations:?}");
            for operation in operations {
                let answer = send(&staff, operation, &foreign, &file).await;
                let of_nobody = send(&staff, operation, NO_TICKET, &file).await;
                assert_eq!(answer.status, of_nobody.status, "{role} {operation:?}");
                assert!(answer.status.is_client_error(), "{role} {operation:?}: {}", answer.status);
                assert!(!answer.text.contains("buchfink"), "{role} {operation:?}: {}", answer.text);
            }
            assert_eq!(staff.get(&format!("/desk/tickets/{own}")).await.status, 200);
        }
        assert_eq!(service.ticket(&foreign), before);
    }

    async fn what_somebody_may_see_changes_at_once(database: Database) {
        let service = two_sites(database).await;
        let (reference, _) = ask(&service, &service.client().at_site(OTHER_SITE), "buchfink").await;
        let path = format!("/desk/tickets/{reference}");
        let admin = service.sign_in_staff().await;
        let agent = service.sign_in_as("kim@acme.example", &[]).await;
        assert_eq!(admin.get(&path).await.status, 200);
        assert_eq!(agent.get(&path).await.status, 200, "who is not kept to some sites sees all");
        let access = |arguments: &[&str]| {
            service.command(&[&["staff", "access", "kim@acme.example"], arguments].concat());
        };
        for (arguments, status) in [
            (&["--role", "lead", "--site", SITE][..], 404),
            (&["--role", "agent", "--site", SITE, "--site", OTHER_SITE], 200),
            (&["--role", "agent", "--site", SITE], 404),
            (&["--role", "admin"], 200),
        ] {
            access(arguments);
            assert_eq!(agent.get(&path).await.status, status, "{arguments:?}");
        }
        let list = service.command(&["staff", "list"]);
        assert!(list.contains("admin  kim@acme.example  kim  all sites"), "{list}");
        for wrong in [&["--role", "admin", "--site", SITE][..], &["--role", "agent", "--site", "nowhere"], &["--role", "boss"]] {
            let output = service.try_command(&[&["staff", "access", "kim@acme.example"], wrong].concat(), "");
            assert!(!output.status.success(), "{wrong:?}");
        }
    }
}
