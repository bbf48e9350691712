//! Bodies that are made to be too much: many at once are refused, and none is kept in memory.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{File, RawConnection, a_submission, new_key},
    service::Setup,
};
use futures_util::future::join_all;

const SMALL: &str = "[limits]\nattachment_bytes = 4000000\nrequest_bytes = 5000000";
/// What a form may have before it is not read on: twice the limit and a mebibyte.
const READ_AT_MOST: usize = 2 * 5_000_000 + MIB;
const MIB: usize = 1024 * 1024;
/// How long after crossing the limit there is an answer, at most (S16).
const CROSSED_MOST: Duration = Duration::from_secs(1);
/// How many send the same at once.
const AT_ONCE: usize = 8;
/// What the service may need besides what it buffers for requests.
const MARGIN: usize = 8 * MIB;
const CHUNK: usize = 64 * 1024;

async fn service() -> Service {
    let service = Service::start_with(Setup::new(Database::Sqlite).section(SMALL)).await;
    // What every process needs for its first ticket is not counted.
    service.client().submit(&a_submission()).await.reference();
    service
}

fn head(service: &Service, content_type: &str, framing: &str) -> String {
    format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nIdempotency-Key: {}\r\nContent-Type: {content_type}\r\n{framing}\r\n\r\n",
        service.client().path("tickets"),
        service.address(),
        new_key()
    )
}

const FORM: &str = "multipart/form-data; boundary=b";
const CHUNKED: &str = "Transfer-Encoding: chunked";
const TEXT_PART: &str = "--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n";

/// Bytes as a chunk of a chunked body.
fn as_chunk(bytes: &[u8]) -> Vec<u8> {
    let size = format!("{:x}\r\n", bytes.len());
    [size.as_bytes(), bytes, b"\r\n"].concat()
}

/// What is sent: first once, then a piece over and over.
struct Flood {
    first: Vec<u8>,
    piece: Vec<u8>,
    pieces: usize,
    /// The piece with which it is over the limit.
    crossing: usize,
}

impl Flood {
    /// Pours it into the service by many at once; each must be told `status`, and together they must not be kept.
    async fn is_refused(&self, name: &str, service: &Service, status: u16) {
        let firsts = vec![self.first.clone(); AT_ONCE];
        self.each_is_refused(firsts, name, service, status).await;
    }

    /// The same, when each begins in its own way.
    async fn each_is_refused(
        &self,
        firsts: Vec<Vec<u8>>,
        name: &str,
        service: &Service,
        status: u16,
    ) {
        let before = service.peak_memory_bytes();
        let told = join_all(firsts.into_iter().map(|first| async {
            let mut connection = RawConnection::open(service.address()).await;
            connection.send(first).await;
            connection
                .pour(&self.piece, self.pieces, self.crossing)
                .await
        }))
        .await;
        let grown = usize::try_from(service.peak_memory_bytes() - before).expect("bytes");
        let slowest = told.iter().map(|(_, took)| *took).max().unwrap_or_default();
        println!(
            "{name}: {:?} from crossing the limit to the end, {} KiB more at the peak for {AT_ONCE} requests",
            slowest,
            grown / 1024
        );
        assert!(slowest <= CROSSED_MOST, "{slowest:?}");
        for (said, _) in &told {
            assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{said:?}");
        }
        assert!(grown < AT_ONCE * MIB + MARGIN, "{grown} bytes");
        assert_eq!(service.tickets().len(), 1, "none of it became a ticket");
    }
}

#[tokio::test]
async fn a_hundred_thousand_tiny_parts_are_refused() {
    let service = service().await;
    let part = b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n";
    let pieces = 1_000;
    let piece = part.repeat(100);
    let length = piece.len() * pieces;
    let flood = Flood {
        first: head(&service, FORM, &format!("Content-Length: {length}")).into_bytes(),
        piece,
        pieces,
        crossing: 1,
    };
    flood.is_refused("10^5 parts", &service, 400).await;
}

#[tokio::test]
async fn a_text_of_a_gibibyte_is_refused_when_it_is_announced() {
    let service = service().await;
    let framing = format!("Content-Length: {}", 1024 * MIB);
    let flood = Flood {
        first: (head(&service, FORM, &framing) + TEXT_PART).into_bytes(),
        piece: vec![b'a'; CHUNK],
        pieces: 1024 * MIB / CHUNK,
        crossing: 0,
    };
    flood.is_refused("1 GiB announced", &service, 413).await;
}

#[tokio::test]
async fn a_text_of_a_gibibyte_without_a_length_is_refused_on_its_way() {
    let service = service().await;
    let start = as_chunk(TEXT_PART.as_bytes());
    let flood = Flood {
        first: [head(&service, FORM, CHUNKED).into_bytes(), start].concat(),
        piece: as_chunk(&vec![b'a'; CHUNK]),
        pieces: 1024 * MIB / CHUNK,
        crossing: READ_AT_MOST / CHUNK,
    };
    flood.is_refused("1 GiB in chunks", &service, 413).await;
}

#[tokio::test]
async fn json_of_a_gibibyte_without_a_length_is_refused_on_its_way() {
    let service = service().await;
    let start = as_chunk(b"{\"description\":\"");
    let flood = Flood {
        first: [
            head(&service, "application/json", CHUNKED).into_bytes(),
            start,
        ]
        .concat(),
        piece: as_chunk(&vec![b'a'; CHUNK]),
        pieces: 1024 * MIB / CHUNK,
        crossing: 0,
    };
    flood.is_refused("1 GiB of JSON", &service, 413).await;
}

#[tokio::test]
async fn a_length_that_lies_is_no_way_in() {
    let service = service().await;
    let body = format!("{TEXT_PART}hello\r\n--b--\r\n");
    // Shorter than what comes: the form breaks off, and the rest is not taken for a part of it.
    for (framing, status) in [
        ("Content-Length: 20", 400),
        ("Content-Length: 99999999999999", 413),
        ("Content-Length: -1", 400),
        ("Content-Length: 20\r\nContent-Length: 40", 400),
    ] {
        let flood = Flood {
            first: head(&service, FORM, framing).into_bytes(),
            piece: body.clone().into_bytes(),
            pieces: 10_000,
            crossing: 0,
        };
        flood.is_refused(framing, &service, status).await;
    }
}

/// What an upload is announced to have.
const ANNOUNCED: usize = 1_000_000;

/// The head of a request about an upload that has nothing yet.
fn head_of_upload(service: &Service, method: &str, path: &str, framing: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nTus-Resumable: 1.0.0\r\nUpload-Length: {ANNOUNCED}\r\nUpload-Offset: 0\r\n\
         Content-Type: application/offset+octet-stream\r\n{framing}\r\n\r\n",
        service.address()
    )
}

#[tokio::test]
async fn more_than_an_upload_was_announced_to_have_is_refused_on_its_way() {
    let service = service().await;
    let client = service.client();
    let announced = 1024 * MIB;
    let lengths = [CHUNKED.to_owned(), format!("Content-Length: {announced}")];
    for (framing, method) in lengths
        .iter()
        .flat_map(|framing| [(framing, "POST"), (framing, "PATCH")])
    {
        let mut firsts = Vec::new();
        for _ in 0..AT_ONCE {
            let path = match method {
                "POST" => client.path("uploads"),
                _ => {
                    client
                        .create_upload(&File::binary("a.bin", ANNOUNCED, 1))
                        .await
                }
            };
            firsts.push(head_of_upload(&service, method, &path, framing).into_bytes());
        }
        let piece = vec![b'a'; CHUNK];
        let flood = Flood {
            first: Vec::new(),
            piece: if framing == CHUNKED {
                as_chunk(&piece)
            } else {
                piece
            },
            pieces: announced / CHUNK,
            crossing: ANNOUNCED / CHUNK,
        };
        let name = format!("tus {method}, {framing}");
        flood.each_is_refused(firsts, &name, &service, 413).await;
    }
    service.assert_storage_is_counted();
}
