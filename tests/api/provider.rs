//! Staff sign in with an account at a provider: who comes in, and who does not, whatever the provider says.

use cornerdesk_ingest::clock::Clock;
use cornerdesk_tests::{
    Database, Service,
    client::Answer,
    hostile_provider::{HostileProvider, Signed},
    on_both_databases,
    provider::{CLIENT_ID, CLIENT_SECRET, NAME, section},
    receiver::Receiver,
    service::{STAFF_EMAIL, STAFF_PASSWORD, Setup},
};
use serde_json::{Value, json};

/// Where people reach the service; nobody follows it here.
const ORIGIN: &str = "https://help.acme.example";
const KIM: &str = "kim@acme.example";

/// A sign-in on its way: what the browser holds, and what the provider was told.
struct OnItsWay {
    cookie: String,
    asked: url::Url,
}

impl OnItsWay {
    fn said(&self, name: &str) -> String {
        let mut pairs = self.asked.query_pairs();
        let found = pairs.find(|(key, _)| key == name);
        let (_, value) = found.unwrap_or_else(|| panic!("no {name} in {}", self.asked));
        value.into_owned()
    }
}

struct Desk {
    service: Service,
    provider: HostileProvider,
}

impl Desk {
    async fn open(database: Database, more: &str) -> Self {
        Self::of(database, more, HostileProvider::start(false).await).await
    }

    async fn of(database: Database, more: &str, provider: HostileProvider) -> Self {
        let setup = Self::setup(database, &provider, more);
        let service = Service::start_with(setup).await;
        service.add_staff();
        Self { service, provider }
    }

    fn setup(database: Database, provider: &HostileProvider, more: &str) -> Setup {
        Setup::new(database)
            .reached_at(ORIGIN)
            .section(&section(&provider.issuer(), more))
    }

    async fn begin(&self) -> OnItsWay {
        let answer = self.get("/desk/login/oidc?next=%2Fdesk%2Fheld", None).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let cookie = answer.header("set-cookie").expect("a cookie");
        for part in [
            "__Host-cornerdesk-oidc=",
            "Secure",
            "HttpOnly",
            "SameSite=Lax",
            "Max-Age=600",
        ] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
        let cookie = cookie.split(';').next().expect("a value").to_owned();
        let asked = answer.header("location").expect("a place");
        let asked = asked.parse().expect("an address");
        OnItsWay { cookie, asked }
    }

    async fn get(&self, path: &str, cookie: Option<&str>) -> Answer {
        let mut request = self.service.client().request("GET", path);
        if let Some(cookie) = cookie {
            request = request.header("Cookie", cookie);
        }
        Answer::of(request.send().await.expect("an answer")).await
    }

    async fn come_back(&self, way: &OnItsWay, query: &str) -> Answer {
        let path = format!("/desk/login/oidc/callback?{query}");
        self.get(&path, Some(&way.cookie)).await
    }

    fn claims(&self, way: &OnItsWay, sub: &str, email: &str) -> Value {
        let now = Clock::System.now().as_second();
        self.provider.claims(&way.said("nonce"), sub, email, now)
    }

    /// Somebody signs in whom the provider knows, with what `change` makes of the token.
    async fn sign_in(&self, sub: &str, email: &str, change: impl FnOnce(&mut Value)) -> Answer {
        let way = self.begin().await;
        let mut claims = self.claims(&way, sub, email);
        change(&mut claims);
        self.provider.give(&claims, Signed::Well);
        let query = format!("code=good&state={}", way.said("state"));
        self.come_back(&way, &query).await
    }

    /// How often each act is in the log.
    fn acts(&self, wanted: &str) -> Vec<Value> {
        let lines = self.service.command(&["audit", "list", "--most", "1000"]);
        let rows = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("a row"));
        rows.filter(|row| row["act"] == wanted).collect()
    }

    fn people(&self) -> Vec<String> {
        let list = self.service.command(&["staff", "list", "--json"]);
        let list: Vec<Value> = serde_json::from_str(&list).expect("a list");
        let email = |one: &Value| one["email"].as_str().expect("an address").to_owned();
        list.iter().map(email).collect()
    }
}

/// The cookie of a session that an answer opens.
fn session(answer: &Answer) -> Option<String> {
    let cookies = answer.cookies();
    let cookie = cookies
        .iter()
        .find(|cookie| cookie.starts_with("__Host-cornerdesk="))?;
    Some(cookie.split(';').next().expect("a value").to_owned())
}

fn assert_in(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(answer.header("location"), Some("/desk/held"));
    let cookies = answer.cookies();
    let is_over = |cookie: &String| cookie.starts_with("__Host-cornerdesk-oidc=;");
    assert!(cookies.iter().any(is_over), "{cookies:?}");
    session(answer).expect("a session")
}

fn assert_out(answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(answer.text.contains(words), "{words} in {}", answer.text);
    assert_eq!(session(answer), None);
}

on_both_databases! {
    async fn somebody_is_known_by_a_verified_address_once_and_by_the_account_from_then_on(database: Database) {
        let desk = Desk::open(database, "").await;
        let page = desk.get("/desk/login", None).await.text;
        let (button, form) = (page.find("Sign in with Acme ID"), page.find("name=\"password\""));
        assert!(button.is_some() && button < form, "the button comes first: {page}");

        let cookie = assert_in(&desk.sign_in("sam-1", "SAM@acme.example", |_| ()).await);
        let account = desk.get("/desk/account", Some(&cookie)).await.text;
        assert!(account.contains("You sign in with Acme ID, since") && account.contains("signed in with Acme ID"), "{account}");
        // The address means nothing from now on: neither that it is another, nor that another has it.
        assert_in(&desk.sign_in("sam-1", "other@acme.example", |all| all["email_verified"] = json!(false)).await);
        assert_out(&desk.sign_in("sam-2", STAFF_EMAIL, |_| ()).await, 403, "belongs to another account at Acme ID");
        // Who is not known is not let in, and nobody is made.
        assert_out(&desk.sign_in("kim-1", KIM, |_| ()).await, 403, "you have no account at this desk");
        assert_out(&desk.sign_in("sam-2", KIM, |all| all["email_verified"] = json!("true")).await, 403, "does not say that your e-mail address is verified");
        assert_eq!(desk.people(), [STAFF_EMAIL]);
        assert_eq!(desk.acts("provider_linked").len(), 1);
        let with: Vec<_> = desk.acts("signed_in").into_iter().map(|row| row["detail"]["with"].clone()).collect();
        assert_eq!(with, ["provider", "provider"]);

        // Signing out ends our session.
        let request = desk.service.client().request("POST", "/desk/logout").header("Origin", desk.service.origin()).header("Cookie", &cookie);
        assert_eq!(request.send().await.expect("an answer").status(), 303);
        assert_eq!(desk.get("/desk/account", Some(&cookie)).await.status, 303, "it leads to the sign-in page");

        // What the provider was asked, and what stays out of the log.
        let way = desk.begin().await;
        let expected = [
            ("realm", "staff"), ("response_type", "code"), ("client_id", CLIENT_ID), ("scope", "openid email profile"),
            ("redirect_uri", "https://help.acme.example/desk/login/oidc/callback"), ("code_challenge_method", "S256"),
        ];
        for (name, value) in expected {
            assert_eq!(way.said(name), value);
        }
        let asked = desk.provider.asked();
        let (fields, header) = asked.last().expect("a question");
        assert_eq!((fields["grant_type"].as_str(), fields["client_secret"].as_str(), header), ("authorization_code", CLIENT_SECRET, &None));
        assert_eq!((fields["redirect_uri"].as_str(), fields["code_verifier"].len()), (expected[4].1, 64));
        let log = desk.service.log();
        for secret in [CLIENT_SECRET, "good&", &way.said("state"), &way.said("nonce"), STAFF_EMAIL, KIM, "sam-1"] {
            assert!(!log.contains(secret), "{secret} in {log}");
        }
    }

    async fn nothing_but_the_providers_word_for_this_very_sign_in_opens_a_session(database: Database) {
        // Each attempt is somebody's at another address, or the limit on guesses would answer in the end.
        let desk = Desk::open(database, "").await;
        let doubt = "could not be verified";
        type Change = fn(&mut Value);
        let tokens: [(Change, Signed); 9] = [
            (|_| (), Signed::Not),
            (|_| (), Signed::ByThePublicKey),
            (|_| (), Signed::ByAnother),
            (|all| all["nonce"] = json!("another"), Signed::Well),
            (|all| all["aud"] = json!("another"), Signed::Well),
            (|all| all["aud"] = json!([CLIENT_ID, "another"]), Signed::Well),
            (|all| all["iss"] = json!("https://id.evil.example"), Signed::Well),
            (|all| all["exp"] = json!(1_700_000_000), Signed::Well),
            (|all| all["iat"] = json!(1_700_000_000), Signed::Well),
        ];
        for (number, (change, signed)) in tokens.into_iter().enumerate() {
            let way = desk.begin().await;
            let mut claims = desk.claims(&way, "sam-1", STAFF_EMAIL);
            change(&mut claims);
            desk.provider.give(&claims, signed);
            let path = format!("/desk/login/oidc/callback?code=good&state={}", way.said("state"));
            let request = desk.service.client().request("GET", &path).header("Cookie", &way.cookie);
            let from = format!("10.0.{number}.1");
            let answer = Answer::of(request.header("X-Forwarded-For", from).send().await.expect("an answer")).await;
            assert_out(&answer, 401, doubt);
        }
        assert_eq!(desk.acts("sign_in_failed").len(), 9);
        assert_eq!(desk.acts("signed_in").len() + desk.acts("provider_linked").len(), 0);
    }

    async fn an_answer_is_good_once_in_the_browser_that_asked(database: Database) {
        let desk = Desk::open(database, "").await;
        let elsewhere = "was begun elsewhere, took too long or was used already";
        let (way, other) = (desk.begin().await, desk.begin().await);
        desk.provider.give(&desk.claims(&way, "sam-1", STAFF_EMAIL), Signed::Well);
        let state = way.said("state");
        assert_ne!(state, other.said("state"));
        let query = format!("code=good&state={state}");
        // Without the cookie, with the one of another, with another state, with another provider's name, with what was refused over there.
        assert_out(&desk.get(&format!("/desk/login/oidc/callback?{query}"), None).await, 400, elsewhere);
        assert_out(&desk.come_back(&other, &query).await, 400, elsewhere);
        assert_out(&desk.come_back(&way, "code=good").await, 400, elsewhere);
        assert_out(&desk.come_back(&way, &format!("code=good&state={}", "0".repeat(state.len()))).await, 400, elsewhere);
        assert_out(&desk.come_back(&way, &format!("{query}&iss=https%3A%2F%2Fid.evil.example")).await, 401, "could not be verified");
        assert_out(&desk.come_back(&way, &format!("error=access_denied&error_description=%3Cb%3Eboo&state={state}")).await, 401, "Acme ID did not sign you in");
        assert!(desk.provider.asked().is_empty(), "the code went nowhere");
        assert_out(&desk.come_back(&way, &format!("code=bad&state={state}")).await, 401, "could not be verified");
        // The right one, and again.
        assert_in(&desk.come_back(&way, &query).await);
        assert_out(&desk.come_back(&way, &query).await, 400, "was used already");
        assert_eq!(desk.acts("signed_in").len(), 1);
        // Another page leads to the sign-in page only.
        let request = desk.service.client().request("GET", "/desk/login/oidc").header("Sec-Fetch-Site", "cross-site");
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        assert_eq!((answer.header("location"), answer.header("set-cookie")), (Some("/desk/login"), None));
    }

    async fn a_sign_in_waits_for_ten_minutes_and_keys_are_good_for_an_hour(database: Database) {
        let provider = HostileProvider::start(true).await;
        let setup = Desk::setup(database, &provider, "");
        let service = Service::start_in_false_time(setup).await;
        service.add_staff();
        let desk = Desk { service, provider };
        let now = || Clock::System.now().as_second() + i64::try_from(desk.service.ahead().as_secs()).expect("seconds");
        let come_back = async |wait: u64| {
            let way = desk.begin().await;
            desk.service.advance(std::time::Duration::from_secs(wait));
            let claims = desk.provider.claims(&way.said("nonce"), "sam-1", STAFF_EMAIL, now());
            desk.provider.give(&claims, Signed::Well);
            let iss = desk.provider.issuer().replace(':', "%3A").replace('/', "%2F");
            let query = format!("code=good&state={}", way.said("state"));
            // It says that it names itself: an answer that names nobody is of somebody else.
            assert_out(&desk.come_back(&way, &query).await, if wait < 600 { 401 } else { 400 }, "Try again");
            desk.come_back(&way, &format!("{query}&iss={iss}")).await
        };
        assert_in(&come_back(590).await);
        assert_out(&come_back(610).await, 400, "took too long");
        assert_eq!(desk.provider.looks_at_keys(), 1);
        desk.service.advance(std::time::Duration::from_secs(3600));
        assert_in(&come_back(1).await);
        assert_eq!(desk.provider.looks_at_keys(), 2);
    }

    async fn a_new_key_is_found_at_once_and_made_up_ones_are_no_load(database: Database) {
        let desk = Desk::open(database, "").await;
        assert_in(&desk.sign_in("sam-1", STAFF_EMAIL, |_| ()).await);
        desk.provider.turn_keys("second");
        assert_in(&desk.sign_in("sam-1", STAFF_EMAIL, |_| ()).await);
        assert_eq!(desk.provider.looks_at_keys(), 2);
        for number in 0..12 {
            desk.provider.call_its_key(&format!("unpublished-{number}"));
            let way = desk.begin().await;
            desk.provider.give(&desk.claims(&way, "sam-1", STAFF_EMAIL), Signed::Well);
            let path = format!("/desk/login/oidc/callback?code=good&state={}", way.said("state"));
            let request = desk.service.client().request("GET", &path).header("Cookie", &way.cookie);
            let from = format!("10.0.{number}.1");
            let answer = Answer::of(request.header("X-Forwarded-For", from).send().await.expect("an answer")).await;
            assert_out(&answer, 401, "could not be verified");
        }
        // Of six looks in ten minutes one was for the second key; on a slow machine another may have come free.
        assert!((7..=9).contains(&desk.provider.looks_at_keys()), "{}", desk.provider.looks_at_keys());
    }

    async fn an_account_is_made_where_the_operator_says_so_and_never_for_who_was_taken_away(database: Database) {
        let desk = Desk::open(database, "create = \"agent\"").await;
        // What the token does not say is asked beside it, of the same person.
        desk.provider.tell(json!({ "sub": "another", "email": KIM, "email_verified": true }));
        let without = |all: &mut Value| drop(all.as_object_mut().expect("claims").remove("email"));
        assert_out(&desk.sign_in("kim-1", KIM, without).await, 403, "did not tell your e-mail address");
        desk.provider.tell(json!({ "sub": "kim-1", "email": KIM, "email_verified": true, "name": "Kim" }));
        let kim = assert_in(&desk.sign_in("kim-1", KIM, without).await);
        let account = desk.get("/desk/account", Some(&kim)).await.text;
        assert!(account.contains("<h1>Kim</h1>") && account.contains("Agent") && account.contains("You have no password here"), "{account}");
        assert_eq!(desk.get("/desk/people", Some(&kim)).await.status, 403);

        // Codes of everybody belong to passwords.
        let sam = desk.service.sign_in_again(STAFF_EMAIL).await;
        let page = sam.get("/desk/people").await.text;
        let (_, after) = page.split_once("href=\"/desk/people/").expect("somebody");
        let kim_id = after.split_once("\"><bdi>Kim").map_or_else(|| panic!("{page}"), |(before, _)| before.rsplit('/').next().expect("an id").to_owned());
        let person = format!("/desk/people/{kim_id}");
        let deed = async |deed: &str| {
            let request = sam.request("POST", &person).header("Content-Type", "application/x-www-form-urlencoded").body(format!("deed={deed}"));
            assert_eq!(request.send().await.expect("an answer").status(), 303, "{deed}");
        };
        // Unlinked: signed out, and whoever shows the address next has the account.
        assert!(sam.get(&person).await.text.contains("Unlink from Acme ID"));
        deed("unlink").await;
        assert_eq!(desk.get("/desk/account", Some(&kim)).await.status, 303);
        assert_in(&desk.sign_in("kim-2", KIM, |_| ()).await);
        desk.service.command(&["staff", "unlink", KIM]);
        assert_in(&desk.sign_in("kim-3", KIM, |_| ()).await);
        // Taken away: nothing lets them in, and nobody is made.
        deed("remove").await;
        for sub in ["kim-3", "kim-4"] {
            assert_out(&desk.sign_in(sub, KIM, |_| ()).await, 403, "you have no account at this desk");
        }
        assert_eq!(desk.people(), [STAFF_EMAIL]);
        assert_eq!((desk.acts("provider_linked").len(), desk.acts("provider_unlinked").len()), (3, 2));
    }

    async fn codes_are_asked_with_passwords_and_not_with_the_provider(database: Database) {
        let desk = Desk::open(database, "").await;
        let sam = desk.service.sign_in_again(STAFF_EMAIL).await;
        crate::sign_in::turn_codes_on(&sam).await;
        let request = sam.request("POST", "/desk/people/codes").header("Content-Type", "application/x-www-form-urlencoded").body("codes=on");
        assert_eq!(request.send().await.expect("an answer").status(), 303);
        desk.service.add_colleague(KIM, &[]);
        let kim = assert_in(&desk.sign_in("kim-1", KIM, |_| ()).await);
        assert_eq!(desk.get("/desk", Some(&kim)).await.status, 200);
        let by_password = desk.service.sign_in_again(KIM).await;
        assert_eq!(by_password.get("/desk").await.header("location"), Some("/desk/account/codes"));
        assert_in(&desk.sign_in("sam-1", STAFF_EMAIL, |_| ()).await);
    }

    async fn what_a_provider_names_itself_does_not_lead_inside(database: Database) {
        let (desk, inside) = (Desk::open(database, "").await, Receiver::start(0).await);
        desk.provider.say_its_keys_are_at(&inside.url());
        desk.service.add_colleague(KIM, &[]);
        let answer = desk.sign_in("kim-1", KIM, |_| ()).await;
        assert_out(&answer, 503, "does not answer as it should");
        assert!(inside.webhooks().is_empty(), "the issuer may be on this machine, and nothing else on it is asked");
    }

    async fn where_the_provider_is_required_passwords_open_nothing_but_the_operator_may_allow_them(database: Database) {
        let mut desk = Desk::open(database, "required = true").await;
        let page = desk.get("/desk/login", None).await.text;
        assert!(page.contains("Sign in with Acme ID") && !page.contains("name=\"password\""), "{page}");
        let refused = desk.service.try_to_sign_in(STAFF_PASSWORD).await;
        assert_out(&refused, 403, "Passwords open nothing here");
        assert_in(&desk.sign_in("sam-1", STAFF_EMAIL, |_| ()).await);
        desk.service.terminate().await;
        desk.service.serve_with("--allow-passwords").await;
        desk.service.sign_in_again(STAFF_EMAIL).await;
    }
}

#[tokio::test]
async fn a_provider_that_is_away_is_said_to_be_and_a_service_without_one_has_no_such_page() {
    let gone = {
        let provider = HostileProvider::start(false).await;
        provider.issuer()
    };
    let setup = Setup::new(Database::Sqlite)
        .reached_at(ORIGIN)
        .section(&section(&gone, ""));
    let service = Service::start_with(setup).await;
    let get = async |service: &Service, path: &str| {
        let request = service.client().request("GET", path);
        Answer::of(request.send().await.expect("an answer")).await
    };
    let answer = get(&service, "/desk/login/oidc").await;
    assert_out(
        &answer,
        503,
        &format!(
            "{NAME} does not answer as it should. Try again in a moment, or use your password."
        ),
    );
    assert!(answer.text.contains("name=\"password\""));
    let without = Service::start(Database::Sqlite).await;
    for path in ["/desk/login/oidc", "/desk/login/oidc/callback"] {
        assert_eq!(get(&without, path).await.status, 404, "{path}");
    }
    assert!(
        !get(&without, "/desk/login")
            .await
            .text
            .contains("Sign in with")
    );
}

#[tokio::test]
async fn every_fault_of_the_section_is_said_at_once() {
    let check = |section: &str| {
        let setup = Setup::new(Database::Sqlite).section(section);
        let output = Service::prepare(&setup).try_command(&["config", "check"], "");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = check(
        "[desk.oidc]\nissuer = \"http://id.example\"\ncreate = \"boss\"\nscopes = [\"email\"]\nname = \"\"",
    );
    for key in ["issuer", "client_id", "create", "scopes", "name"] {
        assert!(
            said.contains(&format!("desk.oidc.{key}:")),
            "{key} in {said}"
        );
    }
    assert!(check("[desk.oidc]\nrequired = true").contains("nobody could sign in"));
}
