//! Filters that staff gave a name.

use cornerdesk_ingest::store::{self, Store, saved_views::View};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{at, id, lists::staff, open, read, write};

fn view(number: u128, owner: u128, is_shared: i64) -> View {
    View {
        id: id(number),
        staff: id(owner),
        name: format!("View {number} ä漢"),
        path: "/desk".to_owned(),
        query: "status=open&tag=vip".to_owned(),
        is_shared,
        owner: if owner == 1 { "Kim" } else { "Sam" }.to_owned(),
    }
}

async fn two_people(database: Database) -> Store {
    let store = open(database).await;
    let mut tx = write(&store).await;
    for (number, name) in [(1, "Kim"), (2, "Sam")] {
        assert!(
            store::staff::insert(&mut tx, &staff(number, name), at(0))
                .await
                .expect("an answer")
        );
    }
    for view in [view(10, 1, 0), view(11, 1, 1), view(12, 2, 0)] {
        store::saved_views::insert(&mut tx, &view, at(0))
            .await
            .expect("a view");
    }
    tx.commit().await.expect("a commit");
    store
}

async fn seen_by(store: &Store, staff: u128) -> Vec<View> {
    let mut tx = read(store).await;
    store::saved_views::seen_by(&mut tx, id(staff))
        .await
        .expect("views")
}

on_both_databases! {
    async fn a_view_is_seen_by_whoever_made_it_and_by_all_when_it_is_shared(database: Database) {
        let store = two_people(database).await;
        assert_eq!(seen_by(&store, 1).await, [view(10, 1, 0), view(11, 1, 1)]);
        assert_eq!(seen_by(&store, 2).await, [view(11, 1, 1), view(12, 2, 0)]);
        let mut tx = read(&store).await;
        assert_eq!(store::saved_views::count_of(&mut tx, id(1)).await.expect("a count"), 2);
    }

    async fn only_whoever_made_a_view_changes_it(database: Database) {
        let store = two_people(database).await;
        let mut tx = write(&store).await;
        assert!(!store::saved_views::change(&mut tx, id(11), id(2), "Mine", false).await.expect("an answer"));
        assert!(!store::saved_views::delete(&mut tx, id(11), id(2)).await.expect("an answer"));
        assert!(store::saved_views::change(&mut tx, id(11), id(1), "Mine", false).await.expect("an answer"));
        assert!(store::saved_views::delete(&mut tx, id(12), id(2)).await.expect("an answer"));
        tx.commit().await.expect("a commit");
        assert!(seen_by(&store, 2).await.is_empty());
        assert_eq!(seen_by(&store, 1).await[1].name, "Mine");
    }
}
