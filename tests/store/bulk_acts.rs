//! What somebody did last to many tickets.

use cornerdesk_ingest::store::{self, bulk_acts::Act};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{at, id, lists::staff, open, write};

on_both_databases! {
    async fn only_the_last_act_of_somebody_is_kept(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        for (number, name) in [(1, "Kim"), (2, "Sam")] {
            assert!(store::staff::insert(&mut tx, &staff(number, name), at(0)).await.expect("an answer"));
        }
        let act = |number: u128| Act { id: id(number), at: at(9), done: format!("{{\"ä\": {number}}}") };
        for number in [10, 11] {
            store::bulk_acts::put(&mut tx, id(1), &act(number)).await.expect("an act");
        }
        assert_eq!(store::bulk_acts::of(&mut tx, id(1)).await.expect("an answer"), Some(act(11)));
        assert_eq!(store::bulk_acts::of(&mut tx, id(2)).await.expect("an answer"), None);
        assert!(store::bulk_acts::lock(&mut tx, id(1), id(11)).await.expect("an answer"));
        assert!(!store::bulk_acts::lock(&mut tx, id(1), id(10)).await.expect("an answer"), "there is another by now");
        assert!(!store::bulk_acts::lock(&mut tx, id(2), id(11)).await.expect("an answer"));
    }
}
