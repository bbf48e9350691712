use super::*;

fn letter(lines: &[&str]) -> Letter {
    read(lines.join("\r\n").as_bytes(), None).unwrap()
}

const HEAD: [&str; 4] = [
    "From: \"Ada Ö\" <Ada@customer.example>",
    "To: Acme <reply+abc@acme.example>, other@acme.example",
    "Message-ID: <a.b-1@mail.example>",
    "Subject: Re: x",
];

fn with(rest: &[&str]) -> Letter {
    letter(&[&HEAD[..], rest].concat())
}

#[test]
fn a_plain_mail_is_read() {
    let letter = with(&["Delivered-To: reply+def@acme.example", "", "Hello", ""]);
    let from = letter.from.clone().unwrap();
    assert_eq!(
        (from.address.as_str(), from.name.as_deref()),
        ("Ada@customer.example", Some("Ada Ö"))
    );
    assert_eq!(letter.message_id.as_deref(), Some("a.b-1@mail.example"));
    assert_eq!(letter.text.trim(), "Hello");
    assert_eq!(
        letter.recipients().collect::<Vec<_>>(),
        [
            "reply+def@acme.example",
            "reply+abc@acme.example",
            "other@acme.example"
        ]
    );
    assert!(letter.files.is_empty() && letter.report.is_none() && letter.hops == 0);
    assert_eq!(letter.writer, Writer::Person);
}

#[test]
fn every_charset_of_a_shipped_language_is_read() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    for (charset, text) in [
        ("iso-8859-1", "Größe"),
        ("iso-8859-2", "Příliš žluťoučký"),
        ("windows-1250", "Příliš žluťoučký"),
        ("windows-1252", "„Größe“ – 5 €"),
        ("windows-1256", "مرحبا"),
        ("iso-2022-jp", "こんにちは"),
        ("shift_jis", "こんにちは"),
        ("euc-jp", "こんにちは"),
        ("utf-8", "漢字 😀"),
    ] {
        let encoding = encoding_rs::Encoding::for_label(charset.as_bytes()).unwrap();
        let (bytes, ..) = encoding.encode(text);
        let body = STANDARD.encode(&bytes);
        let letter = with(&[
            &format!("Content-Type: text/plain; charset={charset}"),
            "Content-Transfer-Encoding: base64",
            "",
            &body,
        ]);
        assert_eq!(letter.text.trim(), text, "{charset}");
    }
}

#[test]
fn a_page_alone_is_read_as_text_and_beside_a_text_the_text_is_read() {
    let page = [
        "Content-Type: text/html; charset=utf-8",
        "",
        "<p>Hello<script>alert(1)</script></p><p onload=x>you</p>",
    ];
    assert_eq!(with(&page).text.trim(), "Hello\n\nyou");
    let both = [
        "Content-Type: multipart/alternative; boundary=b",
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "the text",
        "--b",
        "Content-Type: text/html",
        "",
        "<p>the page</p>",
        "--b--",
        "",
    ];
    assert_eq!(with(&both).text.trim(), "the text");
    let empty: Vec<&str> = both
        .iter()
        .map(|line| if *line == "the text" { " " } else { line })
        .collect();
    assert_eq!(with(&empty).text.trim(), "the page");
}

#[test]
fn files_are_found_and_ornaments_are_not() {
    let letter = with(&[
        "Content-Type: multipart/mixed; boundary=b",
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "see the file",
        "--b",
        "Content-Type: application/pdf; name=\"=?utf-8?q?R=C3=A4chnung.pdf?=\"",
        "Content-Disposition: attachment",
        "Content-Transfer-Encoding: base64",
        "",
        "JVBERi0=",
        "--b",
        "Content-Type: image/png",
        "Content-ID: <logo>",
        "Content-Disposition: inline",
        "Content-Transfer-Encoding: base64",
        "",
        "iVBORw0K",
        "--b",
        "Content-Type: text/csv; charset=utf-8; name=a.csv",
        "Content-Disposition: attachment; filename=a.csv",
        "",
        "a,b",
        "--b",
        "Content-Type: message/rfc822",
        "",
        "From: x@y.example",
        "Subject: inner",
        "",
        "inner text",
        "--b--",
        "",
    ]);
    let names: Vec<&str> = letter.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["Rächnung.pdf", "a.csv", "mail.eml"]);
    assert_eq!(letter.files[0].bytes, b"%PDF-");
    assert_eq!(letter.files[0].content_type, "application/pdf");
    assert!(String::from_utf8_lossy(&letter.files[2].bytes).contains("inner text"));
    assert_eq!(letter.text.trim(), "see the file");
}

#[test]
fn several_senders_are_nobody() {
    for from in [
        "From: a@x.example, b@x.example",
        "From: a@x.example\r\nFrom: b@x.example",
        "From:",
        "X: y",
    ] {
        assert_eq!(
            letter(&[from, "To: x@y.example", "", "x"]).from,
            None,
            "{from}"
        );
    }
}

#[test]
fn a_message_id_that_could_carry_something_is_none() {
    for id in ["<a b@c>", "<>", "nothing", "<ä@b>"] {
        assert_eq!(
            letter(&["From: a@x.example", &format!("Message-ID: {id}"), "", "x"]).message_id,
            None,
            "{id}"
        );
    }
}

#[test]
fn the_same_mail_on_another_way_has_the_same_digest_and_another_text_another() {
    let plain = with(&["", "Hello"]);
    let elsewhere = with(&["Received: from a by b", "X-Spam: no", "", "Hello"]);
    assert_eq!(plain.digest, elsewhere.digest);
    assert_ne!(plain.digest, with(&["", "Hello!"]).digest);
    assert_eq!((plain.hops, elsewhere.hops), (0, 1));
}
