//! One file with all that there is, by the command line and at the desk; for whoever may, and of nobody else.

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Read},
};

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission_with, sha256},
    on_both_databases, scratch,
    service::SITE,
};
use serde_json::{Value, json};

use super::canaries::{ADDRESS, CANARY, bystander, leave_marks, post, service, setup};
use crate::people::{OTHER_SITE, two_sites};

/// The files of an archive by their paths.
fn unpacked(archive: Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let mut files = BTreeMap::new();
    for number in 0..archive.len() {
        let mut file = archive.by_index(number).expect("a file");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("its digest is right");
        let name = file.name().expect("UTF-8").into_owned();
        files.insert(name, bytes);
    }
    files
}

fn document(files: &BTreeMap<String, Vec<u8>>) -> Value {
    serde_json::from_slice(&files["person.json"]).expect("JSON")
}

/// Exports by the command line.
fn exported(service: &Service, arguments: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let path = scratch::folder("export").join("person.zip");
    let path = path.to_str().expect("UTF-8");
    let command = ["privacy", "export", ADDRESS, path];
    service.command(&[&command, arguments].concat());
    let again = service.try_command(&[&command, arguments].concat(), "");
    assert!(!again.status.success(), "a file that is there stays");
    unpacked(fs::read(path).expect("the archive"))
}

on_both_databases! {
    async fn all_that_is_kept_is_in_one_file_and_nothing_of_others(database: Database) {
        let parts = service(setup(database)).await;
        let other = bystander(&parts.0.client()).await;
        let staff = parts.0.sign_in_staff().await;
        let place = leave_marks(parts, &staff, &other).await;
        let files = exported(&place.service, &[]);
        let person = document(&files);
        assert_eq!(person["format"], "cornerdesk-person-1");
        let ticket = &person["tickets"][0];
        assert_eq!(person["tickets"].as_array().expect("tickets").len(), 1);
        for (path, value) in [
            ("/reference", place.reference.as_str()),
            ("/email", ADDRESS),
            ("/requester/name", "Zyxqname Lind"),
            ("/summary", "zyxqsummary"),
            ("/description", "zyxqdescription"),
            ("/page/page_url", "https://app.customer.example/zyxqpage"),
            ("/messages/0/text", "zyxqreply"),
            ("/messages/1/text", "zyxqnote"),
            ("/messages/2/text", "zyxqanswer"),
            ("/messages/3/text", "zyxqbymail"),
            ("/messages/3/quoted", "> zyxqquoted"),
            ("/rating/comment", "zyxqcomment"),
        ] {
            assert_eq!(ticket.pointer(path), Some(&json!(value)), "{path} {ticket}");
        }
        assert!(ticket["tags"].to_string().contains("zyxqtag") && ticket["events"].to_string().contains("zyxqpurpose"), "{ticket}");
        let listed = ticket["files"].as_array().expect("files");
        assert_eq!(listed.len(), 5, "{listed:?}");
        for file in listed {
            let bytes = &files[file["path"].as_str().expect("a path")];
            assert_eq!(json!(sha256(bytes)), file["sha256"], "{file}");
        }
        assert_eq!(files.len(), 2 + listed.len());
        assert!(files.keys().all(|path| !path.contains("..") && !path.starts_with('/')));
        let readme = String::from_utf8(files["README.txt"].clone()).expect("UTF-8");
        assert!(readme.contains("person.json") && !readme.contains(CANARY));
        let whole: String = files.values().map(|bytes| String::from_utf8_lossy(bytes)).collect();
        for text in ["else@customer.example", "Another question", "kept for ever"] {
            assert!(!whole.contains(text), "{text}");
        }

        let public = exported(&place.service, &["--without-notes"]);
        let person = document(&public);
        let kinds: Vec<_> = person["tickets"][0]["messages"].as_array().expect("messages").iter().map(|message| message["kind"].clone()).collect();
        assert_eq!(kinds, ["reply", "answer", "answer"]);
        assert_eq!(person["tickets"][0]["files"].as_array().expect("files").len(), 4);
        assert!(!String::from_utf8_lossy(&public["person.json"]).contains("zyxqnote"));
        let log = place.service.command(&["audit", "list"]);
        assert!(log.contains("person_exported") && !log.to_lowercase().contains(CANARY), "{log}");
    }

    async fn a_lead_downloads_what_they_see(database: Database) {
        let service = two_sites(database).await;
        let name = "../..\u{202e}/etc/passwd";
        let file = service.client().upload(&File::text(name, "x")).await;
        let submission = json!({ "email": ADDRESS, "upload_ids": [file] });
        let own = service.client().submit(&a_submission_with(submission)).await.reference();
        service.ticket_with_examined_files(&own).await;
        let foreign = service.client().at_site(OTHER_SITE).submit(&a_submission_with(json!({ "email": ADDRESS }))).await.reference();
        service.add_staff();
        let lead = service.sign_in_as("lead@acme.example", &["--role", "lead", "--site", SITE]).await;
        let fields = format!("address={}&notes=yes", ADDRESS.replace('@', "%40"));
        assert_eq!(post(&lead, "/desk/privacy/export", "address=x").await.status, 422);
        let request = lead.request("POST", "/desk/privacy/export").header("Content-Type", "application/x-www-form-urlencoded");
        let answer = request.body(fields.clone()).send().await.expect("an answer");
        assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"personal-data.zip\"");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let files = unpacked(answer.bytes().await.expect("all of it").to_vec());
        let text = document(&files).to_string();
        assert!(text.contains(&own) && !text.contains(&foreign), "{text}");
        assert!(files.keys().all(|path| !path.contains("../") && !path.contains('\u{202e}')), "{:?}", files.keys());
        let agent = service.sign_in_as("agent@acme.example", &["--role", "agent"]).await;
        assert_eq!(post(&agent, "/desk/privacy/export", &fields).await.status, 403);
    }
}
