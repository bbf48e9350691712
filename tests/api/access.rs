//! Access that a requester grants for a ticket: rows 56 to 58 of what policies ask for.

mod codes;
mod passing_time;
mod product;

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::Answer,
    eventually, on_both_databases,
    service::{Setup, Staff},
    smtp::SmtpSink,
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::status::path_of;

const KEY: &str = "an-api-key-of-the-product-0123456789";
const REQUESTER: &str = "ada@customer.example";

pub fn setup(database: Database, sink: &SmtpSink) -> Setup {
    let key = cornerdesk_tests::scratch::folder("access").join("key");
    std::fs::write(&key, KEY).expect("a file");
    let access = format!(
        "[[access]]\nsite = \"acme\"\napi_key_file = {:?}",
        key.display().to_string()
    );
    Setup::new(database)
        .mail_to(sink)
        .reached_at("https://help.acme.example")
        .section(&access)
}

/// A request and its page.
pub struct Place {
    pub service: Service,
    pub sink: SmtpSink,
    pub reference: String,
    pub page: String,
}

impl Place {
    pub async fn open(database: Database) -> Self {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        Self::on(service, sink).await
    }

    /// Where a recipient gets so many mails in an hour, and no more.
    async fn with_mails(database: Database, most: u32) -> Self {
        let sink = SmtpSink::start().await;
        let few = format!("per_hour = {most}\nper_hour_and_site = {most}");
        let setup = setup(database, &sink).few_mails(&few);
        Self::on(Service::start_with(setup).await, sink).await
    }

    pub async fn on(service: Service, sink: SmtpSink) -> Self {
        let (reference, page) = crate::status::follow(&service, json!({})).await;
        service.acknowledged(&reference).await;
        Self {
            service,
            sink,
            reference,
            page,
        }
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.service.client().request(method, path)
    }

    pub async fn form(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url_encoded(fields);
        let request = self.request("POST", path).header("Cookie", cookie);
        let request = request
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body);
        Answer::of(request.send().await.expect("an answer")).await
    }

    pub async fn look(&self, cookie: &str) -> String {
        let request = self.request("GET", &self.page).header("Cookie", cookie);
        Answer::of(request.send().await.expect("an answer"))
            .await
            .text
    }

    /// Asks for a code; the page with the field for it, and the code as it was mailed.
    pub async fn code(&self) -> (String, String) {
        let before = self.codes().len();
        let asked = self.form(&format!("{}/code", self.page), "", &[]).await;
        assert_eq!(asked.status, 200, "{}", asked.text);
        let code = eventually(Duration::from_secs(15), "it to happen", async || {
            self.codes().get(before).cloned()
        })
        .await;
        (asked.text, code)
    }

    /// Every code that was mailed.
    fn codes(&self) -> Vec<String> {
        let mails = self
            .sink
            .received()
            .into_iter()
            .map(|received| received.mail());
        let codes = mails.filter(|mail| mail.header("Subject").contains("Your code"));
        codes.filter_map(|mail| mail.code()).collect()
    }

    /// Signs in as the requester does: the cookie.
    pub async fn sign_in(&self) -> String {
        let (page, code) = self.code().await;
        let signed_in = self
            .form(
                &format!("{}/sign-in", self.page),
                "",
                &[("sign_in", &value(&page, "sign_in")), ("code", &code)],
            )
            .await;
        assert_eq!(signed_in.status, 303, "{}", signed_in.text);
        let cookie = signed_in.header("set-cookie").expect("a cookie");
        for part in ["__Host-", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        cookie.split(';').next().expect("a cookie").to_owned()
    }

    /// Grants access as the requester does.
    async fn grant(&self, cookie: &str, lasts: &str) -> Answer {
        let token = value(&self.look(cookie).await, "form_token");
        self.form(
            &format!("{}/access", self.page),
            cookie,
            &[
                ("form_token", &token),
                ("purpose", "Look at the July report"),
                ("lasts", lasts),
            ],
        )
        .await
    }

    async fn revoke(&self, cookie: &str) -> Answer {
        let page = self.look(cookie).await;
        let fields = [
            ("form_token", value(&page, "form_token")),
            ("grant", value(&page, "grant")),
        ];
        let fields = fields
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        self.form(&format!("{}/revoke", self.page), cookie, &fields)
            .await
    }

    /// What the product asks.
    async fn enter(&self, question: Value) -> Answer {
        let request = self
            .request("POST", "/v1/sites/acme/access/uses")
            .bearer_auth(KEY)
            .json(&question);
        Answer::of(request.send().await.expect("an answer")).await
    }

    fn question(&self) -> Value {
        json!({ "reference": self.reference, "staff": "Grace Canary", "purpose": "Compare the totals" })
    }

    pub fn facts(&self) -> Vec<Value> {
        self.service.ticket(&self.reference)["timeline"]
            .as_array()
            .expect("facts")
            .clone()
    }

    /// The fact of a kind, once it is there.
    pub async fn told(&self, kind: &str) -> Value {
        eventually(Duration::from_secs(15), kind, async || {
            self.facts().into_iter().find(|fact| fact["kind"] == kind)
        })
        .await
    }

    fn kinds(&self) -> Vec<String> {
        let kind = |fact: &Value| fact["kind"].as_str().expect("a kind").to_owned();
        self.facts()
            .iter()
            .map(kind)
            .filter(|kind| kind.starts_with("access"))
            .collect()
    }
}

fn url_encoded(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        text.bytes()
            .map(|b| format!("%{b:02x}"))
            .collect::<String>()
    };
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    pairs.join("&")
}

/// The value of a hidden field.
pub fn value(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page
        .split_once(&start)
        .unwrap_or_else(|| panic!("no {name} in {page}"));
    rest.split('"').next().expect("a value").to_owned()
}

async fn desk_form(staff: &Staff, path: &str, purpose: &str) -> Answer {
    let request = staff
        .request("POST", path)
        .header("Content-Type", "application/x-www-form-urlencoded");
    Answer::of(
        request
            .body(url_encoded(&[("purpose", purpose)]))
            .send()
            .await
            .expect("an answer"),
    )
    .await
}

on_both_databases! {
    // Row 56.
    async fn access_is_granted_used_listed_and_revoked_at_once(database: Database) {
        let place = Place::open(database).await;
        place.enter(place.question()).await.problem(403, "access-refused");
        let cookie = place.sign_in().await;
        let granted = place.grant(&cookie, "eight_hours").await;
        assert_eq!(granted.status, 303, "{}", granted.text);

        let entered = place.enter(place.question()).await;
        assert_eq!(entered.status, 200, "{}", entered.text);
        assert!(entered.json()["until"].is_string());
        let page = place.look(&cookie).await;
        assert!(page.contains("Our team may enter your account until"), "{page}");
        assert!(page.contains("Compare the totals") && !page.contains("Canary"), "{page}");

        assert_eq!(place.revoke(&cookie).await.status, 303);
        let refused = place.enter(place.question()).await;
        let problem = refused.problem(403, "access-refused");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.starts_with("revoked:")), "{problem}");
        assert!(place.look("").await.contains("Nobody of our team has access"), "anybody with the link sees that");
        assert_eq!(place.kinds(), ["access_refused", "access_granted", "access_used", "access_revoked", "access_refused"]);
    }

    async fn access_is_granted_twice_for_a_ticket_with_a_policy_whose_timer_stays(database: Database) {
        let sink = SmtpSink::start().await;
        let terms = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";
        let service = Service::start_with(setup(database, &sink).site_setting(terms)).await;
        let (reference, page) = crate::status::follow(&service, json!({ "category": "incident", "plan": "Pro" })).await;
        service.acknowledged(&reference).await;
        let place = Place { service, sink, reference, page };
        let cookie = place.sign_in().await;
        for _ in 0..2 {
            let granted = place.grant(&cookie, "hour").await;
            assert_eq!(granted.status, 303, "{}", granted.text);
        }
        assert_eq!(place.kinds(), ["access_granted", "access_granted"]);
        let waiting = place.service.jobs("ready");
        assert_eq!(waiting.iter().filter(|job| job["kind"] == "expire_access").count(), 2, "{waiting:?}");
        place.service.command(&["ticket", "classify", &place.reference, "--priority", "S1", "--by", "Sam"]);
        assert!(place.service.ticket(&place.reference)["clock"]["due_at"].is_string());
    }

    // Row 57.
    async fn staff_ask_for_access_and_the_requester_gets_the_link(database: Database) {
        let place = Place::open(database).await;
        let staff = place.service.sign_in_staff().await;
        let desk = format!("/desk/tickets/{}", place.reference);
        let empty = desk_form(&staff, &format!("{desk}/access/request"), "  ").await;
        assert_eq!(empty.status, 400, "{}", empty.text);
        let asked = desk_form(&staff, &format!("{desk}/access/request"), "See what the export does").await;
        assert!(asked.status.is_redirection() || asked.status == 200, "{}", asked.status);
        let mail = eventually(Duration::from_secs(15), "it to happen", async || {
            let mails = place.sink.received().into_iter().map(|received| received.mail());
            mails.into_iter().find(|mail| mail.header("Subject").contains("look into your account"))
        })
        .await;
        let links = mail.links();
        assert_eq!(links.len(), 1, "{links:?}");
        let page = Answer::of(place.service.client().get(&path_of(links.first().expect("a link"))).await).await.text;
        assert!(page.contains("We need your permission") && page.contains("See what the export does"), "{page}");
        let shown = staff.get(&desk).await.text;
        assert!(shown.contains("Asked for, not granted yet"), "{shown}");
        // A second mail waits, a day away, when it is known that the first was taken.
        let waiting = || place.service.jobs("ready").iter().filter(|job| job["kind"] == "ask_for_access").count();
        eventually(Duration::from_secs(15), "the first mail's end", async || (waiting() == 1).then_some(())).await;

        let cookie = place.sign_in().await;
        place.grant(&cookie, "hour").await;
        let page = place.look(&cookie).await;
        assert!(!page.contains("We need your permission"), "{page}");
        let used = desk_form(&staff, &format!("{desk}/access/use"), "Export once").await;
        assert!(used.status.is_redirection() || used.status == 200, "{}", used.text);
        assert!(place.look("").await.contains("Export once"));
    }

    // Row 58.
    async fn access_needs_a_ticket_and_a_purpose(database: Database) {
        let place = Place::open(database).await;
        let cookie = place.sign_in().await;
        place.grant(&cookie, "day").await;
        for (changes, reason) in [
            (json!({ "reference": "" }), "no_ticket:"),
            (json!({ "reference": "CD-0000-0001" }), "no_ticket:"),
            (json!({ "purpose": " " }), "no_purpose:"),
            (json!({ "requester": "somebody-else" }), "other_account:"),
        ] {
            let mut question = place.question();
            question.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
            let problem = place.enter(question).await.problem(403, "access-refused");
            assert!(problem["detail"].as_str().is_some_and(|detail| detail.starts_with(reason)), "{problem}");
        }
        let without = json!({ "staff": "Grace", "purpose": "Look" });
        place.enter(without).await.problem(403, "access-refused");
        assert!(!place.kinds().contains(&"access_used".to_owned()));
        // A grant needs a purpose, too.
        let token = value(&place.look(&cookie).await, "form_token");
        let empty = place.form(&format!("{}/access", place.page), &cookie, &[("form_token", &token), ("purpose", " "), ("lasts", "hour")]).await;
        assert!(empty.text.contains("Say what our team may do"), "{}", empty.text);
    }
}
