//! Who of staff may do what, and whose tickets they see.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, File, a_submission_with},
    on_both_databases,
    service::{SITE, STAFF_PASSWORD, Setup, Staff},
    smtp::SmtpSink,
};
use serde_json::json;

use crate::{
    sign_in::turn_codes_on,
    sites_apart::matrix::{DESK, PAGES},
};

/// Only for links in mails; nothing is asked there.
const PUBLIC_URL: &str = "https://help.acme.example";
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

/// The id of the first one on the list.
fn person_of(page: &str) -> String {
    let (_, after) = page.split_once("href=\"/desk/people/").expect("somebody");
    after.split('"').next().expect("their id").to_owned()
}

async fn post(staff: &Staff, path: &str, fields: &str) -> Answer {
    let request = staff
        .request("POST", path)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(fields.to_owned());
    Answer::of(request.send().await.expect("an answer")).await
}

/// The path of the link in the mail to somebody.
async fn link_to(sink: &SmtpSink, email: &str) -> String {
    let links = sink.message_to(email).await.mail().links();
    let path = links.iter().find_map(|link| link.strip_prefix(PUBLIC_URL));
    path.expect("a link of ours").to_owned()
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

    async fn pages_for_admins_are_closed_to_others(database: Database) {
        let service = two_sites(database).await;
        let admin = service.sign_in_staff().await;
        let person = person_of(&admin.get("/desk/people").await.text);
        let pages = ["/desk/people", "/desk/audit", &format!("/desk/people/{person}")];
        for page in pages {
            assert_eq!(admin.get(page).await.status, 200, "{page}");
        }
        for role in ["agent", "lead"] {
            let staff = service.sign_in_as(&format!("{role}@acme.example"), &["--role", role]).await;
            for page in pages {
                let answer = staff.get(page).await;
                assert_eq!(answer.status, 403, "{role} {page}");
                assert!(answer.text.contains("This page is for admins"), "{}", answer.text);
            }
            for (path, fields) in [
                ("/desk/people", "email=new%40acme.example&role=admin"),
                ("/desk/people/codes", "codes=on"),
                (&format!("/desk/people/{person}"), "deed=remove"),
            ] {
                assert_eq!(post(&staff, path, fields).await.status, 403, "{role} {path}");
            }
            assert_eq!(staff.get("/desk/account").await.status, 200, "{role}");
        }
        assert_eq!(admin.get("/desk/people").await.text.matches("rows__what").count(), 3, "nobody came or went");
    }

    async fn who_is_invited_chooses_a_password_once(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(Setup::new(database).mail_to(&sink).reached_at(PUBLIC_URL)).await;
        let admin = service.sign_in_staff().await;
        let invited = post(&admin, "/desk/people", "email=Kim%40acme.example&name=&role=lead&sites=some&site=acme").await;
        let page = invited.header("location").expect("their page").to_owned();
        let path = link_to(&sink, "kim@acme.example").await;
        assert_eq!(service.try_to_sign_in_as("kim@acme.example", "").await.status, 401, "they have no password yet");

        let client = service.client();
        let form = |fields: &str| {
            let request = client.request("POST", &path).header("Origin", service.origin());
            request.header("Content-Type", "application/x-www-form-urlencoded").body(fields.to_owned())
        };
        for _ in 0..2 {
            let opened = Answer::of(client.request("GET", &path).send().await.expect("an answer")).await;
            assert!(opened.status == 200 && opened.text.contains("kim@acme.example"), "opening it uses nothing up");
        }
        for refused in ["name=Kim&password=short", "name=&password=a+long+enough+password"] {
            assert_eq!(Answer::of(form(refused).send().await.expect("an answer")).await.status, 422, "{refused}");
        }
        let done = Answer::of(form("name=Kim+%C3%96&password=a+long+enough+password").send().await.expect("an answer")).await;
        assert!(done.status.is_redirection() && done.header("set-cookie").is_some(), "{done:?}");
        let again = Answer::of(form("name=Eve&password=a+long+enough+password").send().await.expect("an answer")).await;
        assert_eq!(again.status, 404, "it is good for once");
        assert!(service.try_to_sign_in_as("kim@acme.example", "a long enough password").await.status.is_redirection());
        let list = service.command(&["staff", "list"]);
        assert!(list.contains("lead   kim@acme.example  Kim Ö  acme"), "{list}");

        assert_eq!(post(&admin, "/desk/people", "email=kim%40acme.example").await.status, 422, "they are there already");
        post(&admin, &page, "deed=remove").await;
        assert_eq!(service.try_to_sign_in_as("kim@acme.example", "a long enough password").await.status, 401);
        let back = post(&admin, "/desk/people", "email=kim%40acme.example&role=agent&sites=all").await;
        assert_eq!(back.header("location"), Some(page.as_str()), "they are the same person when they come back");
    }

    async fn there_is_always_an_admin(database: Database) {
        let service = two_sites(database).await;
        let admin = service.sign_in_staff().await;
        let me = format!("/desk/people/{}", person_of(&admin.get("/desk/people").await.text));
        for deed in ["deed=remove", "deed=access&role=agent"] {
            let refused = post(&admin, &me, deed).await;
            assert!(refused.status == 400 && refused.text.contains("nobody would be an admin"), "{deed}: {refused:?}");
        }
        assert_eq!(admin.get("/desk/people").await.status, 200);
        service.add_colleague("second@acme.example", &["--role", "admin"]);
        assert!(post(&admin, &me, "deed=access&role=agent").await.status.is_redirection());
        assert_eq!(admin.get("/desk/people").await.status, 403, "it holds at once");
    }

    async fn everybody_can_be_asked_for_a_code(database: Database) {
        let service = two_sites(database).await;
        let admin = service.sign_in_staff().await;
        let refused = post(&admin, "/desk/people/codes", "codes=on").await;
        assert!(refused.status == 422 && refused.text.contains("Set your own codes up first"), "{}", refused.text);
        turn_codes_on(&admin).await;
        assert!(post(&admin, "/desk/people/codes", "codes=on").await.status.is_redirection());
        let agent = service.sign_in_as("kim@acme.example", &["--role", "agent"]).await;
        for page in ["/desk", "/desk/tickets", "/desk/held"] {
            assert_eq!(agent.get(page).await.header("location"), Some("/desk/account/codes"), "{page}");
        }
        turn_codes_on(&agent).await;
        assert_eq!(agent.get("/desk").await.status, 200);
        let off = post(&agent, "/desk/account/codes/off", &format!("password={}", STAFF_PASSWORD.replace(' ', "+"))).await;
        assert!(off.status == 400 && off.text.contains("Everybody signs in with a code"), "{}", off.text);
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
