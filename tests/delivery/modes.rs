//! To whom a site writes by itself: `acknowledge` in its section.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission, new_key},
    on_both_databases,
    product::Product,
    relay::Relay,
    service::{SITE, Setup},
    smtp::SmtpSink,
};

use serde_json::{Value, json};

use crate::budget::settled;

/// A service whose site is set to a mode, with a public address.
struct Place {
    service: Service,
    sink: SmtpSink,
    relay: Relay,
    product: Product,
}

impl Place {
    async fn open(database: Database, mode: &str) -> Self {
        let (sink, relay) = (SmtpSink::start().await, Relay::bind().await);
        let product = Product::new(SITE);
        let setup = Setup::new(database)
            .mail_to(&sink)
            .few_mails("")
            .reached_at(&relay.origin())
            .site_setting(&format!("acknowledge = \"{mode}\"\n{}", product.settings()));
        let service = Service::start_with(setup).await;
        relay.pass_to(&service.origin());
        Self {
            service,
            sink,
            relay,
            product,
        }
    }

    /// Submits; the reference, and the path of the link in the mail that asks.
    async fn asked(&self) -> (String, String) {
        let answer = self.service.client().submit(&a_submission()).await;
        assert_eq!(answer.json()["mail"], "confirm");
        let reference = answer.reference();
        settled(&self.service).await;
        let mail = self.sink.message_to("ada@customer.example").await.mail();
        assert!(mail.header("Subject").contains("Please confirm"));
        let links = mail.links();
        assert_eq!(links.len(), 1, "{links:?}");
        let link = links.first().expect("a link");
        assert!(mail.text.contains(link) && mail.html.contains(link));
        let path = link.strip_prefix(&self.relay.origin()).expect("our origin");
        (reference, path.to_owned())
    }

    /// Ada writes, signed in to the product.
    async fn submit_as_ada(&self) -> Answer {
        let mut claims = self.product.claims();
        claims["email"] = json!("ada@customer.example");
        let request = self
            .service
            .client()
            .submission(&new_key(), &a_submission());
        let request = request.header("Identity-Token", self.product.token_of(&claims));
        Answer::of(request.send().await.expect("an answer")).await
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let request = self
            .service
            .client()
            .request(method, path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body.to_owned());
        Answer::of(request.send().await.expect("an answer")).await
    }

    fn is_listed(&self, reference: &str) -> bool {
        let tickets = self.service.tickets();
        tickets
            .iter()
            .any(|ticket| ticket["reference"] == reference)
    }

    fn facts(&self, reference: &str) -> String {
        self.service.ticket(reference)["timeline"].to_string()
    }
}

on_both_databases! {
    async fn a_request_is_held_until_its_sender_confirms_it(database: Database) {
        let place = Place::open(database, "confirm-first").await;
        let (reference, path) = place.asked().await;
        for method in ["HEAD", "GET", "GET"] {
            assert_eq!(place.ask(method, &path, "").await.status, 200);
        }
        assert!(!place.is_listed(&reference));
        assert_eq!(place.service.ticket(&reference)["held"], "unconfirmed");
        assert!(place.ask("POST", &path, "").await.status.is_client_error());

        let done = place.ask("POST", &path, "answer=yes").await;
        assert_eq!(done.status, 200, "{}", done.text);
        assert!(done.text.contains(&reference), "{}", done.text);
        assert!(place.is_listed(&reference));
        assert!(place.facts(&reference).contains("\"confirmed\""));
        assert_eq!(place.ask("POST", &path, "answer=yes").await.status, 410);
        assert_eq!(place.ask("POST", &path, "answer=no").await.status, 410);
        // Now it is like any other: it is acknowledged.
        let mails = place.sink.messages(2).await;
        assert!(mails[1].mail().header("Subject").contains("We have received"));
        settled(&place.service).await;
        assert_eq!(place.sink.count(), 2);
        assert!(!place.facts(&reference).contains("disowned"));
    }

    async fn who_says_no_is_asked_no_more_and_the_request_stays_held(database: Database) {
        let place = Place::open(database, "confirm-first").await;
        let (reference, path) = place.asked().await;
        let done = place.ask("POST", &path, "answer=no").await;
        assert!(done.text.contains("Thank you for telling us"), "{}", done.text);
        assert!(place.facts(&reference).contains("disowned"));
        assert!(!place.is_listed(&reference));
        let second = place.service.client().submit(&a_submission()).await.reference();
        settled(&place.service).await;
        assert_eq!(place.sink.count(), 1);
        assert!(place.facts(&second).contains("confirmation_not_asked"));
        // Staff may let it in; the address is still not asked for anything.
        place.service.command(&["ticket", "release", &second]);
        settled(&place.service).await;
        assert!(place.is_listed(&second));
        assert_eq!(place.sink.count(), 1);
    }

    async fn who_confirms_three_requests_in_an_hour_gets_three_acknowledgements_too(database: Database) {
        let place = Place::open(database, "confirm-first").await;
        for number in 1..=3 {
            place.service.client().submit(&a_submission()).await.reference();
            settled(&place.service).await;
            let asked = place.sink.received().pop().expect("a mail").mail();
            let links = asked.links();
            let link = links.first().expect("a link");
            let path = link.strip_prefix(&place.relay.origin()).expect("our origin");
            assert_eq!(place.ask("POST", path, "answer=yes").await.status, 200);
            settled(&place.service).await;
            assert_eq!(place.sink.count(), 2 * number);
        }
        let subjects: Vec<_> = place.sink.received().iter().map(|mail| mail.mail().header("Subject").to_owned()).collect();
        assert_eq!(subjects.iter().filter(|subject| subject.contains("We have received")).count(), 3);
        // The questions count: there is no fourth one, however many were answered.
        let fourth = place.service.client().submit(&a_submission()).await;
        settled(&place.service).await;
        assert_eq!(place.sink.count(), 6);
        // Its receipt is like any other: whoever types somebody's address does not learn that it was written to.
        assert_eq!(fourth.json()["mail"], "confirm");
    }

    async fn asking_counts_as_a_mail(database: Database) {
        let place = Place::open(database, "confirm-first").await;
        for _ in 0..5 {
            place.service.client().submit(&a_submission()).await.reference();
        }
        settled(&place.service).await;
        assert_eq!(place.sink.count(), 3);
    }

    async fn a_person_whom_the_product_vouches_for_is_not_asked_to_confirm(database: Database) {
        for mode in ["confirm-first", "verified-only"] {
            let place = Place::open(database, mode).await;
            let answer = place.submit_as_ada().await;
            assert_eq!(answer.json()["mail"], Value::Null);
            let reference = answer.reference();
            settled(&place.service).await;
            assert!(place.is_listed(&reference), "{mode}");
            let mail = place.sink.message_to("ada@customer.example").await.mail();
            assert!(mail.header("Subject").contains("We have received"));
            assert_eq!(place.sink.count(), 1);
        }
    }

    async fn strangers_cannot_use_up_the_mails_of_a_person_whom_the_product_vouches_for(database: Database) {
        let place = Place::open(database, "ack").await;
        for _ in 0..5 {
            place.service.client().submit(&a_submission()).await.reference();
        }
        settled(&place.service).await;
        assert_eq!(place.sink.count(), 3);
        for _ in 0..5 {
            place.submit_as_ada().await.reference();
        }
        settled(&place.service).await;
        // As many again, and no more: her browser may be somebody else's for a moment.
        assert_eq!(place.sink.count(), 6);
        place.service.client().submit(&a_submission()).await.reference();
        settled(&place.service).await;
        assert_eq!(place.sink.count(), 6);
    }

    async fn a_site_for_verified_people_writes_to_no_stranger(database: Database) {
        let place = Place::open(database, "verified-only").await;
        let answer = place.service.client().submit(&a_submission()).await;
        assert_eq!(answer.json()["mail"], "none");
        let reference = answer.reference();
        settled(&place.service).await;
        assert_eq!(place.sink.count(), 0);
        assert!(place.is_listed(&reference));
        assert!(place.facts(&reference).contains("not_verified"));
    }
}

#[tokio::test]
async fn the_receipt_without_javascript_says_that_something_is_to_be_done() {
    for (mode, told) in [
        ("confirm-first", "One more step"),
        // The mail may be withheld, and the receipt must not say so.
        ("confirm-first", "Nothing after an hour?"),
        ("verified-only", "Please note your reference"),
        ("ack", "A confirmation usually reaches"),
    ] {
        let place = Place::open(Database::Sqlite, mode).await;
        let form = reqwest::multipart::Form::new()
            .text("summary", "a")
            .text("description", "b")
            .text("email", "ada@customer.example");
        let request = place
            .service
            .client()
            .request("POST", "/help/acme")
            .header("Origin", place.relay.origin())
            .multipart(form);
        let page = Answer::of(request.send().await.expect("an answer")).await;
        assert_eq!(page.status, 201);
        assert!(page.text.contains(told), "{mode}: {}", page.text);
    }
}

#[tokio::test]
async fn confirm_first_without_a_public_address_is_refused_at_start() {
    let setup = Setup::new(Database::Sqlite).site_setting("acknowledge = \"confirm-first\"");
    let service = Service::prepare(&setup);
    let refused = service.try_command(&["config", "check"], "");
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && told.contains("server.public_url"),
        "{told}"
    );
}
