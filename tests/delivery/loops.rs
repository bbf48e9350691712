//! Programs that answer whatever they get (threat S4).

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::a_submission_with,
    eventually, on_both_databases,
    service::Setup,
    smtp::{Received, SmtpSink},
};
use serde_json::json;

const SOON: Duration = Duration::from_secs(20);
const RESPONDER: &str = "responder@customer.example";
const SECOND_INTAKE: &str = "help@second.example";

/// Answers a mail in the worst way: to every address that it can find, without a header that says so, and by the form of the other installation too.
async fn respond(message: &Received, first: &Service, second: &Service) {
    let mail = message.mail();
    let from = mail.header("From").to_owned();
    let answers_to = mail.optional_header("Reply-To").unwrap_or(&from).to_owned();
    for to in [message.sender.as_str(), &from, &answers_to] {
        let answer = format!(
            "From: {RESPONDER}\r\nTo: {to}\r\nSubject: Re: {}\r\n\r\nThank you!\r\n",
            mail.header("Subject")
        );
        for service in [first, second] {
            // Whatever mail server stands there, it has nothing but this command to bring a mail to.
            let dealt = service.try_command(&["bounce", "--recipient", to], &answer);
            assert!(dealt.status.success(), "{dealt:?}");
        }
    }
}

async fn until_quiet(services: [&Service; 2]) {
    eventually(SOON, "no job to wait", async || {
        services
            .iter()
            .all(|service| service.jobs("ready").is_empty())
            .then_some(())
    })
    .await;
}

on_both_databases! {
    async fn a_responder_that_ignores_every_header_ends_after_a_few_mails(database: Database) {
        let sink = SmtpSink::start().await;
        let bounces = |domain: &str| format!("bounce_address = \"bounces@{domain}\"\nverp = true\n");
        let first = Service::start_with(Setup::new(database).mail_to(&sink).mail_setting(&bounces("acme.example"))).await;
        let second_setting = format!("{}reply_to = \"Second <{SECOND_INTAKE}>\"\n", bounces("second.example"));
        let second = Service::start_with(Setup::new(database).mail_to(&sink).mail_setting(&second_setting)).await;
        let to = |email: &str| a_submission_with(json!({ "email": email }));
        // The responder writes to both, and each is told to write to where the other reads.
        for service in [&first, &second] {
            service.client().submit(&to(RESPONDER)).await.reference();
        }
        first.client().submit(&to(SECOND_INTAKE)).await.reference();
        second.client().submit(&to("bounces@acme.example")).await.reference();

        let mut answered = 0;
        loop {
            until_quiet([&first, &second]).await;
            let received = sink.received();
            if received.len() == answered {
                break;
            }
            for message in &received[answered..] {
                respond(message, &first, &second).await;
            }
            answered = received.len();
            assert!(answered <= 5, "{answered} mails");
        }
        assert_eq!(answered, 3, "one to the responder from each, one to the second's intake");
        assert_eq!((first.tickets().len(), second.tickets().len()), (2, 2), "no mail becomes a ticket");
    }

    async fn no_mail_goes_to_ourselves_or_to_a_program(database: Database) {
        let sink = SmtpSink::start().await;
        let setting = "bounce_address = \"bounces@acme.example\"\nreply_to = \"inbox@acme.example\"\n";
        let service = Service::start_with(Setup::new(database).mail_to(&sink).mail_setting(setting)).await;
        for email in ["Support@acme.example", "support+x@acme.example", "inbox@acme.example", "bounces@acme.example", "noreply@customer.example", "MAILER-DAEMON@customer.example"] {
            let reference = service.client().submit(&a_submission_with(json!({ "email": email }))).await.reference();
            eventually(SOON, "the reason on the ticket", async || {
                service.ticket(&reference)["timeline"].to_string().contains(r#""reason":"machine""#).then_some(())
            })
            .await;
        }
        assert_eq!((sink.conversations(), service.jobs("dead").len()), (0, 0));
    }
}
