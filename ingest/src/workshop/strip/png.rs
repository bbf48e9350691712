//! PNG: chunks.

use bytes::Bytes;
use img_parts::{
    ImageEXIF,
    png::{Png, PngChunk},
};

use super::{exif_with, orientation};
use crate::workshop::process::Fault;

/// What is needed to show the picture as it is meant (PNG, third edition), animations included.
const MAY_STAY: [&[u8; 4]; 18] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB",
    b"cICP", b"mDCV", b"cLLI", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// See [`super::strip`].
pub(super) fn strip(file: Bytes) -> Result<Vec<Bytes>, Fault> {
    let mut png = Png::from_bytes(file).map_err(|_| Fault::Broken)?;
    if png
        .chunks()
        .last()
        .is_none_or(|last| last.kind() != *b"IEND")
    {
        return Err(Fault::Broken);
    }
    let turned = png.exif().and_then(|exif| orientation(&exif));
    png.chunks_mut().retain(may_stay);
    if let Some(turned) = turned {
        png.set_exif(Some(exif_with(turned)));
    }
    Ok(vec![png.encoder().bytes()])
}

fn may_stay(chunk: &PngChunk) -> bool {
    MAY_STAY.contains(&&chunk.kind())
}
