//! What reports count.

use cornerdesk_ingest::{
    rating::Rating,
    reports::{FirstResponse, Ratings, Took},
    staff::VisibleSites,
    store::{
        self, Store,
        clocks::{Clock, FIRST_RESPONSE, Status as ClockStatus},
        reports::Which,
    },
    ticket::{Fact, Held, Status, Ticket, terms::PauseReason},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, at, open, read, receive, ticket, write};

const QUARTER: i64 = 900;

/// A ticket that came so many seconds after the beginning.
fn came(number: u32, second: i64) -> Ticket {
    Ticket {
        received_at: at(second),
        held: None,
        policy_version: None,
        ..ticket(number)
    }
}

async fn answer(store: &Store, ticket: &Ticket, second: i64) {
    let mut tx = write(store).await;
    let fact = Fact::Answered {
        by: "Kim".to_owned(),
    };
    store::timeline::append(&mut tx, &ticket.site, ticket.id, at(second), &fact)
        .await
        .expect("a fact");
    tx.commit().await.expect("a commit");
}

async fn clock(store: &Store, ticket: &Ticket, status: ClockStatus, reason: Option<&str>) {
    let clock = Clock {
        metric: FIRST_RESPONSE.to_owned(),
        due_at: Some(at(500)),
        status,
        reason: reason.map(str::to_owned),
        budget_s: None,
        last_seq: 1,
    };
    let mut tx = write(store).await;
    store::clocks::put(&mut tx, &ticket.site, ticket.id, &clock)
        .await
        .expect("a clock");
    tx.commit().await.expect("a commit");
}

fn which(from: i64, until: i64, site: Option<&str>) -> Which<'_> {
    Which {
        from: at(from),
        until: at(until),
        site,
        visible: &VisibleSites::All,
    }
}

on_both_databases! {
    async fn tickets_are_counted_where_they_came_and_where_they_stand(database: Database) {
        let store = open(database).await;
        for ticket in [
            came(1, 0),
            came(2, 2 * QUARTER),
            Ticket { status: Status::Solved, ..came(3, 2 * QUARTER) },
            Ticket { held: Some(Held::Suspected), ..came(4, 0) },
            came(5, 9 * QUARTER),
        ] {
            receive(&store, &ticket, None).await;
        }
        let mut tx = read(&store).await;
        let arrivals = store::reports::arrivals(&mut tx, which(0, 9 * QUARTER, None)).await.expect("counts");
        let counts: Vec<u64> = arrivals.iter().map(|(_, count)| *count).collect();
        assert_eq!(counts, [1, 2], "neither the held one nor the one of later");
        assert_eq!(arrivals[1].0 - arrivals[0].0, 2);
        assert_eq!(arrivals[0].0, at(0).as_second() / QUARTER);
        let standing = store::reports::by_status(&mut tx, which(0, 10 * QUARTER, Some(SITE))).await.expect("counts");
        assert_eq!(standing.iter().map(|(_, count)| count).sum::<u64>(), 4);
        assert!(standing.contains(&("solved".to_owned(), 1)), "{standing:?}");
        let others = store::reports::by_status(&mut tx, which(0, 10 * QUARTER, Some(OTHER_SITE))).await.expect("counts");
        assert!(others.is_empty());
    }

    async fn answers_are_counted_as_their_clocks_stand(database: Database) {
        let store = open(database).await;
        for (number, status, reason, is_answered) in [
            (1, Some(ClockStatus::Met), None, true),
            (2, Some(ClockStatus::Breached), None, true),
            (3, Some(ClockStatus::Breached), None, false),
            (4, Some(ClockStatus::None), Some("unclassified"), false),
            (5, None, None, true),
            (6, Some(ClockStatus::Running), None, false),
        ] {
            let ticket = came(number, 0);
            receive(&store, &ticket, None).await;
            if let Some(status) = status {
                clock(&store, &ticket, status, reason).await;
            }
            if is_answered {
                answer(&store, &ticket, 60).await;
                answer(&store, &ticket, 70).await;
            }
        }
        let mut tx = read(&store).await;
        let standings = store::reports::first_responses(&mut tx, which(0, 1, None), at(400)).await.expect("standings");
        let sum = FirstResponse::of(&standings);
        assert_eq!((sum.met, sum.late, sum.missed, sum.running), (1, 1, 1, 1));
        let without: Vec<_> = sum.without_promise.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
        assert_eq!(without, [("no_policy", 1), ("unclassified", 1)]);
        let standings = store::reports::first_responses(&mut tx, which(0, 1, None), at(500)).await.expect("standings");
        let sum = FirstResponse::of(&standings);
        assert_eq!((sum.missed, sum.running), (2, 0), "its time has come, and no timer has said so yet");
    }

    async fn half_and_nine_of_ten_were_answered_within(database: Database) {
        let store = open(database).await;
        for number in 1..=10 {
            let ticket = Ticket { priority: Some("S1".to_owned()), plan: None, ..came(number, 0) };
            receive(&store, &ticket, None).await;
            answer(&store, &ticket, i64::from(number) * 60).await;
        }
        let other = Ticket { priority: None, plan: Some("Pro".to_owned()), ..came(11, 0) };
        receive(&store, &other, None).await;
        answer(&store, &other, 7).await;
        receive(&store, &came(12, 0), None).await;
        let mut tx = read(&store).await;
        let mut times = store::reports::times(&mut tx, which(0, 1, Some(SITE))).await.expect("times");
        times.sort_by_key(|took| took.answered);
        let took = |priority: Option<&str>, plan: Option<&str>, answered, median_s, p90_s| Took { priority: priority.map(str::to_owned), plan: plan.map(str::to_owned), answered, median_s, p90_s };
        assert_eq!(times, [took(None, Some("Pro"), 1, 7, 7), took(Some("S1"), None, 10, 300, 540)]);
    }

    async fn paused_time_is_counted_by_reason(database: Database) {
        let store = open(database).await;
        let paused = |reason| Fact::Paused { reason, by: "Kim".to_owned() };
        let resumed = || Fact::Resumed { by: "Kim".to_owned() };
        let solved = Fact::StatusChanged { to: Status::Solved, by: "Kim".to_owned(), root_cause: None, reason: None };
        let opened = Fact::StatusChanged { to: Status::Open, by: "Kim".to_owned(), root_cause: None, reason: None };
        for (number, facts) in [
            // Twice for one reason, once for another; between two pauses nobody said that it went on.
            (1, vec![(10, paused(PauseReason::ThirdParty)), (40, resumed()), (50, paused(PauseReason::ThirdParty)), (60, paused(PauseReason::Requester)), (65, resumed())]),
            // It was solved meanwhile; that it was opened again is no pause.
            (2, vec![(10, paused(PauseReason::ThirdParty)), (30, solved), (70, opened)]),
            // It lasts.
            (3, vec![(80, paused(PauseReason::OtherDepartment))]),
            (4, vec![]),
        ] {
            let ticket = came(number, 0);
            receive(&store, &ticket, None).await;
            let mut tx = write(&store).await;
            for (second, fact) in facts {
                store::timeline::append(&mut tx, &ticket.site, ticket.id, at(second), &fact).await.expect("a fact");
            }
            tx.commit().await.expect("a commit");
        }
        let mut tx = read(&store).await;
        let counted = store::reports::paused(&mut tx, which(0, 1, Some(SITE)), at(100)).await.expect("pauses");
        let counted: Vec<_> = counted.iter().map(|paused| (paused.reason.as_str(), paused.tickets, paused.pauses, paused.took_s)).collect();
        assert_eq!(counted, [("other_department", 1, 1, 20), ("requester", 1, 1, 5), ("third_party", 2, 3, 60)]);
        let none = store::reports::paused(&mut tx, which(0, 1, Some(OTHER_SITE)), at(100)).await.expect("pauses");
        assert!(none.is_empty(), "{none:?}");
    }

    async fn ratings_are_of_the_tickets_of_the_period(database: Database) {
        let store = open(database).await;
        for (number, second, is_good) in [(1, 0, true), (2, 0, true), (3, 0, false), (4, 9, false)] {
            let ticket = came(number, second);
            receive(&store, &ticket, None).await;
            let mut tx = write(&store).await;
            let rating = Rating { is_good, comment: None, rated_at: at(50), changed_at: at(50) };
            store::ratings::put(&mut tx, SITE, ticket.id, &rating).await.expect("a rating");
            tx.commit().await.expect("a commit");
        }
        let mut tx = read(&store).await;
        let ratings = store::reports::ratings(&mut tx, which(0, 1, None)).await.expect("ratings");
        assert_eq!(ratings, Ratings { good: 2, not_good: 1 });
        assert_eq!(ratings.percent_good(), Some(66));
        let none = store::reports::ratings(&mut tx, which(0, 1, Some(OTHER_SITE))).await.expect("ratings");
        assert_eq!(none.percent_good(), None);
    }

    async fn an_export_has_every_ticket_once(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        // All at one instant, and more than are read at once.
        for number in 1..=1_101 {
            assert!(store::tickets::insert(&mut tx, &came(number, 5)).await.expect("an answer"));
        }
        tx.commit().await.expect("a commit");
        answer(&store, &came(7, 5), 65).await;
        clock(&store, &came(7, 5), ClockStatus::Met, None).await;
        let mut tx = read(&store).await;
        let all = store::reports::export(&mut tx, which(5, 6, None), 2_000).await.expect("rows");
        let mut references: Vec<_> = all.iter().map(|row| row.reference.as_str()).collect();
        references.sort_unstable();
        references.dedup();
        assert_eq!((all.len(), references.len()), (1_101, 1_101));
        let seventh = all.iter().find(|row| row.reference == came(7, 5).reference.to_string()).expect("the seventh");
        assert_eq!((seventh.answered_at, seventh.due_at, seventh.clock), (Some(at(65)), Some(at(500)), Some(ClockStatus::Met)));
        let some = store::reports::export(&mut tx, which(5, 6, None), 1_050).await.expect("rows");
        assert_eq!(some.len(), 1_050);
        assert!(store::reports::export(&mut tx, which(6, 7, None), 10).await.expect("rows").is_empty());
    }
}
