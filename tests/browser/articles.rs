//! Help before the form: articles come while the summary is written, and are never in the way.

use std::time::Duration;

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Kind, Visitor, journey, save_screenshot},
    eventually, help,
    host_page::{HostPage, embedding_html},
    on_both_databases,
    service::{SITE, Setup},
    webdriver::Session,
    widget::{self, A_REQUEST, wait_for_text},
};
use serde_json::Value;

const APPEARANCE: Duration = Duration::from_secs(10);

/// The help of a product: names and titles.
const ARTICLES: [(&str, &str); 3] = [
    ("totals", "Totals that are counted twice"),
    ("rounding", "How totals are rounded"),
    ("export", "Export your data"),
];

/// Gives a site its articles, in a language, and waits until its form knows of them.
pub async fn import_articles(service: &Service, site: &str, locale: &str, base: &str) {
    let article = |title| format!("---\nlocale: {locale}\n---\n# {title}\n\nText.\n");
    let files = ARTICLES.map(|(name, title)| (format!("{name}.md"), article(title)));
    let files = files.each_ref().map(|(path, text)| (path.as_str(), text));
    help::import(service, site, base, &files);
    let client = service.client();
    eventually(APPEARANCE, "the form to know of articles", async || {
        let form = client.get(&format!("/help/{site}")).await;
        form.text()
            .await
            .ok()?
            .contains(" data-articles")
            .then_some(())
    })
    .await;
}

/// A product's page and the service with its help, whose articles are read on the page's own origin.
struct Place {
    service: Service,
    page: String,
    _host: HostPage,
}

impl Place {
    async fn open(database: Database) -> Self {
        let host = HostPage::bind().await;
        let setup = Setup::new(database).allow_only(&host.origin());
        let service = Service::start_with(setup).await;
        for (name, _) in ARTICLES {
            let path = format!("/help/{name}");
            host.show(&path, "<title>Help</title><h1>An article</h1>", "");
        }
        import_articles(&service, SITE, "en", &format!("{}/help", host.origin())).await;
        let page = host.show("/", &embedding_html(&service.origin(), SITE), "");
        Self {
            service,
            page,
            _host: host,
        }
    }

    /// What readers said, by verdict.
    fn said(&self) -> Vec<String> {
        let report = self
            .service
            .command(&["articles", "report", "--site", SITE, "--json"]);
        let rows: Vec<Value> = serde_json::from_str(&report).expect("JSON");
        rows.iter()
            .map(|row| {
                format!(
                    "{} {}",
                    row["verdict"].as_str().expect("a verdict"),
                    row["votes"]
                )
            })
            .collect()
    }
}

/// Types into the summary and waits until articles are offered below it.
async fn write_summary(session: &Session) -> Result<()> {
    widget::field(session, "summary")
        .await?
        .type_text(A_REQUEST.summary)
        .await?;
    wait_for_text(session, "articles", |text| {
        text.contains("Totals that are counted twice").then_some(())
    })
    .await;
    Ok(())
}

/// Opens the first article, which is read in a tab of its own.
async fn open_article(session: &Session) -> Result<()> {
    session.find("#articles a").await?.click().await?;
    wait_for_text(session, "the question", |text| {
        text.contains("Did this page solve your problem?")
            .then_some(())
    })
    .await;
    Ok(())
}

/// Closes the article, as a reader does who comes back to the form. In a tab behind another one nothing fades in: what is new there stays
/// as transparent as it began, for the driver as for everybody.
async fn close_article(session: &Session) -> Result<()> {
    let windows = eventually(APPEARANCE, "the article's tab", async || {
        session.windows().await.ok().filter(|all| all.len() == 2)
    })
    .await;
    session.enter_window(&windows[1]).await?;
    session.close_window().await?;
    session.enter_window(&windows[0]).await
}

async fn press(session: &Session, words: &str) -> Result<()> {
    let press = "[...document.querySelectorAll('#articles button')].find((button) => button.textContent === arguments[0]).click()";
    session.run(press, &[words.into()]).await?;
    Ok(())
}

on_both_databases! {
    async fn articles_come_with_the_summary_and_the_request_goes_as_ever(database: Database) {
        let place = Place::open(database).await;
        journey("articles", Visitor::DESKTOP, async |session| {
            session.goto(&place.page).await?;
            widget::open(session).await?;
            write_summary(session).await?;
            let titles = session.run("return [...document.querySelectorAll('#articles a')].map((a) => `${a.textContent} ${a.target} ${a.rel}`).join()", &[]).await?;
            assert_eq!(titles, "Totals that are counted twice _blank noopener,How totals are rounded _blank noopener");
            let heard = "return document.getElementById('announcer').textContent";
            eventually(APPEARANCE, "the number to be said", async || (session.run(heard, &[]).await.ok()? == "Articles that may help: 2").then_some(())).await;
            assert_eq!(session.run("return document.activeElement.id", &[]).await?, "summary", "the focus stays");
            save_screenshot(session, "articles").await?;
            for (name, text) in [("description", A_REQUEST.description), ("email", A_REQUEST.email)] {
                widget::field(session, name).await?.type_text(text).await?;
            }
            widget::send_button(session).await?.click().await?;
            widget::receipt(session).await?;
            Ok(())
        })
        .await;
        assert_eq!(place.service.tickets().len(), 1);
        assert!(place.said().is_empty());
    }
}

#[tokio::test]
async fn a_reader_says_why_an_article_did_not_help_once() {
    let visitor = Visitor {
        dark: true,
        ..Visitor::PHONE
    };
    reads_and_judges("articles-judged", visitor).await;
}

/// Opens an article, says why it did not help, and is not asked again.
pub async fn reads_and_judges(name: &str, visitor: Visitor) {
    let place = Place::open(Database::Sqlite).await;
    journey(name, visitor, async |session| {
        session.goto(&place.page).await?;
        widget::open(session).await?;
        write_summary(session).await?;
        open_article(session).await?;
        press(session, "No").await?;
        wait_for_text(session, "the reasons", |text| {
            text.contains("It is hard to follow").then_some(())
        })
        .await;
        // Firefox takes no picture from within a frame of another site.
        if visitor.browser == Kind::Chromium {
            save_screenshot(session, name).await?;
        }
        press(session, "It is hard to follow").await?;
        wait_for_text(session, "thanks", |text| {
            text.contains("Thanks, noted.").then_some(())
        })
        .await;
        assert_eq!(
            session
                .run("return document.activeElement.textContent", &[])
                .await?,
            "Thanks, noted."
        );
        eventually(APPEARANCE, "the vote", async || {
            (place.said() == ["hard_to_follow 1"]).then_some(())
        })
        .await;
        close_article(session).await?;
        // The same browser is not asked again.
        session.goto(&place.page).await?;
        widget::open(session).await?;
        widget::field(session, "summary")
            .await?
            .type_text(" again")
            .await?;
        wait_for_text(session, "articles", |text| {
            text.contains("Totals that are counted twice").then_some(())
        })
        .await;
        session.find("#articles a").await?.click().await?;
        assert!(
            session
                .run("return !document.querySelector('.articles__question')", &[])
                .await?
                == true
        );
        // And asks all the same.
        for (name, text) in [
            ("description", A_REQUEST.description),
            ("email", A_REQUEST.email),
        ] {
            widget::field(session, name).await?.type_text(text).await?;
        }
        widget::send(session).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn nothing_moves_under_somebody_who_has_gone_on_and_a_refusal_is_silent() {
    let place = Place::open(Database::Sqlite).await;
    journey("articles-late", Visitor::DESKTOP, async |session| {
        session.goto(&place.page).await?;
        widget::open(session).await?;
        // Answers are held until the person is at the next field.
        let hold = "const fetch = window.fetch, gate = new Promise((open) => (window.openGate = open));
            window.fetch = async (...asked) => {
                if (!String(asked[0]).includes('/articles/search')) return fetch(...asked);
                window.question = asked[1].body;
                await gate;
                const answer = await fetch(...asked);
                answer.clone().text().then(() => (window.answered = asked[1].body));
                return answer;
            }";
        session.run(hold, &[]).await?;
        widget::field(session, "summary").await?.type_text(A_REQUEST.summary).await?;
        let is_asked = "return !!window.question?.includes('twice')";
        eventually(APPEARANCE, "the question", async || (session.run(is_asked, &[]).await.ok()? == true).then_some(())).await;
        widget::field(session, "description").await?.click().await?;
        let top = "return document.getElementById('description').getBoundingClientRect().top";
        let before = session.run(top, &[]).await?;
        session.run("window.openGate()", &[]).await?;
        let is_answered = "return window.answered === window.question";
        eventually(APPEARANCE, "the answer", async || (session.run(is_answered, &[]).await.ok()? == true).then_some(())).await;
        session.run("return new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))", &[]).await?;
        assert_eq!(session.run(top, &[]).await?, before);
        // Whoever goes back to the summary finds them.
        widget::field(session, "summary").await?.click().await?;
        wait_for_text(session, "articles", |text| text.contains("Totals that are counted twice").then_some(())).await;
        let refuse = "window.fetch = () => ((window.tried = true), Promise.reject(new TypeError('refused')))";
        session.run(refuse, &[]).await?;
        widget::field(session, "summary").await?.type_text(" and more").await?;
        eventually(APPEARANCE, "the question", async || (session.run("return !!window.tried", &[]).await.ok()? == true).then_some(())).await;
        assert!(widget::visible_text(session).await?.contains("Totals that are counted twice"), "what is there stays");
        assert!(widget::send_button(session).await?.is_displayed().await?);
        Ok(())
    })
    .await;
}

/// Remembers what the service is asked about articles, from now on in this document.
const LISTEN: &str = "const fetch = window.fetch;
    window.questions = [];
    window.fetch = (...asked) => {
        if (String(asked[0]).includes('/articles/search')) window.questions.push(JSON.parse(asked[1].body).q);
        return fetch(...asked);
    }";
const QUESTIONS: &str = "return (window.questions ?? []).join()";
/// What the browser remembers of articles.
const REMEMBERED: &str = "return localStorage.getItem('cornerdesk-articles') ?? ''";

/// Puts a text in place of the summary, as one who pastes it.
async fn paste_summary(session: &Session, text: &str) -> Result<()> {
    let paste = "const field = document.getElementById('summary'); field.value = arguments[0]; field.dispatchEvent(new Event('input', { bubbles: true }))";
    session.run(paste, &[text.into()]).await?;
    Ok(())
}

#[tokio::test]
async fn what_looks_like_a_secret_is_not_asked_about() {
    let place = Place::open(Database::Sqlite).await;
    journey("articles-secret", Visitor::DESKTOP, async |session| {
        session.goto(&place.page).await?;
        widget::open(session).await?;
        crate::drafts::wait_for_panel(session).await?;
        session.run(LISTEN, &[]).await?;
        widget::field(session, "summary").await?.click().await?;
        // Split, so that nobody who looks for keys in sources finds one.
        let secret = format!(
            "totals twice ghp_{}",
            "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
        );
        paste_summary(session, &secret).await?;
        session
            .run(
                "return new Promise((passed) => setTimeout(passed, 1000))",
                &[],
            )
            .await?;
        paste_summary(session, "totals twice").await?;
        wait_for_text(session, "articles", |text| {
            text.contains("Totals that are counted twice").then_some(())
        })
        .await;
        assert_eq!(session.run(QUESTIONS, &[]).await?, "totals twice");
        // What was offered goes with the text that it was offered for.
        paste_summary(session, &secret).await?;
        eventually(APPEARANCE, "no articles", async || {
            (session
                .run("return document.getElementById('articles').hidden", &[])
                .await
                .ok()?
                == true)
                .then_some(())
        })
        .await;
        assert_eq!(session.run(QUESTIONS, &[]).await?, "totals twice");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_draft_is_asked_about_when_it_is_seen_and_after_shutdown_nothing_is_remembered() {
    let place = Place::open(Database::Sqlite).await;
    journey("articles-unopened", Visitor::DESKTOP, async |session| {
        session.goto(&place.page).await?;
        widget::open(session).await?;
        write_summary(session).await?;
        open_article(session).await?;
        press(session, "Yes").await?;
        let remembered = async || session.run(REMEMBERED, &[]).await;
        eventually(APPEARANCE, "the vote to be remembered", async || (remembered().await.ok()? != "").then_some(())).await;
        close_article(session).await?;
        // The frame is there before the panel is opened.
        session.goto(&place.page).await?;
        let launcher = widget::launcher(session).await?;
        launcher.hover().await?;
        widget::enter_frame(session).await?;
        let fetched = "return performance.getEntriesByType('resource').filter(({ name }) => name.includes(arguments[0])).length";
        let fetched = async |part: &str| session.run(fetched, &[part.into()]).await;
        eventually(APPEARANCE, "the draft to be there again", async || (fetched("_articles.js").await.ok()? == 1).then_some(())).await;
        session.run("return new Promise((passed) => setTimeout(passed, 1000))", &[]).await?;
        assert_eq!(fetched("/articles/search").await?, 0);
        session.enter_page().await?;
        widget::open(session).await?;
        eventually(APPEARANCE, "the question", async || (fetched("/articles/search").await.ok()? == 1).then_some(())).await;
        wait_for_text(session, "articles", |text| text.contains("Totals that are counted twice").then_some(())).await;
        session.enter_page().await?;
        assert_eq!(session.run("return Cornerdesk('shutdown')", &[]).await?, true);
        widget::open(session).await?;
        assert_eq!(remembered().await?, "");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn where_drafts_are_off_no_article_is_remembered() {
    let place = Place::open(Database::Sqlite).await;
    journey("articles-drafts-off", Visitor::DESKTOP, async |session| {
        let page = place.service.url(&format!("/help/{SITE}?drafts=off"));
        session.goto(&page).await?;
        write_summary(session).await?;
        open_article(session).await?;
        press(session, "Yes").await?;
        eventually(APPEARANCE, "the vote", async || {
            (place.said() == ["helped 1"]).then_some(())
        })
        .await;
        assert_eq!(session.run(REMEMBERED, &[]).await?, "");
        Ok(())
    })
    .await;
}

/// Waits until no articles are offered (any more).
async fn wait_until_none_are_offered(session: &Session) {
    let hidden = "return document.getElementById('articles').hidden";
    eventually(APPEARANCE, "no articles", async || {
        (session.run(hidden, &[]).await.ok()? == true).then_some(())
    })
    .await;
}

async fn wait_until_offered(session: &Session) {
    wait_for_text(session, "articles", |text| {
        text.contains("Totals that are counted twice").then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_offered_goes_with_the_request_that_it_was_offered_for() {
    let place = Place::open(Database::Sqlite).await;
    journey("articles-afresh", Visitor::DESKTOP, async |session| {
        session.goto(&place.page).await?;
        widget::open(session).await?;
        write_summary(session).await?;
        session.goto(&place.page).await?;
        widget::open(session).await?;
        wait_until_offered(session).await;
        let press = async || session.find("#kept button").await?.click().await;
        press().await?;
        wait_until_none_are_offered(session).await;
        press().await?;
        wait_until_offered(session).await;
        // Somebody else sits there, while the first one was at an article.
        session
            .run("document.querySelector('#articles a').focus()", &[])
            .await?;
        session.enter_page().await?;
        for email in ["ada@customer.example", "grace@customer.example"] {
            session
                .run(
                    "Cornerdesk('identify', { email: arguments[0] })",
                    &[email.into()],
                )
                .await?;
        }
        widget::enter_panel(session).await?;
        wait_until_none_are_offered(session).await;
        assert_eq!(widget::field(session, "summary").await?.value().await?, "");
        assert_eq!(
            session.run("return document.activeElement.id", &[]).await?,
            "summary"
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn after_a_request_nothing_is_offered_for_the_next_one() {
    let place = Place::open(Database::Sqlite).await;
    journey("articles-next", Visitor::DESKTOP, async |session| {
        session.goto(&place.page).await?;
        widget::open(session).await?;
        write_summary(session).await?;
        for (name, text) in [
            ("description", A_REQUEST.description),
            ("email", A_REQUEST.email),
        ] {
            widget::field(session, name).await?.type_text(text).await?;
        }
        widget::send_button(session).await?.click().await?;
        widget::receipt(session).await?;
        session
            .find("#receipt-actions button")
            .await?
            .click()
            .await?;
        wait_until_none_are_offered(session).await;
        Ok(())
    })
    .await;
}
