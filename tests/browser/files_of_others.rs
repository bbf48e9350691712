//! Whatever somebody sends, no script of theirs runs when staff open it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::File,
    host_page::HostPage,
    webdriver::Session,
    widget,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::desk::assert_shows;

/// A port that nobody has a reason to connect to, but a script of a file.
struct Beacon {
    url: String,
    calls: Arc<AtomicUsize>,
}

impl Beacon {
    async fn bind() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!(
            "http://{}/beacon",
            listener.local_addr().expect("an address")
        );
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { url, calls }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// A script that calls, and says so in the title.
    fn script(&self) -> String {
        let url = &self.url;
        format!("new Image().src='{url}';fetch('{url}');document.title='owned';alert(1)")
    }

    /// Active files of many kinds, each with the script.
    fn files(&self) -> Vec<File> {
        let script = self.script();
        let html = format!(
            "<!doctype html><img src='{}'><script>{script}</script>",
            self.url
        );
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"{script}\"><script>{script}</script></svg>"
        );
        let xhtml = format!(
            "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><script>{script}</script></html>"
        );
        let mhtml = format!(
            "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n{html}\r\n--b--\r\n"
        );
        let pdf = format!(
            "%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/URI/URI({})>>>>endobj\n{html}",
            self.url
        );
        let gif_and_script = format!("GIF89a=1;{script};//");
        let jpeg_and_html = [&b"\xff\xd8\xff\xfe\x10\0"[..], html.as_bytes(), b"\xff\xd9"].concat();
        let of = |name, media_type, text: &str| File::of(name, media_type, text.as_bytes());
        vec![
            of("a.html", "text/html", &html),
            of("a.png", "text/html", &html),
            of("a.svg", "image/svg+xml", &svg),
            of("a.xhtml", "application/xhtml+xml", &xhtml),
            of("a.xml", "text/xml", &xhtml),
            of("a.mht", "multipart/related", &mhtml),
            of("a.pdf", "application/pdf", &pdf),
            of("a.gif", "text/javascript", &gif_and_script),
            of("a.js", "text/javascript", &script),
            File::of("a.jpg", "text/html", &jpeg_and_html),
        ]
    }
}

/// Opens `url` in this window, and from the page in every element that loads something.
async fn open_in_every_way(session: &Session, page: &str, url: &str) -> Result<()> {
    session.goto(url).await?;
    session.goto(page).await?;
    let script = "
        const done = arguments[0];
        for (const [tag, name] of [['iframe', 'src'], ['object', 'data'], ['embed', 'src'], ['img', 'src'], ['script', 'src'], ['link', 'href']]) {
            const element = document.createElement(tag);
            if (tag === 'link') element.rel = 'stylesheet';
            element[name] = done;
            document.body.append(element);
        }
        window.open(done);
    ";
    session.run(script, &[json!(url)]).await?;
    Ok(())
}

#[tokio::test]
async fn no_script_of_a_file_runs_when_staff_open_it() {
    let service = Service::start(Database::Sqlite).await;
    let beacon = Beacon::bind().await;
    let files = beacon.files();
    let reference = service.client().submit_with(&files).await;
    let ticket = service.ticket_with_examined_files(&reference).await;
    let page = service.url(&format!("/desk/tickets/{reference}"));
    journey("files-of-others", Visitor::DESKTOP, async |session| {
        assert_shows(session, &service, &reference, &[]).await?;
        let page_files = ticket["attachments"].as_array().expect("a list");
        for file in page_files {
            let id = file["id"].as_str().expect("an id");
            open_in_every_way(session, &page, &format!("{page}/attachments/{id}")).await?;
            open_in_every_way(session, &page, &format!("{page}/attachments/{id}/preview")).await?;
        }
        // The last of them have had as long to call as all others together need to be shown.
        session.goto(&page).await?;
        widget::wait_for_text(session, "the ticket", |text| {
            text.contains("Timeline").then_some(())
        })
        .await;
        assert_ne!(
            session.run("return document.title", &[]).await?,
            Value::from("owned")
        );
        assert_eq!(beacon.calls(), 0, "a file has called");
        save_screenshot(session, "desk-files").await?;
        Ok(())
    })
    .await;
}

/// The same file, on a page that lets it run: the beacon sees what it is there to see.
#[tokio::test]
async fn the_beacon_hears_a_script_that_runs() {
    let beacon = Beacon::bind().await;
    let host = HostPage::bind().await;
    let html = format!(
        "<script>{}</script>",
        beacon.script().replace("alert(1)", "0")
    );
    let url = host.show("/", &html, "");
    journey(
        "files-of-others-control",
        Visitor::DESKTOP,
        async |session| {
            session.goto(&url).await?;
            assert_eq!(session.run("return document.title", &[]).await?, "owned");
            assert!(beacon.calls() > 0);
            Ok(())
        },
    )
    .await;
}
