//! Every language from the launcher to the mail: its words, its direction, room for them at 320 pixels, and times in the person's zone.

use anyhow::Result;
use cornerdesk_ingest::words::{self, LOCALES, Words, plurals::Plurals};
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    host_page::{HostPage, embedding_html},
    mail::Mail,
    service::{SITE, Setup},
    smtp::SmtpSink,
    webdriver::Session,
    widget::{self, A_REQUEST, Request},
};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

/// The narrowest screen that WCAG 2.2 asks for (1.4.10), with the height of a small phone.
const NARROW: (u32, u32) = (320, 640);

async fn be_narrow(session: &Session) -> Result<()> {
    let (width, height) = NARROW;
    let screen =
        json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    let command = "Emulation.setDeviceMetricsOverride";
    session.devtools(command, screen).await.map(drop)
}

/// Nothing is wider than the frame, and no text is cut off within its element.
async fn assert_fits(session: &Session, what: &str) -> Result<()> {
    let script = "const wide = [...document.querySelectorAll('body *')].filter((element) => element.scrollWidth > element.clientWidth + 1
          && element.clientWidth > 1 && getComputedStyle(element).display !== 'inline' && !element.matches('.seen-by-readers-only, .trap, .trap *, input, textarea, .file__name'));
        return [document.documentElement.scrollWidth, innerWidth, wide.map((element) => element.outerHTML.slice(0, 200))]";
    let found = session.run(script, &[]).await?;
    assert!(found[0].as_f64() <= found[1].as_f64(), "{what}: {found}");
    assert_eq!(found[2], json!([]), "{what}");
    Ok(())
}

/// The words of a table must be on the page.
async fn reads(session: &Session, table: &words::Table, keys: &[&str]) {
    for key in keys {
        let wanted = words::text(table, key);
        let found = |text: &str| text.contains(wanted).then_some(());
        widget::wait_for_text(session, wanted, found).await;
    }
}

/// What a person sees who asks for help in a language, from the launcher to the receipt.
async fn ask(session: &Session, tables: &Words, locale: &str, email: &str) -> Result<String> {
    let table = tables.panel(locale);
    let launcher = widget::launcher(session).await?;
    let label = words::text(table, "launcher_label");
    assert_eq!(launcher.accessible_name().await?, label);
    widget::open(session).await?;
    session.find("#send[aria-disabled]").await?;
    let page = "const { lang, dir } = document.documentElement; return [lang, dir]";
    let expected = json!([locale, tables.direction(locale)]);
    assert_eq!(session.run(page, &[]).await?, expected);
    reads(session, table, &["title", "summary_label", "send"]).await;
    assert_fits(session, locale).await?;
    save_screenshot(session, &format!("language-{locale}-form")).await?;
    widget::send_button(session).await?.click().await?;
    let errors = ["error.summary_title", "error.description.required"];
    reads(session, table, &errors).await;
    assert_fits(session, locale).await?;
    save_screenshot(session, &format!("language-{locale}-errors")).await?;
    widget::fill(session, Request { email, ..A_REQUEST }).await?;
    let reference = widget::send(session).await?;
    reads(session, table, &["receipt.title", "receipt.no_files"]).await;
    assert_fits(session, locale).await?;
    save_screenshot(session, &format!("language-{locale}-receipt")).await?;
    Ok(reference)
}

fn assert_speaks(mail: &Mail, tables: &Words, locale: &str, reference: &str) {
    let table = tables.acknowledge(locale);
    let reference = words::apart(reference, tables.direction(locale));
    let subject = words::fill(words::text(table, "subject"), &[("reference", &reference)]);
    assert_eq!(mail.header("Subject"), subject);
    assert_eq!(mail.header("Content-Language"), locale);
    let start = format!(
        "<html lang=\"{locale}\" dir=\"{}\">",
        tables.direction(locale)
    );
    assert!(mail.html.contains(&start), "{}", mail.html);
    for key in ["heading", "next_heading", "keep"] {
        let text = words::text(table, key);
        assert!(mail.html.contains(text), "{locale} {key}: {}", mail.html);
    }
}

#[tokio::test]
async fn a_person_asks_in_each_language() {
    let (sink, host) = (SmtpSink::start().await, HostPage::bind().await);
    let setup = Setup::new(Database::Sqlite).mail_to(&sink);
    let service = Service::start_with(setup.allow_only(&host.origin())).await;
    let tables = Words::load().expect("words");
    let html = embedding_html(&service.origin(), SITE);
    for locale in LOCALES {
        // The host page says it, not the tag: with a region, as pages do.
        let html = html.replace("lang=\"en\"", &format!("lang=\"{locale}-XX\""));
        let page = host.show(&format!("/{locale}"), &html, "");
        let email = format!("{locale}@customer.example");
        journey(
            &format!("language-{locale}"),
            Visitor::DESKTOP,
            async |session| {
                be_narrow(session).await?;
                session.goto(&page).await?;
                let reference = ask(session, &tables, locale, &email).await?;
                let mail = sink.message_to(&email).await.mail();
                assert_speaks(&mail, &tables, locale, &reference);
                look_at_mail(session, &host, &mail, locale).await
            },
        )
        .await;
    }
}

/// A picture of the mail, as a phone shows it.
async fn look_at_mail(session: &Session, host: &HostPage, mail: &Mail, locale: &str) -> Result<()> {
    let page = host.show(&format!("/mail-{locale}"), &mail.html, "");
    session.goto(&page).await?;
    assert_fits(session, &format!("the mail in {locale}")).await?;
    save_screenshot(session, &format!("language-{locale}-mail")).await?;
    Ok(())
}

/// Sends from a browser in a zone, with the panel or without WebAssembly; returns what the receipt and the mail say and when the service
/// received it.
async fn ask_from(
    zone: &str,
    locale: &str,
    has_panel: bool,
    service: &Service,
    sink: &SmtpSink,
) -> (String, Mail, Timestamp) {
    let email = format!("{locale}-{has_panel}@zone.example");
    let mut told = String::new();
    journey(
        &format!("zone-{locale}"),
        Visitor::DESKTOP,
        async |session| {
            session
                .devtools(
                    "Emulation.setTimezoneOverride",
                    json!({ "timezoneId": zone }),
                )
                .await?;
            let page = service.url(&format!("/help/{SITE}?locale={locale}"));
            if has_panel {
                session.goto(&page).await?;
                session.find("#send[aria-disabled]").await?;
                session.find(".page-context__count:not(:empty)").await?;
            } else {
                session.devtools("Network.enable", json!({})).await?;
                let wasm = json!({ "urls": ["*.wasm"] });
                session.devtools("Network.setBlockedURLs", wasm).await?;
                session.goto(&page).await?;
                session.find("html:not(.enhanced)").await?;
            }
            let email = &email;
            widget::fill(session, Request { email, ..A_REQUEST }).await?;
            widget::send(session).await?;
            told = session.find("#receipt-details").await?.text().await?;
            Ok(())
        },
    )
    .await;
    let mail = sink.message_to(&email).await.mail();
    let reference = widget::find_reference(mail.header("Subject")).expect("a reference");
    let at = received(service, &reference);
    (told, mail, at)
}

#[tokio::test]
async fn times_are_those_of_the_persons_zone() {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(Setup::new(Database::Sqlite).mail_to(&sink)).await;
    let tables = Words::load().expect("words");
    for (zone, locale) in [("Asia/Tokyo", "ja"), ("America/New_York", "de")] {
        for has_panel in [true, false] {
            let (told, mail, at) = ask_from(zone, locale, has_panel, &service, &sink).await;
            let zone = TimeZone::get(zone).expect("a zone");
            let clock = at.to_zoned(zone.clone()).strftime("%-H:%M").to_string();
            assert!(told.contains(&clock), "panel {has_panel}, {clock}: {told}");
            // Long lines of the text are wrapped, and in HTML a slash is an entity.
            let written = words::instant(tables.formats(locale), at, &zone);
            let html = mail.html.replace("&#x2f;", "/");
            assert!(
                html.contains(&written),
                "panel {has_panel}, {written}: {html}"
            );
        }
    }
}

fn received(service: &Service, reference: &str) -> Timestamp {
    let ticket = service.ticket(reference);
    let at = ticket["received_at"].as_str().expect("a time");
    at.parse().expect("a time")
}

/// What the browser says of a language: the form beside each number up to 200, and for each month a day, and an instant in the morning and in the
/// afternoon.
const BY_INTL: &str = "const [tag] = arguments;
    const plural = new Intl.PluralRules(tag);
    const day = new Intl.DateTimeFormat(tag, { timeZone: 'UTC', dateStyle: 'long' });
    const instant = new Intl.DateTimeFormat(tag, { timeZone: 'UTC', dateStyle: 'full', timeStyle: 'short' });
    const times = [...Array(24).keys()].map((at) => Date.UTC(2026, at % 12, 2 + at, at, at));
    return { forms: [...Array(201).keys()].map((number) => plural.select(number)),
      days: times.map((time) => [time, day.format(time), instant.format(time)]) };";

/// Blanks that do not break, and commas between the day and the time, come and go with the version of CLDR.
fn plain(text: &str) -> String {
    text.replace(['\u{202f}', '\u{a0}'], " ").replace(',', "")
}

fn assert_writes_as(tables: &Words, locale: &str, by_intl: &Value) {
    let plurals = Plurals::of(locale).expect("rules");
    let forms: Vec<_> = (0..=200_u32).map(|number| plurals.form(number)).collect();
    assert_eq!(json!(forms), by_intl["forms"], "{locale}");
    let formats = tables.formats(locale);
    for row in by_intl["days"].as_array().expect("a list") {
        let at = row[0].as_i64().expect("a time");
        let at = Timestamp::from_millisecond(at).expect("a time");
        let (day, instant) = (row[1].as_str(), row[2].as_str());
        let (day, instant) = (day.expect("a day"), instant.expect("an instant"));
        assert_eq!(plain(&words::day(formats, at)), plain(day), "{locale}");
        let written = words::instant(formats, at, &TimeZone::UTC);
        assert!(
            plain(&written).starts_with(&plain(instant)),
            "{locale}: {written} is not {instant}"
        );
    }
}

#[tokio::test]
async fn the_service_writes_numbers_and_times_as_the_browser_does() {
    let host = HostPage::bind().await;
    let page = host.show("/", "<!doctype html><title>Intl</title>", "");
    let tables = Words::load().expect("words");
    journey("intl", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        for locale in LOCALES {
            // The service writes English days as Britain does.
            let tag = match locale {
                "en" => "en-GB".to_owned(),
                other => format!("{other}-u-nu-latn"),
            };
            let by_intl = session.run(BY_INTL, &[json!(tag)]).await?;
            assert_writes_as(&tables, locale, &by_intl);
        }
        Ok(())
    })
    .await;
}

const OWN_WORDS: &str = r#"
[sites.words.en]
"panel.launcher_label" = "Ask <b>Acme</b>"
"panel.title" = "Tell us & we fix it <script>alert(1)</script>"
"panel.receipt.title" = "Got it <i>!"
"acknowledge.heading" = "Acme <u>has</u> it"
"acknowledge.subject" = "[{reference}] Acme has it"
"#;

#[tokio::test]
async fn a_sites_own_words_are_shown_as_they_were_written() {
    let (sink, host) = (SmtpSink::start().await, HostPage::bind().await);
    let setup = Setup::new(Database::Sqlite)
        .mail_to(&sink)
        .allow_only(&host.origin())
        .section(OWN_WORDS);
    let service = Service::start_with(setup).await;
    let page = host.embed(&service.origin(), SITE);
    journey("own-words", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        let launcher = widget::launcher(session).await?;
        assert_eq!(launcher.accessible_name().await?, "Ask <b>Acme</b>");
        widget::open(session).await?;
        session.find("#send[aria-disabled]").await?;
        for text in ["Tell us & we fix it <script>alert(1)</script>", "Summary"] {
            widget::wait_for_text(session, text, |page| page.contains(text).then_some(())).await;
        }
        widget::fill(session, A_REQUEST).await?;
        let reference = widget::send(session).await?;
        widget::wait_for_text(session, "the receipt", |page| {
            page.contains("Got it <i>!").then_some(())
        })
        .await;
        let mail = sink.message_to(A_REQUEST.email).await.mail();
        assert_eq!(mail.header("Subject"), format!("[{reference}] Acme has it"));
        assert!(mail.text.starts_with("Acme <u>has</u> it"), "{}", mail.text);
        assert!(mail.html.contains("Acme &lt;u&gt;has&lt;"), "{}", mail.html);
        Ok(())
    })
    .await;
}
