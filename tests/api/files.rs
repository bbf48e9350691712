//! What staff get of the files of others: as what they are, and never as part of our pages.

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission},
    on_both_databases,
};
use serde_json::Value;

/// What every answer below the address of a file must carry.
const APART: [(&str, &str); 3] = [
    ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "content-security-policy",
        "sandbox; default-src 'none'; frame-ancestors 'none'",
    ),
];

const PNG: &[u8] = include_bytes!("files/dot.png");

/// As named, as sent, with its content; as what it is served, and what staff are told.
fn corpus() -> Vec<(File, &'static str, &'static str)> {
    let opaque = "application/octet-stream";
    let with_script = "<script>alert(document.domain)</script>";
    let svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{with_script}</svg>");
    let mhtml = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n{with_script}\r\n--b--\r\n"
    );
    let pdf = b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>";
    let gifar = [
        &b"GIF89a\x01\0\x01\0\0\0\0;"[..],
        b"PK\x03\x04\x14\0META-INF/",
    ]
    .concat();
    let jpeg_and_script = b"\xff\xd8\xff\xe0/*\x10JFIF*/=alert(1);/*\xff\xd9";
    let html_and_pdf = format!("<html>{with_script}\n%PDF-1.4");
    let pdf_and_html = format!("%PDF-1.4\n{with_script}");
    vec![
        (
            File::of("a.svg", "image/svg+xml", svg.as_bytes()),
            opaque,
            "",
        ),
        (
            File::of("a.png", "image/png", svg.as_bytes()),
            opaque,
            "Named .png, is a web page or a drawing with code",
        ),
        (
            File::of("a.html", "text/html", with_script.as_bytes()),
            opaque,
            "",
        ),
        (
            File::of("a.jpg", "image/jpeg", with_script.as_bytes()),
            opaque,
            "Named .jpg, is a web page or a drawing with code",
        ),
        (
            File::of(
                "a.xhtml",
                "application/xhtml+xml",
                b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>",
            ),
            opaque,
            "",
        ),
        (
            File::of("a.mht", "multipart/related", mhtml.as_bytes()),
            opaque,
            "",
        ),
        (File::of("a.pdf", "text/html", pdf), "application/pdf", ""),
        (
            File::of("a.gif", "application/java-archive", &gifar),
            "image/gif",
            "",
        ),
        (
            File::of("a.js", "text/javascript", jpeg_and_script),
            "image/jpeg",
            "Opening a .js file runs what is in it",
        ),
        (
            File::of("b.html", "text/html", html_and_pdf.as_bytes()),
            opaque,
            "",
        ),
        (
            File::of("b.pdf", "application/pdf", pdf_and_html.as_bytes()),
            "application/pdf",
            "",
        ),
        (
            File::of(
                "c.jpg",
                "image/jpeg",
                b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff",
            ),
            opaque,
            "Named .jpg, is a program",
        ),
        (
            File::of(
                "photo\u{202e}gpj.exe",
                "image/jpeg",
                b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff",
            ),
            opaque,
            "Opening a .exe file runs what is in it",
        ),
        (File::of("a.txt", "text/html", b"only words"), opaque, ""),
        (File::of("dot.png", "text/html", PNG), "image/png", ""),
        (
            File::of("e.bin", "text/html; charset=utf-7", &[0; 64]),
            opaque,
            "",
        ),
    ]
}

/// The addresses of a ticket's files.
fn addresses(reference: &str, ticket: &Value) -> Vec<String> {
    let files = ticket["attachments"].as_array().expect("a list");
    files
        .iter()
        .map(|file| {
            let id = file["id"].as_str().expect("an id");
            format!("/desk/tickets/{reference}/attachments/{id}")
        })
        .collect()
}

on_both_databases! {
    async fn a_file_is_served_as_what_it_is_and_for_saving_only(database: Database) {
        let service = Service::start(database).await;
        let staff = service.sign_in_staff().await;
        for part in corpus().chunks(10) {
            let files: Vec<File> = part.iter().map(|(file, _, _)| file.clone()).collect();
            let reference = service.client().submit_with(&files).await;
            let ticket = service.ticket_with_examined_files(&reference).await;
            for (number, address) in addresses(&reference, &ticket).iter().enumerate() {
                let (file, content_type, warning) = &part[number];
                let answer = staff.get(address).await;
                assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some(*content_type)), "{file:?}");
                assert!(answer.header("content-disposition").is_some_and(|found| found.starts_with("attachment; filename=\"")));
                for (name, value) in APART {
                    assert_eq!(answer.header(name), Some(value), "{}", file.name);
                }
                let told = &ticket["attachments"][number];
                assert_eq!(told["warning"].as_str().unwrap_or_default(), *warning, "{told}");
                assert_eq!(told["content_type"], *content_type, "{told}");
            }
        }
    }
}

#[tokio::test]
async fn every_answer_about_a_file_is_apart_from_our_pages() {
    let service = Service::start(Database::Sqlite).await;
    let staff = service.sign_in_staff().await;
    let reference = service
        .client()
        .submit_with(&[File::of("dot.png", "image/png", PNG)])
        .await;
    let ticket = service.ticket_with_examined_files(&reference).await;
    let file = &addresses(&reference, &ticket)[0];
    let nobody = format!(
        "/desk/tickets/{reference}/attachments/{}",
        uuid::Uuid::nil()
    );
    let preview = format!("{file}/preview");
    let range = [("Range", "bytes=0-3")];
    let page = [("Accept", "text/html")];
    for (method, path, header, status) in [
        ("GET", file.as_str(), &[][..], 200),
        ("HEAD", file, &[], 200),
        ("GET", file, &range, 200),
        ("GET", file, &page, 200),
        ("GET", &preview, &[], 200),
        ("HEAD", &preview, &[], 200),
        ("GET", &nobody, &[], 404),
        ("GET", &nobody, &page, 404),
        (
            "GET",
            "/desk/tickets/CD-0000-0000/attachments/x",
            &page,
            404,
        ),
        ("GET", &format!("{nobody}/preview"), &[], 404),
        ("PUT", file, &[], 405),
        ("POST", file, &page, 405),
        ("OPTIONS", file, &[], 405),
        ("GET", &format!("{file}/other"), &page, 404),
    ] {
        let mut request = staff.request(method, path);
        for (name, value) in header {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        for (name, value) in APART {
            let found = answer.headers().get_all(name).iter().collect::<Vec<_>>();
            assert_eq!(found, [value], "{method} {path} {name}");
        }
        let disposition = answer.headers()["content-disposition"]
            .to_str()
            .expect("ASCII");
        assert!(disposition.starts_with("attachment"), "{method} {path}");
    }
    let stranger = service.client().get(file).await;
    assert_eq!(stranger.status().as_u16(), 303);
    for (name, value) in APART {
        assert_eq!(stranger.headers()[name], value);
    }
}

#[tokio::test]
async fn a_picture_has_a_preview_drawn_anew() {
    let service = Service::start(Database::Sqlite).await;
    let staff = service.sign_in_staff().await;
    let picture = [PNG, b"<script>alert(1)</script>"].concat();
    let answer = service
        .client()
        .submit_form(
            &a_submission(),
            &[File::of("dot.png", "image/png", &picture)],
        )
        .await;
    let reference = answer.reference();
    let ticket = service.ticket_with_examined_files(&reference).await;
    let address = &addresses(&reference, &ticket)[0];
    assert_eq!(
        staff.download(address).await,
        PNG,
        "what hung behind the end is gone"
    );
    let page = staff.get(&format!("/desk/tickets/{reference}")).await.text;
    assert!(page.contains("alt=\"Preview of dot.png\""), "{page}");
    let preview = staff.download(&format!("{address}/preview")).await;
    assert!(preview.starts_with(b"\x89PNG") || preview.starts_with(b"\xff\xd8"));
}
