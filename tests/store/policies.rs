//! Versions of policies.

use cornerdesk_ingest::store::{
    self, Tx,
    policies::{InForce, Publication},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, at, open, read, write};

/// Publishes a document under an overlay.
async fn publish(tx: &mut Tx, site: &str, overlay: Option<&str>, document: &str) -> bool {
    let publication = Publication {
        policy: "m3ter",
        overlay,
        digest: &document.len().to_string(),
        document,
    };
    store::policies::publish(tx, site, &publication, at(1))
        .await
        .expect("an answer")
}

on_both_databases! {
    async fn versions_count_up_by_site_and_the_newest_of_an_overlay_is_in_force(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        for (site, overlay, document) in [(SITE, None, "{}"), (SITE, Some("big"), "{ }"), (SITE, None, "{\"z\":1,\"a\":2}"), (OTHER_SITE, None, "[]")] {
            assert!(publish(&mut tx, site, overlay, document).await);
        }
        tx.commit().await.expect("a commit");

        let mut tx = read(&store).await;
        let newest = store::policies::newest(&mut tx, SITE, None).await.expect("an answer").expect("a version");
        assert_eq!((newest.version, newest.policy.as_str(), newest.overlay, newest.digest.as_str(), newest.published_at), (3, "m3ter", None, "13", at(1)));
        let newest = store::policies::newest(&mut tx, SITE, Some("big")).await.expect("an answer").expect("a version");
        assert_eq!((newest.version, newest.overlay.as_deref()), (2, Some("big")));
        assert_eq!(store::policies::newest(&mut tx, OTHER_SITE, Some("big")).await.expect("an answer"), None);
        let in_force = |site: &str, overlay: Option<&str>, version| InForce { site: site.to_owned(), overlay: overlay.map(str::to_owned), version, policy: "m3ter".to_owned() };
        let all = store::policies::in_force(&mut tx).await.expect("a list");
        assert_eq!(all, [in_force(SITE, None, 3), in_force(SITE, Some("big"), 2), in_force(OTHER_SITE, None, 1)]);
        let versions: Vec<u32> = store::policies::list(&mut tx, SITE).await.expect("a list").iter().map(|version| version.version).collect();
        assert_eq!(versions, [1, 2, 3]);
    }

    async fn a_document_is_read_as_it_was_published_to_the_letter(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        assert!(publish(&mut tx, SITE, None, "{\"z\": 1,  \"a\": \"ä漢😀\"}").await);
        let document = store::policies::document(&mut tx, SITE, 1).await.expect("an answer");
        assert_eq!(document.as_deref(), Some("{\"z\": 1,  \"a\": \"ä漢😀\"}"));
        assert_eq!(store::policies::document(&mut tx, OTHER_SITE, 1).await.expect("an answer"), None);
        assert_eq!(store::policies::document(&mut tx, SITE, 2).await.expect("an answer"), None);
    }
}
