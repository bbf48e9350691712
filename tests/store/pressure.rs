//! What came in at the sites, and what all processes decide by it.

use cornerdesk_ingest::{
    pressure::{Asking, CALM_S, Counts, Pressure, Slice},
    store,
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, at, open, read, write};

const SOME: Counts = Counts {
    submitted: 3,
    held: 2,
    refused: 1,
};

on_both_databases! {
    async fn what_processes_saw_in_a_slice_is_added_up_and_swept(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        for (site, second) in [(SITE, 10), (SITE, 10), (SITE, 20), (OTHER_SITE, 20), (SITE, 0)] {
            store::pressure::add(&mut tx, site, second, SOME).await.expect("an answer");
        }
        tx.commit().await.expect("a commit");
        let twice = Counts { submitted: 6, held: 4, refused: 2 };
        let slice = |site: &str, at_s, counts| (site.to_owned(), Slice { at_s, counts });
        let mut tx = read(&store).await;
        let since = store::pressure::since(&mut tx, 10).await.expect("slices");
        assert_eq!(since, [slice(SITE, 10, twice), slice(SITE, 20, SOME), slice(OTHER_SITE, 20, SOME)]);
        tx.rollback().await.expect("an end");
        let mut tx = write(&store).await;
        assert_eq!(store::pressure::sweep(&mut tx, 20).await.expect("a count"), 2);
        assert_eq!(store::pressure::since(&mut tx, 0).await.expect("slices").len(), 2);
    }

    async fn proof_of_work_is_asked_for_by_every_process_until_it_was_calm(database: Database) {
        let store = open(database).await;
        let [first, second] = [(); 2].map(|()| Pressure::new(Asking::Auto, 30));
        for _ in 0..15 {
            first.submitted(SITE, false);
            second.refused(SITE);
        }
        first.exchange(&store, at(0)).await.expect("an exchange");
        assert!(!first.asks(SITE), "it has seen half of it");
        for (seconds, asks) in [(1, true), (CALM_S - 10, true), (CALM_S + 1, false)] {
            for process in [&second, &first] {
                process.exchange(&store, at(seconds)).await.expect("an exchange");
                assert_eq!(process.asks(SITE), asks, "after {seconds} s");
                assert!(!process.asks(OTHER_SITE));
            }
        }
    }
}
