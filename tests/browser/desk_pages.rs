//! Every page of the desk that can be opened, on a desk and on a phone, in light, dark and forced colours: axe finds nothing, and nothing is wider
//! than the window. A route that is new fails here until its page is named.

use std::{collections::BTreeSet, fs, time::Duration};

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, assert_fits, journey, save_screenshot},
    client::{Answer, File, a_submission_with, form},
    eventually,
    receiver::{Receiver, Reply},
    service::{Setup, Staff},
    webdriver::Session,
};
use serde_json::json;

use crate::{
    accessibility::audit::{COLOURS, axe, violations},
    desk,
    states::{Device, prefer},
};

/// What is no page: files, streams, and what only answers a script.
const NO_PAGES: [&str; 12] = [
    "/desk/audit.csv",
    "/desk/audit.json",
    "/desk/reports.csv",
    "/desk/reports.json",
    "/desk/reports/tickets.csv",
    "/desk/events",
    "/desk/tickets/{reference}/events",
    "/desk/tickets/{reference}/canned",
    "/desk/tickets/{reference}/colleagues",
    "/desk/tickets/{reference}/clock",
    "/desk/tickets/{reference}/attachments/{id}",
    "/desk/tickets/{reference}/attachments/{id}/preview",
];
/// Pages for whoever is not signed in (yet); journeys of their own look at them: `desk`, `people`, `provider`.
const OTHER_JOURNEYS: [&str; 5] = [
    "/desk/login/oidc",
    "/desk/login/oidc/callback",
    "/desk/login",
    "/desk/login/code",
    "/desk/invitation/{token}",
];

/// Routes of the desk that answer a GET, by its router.
fn routes() -> BTreeSet<String> {
    let router = concat!(env!("CARGO_MANIFEST_DIR"), "/../ingest/src/desk.rs");
    let text = fs::read_to_string(router).expect("the router of the desk");
    let routes = text.split(".route(").skip(1).filter_map(|rest| {
        let (path, methods) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
        methods.contains("get(").then(|| path.to_owned())
    });
    routes.collect()
}

/// What is looked at: the route, a name for the picture, and the address.
#[derive(Debug)]
struct Page {
    route: &'static str,
    name: &'static str,
    address: String,
}

fn page(route: &'static str, name: &'static str, address: impl Into<String>) -> Page {
    let address = address.into();
    Page {
        route,
        name,
        address,
    }
}

async fn post(staff: &Staff, path: &str, body: &str) {
    let request = staff
        .request("POST", path)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body.to_owned());
    let answer = Answer::of(request.send().await.expect("an answer")).await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.text);
}

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Destinations as they may stand: one fails and gives up, one says that nobody is there, one is paused, one was never used.
async fn destinations() -> (Vec<Receiver>, String) {
    let mut sections = "[outbound]\nprivate_networks = [\"127.0.0.0/8\"]\n".to_owned();
    let mut receivers = Vec::new();
    for (name, status, more) in [
        (
            "orders",
            503,
            "[[destinations.when]]\npriorities = [\"S1\"]",
        ),
        ("former-partner", 410, ""),
        ("team-chat", 204, ""),
        (
            "on-call",
            204,
            "sites = [\"elsewhere\"]\n[[destinations.when]]\npriorities = [\"S1\", \"S2\"]",
        ),
    ] {
        let receiver = Receiver::start(0).await;
        receiver.answer_with(Reply::Status(status));
        let events = if name == "orders" {
            "events = [\"ticket.replied\"]"
        } else {
            ""
        };
        sections += &format!(
            "[[destinations]]\nname = \"{name}\"\nkind = \"webhook\"\n{more}\n[destinations.webhook]\nurl = \"{}\"\n{events}\n",
            receiver.url()
        );
        receivers.push(receiver);
    }
    (receivers, sections)
}

/// Waits until a page says this.
async fn until(staff: &Staff, path: &str, words: &str) {
    eventually(Duration::from_secs(20), words, async || {
        staff.get(path).await.text.contains(words).then_some(())
    })
    .await;
}

/// A desk at which something of every kind has happened, and its pages.
async fn desk_at_work() -> (Service, Vec<Receiver>, Vec<Page>) {
    let terms = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";
    let setup = Setup::new(Database::Sqlite).reached_at("https://help.acme.example");
    let (receivers, sections) = destinations().await;
    let setup = setup.site_setting(terms).section(&sections).waits_ms(1, 1);
    let service = Service::start_with(setup).await;
    for name in ["orders", "former-partner", "team-chat"] {
        let secret = ["destination", "secret", name, "signing_secret"];
        let given = service.try_command(&secret, SECRET);
        assert!(given.status.success(), "{given:?}");
    }
    service.command(&["destination", "pause", "team-chat"]);
    let client = service.client();
    let asked = a_submission_with(json!({
        "summary": "The console is down for everybody, also for those who were signed in before the update of this morning",
        "description": "Since 9:40 nobody can work.\n\nhttps://console.acme.example/a/very/long/address/that/has/no/blank/in/it/and/therefore/cannot/be/broken/anywhere?or=can&it=perhaps",
        "plan": "Pro",
        "impact": "Forty people cannot send invoices.",
    }));
    let files = [
        File::text("console.log", "09:40 no answer"),
        File::binary(
            "a-recording-with-a-rather-long-name-2026-11-23.bin",
            70_000,
            3,
        ),
    ];
    let busy = client.submit_form(&asked, &files).await.reference();
    let twin = client.submit(&asked).await.reference();
    let over = client.submit(&asked).await.reference();
    let asleep = client.submit(&asked).await.reference();
    let website = a_submission_with(json!({ "website": "https://spam.example" }));
    let held = client
        .request("POST", &client.path("tickets"))
        .multipart(form(&website, &[]));
    let held = Answer::of(held.send().await.expect("an answer")).await;
    let held = held.reference();

    service.command(&[
        "ticket",
        "classify",
        &busy,
        "--priority",
        "S1",
        "--by",
        "Sam",
    ]);
    let written = [
        ("reply", "We look into it."),
        ("note", "The certificate ran out."),
    ];
    for (kind, text) in written {
        let done = service.try_command(&["ticket", kind, &busy, "--by", "Sam"], text);
        assert!(done.status.success(), "{done:?}");
    }
    let staff = service.sign_in_staff().await;
    let kim = service
        .sign_in_as("kim@acme.example", &["--name", "Kim"])
        .await;
    for reference in [&busy, &over, &twin] {
        let note = json!({ "kind": "note", "text": "@sam can you look at https://console.acme.example/a/very/long/address/that/has/no/blank/in/it?", "then": "" });
        let path = format!("/desk/tickets/{reference}/messages");
        let sent = kim.request("POST", &path).multipart(form(&note, &[]));
        let sent = Answer::of(sent.send().await.expect("an answer")).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
    }
    let at = |reference: &str, what: &str| format!("/desk/tickets/{reference}/{what}");
    post(&staff, &at(&busy, "tags"), "tag=certificate").await;
    post(&staff, &at(&twin, "merge"), &format!("reference={busy}")).await;
    post(&staff, &at(&over, "link"), &format!("reference={busy}")).await;
    post(&staff, &at(&asleep, "snooze"), "until=three_days").await;
    service.command(&[
        "ticket",
        "status",
        &over,
        "--to",
        "closed",
        "--reason",
        "out_of_scope",
        "--skip-message",
        "told by telephone",
        "--by",
        "Sam",
    ]);
    post(
        &staff,
        "/desk/canned",
        "site=acme&id=&title=Logs&body=Hello+{requester_name},+please+send+the+log.",
    )
    .await;
    post(
        &staff,
        "/desk/views",
        "path=/desk&query=priority%3DS1&name=Urgent&is_shared=on",
    )
    .await;
    post(
        &staff,
        "/desk/people",
        "email=lee%40acme.example&role=agent&sites=all",
    )
    .await;

    let one = "/desk/destinations/{name}";
    let place = |name: &str| format!("/desk/destinations/{name}");
    until(&staff, &place("former-partner"), "It stopped itself").await;
    until(&staff, &place("team-chat"), "deliveries wait").await;
    let ticket = "/desk/tickets/{reference}";
    let of = |reference: &str| format!("/desk/tickets/{reference}");
    let pages = vec![
        page("/desk", "queue", "/desk"),
        page("/desk", "queue-nothing", "/desk?tag=nobody-has-it"),
        page("/desk/unclassified", "unclassified", "/desk/unclassified"),
        page("/desk/tickets", "tickets", "/desk/tickets"),
        page("/desk/held", "held", "/desk/held"),
        page("/desk/mentions", "mentions", "/desk/mentions"),
        page(
            "/desk/mentions",
            "mentions-nothing",
            "/desk/mentions?below=1_00000000000000000000000000000000",
        ),
        page("/desk/search", "search", "/desk/search?q=console"),
        page(
            "/desk/search",
            "search-nothing",
            "/desk/search?q=nobodysaidthis",
        ),
        page("/desk/search", "search-empty", "/desk/search"),
        page("/desk/reports", "reports", "/desk/reports"),
        page("/desk/people", "people", "/desk/people"),
        page(
            "/desk/people/{id}",
            "person-unknown",
            "/desk/people/00000000-0000-7000-8000-000000000000",
        ),
        page("/desk/audit", "audit", "/desk/audit"),
        page("/desk/privacy", "privacy", "/desk/privacy"),
        page("/desk/destinations", "destinations", "/desk/destinations"),
        page(one, "destination-failing", place("orders")),
        page(one, "destination-stopped", place("former-partner")),
        page(one, "destination-paused", place("team-chat")),
        page(one, "destination-unused", place("on-call")),
        page(one, "destination-unknown", place("nobody")),
        page("/desk/account", "account", "/desk/account"),
        page("/desk/account/codes", "codes", "/desk/account/codes"),
        page("/desk/canned", "canned", "/desk/canned"),
        page(ticket, "ticket", of(&busy)),
        page(ticket, "ticket-merged", of(&twin)),
        page(ticket, "ticket-closed", of(&over)),
        page(ticket, "ticket-asleep", of(&asleep)),
        page(ticket, "ticket-held", of(&held)),
        page(ticket, "ticket-unknown", of("ACME-0000-0")),
        page(
            "/desk/tickets/{reference}/split",
            "split",
            at(&busy, "split"),
        ),
    ];
    (service, receivers, pages)
}

async fn look(session: &Session, axe: &str, name: &str) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    assert_fits(session, name).await?;
    for (colours, features) in COLOURS {
        prefer(session, features).await?;
        if colours != "forced" {
            save_screenshot(session, &format!("desk-page-{name}-{colours}")).await?;
        }
        let found = violations(session, axe).await?;
        wrong.extend(
            found
                .iter()
                .map(|line| format!("{name}, {colours}: {line}")),
        );
    }
    prefer(session, &[]).await?;
    Ok(wrong)
}

#[tokio::test]
async fn axe_finds_nothing_on_any_page_of_the_desk() {
    let (service, _receivers, pages) = desk_at_work().await;
    let axe = axe();
    let mut wrong = Vec::new();
    for device in [Device::Desktop, Device::Phone] {
        journey("desk-pages", Visitor::DESKTOP, async |session| {
            device.show(session).await?;
            desk::sign_in(session, &service).await?;
            for page in &pages {
                session.goto(&service.url(&page.address)).await?;
                let name = format!("{}-{}", page.name, device.name());
                wrong.extend(look(session, &axe, &name).await?);
            }
            Ok(())
        })
        .await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let named = pages.iter().map(|page| page.route);
    let named: BTreeSet<_> = named.chain(NO_PAGES).chain(OTHER_JOURNEYS).collect();
    let routes = routes();
    let forgotten: Vec<_> = routes
        .iter()
        .filter(|route| !named.contains(route.as_str()))
        .collect();
    assert!(
        forgotten.is_empty(),
        "pages that nobody looks at: {forgotten:?}"
    );
    assert!(routes.len() > 20, "{routes:?}");
}

#[tokio::test]
async fn axe_finds_nothing_on_a_desk_at_which_nothing_has_happened() {
    let service = Service::start(Database::Sqlite).await;
    service.add_staff();
    let axe = axe();
    journey("desk-empty", Visitor::DESKTOP, async |session| {
        desk::sign_in(session, &service).await?;
        let mut wrong = Vec::new();
        for route in routes() {
            if route.contains('{') || NO_PAGES.contains(&route.as_str()) {
                continue;
            }
            session.goto(&service.url(&route)).await?;
            let name = format!("empty-{}", route.replace('/', "-"));
            wrong.extend(look(session, &axe, &name).await?);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    })
    .await;
}
