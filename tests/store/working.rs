//! What staff do on the page of a ticket beside its clock, on both databases.

use cornerdesk_ingest::{
    assignment, conversation, joining,
    message::{Kind, Via},
    policies::Policies,
    snoozing,
    staff::{Role, VisibleSites},
    status::link::Holder,
    store::{
        self, Store, Tx, assignments::Person, canned_answers::Canned, drafts::Draft,
        presence::Colleague, staff::Staff,
    },
    ticket::{
        Held, Requester, Status, Ticket,
        snooze::{Fault, Waking, Wish},
    },
};
use cornerdesk_tests::{Database, on_both_databases};
use jiff::{Timestamp, tz::TimeZone};

use crate::{OTHER_SITE, SITE, at, id, open, read, receive, ticket, write};

/// A ticket without terms.
async fn add(store: &Store, number: u32) -> Ticket {
    let ticket = Ticket {
        policy_version: None,
        ..ticket(number)
    };
    receive(store, &ticket, None).await;
    ticket
}

async fn add_staff(tx: &mut Tx, number: u128, name: &str) -> Person {
    let staff = Staff {
        id: id(number),
        email: format!("{name}@acme.example"),
        name: name.to_owned(),
        password_hash: String::new(),
        role: Role::Agent,
        visible: VisibleSites::All,
        has_codes: false,
    };
    let is_new = store::staff::insert(tx, &staff, at(0)).await;
    assert!(is_new.expect("an answer"));
    Person {
        id: staff.id,
        name: staff.name,
    }
}

/// The kinds of the facts after the first.
async fn kinds(tx: &mut Tx, ticket: &Ticket) -> Vec<&'static str> {
    let facts = store::timeline::since(tx, &ticket.site, ticket.id, 1).await;
    let facts = facts.expect("facts");
    facts.iter().map(|entry| entry.fact.kind()).collect()
}

fn written(number: u128) -> conversation::Written<'static> {
    conversation::Written {
        id: id(number),
        text: "Hello?",
        uploads: &[],
    }
}

on_both_databases! {
    async fn a_ticket_is_somebodys_until_it_is_another_ones_or_nobodys(database: Database) {
        let store = open(database).await;
        let ticket = add(&store, 1).await;
        let (mut tx, policies) = (write(&store).await, Policies::default());
        let (kim, sam) = (add_staff(&mut tx, 1, "Kim").await, add_staff(&mut tx, 2, "Sam").await);
        for (to, is_changed) in [(Some(&kim), true), (Some(&kim), false), (Some(&sam), true), (None, true), (None, false)] {
            let changed = assignment::assign(&mut tx, &policies, &ticket, to, "Kim", at(20)).await;
            assert_eq!(changed.expect("an answer"), is_changed);
            assert_eq!(store::assignments::of(&mut tx, SITE, ticket.id).await.expect("an answer").as_ref(), to);
        }
        assert_eq!(kinds(&mut tx, &ticket).await, ["assigned", "assigned", "assigned"]);
        let found = store::tickets::find(&mut tx, SITE, ticket.id).await.expect("an answer").expect("the ticket");
        assert_eq!(found.status, Status::Open, "somebody has looked at it");
        assert!(store::assignments::assign(&mut tx, OTHER_SITE, ticket.id, None).await.is_err(), "another site's");
    }

    async fn a_tag_is_there_once_and_is_known_at_its_site(database: Database) {
        let store = open(database).await;
        let ticket = add(&store, 1).await;
        let (mut tx, policies) = (write(&store).await, Policies::default());
        for (text, is_new) in [("Billing", true), ("billing", false), ("VIP now", true)] {
            let tagged = assignment::tag(&mut tx, &policies, &ticket, text, "Kim", at(20)).await;
            assert_eq!(tagged.expect("an answer"), is_new, "{text}");
        }
        assert_eq!(store::tags::of(&mut tx, SITE, ticket.id).await.expect("tags"), ["billing", "vip-now"]);
        assert_eq!(store::tags::known(&mut tx, SITE, 1).await.expect("tags"), ["billing"]);
        assert!(store::tags::known(&mut tx, OTHER_SITE, 9).await.expect("tags").is_empty());
        for is_there in [true, false] {
            let removed = assignment::untag(&mut tx, &policies, &ticket, "billing", "Kim", at(21)).await;
            assert_eq!(removed.expect("an answer"), is_there);
        }
        assert_eq!(kinds(&mut tx, &ticket).await, ["tagged", "tagged", "untagged"]);
    }

    async fn a_draft_takes_the_place_of_the_one_before_and_is_its_writers_alone(database: Database) {
        let store = open(database).await;
        let ticket = add(&store, 1).await;
        let mut tx = write(&store).await;
        let (kim, sam) = (add_staff(&mut tx, 1, "Kim").await, add_staff(&mut tx, 2, "Sam").await);
        let draft = |body: &str, kind| Draft { message: id(9), kind, body: body.to_owned(), saved_at: at(30) };
        for draft in [draft("Hel", Kind::Reply), draft("Hello “ä漢😀”\n", Kind::Note)] {
            store::drafts::put(&mut tx, SITE, ticket.id, kim.id, &draft).await.expect("it is kept");
            let found = store::drafts::find(&mut tx, SITE, ticket.id, kim.id).await.expect("an answer");
            assert_eq!(found, Some(draft));
        }
        assert_eq!(store::drafts::find(&mut tx, SITE, ticket.id, sam.id).await.expect("an answer"), None);
        store::drafts::delete(&mut tx, SITE, ticket.id, kim.id).await.expect("it goes");
        assert_eq!(store::drafts::find(&mut tx, SITE, ticket.id, kim.id).await.expect("an answer"), None);
    }

    async fn a_colleague_is_there_until_they_leave_or_are_not_heard_of(database: Database) {
        let store = open(database).await;
        let ticket = add(&store, 1).await;
        let mut tx = write(&store).await;
        let (kim, sam) = (add_staff(&mut tx, 1, "Kim").await, add_staff(&mut tx, 2, "Sam").await);
        let others = async |tx: &mut Tx, since: Timestamp| {
            let others = store::presence::others(tx, SITE, ticket.id, sam.id, since).await;
            others.expect("an answer").into_iter().map(|Colleague { name, is_writing }| (name, is_writing)).collect::<Vec<_>>()
        };
        for person in [&kim, &sam] {
            store::presence::seen(&mut tx, SITE, ticket.id, person.id, false, at(10)).await.expect("it is noted");
        }
        assert_eq!(others(&mut tx, at(9)).await, [("Kim".to_owned(), false)], "not oneself");
        store::presence::seen(&mut tx, SITE, ticket.id, kim.id, true, at(20)).await.expect("it is noted");
        assert_eq!(others(&mut tx, at(19)).await, [("Kim".to_owned(), true)]);
        assert!(others(&mut tx, at(20)).await.is_empty(), "too long ago");
        store::presence::forget(&mut tx, at(20)).await.expect("the older go");
        assert_eq!(others(&mut tx, at(0)).await.len(), 1);
        store::presence::gone(&mut tx, SITE, ticket.id, kim.id).await.expect("they leave");
        assert!(others(&mut tx, at(0)).await.is_empty());
    }

    async fn a_canned_answer_is_its_sites(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        let canned = |number, title: &str| Canned { id: id(number), title: title.to_owned(), body: "Hello {requester_name}".to_owned() };
        for answer in [canned(1, "b"), canned(2, "a"), canned(1, "c")] {
            store::canned_answers::put(&mut tx, SITE, &answer, "Kim", at(1)).await.expect("it is kept");
        }
        assert_eq!(store::canned_answers::list(&mut tx, SITE).await.expect("a list"), [canned(2, "a"), canned(1, "c")]);
        assert_eq!(store::canned_answers::count(&mut tx, SITE).await.expect("a count"), 2);
        assert_eq!(store::canned_answers::find(&mut tx, SITE, id(2)).await.expect("an answer"), Some(canned(2, "a")));
        assert_eq!(store::canned_answers::find(&mut tx, OTHER_SITE, id(2)).await.expect("an answer"), None);
        for is_there in [true, false] {
            assert_eq!(store::canned_answers::delete(&mut tx, SITE, id(2)).await.expect("an answer"), is_there);
        }
    }

    async fn a_snoozed_ticket_comes_back_when_the_requester_writes(database: Database) {
        let store = open(database).await;
        let ticket = add(&store, 1).await;
        let (mut tx, policies) = (write(&store).await, Policies::default());
        let wish = (Wish::ThreeDays, &TimeZone::UTC);
        let until = snoozing::snooze(&mut tx, &policies, &ticket, wish, "Kim", at(20)).await.expect("it is snoozed");
        assert_eq!(until, at(20 + 3 * 86_400));
        assert_eq!(store::snoozes::of(&mut tx, SITE, ticket.id).await.expect("an answer"), Some(until));
        let jobs = store::jobs::of_ticket(&mut tx, SITE, ticket.id).await.expect("jobs");
        assert!(jobs.iter().any(|job| job.kind == "wake_ticket" && job.available_at == until), "{jobs:?}");
        conversation::answer(&mut tx, &policies, &ticket, Via::Page, None, &written(7), at(30)).await.expect("it is written");
        assert_eq!(store::snoozes::of(&mut tx, SITE, ticket.id).await.expect("an answer"), None);
        assert_eq!(kinds(&mut tx, &ticket).await, ["snoozed", "woken", "wrote"]);
        let is_woken = snoozing::wake(&mut tx, &policies, &ticket, Waking::Staff, Some("Kim"), at(31)).await;
        assert!(!is_woken.expect("an answer"), "it is in the queue");
    }

    async fn what_is_due_is_not_snoozed_and_what_gets_due_is_snoozed_no_longer(database: Database) {
        let store = open(database).await;
        let ticket = add(&store, 1).await;
        let (mut tx, policies) = (write(&store).await, Policies::default());
        let due = |due_at| cornerdesk_ingest::queue::Place { due_at: Some(due_at), ..Default::default() };
        store::tickets::put_in_queue(&mut tx, SITE, ticket.id, due(at(50))).await.expect("a place");
        let wish = (Wish::ThreeDays, &TimeZone::UTC);
        let until = snoozing::snooze(&mut tx, &policies, &ticket, wish, "Kim", at(20)).await.expect("it is snoozed");
        assert_eq!(until, at(50), "its clock is earlier");
        snoozing::follow_clock(&mut tx, &ticket, Some(at(40))).await.expect("it follows");
        assert_eq!(store::snoozes::of(&mut tx, SITE, ticket.id).await.expect("an answer"), Some(at(40)));
        store::tickets::put_in_queue(&mut tx, SITE, ticket.id, due(at(19))).await.expect("a place");
        let refused = snoozing::snooze(&mut tx, &policies, &ticket, wish, "Kim", at(20)).await;
        assert!(matches!(refused, Err(snoozing::NotSnoozed::Time(Fault::IsDue))), "{refused:?}");
    }

    async fn a_duplicate_goes_on_in_the_other_ticket_and_both_say_so(database: Database) {
        let store = open(database).await;
        let (first, second, third) = (add(&store, 1).await, add(&store, 2).await, add(&store, 3).await);
        let (mut tx, policies) = (write(&store).await, Policies::default());
        joining::merge(&mut tx, &policies, &second, &first, "Kim", at(20)).await.expect("it is merged");
        let found = store::tickets::find(&mut tx, SITE, second.id).await.expect("an answer").expect("the ticket");
        assert_eq!(found.status, Status::Closed);
        assert_eq!(kinds(&mut tx, &second).await.last(), Some(&"merged_into"));
        assert_eq!(kinds(&mut tx, &first).await, ["merged"]);
        let again = joining::merge(&mut tx, &policies, &second, &first, "Kim", at(21)).await;
        assert!(matches!(again, Err(joining::NotJoined::Already)), "{again:?}");
        let elsewhere = joining::merge(&mut tx, &policies, &third, &second, "Kim", at(22)).await;
        assert!(matches!(&elsewhere, Err(joining::NotJoined::Elsewhere(reference)) if *reference == first.reference.to_string()), "{elsewhere:?}");
        let itself = joining::merge(&mut tx, &policies, &third, &third, "Kim", at(22)).await;
        assert!(matches!(itself, Err(joining::NotJoined::Itself)), "{itself:?}");
        let foreign = Ticket { site: OTHER_SITE.to_owned(), ..ticket(4) };
        let foreign = joining::link(&mut tx, &policies, &third, &foreign, "Kim", at(22)).await;
        assert!(matches!(foreign, Err(joining::NotJoined::OtherSite)), "{foreign:?}");
    }

    async fn two_tickets_are_linked_on_both_sides_until_they_are_not(database: Database) {
        let store = open(database).await;
        let (first, second) = (add(&store, 1).await, add(&store, 2).await);
        let (mut tx, policies) = (write(&store).await, Policies::default());
        joining::link(&mut tx, &policies, &second, &first, "Kim", at(20)).await.expect("it is linked");
        let again = joining::link(&mut tx, &policies, &first, &second, "Kim", at(21)).await;
        assert!(matches!(again, Err(joining::NotJoined::Already)), "{again:?}");
        joining::unlink(&mut tx, &policies, &first, &second, "Kim", at(22)).await.expect("it is unlinked");
        for ticket in [&first, &second] {
            assert_eq!(kinds(&mut tx, ticket).await, ["linked", "unlinked"]);
        }
        tx.commit().await.expect("a commit");
        let mut tx = read(&store).await;
        let timeline = store::timeline::list(&mut tx, SITE, first.id).await.expect("facts");
        assert!(joining::linked(&timeline).is_empty());
    }
}

/// Whoever sends a request may name any address; that alone leads nowhere.
#[test]
fn only_the_same_mailbox_or_the_same_person_is_led_to_the_other_page() {
    let [own, into] = [1, 2].map(|number| Ticket {
        requester: None,
        ..ticket(number)
    });
    let leads = |ticket: &Ticket, into: &Ticket| {
        [Holder::Mailbox, Holder::Sender]
            .map(|holder| joining::is_shown_the_way(ticket, into, holder))
    };
    assert_eq!(leads(&own, &into), [true, false]);
    let elsewhere = Ticket {
        email: "bob@customer.example".to_owned(),
        ..into.clone()
    };
    assert_eq!(leads(&own, &elsewhere), [false, false]);
    let person = |ticket: &Ticket| Ticket {
        requester: Some(Requester {
            sub: "u-1".to_owned(),
            name: None,
        }),
        ..ticket.clone()
    };
    assert_eq!(leads(&person(&own), &person(&elsewhere)), [true, true]);
    let held = Ticket {
        held: Some(Held::Suspected),
        ..into
    };
    assert_eq!(leads(&own, &held), [false, false]);
}
