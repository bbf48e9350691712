//! Before anybody means to use the widget it costs one request and keeps nothing.

use cornerdesk_tests::{
    Database,
    browser::{Visitor, journey},
    embedded::behind_a_relay,
    eventually,
    service::Setup,
    webdriver::APPEARANCE,
    widget,
};
use serde_json::json;

/// Everything a script could have kept on the page's origin.
const KEPT: &str = "return Promise.all([indexedDB.databases(), caches.keys(), navigator.serviceWorker.getRegistrations()])
    .then((lists) => [document.cookie, localStorage.length, sessionStorage.length, ...lists.map((list) => list.length)])";

#[tokio::test]
async fn one_request_and_no_storage() {
    let (_host, relay, _service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("before-intent", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        let launcher = widget::launcher(session).await?;
        assert!(launcher.is_displayed().await?);
        assert!(!launcher.accessible_name().await?.is_empty());
        // Idle time is when a page would do what it put off.
        let idle = "return new Promise((done) => requestIdleCallback(() => requestIdleCallback(() => done(true))))";
        session.run(idle, &[]).await?;
        let paths = || relay.seen().into_iter().map(|seen| seen.path).collect::<Vec<_>>();
        assert_eq!(paths(), ["/widget.js"]);
        assert_eq!(session.run(KEPT, &[]).await?, json!(["", 0, 0, 0, 0, 0]));
        let cookies = session.devtools("Storage.getCookies", json!({})).await?;
        assert_eq!(cookies["cookies"], json!([]));

        // The same look at the same places notices when somebody does mean to.
        launcher.click().await?;
        eventually(APPEARANCE, "the panel's request", async || {
            paths().iter().any(|path| path.starts_with("/w/acme")).then_some(())
        })
        .await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn hovering_is_enough_to_fetch_the_form() {
    let (_host, relay, _service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("hover", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::launcher(session).await?.hover().await?;
        eventually(APPEARANCE, "the panel's request", async || {
            let seen = relay.seen();
            seen.iter()
                .any(|seen| seen.path.starts_with("/w/acme"))
                .then_some(())
        })
        .await;
        Ok(())
    })
    .await;
}

/// How far the page's content has moved so far, as browsers count it (0 is not at all).
const SHIFTS: &str = "return new Promise((done) => {
    let sum = 0;
    const add = (shifts) => shifts.forEach(({ value }) => sum += value);
    // What is buffered comes to the callback or is taken, whichever is first.
    const observer = new PerformanceObserver((list) => add(list.getEntries()));
    observer.observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => setTimeout(() => { add(observer.takeRecords()); done(sum); }));
})";

#[tokio::test]
async fn nothing_of_the_page_moves() {
    let (_host, _relay, _service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("layout-shift", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        session.enter_page().await?;
        session.run("Cornerdesk('close')", &[]).await?;
        assert_eq!(session.run(SHIFTS, &[]).await?, json!(0));

        // The same look notices when something does move.
        let push = "document.body.prepend(Object.assign(document.createElement('div'), { style: 'height: 300px' }))";
        session.run(push, &[]).await?;
        let shifts = session.run(SHIFTS, &[]).await?;
        assert!(shifts.as_f64().unwrap_or_default() > 0.0, "{shifts}");
        Ok(())
    })
    .await;
}
