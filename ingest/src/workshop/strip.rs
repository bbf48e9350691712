//! Takes out of a picture what tells where, when and with what it was made: EXIF (but for the orientation, without which it would be
//! shown lying on its side), XMP, IPTC, comments, thumbnails in EXIF, and whatever lies behind the end. The pixels stay as they are.
//!
//! What may stay is a list; everything else goes, so that a new kind of metadata goes too.

mod gif;
mod heif;
mod jpeg;
mod png;
mod webp;

use bytes::Bytes;
use image::metadata::Orientation;

use super::process::Fault;

/// The picture in pieces, or nothing when there was nothing to take out.
///
/// # Errors
/// [`Fault`].
pub fn strip(file: &Bytes) -> Result<Option<Vec<Bytes>>, Fault> {
    let pieces = match file.as_ref() {
        [0xff, 0xd8, ..] => jpeg::strip(file.clone())?,
        [0x89, b'P', b'N', b'G', ..] => png::strip(file.clone())?,
        [b'R', b'I', b'F', b'F', ..] => webp::strip(file.clone())?,
        [b'G', b'I', b'F', b'8', ..] => gif::strip(file)?,
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => heif::strip(file)?,
        _ => return Err(Fault::OtherFormat),
    };
    Ok((!is_same(&pieces, file)).then_some(pieces))
}

fn is_same(pieces: &[Bytes], file: &[u8]) -> bool {
    let mut rest = file;
    pieces
        .iter()
        .all(|piece| match rest.strip_prefix(piece.as_ref()) {
            Some(behind) => {
                rest = behind;
                true
            }
            None => false,
        })
        && rest.is_empty()
}

/// The orientation that EXIF data tells, unless it is the usual one.
fn orientation(exif: &[u8]) -> Option<Orientation> {
    let found = Orientation::from_exif_chunk(exif)?;
    (found != Orientation::NoTransforms).then_some(found)
}

/// EXIF data that tells the orientation and nothing else: a TIFF head and a directory with one entry (EXIF 2.32, §4.6.4, tag 0x0112).
fn exif_with(orientation: Orientation) -> Bytes {
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend_from_slice(&[orientation.to_exif(), 0, 0, 0]);
    exif.extend_from_slice(&[0; 4]);
    exif.into()
}

#[cfg(test)]
mod tests;
