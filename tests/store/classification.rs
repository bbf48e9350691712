//! What staff decided about suggestions, and what is learned from it.

use cornerdesk_ingest::{
    articles::Article,
    classification::decision::{Decision, Facet, Tallied},
    policy::Library,
    store::{self, Store},
    suggestions::{self, Choice, Published},
    ticket::Ticket,
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, add_ticket, at, open, read, write};

fn decision(suggested: Option<&str>, chosen: Option<&str>) -> Decision {
    Decision {
        suggested: suggested.map(str::to_owned),
        percent: suggested.map(|_| 80),
        chosen: chosen.map(str::to_owned),
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

async fn count(store: &Store, site: &str, of: &[&str], class: Option<&str>, is_taken_back: bool) {
    let mut tx = write(store).await;
    let facet = Facet::Category;
    store::classification::count(&mut tx, site, facet, &words(of), class, is_taken_back)
        .await
        .expect("counts");
    tx.commit().await.expect("a commit");
}

/// Decisions in all, and with `word`, by class.
async fn learned(
    store: &Store,
    site: &str,
    word: &str,
) -> (Vec<(String, u64)>, Vec<(String, u64)>) {
    let mut tx = read(store).await;
    let word = word.to_owned();
    let learned =
        store::classification::learned(&mut tx, site, Facet::Category, [&word].into_iter())
            .await
            .expect("an answer");
    let of_word = learned.features.get(&word).cloned().unwrap_or_default();
    (
        learned.decisions.into_iter().collect(),
        of_word.into_iter().collect(),
    )
}

on_both_databases! {
    async fn a_decision_keeps_what_was_suggested_first_and_what_was_chosen_last(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        for (facet, first, last) in [
            (Facet::Category, decision(Some("a"), Some("a")), decision(Some("b"), Some("c"))),
            (Facet::Priority, decision(None, None), decision(Some("b"), Some("c"))),
        ] {
            for decision in [&first, &last] {
                store::classification::decide(&mut tx, SITE, ticket.id, facet, decision, at(1)).await.expect("a decision");
            }
            let decided = store::classification::decided(&mut tx, SITE, ticket.id, facet).await.expect("an answer");
            let kept = Decision { chosen: last.chosen, ..first };
            assert_eq!(decided, Some(kept));
            assert_eq!(store::classification::decided(&mut tx, OTHER_SITE, ticket.id, facet).await.expect("an answer"), None);
        }
    }

    async fn decisions_are_reported_since_an_instant(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        for number in 1..=4 {
            let ticket = crate::ticket(number);
            store::tickets::insert(&mut tx, &ticket).await.expect("a ticket");
            let chosen = if number == 3 { "b" } else { "a" };
            let decision = decision(Some("a"), Some(chosen));
            store::classification::decide(&mut tx, SITE, ticket.id, Facet::Category, &decision, at(number.into())).await.expect("a decision");
        }
        let tallied = |chosen: &str, tickets| Tallied { facet: Facet::Category, suggested: Some("a".to_owned()), chosen: Some(chosen.to_owned()), tickets };
        let report = store::classification::report(&mut tx, SITE, at(2)).await.expect("a report");
        assert_eq!(report, [tallied("a", 2), tallied("b", 1)]);
        assert!(store::classification::report(&mut tx, OTHER_SITE, at(0)).await.expect("a report").is_empty());
    }

    async fn counts_are_kept_by_site_and_can_be_taken_back(database: Database) {
        let store = open(database).await;
        count(&store, SITE, &["meter", "#login"], Some("incident"), false).await;
        count(&store, SITE, &["meter", "meter"], Some("incident"), false).await;
        count(&store, SITE, &["meter"], None, false).await;
        let two = ("incident".to_owned(), 2);
        let one = (String::new(), 1);
        assert_eq!(learned(&store, SITE, "meter").await, (vec![one.clone(), two.clone()], vec![one.clone(), two.clone()]));
        assert_eq!(learned(&store, SITE, "gateway").await, (vec![one, two], vec![]));
        assert_eq!(learned(&store, OTHER_SITE, "meter").await, (vec![], vec![]));

        for _ in 0..2 {
            count(&store, SITE, &["meter"], None, true).await;
        }
        let two = ("incident".to_owned(), 2);
        assert_eq!(learned(&store, SITE, "meter").await, (vec![two.clone()], vec![two]), "never below nothing");
    }

    async fn words_are_text_and_never_syntax(database: Database) {
        let store = open(database).await;
        let strange = ["\"", "'", "]", "\\", "請求", "كلمة", "%", "{}", "null"];
        count(&store, SITE, &strange, Some("'; --"), false).await;
        for word in strange {
            let (_, of_word) = learned(&store, SITE, word).await;
            assert_eq!(of_word, [("'; --".to_owned(), 1)], "{word}");
        }
    }

    async fn what_staff_decide_changes_what_is_suggested_and_keeps_nothing_of_a_requester(database: Database) {
        let store = open(database).await;
        let policy = Library::embedded().policy("m3ter", None).expect("a policy");
        let help = Article::parse("https://help.acme.example/a", "en", "The meter gateway", &[], "").expect("an article");
        let text = "The gateway of Ada Lovelace, 0664 1234567, asks for a password.";
        let of = |number: u32| Ticket { summary: "Gateway".to_owned(), description: text.to_owned(), impact: None, ..crate::ticket(number) };
        let mut tx = write(&store).await;
        store::articles::replace(&mut tx, SITE, &[help]).await.expect("articles");
        let published = Published::of_site(&mut tx, SITE).await.expect("words");
        let before = suggestions::suggest(&mut tx, &of(1), &policy).await.expect("a suggestion");
        assert_eq!(before.category.expect("a category").id, "technical_support");
        for number in 1..=30 {
            store::tickets::insert(&mut tx, &of(number)).await.expect("a ticket");
            let choice = Choice { category: Some(Some("incident")), priority: Some(Some("S2")) };
            // The same decision twice counts once.
            for _ in 0..2 {
                suggestions::decided(&mut tx, &of(number), &policy, &published, choice, at(0)).await.expect("a decision");
            }
        }
        let after = suggestions::suggest(&mut tx, &of(31), &policy).await.expect("a suggestion");
        let category = after.category.expect("a category");
        assert_eq!(category.id, "incident", "{category:?}");
        let asked = words(&["#login", "gateway", "ada", "lovelace", "0664", "1234567", "asks", "password"]);
        let learned = store::classification::learned(&mut tx, SITE, Facet::Category, asked.iter()).await.expect("an answer");
        let mut kept: Vec<&str> = learned.features.keys().map(String::as_str).collect();
        kept.sort_unstable();
        assert_eq!(kept, ["#login", "gateway"], "concepts, and words that are published");
        assert_eq!(learned.features["gateway"]["incident"], 30);
        // A later decision takes the earlier one back.
        let choice = Choice { category: Some(None), ..Choice::default() };
        suggestions::decided(&mut tx, &of(1), &policy, &published, choice, at(1)).await.expect("a decision");
        let learned = store::classification::learned(&mut tx, SITE, Facet::Category, asked.iter()).await.expect("an answer");
        assert_eq!((learned.decisions["incident"], learned.decisions[""]), (29, 1));
    }

    async fn colleagues_who_decide_the_opposite_at_once_do_not_wait_for_each_other(database: Database) {
        let store = open(database).await;
        let policy = Library::embedded().policy("m3ter", None).expect("a policy");
        let classes = ["incident", "technical_support"];
        let decide = async |number: u32, class: &str| {
            let ticket = Ticket { description: "The login asks for a password.".to_owned(), ..crate::ticket(number) };
            let mut tx = write(&store).await;
            let choice = Choice { category: Some(Some(class)), ..Choice::default() };
            suggestions::decided(&mut tx, &ticket, &policy, &Published::default(), choice, at(0)).await.expect("a decision");
            tx.commit().await.expect("a commit");
        };
        for number in 1..=2 {
            add_ticket(&store, number).await;
        }
        for round in 0..=30 {
            let (one, other) = (classes[round % 2], classes[(round + 1) % 2]);
            tokio::join!(decide(1, one), decide(2, other));
        }
        let (all, of_word) = learned(&store, SITE, "#login").await;
        let once = |class: &str| (class.to_owned(), 1);
        assert_eq!(all, classes.map(once));
        assert_eq!(of_word, all);
    }
}
