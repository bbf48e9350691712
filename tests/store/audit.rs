//! The log of what staff did.

use cornerdesk_ingest::{
    audit::{Act, Broken, By, Chain, Proof},
    store::{self, Store},
};
use cornerdesk_tests::{Database, on_both_databases};
use sqlx::{PgPool, SqlitePool};

use crate::{at, id, open, open_at, read, write};

async fn add(store: &Store, number: u128) {
    let mut tx = write(store).await;
    let act = Act::SignedIn(Proof::Password);
    store::audit::append(&mut tx, By::Staff(id(number)), &act, at(1))
        .await
        .expect("a row");
    tx.commit().await.expect("a commit");
}

async fn followed(store: &Store) -> Result<Chain, Broken> {
    let mut tx = read(store).await;
    let rows = store::audit::after(&mut tx, 0, 99).await.expect("rows");
    let noted = store::audit::end(&mut tx).await.expect("an end");
    let mut chain = Chain::default();
    for row in &rows {
        chain.follow(row)?;
    }
    chain.ends_with(noted)?;
    Ok(chain)
}

/// Runs a statement that the store would never send.
async fn raw(url: &str, sql: &'static str) -> Result<(), sqlx::Error> {
    if url.starts_with("sqlite:") {
        let pool = SqlitePool::connect(url).await?;
        sqlx::query(sql).execute(&pool).await?;
    } else {
        let pool = PgPool::connect(url).await?;
        sqlx::query(sql).execute(&pool).await?;
    }
    Ok(())
}

on_both_databases! {
    async fn rows_follow_each_other(database: Database) {
        let store = open(database).await;
        assert_eq!(followed(&store).await.expect("it holds"), Chain::default(), "nothing was done yet");
        for number in 1..=3 {
            add(&store, number).await;
        }
        assert_eq!(followed(&store).await.expect("it holds").seq, 3);
        let mut tx = read(&store).await;
        let page = store::audit::before(&mut tx, 3, 1).await.expect("a page");
        assert_eq!((page.len(), page[0].seq, page[0].actor), (1, 2, Some(id(2))));
    }

    async fn what_was_not_committed_is_not_in_the_log(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        store::audit::append(&mut tx, By::Nobody, &Act::SignedOut, at(1)).await.expect("a row");
        tx.rollback().await.expect("a rollback");
        add(&store, 1).await;
        assert_eq!(followed(&store).await.expect("it holds").seq, 1);
    }

    async fn those_who_write_at_once_come_one_after_the_other(database: Database) {
        let store = open(database).await;
        let all = (1..=8).map(|number| {
            let store = store.clone();
            tokio::spawn(async move { add(&store, number).await })
        });
        for one in all.collect::<Vec<_>>() {
            one.await.expect("a row");
        }
        assert_eq!(followed(&store).await.expect("it holds").seq, 8);
    }

    async fn the_database_refuses_to_change_the_log(database: Database) {
        let url = database.new_url();
        let store = open_at(&url).await;
        add(&store, 1).await;
        for sql in ["update audit set act = 'nothing'", "delete from audit"] {
            assert!(raw(&url, sql).await.is_err(), "{sql}");
        }
        assert_eq!(followed(&store).await.expect("it holds").seq, 1);
    }

    async fn a_change_behind_its_back_is_found(database: Database) {
        let url = database.new_url();
        let store = open_at(&url).await;
        for number in 1..=3 {
            add(&store, number).await;
        }
        let off = if url.starts_with("sqlite:") {
            ["drop trigger audit_is_not_changed", "drop trigger audit_is_not_shortened"]
        } else {
            ["drop trigger audit_is_not_changed on audit", "select 1"]
        };
        for sql in off {
            raw(&url, sql).await.expect("whoever owns the database can do that");
        }
        raw(&url, "delete from audit where seq = 3").await.expect("it is deleted");
        assert_eq!(followed(&store).await, Err(Broken::Cut(2)));
        raw(&url, "update audit set act = 'signed_out' where seq = 2").await.expect("it is changed");
        assert_eq!(followed(&store).await, Err(Broken::Changed(2)));
        raw(&url, "delete from audit where seq = 1").await.expect("it is deleted");
        assert_eq!(followed(&store).await, Err(Broken::Parted(2)));
    }
}
