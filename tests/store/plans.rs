//! How the databases go about a list: by an index to the first row of the page, however many tickets there are.

use cornerdesk_ingest::store;
use cornerdesk_tests::{Database, on_both_databases};
use uuid::Uuid;

/// What a statement is given.
#[derive(Clone, Copy)]
enum Given {
    Nothing,
    Lane,
    LaneAndInstant,
    SiteAndTicket,
    CursorAndCount,
    CursorOfStaff,
}

/// What pages show and what is asked again and again, by the end of its name.
const ASKED: [(&str, Given); 11] = [
    ("tickets::LATEST", Given::CursorAndCount),
    ("tickets::LATEST_HELD", Given::CursorAndCount),
    ("queue::UNCLASSIFIED", Given::CursorAndCount),
    ("tickets::FIND", Given::SiteAndTicket),
    ("mentions::LATEST", Given::CursorOfStaff),
    ("timeline::LIST", Given::SiteAndTicket),
    ("attachments::LIST", Given::SiteAndTicket),
    ("jobs::OF_TICKET", Given::SiteAndTicket),
    ("jobs::NEXT_AT", Given::Lane),
    ("jobs::COUNT", Given::Nothing),
    ("jobs::OVERDUE", Given::LaneAndInstant),
];

on_both_databases! {
    async fn no_list_reads_what_it_does_not_show(database: Database) {
        let url = database.new_url();
        store::Store::open(&url, 1).await.expect("a new database").close().await;
        let statements = store::statements();
        for (name, given) in ASKED {
            let (_, sql) = statements.iter().find(|(known, _)| known.ends_with(&format!("::{name}"))).expect("a statement");
            let plan = match database {
                Database::Sqlite => plan_of_sqlite(&url, sql, given).await,
                Database::Postgres => plan_of_postgres(&url, sql, given).await,
            };
            // Unfinished jobs are counted by indexes that hold no others.
            let read = plan.replace("SCAN jobs USING COVERING INDEX jobs_ready", "").replace("SCAN jobs USING COVERING INDEX jobs_dead", "");
            assert!(!read.contains("Seq Scan") && !read.contains("SCAN "), "{name}: {plan}");
            // The index is entered at the cursor: reading it from the top would do without the sign.
            let entries = ["ROW(received_at, ticket_id) <", "(received_at,ticket_id)<(?,?)", "ROW(received_at, ticket_id) >", "(received_at,ticket_id)>(?,?)"];
            let enters = entries.iter().any(|entry| plan.contains(entry));
            assert!(enters || !matches!(given, Given::CursorAndCount), "{name}: {plan}");
            // The index of all that was let in has the same order and is entered there, too.
            assert!(plan.contains("tickets_awaiting") || name != "queue::UNCLASSIFIED", "{name}: {plan}");
        }
    }
}

async fn plan_of_sqlite(url: &str, sql: &str, given: Given) -> String {
    let pool = sqlx::SqlitePool::connect(url)
        .await
        .expect("the database is there");
    let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
    let query = sqlx::query_as::<_, (i64, i64, i64, String)>(explain);
    let query = match given {
        Given::Nothing => query,
        Given::Lane => query.bind("mail"),
        Given::LaneAndInstant => query.bind("clock").bind(7_i64),
        Given::SiteAndTicket => query.bind("acme").bind(Uuid::nil()),
        Given::CursorAndCount => query
            .bind(7_i64)
            .bind(Uuid::nil())
            .bind(50_i64)
            .bind(1_i32)
            .bind(Uuid::nil()),
        Given::CursorOfStaff => query
            .bind(7_i64)
            .bind(Uuid::nil())
            .bind(50_i64)
            .bind(1_i32)
            .bind(Uuid::nil())
            .bind(Uuid::nil()),
    };
    let rows = query.fetch_all(&pool).await.expect("a plan");
    rows.into_iter().map(|(.., step)| step + "\n").collect()
}

async fn plan_of_postgres(url: &str, sql: &str, given: Given) -> String {
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1);
    let pool = pool.connect(url).await.expect("the database is there");
    // An empty table is always read as a whole, unless that is said to be dear.
    for setting in [
        "set enable_seqscan = off",
        "set enable_bitmapscan = off",
        "set enable_sort = off",
    ] {
        sqlx::query(setting)
            .execute(&pool)
            .await
            .expect("a setting");
    }
    let query = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(format!("explain {sql}")));
    let query = match given {
        Given::Nothing => query,
        Given::Lane => query.bind("mail"),
        Given::LaneAndInstant => query.bind("clock").bind(7_i64),
        Given::SiteAndTicket => query.bind("acme").bind(Uuid::nil()),
        Given::CursorAndCount => query
            .bind(7_i64)
            .bind(Uuid::nil())
            .bind(50_i64)
            .bind(1_i32)
            .bind(Uuid::nil()),
        Given::CursorOfStaff => query
            .bind(7_i64)
            .bind(Uuid::nil())
            .bind(50_i64)
            .bind(1_i32)
            .bind(Uuid::nil())
            .bind(Uuid::nil()),
    };
    query.fetch_all(&pool).await.expect("a plan").join("\n")
}
