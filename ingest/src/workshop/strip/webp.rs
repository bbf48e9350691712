//! WebP: chunks of a RIFF file.

use bytes::Bytes;
use img_parts::{
    ImageEXIF,
    riff::{RiffChunk, RiffContent},
    webp::{self, WebP},
};

use super::{exif_with, orientation};
use crate::workshop::process::Fault;

const MAY_STAY: [[u8; 4]; 8] = [
    webp::CHUNK_VP8X,
    webp::CHUNK_VP8,
    webp::CHUNK_VP8L,
    webp::CHUNK_ALPH,
    webp::CHUNK_ANIM,
    webp::CHUNK_ANMF,
    webp::CHUNK_ICCP,
    *b"FRGM",
];
/// In the first byte of the chunk VP8X: "there is XMP", "there is EXIF" (WebP container specification, "extended file format").
const FLAGS_OF_METADATA: u8 = 0b0000_1100;

/// See [`super::strip`].
pub(super) fn strip(file: Bytes) -> Result<Vec<Bytes>, Fault> {
    let mut webp = WebP::from_bytes(file).map_err(|_| Fault::Broken)?;
    let turned = webp.exif().and_then(|exif| orientation(&exif));
    for chunk in webp.chunks_mut() {
        if chunk.id() == webp::CHUNK_VP8X {
            lower_flags(chunk);
        }
    }
    webp.chunks_mut()
        .retain(|chunk| MAY_STAY.contains(&chunk.id()));
    if let Some(turned) = turned {
        webp.set_exif(Some(exif_with(turned)));
    }
    Ok(vec![webp.encoder().bytes()])
}

fn lower_flags(head: &mut RiffChunk) {
    if let RiffContent::Data(data) = head.content_mut() {
        let mut changed = data.to_vec();
        if let Some(flags) = changed.first_mut() {
            *flags &= !FLAGS_OF_METADATA;
        }
        *data = changed.into();
    }
}
