//! Sites.

use cornerdesk_ingest::{
    site::SiteConfig,
    store::{self, sites::Source},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::fixtures::{OTHER_SITE, SITE, instant, site, store};

on_both_databases! {
    async fn a_site_is_made_and_changed_by_its_key(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        let changed = SiteConfig { name: "Acmé".into(), allowed_origins: vec![], locale: "de".into(), ..site(SITE) };
        store::sites::put(&mut tx, &changed, Source::Command, instant(1)).await.unwrap();
        let listed = store::sites::list(&mut tx).await.unwrap();
        assert_eq!(listed, [(changed, Source::Command), (site(OTHER_SITE), Source::File)]);
    }
}
