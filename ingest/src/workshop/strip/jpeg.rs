//! JPEG: segments up to the pixels, and what stands between and behind them.

use bytes::{Buf, Bytes};
use img_parts::{
    ImageEXIF,
    jpeg::{Jpeg, JpegSegment, markers},
};

use super::{exif_with, orientation};
use crate::workshop::process::Fault;

/// See [`super::strip`].
pub(super) fn strip(file: Bytes) -> Result<Vec<Bytes>, Fault> {
    let mut jpeg = Jpeg::from_bytes(file).map_err(|_| Fault::Broken)?;
    let turned = jpeg.exif().and_then(|exif| orientation(&exif));
    jpeg.segments_mut().retain(may_stay);
    let last = jpeg
        .segments_mut()
        .pop()
        .filter(JpegSegment::has_entropy)
        .ok_or(Fault::Broken)?;
    let mut rest = last.clone().encoder().bytes();
    let head = rest.split_to(last.len());
    if let Some(turned) = turned {
        jpeg.set_exif(Some(exif_with(turned)));
    }
    // Encoded without pixels, it ends with the marker of the end, which belongs behind them.
    let mut front = jpeg.encoder().bytes();
    front.truncate(front.len() - 2);
    let mut pieces = vec![front, head];
    pieces.extend(pixels(rest)?);
    Ok(pieces)
}

/// The picture itself; JFIF, colour profiles and Adobe's colour transform, which say how to show it.
fn may_stay(segment: &JpegSegment) -> bool {
    match segment.marker() {
        markers::APP0 => segment.contents().starts_with(b"JFIF\0"),
        markers::APP2 => segment.contents().starts_with(b"ICC_PROFILE\0"),
        markers::APP14 => segment.contents().starts_with(b"Adobe"),
        marker => is_of_picture(marker),
    }
}

/// Frames, tables and scans (ITU-T T.81, table B.1).
const fn is_of_picture(marker: u8) -> bool {
    matches!(marker, markers::SOF0..=markers::SOF15 | markers::SOS..=markers::EXP)
}

/// The scans up to the end of the picture. Behind it telephones put films, with a place of their own.
fn pixels(mut rest: Bytes) -> Result<Vec<Bytes>, Fault> {
    let mut pieces = Vec::new();
    loop {
        let mut length = 0;
        // In a scan, 0xFF is followed by 0 when it is a pixel, by a restart marker, or by the next segment.
        while !matches!(rest.get(length..length + 2), Some([0xff, next]) if is_next_segment(*next))
        {
            length += 1;
            if length + 2 > rest.len() {
                // Broken off; viewers show what there is.
                pieces.push(rest);
                return Ok(pieces);
            }
        }
        pieces.push(rest.split_to(length));
        let marker = rest[1];
        if marker == markers::EOI {
            pieces.push(rest.split_to(2));
            return Ok(pieces);
        }
        let mut size = rest.slice(2..);
        let size = usize::from(size.try_get_u16().map_err(|_| Fault::Broken)?) + 2;
        if size < 4 || size > rest.len() {
            return Err(Fault::Broken);
        }
        let segment = rest.split_to(size);
        if is_of_picture(marker) {
            pieces.push(segment);
        }
    }
}

const fn is_next_segment(marker: u8) -> bool {
    !matches!(marker, 0 | 0x01 | 0xff | markers::RST0..=markers::RST7)
}
