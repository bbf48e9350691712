//! How many mails one mailbox gets, however many submissions name it.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{a_submission, a_submission_with},
    eventually, on_both_databases,
    service::Setup,
    smtp::{Answer, SmtpSink},
};
use serde_json::json;

const SOON: Duration = Duration::from_secs(20);

/// Waits until every job has ended.
pub async fn settled(service: &Service) {
    eventually(SOON, "all jobs to end", async || {
        service.jobs("ready").is_empty().then_some(())
    })
    .await;
}

on_both_databases! {
    async fn the_fourth_mail_in_an_hour_is_withheld_and_staff_see_why(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(Setup::new(database).few_mails("").mail_to(&sink)).await;
        let mut references = Vec::new();
        for email in ["ada@gmail.com", "A.d.a@GMail.com", "ada+x@googlemail.com", "ADA+y@gmail.com"] {
            let answer = service.client().submit(&a_submission_with(json!({ "email": email }))).await;
            references.push(answer.reference());
            settled(&service).await;
        }
        assert_eq!(sink.count(), 3);
        assert_eq!(service.tickets().len(), 4);

        let ticket = service.ticket(&references[3]);
        let fact = ticket["timeline"].as_array().and_then(|facts| facts.last()).expect("a fact");
        assert_eq!((fact["kind"].as_str(), fact["reason"].as_str()), (Some("acknowledgement_withheld"), Some("recipient_budget")));
        let told = "as many mails as it may get";
        assert!(service.command(&["ticket", "show", &references[3]]).contains(told));
        let staff = service.sign_in_staff().await;
        let page = staff.get(&format!("/desk/tickets/{}", references[3])).await;
        assert!(page.text.contains(told) && page.text.contains("Not sent, on purpose"), "{}", page.text);
    }

    async fn a_mail_that_is_tried_again_counts_once(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = Setup::new(database).few_mails("per_hour = 1").mail_to(&sink);
        let service = Service::start_with(setup).await;
        sink.answer_with(Answer::NotNow);
        service.client().submit(&a_submission()).await.reference();
        sink.offers(3).await;
        sink.answer_with(Answer::Accept);
        sink.messages(1).await;
        settled(&service).await;
        service.client().submit(&a_submission()).await.reference();
        settled(&service).await;
        assert_eq!(sink.count(), 1);
    }

    async fn a_site_of_few_mails_takes_none_from_others(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = Setup::new(database).few_mails("per_hour = 3\nper_hour_and_site = 1").mail_to(&sink);
        let service = Service::start_with(setup).await;
        service.command(&["site", "add", "second", "--name", "Second", "--origin", "self"]);
        let (first, second) = (service.client(), service.client().at_site("second"));
        for client in [&first, &first, &second, &second] {
            client.submit(&a_submission()).await.reference();
        }
        settled(&service).await;
        assert_eq!(sink.count(), 2);
    }

    async fn with_the_fuse_blown_mails_wait(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = || Setup::new(database).mail_to(&sink);
        let url = database.new_url();
        let fused = setup().database_url(&url).few_mails("everybody_per_hour = 1\nper_hour = 9\nper_day = 9");
        let mut service = Service::start_with(fused.clone()).await;
        service.client().submit(&a_submission()).await.reference();
        sink.messages(1).await;
        let other = a_submission_with(json!({ "email": "bob@customer.example" }));
        let reference = service.client().submit(&other).await.reference();
        eventually(SOON, "an attempt that has to wait", async || {
            let waiting = service.jobs("ready");
            waiting.first()?["last_error"].as_str()?.contains("in an hour").then_some(())
        })
        .await;
        assert_eq!(sink.count(), 1);
        service.terminate().await;
        service.configure(&setup().database_url(&url));
        service.start_again().await;
        let mail = sink.message_to("bob@customer.example").await.mail();
        assert!(mail.header("Subject").contains(&reference));
    }
}
