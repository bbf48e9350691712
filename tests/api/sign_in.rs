//! Signing in to the desk: guesses (S23), sessions, passwords, codes, and what is written down of it.

use cornerdesk_ingest::{clock::Clock, staff::totp};
use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission_with},
    on_both_databases,
    service::{STAFF_EMAIL, STAFF_PASSWORD, Setup, Staff},
};
use serde_json::{Value, json};

const NEW_PASSWORD: &str = "another correct battery";

/// Behind a proxy that says who asks.
fn behind_a_proxy(database: Database) -> Setup {
    Setup::new(database).server_setting("proxies = [\"127.0.0.0/8\"]")
}

/// Fields as a browser sends them.
fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| -> String {
        let octet = |octet: u8| match octet {
            octet if octet.is_ascii_alphanumeric() => char::from(octet).to_string(),
            octet => format!("%{octet:02X}"),
        };
        text.bytes().map(octet).collect()
    };
    let pair = |(name, value): &(&str, &str)| format!("{}={}", encoded(name), encoded(value));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

async fn attempt(service: &Service, email: &str, password: &str, from: &str) -> Answer {
    let body = form(&[("email", email), ("password", password)]);
    let request = service
        .client()
        .request("POST", "/desk/login")
        .header("Origin", service.origin())
        .header("X-Forwarded-For", from)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body);
    Answer::of(request.send().await.expect("an answer")).await
}

async fn send(staff: &Staff, path: &str, fields: &[(&str, &str)]) -> Answer {
    let request = staff
        .request("POST", path)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form(fields));
    Answer::of(request.send().await.expect("an answer")).await
}

/// The acts in the log, the newest first.
fn acts(service: &Service) -> Vec<Value> {
    let lines = service.command(&["audit", "list", "--most", "1000"]);
    let row = |line: &str| serde_json::from_str(line).expect("an object");
    lines.lines().map(row).collect()
}

fn kinds(service: &Service) -> Vec<String> {
    let kind = |row: Value| row["act"].as_str().expect("an act").to_owned();
    acts(service).into_iter().map(kind).collect()
}

/// The secret that the page offers.
async fn offered(staff: &Staff) -> totp::Secret {
    let page = staff.get("/desk/account/codes").await.text;
    assert!(page.contains("svg+xml;base64,"), "{page}");
    let (_, after) = page.split_once("steps__key\">").expect("a key");
    let (typed, _) = after.split_once('<').expect("its end");
    let symbols = typed.chars().filter(|symbol| *symbol != ' ');
    let bits = symbols.map(|symbol| {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
            .find(symbol)
            .expect("a symbol")
    });
    let bits: String = bits.map(|number| format!("{number:05b}")).collect();
    let octets = bits.as_bytes().chunks(8).map(|octet| {
        let octet = std::str::from_utf8(octet).expect("digits");
        u8::from_str_radix(octet, 2).expect("an octet")
    });
    octets.collect::<Vec<_>>().try_into().expect("20 octets")
}

fn step_now() -> i64 {
    Clock::System.now().as_second() / 30
}

/// Turns codes on and answers the secret, the step of the code that was used and the codes for the worst.
pub async fn turn_codes_on(staff: &Staff) -> (totp::Secret, i64, Vec<String>) {
    let secret = offered(staff).await;
    assert_eq!(
        offered(staff).await,
        secret,
        "a page that is loaded again shows the same"
    );
    let wrong = send(staff, "/desk/account/codes", &[("code", "000000x")]).await;
    assert_eq!(wrong.status, 422);
    let step = step_now();
    let done = send(
        staff,
        "/desk/account/codes",
        &[("code", &totp::code(&secret, step))],
    )
    .await;
    assert_eq!(done.status, 200, "{}", done.text);
    let codes = done.text.split("<li><code>").skip(1);
    let codes = codes.filter_map(|code| Some(code.split_once('<')?.0.to_owned()));
    (secret, step, codes.collect())
}

/// The cookie that a right password gave.
async fn first_step(service: &Service) -> String {
    let answer = service.try_to_sign_in(STAFF_PASSWORD).await;
    assert!(
        answer
            .header("location")
            .is_some_and(|to| to.starts_with("/desk/login/code?")),
        "{answer:?}"
    );
    let cookie = answer.header("set-cookie").expect("a cookie");
    assert!(
        cookie.starts_with("__Host-cornerdesk-step=") && cookie.contains("HttpOnly"),
        "{cookie}"
    );
    cookie.split(';').next().expect("its value").to_owned()
}

async fn second_step(service: &Service, cookie: &str, code: &str) -> Answer {
    let request = service
        .client()
        .request("POST", "/desk/login/code")
        .header("Origin", service.origin())
        .header("Cookie", cookie)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(format!("code={code}&next=%2Fdesk%2Fheld"));
    Answer::of(request.send().await.expect("an answer")).await
}

on_both_databases! {
    async fn nobody_guesses_for_long_and_nobody_learns_who_is_there(database: Database) {
        let service = Service::start_with(behind_a_proxy(database)).await;
        service.add_staff();
        let (mut answers, mut network) = (Vec::new(), 0);
        for email in [STAFF_EMAIL, "nobody@acme.example"] {
            let mut of_one = Vec::new();
            for _ in 0..7 {
                network += 1;
                let answer = attempt(&service, email, "wrong", &format!("192.0.2.{network}")).await;
                of_one.push((answer.status.as_u16(), answer.text.replace(email, "…")));
            }
            let statuses: Vec<u16> = of_one.iter().map(|(status, _)| *status).collect();
            assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429], "{email}");
            answers.push(of_one);
        }
        assert_eq!(answers[0], answers[1], "the same answers, whether somebody has the address or not");
        // Who knows the password waits as well: whoever guesses learns nothing from it.
        let refused = attempt(&service, STAFF_EMAIL, STAFF_PASSWORD, "192.0.2.99").await;
        assert_eq!(refused.status, 429);
        assert!(refused.header("retry-after").is_some_and(|wait| wait.parse::<u64>().is_ok_and(|wait| wait <= 180)), "{refused:?}");
        assert!(refused.text.contains("That was tried too often"), "{}", refused.text);
    }

    async fn one_network_guesses_no_more_often_at_many_accounts(database: Database) {
        let service = Service::start_with(behind_a_proxy(database)).await;
        service.add_staff();
        for number in 0..5 {
            assert_eq!(attempt(&service, &format!("{number}@acme.example"), "wrong", "192.0.2.7").await.status, 401);
        }
        assert_eq!(attempt(&service, STAFF_EMAIL, STAFF_PASSWORD, "192.0.2.7").await.status, 429);
        assert!(attempt(&service, STAFF_EMAIL, STAFF_PASSWORD, "192.0.2.8").await.status.is_redirection(), "others may");
    }

    async fn who_is_right_is_not_counted(database: Database) {
        let service = Service::start_with(behind_a_proxy(database)).await;
        service.add_staff();
        for _ in 0..8 {
            assert!(attempt(&service, STAFF_EMAIL, STAFF_PASSWORD, "192.0.2.7").await.status.is_redirection());
        }
    }

    async fn sessions_are_seen_and_ended(database: Database) {
        let service = Service::start_with(Setup::new(database)).await;
        let here = service.sign_in_staff().await;
        let there = service.sign_in_again(STAFF_EMAIL).await;
        let page = here.get("/desk/account").await.text;
        assert_eq!(page.matches("rows__what").count(), 2, "{page}");
        assert!(page.contains("This one") && !page.contains("127.0.0.1"), "{page}");
        let (_, after) = page.split_once("name=\"session\" value=\"").expect("a form");
        let (other, _) = after.split_once('"').expect("its end");
        assert!(send(&here, "/desk/account/sessions", &[("session", other)]).await.status.is_redirection());
        assert_eq!(here.get("/desk").await.status, 200);
        assert!(there.get("/desk").await.status.is_redirection(), "its session has ended");
        assert_eq!(send(&here, "/desk/account/sessions", &[("session", "zz")]).await.status, 400);

        let there = service.sign_in_again(STAFF_EMAIL).await;
        assert!(here.post("/desk/account/sessions").await.status.is_client_error(), "a form has a type");
        send(&here, "/desk/account/sessions", &[("session", "")]).await;
        assert!(there.get("/desk").await.status.is_redirection());
        assert_eq!(here.get("/desk").await.status, 200);
        assert_eq!(kinds(&service)[..2], ["sessions_ended", "signed_in"]);
    }

    async fn a_new_password_ends_every_other_session(database: Database) {
        let service = Service::start_with(Setup::new(database)).await;
        let here = service.sign_in_staff().await;
        let there = service.sign_in_again(STAFF_EMAIL).await;
        for (current, new) in [("wrong", NEW_PASSWORD), (STAFF_PASSWORD, "too short")] {
            let refused = send(&here, "/desk/account/password", &[("current", current), ("new", new)]).await;
            assert_eq!(refused.status, 422, "{}", refused.text);
            assert!(refused.text.contains("Nothing was changed"), "{}", refused.text);
        }
        assert_eq!(there.get("/desk").await.status, 200);
        let done = send(&here, "/desk/account/password", &[("current", STAFF_PASSWORD), ("new", NEW_PASSWORD)]).await;
        assert!(done.status == 200 && done.text.contains("You have a new password"), "{}", done.text);
        assert_eq!(here.get("/desk").await.status, 200);
        assert!(there.get("/desk").await.status.is_redirection());
        assert_eq!(service.try_to_sign_in(STAFF_PASSWORD).await.status, 401);
        assert!(service.try_to_sign_in(NEW_PASSWORD).await.status.is_redirection());
    }

    async fn a_sign_in_with_codes_has_two_steps(database: Database) {
        let service = Service::start_with(Setup::new(database)).await;
        let staff = service.sign_in_staff().await;
        let (secret, step, codes) = turn_codes_on(&staff).await;
        assert_eq!(codes.len(), 10);
        let cookie = first_step(&service).await;
        let half = service.client().request("GET", "/desk").header("Cookie", &cookie);
        assert!(Answer::of(half.send().await.expect("an answer")).await.status.is_redirection(), "half a sign-in opens nothing");
        let used = second_step(&service, &cookie, &totp::code(&secret, step)).await;
        assert_eq!(used.status, 401, "the code that turned them on was used: {}", used.text);
        let done = second_step(&service, &cookie, &totp::code(&secret, step + 1)).await;
        assert_eq!(done.header("location"), Some("/desk/held"), "{done:?}");
        let again = second_step(&service, &cookie, &totp::code(&secret, step + 1)).await;
        assert!(again.header("location").is_some_and(|to| to.starts_with("/desk/login")), "half a sign-in is good for one session");
        let reused = second_step(&service, &first_step(&service).await, &totp::code(&secret, step + 1)).await;
        assert_eq!(reused.status, 401, "no code is good twice");
        let kept = codes[3].to_uppercase();
        assert_eq!(second_step(&service, &first_step(&service).await, &kept).await.status, 303);
        assert_eq!(second_step(&service, &first_step(&service).await, &kept).await.status, 401, "each is good for once");
        assert!(staff.get("/desk/account").await.text.contains("9 codes are left"));
    }

    async fn codes_are_guessed_no_more_often_than_passwords(database: Database) {
        let service = Service::start_with(Setup::new(database)).await;
        let staff = service.sign_in_staff().await;
        turn_codes_on(&staff).await;
        let cookie = first_step(&service).await;
        let mut statuses = Vec::new();
        for number in 0..6 {
            statuses.push(second_step(&service, &cookie, &format!("00000{number}x")).await.status.as_u16());
        }
        // One wrong code was typed when they were set up.
        assert_eq!(statuses, [401, 401, 401, 401, 429, 429]);
    }

    async fn codes_are_turned_off_by_password_and_by_the_operator(database: Database) {
        let service = Service::start_with(Setup::new(database)).await;
        let staff = service.sign_in_staff().await;
        turn_codes_on(&staff).await;
        let wrong = send(&staff, "/desk/account/codes/off", &[("password", "wrong")]).await;
        assert_eq!(wrong.status, 400);
        first_step(&service).await;
        assert!(send(&staff, "/desk/account/codes/off", &[("password", STAFF_PASSWORD)]).await.status.is_redirection());
        assert_eq!(service.try_to_sign_in(STAFF_PASSWORD).await.header("location"), Some("/desk"));
        turn_codes_on(&staff).await;
        service.command(&["staff", "codes-off", STAFF_EMAIL]);
        assert_eq!(service.try_to_sign_in(STAFF_PASSWORD).await.header("location"), Some("/desk"));
    }

    async fn what_was_done_is_written_down_and_holds(database: Database) {
        let service = Service::start_with(Setup::new(database)).await;
        let staff = service.sign_in_staff().await;
        let file = service.client().upload(&File::text("secret-name.txt", "secret words")).await;
        let reference = service.client().submit(&a_submission_with(json!({ "upload_ids": [file] }))).await.reference();
        let ticket = service.ticket_with_examined_files(&reference).await;
        let id = ticket["attachments"][0]["id"].as_str().expect("an id").to_owned();
        staff.download(&format!("/desk/tickets/{reference}/attachments/{id}")).await;
        assert_eq!(service.try_to_sign_in("wrong").await.status, 401);
        staff.post("/desk/logout").await;
        assert_eq!(kinds(&service), ["signed_out", "sign_in_failed", "file_read", "signed_in", "added"]);
        let rows = acts(&service);
        assert_eq!(rows[2]["detail"]["attachment"], json!(id));
        assert_eq!(rows[4]["detail"]["by"], json!("command_line"));
        let everything = format!("{rows:?}");
        for word in ["secret", STAFF_EMAIL, "Sam", &reference] {
            assert!(!everything.contains(word), "{word}: {everything}");
        }
        let verified = service.command(&["audit", "verify"]);
        assert!(verified.starts_with("5 rows, none changed"), "{verified}");
    }
}
