//! One request under each of the four reference policies, from the form to its end: somebody writes and is told what is promised, staff classify, the
//! clock is put forward, staff hear in time and too late, and the page of the request says what is true.

mod m3ter;
mod meiro;
mod memsource;
mod meteorage;

use std::time::Duration;

use anyhow::{Context, Result};
use cornerdesk_tests::{
    Database, Service,
    browser::save_screenshot,
    eventually,
    host_page::{HostPage, embedding_html},
    mail::Mail,
    product::Product,
    relay::Relay,
    service::{SITE, STAFF_EMAIL, Setup},
    smtp::SmtpSink,
    webdriver::{APPEARANCE, Session},
    widget::{self, A_REQUEST},
};
use serde_json::Value;

/// The address of who writes.
const MARA: &str = "mara@customer.example";
/// The address of the team.
const TEAM: &str = "team@vendor.example";
/// The address of whoever is on call at night.
const ON_CALL: &str = "on-call@vendor.example";
/// The address of the last step of a workflow.
const LEADERSHIP: &str = "leadership@vendor.example";

const ROUTES: &str = "[notify]
routes = [
  { to = [\"team@vendor.example\"] },
  { to = [\"on-call@vendor.example\"], about = [\"urgent\", \"breach\"], out_of_hours = true },
  { to = [\"leadership@vendor.example\"], steps = [4] },
]";

/// A product under a policy, its page, and the mailboxes of everybody.
struct Place {
    service: Service,
    sink: SmtpSink,
    page: String,
    _relay: Relay,
    _host: HostPage,
}

impl Place {
    /// At `instant` (RFC 3339) a product's page is open, which says that Mara, who has bought `plan`, uses it.
    async fn open(instant: &str, terms: &str, plan: Option<&str>) -> Self {
        let (product, host) = (Product::new(SITE), HostPage::bind().await);
        let (relay, sink) = (Relay::bind().await, SmtpSink::start().await);
        let setup = Setup::new(Database::Sqlite)
            .reached_at(&relay.origin())
            .allow_only(&host.origin())
            .mail_to(&sink)
            .section(ROUTES)
            .site_setting(&format!("{}\n{terms}", product.settings()));
        let service = Service::start_at(setup, instant).await;
        service.add_staff();
        relay.pass_to(&service.origin());
        let mut claims = product.claims();
        claims["exp"] = (second(instant) + 3600).into();
        claims["plan"] = plan.into();
        let token = product.token_of(&claims);
        let script = format!(
            "<body><script>window.Cornerdesk = function () {{ (Cornerdesk.q = Cornerdesk.q || []).push(arguments) }};
            Cornerdesk('identify', {{ email: 'mara@customer.example', name: 'Mara Lind', token: '{token}' }});</script>"
        );
        let page = embedding_html(&relay.origin(), SITE).replace("<body>", &script);
        Self {
            page: host.show("/", &page, ""),
            service,
            sink,
            _relay: relay,
            _host: host,
        }
    }

    /// Opens the panel, chooses a category and writes; ends when the panel says `promise` above Send.
    async fn write(&self, session: &Session, category: Option<&str>, promise: &str) -> Result<()> {
        session.goto(&self.page).await?;
        widget::open(session).await?;
        widget::wait_for_text(session, "who writes", |text| {
            text.contains("Mara Lind").then_some(())
        })
        .await;
        if let Some(category) = category {
            let choice = format!("[name=category][value={category}]");
            session.find(&choice).await?.click().await?;
        }
        for (name, text) in [
            ("summary", A_REQUEST.summary),
            ("description", A_REQUEST.description),
        ] {
            widget::field(session, name).await?.type_text(text).await?;
        }
        let line = session.find("#promise").await?;
        let what = format!("\"{promise}\" above Send");
        eventually(APPEARANCE, &what, async || {
            (line.text().await.ok()?.contains(promise)).then_some(())
        })
        .await;
        Ok(())
    }

    /// Presses Send; the ticket.
    async fn send(&self, session: &Session, picture: &str) -> Result<Value> {
        widget::send_button(session).await?.click().await?;
        let reference = widget::receipt(session).await?;
        save_screenshot(session, picture).await?;
        Ok(self.service.ticket(&reference))
    }

    /// The ticket as it is now.
    fn again(&self, ticket: &Value) -> Value {
        let reference = ticket["reference"].as_str().expect("a reference");
        self.service.ticket(reference)
    }

    /// A member of staff does something with a ticket.
    fn staff(&self, ticket: &Value, what: &[&str]) {
        let reference = ticket["reference"].as_str().expect("a reference");
        let (act, more) = what.split_first().expect("an act");
        let mut arguments = vec!["ticket", *act, reference];
        arguments.extend(more);
        arguments.extend(["--by", STAFF_EMAIL]);
        self.service.command(&arguments);
    }

    /// Waits for the mail to `recipient` with this in its subject, and gives its text.
    async fn mail(&self, recipient: &str, subject: &str) -> Mail {
        let what = format!("a mail to {recipient}: {subject}");
        eventually(Duration::from_secs(30), &what, async || {
            let mut received = self.sink.received().into_iter();
            let found = received.find(|message| {
                message.recipients.iter().any(|to| to == recipient)
                    && message.mail().header("subject").contains(subject)
            });
            found.map(|message| message.mail())
        })
        .await
    }

    /// How many mails `recipient` got with this in the subject.
    fn mails(&self, recipient: &str, subject: &str) -> usize {
        let received = self.sink.received();
        let to = received.iter().filter(|message| {
            message.recipients.iter().any(|to| to == recipient)
                && message.mail().header("subject").contains(subject)
        });
        to.count()
    }

    /// Puts the clock forward, in minutes.
    async fn wait(&self, minutes: u64) {
        self.service
            .let_pass(Duration::from_secs(60 * minutes))
            .await;
    }

    /// Opens the page of the request by the link in its acknowledgement, and returns what it says.
    async fn follow(&self, session: &Session, picture: &str) -> Result<String> {
        let mail = self.sink.message_to(MARA).await.mail();
        let links = mail.links();
        let link = links.iter().find(|link| link.contains("/t/"));
        session
            .goto(link.context("a link to the page of the request")?)
            .await?;
        save_screenshot(session, picture).await?;
        widget::visible_text(session).await
    }
}

/// The second of an instant (RFC 3339).
fn second(instant: &str) -> i64 {
    let instant: jiff::Timestamp = instant.parse().expect("an instant");
    instant.as_second()
}

/// The second of an instant in an answer.
fn second_of(value: &Value) -> i64 {
    second(value.as_str().expect("an instant"))
}

/// The seconds from the receipt of a ticket until its first answer is due, as it stands now.
fn due_after_s(place: &Place, ticket: &Value) -> i64 {
    let now = place.again(ticket);
    second_of(&now["clock"]["due_at"]) - second_of(&now["received_at"])
}
