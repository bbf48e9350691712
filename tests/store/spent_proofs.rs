//! Proofs of work that were used.

use cornerdesk_ingest::{proof_of_work::Proof, store};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, at, open, write};

on_both_databases! {
    async fn a_proof_is_used_once_at_each_site_until_it_is_swept(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        let proof = |digest, second| Proof { digest: [digest; 32], expires_at: at(second) };
        for (site, proof, is_new) in [
            (SITE, proof(1, 10), true),
            (SITE, proof(1, 10), false),
            (OTHER_SITE, proof(1, 10), true),
            (SITE, proof(2, 20), true),
        ] {
            let spent = store::spent_proofs::spend(&mut tx, site, &proof).await.expect("an answer");
            assert_eq!(spent, is_new, "{proof:?} of {site}");
        }
        assert_eq!(store::spent_proofs::sweep(&mut tx, at(10)).await.expect("a count"), 0, "it can still be answered");
        assert_eq!(store::spent_proofs::sweep(&mut tx, at(11)).await.expect("a count"), 2);
        assert!(!store::spent_proofs::spend(&mut tx, SITE, &proof(2, 20)).await.expect("an answer"));
        tx.commit().await.expect("a commit");
    }
}
