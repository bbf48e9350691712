//! What the host page can say to the widget, and hear of it.

use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    embedded::{behind_a_relay, embedded},
    eventually,
    host_page::{HostPage, embedding_html},
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session, key},
    widget::{self, A_REQUEST},
};
use serde_json::{Value, json};

/// Keeps what the widget tells the page, as events of the window and by `on`.
const LISTEN: &str = "window.heard = []; window.called = [];
    for (const name of ['ready', 'open', 'close', 'submit', 'sent', 'error']) {
        addEventListener('cornerdesk:' + name, ({ detail }) => heard.push([name, detail ?? null]));
        Cornerdesk('on', name, (detail) => called.push([name, detail ?? null]));
    }";

/// A page whose tag says more, and the service it is allowed at.
async fn page_with(attributes: &str) -> (HostPage, Service, String) {
    page_and_text(attributes, "").await
}

async fn page_and_text(attributes: &str, text: &str) -> (HostPage, Service, String) {
    let host = HostPage::bind().await;
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow_only(&host.origin())).await;
    let html = embedding_html(&service.origin(), SITE)
        .replace("data-site=", &format!("{attributes} data-site="))
        .replace("<h1>", &format!("{text}<h1>"));
    let page = host.show("/", &html, "");
    (host, service, page)
}

async fn wait_until(session: &Session, what: &str, condition: &str) {
    let script = format!("return {condition}");
    eventually(APPEARANCE, what, async || {
        (session.run(&script, &[]).await.ok()? == json!(true)).then_some(())
    })
    .await;
}

/// A property of a part of the widget.
fn part(selector: &str, property: &str) -> String {
    format!(
        "document.querySelector('cornerdesk-widget').shadowRoot.querySelector('{selector}').{property}"
    )
}

#[tokio::test]
async fn the_page_hears_what_happens_but_nothing_that_was_written() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("events", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::launcher(session).await?;
        session.run(LISTEN, &[]).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        let reference = widget::send(session).await?;
        session.press(&key::ESCAPE.to_string()).await?;
        session.enter_page().await?;
        let heard = eventually(APPEARANCE, "the last event", async || {
            let heard = session.run("return heard", &[]).await.ok()?;
            (heard.as_array()?.last()?[0] == "close").then_some(heard)
        })
        .await;
        let mut names: Vec<_> = heard
            .as_array()
            .into_iter()
            .flatten()
            .map(|event| event[0].clone())
            .collect();
        // Which of the two comes first is the network's affair.
        names[..2].sort_by_key(Value::to_string);
        assert_eq!(names, ["open", "ready", "submit", "sent", "close"]);
        assert!(
            heard
                .as_array()
                .into_iter()
                .flatten()
                .any(|event| event == &json!(["sent", { "reference": reference }]))
        );
        for written in [A_REQUEST.summary, A_REQUEST.description, A_REQUEST.email] {
            assert!(!heard.to_string().contains(written), "{heard}");
        }
        // The page's callbacks have a task of their own.
        eventually(APPEARANCE, "the last callback", async || {
            (session.run("return called", &[]).await.ok()? == heard).then_some(())
        })
        .await;
        assert_eq!(service.tickets().len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_done_is_a_warning_and_no_exception() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("wrong-calls", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        session.enter_page().await?;
        session.console().await?;
        let wrong = "const tooMany = Object.fromEntries(Array.from({ length: 51 }, (_, at) => ['k' + at, at]));
            for (const call of [['opne'], ['toString'], ['on', 'opne', () => {}], ['on', 'open'], ['attach', 'text'], ['setContext', { a: {} }],
                ['setContext', { a: 'x'.repeat(4096) }], ['setContext', tooMany], ['prefill', { summary: () => {} }]]) Cornerdesk(...call);
            for (const call of [['prefill'], ['identify'], ['identify', null], ['setContext'], ['update'], ['off', 'open'], ['focus']]) Cornerdesk(...call);";
        session.run(wrong, &[]).await?;
        let console = session.console().await?;
        assert_eq!(console.len(), 9, "{console:#?}");
        assert!(console.iter().all(|line| line.starts_with("WARNING") && line.contains("Cornerdesk: ")), "{console:#?}");
        // A callback that fails is the page's affair and nobody else's.
        session.run("Cornerdesk('on', 'close', () => { throw new Error('mine') }); window.heard = 0; Cornerdesk('on', 'close', () => heard++); Cornerdesk('close')", &[]).await?;
        wait_until(session, "the second callback", "heard === 1").await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn calls_before_the_loader_and_before_anybody_opens_wait() {
    let stub = "<script>window.Cornerdesk = window.Cornerdesk || function () { (Cornerdesk.q = Cornerdesk.q || []).push(arguments) };
        Cornerdesk('identify', { email: 'grace@customer.example' });
        Cornerdesk('prefill', { summary: 'From the page', email: { value: 'grace@customer.example', readOnly: true } });
        Cornerdesk('setContext', { order: 'A-17', trial: true, none: null });
        Cornerdesk('attach', new File(['a,b'], 'export.csv', { type: 'text/csv' }))</script>";
    let (_host, service, page) = page_and_text("data-app-version='7.1'", stub).await;
    journey("queue", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        let summary = widget::field(session, "summary").await?;
        eventually(APPEARANCE, "the page's text", async || {
            (summary.value().await.ok()? == "From the page").then_some(())
        })
        .await;
        let email = widget::field(session, "email").await?;
        assert_eq!(email.value().await?, "grace@customer.example");
        assert!(
            email.attribute("readonly").await?.is_some(),
            "the page does not want it changed"
        );
        widget::field(session, "description")
            .await?
            .type_text(A_REQUEST.description)
            .await?;
        crate::files::wait_until_uploaded(session, 1).await;
        let ticket = service.ticket(&widget::send(session).await?);
        assert_eq!(ticket["attachments"][0]["name"], "export.csv");
        assert_eq!(ticket["context"]["app_version"], "7.1");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_page_opens_the_panel_with_a_button_of_its_own() {
    let (_host, _service, page) = page_and_text(
        "data-launcher=none",
        "<button id=own data-cornerdesk-open><b>Ask us</b></button>",
    )
    .await;
    journey("own-button", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        session.find(widget::HOST_ELEMENT).await?;
        let launcher = session
            .run(&format!("return {}", part("button", "hidden")), &[])
            .await?;
        assert_eq!(launcher, json!(true));
        session.find("#own b").await?.click().await?;
        widget::enter_panel(session).await?;
        widget::field(session, "summary")
            .await?
            .type_text("half")
            .await?;
        session.press(&key::ESCAPE.to_string()).await?;
        session.enter_page().await?;
        wait_until(
            session,
            "the focus to be back",
            "document.activeElement.id === 'own'",
        )
        .await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_launcher_stands_where_the_page_wants_it_and_speaks_its_language() {
    let (_host, _service, page) = page_with(
        "data-launcher=bottom-left data-offset='30 40' data-locale=DE-AT data-theme=dark",
    )
    .await;
    journey("launcher-left", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        assert_eq!(widget::launcher(session).await?.accessible_name().await?, "Hilfe");
        let place = "const { left, bottom } = document.querySelector('cornerdesk-widget').shadowRoot.querySelector('button').getBoundingClientRect();
            return [left, innerHeight - bottom]";
        assert_eq!(session.run(place, &[]).await?, json!([30, 40]));
        cornerdesk_tests::browser::save_screenshot(session, "launcher-left").await?;
        session.run("Cornerdesk('update', { launcher: 'bottom-right', offset: '8', locale: 'en' })", &[]).await?;
        let other = "const { right, bottom } = document.querySelector('cornerdesk-widget').shadowRoot.querySelector('button').getBoundingClientRect();
            return [innerWidth - right, innerHeight - bottom]";
        assert_eq!(session.run(other, &[]).await?, json!([8, 8]));
        assert_eq!(widget::launcher(session).await?.accessible_name().await?, "Help");
        for (call, hidden) in [("hide", true), ("show", false)] {
            session.run(&format!("Cornerdesk('{call}')"), &[]).await?;
            assert_eq!(session.run(&format!("return {}", part("button", "hidden")), &[]).await?, json!(hidden));
        }
        widget::open(session).await?;
        assert_eq!(session.run("return [document.documentElement.lang, document.documentElement.dataset.theme]", &[]).await?, json!(["en", "dark"]));
        session.enter_page().await?;
        session.run("Cornerdesk('update', { theme: 'light', locale: 'de' })", &[]).await?;
        eventually(APPEARANCE, "a German form", async || {
            widget::enter_panel(session).await.ok()?;
            let now = session.run("return [document.documentElement.lang, document.documentElement.dataset.theme]", &[]).await.ok()?;
            (now == json!(["de", "light"])).then_some(())
        })
        .await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_page_that_hides_its_origin_still_gets_a_launcher_in_its_language() {
    let host = HostPage::bind().await;
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow_only(&host.origin())).await;
    let html = embedding_html(&service.origin(), SITE)
        .replace("<html lang=\"en\">", "<html lang=\"de-AT\">")
        .replace("<head>", "<head><meta name=referrer content=no-referrer>");
    let page = host.show("/", &html, "");
    journey("no-referrer", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        assert_eq!(
            widget::launcher(session).await?.accessible_name().await?,
            "Hilfe"
        );
        widget::open(session).await?;
        assert_eq!(
            session
                .run("return document.documentElement.lang", &[])
                .await?,
            json!("de")
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_tag_can_ask_for_the_form_in_the_flow_of_the_page() {
    let (_host, service, page) = page_with("data-mode=inline").await;
    journey("inline", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::enter_panel(session).await?;
        session.enter_page().await?;
        wait_until(session, "the form's own height", &format!("({}).endsWith('px')", part("iframe", "style.height"))).await;
        let at = "const frame = document.querySelector('cornerdesk-widget').shadowRoot.querySelector('iframe').getBoundingClientRect();
            return frame.top > document.querySelector('#search').getBoundingClientRect().bottom";
        assert_eq!(session.run(at, &[]).await?, json!(true), "below what comes before the tag");
        cornerdesk_tests::browser::save_screenshot(session, "inline").await?;
        widget::enter_panel(session).await?;
        let fits = "return document.documentElement.scrollHeight <= innerHeight && getComputedStyle(document.querySelector('#close')).display === 'none'";
        eventually(APPEARANCE, "a frame as tall as the form, without Close", async || {
            (session.run(fits, &[]).await.ok()? == json!(true)).then_some(())
        })
        .await;
        widget::fill(session, A_REQUEST).await?;
        let reference = widget::send(session).await?;
        assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_page_can_have_the_form_fetched_when_the_browser_has_nothing_to_do() {
    let host = HostPage::bind().await;
    let relay = cornerdesk_tests::relay::Relay::bind().await;
    let setup = Setup::new(Database::Sqlite).reached_at(&relay.origin());
    let service = Service::start_with(setup.allow_only(&host.origin())).await;
    relay.pass_to(&service.origin());
    let html =
        embedding_html(&relay.origin(), SITE).replace("data-site=", "data-preload=idle data-site=");
    let page = host.show("/", &html, "");
    journey("preload", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        let has = |part: &str| relay.seen().iter().any(|seen| seen.path.contains(part));
        let fetched = async |part| {
            eventually(APPEARANCE, part, async || has(part).then_some(())).await;
        };
        // All that the panel needs to start; it fetches `departure` when it has.
        for part in ["/w/acme", "_bg.wasm", "_errands.js", "/words/panel"] {
            fetched(part).await;
        }
        let idle = "return new Promise((done) => requestIdleCallback(() => requestIdleCallback(() => done(true))))";
        session.run(idle, &[]).await?;
        assert!(!has("_departure.js"), "nobody has opened the panel");
        assert_eq!(
            session
                .run(
                    &format!("return {}", part("dialog", "checkVisibility()")),
                    &[]
                )
                .await?,
            json!(false)
        );
        widget::open(session).await?;
        fetched("_departure.js").await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn without_its_second_part_the_form_can_still_be_filled_sent_and_closed() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    relay.answer_instead("/assets/embed.js", 403, "not-found", None);
    journey("blocked-part", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        let reference = widget::send(session).await?;
        assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
        session.find("#close").await?.click().await?;
        session.enter_page().await?;
        wait_until(
            session,
            "the panel to be closed",
            &format!("{} === 'false'", part("button", "ariaExpanded")),
        )
        .await;
        let console = session.console().await?.join("\n");
        assert!(
            console.contains("Cornerdesk: ") && console.contains("The form works"),
            "{console}"
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_page_learns_what_is_wrong_with_it() {
    let host = HostPage::bind().await;
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow_only(&host.origin())).await;
    let origin = service.origin();
    let html = embedding_html(&origin, SITE);
    let right = host.show("/right", &html, "");
    let forbids = format!("default-src 'none'; script-src {origin}; style-src 'self'");
    let wrong = host.show("/wrong", &html, &forbids);
    journey("diagnose", Visitor::DESKTOP, async |session| {
        let ask = "return Cornerdesk('diagnose').then(({ ok, checks }) => [ok, checks.filter(({ ok }) => !ok).map(({ says }) => says).join()])";
        session.goto(&right).await?;
        widget::launcher(session).await?;
        assert_eq!(session.run(ask, &[]).await?, json!([true, ""]));
        session.goto(&wrong).await?;
        widget::launcher(session).await?;
        let found = session.run(ask, &[]).await?;
        assert_eq!(found[0], json!(false));
        assert!(found[1].as_str().is_some_and(|says| says.contains(&format!("frame-src {origin}"))), "{found}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_destroyed_widget_leaves_nothing_and_can_come_back() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("destroy", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        session.enter_page().await?;
        session.run("Cornerdesk('destroy'); document.documentElement.append(document.createElement('i'))", &[]).await?;
        assert!(session.find_all(widget::HOST_ELEMENT).await?.is_empty());
        assert_eq!(session.run("return typeof Cornerdesk", &[]).await?, json!("undefined"));
        let again = "const script = document.createElement('script'); script.src = arguments[0]; script.dataset.site = 'acme'; document.body.append(script)";
        session.run(again, &[json!(format!("{}/widget.js", service.origin()))]).await?;
        widget::open(session).await
    })
    .await;
}

#[tokio::test]
async fn after_shutdown_nothing_is_left_of_who_was_there() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("shutdown", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::launcher(session).await?;
        session.run("Cornerdesk('identify', { email: 'grace@customer.example' })", &[]).await?;
        widget::open(session).await?;
        widget::field(session, "description").await?.type_text("half a thought").await?;
        let kept = "return Object.keys(localStorage).length";
        eventually(APPEARANCE, "the draft to be kept", async || (session.run(kept, &[]).await.ok()? == json!(1)).then_some(())).await;
        session.enter_page().await?;
        assert_eq!(session.run("return Cornerdesk('shutdown')", &[]).await?, json!(true));
        wait_until(session, "the panel to be closed", &format!("{} === 'false'", part("button", "ariaExpanded"))).await;
        widget::open(session).await?;
        eventually(APPEARANCE, "an empty form", async || {
            widget::enter_panel(session).await.ok()?;
            let texts = "return ['description', 'email'].map((id) => document.getElementById(id).value).join()";
            (session.run(texts, &[]).await.ok()? == json!(",") && session.run(kept, &[]).await.ok()? == json!(0)).then_some(())
        })
        .await;
        Ok(())
    })
    .await;
}
