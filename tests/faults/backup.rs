//! A backup made under load is whole, and a service that is restored from it has everything that was acknowledged before.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission, sha256},
    eventually, on_both_databases,
    postgres::{Durability, Postgres},
    scratch,
    service::{STAFF_PASSWORD, Setup},
    smtp::{Answer, SmtpSink},
};

use crate::{
    long_form,
    orders::{Orders, Travels},
};

/// With bytes behind its end, so that the service keeps another file than the one that was sent.
const PICTURE: &[u8] = include_bytes!("../api/files/dot.png");
const MAILS: Duration = Duration::from_secs(60);

on_both_databases! {
    async fn what_was_acknowledged_before_a_backup_is_there_after_restoring_it(database: Database) {
        let sink = SmtpSink::start().await;
        // Every mail waits until the backup is made, so that both services send each.
        sink.answer_with(Answer::NotNow);
        let url = match database {
            Database::Sqlite => String::new(),
            Database::Postgres => Postgres::shared(Durability::Full).create_database(),
        };
        let setup = Setup::durable(Database::Sqlite).database_url(&url).mail_to(&sink);
        let service = Service::start_with(setup.clone()).await;
        let client = service.client();
        let count = long_form::rounds(60, 1_500);
        let orders = Orders::new(count);
        let folder = scratch::folder("backup").join("copy");
        let dump = scratch::folder("dump").join("database");
        let mut before = 0;
        orders.send_all_while(&client, 1, 29, async |_| {
            before = orders.receipts().len();
            make(&service, &url, &folder, &dump).await;
        }).await;
        sink.answer_with(Answer::Accept);

        check_sums_with_another_program(&folder);
        service.command(&["backup", "verify", folder.to_str().expect("UTF-8")]);
        let restored = restore(database, &setup, &folder, &dump).await;
        let loss = missing_after(&restored, &orders, before);
        assert_eq!(loss, (0, 0), "tickets and files acknowledged before the backup are lost");
        let again = assert_mails_go_again_with_the_same_id(&sink, &restored, count).await;
        let remark = format!("{before} acknowledged before it, 0 lost; {again} mails again, with the same Message-ID");
        long_form::report(&format!("R16 backup under load, {database:?}"), 1, count, remark);
    }
}

/// As `docs/operations.md` says it: with a `url`, of a PostgreSQL, together with the database. Orders keep coming meanwhile.
async fn make(service: &Service, url: &str, folder: &Path, dump: &Path) {
    let mut backup = service.prepared_command(&["backup", "make", path_of(folder)]);
    if !url.is_empty() {
        backup.arg("--").args(Postgres::dump_command(url, dump));
    }
    let made = tokio::task::spawn_blocking(move || backup.output().expect("the binary"));
    let made = made.await.expect("the command can be waited for");
    assert!(made.status.success(), "{made:?}");
}

fn path_of(folder: &Path) -> &str {
    folder.to_str().expect("UTF-8")
}

/// As `docs/operations.md` says it.
async fn restore(database: Database, setup: &Setup, backup: &Path, dump: &Path) -> Service {
    let data = scratch::folder("restored").join("data");
    let status = Command::new("cp").arg("-a").arg(backup).arg(&data).status();
    assert!(status.expect("cp is there").success());
    let mut setup = setup.clone().data_folder(&data);
    if database == Database::Postgres {
        let url = Postgres::shared(Durability::Full).create_database();
        Postgres::restore(&url, dump);
        setup = setup.database_url(&url);
    }
    Service::start_with(setup).await
}

/// How many tickets and files of the first orders are not there.
fn missing_after(restored: &Service, orders: &Orders, before: usize) -> (usize, usize) {
    let tickets = restored.tickets();
    let references: HashSet<_> = tickets
        .iter()
        .filter_map(|ticket| ticket["reference"].as_str())
        .collect();
    let digests = restored.file_digests();
    let acknowledged = orders.in_order_of_receipt().into_iter().take(before);
    let mut missing = (0, 0);
    for (order, reference) in acknowledged {
        missing.0 += usize::from(!references.contains(reference.as_str()));
        let has_file = order.travels != Travels::Not;
        missing.1 += usize::from(has_file && !digests.contains(&order.file.sha256()));
    }
    // And every ticket that is there has its files, whether anybody was told of it or not.
    for reference in references {
        for attachment in restored.ticket(reference)["attachments"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let digest = attachment["sha256"].as_str().expect("a digest");
            missing.1 += usize::from(!digests.contains(digest));
        }
    }
    missing
}

async fn assert_mails_go_again_with_the_same_id(
    sink: &SmtpSink,
    restored: &Service,
    count: usize,
) -> usize {
    let of_the_copy = restored.tickets().len();
    let by_recipient = eventually(
        MAILS,
        "every mail, and those of the copy again",
        async || {
            if sink.count() < count + of_the_copy {
                return None;
            }
            let mut ids: HashMap<String, Vec<String>> = HashMap::new();
            for message in sink.received() {
                let id = message.mail().header("Message-ID").to_owned();
                ids.entry(message.recipients[0].clone())
                    .or_default()
                    .push(id);
            }
            let again = ids.values().filter(|ids| ids.len() > 1).count();
            (ids.len() == count && again >= of_the_copy).then_some(ids)
        },
    )
    .await;
    let has_one_id = |ids: &Vec<String>| ids.iter().all(|id| *id == ids[0]);
    assert!(by_recipient.values().all(has_one_id), "{by_recipient:?}");
    by_recipient.values().map(|ids| ids.len() - 1).sum()
}

fn check_sums_with_another_program(folder: &Path) {
    let output = Command::new("sha256sum")
        .args(["--check", "--quiet", "SHA256SUMS"])
        .current_dir(folder)
        .output()
        .expect("sha256sum is there");
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn a_backup_that_is_not_whole_is_found_out() {
    let service = Service::start(Database::Sqlite).await;
    let file = File::binary("evidence.bin", 5_000, 1);
    let answer = service.client().submit_form(&a_submission(), &[file]).await;
    answer.reference();
    let folder = scratch::folder("backup").join("copy");
    let path = folder.to_str().expect("UTF-8");
    let made = service.command(&["backup", "make", path]);
    assert!(
        made.contains("the database and 1 files (5000 bytes)"),
        "{made}"
    );
    assert!(only_ours(&folder), "others can read the copy");

    let second = service.try_command(&["backup", "make", path], "");
    assert!(
        !second.status.success(),
        "a backup is written over another one"
    );
    let blob = the_blob(&folder);
    let bytes = fs::read(&blob).expect("the blob can be read");
    let mut torn = bytes.clone();
    torn[4_000] ^= 1;
    fs::write(&blob, &torn).expect("the blob can be written");
    assert_complains(&service, path, "not as it was written");
    fs::remove_file(&blob).expect("the blob can be removed");
    assert_complains(&service, path, "attachment");
    fs::write(&blob, &bytes).expect("the blob can be written");
    service.command(&["backup", "verify", path]);
    fs::remove_file(folder.join("SHA256SUMS")).expect("the list can be removed");
    assert_complains(&service, path, "not finished");
}

#[tokio::test]
async fn a_backup_holds_previews_and_nothing_of_uploads_in_progress() {
    let setup = Setup::durable(Database::Sqlite);
    let service = Service::start_with(setup.clone()).await;
    let (client, staff) = (service.client(), service.sign_in_staff().await);
    let picture = File::of("dot.png", "image/png", PICTURE);
    let answer = client.submit_form(&a_submission(), &[picture]).await;
    let reference = answer.reference();
    let ticket = service.ticket_with_examined_files(&reference).await;
    let id = ticket["attachments"][0]["id"].as_str().expect("an id");
    let address = format!("/desk/tickets/{reference}/attachments/{id}/preview");
    let preview = eventually(MAILS, "a preview", async || {
        let ticket = service.ticket(&reference);
        let has_one = ticket["attachments"][0]["has_preview"] == true;
        has_one.then_some(())
    });
    preview.await;
    let preview = staff.download(&address).await;
    let half = File::binary("half.bin", 9_000, 3);
    let upload = client.create_upload(&half).await;
    client.append(&upload, 0, &half.bytes[..4_000]).await;
    client.upload(&File::binary("whole.bin", 7_000, 4)).await;

    let folder = scratch::folder("backup").join("copy");
    let path = folder.to_str().expect("UTF-8");
    let made = service.command(&["backup", "make", path]);
    assert!(made.contains("the database and 2 files"), "{made}");
    service.command(&["backup", "verify", path]);
    let restored = restore(Database::Sqlite, &setup, &folder, Path::new("")).await;
    let answer = restored.try_to_sign_in(STAFF_PASSWORD).await;
    assert!(answer.status.is_redirection(), "staff sign in again");
    let digests = restored.file_digests();
    assert!(digests.contains(&sha256(&preview)), "the preview is lost");
    let gone = restored.client().about_upload("HEAD", &upload).await;
    assert_eq!(
        gone.status.as_u16(),
        404,
        "an upload without its bytes is there"
    );

    let lost = format!("{}  ", sha256(&preview));
    let sums = fs::read_to_string(folder.join("SHA256SUMS")).expect("a list");
    let others = sums.lines().filter(|line| !line.starts_with(&lost));
    let others: String = others.map(|line| format!("{line}\n")).collect();
    fs::write(folder.join("SHA256SUMS"), others).expect("the list can be written");
    assert_complains(&service, path, "the preview of attachment");
}

on_both_databases! {
    async fn pictures_that_are_replaced_while_a_backup_is_made_do_not_break_it(database: Database) {
        let url = match database {
            Database::Sqlite => String::new(),
            Database::Postgres => Postgres::shared(Durability::Full).create_database(),
        };
        let setup = Setup::durable(Database::Sqlite).database_url(&url);
        let service = Service::start_with(setup.clone()).await;
        let folder = scratch::folder("backups");
        let backups: Vec<PathBuf> = (0..8).map(|number| folder.join(number.to_string())).collect();
        let back_up = async {
            for copy in &backups {
                make(&service, &url, copy, &copy.with_extension("dump")).await;
                service.command(&["backup", "verify", path_of(copy)]);
            }
        };
        tokio::join!(submit_pictures(&service), back_up);
        // Of a server's database, `verify` sees nothing.
        for copy in backups.iter().step_by(3) {
            let restored = restore(database, &setup, copy, &copy.with_extension("dump")).await;
            let loss = missing_after(&restored, &Orders::new(0), 0);
            assert_eq!(loss, (0, 0), "a row names a file that is not in {}", copy.display());
        }
    }
}

/// Pictures of which each is replaced by another file a moment later.
async fn submit_pictures(service: &Service) {
    let client = service.client();
    for number in 0..60_u8 {
        let bytes = [PICTURE, b"behind the end", &[number]].concat();
        let picture = File::of("dot.png", "image/png", &bytes);
        let answer = client.submit_form(&a_submission(), &[picture]).await;
        answer.reference();
    }
}

#[tokio::test]
async fn a_program_that_copies_the_database_is_told_which_state() {
    let service = Service::start(Database::Sqlite).await;
    let folder = scratch::folder("backup").join("copy");
    for (words, complaint) in [
        (["pg_dump", "desk"], "must be told which state"),
        (["pg_dump", "{snapshot}"], "in the copy without a program"),
    ] {
        let mut backup = service.prepared_command(&["backup", "make", path_of(&folder)]);
        let made = backup.arg("--").args(words).output().expect("the binary");
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(!made.status.success() && said.contains(complaint), "{said}");
    }
}

fn assert_complains(service: &Service, folder: &str, words: &str) {
    let output = service.try_command(&["backup", "verify", folder], "");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && complaint.contains(words),
        "{complaint}"
    );
}

fn only_ours(folder: &Path) -> bool {
    let paths = Command::new("find")
        .arg(folder)
        .args(["-perm", "/077"])
        .output()
        .expect("find is there");
    paths.stdout.is_empty()
}

fn the_blob(folder: &Path) -> PathBuf {
    let shard = fs::read_dir(folder.join("blobs/kept"))
        .expect("a folder")
        .flatten();
    let file = shard
        .flat_map(|entry| fs::read_dir(entry.path()).expect("a folder"))
        .flatten()
        .next();
    file.expect("there is one blob").path()
}
