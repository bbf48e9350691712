//! A person who left a mark in every place where the service keeps something, and where such marks are found.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use cornerdesk_tests::{
    Service,
    client::{Answer, Client, File, a_submission_with},
    eventually,
    postgres::as_superuser,
    product::Product,
    service::{SITE, Setup, Staff},
    smtp::SmtpSink,
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};

use crate::{
    access::{self, Place},
    follow::{self, write},
    identity::submit_as,
    status::path_of,
};

/// What every mark begins with.
pub const CANARY: &str = "zyxq";
/// The person.
pub const ADDRESS: &str = "Zyxqaddress@zyxqdomain.example";
const PROVIDER: &str = "0123456789abcdef0123456789abcdef";
const PICTURE: &[u8] = include_bytes!("../files/dot.png");
const SOON: Duration = Duration::from_secs(20);

/// A service with a product that vouches for people, and a way in for mail.
pub async fn service(setup: impl FnOnce(&SmtpSink) -> Setup) -> (Service, SmtpSink, Product) {
    let sink = SmtpSink::start().await;
    let product = Product::new(SITE);
    let mail = format!(
        "reply_address = \"reply@acme.example\"\nincoming.webhook_password = \"{PROVIDER}\"\n"
    );
    let setup = setup(&sink)
        .site_setting(&product.settings())
        .mail_setting(&mail);
    (Service::start_with(setup).await, sink, product)
}

/// The setup of [`service`] without further wishes.
pub fn setup(database: cornerdesk_tests::Database) -> impl FnOnce(&SmtpSink) -> Setup {
    move |sink| access::setup(database, sink)
}

pub async fn post(staff: &Staff, path: &str, body: &str) -> Answer {
    let request = staff
        .request("POST", path)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body.to_owned());
    Answer::of(request.send().await.expect("an answer")).await
}

/// Somebody else's request, with a file.
pub async fn bystander(client: &Client) -> String {
    let file = client
        .upload(&File::text("other.txt", "kept for ever"))
        .await;
    let submission = a_submission_with(
        json!({ "email": "else@customer.example", "summary": "Another question", "upload_ids": [file] }),
    );
    client.submit(&submission).await.reference()
}

/// Leaves marks wherever the service keeps something about a ticket, and returns its place.
pub async fn leave_marks(
    (service, sink, product): (Service, SmtpSink, Product),
    staff: &Staff,
    other: &str,
) -> Place {
    let client = service.client();
    let (reference, page) = ask(&client, &product).await;
    service.acknowledged(&reference).await;
    let place = Place {
        service,
        sink,
        reference,
        page,
    };
    work(&place, staff, other).await;
    answer_by_page_and_mail(&place).await;
    follow::close(&place, staff, "solved:fixed").await;
    let cookie = place.sign_in().await;
    let rated = [("score", "good"), ("comment", "zyxqcomment")];
    let path = format!("{}/rating", place.page);
    assert_eq!(place.form(&path, &cookie, &rated).await.status, 303);
    find(&place).await;
    place
        .service
        .ticket_with_examined_files(&place.reference)
        .await;
    place
}

async fn ask(client: &Client, product: &Product) -> (String, String) {
    let mut files = Vec::new();
    for file in [
        File::text("zyxqfile.txt", "zyxqcontent"),
        File::of("zyxqpicture.png", "image/png", PICTURE),
    ] {
        files.push(client.upload(&file).await);
    }
    let submission = a_submission_with(json!({
        "email": ADDRESS, "summary": "zyxqsummary", "description": "zyxqdescription", "upload_ids": files,
        "context": { "page_url": "https://app.customer.example/zyxqpage", "page_title": "zyxqtitle", "host": { "zyxqhost": "zyxqvalue" } },
    }));
    let mut claims = product.claims();
    claims["email"] = json!(ADDRESS);
    claims["sub"] = json!("zyxqsub");
    claims["name"] = json!("Zyxqname Lind");
    let answer = submit_as(client, &product.token_of(&claims), &submission).await;
    let url = answer.json()["status_url"].as_str().map(path_of);
    (answer.reference(), url.expect("an address"))
}

/// What staff write and do.
async fn work(place: &Place, staff: &Staff, other: &str) {
    let at = |act: &str| format!("/desk/tickets/{}/{act}", place.reference);
    let file = [File::text("zyxqsteps.txt", "zyxqsteps")];
    write(place, staff, "reply", "zyxqreply", &file).await;
    write(place, staff, "note", "zyxqnote", &file).await;
    let link = format!("reference={other}");
    let draft = "message=00000000-0000-4000-8000-000000000001&kind=note&text=zyxqdraft";
    for (act, fields) in [
        ("draft", draft),
        ("tags", "tag=zyxqtag"),
        ("access/request", "purpose=zyxqpurpose"),
        ("found", "workaround=zyxqworkaround&root_cause=zyxqcause"),
        ("link", &link),
    ] {
        let answer = post(staff, &at(act), fields).await;
        assert!(answer.status.as_u16() < 400, "{act}: {}", answer.text);
    }
    let bulk = format!("ticket={}&tag=zyxqbulk&back=%2Fdesk", place.reference);
    let answer = post(staff, "/desk/bulk", &bulk).await;
    assert!(answer.status.as_u16() < 400, "{}", answer.text);
}

async fn answer_by_page_and_mail(place: &Place) {
    let file = [File::text("zyxqanswer.txt", "zyxqanswer")];
    let key = follow::key(place).await;
    let answered = follow::answer(place, &key, "zyxqanswer", &file).await;
    assert_eq!(answered.status, 303, "{}", answered.text);
    assert_eq!(mail(place).await, json!({ "taken": true }));
}

/// Sends an answer by mail; what the service says to it.
pub async fn mail(place: &Place) -> Value {
    let mail = place.sink.message_to(ADDRESS).await.mail();
    let reply_to = mail.header("reply-to").to_owned();
    let address = reply_to.split(['<', '>']).nth(1).expect("an address");
    let raw = format!(
        "From: {ADDRESS}\r\nTo: {address}\r\nMessage-ID: <zyxqmail@zyxqdomain.example>\r\nSubject: x\r\n\r\nzyxqbymail\r\n\r\n> zyxqquoted\r\n"
    );
    let body = json!({ "RawEmail": raw, "OriginalRecipient": address });
    let request = place.request("POST", "/v1/mail/postmark");
    let request = request.basic_auth("cornerdesk", Some(PROVIDER)).json(&body);
    Answer::of(request.send().await.expect("an answer"))
        .await
        .json()
}

/// They have lost the link to their request.
async fn find(place: &Place) {
    let email = ADDRESS.replace('@', "%40");
    let body = format!("reference={}&email={email}", place.reference);
    let request = place.request("POST", &format!("/find/{SITE}"));
    let request = request
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body);
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    eventually(SOON, "the job to be done", async || {
        let done = place.service.jobs("done");
        done.iter()
            .any(|job| job["kind"] == "find_request")
            .then_some(())
    })
    .await;
}

/// Where marks are, in the database and in files: the database's with its log, and those of attachments.
pub async fn marks(service: &Service, url: Option<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let folder = service.data_folder();
    for path in files_of(&folder) {
        let bytes = fs::read(&path).unwrap_or_default().to_ascii_lowercase();
        // Mails that went out are not ours any more.
        let is_ours = !path.starts_with(folder.join("mail"));
        if is_ours && contains(&bytes, CANARY.as_bytes()) {
            found.insert(path.display().to_string());
        }
    }
    if let Some(url) = url {
        found.extend(marked_rows(url).await);
    }
    found
}

pub fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_of(&path));
        } else {
            files.push(path);
        }
    }
    files
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|some| some == wanted)
}

/// Tables of a PostgreSQL in which a row has a mark, in plain or as octets are printed.
async fn marked_rows(url: &str) -> Vec<String> {
    let octets: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    let rows = rows_of(url).await.into_iter();
    rows.filter(|(_, row)| {
        let row = row.to_lowercase();
        row.contains(CANARY) || row.contains(&octets)
    })
    .map(|(table, _)| table)
    .collect()
}

/// All rows of all tables of a PostgreSQL, as text.
pub async fn rows_of(url: &str) -> Vec<(String, String)> {
    let pool = PgPool::connect(&as_superuser(url))
        .await
        .expect("it is there");
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace",
    )
    .fetch_all(&pool)
    .await
    .expect("tables");
    let mut rows = Vec::new();
    for table in tables {
        let sql = format!("select t::text from {table} t");
        let texts: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_all(&pool)
            .await
            .expect("rows");
        rows.extend(texts.into_iter().map(|text| (table.clone(), text)));
    }
    pool.close().await;
    rows
}
