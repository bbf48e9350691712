use super::*;

const ELF: &[u8] = &{
    let mut head = [0; 64];
    (head[0], head[1], head[2], head[3]) = (0x7f, b'E', b'L', b'F');
    head
};

fn kind(head: &[u8]) -> (&'static str, Kind) {
    let found = by_content(head);
    (found.content_type, found.kind)
}

#[test]
fn a_type_is_what_the_content_says() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    for (head, content_type, is) in [
        (&b""[..], OPAQUE, Kind::Unknown),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg", Kind::Image),
        (png, "image/png", Kind::Image),
        (b"GIF89a\x01\0\x01\0\x80\0\0", "image/gif", Kind::Image),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp", Kind::Image),
        (
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
            "image/heif",
            Kind::Image,
        ),
        (
            b"\0\0\0\x18ftypmif1\0\0\0\0mif1heix",
            "image/heif",
            Kind::Image,
        ),
        (
            b"\0\0\0\x18ftyphevc\0\0\0\0msf1hevc",
            "image/heif",
            Kind::Image,
        ),
        (
            b"\0\0\0\x18ftypMiHE\0\0\0\0mif1miaf",
            "image/heif",
            Kind::Image,
        ),
        (
            b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif",
            "image/avif",
            Kind::Image,
        ),
        (
            b"\0\0\0\x18ftypisom\0\0\0\0isommp41",
            "video/mp4",
            Kind::Video,
        ),
        (
            b"%PDF-1.7\n1 0 obj <</S/JavaScript/JS(app.alert(1))>>",
            "application/pdf",
            Kind::Document,
        ),
        (
            b"PK\x03\x04\x14\0\0\0\x08\0",
            "application/zip",
            Kind::Archive,
        ),
        (b"\x1f\x8b\x08\0\0\0\0\0", "application/gzip", Kind::Archive),
        (b"MZ\x90\0\x03\0\0\0", OPAQUE, Kind::Program),
        (ELF, OPAQUE, Kind::Program),
        (b"#!/bin/sh\nrm -rf /\n", OPAQUE, Kind::Program),
        (
            b"plain words, and BM at the start of none",
            OPAQUE,
            Kind::Text,
        ),
        (
            b"BMW and MZ are no pictures and no programs",
            OPAQUE,
            Kind::Text,
        ),
        ("Příliš žluťoučký".as_bytes(), OPAQUE, Kind::Text),
        (b"\xff\xfea\0b\0", OPAQUE, Kind::Text),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
            OPAQUE,
            Kind::Markup,
        ),
        (
            b"\xef\xbb\xbf  <!-- x --><HTML><body onload=alert(1)>",
            OPAQUE,
            Kind::Markup,
        ),
        (b"<?xml version='1.0'?><x/>", OPAQUE, Kind::Markup),
        (
            b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n",
            OPAQUE,
            Kind::Markup,
        ),
        (b"<html>%PDF-1.4", OPAQUE, Kind::Markup),
        (b"\0\x01\x02\x03\x04\x05\x06\x07", OPAQUE, Kind::Unknown),
    ] {
        assert_eq!(kind(head), (content_type, is), "{}", head.escape_ascii());
    }
}

#[test]
fn a_text_that_is_cut_inside_a_character_is_a_text() {
    let text = "ř".repeat(HEAD_BYTES);
    assert_eq!(
        kind(&text.as_bytes()[..HEAD_BYTES - 1]),
        (OPAQUE, Kind::Text)
    );
}

#[test]
fn a_name_that_claims_something_else_is_told() {
    for (name, content_type, is, expected) in [
        (
            "a.jpg",
            OPAQUE,
            Kind::Program,
            Some("Named .jpg, is a program"),
        ),
        (
            "a.jpg",
            "image/png",
            Kind::Image,
            Some("Named .jpg, is an image of another type"),
        ),
        (
            "a.pdf",
            OPAQUE,
            Kind::Markup,
            Some("Named .pdf, is a web page or a drawing with code"),
        ),
        (
            "a.PNG",
            OPAQUE,
            Kind::Unknown,
            Some("Named .png, is something else"),
        ),
        (
            "a.exe",
            OPAQUE,
            Kind::Program,
            Some("Opening a .exe file runs what is in it"),
        ),
        (
            "a.jpg.js",
            OPAQUE,
            Kind::Text,
            Some("Opening a .js file runs what is in it"),
        ),
        ("a.jpg", "image/jpeg", Kind::Image, None),
        ("a.docx", "application/zip", Kind::Archive, None),
        ("a.svg", OPAQUE, Kind::Markup, None),
        ("a.xyz", OPAQUE, Kind::Program, None),
        ("a", OPAQUE, Kind::Text, None),
    ] {
        assert_eq!(
            warning(name, content_type, is).as_deref(),
            expected,
            "{name}"
        );
    }
}

#[test]
fn only_types_of_the_list_are_named() {
    assert_eq!(listed("image/svg+xml").content_type, OPAQUE);
    assert_eq!(listed("text/html").content_type, OPAQUE);
    assert_eq!(listed("image/png").content_type, "image/png");
}
