//! Sites.

use cornerdesk_ingest::store::{self, sites::Source};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, at, open, read, site, write};

on_both_databases! {
    async fn sites_are_listed_by_key_as_they_were_written(database: Database) {
        let store = open(database).await;
        let mut tx = read(&store).await;
        let sites = store::sites::list(&mut tx).await.expect("a list");
        assert_eq!(sites, [(site(SITE), Source::File), (site(OTHER_SITE), Source::File)]);
    }

    async fn a_site_that_is_written_again_is_changed(database: Database) {
        let store = open(database).await;
        let mut changed = site(SITE);
        changed.name = "Renamed".to_owned();
        changed.allowed_origins.clear();
        changed.mail_addresses = vec!["help@acme.example".to_owned()];
        let mut tx = write(&store).await;
        store::sites::put(&mut tx, &changed, Source::Command, at(1)).await.expect("a site");
        let sites = store::sites::list(&mut tx).await.expect("a list");
        assert_eq!(sites[0], (changed, Source::Command));
        assert_eq!(sites.len(), 2);
    }

    async fn only_a_site_of_the_file_is_retired(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        store::sites::put(&mut tx, &site(OTHER_SITE), Source::Command, at(1)).await.expect("a site");
        for key in [SITE, OTHER_SITE, "unknown"] {
            store::sites::retire(&mut tx, key).await.expect("an answer");
        }
        let sites = store::sites::list(&mut tx).await.expect("a list");
        let sources: Vec<Source> = sites.into_iter().map(|(_, source)| source).collect();
        assert_eq!(sources, [Source::Retired, Source::Command]);
    }

    async fn a_site_is_found_by_its_key(database: Database) {
        let store = open(database).await;
        let mut tx = read(&store).await;
        let found = store::sites::find(&mut tx, OTHER_SITE).await.expect("an answer");
        assert_eq!(found, Some((site(OTHER_SITE), Source::File)));
        assert_eq!(store::sites::find(&mut tx, "nobody").await.expect("an answer"), None);
    }
}
