//! Full text of tickets and messages.

use cornerdesk_ingest::{
    message::{Kind, Message, Via},
    search::Question,
    staff::{Role, VisibleSites},
    store::{
        self, Store,
        search::{Depth, TOP},
        sites::Source,
    },
    ticket::Ticket,
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{
    OTHER_SITE, SITE, at, id,
    lists::{run, said, staff},
    open, read, site, ticket, write,
};

/// Pieces by number of ticket and piece, the newest first.
async fn found(store: &Store, visible: &VisibleSites, text: &str) -> Vec<(u128, u128)> {
    let Some(question) = Question::of(text) else {
        return Vec::new();
    };
    let mut tx = read(store).await;
    let search = store::search::find(&mut tx, visible, &question, TOP, 50, Depth::Everything).await;
    let found = search.expect("an answer").found;
    found
        .iter()
        .map(|found| (found.ticket.as_u128(), found.piece.as_u128()))
        .collect()
}

async fn anybody_finds(store: &Store, text: &str) -> Vec<(u128, u128)> {
    found(store, &VisibleSites::All, text).await
}

fn note(number: u128, body: &str) -> Message {
    Message {
        id: id(number),
        ticket: id(1),
        kind: Kind::Note,
        via: Via::Desk,
        author: Some("Kim".to_owned()),
        body: body.to_owned(),
        mail_id: None,
        at: at(9),
    }
}

async fn written(database: Database) -> Store {
    let store = open(database).await;
    let mut tx = write(&store).await;
    let tickets = [
        Ticket {
            summary: "Invoice counted twice".to_owned(),
            ..ticket(1)
        },
        Ticket {
            summary: "請求書が届かない".to_owned(),
            description: "L'été à Orléans".to_owned(),
            requester: None,
            ..ticket(2)
        },
        Ticket {
            site: OTHER_SITE.to_owned(),
            summary: "Invoices of another site".to_owned(),
            email: "eve@else.example".to_owned(),
            ..ticket(3)
        },
    ];
    for ticket in &tickets {
        assert!(
            store::tickets::insert(&mut tx, ticket)
                .await
                .expect("an answer")
        );
    }
    for _ in 0..2 {
        store::messages::insert(&mut tx, SITE, &note(70, "They pay by cheque"))
            .await
            .expect("an answer");
    }
    tx.commit().await.expect("a commit");
    store
}

on_both_databases! {
    async fn a_ticket_is_found_by_every_word_of_it_and_of_its_messages(database: Database) {
        let store = written(database).await;
        for (text, pieces) in [
            ("invoice", vec![(1, 70), (3, 3), (1, 1)]),
            ("INVOICE twice", vec![(1, 70), (1, 1)]),
            ("cheq", vec![(1, 70)]),
            ("cheque invoice ada", vec![(1, 70)]),
            ("eve@else.example", vec![(3, 3)]),
            ("orleans ete", vec![(2, 2)]),
            ("請求書", vec![(2, 2)]),
            ("届かない", vec![(2, 2)]),
            ("line tabs", vec![]),
            ("in", vec![]),
            ("\" OR 1=1 -- * ( NEAR", vec![]),
        ] {
            assert_eq!(anybody_finds(&store, text).await, pieces, "{text}");
        }
        let reference = ticket(3).reference.to_string();
        assert_eq!(anybody_finds(&store, &reference).await, [(3, 3)]);
    }

    async fn the_next_page_begins_below_a_piece(database: Database) {
        let store = written(database).await;
        let question = Question::of("invoice").expect("a word");
        let mut tx = read(&store).await;
        let mut below = TOP;
        let mut all = Vec::new();
        while let [found] = &store::search::find(&mut tx, &VisibleSites::All, &question, below, 1, Depth::Newest).await.expect("an answer").found[..] {
            below = found.number;
            all.push(found.piece.as_u128());
        }
        assert_eq!(all, [70, 3, 1]);
    }

    async fn what_is_of_another_site_is_not_found_by_whoever_does_not_see_it(database: Database) {
        let store = written(database).await;
        let visible = VisibleSites::Of { staff: id(9), sites: [SITE.to_owned()].into() };
        let mut tx = write(&store).await;
        store::staff::insert(&mut tx, &staff(9, "Kim"), at(0)).await.expect("an answer");
        store::staff::set_access(&mut tx, id(9), Role::Agent, &visible).await.expect("an answer");
        tx.commit().await.expect("a commit");
        assert_eq!(found(&store, &visible, "invoice").await, [(1, 70), (1, 1)]);
        assert!(found(&store, &visible, "else").await.is_empty());
    }

    async fn what_was_there_before_full_text_is_filled_in_once(database: Database) {
        let store = written(database).await;
        let mut tx = write(&store).await;
        let (second, note) = (said(&tx, id(2)), said(&tx, id(70)));
        let is_sqlite = matches!(tx, store::Tx::Sqlite(_));
        if is_sqlite {
            for piece in [&second, &note] {
                run(&mut tx, &format!("delete from search_words where rowid = (select number from search_pieces where piece_id = {piece})")).await;
                run(&mut tx, &format!("delete from search_pieces where piece_id = {piece}")).await;
            }
            for (ticket, piece) in [(&second, &second), (&said(&tx, id(1)), &note)] {
                run(&mut tx, &format!("insert into search_unfilled (site_id, ticket_id, piece_id) values ('{SITE}', {ticket}, {piece})")).await;
            }
        }
        tx.commit().await.expect("a commit");
        assert_eq!(anybody_finds(&store, "cheque").await.is_empty(), is_sqlite);
        for expected in [if is_sqlite { 2 } else { 0 }, 0] {
            let mut tx = write(&store).await;
            assert_eq!(store::search::fill(&mut tx, 9).await.expect("an answer"), expected);
            tx.commit().await.expect("a commit");
        }
        assert_eq!(anybody_finds(&store, "cheque").await, [(1, 70)]);
        assert_eq!(anybody_finds(&store, "請求書").await, [(2, 2)]);
    }

    async fn a_piece_that_gets_its_words_once_more_keeps_its_place(database: Database) {
        let store = written(database).await;
        let mut tx = write(&store).await;
        let second = said(&tx, id(2));
        run(&mut tx, &format!("update tickets set summary = 'Late invoice' where ticket_id = {second}")).await;
        store::search::unfill(&mut tx).await.expect("an answer");
        assert_eq!(store::search::fill(&mut tx, 9).await.expect("an answer"), 4);
        tx.commit().await.expect("a commit");
        assert_eq!(anybody_finds(&store, "invoice").await, [(1, 70), (3, 3), (2, 2), (1, 1)]);
        assert!(anybody_finds(&store, "請求書").await.is_empty());
        assert_eq!(anybody_finds(&store, "Eve@Else.example").await, [(3, 3)]);
    }
}

#[tokio::test]
async fn the_lock_between_sites_holds_for_words_too() {
    let store = written(Database::Postgres).await;
    let question = Question::of("invoice").expect("a word");
    let mut tx = store.read_for(OTHER_SITE).await.expect("a transaction");
    let search = store::search::find(
        &mut tx,
        &VisibleSites::All,
        &question,
        TOP,
        50,
        Depth::Newest,
    );
    let found = search.await.expect("an answer").found;
    assert_eq!(
        found.iter().map(|found| found.ticket).collect::<Vec<_>>(),
        [id(3)]
    );
}

/// More pieces than are looked at one by one: those of two sites that somebody sees between those of one that they do not. Every thousandth has a word of its own;
/// one half has a word that the other has not, but for the two oldest.
const MANY: &str = "
    with made as (
    insert into search_pieces (site_id, ticket_id, piece_id, words)
    select case number % 3 when 0 then 'SITE' when 1 then 'BESIDE' else 'third' end,
        case number % 3 when 0 then 'ONE'::uuid when 1 then 'THREE'::uuid else 'FOUR'::uuid end,
        gen_random_uuid(),
        array_to_tsvector(array['common', case when number % 2 = 0 then 'even' else 'odd' end]
            || case when number < 3 then array['odd', 'even'] else array[]::text[] end
            || case when number % 1000 < 3 then array['seldom'] else array[]::text[] end)
    from generate_series(1, 21000) as number
    ) select 1
";

#[tokio::test]
async fn whoever_sees_some_sites_turns_over_every_piece_of_these_once() {
    let store = written(Database::Postgres).await;
    let visible = VisibleSites::Of {
        staff: id(9),
        sites: [SITE.to_owned(), OTHER_SITE.to_owned()].into(),
    };
    let mut tx = write(&store).await;
    store::staff::insert(&mut tx, &staff(9, "Kim"), at(0))
        .await
        .expect("an answer");
    store::staff::set_access(&mut tx, id(9), Role::Agent, &visible)
        .await
        .expect("an answer");
    store::sites::put(&mut tx, &site("third"), Source::Command, at(0))
        .await
        .expect("a site");
    let fourth = Ticket {
        site: "third".to_owned(),
        ..ticket(4)
    };
    assert!(
        store::tickets::insert(&mut tx, &fourth)
            .await
            .expect("an answer")
    );
    let many = MANY
        .replace("SITE", SITE)
        .replace("BESIDE", OTHER_SITE)
        .replace("ONE", &id(1).to_string())
        .replace("THREE", &id(3).to_string())
        .replace("FOUR", &id(4).to_string());
    run(&mut tx, &many).await;
    tx.commit().await.expect("a commit");

    let mut tx = read(&store).await;
    for (text, page, expected) in [
        ("common", 700, 14_000),
        ("seldom", 9, 42),
        ("seldom", 20, 42),
        ("common seldom", 9, 42),
        ("sel nowhere", 9, 0),
        ("nowhere", 9, 0),
        ("even odd", 9, 1),
    ] {
        let question = Question::of(text).expect("a word");
        let (mut below, mut numbers) = (TOP, Vec::new());
        loop {
            let depth = Depth::Everything;
            let search = store::search::find(&mut tx, &visible, &question, below, page, depth);
            let found = search.await.expect("an answer").found;
            let Some(last) = found.last() else { break };
            below = last.number;
            assert!(found.iter().all(|found| found.site != "third"));
            numbers.extend(found.iter().map(|found| found.number));
        }
        assert_eq!(numbers.len(), expected, "{text}");
        assert!(numbers.is_sorted_by(|one, next| one > next), "{text}");
    }
    assert_eq!(found(&store, &visible, "invoice").await.len(), 3);

    // Words of half of all pieces each are not searched below the newest unless that is asked for; everything else is.
    for (text, is_whole) in [
        ("even odd", false),
        ("even nowhere", true),
        ("seldom", true),
        ("nowhere", true),
    ] {
        let question = Question::of(text).expect("a word");
        for visible in [&visible, &VisibleSites::All] {
            let depth = Depth::Newest;
            let search = store::search::find(&mut tx, visible, &question, TOP, 50, depth);
            let search = search.await.expect("an answer");
            assert_eq!(search.unsearched_below.is_none(), is_whole, "{text}");
            let Some(below) = search.unsearched_below else {
                continue;
            };
            assert!(search.found.is_empty(), "{text}");
            let depth = Depth::Everything;
            let search = store::search::find(&mut tx, visible, &question, below, 50, depth);
            let search = search.await.expect("an answer");
            assert_eq!(search.unsearched_below, None, "{text}");
            assert!(!search.found.is_empty(), "{text}");
        }
    }
}
