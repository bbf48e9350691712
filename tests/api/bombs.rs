//! Files that are small until somebody opens them: each is taken, and opening them costs no more than we allow.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use cornerdesk_tests::{
    Database, Service,
    client::{Client, File, a_submission},
    eventually,
};
use flate2::{Compression, Crc, write::ZlibEncoder};

/// What previews may take at the most, the processes that draw them included.
const GROWTH_MOST_BYTES: u64 = 300 * 1024 * 1024;

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    let length = u32::try_from(data.len()).expect("a short chunk");
    [
        &length.to_be_bytes()[..],
        kind,
        data,
        &crc.sum().to_be_bytes(),
    ]
    .concat()
}

/// A deflated run of zeros.
fn zeros(bytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let part = vec![0; 64 * 1024];
    for at in (0..bytes).step_by(part.len()) {
        encoder
            .write_all(&part[..part.len().min(bytes - at)])
            .expect("memory");
    }
    encoder.finish().expect("memory")
}

/// A PNG of one colour in so many bytes a pixel.
fn png(width: u32, height: u32, pixel: (u8, usize), extra: &[u8]) -> Vec<u8> {
    let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
    head.extend_from_slice(&[8, pixel.0, 0, 0, 0]);
    let row = width as usize * pixel.1 + 1;
    let pixels = zeros(row * height as usize);
    [
        b"\x89PNG\r\n\x1a\n",
        &chunk(b"IHDR", &head)[..],
        extra,
        &chunk(b"IDAT", &pixels),
        &chunk(b"IEND", b""),
    ]
    .concat()
}

/// So many frames of one pixel.
fn gif(frames: usize) -> Vec<u8> {
    let frame = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
    [
        &b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff"[..],
        &frame.repeat(frames),
        b";",
    ]
    .concat()
}

/// A zip file with one deflated file in it.
fn zip(unpacked_bytes: usize) -> Vec<u8> {
    let packed = zeros(unpacked_bytes);
    let raw = &packed[2..packed.len() - 4];
    let sizes = [raw.len(), unpacked_bytes].map(|size| u32::try_from(size).expect("a size"));
    let mut file = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
    file.extend_from_slice(b"\x05\0\0\0a.zip");
    file.extend_from_slice(raw);
    file
}

/// Each with whether it has a preview.
fn bombs() -> Vec<(File, bool)> {
    let text = [b"Comment\0\0", &zeros(200 << 20)[..]].concat();
    let huge = png(30_000, 30_000, (0, 1), b"");
    assert!(huge.len() < 1 << 20);
    vec![
        (File::of("huge.png", "image/png", &huge), false),
        // As large as is drawn at all: 39.7 megapixels in three bytes each.
        (
            File::of("largest.png", "image/png", &png(6_300, 6_300, (2, 3), b"")),
            true,
        ),
        (File::of("frames.gif", "image/gif", &gif(10_000)), true),
        (
            File::of(
                "text.png",
                "image/png",
                &png(8, 8, (2, 3), &chunk(b"zTXt", &text)),
            ),
            true,
        ),
        (
            File::of("42.zip", "application/zip", &zip(200 << 20)),
            false,
        ),
    ]
}

/// Submits texts, ten a second, until it is told that it is enough; how long each took, sorted.
async fn others(client: Client, enough: Arc<AtomicBool>) -> Vec<Duration> {
    let mut took = Vec::new();
    let mut turns = tokio::time::interval(Duration::from_millis(100));
    while !enough.load(Ordering::Relaxed) {
        turns.tick().await;
        let begun = Instant::now();
        client.submit(&a_submission()).await.reference();
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    took
}

#[tokio::test]
async fn fifty_bombs_at_once_are_taken_and_cost_little() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    client
        .submit_form(&a_submission(), &[File::text("warm.txt", "up")])
        .await
        .reference();
    let before = service.memory_with_children_bytes();
    let bombs = bombs();
    let enough = Arc::new(AtomicBool::new(false));
    let others = tokio::spawn(others(client.clone(), Arc::clone(&enough)));
    let began = Instant::now();
    let submissions = (0..50).map(|number| {
        let (client, file) = (client.clone(), bombs[number % bombs.len()].0.clone());
        tokio::spawn(async move {
            client
                .submit_form(&a_submission(), &[file])
                .await
                .reference()
        })
    });
    let submissions: Vec<_> = submissions.collect();
    let mut references = Vec::new();
    for submission in submissions {
        references.push(submission.await.expect("201"));
    }
    let mut most = 0;
    let mut slowest = Duration::ZERO;
    eventually(
        Duration::from_secs(180),
        "all bombs to be worked on",
        async || {
            most = most.max(service.memory_with_children_bytes());
            let asked = Instant::now();
            let ready = client.get("/readyz").await;
            slowest = slowest.max(asked.elapsed());
            assert!(ready.status().is_success());
            let log = service.log();
            let ended = |kind: &str| {
                log.matches(&format!("job done job.kind=\"{kind}\""))
                    .count()
            };
            (ended("examine_attachment") >= 51 && ended("make_preview") >= 40).then_some(())
        },
    )
    .await;
    let (growth, took) = (most.saturating_sub(before), began.elapsed());
    enough.store(true, Ordering::Relaxed);
    let others = others.await.expect("every text is taken");
    println!(
        "bombs\t50 taken, worked on after {took:?}, {} MiB more with children, /readyz at most {slowest:?}; \
         {} other submissions meanwhile: p95 {:?}, at most {:?}",
        growth >> 20,
        others.len(),
        others[others.len() * 95 / 100],
        others[others.len() - 1],
    );
    assert!(growth < GROWTH_MOST_BYTES, "grew by {growth} bytes");
    for (number, (file, has_preview)) in bombs.iter().enumerate() {
        let ticket = service
            .ticket_with_examined_files(&references[number])
            .await;
        let kept = &ticket["attachments"][0];
        assert_eq!(kept["has_preview"], *has_preview, "{}: {kept}", file.name);
    }
    let huge = &service.ticket(&references[0])["attachments"][0]["preview_fault"];
    assert_eq!(
        huge,
        "it has more than 40 megapixels or 12,000 pixels a side"
    );
}
