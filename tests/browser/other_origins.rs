//! Somebody who is signed in at the desk opens a page of somebody else (S19), on another site and on another origin of the same site, whose requests
//! carry the cookies: it sends forms and requests, reads answers and frames pages, and gets nothing. By headers, for more origins:
//! `tests/api/other_origins.rs`.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::a_submission,
    host_page::HostPage,
    relay::Relay,
    service::Setup,
    webdriver::Session,
};
use serde_json::{Value, json};

use crate::desk;

/// Reads what it can; sends what it can. Tells what was read, and how much was sent.
const ATTACK: &str = "
    const [target, paths, forms] = arguments;
    const told = { read: [], sent: 0 };
    const attempt = async (path, how) => {
        try {
            const answer = await fetch(target + path, how);
            const text = await answer.text();
            if (text || answer.status) told.read.push([path, how.mode, answer.status, text.slice(0, 80)]);
        } catch {}
    };
    for (const path of paths) {
        for (const credentials of ['include', 'omit']) {
            for (const mode of ['cors', 'no-cors']) await attempt(path, { credentials, mode });
        }
        for (const [tag, name] of [['img', 'src'], ['script', 'src']]) {
            const element = document.createElement(tag);
            const ended = new Promise((resolve) => { element.onload = element.onerror = resolve; });
            element[name] = target + path;
            document.body.append(element);
            await ended;
            told.sent += 1;
        }
    }
    for (const [path, fields] of forms) {
        const body = new URLSearchParams(fields);
        for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
            await attempt(path, { method, body, credentials: 'include', mode: 'cors' });
            told.sent += 1;
        }
        await attempt(path, { method: 'POST', body, credentials: 'include', mode: 'no-cors' });
        await attempt(path, { method: 'POST', body: body.toString(), credentials: 'include', mode: 'no-cors' });
        const frame = document.createElement('iframe');
        frame.name = 'sink' + told.sent;
        document.body.append(frame);
        const form = document.createElement('form');
        Object.assign(form, { method: 'post', action: target + path, target: frame.name });
        for (const [name, value] of Object.entries(fields)) {
            form.append(Object.assign(document.createElement('input'), { name, value }));
        }
        document.body.append(form);
        const ended = new Promise((resolve) => { frame.onload = resolve; });
        form.submit();
        await ended;
        told.sent += 3;
    }
    return told;
";
const FRAME: &str = "
    const [address] = arguments;
    const frame = document.createElement('iframe');
    const ended = new Promise((resolve) => { frame.onload = resolve; });
    frame.id = 'framed';
    frame.src = address;
    document.querySelector('#framed')?.remove();
    document.body.append(frame);
    await ended;
";
/// A form that takes the window along, as a visitor sees it.
const TAKE_ALONG: &str = "
    const form = Object.assign(document.createElement('form'), { method: 'post', action: arguments[0] });
    form.append(Object.assign(document.createElement('input'), { name: 'outcome', value: 'open' }));
    document.body.append(form);
    form.submit();
";

/// Runs what waits.
async fn run(session: &Session, script: &str, arguments: &[Value]) -> Result<Value> {
    let script = format!("return (async function () {{ {script} }})(...arguments)");
    session.run(&script, arguments).await
}

/// The address of what a frame shows.
async fn framed(session: &Session, address: &str) -> Result<String> {
    run(session, FRAME, &[json!(address)]).await?;
    session.find("#framed").await?.enter().await?;
    let shown = session.run("return location.href", &[]).await?;
    session.enter_page().await?;
    Ok(shown.as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_page_of_somebody_else_changes_reads_and_frames_nothing() {
    let relay = Relay::bind().await;
    let setup = Setup::new(Database::Sqlite).reached_at(&relay.origin());
    let service = Service::start_with(setup).await;
    let receipt = service.client().submit(&a_submission()).await;
    let reference = receipt.reference();
    let page_of_request = receipt.json()["status_url"]
        .as_str()
        .expect("an address")
        .to_owned();
    let page_of_request = &page_of_request[page_of_request.find("/t/").expect("its path")..];
    service.add_staff();
    let ticket = format!("/desk/tickets/{reference}");
    let paths = [
        "/desk",
        &ticket,
        "/desk/audit.json",
        "/desk/reports.json",
        "/desk/reports.csv",
        "/v1/sites/acme/settings",
        "/help/acme",
        "/find/acme",
        page_of_request,
    ];
    let forms = json!([
        [format!("{ticket}/status"), { "outcome": "open" }],
        [format!("{ticket}/messages"), { "kind": "reply", "body": "owned" }],
        [format!("{ticket}/tags"), { "tag": "owned" }],
        [format!("{page_of_request}/answer"), { "body": "owned" }],
        [format!("{page_of_request}/verdict"), { "verdict": "solved" }],
        ["/v1/sites/acme/tickets", { "summary": "owned", "description": "owned", "email": "eve@evil.example" }],
        ["/help/acme", { "summary": "owned", "description": "owned", "email": "eve@evil.example" }],
        ["/desk/logout", {}],
    ]);
    let host = HostPage::bind().await;
    let elsewhere = host.show("/", "<!doctype html><title>Win a prize</title><p>Hello", "");
    let harmless = host.show("/harmless", "<!doctype html><title>Harmless</title>", "");
    journey("other-origins", Visitor::DESKTOP, async |session| {
        desk::sign_in(session, &service).await?;
        for origin in ["localhost", "127.0.0.1"] {
            let at = |address: &str| address.replace("localhost", origin);
            session.goto(&at(&elsewhere)).await?;
            let arguments = [json!(service.origin()), json!(paths), forms.clone()];
            let told = run(session, ATTACK, &arguments).await?;
            assert_eq!(told["read"], json!([]), "{origin}");
            assert_eq!(told["sent"], 2 * paths.len() + 7 * 8, "{origin}");

            let shown = framed(session, &at(&harmless)).await?;
            assert_eq!(shown, at(&harmless), "what may be framed is");
            // A file that is saved is in no frame.
            let shown_paths = paths
                .iter()
                .copied()
                .filter(|path| !path.starts_with("/desk/") || !path.contains('.'));
            for path in shown_paths.chain(["/desk/login", "/w/acme"]) {
                let shown = framed(session, &service.url(path)).await?;
                assert!(!shown.starts_with("http"), "{path} is in a frame: {shown}");
            }
            let action = service.url(&format!("{ticket}/status"));
            session.run(TAKE_ALONG, &[json!(action)]).await?;
            let refused = cornerdesk_tests::widget::wait_for_text(session, "a refusal", |text| {
                text.contains("another page").then(|| text.to_owned())
            })
            .await;
            assert!(!refused.contains("Timeline"), "{refused}");
            save_screenshot(session, &format!("other-origins-{origin}")).await?;
        }
        session.goto(&service.url(&ticket)).await?;
        session.find("form[action='/desk/logout']").await?;
        let page = session.run("return document.body.innerHTML", &[]).await?;
        assert!(
            !page.as_str().unwrap_or("owned").contains("owned"),
            "{page}"
        );
        Ok(())
    })
    .await;
    let tickets = service.tickets();
    let states: Vec<&Value> = tickets.iter().map(|ticket| &ticket["status"]).collect();
    assert_eq!(states, ["new"]);
}
