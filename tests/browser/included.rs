//! What goes along with a request, for the person to see and to change before it leaves.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    host_page::{HostPage, embedding_html},
    service::{SITE, Setup},
    webdriver::Session,
    widget::{self, A_REQUEST},
};
use serde_json::{Value, json};

/// What the page does before the loader comes: it says two facts of its own, and fails.
const FACTS_AND_ERRORS: &str = "<script>
  window.Cornerdesk = (...call) => (Cornerdesk.q = Cornerdesk.q || []).push(call);
  Cornerdesk('setContext', { plan: 'Team', seats: 12 });
  window.fail = () => {
    setTimeout(() => { throw new Error('total is undefined, token=9f86d081884c7d659a2feaa0c55ad015, jane@customer.example'); });
    Promise.reject(new TypeError('no invoice'));
  };
</script>";

/// A page with facts of its own, whose tag has these attributes.
async fn page_with(attributes: &str) -> (HostPage, Service, String) {
    let host = HostPage::bind().await;
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow_only(&host.origin())).await;
    let html = embedding_html(&service.origin(), SITE).replace(
        "<script async",
        &format!("{FACTS_AND_ERRORS}<script async {attributes}"),
    );
    let page = host.show("/orders", &html, "");
    (host, service, page)
}

/// Opens the panel and the list in it.
async fn open_list(session: &Session) -> Result<()> {
    widget::open(session).await?;
    session.find(".page-context > summary").await?.click().await
}

async fn press(session: &Session, name: &str) -> Result<()> {
    let button = session
        .find(&format!(".page-context button[aria-label='{name}']"))
        .await?;
    button.click().await
}

async fn sent(session: &Session, service: &Service) -> Result<Value> {
    widget::fill(session, A_REQUEST).await?;
    widget::send_button(session).await?.click().await?;
    Ok(service.ticket(&widget::receipt(session).await?)["context"].clone())
}

#[tokio::test]
async fn what_is_removed_does_not_leave_and_what_is_added_back_does() {
    let (_host, service, page) = page_with("data-app-version='4.2'").await;
    journey("included", Visitor::DESKTOP, async |session| {
        session.goto(&format!("{page}?id=7#total")).await?;
        open_list(session).await?;
        let count = session.find(".page-context__count").await?;
        assert_eq!(count.text().await?, "9");
        let list = session.find(".page-context dl").await?.text().await?;
        for shown in [
            page.as_str(),
            "Invoices",
            " on Linux",
            "UTC",
            "4.2",
            "plan",
            "Team",
            "seats",
            "12",
        ] {
            assert!(list.contains(shown), "{shown} is not in {list}");
        }
        save_screenshot(session, "included").await?;
        for name in ["Remove Title", "Remove plan", "Remove Version"] {
            press(session, name).await?;
        }
        let focused = session.focused().await?;
        assert_eq!(
            focused.attribute("aria-label").await?.as_deref(),
            Some("Add back Version")
        );
        press(session, "Add back Version").await?;
        assert_eq!(count.text().await?, "7");
        save_screenshot(session, "included-removed").await?;
        let context = sent(session, &service).await?;
        let names: Vec<_> = context
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        assert_eq!(
            names,
            [
                "app_version",
                "browser",
                "host",
                "language",
                "page_url",
                "time_zone",
                "viewport"
            ]
        );
        assert_eq!(context["page_url"], json!(page), "without query and hash");
        assert_eq!(context["host"], json!({ "seats": "12" }));
        assert!(
            context["browser"]
                .as_str()
                .is_some_and(|name| name.starts_with("Mozilla/5.0"))
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn without_javascript_nothing_about_the_page_is_sent() {
    let service = Service::start(Database::Sqlite).await;
    journey(
        "included-plain",
        Visitor::WITHOUT_JAVASCRIPT,
        async |session| {
            session.goto(&service.url(&format!("/help/{SITE}"))).await?;
            assert!(
                !widget::visible_text(session)
                    .await?
                    .contains("Included with your request")
            );
            assert_eq!(sent(session, &service).await?, json!({}));
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn the_whole_address_goes_along_where_the_page_wants_it() {
    let (_host, service, page) = page_with("data-url=full").await;
    journey("included-url", Visitor::DESKTOP, async |session| {
        session.goto(&format!("{page}?id=7#total")).await?;
        widget::open(session).await?;
        session.find(".page-context").await?;
        assert_eq!(
            sent(session, &service).await?["page_url"],
            json!(format!("{page}?id=7#total"))
        );
        Ok(())
    })
    .await;
}

/// Opens the panel on a page that has failed twice; says what was sent of it.
async fn errors_sent(name: &str, attributes: &str, ticks: bool) -> Value {
    let (_host, service, page) = page_with(attributes).await;
    let mut sent_errors = Value::Null;
    journey(name, Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::launcher(session).await?;
        // The part of the loader that keeps errors is there.
        session
            .run("return Cornerdesk('diagnose').then(() => true)", &[])
            .await?;
        session.run("fail()", &[]).await?;
        open_list(session).await?;
        if attributes.contains("ask") {
            let tick = session.find(".page-context__ask input").await?;
            let label = session.find(".page-context__ask").await?.text().await?;
            assert_eq!(label, "Also send the last 2 error messages of this page");
            if ticks {
                tick.click().await?;
            }
            save_screenshot(session, name).await?;
        } else if attributes.contains("on") {
            session
                .find("button[aria-label='Remove Errors of the page']")
                .await?;
        }
        sent_errors = sent(session, &service).await?["console_errors"].clone();
        Ok(())
    })
    .await;
    sent_errors
}

#[tokio::test]
async fn errors_of_the_page_go_along_only_when_the_person_ticks_the_box() {
    assert_eq!(
        errors_sent("errors-not-ticked", "data-diagnostics=ask", false).await,
        Value::Null
    );
    let errors = errors_sent("errors-ticked", "data-diagnostics=ask", true).await;
    let lines: Vec<_> = errors
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines
            .iter()
            .any(|line| line.ends_with("TypeError: no invoice")),
        "{lines:?}"
    );
    let thrown = lines
        .iter()
        .find(|line| line.contains("total is undefined"))
        .expect("the other");
    assert!(thrown.contains("token=[removed], [removed]"), "{thrown}");
    assert!(thrown.contains("/orders:"), "where it happened: {thrown}");
}

#[tokio::test]
async fn errors_of_the_page_are_the_hosts_decision_first() {
    assert_eq!(
        errors_sent("errors-off", "data-diagnostics=off", false).await,
        Value::Null
    );
    assert_eq!(errors_sent("errors-unsaid", "", false).await, Value::Null);
    let errors = errors_sent("errors-on", "data-diagnostics=on", false).await;
    assert_eq!(errors.as_array().map(Vec::len), Some(2), "{errors}");
}
