//! What is in the log of what staff did: previews that somebody saw, and the log itself when somebody took it along.

use cornerdesk_ingest::audit::{BEGINNING, Chain, Row};
use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission},
    on_both_databases,
    service::Staff,
};
use serde_json::Value;

const PNG: &[u8] = include_bytes!("files/dot.png");

/// How often there is something of this kind in the log.
fn count(service: &Service, act: &str) -> usize {
    let lines = service.command(&["audit", "list", "--most", "1000"]);
    let rows = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("an object"));
    rows.filter(|row| row["act"] == act).count()
}

/// The address of the preview on a page.
fn preview(page: &str) -> String {
    let (_, after) = page
        .split_once("class=\"files__preview\" src=\"")
        .expect("a preview");
    let (address, _) = after.split_once('"').expect("its end");
    address.replace("&#x2f;", "/")
}

fn octets(hex: &Value) -> [u8; 32] {
    let hex = hex.as_str().expect("a digest").as_bytes();
    let octet = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).expect("ASCII");
        u8::from_str_radix(pair, 16).expect("an octet")
    };
    let octets: Vec<u8> = hex.chunks(2).map(octet).collect();
    octets.try_into().expect("32 octets")
}

fn row(object: &Value) -> Row {
    let text = |name: &str| object[name].as_str().expect("a text").to_owned();
    Row {
        seq: object["number"].as_i64().expect("a number"),
        at: text("at").parse().expect("an instant"),
        actor: object["staff_id"]
            .as_str()
            .map(|id| id.parse().expect("an id")),
        act: text("act"),
        detail: text("detail_as_kept"),
        previous: octets(&object["digest_before"]),
        hash: octets(&object["digest"]),
    }
}

async fn status(staff: &Staff, path: &str) -> u16 {
    let response = staff.request("GET", path).send().await.expect("an answer");
    let status = response.status().as_u16();
    response.bytes().await.expect("a whole answer");
    status
}

on_both_databases! {
    async fn previews_are_in_the_log_once_for_each_look_at_the_page(database: Database) {
        let service = Service::start(database).await;
        let staff = service.sign_in_staff().await;
        let files = [File::of("dot.png", "image/png", PNG), File::of("other.png", "image/png", PNG)];
        let reference = service.client().submit_form(&a_submission(), &files).await.reference();
        service.ticket_with_examined_files(&reference).await;
        let address = format!("/desk/tickets/{reference}");
        let page = staff.get(&address).await.text;
        assert_eq!(count(&service, "previews_seen"), 1);
        for _ in 0..2 {
            assert_eq!(status(&staff, &preview(&page)).await, 200);
        }
        assert_eq!(count(&service, "previews_seen"), 1, "pictures of a page are no news");
        staff.get(&address).await;
        assert_eq!(count(&service, "previews_seen"), 2, "another look");
        let (bare, _) = preview(&page).split_once('?').map(|(path, mark)| (path.to_owned(), mark.to_owned())).expect("a mark");
        assert_eq!(status(&staff, &bare).await, 200);
        assert_eq!(count(&service, "previews_seen"), 3, "without a page");
        let kim = service.sign_in_as("kim@acme.example", &[]).await;
        assert_eq!(status(&kim, &preview(&page)).await, 200);
        assert_eq!(count(&service, "previews_seen"), 4, "with the page of a colleague");
        let without = service.client().submit(&a_submission()).await.reference();
        staff.get(&format!("/desk/tickets/{without}")).await;
        assert_eq!(count(&service, "previews_seen"), 4, "where there is no preview, nobody sees one");
    }

    async fn the_log_is_taken_along_whole_and_says_so(database: Database) {
        let service = Service::start(database).await;
        let admin = service.sign_in_as("chief@acme.example", &["--role", "admin"]).await;
        let kim = service.sign_in_as("kim@acme.example", &["--role", "lead"]).await;
        let reference = service.client().submit_form(&a_submission(), &[File::text("steps.txt", "1. open")]).await.reference();
        let ticket = service.ticket_with_examined_files(&reference).await;
        let file = format!("/desk/tickets/{reference}/attachments/{}", ticket["attachments"][0]["id"].as_str().expect("an id"));
        // More than is read at once.
        for _ in 0..260 {
            assert_eq!(status(&admin, &file).await, 200);
        }
        for path in ["/desk/audit.csv", "/desk/audit.json"] {
            assert_eq!(kim.get(path).await.status, 403, "{path}");
        }
        let table = admin.get("/desk/audit.csv").await;
        let name = table.header("content-disposition").expect("a name");
        assert!(name.starts_with("attachment; filename=\"audit-log-") && name.ends_with(".csv\""), "{name}");
        let mut reader = csv::Reader::from_reader(table.text.trim_start_matches('\u{feff}').as_bytes());
        let last = reader.records().last().expect("rows").expect("a row");
        assert_eq!((&last[4], &last[5]), ("log_exported", "{\"format\":\"csv\"}"));

        let list = Answer::of(admin.request("GET", "/desk/audit.json").send().await.expect("an answer")).await.json();
        let (mut chain, rows) = (Chain::default(), list.as_array().expect("a list"));
        assert_eq!(chain.hash, BEGINNING);
        for object in rows {
            chain.follow(&row(object)).expect("the next row, as it was written");
        }
        assert_eq!(rows.last().expect("rows")["act"], "log_exported");
        let verified = service.command(&["audit", "verify"]);
        assert!(verified.contains(rows.last().expect("rows")["digest"].as_str().expect("a digest")), "{verified}");
        let page = admin.get("/desk/audit").await.text;
        assert_eq!(page.matches("Took this log along").count(), 2, "{page}");
    }
}
