//! The desk's lists by a filter.

use cornerdesk_ingest::{
    lists::{Filter, List},
    queue::Place,
    staff::{Role, VisibleSites},
    store::{self, Store, Tx, lists::Row, staff::Staff},
    ticket::{Held, Status, Ticket},
};
use cornerdesk_tests::{Database, on_both_databases};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::{OTHER_SITE, SITE, at, id, open, read, ticket, write};

const SAM: u128 = 900;

pub fn staff(number: u128, name: &str) -> Staff {
    Staff {
        id: id(number),
        email: format!("{}@acme.example", name.to_lowercase()),
        name: name.to_owned(),
        password_hash: "$argon2id$".to_owned(),
        role: Role::Agent,
        visible: VisibleSites::All,
        has_codes: false,
    }
}

/// What the store has no function for.
pub async fn run(tx: &mut Tx, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    let rows = match tx {
        Tx::Sqlite(tx) => sqlx::query(sql)
            .execute(&mut **tx)
            .await
            .map(|done| done.rows_affected()),
        Tx::Postgres(tx) => sqlx::query(sql)
            .execute(&mut **tx)
            .await
            .map(|done| done.rows_affected()),
    };
    assert_eq!(rows.expect("it fits the tables"), 1);
}

/// An id in SQL.
pub fn said(tx: &Tx, id: Uuid) -> String {
    match tx {
        Tx::Sqlite(_) => format!("x'{}'", id.simple()),
        Tx::Postgres(_) => format!("'{id}'"),
    }
}

fn due(second: i64) -> Place {
    Place {
        due_at: Some(at(second)),
        ..Place::default()
    }
}

/// Tickets 1 to 7, each with something of its own; 8 is held.
async fn tickets(database: Database) -> Store {
    let store = open(database).await;
    let mut tx = write(&store).await;
    let is_new = store::staff::insert(&mut tx, &staff(SAM, "Sam"), at(0)).await;
    assert!(is_new.expect("an answer"));
    let all = [
        (ticket(1), due(-50)),
        (
            Ticket {
                status: Status::Open,
                ..ticket(2)
            },
            due(600),
        ),
        (
            Ticket {
                priority: Some("high".to_owned()),
                ..ticket(3)
            },
            Place::default(),
        ),
        (
            Ticket {
                plan: Some("pro".to_owned()),
                ..ticket(4)
            },
            due(90_000),
        ),
        (
            Ticket {
                site: OTHER_SITE.to_owned(),
                ..ticket(5)
            },
            Place {
                asked_at: Some(at(-70)),
                ..Place::default()
            },
        ),
        (
            Ticket {
                category: Some("question".to_owned()),
                ..ticket(6)
            },
            Place::default(),
        ),
        (
            Ticket {
                status: Status::Closed,
                ..ticket(7)
            },
            due(-90),
        ),
        (
            Ticket {
                held: Some(Held::Suspected),
                ..ticket(8)
            },
            due(-1),
        ),
    ];
    for (ticket, place) in &all {
        assert!(
            store::tickets::insert_at(&mut tx, ticket, *place)
                .await
                .expect("an answer")
        );
    }
    let (sam, second, third) = (said(&tx, id(SAM)), said(&tx, id(2)), said(&tx, id(3)));
    run(
        &mut tx,
        &format!("update tickets set assignee = {sam} where ticket_id = {second}"),
    )
    .await;
    for tag in ["vip", "again"] {
        run(
            &mut tx,
            &format!(
                "insert into tags (site_id, ticket_id, tag) values ('{SITE}', {third}, '{tag}')"
            ),
        )
        .await;
    }
    let (sixth, until) = (said(&tx, id(6)), at(500).as_microsecond());
    run(
        &mut tx,
        &format!("update tickets set snoozed_until = {until} where ticket_id = {sixth}"),
    )
    .await;
    tx.commit().await.expect("a commit");
    store
}

fn numbers(rows: &[Row]) -> Vec<u128> {
    let tickets = rows.iter().map(|row| &row.queued.listed.ticket);
    tickets.map(|ticket| ticket.id.as_u128()).collect()
}

/// All of a list by a filter as it stands in an address, in pages of two; and as many are counted.
async fn listed(store: &Store, visible: &VisibleSites, list: List, query: &str) -> Vec<u128> {
    let filter = Filter::parse(query, list);
    let wanted = filter.wanted(id(SAM), at(0));
    let mut tx = read(store).await;
    let (mut all, mut above) = (Vec::new(), store::lists::top(list));
    loop {
        let page = store::lists::page(&mut tx, visible, list, &wanted, above, 2).await;
        let page = page.expect("a page");
        assert_eq!(page.end, None, "so few are all looked at");
        all.extend(numbers(&page.rows));
        match page.rows.last() {
            Some(last) => {
                above = match list {
                    List::Queue => last.queued.position(),
                    List::All => store::queue::Position {
                        due_at: None,
                        ..last.queued.position()
                    },
                };
            }
            None => break,
        }
    }
    let count = store::lists::count(&mut tx, visible, list, &wanted).await;
    assert_eq!(count.expect("a count"), Some(all.len() as u64), "{query}");
    all
}

on_both_databases! {
    async fn each_field_of_a_filter_leaves_out_what_does_not_fit(database: Database) {
        let store = tickets(database).await;
        let sam = format!("assignee={}", id(SAM));
        for (query, queue, all) in [
            ("", vec![5, 1, 2, 4, 3], vec![7, 6, 5, 4, 3, 2, 1]),
            ("site=second", vec![5], vec![5]),
            ("site=nobody", vec![], vec![]),
            ("status=open", vec![2], vec![2]),
            ("status=closed", vec![5, 1, 2, 4, 3], vec![7]),
            ("status=snoozed", vec![6], vec![7, 6, 5, 4, 3, 2, 1]),
            ("category=question", vec![], vec![6]),
            ("priority=high", vec![3], vec![3]),
            ("plan=pro", vec![4], vec![4]),
            ("assignee=me", vec![2], vec![2]),
            (sam.as_str(), vec![2], vec![2]),
            ("assignee=nobody", vec![5, 1, 4, 3], vec![7, 6, 5, 4, 3, 1]),
            ("tag=vip", vec![3], vec![3]),
            ("tag=none", vec![], vec![]),
            ("due=late", vec![1], vec![1]),
            ("due=today", vec![1, 2], vec![2, 1]),
            ("due=none", vec![5, 3], vec![7, 6, 5, 3]),
            ("tag=vip&priority=high&site=acme&status=new&assignee=nobody&due=none", vec![3], vec![3]),
            ("tag=vip&plan=pro", vec![], vec![]),
        ] {
            assert_eq!(listed(&store, &VisibleSites::All, List::Queue, query).await, queue, "queue {query}");
            assert_eq!(listed(&store, &VisibleSites::All, List::All, query).await, all, "all {query}");
        }
    }

    async fn a_row_says_who_has_the_ticket_and_its_tags(database: Database) {
        let store = tickets(database).await;
        let mut tx = read(&store).await;
        let filter = Filter::default();
        let page = store::lists::page(&mut tx, &VisibleSites::All, List::All, &filter.wanted(id(SAM), at(0)), store::lists::top(List::All), 9).await;
        let rows = page.expect("a page").rows;
        let of = |number| rows.iter().find(|row| row.queued.listed.ticket.id == id(number)).expect("it is there");
        assert_eq!(of(2).assignee.as_deref(), Some("Sam"));
        assert_eq!(of(3).tags, ["again", "vip"]);
        assert_eq!((of(6).snoozed_until, of(1).assignee.as_deref()), (Some(at(500)), None));
        assert_eq!(store::snoozes::count(&mut tx, &VisibleSites::All, at(499)).await.expect("a count"), 1);
        assert_eq!(store::snoozes::count(&mut tx, &VisibleSites::All, at(500)).await.expect("a count"), 0);
        assert_eq!(store::staff::present(&mut tx).await.expect("people"), [(id(SAM), "Sam".to_owned())]);
    }

    async fn whoever_sees_one_site_has_its_tickets_only(database: Database) {
        let store = tickets(database).await;
        let visible = VisibleSites::Of { staff: id(SAM), sites: [OTHER_SITE.to_owned()].into() };
        let mut tx = write(&store).await;
        assert!(store::staff::set_access(&mut tx, id(SAM), Role::Agent, &visible).await.expect("an answer"));
        tx.commit().await.expect("a commit");
        for list in [List::Queue, List::All] {
            assert_eq!(listed(&store, &visible, list, "").await, [5]);
            assert!(listed(&store, &visible, list, "site=acme").await.is_empty());
            assert!(listed(&store, &visible, list, "tag=vip").await.is_empty());
        }
    }

    async fn whoever_sees_some_sites_has_their_tickets_in_one_order(database: Database) {
        let store = tickets(database).await;
        let visible = VisibleSites::Of { staff: id(SAM), sites: [SITE.to_owned(), OTHER_SITE.to_owned()].into() };
        let mut tx = write(&store).await;
        assert!(store::staff::set_access(&mut tx, id(SAM), Role::Agent, &visible).await.expect("an answer"));
        tx.commit().await.expect("a commit");
        assert_eq!(listed(&store, &visible, List::Queue, "").await, [5, 1, 2, 4, 3]);
        assert_eq!(listed(&store, &visible, List::All, "").await, [7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(listed(&store, &visible, List::All, "status=new").await, [6, 5, 4, 3, 1]);
        assert_eq!(listed(&store, &visible, List::Queue, "site=second").await, [5]);
    }
}
