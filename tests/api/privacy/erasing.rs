//! By the command line and at the desk; killed in the middle; while more comes in.

use std::{collections::BTreeSet, fs, time::Duration};

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission_with},
    eventually,
    object_store::Bucket,
    on_both_databases,
    service::{SITE, Setup},
};
use serde_json::json;

use super::canaries::{
    ADDRESS, CANARY, bystander, files_of, leave_marks, mail, marks, post, service, setup,
};
use crate::{
    access::{self, Place},
    people::{OTHER_SITE, two_sites},
};

/// The address of the database, where it is a PostgreSQL.
fn url_of(database: Database) -> Option<String> {
    (database == Database::Postgres).then(|| database.new_url())
}

/// Marks a service, and remembers what belongs to somebody else.
async fn marked(database: Database, url: Option<&str>) -> (Place, String) {
    let parts = service(|sink| {
        let setup = setup(database)(sink);
        url.map_or(setup.clone(), |url| setup.database_url(url))
    });
    let parts = parts.await;
    let other = bystander(&parts.0.client()).await;
    let staff = parts.0.sign_in_staff().await;
    let place = leave_marks(parts, &staff, &other).await;
    let found = marks(&place.service, url).await;
    assert!(
        found.len() >= if url.is_some() { 10 } else { 4 },
        "marks were left: {found:?}"
    );
    (place, other)
}

/// Nothing of the person is anywhere.
async fn assert_gone(place: &Place, url: Option<&str>) {
    let found = marks(&place.service, url).await;
    assert!(found.is_empty(), "{found:?}");
    assert!(!place.service.log().to_lowercase().contains(CANARY));
    let answer = place.request("GET", &place.page).send().await;
    assert_eq!(answer.expect("an answer").status(), 404);
    assert_eq!(
        mail(place).await,
        json!({ "taken": false }),
        "an answer by mail finds nothing any more"
    );
    place.service.assert_storage_is_counted();
}

/// The names of files of attachments.
fn blobs(service: &Service) -> BTreeSet<String> {
    let files = files_of(&service.data_folder().join("blobs"));
    files
        .iter()
        .map(|path| path.display().to_string())
        .collect()
}

on_both_databases! {
    async fn nothing_of_a_person_is_left_and_nobody_else_is_touched(database: Database) {
        let url = url_of(database);
        let url = url.as_deref();
        let (place, other) = marked(database, url).await;
        let service = &place.service;
        let others = service.ticket_with_examined_files(&other).await;
        let kept = others["attachments"][0]["sha256"].as_str().expect("a digest").to_owned();
        let bytes = service.file_with(&kept);
        let everything = blobs(service).len();

        let address = ADDRESS.to_uppercase();
        let said = service.command(&["privacy", "erase", &address, "--dry-run"]);
        assert!(said.contains("acme: 1 ticket, 4 messages, 5 files") && said.contains("nothing was erased"), "{said}");
        assert_eq!(blobs(service).len(), everything);
        let said = service.command(&["privacy", "erase", &address]);
        assert!(said.contains("erased: 1 ticket, 4 messages, 5 files"), "{said}");
        assert_gone(&place, url).await;

        assert_eq!(service.ticket(&other), others, "somebody else's ticket is as it was");
        assert_eq!(service.file_with(&kept), bytes);
        assert_eq!(blobs(service).len(), 1, "and theirs is the only file");
        let said = service.command(&["privacy", "erase", &address]);
        assert!(said.contains("erased: 0 tickets, 0 messages, 0 files"), "{said}");
        let log = service.command(&["audit", "list"]);
        assert!(log.contains("erasure_begun") && log.contains("\"tickets\":1"), "{log}");
        service.command(&["audit", "verify"]);
    }

    async fn a_lead_erases_at_the_desk_what_they_see(database: Database) {
        let service = two_sites(database).await;
        let ask = async |client: &cornerdesk_tests::client::Client| client.submit(&a_submission_with(json!({ "email": ADDRESS }))).await.reference();
        let (own, foreign) = (ask(&service.client()).await, ask(&service.client().at_site(OTHER_SITE)).await);
        service.add_staff();
        let agent = service.sign_in_as("agent@acme.example", &["--role", "agent"]).await;
        let fields = format!("address={}&sure=yes", ADDRESS.replace('@', "%40"));
        for path in ["/desk/privacy", "/desk/privacy/erase"] {
            assert_eq!(post(&agent, path, &fields).await.status, 403, "{path}");
        }
        let lead = service.sign_in_as("lead@acme.example", &["--role", "lead", "--site", SITE]).await;
        assert_eq!(lead.get("/desk/privacy").await.status, 200);
        assert!(lead.get("/desk/privacy/erase").await.status.is_client_error(), "not by a look");
        let page = post(&lead, "/desk/privacy", &fields).await;
        assert!(page.status == 200 && page.text.contains("1 ticket, 0 messages, 0 files") && page.text.contains("Erase for ever"), "{}", page.text);
        let refused = post(&lead, "/desk/privacy/erase", &fields.replace("&sure=yes", "")).await;
        assert!(refused.status == 422 && refused.text.contains("tick the box"), "{}", refused.text);
        for nobody in ["address=&sure=yes", "address=%25&sure=yes", "address=x&sure=yes"] {
            assert_eq!(post(&lead, "/desk/privacy/erase", nobody).await.status, 422, "{nobody}");
        }
        assert_eq!(post(&lead, "/desk/privacy/erase", &format!("{fields}&site={OTHER_SITE}")).await.status, 404);
        assert_eq!(service.ticket(&own)["email"], ADDRESS);
        let done = post(&lead, "/desk/privacy/erase", &fields).await;
        assert!(done.status == 200 && done.text.contains("Erased: 1 ticket"), "{}", done.text);
        assert_eq!(lead.get(&format!("/desk/tickets/{own}")).await.status, 404);
        assert_eq!(service.ticket(&foreign)["email"], ADDRESS, "of a site that they do not see");
        let admin = service.sign_in_as("chief@acme.example", &["--role", "admin"]).await;
        let log = admin.get("/desk/audit").await.text;
        assert!(log.contains("Erased a person&#x27;s data") && !log.to_lowercase().contains(CANARY), "{log}");
    }

    async fn who_wants_no_more_mail_gets_none_after_an_erasure(database: Database) {
        let place = Place::open(database).await;
        let mail = place.sink.message_to("ada@customer.example").await.mail();
        let links = mail.links();
        let path = links.iter().find_map(|link| link.split_once("/not-me/")).expect("a link").1;
        let path = format!("/not-me/{path}");
        assert_eq!(place.form(&path, "", &[("answer", "yes")]).await.status, 200);
        place.service.command(&["privacy", "erase", "ada@customer.example"]);
        let before = place.sink.count();
        let (reference, _) = crate::status::follow(&place.service, json!({})).await;
        eventually(Duration::from_secs(20), "the mail to be withheld", async || {
            place.service.ticket(&reference)["timeline"].to_string().contains("acknowledgement_withheld").then_some(())
        }).await;
        assert_eq!(place.sink.count(), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_person_is_left_in_a_bucket() {
    let bucket = Bucket::new().await;
    let url = Database::Postgres.new_url();
    let parts = service(|sink| {
        let setup = access::setup(Database::Postgres, sink);
        setup.database_url(&url).section(&bucket.storage())
    });
    let parts = parts.await;
    let other = bystander(&parts.0.client()).await;
    let staff = parts.0.sign_in_staff().await;
    let place = leave_marks(parts, &staff, &other).await;
    place.service.ticket_with_examined_files(&other).await;
    let before = bucket.objects().await;
    assert!(before.len() > 6, "theirs, and one of somebody else");
    place.service.command(&["privacy", "erase", ADDRESS]);
    assert_gone(&place, Some(&url)).await;
    let after = bucket.objects().await;
    assert_eq!(after.len(), 1);
    assert!(
        after
            .iter()
            .all(|(key, digest)| before.get(key) == Some(digest))
    );
}

/// Requests with a file each, all of one person.
async fn many(service: &Service, count: usize) -> Vec<String> {
    let client = service.client();
    let mut references = Vec::new();
    for number in 0..count {
        let file = client
            .upload(&File::text("zyxqfile.txt", &format!("zyxq{number}")))
            .await;
        let submission = a_submission_with(
            json!({ "email": ADDRESS, "summary": format!("zyxq{number}"), "upload_ids": [file] }),
        );
        references.push(client.submit(&submission).await.reference());
    }
    references
}

/// Each ticket that is there has its file.
fn assert_whole(service: &Service, references: &[String]) -> usize {
    let mut there = 0;
    let digests = service.file_digests();
    for reference in references {
        let shown = service.try_command(&["ticket", "show", reference, "--json"], "");
        if !shown.status.success() {
            continue;
        }
        there += 1;
        let ticket: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
        let digest = ticket["attachments"][0]["sha256"].as_str().expect("a file");
        assert!(digests.contains(digest), "{reference} has lost its file");
        assert!(
            ticket["timeline"].to_string().contains("received"),
            "{ticket}"
        );
    }
    there
}

on_both_databases! {
    async fn an_erasure_that_is_killed_leaves_whole_tickets_and_is_done_by_the_next(database: Database) {
        let url = url_of(database);
        let setup = Setup::new(database);
        let setup = match &url {
            Some(url) => setup.database_url(url),
            None => setup,
        };
        let service = Service::start_with(setup).await;
        let mut references = many(&service, 60).await;
        for reference in &references {
            service.ticket_with_examined_files(reference).await;
        }
        let mut command = service.prepared_command(&["privacy", "erase", ADDRESS]);
        let mut running = command.stdout(std::process::Stdio::null()).spawn().expect("the binary can be run");
        // More comes in meanwhile.
        let meanwhile = many(&service, 3).await;
        running.kill().expect("it can be killed");
        running.wait().expect("it ends");
        references.extend(meanwhile);
        for reference in &references {
            if service.try_command(&["ticket", "show", reference], "").status.success() {
                service.ticket_with_examined_files(reference).await;
            }
        }
        let there = assert_whole(&service, &references);
        println!("{there} of {} were left when it was killed", references.len());
        service.command(&["privacy", "erase", ADDRESS]);
        service.command(&["sweep", "--abandoned-after", "0"]);
        assert_eq!(assert_whole(&service, &references), 0);
        assert_eq!(blobs(&service).len(), 0, "no file is left that nobody names");
        let found = marks(&service, url.as_deref()).await;
        assert!(found.is_empty(), "{found:?}");
    }
}

#[tokio::test]
async fn the_file_is_scrubbed_by_the_service_after_an_erasure_at_the_desk() {
    let mut service = Service::start_with(Setup::new(Database::Sqlite)).await;
    let references = many(&service, 5).await;
    for reference in &references {
        service.ticket_with_examined_files(reference).await;
    }
    let staff = service.sign_in_staff().await;
    let fields = format!("address={}&sure=yes", ADDRESS.replace('@', "%40"));
    let done = post(&staff, "/desk/privacy/erase", &fields).await;
    assert!(done.text.contains("Erased: 5 tickets"), "{}", done.text);
    // It looks for what is to be done when it starts, and every five minutes.
    service.kill();
    assert!(fs::metadata(service.data_folder().join("cornerdesk.db")).is_ok());
    service.start_again().await;
    eventually(
        Duration::from_secs(30),
        "the file to be scrubbed",
        async || {
            service
                .log()
                .contains("nothing is left in the database of what was erased")
                .then_some(())
        },
    )
    .await;
    let found = marks(&service, None).await;
    assert!(found.is_empty(), "{found:?}");
}
