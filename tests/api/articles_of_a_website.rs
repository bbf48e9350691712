//! Help that is a website: its sitemap is imported, its pages are offered, and one that fails takes nothing away.

use std::{fs, io::Write, process::Output};

use cornerdesk_tests::{
    Database, Service, on_both_databases, scratch, service::SITE, website::Website,
};
use flate2::{Compression, write::GzEncoder};

use crate::articles::{ask, offered};

/// What an import said, and whether it went well.
struct Import {
    is_whole: bool,
    said: String,
}

impl Import {
    fn of(output: &Output) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Self {
            is_whole: output.status.success(),
            said: text(&output.stdout) + &text(&output.stderr),
        }
    }

    /// It went well, and said this.
    #[track_caller]
    fn whole(self, words: &[&str]) {
        assert!(self.is_whole, "{}", self.said);
        self.says(words);
    }

    /// It did not go well, and said this.
    #[track_caller]
    fn faulty(self, words: &[&str]) {
        assert!(!self.is_whole, "{}", self.said);
        self.says(words);
    }

    #[track_caller]
    fn says(&self, words: &[&str]) {
        for words in words {
            assert!(self.said.contains(words), "{words}: {}", self.said);
        }
    }
}

async fn import(service: &Service, more: &[&str]) -> Import {
    let arguments = [&["articles", "import", "--site", SITE], more].concat();
    Import::of(&service.command_meanwhile(&arguments).await)
}

fn packed(text: &str) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    out.write_all(text.as_bytes()).expect("memory");
    out.finish().expect("memory")
}

/// A website with two articles, in a sitemap at `/sitemap.xml`.
async fn a_website() -> Website {
    let website = Website::bind().await;
    website.show_article("/help/totals", "Totals that are doubled", "Discounts.");
    website.show_article("/help/login", "Signing in", "Ask for a new password.");
    website.list("/sitemap.xml", &["/help/totals", "/help/login"]);
    website
}

on_both_databases! {
    async fn the_pages_of_a_sitemap_are_offered(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let website = a_website().await;
        website.show("/help/de/summen", "<html lang=de-AT><title>Summen – Acme</title><main><h1>Doppelte Summen</h1></main>");
        website.show("/help/pt", "<html lang=pt><h1>Totals em dobro</h1>");
        website.show("/help/draft", "<meta name=robots content=noindex><h1>Totals, a draft</h1>");
        website.answer("/help/unlisted", 200, &[("content-type", "text/html".into()), ("x-robots-tag", "noindex".into())], b"<h1>Totals</h1>");
        website.answer("/help/totals.pdf", 200, &[("content-type", "application/pdf".into())], b"%PDF-1.7 totals");
        website.answer("/help/moved", 301, &[("location", "/help/export".into())], b"");
        website.show("/help/export", "<link rel=canonical href='/help/export-data#top'><h1>Export your data</h1>");
        website.show("/help/print/export", "<link rel=canonical href='/help/export-data'><h1>Export your data</h1>");
        website.show_article("/blog/totals", "Totals, a story", "");
        let second = website.sitemap("urlset", "url", &[
            "/help/totals", "/help/login#top", "/help/de/summen", "/help/pt", "/help/draft", "/help/unlisted", "/help/totals.pdf",
            "/help/gone", "/help/moved", "/help/print/export", "/blog/totals", "/helpers", "https://elsewhere.example/help/totals",
        ]);
        website.answer("/two.xml.gz", 200, &[], &packed(&second));
        website.list("/one.xml", &["/help/totals"]);
        let index = website.sitemap("sitemapindex", "sitemap", &["/one.xml", "/two.xml.gz"]);
        website.answer("/sitemap.xml", 200, &[], index.as_bytes());

        import(&service, &[&website.url("/sitemap.xml"), "--under", "/help"]).await.whole(&[
            "4 articles are offered", "1 gone", "2 not to be found", "1 in a language", "1 no page", "1 the same as another", "1 of another website",
            "such as https://elsewhere.example/help/totals",
        ]);
        assert_eq!(offered(&client, "totals doubled", "en").await, [website.url("/help/totals")]);
        assert_eq!(offered(&client, "a new password", "en").await, [website.url("/help/login")]);
        assert_eq!(offered(&client, "Summen", "de").await, [website.url("/help/de/summen")]);
        assert_eq!(offered(&client, "export data", "en").await, [website.url("/help/export-data")]);
        assert_eq!(ask(&client, "totals", "en").await.json()["articles"][0]["title"], "Totals that are doubled");
        assert_eq!((website.visits("/help/totals"), website.visits("/blog/totals"), website.visits("/helpers")), (1, 0, 0));
        assert!(website.agents().iter().all(|agent| agent.starts_with("Cornerdesk/")));
    }

    async fn an_import_takes_the_place_of_the_one_before(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let website = a_website().await;
        let sitemap = website.url("/sitemap.xml");
        for _ in 0..2 {
            import(&service, &[&sitemap]).await.whole(&["2 articles are offered"]);
            assert_eq!(offered(&client, "totals", "en").await, [website.url("/help/totals")]);
        }
        website.answer("/help/totals", 410, &[], b"");
        website.show_article("/help/export", "Export your data", "");
        website.list("/sitemap.xml", &["/help/totals", "/help/export"]);
        import(&service, &[&sitemap]).await.whole(&["1 article is offered", "1 gone"]);
        assert!(offered(&client, "totals", "en").await.is_empty() && offered(&client, "password", "en").await.is_empty());
        assert_eq!(offered(&client, "export", "en").await, [website.url("/help/export")]);
    }

    async fn a_page_that_fails_takes_nothing_away(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let website = a_website().await;
        let sitemap = website.url("/sitemap.xml");
        import(&service, &[&sitemap]).await.whole(&["2 articles"]);
        website.answer("/help/totals", 500, &[], b"");
        website.show("/help/empty", "<main></main>");
        website.show_article("/help/export", "Export your data", "");
        website.list("/sitemap.xml", &["/help/totals", "/help/export", "/help/empty"]);
        let fault = format!("{}: it answers 500", website.url("/help/totals"));
        let untitled = format!("{}: it has no title", website.url("/help/empty"));
        import(&service, &[&sitemap]).await.faulty(&["3 articles are offered", &fault, &untitled, "2 of 3 pages could not be read"]);
        for (text, path) in [("totals", "/help/totals"), ("password", "/help/login"), ("export", "/help/export")] {
            assert_eq!(offered(&client, text, "en").await, [website.url(path)], "{text}");
        }
        // When all can be read, what is no longer listed goes.
        website.show_article("/help/totals", "Totals that are wrong", "");
        website.list("/sitemap.xml", &["/help/totals", "/help/export"]);
        import(&service, &[&sitemap]).await.whole(&["2 articles"]);
        assert!(offered(&client, "password", "en").await.is_empty());
        assert_eq!(ask(&client, "totals", "en").await.json()["articles"][0]["title"], "Totals that are wrong");
    }
}

/// A website whose six articles are offered, and which is then not as it should be.
async fn six_articles(service: &Service) -> (Website, [&'static str; 6]) {
    let website = Website::bind().await;
    let paths = ["/1", "/2", "/3", "/4", "/5", "/6"];
    for path in paths {
        website.show_article(path, &format!("Totals {path}"), "Discounts.");
    }
    website.list("/sitemap.xml", &paths);
    import(service, &[&website.url("/sitemap.xml")])
        .await
        .whole(&["6 articles are offered"]);
    (website, paths)
}

#[tokio::test]
async fn a_login_before_all_pages_takes_nothing_away() {
    let service = Service::start(Database::Sqlite).await;
    let (website, paths) = six_articles(&service).await;
    website.show_article("/login", "Log in", "Totals");
    let sitemap = website.url("/sitemap.xml");
    let to_login = |path, status| {
        website.answer(path, status, &[("location", "/login".into())], b"");
    };
    for status in [302, 303, 307] {
        for path in paths {
            to_login(path, status);
        }
        let fault = format!(
            "/6: it leads to {} for now ({status})",
            website.url("/login")
        );
        import(&service, &[&sitemap])
            .await
            .faulty(&["nothing was changed", &fault]);
    }
    assert_eq!(website.visits("/login"), 0);
    website.show_article("/1", "Totals /1", "");
    import(&service, &[&sitemap])
        .await
        .faulty(&["6 articles are offered", "5 of 6 pages"]);
    // For good, but all to one page: it is a login all the same.
    for path in paths {
        to_login(path, 301);
    }
    import(&service, &[&sitemap])
        .await
        .faulty(&["7 articles are offered", "5 of 6 pages say"]);
    // The sitemap itself may be elsewhere for now, and a page by another scheme or with a slash.
    website.answer("/now.xml", 302, &[("location", "/sitemap.xml".into())], b"");
    for path in paths {
        website.show_article(&format!("{path}/"), &format!("Totals {path}"), "");
        website.answer(path, 302, &[("location", format!("{path}/"))], b"");
    }
    import(&service, &[&website.url("/now.xml")])
        .await
        .whole(&["6 articles are offered"]);
}

#[tokio::test]
async fn one_canonical_address_in_all_pages_takes_nothing_away() {
    let service = Service::start(Database::Sqlite).await;
    let (website, paths) = six_articles(&service).await;
    for path in paths {
        website.show(path, "<link rel=canonical href='/'><h1>Totals</h1>");
    }
    import(&service, &[&website.url("/sitemap.xml")])
        .await
        .faulty(&[
            "7 articles are offered",
            "5 of 6 pages say that they are another one",
        ]);
}

#[tokio::test]
async fn who_waits_for_the_sitemaps_of_an_index_sees_how_far_it_is() {
    let service = Service::start(Database::Sqlite).await;
    let website = a_website().await;
    website.list("/one.xml", &["/help/totals"]);
    website.list("/two.xml", &["/help/login", "\u{1b}[2Jx"]);
    website.answer_once("/one.xml", 429, &[("retry-after", "1".to_owned())]);
    let index = website.sitemap("sitemapindex", "sitemap", &["/one.xml", "/two.xml"]);
    website.answer("/index.xml", 200, &[], index.as_bytes());
    import(&service, &[&website.url("/index.xml")])
        .await
        .whole(&[
            "2 articles are offered",
            "1 of 2 sitemaps read",
            "such as \\u{1b}[2Jx",
        ]);
}

#[tokio::test]
async fn a_sitemap_that_cannot_be_used_changes_nothing() {
    let service = Service::start(Database::Sqlite).await;
    let website = a_website().await;
    let sitemap = website.url("/sitemap.xml");
    import(&service, &[&sitemap]).await.whole(&["2 articles"]);
    let index = |path: &str| website.sitemap("sitemapindex", "sitemap", &[path]);
    let cases = [
        (
            b"<html><body>Not found</body></html>".to_vec(),
            "no sitemap",
        ),
        (
            website.sitemap("urlset", "url", &[]).into(),
            "none can be offered",
        ),
        (
            website.sitemap("urlset", "url", &["/gone"]).into(),
            "1 gone",
        ),
        (index("/sitemap.xml").into(), "a sitemap of sitemaps"),
        (index("/nowhere.xml").into(), "nowhere.xml: it is gone"),
        (
            index("http://169.254.169.254/x.xml").into(),
            "no sitemap of this website",
        ),
        (packed(&" ".repeat(51 * 1024 * 1024)), "longer than 50 MB"),
    ];
    for (body, words) in cases {
        website.answer("/sitemap.xml", 200, &[], &body);
        import(&service, &[&sitemap]).await.faulty(&[words]);
    }
    website.answer("/sitemap.xml", 503, &[("retry-after", "3600".into())], b"");
    import(&service, &[&sitemap])
        .await
        .faulty(&["not before 3600 seconds"]);
    import(&service, &[&sitemap, "--base-url", "https://x.example"])
        .await
        .faulty(&["--base-url is for a folder"]);
    import(&service, &["/tmp", "--under", "/help"])
        .await
        .faulty(&["--under is for a sitemap"]);
    import(&service, &["http://[fe80::1]/sitemap.xml"])
        .await
        .faulty(&["where no website is"]);
    assert_eq!(offered(&service.client(), "totals", "en").await.len(), 1);
}

#[tokio::test]
async fn a_page_leads_nowhere_but_on_its_own_website() {
    let service = Service::start(Database::Sqlite).await;
    let website = a_website().await;
    let elsewhere = a_website().await;
    let away = elsewhere.url("/help/totals");
    for (path, location) in [
        ("/a", away.as_str()),
        ("/b", "http://169.254.169.254/latest/meta-data"),
        ("/c", "file:///etc/passwd"),
        ("/d", "/d"),
        ("/e", ""),
    ] {
        website.answer(path, 302, &[("location", location.to_owned())], b"");
    }
    website.show("/f", &"<p>".repeat(1024 * 1024));
    let canonical = format!("<link rel=canonical href='{away}'><h1>Totals of our own</h1>");
    website.show("/g", &canonical);
    website.list("/sitemap.xml", &["/a", "/b", "/c", "/d", "/e", "/f", "/g"]);
    let said = |path: &str, words: &str| format!("{}: {words}", website.url(path));
    import(&service, &[&website.url("/sitemap.xml")])
        .await
        .faulty(&[
            "1 article is offered",
            &said("/a", "it leads to another website"),
            &said("/b", "it leads to another website"),
            &said("/c", "it leads to another website"),
            &said("/d", "it leads from one address to the next"),
            &said("/e", "it leads to another website"),
            &said("/f", "it is longer than 2 MB"),
            "6 of 7 pages",
        ]);
    assert_eq!(elsewhere.visits("/help/totals"), 0);
    assert_eq!(
        offered(&service.client(), "totals", "en").await,
        [website.url("/g")]
    );
}

#[tokio::test]
async fn a_website_that_asks_for_patience_gets_it_once() {
    let service = Service::start(Database::Sqlite).await;
    let website = a_website().await;
    let soon = [("retry-after", "1".to_owned())];
    website.answer_once("/help/totals", 429, &soon);
    website.answer("/help/login", 429, &soon, b"");
    let fault = format!("{}: it answers 429", website.url("/help/login"));
    import(&service, &[&website.url("/sitemap.xml")])
        .await
        .faulty(&["1 article is offered", &fault]);
    assert_eq!(
        (
            website.visits("/help/totals"),
            website.visits("/help/login")
        ),
        (2, 2)
    );
}

#[tokio::test]
async fn a_sitemap_may_be_a_file() {
    let service = Service::start(Database::Sqlite).await;
    let website = a_website().await;
    let folder = scratch::folder("sitemap");
    let text = website.sitemap("urlset", "url", &["/help/totals"]);
    for (name, bytes) in [
        ("sitemap.xml", text.clone().into_bytes()),
        ("sitemap.xml.gz", packed(&text)),
    ] {
        let file = folder.join(name);
        fs::write(&file, bytes).expect("a file");
        let file = file.display().to_string();
        import(&service, &[&file])
            .await
            .whole(&["1 article is offered"]);
    }
    assert_eq!(
        offered(&service.client(), "totals", "en").await,
        [website.url("/help/totals")]
    );
    let missing = folder.join("none.xml").display().to_string();
    import(&service, &[&missing])
        .await
        .faulty(&["cannot be read"]);
}
