//! Jobs about files meet the rows of their site only (PostgreSQL).

use std::time::Duration;

use cornerdesk_tests::{Database, Service, clamd::Clamd, eventually, service::Setup};
use serde_json::json;
use sqlx::PgPool;

use crate::{malware::scanned_by, metadata};

const TABLES: [&str; 3] = ["attachments", "loose_blobs", "timeline"];

/// Who asks for the rows of everybody gets none (`strictly`), or all as usual.
async fn lock(database: &PgPool, strictly: bool) {
    let site = "(select current_setting('cornerdesk.site', true))";
    let everybody = if strictly {
        String::new()
    } else {
        format!(" or {site} = '*'")
    };
    for table in TABLES {
        let ours = format!("(site_id = {site}{everybody})");
        let sql = format!("alter policy one_site on {table} using {ours} with check {ours}");
        let altered = sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(database)
            .await;
        altered.expect("the policy of the migrations has this name");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_worked_on_where_nobody_may_meet_every_site() {
    let url = Database::Postgres.new_url();
    let clamd = Clamd::start().await;
    let setup = scanned_by(&clamd, Setup::new(Database::Postgres).database_url(&url));
    let service = Service::start_with(setup.without_jobs()).await;
    let sent = &metadata::telling_pictures()[..2];
    let reference = service.client().submit_with(sent).await;
    let database = PgPool::connect(&url).await.expect("the database is there");
    lock(&database, true).await;
    let staff = service.sign_in_staff().await;
    let page = staff.get(&format!("/desk/tickets/{reference}")).await.text;
    assert!(
        !page.contains("/attachments/"),
        "the lock is as strict as it says"
    );
    let worker = service.start_worker();
    eventually(Duration::from_secs(60), "every job to end", async || {
        let log = worker.log();
        let kinds = ["examine_attachment", "make_preview", "scan_attachment"];
        let ended = |kind: &&str| {
            log.matches(&format!("job done job.kind=\"{kind}\""))
                .count()
        };
        kinds
            .iter()
            .all(|kind| ended(kind) >= sent.len())
            .then_some(())
    })
    .await;
    lock(&database, false).await;
    let ticket = service.ticket(&reference);
    for file in ticket["attachments"].as_array().expect("a list") {
        let states = json!([file["metadata"], file["scan"], file["has_preview"]]);
        assert_eq!(states, json!(["removed", "clean", true]), "{file}");
    }
}
