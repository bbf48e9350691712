//! What a picture tells about where and with what it was made is gone before staff get it, on every way in. Read with `ExifTool`.

use std::{fs, path::Path, process::Command};

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission, form, sha256},
    object_store::Place,
    on_both_databases, scratch,
    service::{Setup, Staff},
};
use serde_json::Value;

const PICTURES: [(&str, &str, &[u8]); 6] = [
    ("dot.jpg", "image/jpeg", include_bytes!("files/dot.jpg")),
    ("dot.png", "image/png", include_bytes!("files/dot.png")),
    ("dot.webp", "image/webp", include_bytes!("files/dot.webp")),
    ("dot.gif", "image/gif", include_bytes!("files/dot.gif")),
    // With transparency and a thumbnail; and a turned grid of two cells.
    ("dot.heic", "image/heic", include_bytes!("files/dot.heic")),
    ("dot.avif", "image/avif", include_bytes!("files/dot.avif")),
];

/// What a telephone writes, in each of the places where it may stand.
const TELLING: [&str; 11] = [
    "-EXIF:GPSLatitude=50.0875",
    "-EXIF:GPSLatitudeRef=N",
    "-EXIF:GPSLongitude=14.4213",
    "-EXIF:GPSLongitudeRef=E",
    "-EXIF:SerialNumber=0815",
    "-EXIF:Orientation#=6",
    "-XMP-exif:GPSLatitude=50.0875",
    "-XMP-aux:SerialNumber=0815",
    "-IPTC:City=Prague",
    "-Comment=made in Prague",
    "-PNG:Author=made by Ada",
];

fn exiftool(arguments: &[&str], file: &Path) -> String {
    let output = Command::new("exiftool")
        .args(arguments)
        .arg(file)
        .output()
        .expect("exiftool is not installed (Debian: apt-get install libimage-exiftool-perl); this test is not skipped");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What a file tells that its pixels do not: the names and values of everything that `ExifTool` finds in the file itself.
fn told(name: &str, bytes: &[u8]) -> Value {
    let path = scratch::folder("picture").join(name);
    fs::write(&path, bytes).expect("a file");
    let text = exiftool(&["-j", "-n", "-a", "-G1", "-ee"], &path);
    serde_json::from_str::<Value>(&text).expect("JSON")[0].take()
}

/// A picture with XMP and a place in boxes of their own, where films and some cameras put them.
fn heic_with_boxes() -> File {
    let a_box = |kind: &[u8; 4], body: &[u8]| {
        let size = u32::try_from(body.len() + 8).expect("a short box");
        [&size.to_be_bytes()[..], kind, body].concat()
    };
    let xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
        <rdf:Description xmlns:exif='http://ns.adobe.com/exif/1.0/' exif:GPSLatitude='50,5.25N'/></rdf:RDF></x:xmpmeta>";
    let id = b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
    let place = a_box(b"\xa9xyz", b"\0\x12\x15\xc7+50.0875+014.4213/");
    let picture = include_bytes!("files/dot.heic");
    let boxes = [
        a_box(b"uuid", &[&id[..], xmp].concat()),
        a_box(b"udta", &place),
    ];
    File::of(
        "boxes.heic",
        "image/heic",
        &[&picture[..], &boxes.concat()].concat(),
    )
}

/// What decoders that are not ours show of a picture whose format our own does not know.
fn shown(file: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let decoder = match file.rsplit('.').next() {
        Some("heic") => "heif-convert",
        Some("avif") => "avifdec",
        _ => return None,
    };
    let folder = scratch::folder("decoded");
    let (from, to) = (folder.join(file), folder.join("shown.y4m"));
    fs::write(&from, bytes).expect("a file");
    let output = Command::new(decoder).arg(&from).arg(&to).output();
    let output = output.unwrap_or_else(|error| {
        panic!("{decoder} is not there ({error}); tools/setup.sh test installs it, and this test is not skipped")
    });
    assert!(output.status.success(), "{file}: {output:?}");
    Some(fs::read(&to).expect("what was decoded"))
}

/// Pictures of every kind, each telling as much as it can.
pub fn telling_pictures() -> Vec<File> {
    let folder = scratch::folder("pictures");
    let tell = |(name, media_type, bytes): &(&str, &str, &[u8])| {
        let path = folder.join(name);
        fs::write(&path, bytes).expect("a file");
        let arguments = [&["-q", "-q", "-m", "-overwrite_original"], &TELLING[..]].concat();
        exiftool(&arguments, &path);
        let mut bytes = fs::read(&path).expect("the file");
        if *name == "dot.jpg" {
            // The film of a moving picture, behind its end.
            bytes.extend_from_slice(b"\0\0\0\x18ftypmp42+50.0875+014.4213/");
        }
        File::of(name, media_type, &bytes)
    };
    let mut files: Vec<_> = PICTURES.iter().map(tell).collect();
    files.push(heic_with_boxes());
    files
}

fn tells(told: &Value) -> bool {
    let text = told.to_string();
    [
        "GPS", "Serial", "50.08", "Prague", "XMP", "IPTC", "Ada", "0815",
    ]
    .iter()
    .any(|word| text.contains(word))
}

async fn assert_nothing_is_told(
    service: &Service,
    place: &Place,
    staff: &Staff,
    reference: &str,
    sent: &[File],
) {
    let ticket = service.ticket_with_examined_files(reference).await;
    for (number, file) in sent.iter().enumerate() {
        let kept = &ticket["attachments"][number];
        let id = kept["id"].as_str().expect("an id");
        let address = format!("/desk/tickets/{reference}/attachments/{id}");
        let bytes = staff.download(&address).await;
        let told = told(&file.name, &bytes);
        assert!(!tells(&told), "{told:#}");
        if !["dot.gif", "boxes.heic"].contains(&file.name.as_str()) {
            assert_eq!(told["IFD0:Orientation"], 6, "{told:#}");
        }
        assert_eq!(told["ExifTool:Warning"], Value::Null, "{told:#}");
        assert!(
            shown(&file.name, &bytes) == shown(&file.name, &file.bytes),
            "{} looks as before",
            file.name
        );
        assert_eq!(kept["metadata"], "removed");
        assert_eq!(kept["sha256"], sha256(&bytes));
        assert_eq!(kept["sent_sha256"], file.sha256());
        place.lacks(service, &file.sha256()).await;
    }
}

/// Sends telling pictures on every way in, and looks at what staff get and what lies in `place`.
pub async fn assert_no_way_in_keeps_what_a_picture_tells(service: &Service, place: &Place) {
    let sent = telling_pictures();
    for file in &sent {
        let told = told(&file.name, &file.bytes);
        assert!(tells(&told), "{} tells nothing before", file.name);
    }
    let staff = service.sign_in_staff().await;
    let client = service.client();
    let by_upload = client.submit_with(&sent).await;
    assert_nothing_is_told(service, place, &staff, &by_upload, &sent).await;
    let by_form = client.submit_form(&a_submission(), &sent).await.reference();
    assert_nothing_is_told(service, place, &staff, &by_form, &sent).await;
    let form = form(&a_submission(), &sent);
    let request = client.request("POST", "/help/acme").multipart(form);
    let page = Answer::of(request.send().await.expect("an answer")).await;
    assert_eq!(page.status, 201, "{}", page.text);
    let tickets = service.tickets();
    let newest = tickets[0]["reference"].as_str().expect("a reference");
    assert_nothing_is_told(service, place, &staff, newest, &sent).await;
}

on_both_databases! {
    async fn no_way_in_keeps_what_a_picture_tells(database: Database) {
        let service = Service::start(database).await;
        assert_no_way_in_keeps_what_a_picture_tells(&service, &Place::Folder).await;
    }

    async fn a_repeated_form_with_a_cleaned_picture_is_the_same_submission(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let sent = telling_pictures();
        let send = async || {
            let request = client
                .request("POST", &client.path("tickets"))
                .header("Idempotency-Key", "the-same")
                .multipart(form(&a_submission(), &sent));
            Answer::of(request.send().await.expect("an answer")).await
        };
        let reference = send().await.reference();
        service.ticket_with_examined_files(&reference).await;
        let again = send().await;
        assert_eq!(again.reference(), reference);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }
}

#[tokio::test]
async fn an_operator_can_keep_the_metadata_and_staff_are_told() {
    let setup = Setup::new(Database::Sqlite).section("[attachments]\nremove_metadata = false");
    let service = Service::start_with(setup).await;
    let sent = telling_pictures();
    let reference = service.client().submit_with(&sent).await;
    let ticket = service.ticket_with_examined_files(&reference).await;
    for (number, file) in sent.iter().enumerate() {
        let kept = &ticket["attachments"][number];
        assert_eq!(
            (&kept["metadata"], &kept["sha256"]),
            (&"kept".into(), &file.sha256().into())
        );
    }
    let page = service
        .sign_in_staff()
        .await
        .get(&format!("/desk/tickets/{reference}"))
        .await;
    assert!(
        page.text
            .contains("May tell where and with what it was made")
    );
}
