//! Whoever has a ticket hears by mail that its requester wrote.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, form},
    eventually, on_both_databases,
    service::{STAFF_EMAIL, Setup, Staff},
    smtp::SmtpSink,
};
use serde_json::json;

use crate::incoming::{ADDRESS, mail, ticket};

const SOON: Duration = Duration::from_secs(30);

struct Place {
    service: Service,
    sink: SmtpSink,
    staff: Staff,
    reference: String,
    /// Where answers of the requester go.
    address: String,
}

impl Place {
    /// A ticket that is Sam's.
    async fn open(database: Database) -> Self {
        let sink = SmtpSink::start().await;
        let setup = Setup::new(database)
            .mail_to(&sink)
            .mail_setting(ADDRESS)
            .reached_at("https://help.acme.example");
        let service = Service::start_with(setup).await;
        let staff = service.sign_in_staff().await;
        let (reference, address) = ticket(&service, &sink).await;
        let place = Self {
            service,
            sink,
            staff,
            reference,
            address,
        };
        let page = place.staff.get(&place.path("")).await.text;
        let (_, me) = page
            .split_once("name=\"assignee\" value=\"")
            .expect("a form");
        let (me, _) = me.split_once('"').expect("its end");
        place
            .post(&place.path("/assign"), &format!("assignee={me}"))
            .await;
        place
    }

    fn path(&self, of: &str) -> String {
        format!("/desk/tickets/{}{of}", self.reference)
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        let request = self
            .staff
            .request("POST", path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body.to_owned());
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        assert!(answer.status.as_u16() < 400, "{path}: {}", answer.text);
        answer
    }

    /// The requester writes; when the job that tells of it is done, how many mails the person has got.
    async fn told_after(&self, text: &str, jobs: usize) -> usize {
        let mail = mail(&self.address, "", text);
        let output = self
            .service
            .try_command(&["mail", "receive", "--recipient", &self.address], &mail);
        assert!(output.status.success(), "{output:?}");
        eventually(SOON, "the job to be done", async || {
            let done = self.service.jobs("done");
            let done = done.iter().filter(|job| job["kind"] == "tell_assignee");
            (done.count() == jobs).then_some(())
        })
        .await;
        self.mails().len()
    }

    fn mails(&self) -> Vec<cornerdesk_tests::mail::Mail> {
        let received = self.sink.received().into_iter();
        let to_staff = received.filter(|received| received.recipients.concat() == STAFF_EMAIL);
        to_staff.map(|received| received.mail()).collect()
    }
}

on_both_databases! {
    async fn one_mail_for_each_turn_says_which_ticket_and_nothing_of_what_was_written(database: Database) {
        let place = Place::open(database).await;
        assert_eq!(place.told_after("Canary-words, please read.", 1).await, 1);
        let mail = place.mails().remove(0);
        assert_eq!(mail.header("Subject"), format!("{}: the requester wrote", place.reference));
        let link = format!("https://help.acme.example/desk/tickets/{}", place.reference);
        assert!(mail.links().contains(&link), "{:?}", mail.links());
        let everything = mail.everything();
        assert!(!everything.contains("Canary") && !everything.contains("customer.example"), "{everything}");
        assert_eq!(place.told_after("One more thing.", 2).await, 1, "the same turn");

        let fields = json!({ "kind": "reply", "text": "We look into it." });
        let request = place.staff.request("POST", &place.path("/messages")).multipart(form(&fields, &[]));
        assert_eq!(request.send().await.expect("an answer").status(), 303);
        assert_eq!(place.told_after("Thank you. It is still so.", 3).await, 2, "the next turn");
    }

    async fn who_wants_no_such_mails_and_who_has_no_ticket_gets_none(database: Database) {
        let place = Place::open(database).await;
        let page = place.staff.get("/desk/account").await.text;
        assert!(page.contains("name=\"answers\" value=\"yes\" checked"), "{page}");
        let page = place.post("/desk/account/mails", "").await.text;
        assert!(page.contains("You get no mails about answers any more") && page.contains("name=\"answers\" value=\"yes\" aria"), "{page}");
        assert_eq!(place.told_after("Hello?", 1).await, 0);
        place.post("/desk/account/mails", "answers=yes").await;
        place.post(&place.path("/assign"), "assignee=").await;
        let mail = mail(&place.address, "", "Nobody has it.");
        let output = place.service.try_command(&["mail", "receive", "--recipient", &place.address], &mail);
        assert!(output.status.success(), "{output:?}");
        let jobs = ["ready", "done", "dead"].map(|state| place.service.jobs(state));
        assert_eq!(jobs.iter().flatten().filter(|job| job["kind"] == "tell_assignee").count(), 1, "there is nobody to be told");
    }
}
